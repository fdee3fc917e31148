-- What functions of any schema return: what it takes to say what a name in an expression means, without the rest of the
-- many functions that extensions bring.
select n.nspname as schema,
       p.proname as name,
       pg_get_function_result(p.oid) as returns,
       coalesce((select true from pg_proc b where b.proname = p.proname and b.pronamespace = 'pg_catalog'::regnamespace limit 1),
                false) as hides_behind_builtin
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, p.proname, p.proargtypes::text
