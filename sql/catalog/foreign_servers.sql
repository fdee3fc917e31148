-- Foreign servers.
select v.srvname as name,
       pg_get_userbyid(v.srvowner) as owner,
       w.fdwname as wrapper,
       v.srvtype as type,
       v.srvversion as version,
       array(select o.option_name || '=' || case when s.name is null then '<hidden>' else o.option_value end
               from pg_options_to_table(v.srvoptions) o left join shown_options s on s.name = o.option_name order by 1) as options,
       coalesce(v.srvacl, acldefault('S', v.srvowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_foreign_server'::regclass::oid || '.' || v.oid) as extension,
       (select x.texts from comments x) ->> ('pg_foreign_server'::regclass::oid || '.' || v.oid || '.0') as comment
  from pg_foreign_server v
  join pg_foreign_data_wrapper w on w.oid = v.srvfdw
 order by v.srvname
