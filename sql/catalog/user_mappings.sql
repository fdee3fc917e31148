-- User mappings: that there is one, for whom, and which options it has. pg_user_mapping itself is for superusers; the
-- view shows options to whom they concern. Without any, or without the right to see them, they are NULL: which of
-- the two, the same conditions as the view's say.
select m.srvname as server,
       case when m.umuser = 0 then 'public' else pg_get_userbyid(m.umuser) end as role,
       case when m.umoptions is not null then
         array(select o.option_name || '=' || case when s.name is null then '<hidden>' else o.option_value end
                 from pg_options_to_table(m.umoptions) o left join shown_options s on s.name = o.option_name order by 1)
            when (select r.rolsuper from pg_roles r where r.rolname = current_user)
              or m.umuser = 0 and pg_has_role(v.srvowner, 'USAGE')
              or m.umuser <> 0 and m.usename = current_user
                 and (pg_has_role(v.srvowner, 'USAGE') or has_server_privilege(v.oid, 'USAGE')) then '{}' end as options
  from pg_user_mappings m
  join pg_foreign_server v on v.oid = m.srvid
 order by 1, 2
