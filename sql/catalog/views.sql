-- Views and materialised views. Options that have no field of their own are listed as they are.
select c.nspname as schema,
       c.relname as name,
       c.relkind = 'm' as materialized,
       pg_get_userbyid(c.relowner) as owner,
       coalesce(pg_get_viewdef(c.oid), (table gone)) as definition,
       coalesce(v.security_invoker, false) as security_invoker,
       coalesce(v.security_barrier, false) as security_barrier,
       v.check_option,
       coalesce(v.others, '{}') as options,
       c.relispopulated as populated,
       a.amname as access_method,
       s.spcname as tablespace,
       coalesce(c.relacl, acldefault('r', c.relowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_class'::regclass::oid || '.' || c.oid) as extension,
       (select x.texts from comments x) ->> ('pg_class'::regclass::oid || '.' || c.oid || '.0') as comment
  from read_relations c
  left join pg_am a on a.oid = c.relam
  left join pg_tablespace s on s.oid = c.reltablespace
  left join lateral (
    select bool_or(case when o.option_name ~ '^security_' then o.option_value::boolean end) filter (where o.option_name = 'security_invoker') as security_invoker,
           bool_or(case when o.option_name ~ '^security_' then o.option_value::boolean end) filter (where o.option_name = 'security_barrier') as security_barrier,
           max(o.option_value) filter (where o.option_name = 'check_option') as check_option,
           array_agg(o.option_name || '=' || o.option_value order by o.option_name)
             filter (where o.option_name not in ('security_invoker', 'security_barrier', 'check_option')) as others
      from (select split_part(x, '=', 1) as option_name, substr(x, strpos(x, '=') + 1) as option_value
              from unnest(c.reloptions) x) o) v on true
 where c.relkind in ('v', 'm')
 order by c.nspname, c.relname
