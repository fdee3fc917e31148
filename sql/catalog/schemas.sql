-- Schemas, without the system's own.
select n.nspname as name,
       pg_get_userbyid(n.nspowner) as owner,
       obj_description(n.oid, 'pg_namespace') as comment
  from pg_namespace n
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname
