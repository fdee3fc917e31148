-- The database, its schemas, and who may do what in them.
--
-- A schema's content comes in the file of its subject. supabase_migrations is not here: it appears with the first
-- push of the Supabase CLI. supabase_functions appears when database webhooks are switched on.

alter database postgres owner to postgres;
grant all on database postgres to dashboard_user;
grant create on database postgres to supabase_storage_admin, supabase_etl_admin;

-- public stays with pg_database_owner, which is postgres through its ownership of the database. A database made
-- from this one as a template (owner postgres) keeps that, although it loses the grants above.
grant usage on schema public to postgres, anon, authenticated, service_role;

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to dashboard_user;

-- In the following, postgres may use but not create.

create schema auth;
grant usage on schema auth to postgres, anon, authenticated, service_role;
grant all on schema auth to supabase_auth_admin, dashboard_user;

create schema storage;
grant usage on schema storage to postgres with grant option;
grant usage on schema storage to anon, authenticated, service_role;
grant all on schema storage to supabase_storage_admin with grant option;
grant all on schema storage to dashboard_user;

create schema realtime;
grant usage on schema realtime to postgres with grant option;
grant usage on schema realtime to anon, authenticated, service_role;
grant all on schema realtime to supabase_realtime_admin with grant option;

create schema vault;
grant usage on schema vault to postgres with grant option;
grant usage on schema vault to service_role;

create schema graphql;
create schema graphql_public;
grant usage on schema graphql, graphql_public to postgres with grant option;
grant usage on schema graphql, graphql_public to anon, authenticated, service_role;

create schema pgbouncer authorization pgbouncer;
