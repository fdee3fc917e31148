-- What functions of any schema return: what it takes to say what a name in an expression means, without the rest of the
-- many functions that extensions bring, and once for all overloads that return the same. By format_type, since
-- pg_get_function_result looks each function up again.
select n.nspname as schema,
       p.proname as name,
       case when not p.procedure then case when p.proretset then 'SETOF ' else '' end || format_type(p.prorettype, null) end as returns,
       exists (select from pg_proc b
                where b.proname = p.proname and b.pronamespace = 'pg_catalog'::regnamespace) as hides_behind_builtin
  from (select distinct pronamespace, proname, prorettype, proretset, prokind = 'p' as procedure
          from pg_proc where pronamespace <> 'pg_catalog'::regnamespace) p
  join pg_namespace n on n.oid = p.pronamespace
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, p.proname, returns
