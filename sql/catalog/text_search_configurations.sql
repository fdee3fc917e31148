-- Text search configurations: which dictionaries a kind of token goes through, in order.
select n.nspname as schema,
       c.cfgname as name,
       pg_get_userbyid(c.cfgowner) as owner,
       case when pn.nspname = 'pg_catalog' then quote_ident(p.prsname) else format('%I.%I', pn.nspname, p.prsname) end as parser,
       (select coalesce(json_agg(json_build_object('token', w.token, 'dictionaries', w.dictionaries) order by w.token), '[]')
          from (select (select k.alias from ts_token_type(c.cfgparser) k where k.tokid = g.maptokentype) as token,
                       json_agg(g.mapdict::regdictionary::text order by g.mapseqno) as dictionaries
                  from pg_ts_config_map g where g.mapcfg = c.oid group by g.maptokentype) w) as mappings,
       e.extname as extension,
       m.description as comment
  from pg_ts_config c
  join pg_namespace n on n.oid = c.cfgnamespace
  join pg_ts_parser p on p.oid = c.cfgparser
  join pg_namespace pn on pn.oid = p.prsnamespace
  left join pg_depend x on x.classid = 'pg_ts_config'::regclass and x.objid = c.oid and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join pg_description m on m.classoid = 'pg_ts_config'::regclass and m.objoid = c.oid and m.objsubid = 0
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, c.cfgname
