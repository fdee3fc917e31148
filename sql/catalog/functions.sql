-- Functions, procedures and aggregates. The signature holds the input types alone, as DROP FUNCTION takes it.
select n.nspname as schema,
       p.proname as name,
       (select coalesce(json_agg(format_type(a.id, null) order by a.ord), '[]')
          from unnest(p.proargtypes::oid[]) with ordinality a(id, ord)) as arguments,
       case p.prokind when 'f' then 'function' when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window'
                      else p.prokind::text end as kind,
       pg_get_userbyid(p.proowner) as owner,
       pg_get_function_result(p.oid) as returns,
       l.lanname as language,
       case p.provolatile when 'i' then 'immutable' when 's' then 'stable' when 'v' then 'volatile'
                          else p.provolatile::text end as volatility,
       p.proisstrict as strict,
       p.prosecdef as security_definer,
       p.proleakproof as leakproof,
       case p.proparallel when 's' then 'safe' when 'r' then 'restricted' when 'u' then 'unsafe'
                          else p.proparallel::text end as parallel,
       coalesce(p.proconfig, '{}') as settings,
       coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as body,
       exists (select from pg_proc b where b.pronamespace = 'pg_catalog'::regnamespace and b.proname = p.proname)
         as hides_behind_builtin,
       (select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid
         where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.objsubid = 0
           and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e') as extension,
       obj_description(p.oid, 'pg_proc') as comment
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, p.proname, p.proargtypes::text
