-- Collations that somebody made. The columns for the locale have another name on every other major.
select n.nspname as schema,
       c.collname as name,
       pg_get_userbyid(c.collowner) as owner,
       case c.collprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' when 'd' then 'default'
                           else c.collprovider::text end as provider,
       coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', c.collcollate) as locale,
       c.collctype as ctype,
       c.collisdeterministic as deterministic,
       to_jsonb(c) ->> 'collicurules' as rules,
       (select x.members from extension_members x) ->> ('pg_collation'::regclass::oid || '.' || c.oid) as extension,
       (select x.texts from comments x) ->> ('pg_collation'::regclass::oid || '.' || c.oid || '.0') as comment
  from pg_collation c
  join read_schemas n on n.oid = c.collnamespace
 order by n.nspname, c.collname
