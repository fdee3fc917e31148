-- Schemas, without the system's own.
select n.nspname as name,
       pg_get_userbyid(n.nspowner) as owner,
       coalesce(n.nspacl, acldefault('n', n.nspowner))::text[] as privileges,
       e.extname as extension,
       m.description as comment
  from pg_namespace n
  left join pg_depend x on x.classid = 'pg_namespace'::regclass and x.objid = n.oid and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join pg_description m on m.classoid = 'pg_namespace'::regclass and m.objoid = n.oid and m.objsubid = 0
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname
