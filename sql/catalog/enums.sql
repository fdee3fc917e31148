-- Enum types with their labels in order.
select n.nspname as schema,
       t.typname as name,
       pg_get_userbyid(t.typowner) as owner,
       (select coalesce(json_agg(l.enumlabel order by l.enumsortorder), '[]')
          from pg_enum l where l.enumtypid = t.oid) as labels,
       coalesce(t.typacl, acldefault('T', t.typowner))::text[] as privileges,
       e.extname as extension,
       m.description as comment
  from pg_type t
  join pg_namespace n on n.oid = t.typnamespace
  left join pg_depend x on x.classid = 'pg_type'::regclass and x.objid = t.oid and x.objsubid = 0 and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join pg_description m on m.classoid = 'pg_type'::regclass and m.objoid = t.oid and m.objsubid = 0
 where t.typtype = 'e'
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, t.typname
