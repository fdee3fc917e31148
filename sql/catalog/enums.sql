-- Enum types with their labels in order.
select n.nspname as schema,
       t.typname as name,
       pg_get_userbyid(t.typowner) as owner,
       (select coalesce(json_agg(e.enumlabel order by e.enumsortorder), '[]')
          from pg_enum e where e.enumtypid = t.oid) as labels,
       obj_description(t.oid, 'pg_type') as comment
  from pg_type t
  join pg_namespace n on n.oid = t.typnamespace
 where t.typtype = 'e'
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, t.typname
