-- Extensions. A stand-in says so in its comment, which CREATE EXTENSION takes from the control file.
select e.extname as name,
       n.nspname as schema,
       e.extversion as version,
       pg_get_userbyid(e.extowner) as owner,
       e.extrelocatable as relocatable,
       coalesce(obj_description(e.oid, 'pg_extension') ~* '^stand-?in\M', false) as stand_in,
       obj_description(e.oid, 'pg_extension') as comment
  from pg_extension e
  join pg_namespace n on n.oid = e.extnamespace
 order by e.extname
