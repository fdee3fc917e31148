-- Ordinary and partitioned tables with their row-level security flags.
select n.nspname as schema,
       c.relname as name,
       pg_get_userbyid(c.relowner) as owner,
       c.relkind = 'p' as partitioned,
       c.relrowsecurity as rls,
       c.relforcerowsecurity as rls_forced,
       obj_description(c.oid, 'pg_class') as comment
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p')
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, c.relname
