-- Foreign servers.
select v.srvname as name,
       pg_get_userbyid(v.srvowner) as owner,
       w.fdwname as wrapper,
       v.srvtype as type,
       v.srvversion as version,
       array(select o.option_name || '=' || case when s.name is null then '<hidden>' else o.option_value end
               from pg_options_to_table(v.srvoptions) o left join shown_options s on s.name = o.option_name order by 1) as options,
       coalesce(v.srvacl, acldefault('S', v.srvowner))::text[] as privileges,
       e.extname as extension,
       m.description as comment
  from pg_foreign_server v
  join pg_foreign_data_wrapper w on w.oid = v.srvfdw
  left join pg_depend x on x.classid = 'pg_foreign_server'::regclass and x.objid = v.oid and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join pg_description m on m.classoid = 'pg_foreign_server'::regclass and m.objoid = v.oid and m.objsubid = 0
 order by v.srvname
