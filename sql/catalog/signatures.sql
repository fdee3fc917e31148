-- What functions of any schema return: what it takes to say what a name in an expression means, without the rest of the
-- many functions that extensions bring. By format_type, since pg_get_function_result looks each function up again.
select n.nspname as schema,
       p.proname as name,
       case when p.prokind <> 'p' then case when p.proretset then 'SETOF ' else '' end || format_type(p.prorettype, null) end as returns,
       p.proname in (select b.proname from pg_proc b where b.pronamespace = 'pg_catalog'::regnamespace) as hides_behind_builtin
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, p.proname, p.proargtypes::text
