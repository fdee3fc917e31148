-- Default privileges: what the roles of a request may do with objects that are made in public from now on.
--
-- These are the grants of existing projects: everything, to everybody, and row-level security is what protects.
-- They are in change. Supabase announced that new projects (from 2026-05-30) and then all (from 2026-10-30) stop
-- granting select, insert, update and delete on tables, and usage and select on sequences. A schema that should work
-- in both grants what it needs itself. A check asks pg_default_acl of the target, and never infers from a date.

alter default privileges for role postgres, supabase_admin in schema public
    grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
    grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
    grant all on routines to postgres, anon, authenticated, service_role;

-- The services' schemas, for what their own roles add later.
alter default privileges for role supabase_auth_admin in schema auth
    grant all on tables to postgres, dashboard_user;
alter default privileges for role supabase_auth_admin in schema auth
    grant all on sequences to postgres, dashboard_user;
alter default privileges for role supabase_auth_admin in schema auth
    grant all on routines to postgres, dashboard_user;

alter default privileges for role supabase_admin in schema realtime
    grant all on tables to postgres, dashboard_user;
alter default privileges for role supabase_admin in schema realtime
    grant all on sequences to postgres, dashboard_user;
alter default privileges for role supabase_admin in schema realtime
    grant all on routines to postgres, dashboard_user;

alter default privileges for role supabase_admin in schema extensions
    grant all on tables to postgres with grant option;
alter default privileges for role supabase_admin in schema extensions
    grant all on sequences to postgres with grant option;
alter default privileges for role supabase_admin in schema extensions
    grant all on routines to postgres with grant option;

alter default privileges for role supabase_admin in schema graphql, graphql_public
    grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema graphql, graphql_public
    grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema graphql, graphql_public
    grant all on routines to postgres, anon, authenticated, service_role;
