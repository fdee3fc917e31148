-- Every object by identity, with a type of ours or without: what "nothing stayed" is proved with.
-- Left out: what belongs to another object and comes and goes with it (TOAST, indexes' and tables' row types,
-- internal triggers), whose names hold object ids; and not-null constraints (Postgres 18), which columns carry.
-- Of what initdb made (object ids below 16384): schemas, and objects whose privileges are not the first ones.
with own(classid, objid, owner, acl) as (
  select 'pg_class'::regclass::oid, oid, relowner, coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
    from pg_class where relkind <> 't' and relnamespace not in (select oid from pg_namespace where nspname ~ '^pg_(toast|temp)')
     and not exists (select from pg_index i join pg_class t on t.oid = i.indrelid where i.indexrelid = pg_class.oid and t.relkind = 't')
  union all select 'pg_proc'::regclass, oid, proowner, coalesce(proacl, acldefault('f', proowner)) from pg_proc
  union all select 'pg_type'::regclass, oid, typowner, coalesce(typacl, acldefault('T', typowner))
    from pg_type where typrelid = 0 and typelem = 0 and typnamespace not in (select oid from pg_namespace where nspname ~ '^pg_(toast|temp)')
  union all select 'pg_constraint'::regclass, oid, null, null from pg_constraint where contype <> 'n' or conrelid = 0
  union all select 'pg_attrdef'::regclass, oid, null, null from pg_attrdef
  union all select 'pg_trigger'::regclass, oid, null, null from pg_trigger where not tgisinternal
  union all select 'pg_policy'::regclass, oid, null, null from pg_policy
  union all select 'pg_rewrite'::regclass, oid, null, null from pg_rewrite
  union all select 'pg_namespace'::regclass, oid, nspowner, coalesce(nspacl, acldefault('n', nspowner)) from pg_namespace where nspname !~ '^pg_(toast|temp)'
  union all select 'pg_extension'::regclass, oid, extowner, null from pg_extension
  union all select 'pg_cast'::regclass, oid, null, null from pg_cast
  union all select 'pg_operator'::regclass, oid, oprowner, null from pg_operator
  union all select 'pg_opclass'::regclass, oid, opcowner, null from pg_opclass
  union all select 'pg_opfamily'::regclass, oid, opfowner, null from pg_opfamily
  union all select 'pg_amop'::regclass, oid, null, null from pg_amop
  union all select 'pg_amproc'::regclass, oid, null, null from pg_amproc
  union all select 'pg_am'::regclass, oid, null, null from pg_am
  union all select 'pg_collation'::regclass, oid, collowner, null from pg_collation
  union all select 'pg_conversion'::regclass, oid, conowner, null from pg_conversion
  union all select 'pg_language'::regclass, oid, lanowner, coalesce(lanacl, acldefault('l', lanowner)) from pg_language
  union all select 'pg_transform'::regclass, oid, null, null from pg_transform
  union all select 'pg_statistic_ext'::regclass, oid, stxowner, null from pg_statistic_ext
  union all select 'pg_ts_config'::regclass, oid, cfgowner, null from pg_ts_config
  union all select 'pg_ts_dict'::regclass, oid, dictowner, null from pg_ts_dict
  union all select 'pg_ts_parser'::regclass, oid, null, null from pg_ts_parser
  union all select 'pg_ts_template'::regclass, oid, null, null from pg_ts_template
  union all select 'pg_event_trigger'::regclass, oid, evtowner, null from pg_event_trigger
  union all select 'pg_publication'::regclass, oid, pubowner, null from pg_publication
  union all select 'pg_publication_rel'::regclass, oid, null, null from pg_publication_rel
  union all select 'pg_publication_namespace'::regclass, oid, null, null from pg_publication_namespace
  union all select 'pg_subscription'::regclass, oid, subowner, null
    from pg_subscription where subdbid = (select d.oid from pg_database d where d.datname = current_database())
  union all select 'pg_foreign_data_wrapper'::regclass, oid, fdwowner, coalesce(fdwacl, acldefault('F', fdwowner)) from pg_foreign_data_wrapper
  union all select 'pg_foreign_server'::regclass, oid, srvowner, coalesce(srvacl, acldefault('S', srvowner)) from pg_foreign_server
  union all select 'pg_default_acl'::regclass, oid, null, defaclacl from pg_default_acl
  union all select 'pg_largeobject'::regclass, oid, lomowner, coalesce(lomacl, acldefault('L', lomowner)) from pg_largeobject_metadata
), altered(classid, objid) as (
  select b.classid, b.objid
    from (select 'pg_class'::regclass::oid, oid, relacl from pg_class
          union all select 'pg_proc'::regclass, oid, proacl from pg_proc
          union all select 'pg_type'::regclass, oid, typacl from pg_type
          union all select 'pg_language'::regclass, oid, lanacl from pg_language) b(classid, objid, acl)
    left join pg_init_privs p on p.classoid = b.classid and p.objoid = b.objid and p.objsubid = 0
   where b.objid < 16384 and b.acl is distinct from p.initprivs
  union all
  select 'pg_namespace'::regclass, oid from pg_namespace where oid < 16384
  union all
  -- Their numbers are the user's to choose.
  select 'pg_largeobject'::regclass, oid from pg_largeobject_metadata where oid < 16384
)
select i.schema,
       case when i.type = 'default acl' then 'default privileges'
            when o.objid >= 16384 or i.type in ('schema', 'large object') then i.type
            else format('privileges of %s', i.type) end as type,
       i.identity,
       pg_get_userbyid(nullif(o.owner, 0)) as owner,
       (select json_agg(a::text order by a::text collate "C") from unnest(o.acl) a) as privileges,
       obj_description(o.objid, c.relname) as comment,
       -- The extension or the type that it belongs to; of what an operator class or family is made of, that one.
       (select format('%s %s', p.type, p.identity)
          from pg_depend d
         cross join lateral pg_identify_object(d.refclassid, d.refobjid, 0) p
         where d.classid = o.classid and d.objid = o.objid and d.objsubid = 0
           and (d.deptype = 'e' or d.deptype = 'i' and d.refclassid = 'pg_type'::regclass
                or d.deptype in ('a', 'i') and d.classid in ('pg_amop'::regclass, 'pg_amproc'::regclass)
                   and d.refclassid in ('pg_opclass'::regclass, 'pg_opfamily'::regclass))
         order by d.deptype = 'e' desc
         limit 1) as part_of,
       -- What else there is to say of a kind that has no type, in the server's words.
       case o.classid when 'pg_statistic_ext'::regclass then pg_get_statisticsobjdef(o.objid) end as definition
  from own o
  join pg_class c on c.oid = o.classid
 cross join lateral pg_identify_object(o.classid, o.objid, 0) i
 where o.objid >= 16384
    or (o.classid, o.objid) in (select a.classid, a.objid from altered a)
union all
-- Column privileges of what has no columns among the typed kinds: sequences.
select n.nspname, 'column privileges', format('%I.%I.%I', n.nspname, c.relname, a.attname), null,
       (select json_agg(x::text order by x::text collate "C") from unnest(a.attacl) x), null, null, null
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
 where a.attacl is not null and c.oid >= 16384 and c.relkind not in ('r', 'p', 'v', 'm', 'f')
union all
-- What is cluster-wide: roles, memberships, settings. Their attributes and values are the typed kinds' affair.
select null, 'role', quote_ident(r.rolname), null, null, null, null, null
  from pg_roles r where r.oid >= 16384
union all
select null, 'role membership', format('%I in %I', pg_get_userbyid(m.member), pg_get_userbyid(m.roleid)), null, null, null, null, null
  from pg_auth_members m where m.member >= 16384
 group by m.member, m.roleid
union all
select null, 'setting', format('%s%s', case when s.setrole <> 0 then format('role %I ', pg_get_userbyid(s.setrole)) else '' end,
                         case when s.setdatabase <> 0 then 'in the database' else '' end), null, null, null, null, null
  from pg_db_role_setting s
 where s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
union all
select null, 'database', '', pg_get_userbyid(d.datdba),
       (select json_agg(x::text order by x::text collate "C") from unnest(coalesce(d.datacl, acldefault('d', d.datdba))) x), null, null, null
  from pg_database d where d.datname = current_database()
