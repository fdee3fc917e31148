-- Roles of a fresh Supabase project: attributes, memberships and settings.
--
-- Runs as supabase_admin, the superuser that initdb made. Roles belong to the cluster, so this file runs once
-- per cluster and not once per database.
--
-- Left out, because a plain Postgres has no such libraries and would refuse the connection: the roles'
-- session_preload_libraries (supautils, safeupdate). What supautils allows stands in 95_supautils.sql.
-- Made by the platform only when a feature is switched on, and so not here: supabase_functions_admin (pg_net),
-- pgtle_admin (pg_tle), pgsodium_* (older projects), cli_login_* (the CLI's short-lived logins).

-- Who people are: a request arrives as one of these three, never as a login of its own.
create role anon          nologin inherit;
create role authenticated nologin inherit;
create role service_role  nologin inherit bypassrls;

-- What the Data API logs in as, before it becomes one of the three.
create role authenticator login noinherit;

-- Whose project it is. Not a superuser: what Supabase lets it do beyond its attributes is granted one by one.
create role postgres login createdb createrole replication bypassrls;

-- A mark that some of Supabase's extensions look for. It holds no privilege of its own.
create role supabase_superuser nologin;

-- The services.
create role supabase_auth_admin        login noinherit;
create role supabase_storage_admin     login noinherit createrole;
create role supabase_realtime_admin    login noinherit createrole replication;
create role supabase_replication_admin login replication;
create role supabase_etl_admin         login replication;
create role supabase_read_only_user    login bypassrls;
create role dashboard_user             nologin createdb createrole replication;
create role pgbouncer                  login;

-- Memberships -------------------------------------------------------------------------------------------

grant anon, authenticated, service_role to authenticator;
grant authenticator to supabase_storage_admin;
grant pg_read_all_data to supabase_read_only_user, supabase_etl_admin;
grant supabase_superuser to postgres, supabase_etl_admin;
grant anon, authenticated, service_role, authenticator to postgres;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;

-- Since Postgres 16, CREATEROLE alone no longer lets a role hand these on or change them: it takes the admin option.
do $$
begin
    if current_setting('server_version_num')::integer >= 160000 then
        grant anon, authenticated, service_role, authenticator to postgres with admin option;
        grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres with admin option;
        grant pg_create_subscription to postgres;
    end if;
end;
$$;

-- Settings ----------------------------------------------------------------------------------------------
-- They are loaded at login. SET ROLE does not load them; the Data API does, for the role that it becomes.

alter role anon          set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';

alter role postgres                set search_path = "$user", public, extensions;
alter role supabase_admin          set search_path = "$user", public, auth, extensions;
alter role supabase_auth_admin     set search_path = auth;
alter role supabase_storage_admin  set search_path = storage;
alter role supabase_realtime_admin set search_path = realtime;

alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';

alter role supabase_admin         set log_statement = 'none';
alter role supabase_auth_admin    set log_statement = 'none';
alter role supabase_storage_admin set log_statement = 'none';
