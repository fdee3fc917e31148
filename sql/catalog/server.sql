-- Who we are and what answers. One row.
select current_setting('server_version') as version,
       current_setting('server_version_num')::int as version_num,
       current_database() as database,
       current_user as "current_role",
       coalesce((select r.rolsuper from pg_roles r where r.rolname = current_user), false) as superuser
