-- Text search configurations: which dictionaries a kind of token goes through, in order.
select n.nspname as schema,
       c.cfgname as name,
       pg_get_userbyid(c.cfgowner) as owner,
       case when pn.nspname = 'pg_catalog' then quote_ident(p.prsname) else format('%I.%I', pn.nspname, p.prsname) end as parser,
       (select coalesce(json_agg(json_build_object('token', w.token, 'dictionaries', w.dictionaries) order by w.token), '[]')
          from (select (select k.alias from ts_token_type(c.cfgparser) k where k.tokid = g.maptokentype) as token,
                       json_agg(g.mapdict::regdictionary::text order by g.mapseqno) as dictionaries
                  from pg_ts_config_map g where g.mapcfg = c.oid group by g.maptokentype) w) as mappings,
       (select x.members from extension_members x) ->> ('pg_ts_config'::regclass::oid || '.' || c.oid) as extension,
       (select x.texts from comments x) ->> ('pg_ts_config'::regclass::oid || '.' || c.oid || '.0') as comment
  from pg_ts_config c
  join read_schemas n on n.oid = c.cfgnamespace
  join pg_ts_parser p on p.oid = c.cfgparser
  join pg_namespace pn on pn.oid = p.prsnamespace
 order by n.nspname, c.cfgname
