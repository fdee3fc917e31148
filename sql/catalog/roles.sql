-- Roles, without Postgres's own. Passwords are not read: pg_roles does not show them.
select r.rolname as name,
       r.rolsuper as superuser,
       r.rolinherit as inherit,
       r.rolcreaterole as create_role,
       r.rolcreatedb as create_db,
       r.rolcanlogin as login,
       r.rolreplication as replication,
       r.rolbypassrls as bypass_rls,
       r.rolconnlimit as connection_limit,
       case when r.rolvaliduntil is not null then
         case when isfinite(r.rolvaliduntil) then to_char(r.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
              else r.rolvaliduntil::text end end as valid_until,
       shobj_description(r.oid, 'pg_authid') as comment
  from pg_roles r
 where r.rolname !~ '^pg_'
 order by r.rolname
