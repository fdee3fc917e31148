-- Settings that a hosted project has in its server's configuration, and parameters that postgres may set.
--
-- Set for all roles rather than for the database: a database made from this one as a template would lose the latter.

alter role all set search_path = "$user", public, extensions;
alter role all set statement_timeout = '2min';

grant execute on function pg_catalog.pg_reload_conf() to postgres;

-- supautils lets postgres set these although they are a superuser's.
grant set on parameter
    session_replication_role,
    log_min_messages,
    log_lock_waits,
    track_io_timing
    to postgres;

-- And everything that starts with pgrst., as in "alter role authenticator set pgrst.db_max_rows = 500". Postgres has
-- no such wildcard, so these are PostgREST's settings one by one.
grant set on parameter
    pgrst.db_aggregates_enabled,
    pgrst.db_anon_role,
    pgrst.db_extra_search_path,
    pgrst.db_hoisted_tx_settings,
    pgrst.db_max_rows,
    pgrst.db_plan_enabled,
    pgrst.db_pre_request,
    pgrst.db_prepared_statements,
    pgrst.db_root_spec,
    pgrst.db_schemas,
    pgrst.db_tx_end,
    pgrst.jwt_aud,
    pgrst.jwt_role_claim_key,
    pgrst.jwt_secret,
    pgrst.jwt_secret_is_base64,
    pgrst.openapi_mode,
    pgrst.openapi_security_active,
    pgrst.openapi_server_proxy_uri,
    pgrst.raw_media_types,
    pgrst.server_cors_allowed_origins,
    pgrst.server_timing_enabled,
    pgrst.server_trace_header
    to postgres;
