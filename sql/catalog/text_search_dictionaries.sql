-- Text search dictionaries.
select n.nspname as schema,
       d.dictname as name,
       pg_get_userbyid(d.dictowner) as owner,
       case when tn.nspname = 'pg_catalog' then quote_ident(t.tmplname) else format('%I.%I', tn.nspname, t.tmplname) end as template,
       d.dictinitoption as options,
       (select x.members from extension_members x) ->> ('pg_ts_dict'::regclass::oid || '.' || d.oid) as extension,
       (select x.texts from comments x) ->> ('pg_ts_dict'::regclass::oid || '.' || d.oid || '.0') as comment
  from pg_ts_dict d
  join read_schemas n on n.oid = d.dictnamespace
  join pg_ts_template t on t.oid = d.dicttemplate
  join pg_namespace tn on tn.oid = t.tmplnamespace
 order by n.nspname, d.dictname
