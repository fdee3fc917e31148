-- Sequences, with the column that owns them: by OWNED BY (a) or as the column's identity (i). Where a sequence stands is data.
select c.nspname as schema,
       c.relname as name,
       pg_get_userbyid(c.relowner) as owner,
       case c.relpersistence when 'p' then 'permanent' when 'u' then 'unlogged' when 't' then 'temporary'
                             else c.relpersistence::text end as persistence,
       format_type(s.seqtypid, null) as type,
       s.seqstart as start,
       s.seqmin as min,
       s.seqmax as max,
       s.seqincrement as increment,
       s.seqcache as cache,
       s.seqcycle as cycle,
       case when t.oid is not null then json_build_object('schema', tn.nspname, 'table', t.relname, 'column', a.attname) end as owned_by,
       coalesce(o.deptype = 'i', false) as identity,
       coalesce(c.relacl, acldefault('s', c.relowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_class'::regclass::oid || '.' || c.oid) as extension,
       (select x.texts from comments x) ->> ('pg_class'::regclass::oid || '.' || c.oid || '.0') as comment
  from pg_sequence s
  join read_relations c on c.oid = s.seqrelid
  left join pg_depend o on o.classid = 'pg_class'::regclass and o.objid = c.oid and o.objsubid = 0
                       and o.refclassid = 'pg_class'::regclass and o.deptype in ('a', 'i')
  left join pg_class t on t.oid = o.refobjid
  left join pg_namespace tn on tn.oid = t.relnamespace
  left join pg_attribute a on a.attrelid = t.oid and a.attnum = o.refobjsubid
 order by c.nspname, c.relname
