-- Functions, procedures and aggregates. The signature holds the input types alone, as DROP FUNCTION takes it.
-- Without the constructors that a range type brings along.
select n.nspname as schema,
       p.proname as name,
       (select coalesce(json_agg(coalesce(nullif(format_type(a.id, null), '???'), (table gone)) order by a.ord), '[]')
          from unnest(p.proargtypes::oid[]) with ordinality a(id, ord)) as arguments,
       coalesce(pg_get_function_identity_arguments(p.oid), (table gone)) as identity_arguments,
       coalesce(pg_get_function_arguments(p.oid), (table gone)) as parameters,
       case p.prokind when 'f' then 'function' when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window'
                      else p.prokind::text end as kind,
       pg_get_userbyid(p.proowner) as owner,
       case when p.prokind <> 'p' then coalesce(pg_get_function_result(p.oid), (table gone)) end as returns,
       l.lanname as language,
       case p.provolatile when 'i' then 'immutable' when 's' then 'stable' when 'v' then 'volatile'
                          else p.provolatile::text end as volatility,
       p.proisstrict as strict,
       p.prosecdef as security_definer,
       p.proleakproof as leakproof,
       case p.proparallel when 's' then 'safe' when 'r' then 'restricted' when 'u' then 'unsafe'
                          else p.proparallel::text end as parallel,
       p.procost as cost,
       p.prorows as rows,
       nullif(p.prosupport::text, '-') as support,
       array(select x from unnest(p.proconfig) x order by x collate "C") as settings,
       case when p.prosqlbody is not null then coalesce(pg_get_function_sqlbody(p.oid), (table gone))
            when p.prokind <> 'a' then p.prosrc end as body,
       p.probin as library,
       case when g.aggfnoid is not null then json_build_object(
         'kind', case g.aggkind when 'n' then 'normal' when 'o' then 'ordered set' when 'h' then 'hypothetical set'
                                else g.aggkind::text end,
         'transition', g.aggtransfn::text,
         'state', coalesce(nullif(format_type(g.aggtranstype, null), '???'), (table gone)),
         'final', nullif(g.aggfinalfn::text, '-'),
         'combine', nullif(g.aggcombinefn::text, '-'),
         'initial', g.agginitval,
         'sort_operator', (select o.oprname from pg_operator o where o.oid = g.aggsortop)) end as aggregate,
       coalesce(p.proacl, acldefault('f', p.proowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_proc'::regclass::oid || '.' || p.oid) as extension,
       (select x.texts from comments x) ->> ('pg_proc'::regclass::oid || '.' || p.oid || '.0') as comment
  from pg_proc p
  join read_schemas n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang
  left join pg_aggregate g on g.aggfnoid = p.oid
 where not (l.lanname = 'internal' and exists (
         select from pg_depend i where i.classid = 'pg_proc'::regclass and i.objid = p.oid and i.deptype = 'i'))
 order by n.nspname, p.proname, p.proargtypes::text
