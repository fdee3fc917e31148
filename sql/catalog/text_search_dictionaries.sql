-- Text search dictionaries.
select n.nspname as schema,
       d.dictname as name,
       pg_get_userbyid(d.dictowner) as owner,
       case when tn.nspname = 'pg_catalog' then quote_ident(t.tmplname) else format('%I.%I', tn.nspname, t.tmplname) end as template,
       d.dictinitoption as options,
       e.extname as extension,
       m.description as comment
  from pg_ts_dict d
  join pg_namespace n on n.oid = d.dictnamespace
  join pg_ts_template t on t.oid = d.dicttemplate
  join pg_namespace tn on tn.oid = t.tmplnamespace
  left join pg_depend x on x.classid = 'pg_ts_dict'::regclass and x.objid = d.oid and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join pg_description m on m.classoid = 'pg_ts_dict'::regclass and m.objoid = d.oid and m.objsubid = 0
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, d.dictname
