-- Enum types with their labels in order.
select n.nspname as schema,
       t.typname as name,
       pg_get_userbyid(t.typowner) as owner,
       (select coalesce(json_agg(l.enumlabel order by l.enumsortorder), '[]')
          from pg_enum l where l.enumtypid = t.oid) as labels,
       coalesce(t.typacl, acldefault('T', t.typowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_type'::regclass::oid || '.' || t.oid) as extension,
       obj_description(t.oid, 'pg_type') as comment
  from pg_type t
  join pg_namespace n on n.oid = t.typnamespace
 where t.typtype = 'e'
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, t.typname
