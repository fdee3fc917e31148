-- Enum types with their labels in order.
select n.nspname as schema,
       t.typname as name,
       pg_get_userbyid(t.typowner) as owner,
       (select coalesce(json_agg(l.enumlabel order by l.enumsortorder), '[]')
          from pg_enum l where l.enumtypid = t.oid) as labels,
       coalesce(t.typacl, acldefault('T', t.typowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_type'::regclass::oid || '.' || t.oid) as extension,
       (select x.texts from comments x) ->> ('pg_type'::regclass::oid || '.' || t.oid || '.0') as comment
  from pg_type t
  join read_schemas n on n.oid = t.typnamespace
 where t.typtype = 'e'
 order by n.nspname, t.typname
