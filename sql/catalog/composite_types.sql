-- Types made by CREATE TYPE … AS (…), not the row types that come with tables.
select c.nspname as schema,
       t.typname as name,
       pg_get_userbyid(t.typowner) as owner,
       (select coalesce(json_agg(json_build_object(
                 'name', a.attname,
                 'type', coalesce(nullif(format_type(a.atttypid, a.atttypmod), '???'), (table gone)),
                 'collation', case when l.oid is null then null when ln.nspname = 'pg_catalog' then quote_ident(l.collname)
                                   else format('%I.%I', ln.nspname, l.collname) end,
                 'comment', am.description) order by a.attnum), '[]')
          from pg_attribute a
          join pg_type at on at.oid = a.atttypid
          left join pg_collation l on l.oid = a.attcollation and a.attcollation <> at.typcollation
          left join pg_namespace ln on ln.oid = l.collnamespace
          left join pg_description am on am.classoid = 'pg_class'::regclass and am.objoid = c.oid and am.objsubid = a.attnum
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as attributes,
       coalesce(t.typacl, acldefault('T', t.typowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_type'::regclass::oid || '.' || t.oid) as extension,
       (select x.texts from comments x) ->> ('pg_type'::regclass::oid || '.' || t.oid || '.0') as comment
  from read_relations c
  join pg_type t on t.oid = c.reltype
 where c.relkind = 'c'
 order by c.nspname, t.typname
