-- What ALTER DEFAULT PRIVILEGES left: the privileges that objects get which the role creates, in the schema or in any.
-- Without a schema the list is the whole of them; within one it is added to that.
select pg_get_userbyid(d.defaclrole) as role,
       n.nspname as schema,
       case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
                            when 'n' then 'schemas' when 'L' then 'large objects' else d.defaclobjtype::text end as objects,
       d.defaclacl::text[] as privileges
  from pg_default_acl d
  left join pg_namespace n on n.oid = d.defaclnamespace
 order by 1, 2 nulls first, 3
