-- Who is a member of which role. Since Postgres 16 a membership has options of its own and may be granted several times
-- by different roles: what one grant allows counts. Before, what a member inherits was the member's own attribute, and
-- every member could SET ROLE.
select u.rolname as member,
       r.rolname as role,
       bool_or(m.admin_option) as admin,
       bool_or(coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, u.rolinherit)) as inherit,
       bool_or(coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)) as set,
       json_agg(pg_get_userbyid(m.grantor) order by pg_get_userbyid(m.grantor)) as grantors
  from pg_auth_members m
  join pg_roles u on u.oid = m.member
  join pg_roles r on r.oid = m.roleid
 group by u.rolname, r.rolname
 order by u.rolname, r.rolname
