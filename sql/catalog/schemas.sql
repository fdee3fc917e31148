-- Schemas, without the system's own.
select n.nspname as name,
       pg_get_userbyid(n.nspowner) as owner,
       coalesce(n.nspacl, acldefault('n', n.nspowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_namespace'::regclass::oid || '.' || n.oid) as extension,
       obj_description(n.oid, 'pg_namespace') as comment
  from pg_namespace n
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname
