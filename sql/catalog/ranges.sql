-- Range types, each with the multirange type that comes with it.
select n.nspname as schema,
       t.typname as name,
       pg_get_userbyid(t.typowner) as owner,
       coalesce(nullif(format_type(r.rngsubtype, null), '???'), (table gone)) as subtype,
       case when l.oid is null then null when ln.nspname = 'pg_catalog' then quote_ident(l.collname)
            else format('%I.%I', ln.nspname, l.collname) end as collation,
       case when not o.opcdefault then o.opcname end as operator_class,
       nullif(r.rngcanonical::text, '-') as canonical,
       nullif(r.rngsubdiff::text, '-') as subtype_diff,
       mt.typname as multirange,
       coalesce(t.typacl, acldefault('T', t.typowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_type'::regclass::oid || '.' || t.oid) as extension,
       (select x.texts from comments x) ->> ('pg_type'::regclass::oid || '.' || t.oid || '.0') as comment
  from pg_range r
  join pg_type t on t.oid = r.rngtypid
  join pg_type mt on mt.oid = r.rngmultitypid
  join pg_type st on st.oid = r.rngsubtype
  join read_schemas n on n.oid = t.typnamespace
  join pg_opclass o on o.oid = r.rngsubopc
  left join pg_collation l on l.oid = r.rngcollation and r.rngcollation <> st.typcollation
  left join pg_namespace ln on ln.oid = l.collnamespace
 order by n.nspname, t.typname
