-- Extensions. A stand-in says so in its comment, which CREATE EXTENSION takes from the control file.
select e.extname as name,
       n.nspname as schema,
       e.extversion as version,
       pg_get_userbyid(e.extowner) as owner,
       e.extrelocatable as relocatable,
       coalesce(m.description ~* '^stand-?in\M', false) as stand_in,
       m.description as comment
  from pg_extension e
  join pg_namespace n on n.oid = e.extnamespace
  left join pg_description m on m.classoid = 'pg_extension'::regclass and m.objoid = e.oid and m.objsubid = 0
 order by e.extname
