-- Domains with their checks. A domain's not-null constraint (Postgres 18 names it) is its not_null.
select n.nspname as schema,
       t.typname as name,
       pg_get_userbyid(t.typowner) as owner,
       coalesce(nullif(format_type(t.typbasetype, t.typtypmod), '???'), (table gone)) as type,
       t.typnotnull as not_null,
       -- Not typdefault, whose names depend on the search_path that it was written under.
       pg_get_expr(t.typdefaultbin, 0) as default,
       case when l.oid is null then null when ln.nspname = 'pg_catalog' then quote_ident(l.collname)
            else format('%I.%I', ln.nspname, l.collname) end as collation,
       (select coalesce(json_agg(json_build_object('name', k.conname, 'expression', coalesce(pg_get_expr(k.conbin, 0), (table gone)),
                                                   'validated', k.convalidated, 'comment', (select x.texts from comments x)
                                                     ->> ('pg_constraint'::regclass::oid || '.' || k.oid || '.0')) order by k.conname), '[]')
          from pg_constraint k where k.contypid = t.oid and k.contype = 'c') as checks,
       coalesce(t.typacl, acldefault('T', t.typowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_type'::regclass::oid || '.' || t.oid) as extension,
       (select x.texts from comments x) ->> ('pg_type'::regclass::oid || '.' || t.oid || '.0') as comment
  from pg_type t
  join read_schemas n on n.oid = t.typnamespace
  join pg_type b on b.oid = t.typbasetype
  left join pg_collation l on l.oid = t.typcollation and t.typcollation <> b.typcollation
  left join pg_namespace ln on ln.oid = l.collnamespace
 where t.typtype = 'd'
 order by n.nspname, t.typname
