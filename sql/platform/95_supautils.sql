-- A stand-in for supautils, the library by which Supabase lets postgres, which is no superuser and no owner of the
-- services' tables, do a few things as if it were: here to create, alter and drop policies, and to drop triggers, on
-- the tables that are meant for it. (To create a trigger, the TRIGGER privilege is enough.)
--
-- How: before such a command postgres becomes a member of supaproof_owner, which has the rights of the services' roles,
-- and after it no longer is, all within the command's own transaction. A command on any other table of a service is
-- refused, as on Supabase.
--
-- Not done here, because it takes a superuser: event triggers, foreign data wrappers, publications for all tables,
-- extensions that are not trusted.

create role supaproof_owner nologin inherit;
grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin to supaproof_owner;

-- The tables, as in Supabase's supautils.policy_grants and supautils.drop_trigger_grants (which are the same).
create function extensions.supaproof_is_granted(schema_name text, table_name text) returns boolean
    language sql immutable
    set search_path = ''
as $$
    select (schema_name || '.' || table_name) = any (array[
        'auth.audit_log_entries', 'auth.flow_state', 'auth.identities', 'auth.instances', 'auth.mfa_amr_claims',
        'auth.mfa_challenges', 'auth.mfa_factors', 'auth.oauth_clients', 'auth.one_time_tokens',
        'auth.refresh_tokens', 'auth.saml_providers', 'auth.saml_relay_states', 'auth.sessions',
        'auth.sso_domains', 'auth.sso_providers', 'auth.users',
        'realtime.messages', 'realtime.subscription',
        'storage.buckets', 'storage.buckets_analytics', 'storage.objects', 'storage.prefixes',
        'storage.s3_multipart_uploads', 'storage.s3_multipart_uploads_parts'
    ])
$$;

-- The role that the command runs as. The functions below are SECURITY DEFINER, so current_user is their owner.
create function extensions.supaproof_runs_as_postgres() returns boolean
    language sql stable
    set search_path = ''
as $$
    select coalesce(nullif(current_setting('role'), 'none'), session_user) = 'postgres'
$$;

create function extensions.supaproof_lift() returns event_trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if not extensions.supaproof_runs_as_postgres() then
        return;
    end if;
    grant supaproof_owner to postgres;
end;
$$;

create function extensions.supaproof_lower() returns event_trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    target record;
begin
    if not extensions.supaproof_runs_as_postgres() then
        return;
    end if;
    revoke supaproof_owner from postgres;
    for target in
        select n.nspname, c.relname
        from pg_event_trigger_ddl_commands() as command
        join pg_catalog.pg_policy as p on command.classid = 'pg_catalog.pg_policy'::regclass and p.oid = command.objid
        join pg_catalog.pg_class as c on c.oid = p.polrelid
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where not pg_has_role('postgres', c.relowner, 'usage')
          and not extensions.supaproof_is_granted(n.nspname, c.relname)
    loop
        raise exception 'must be owner of table %', target.relname using errcode = '42501';
    end loop;
end;
$$;

-- What was dropped is known only here, which is before supaproof_lower().
create function extensions.supaproof_check_drop() returns event_trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    target record;
begin
    if not extensions.supaproof_runs_as_postgres() then
        return;
    end if;
    for target in
        select n.nspname, c.relname
        from pg_event_trigger_dropped_objects() as dropped
        join pg_catalog.pg_namespace as n on n.nspname = dropped.address_names[1]
        join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = dropped.address_names[2]
        join pg_catalog.pg_roles as owner on owner.oid = c.relowner
        where dropped.object_type in ('policy', 'trigger')
          and owner.rolname in ('supabase_auth_admin', 'supabase_storage_admin', 'supabase_realtime_admin')
          and not extensions.supaproof_is_granted(n.nspname, c.relname)
    loop
        raise exception 'must be owner of relation %', target.relname using errcode = '42501';
    end loop;
end;
$$;

create event trigger supaproof_lift on ddl_command_start
    when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER')
    execute function extensions.supaproof_lift();

create event trigger supaproof_check_drop on sql_drop
    when tag in ('DROP POLICY', 'DROP TRIGGER')
    execute function extensions.supaproof_check_drop();

create event trigger supaproof_lower on ddl_command_end
    when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER')
    execute function extensions.supaproof_lower();
