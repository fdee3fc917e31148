-- Auth: users and what hangs on them, and the functions that policies ask who is calling.
--
-- The tables are those of the Auth service, column by column. Left out are those that no schema of a project
-- refers to: its OAuth server (oauth_*), custom providers, and passkeys (webauthn_*).

-- The service makes its objects itself, so they belong to its role.
set local role supabase_auth_admin;

-- Who is calling ----------------------------------------------------------------------------------------
-- The Data API puts the claims of the request's token into request.jwt.claims, as JSON. The settings
-- request.jwt.claim.* are its older way, one setting per claim, and win where they are not empty. A setting that
-- was set and reset in a session reads as '' and not as null, and '' is no JSON: hence nullif.

create function auth.jwt() returns jsonb
    language sql stable
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')
    )::jsonb
$$;

create function auth.uid() returns uuid
    language sql stable
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
$$;

create function auth.role() returns text
    language sql stable
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.role', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
    )
$$;

create function auth.email() returns text
    language sql stable
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.email', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
    )
$$;

-- Users and their identities ----------------------------------------------------------------------------

create table auth.users (
    instance_id                 uuid,
    id                          uuid primary key,
    aud                         varchar(255),
    role                        varchar(255),
    email                       varchar(255),
    encrypted_password          varchar(255),
    email_confirmed_at          timestamptz,
    invited_at                  timestamptz,
    confirmation_token          varchar(255),
    confirmation_sent_at        timestamptz,
    recovery_token              varchar(255),
    recovery_sent_at            timestamptz,
    email_change_token_new      varchar(255),
    email_change                varchar(255),
    email_change_sent_at        timestamptz,
    last_sign_in_at             timestamptz,
    raw_app_meta_data           jsonb,
    raw_user_meta_data          jsonb,
    is_super_admin              boolean,
    created_at                  timestamptz,
    updated_at                  timestamptz,
    phone                       text default null constraint users_phone_key unique,
    phone_confirmed_at          timestamptz,
    phone_change                text default '',
    phone_change_token          varchar(255) default '',
    phone_change_sent_at        timestamptz,
    confirmed_at                timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
    email_change_token_current  varchar(255) default '',
    email_change_confirm_status smallint default 0
        constraint users_email_change_confirm_status_check check (email_change_confirm_status between 0 and 2),
    banned_until                timestamptz,
    reauthentication_token      varchar(255) default '',
    reauthentication_sent_at    timestamptz,
    is_sso_user                 boolean not null default false,
    deleted_at                  timestamptz,
    is_anonymous                boolean not null default false
);

-- An address belongs to one account, unless single sign-on made the accounts.
create unique index users_email_partial_key on auth.users (email) where is_sso_user = false;
create index users_instance_id_idx on auth.users (instance_id);
create index users_instance_id_email_idx on auth.users (instance_id, lower(email));
create index users_is_anonymous_idx on auth.users (is_anonymous);

-- A token is unique once it is one: empty ones and short digit codes may repeat.
create unique index confirmation_token_idx on auth.users (confirmation_token)
    where confirmation_token !~ '^[0-9 ]*$';
create unique index recovery_token_idx on auth.users (recovery_token)
    where recovery_token !~ '^[0-9 ]*$';
create unique index email_change_token_current_idx on auth.users (email_change_token_current)
    where email_change_token_current !~ '^[0-9 ]*$';
create unique index email_change_token_new_idx on auth.users (email_change_token_new)
    where email_change_token_new !~ '^[0-9 ]*$';
create unique index reauthentication_token_idx on auth.users (reauthentication_token)
    where reauthentication_token !~ '^[0-9 ]*$';

create table auth.identities (
    provider_id     text not null,
    user_id         uuid not null references auth.users (id) on delete cascade,
    identity_data   jsonb not null,
    provider        text not null,
    last_sign_in_at timestamptz,
    created_at      timestamptz,
    updated_at      timestamptz,
    email           text generated always as (lower(identity_data ->> 'email')) stored,
    id              uuid primary key default gen_random_uuid(),
    constraint identities_provider_id_provider_unique unique (provider_id, provider)
);

create index identities_email_idx on auth.identities (email text_pattern_ops);
create index identities_user_id_idx on auth.identities (user_id);

-- Sessions and their tokens -----------------------------------------------------------------------------

create type auth.aal_level as enum ('aal1', 'aal2', 'aal3');

create table auth.sessions (
    id                     uuid primary key,
    user_id                uuid not null references auth.users (id) on delete cascade,
    created_at             timestamptz,
    updated_at             timestamptz,
    factor_id              uuid,
    aal                    auth.aal_level,
    not_after              timestamptz,
    refreshed_at           timestamp,
    user_agent             text,
    ip                     inet,
    tag                    text,
    oauth_client_id        uuid,
    refresh_token_hmac_key text,
    refresh_token_counter  bigint,
    scopes                 text constraint sessions_scopes_length check (char_length(scopes) <= 4096)
);

create index sessions_user_id_idx on auth.sessions (user_id);

create table auth.refresh_tokens (
    instance_id uuid,
    id          bigserial primary key,
    token       varchar(255) constraint refresh_tokens_token_unique unique,
    user_id     varchar(255),
    revoked     boolean,
    created_at  timestamptz,
    updated_at  timestamptz,
    parent      varchar(255),
    session_id  uuid references auth.sessions (id) on delete cascade
);

create index refresh_tokens_session_id_revoked_idx on auth.refresh_tokens (session_id, revoked);

create type auth.one_time_token_type as enum (
    'confirmation_token', 'reauthentication_token', 'recovery_token',
    'email_change_token_new', 'email_change_token_current', 'phone_change_token'
);

create table auth.one_time_tokens (
    id         uuid primary key,
    user_id    uuid not null references auth.users (id) on delete cascade,
    token_type auth.one_time_token_type not null,
    token_hash text not null constraint one_time_tokens_token_hash_check check (char_length(token_hash) > 0),
    relates_to text not null,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now()
);

create unique index one_time_tokens_user_id_token_type_key on auth.one_time_tokens (user_id, token_type);

-- Second factors ----------------------------------------------------------------------------------------

create type auth.factor_type as enum ('totp', 'webauthn', 'phone');
create type auth.factor_status as enum ('unverified', 'verified');

create table auth.mfa_factors (
    id                           uuid primary key,
    user_id                      uuid not null references auth.users (id) on delete cascade,
    friendly_name                text,
    factor_type                  auth.factor_type not null,
    status                       auth.factor_status not null,
    created_at                   timestamptz not null,
    updated_at                   timestamptz not null,
    secret                       text,
    phone                        text,
    last_challenged_at           timestamptz unique,
    web_authn_credential         jsonb,
    web_authn_aaguid             uuid,
    last_webauthn_challenge_data jsonb
);

create table auth.mfa_challenges (
    id                     uuid primary key,
    factor_id              uuid not null references auth.mfa_factors (id) on delete cascade,
    created_at             timestamptz not null,
    verified_at            timestamptz,
    ip_address             inet not null,
    otp_code               text,
    web_authn_session_data jsonb
);

create table auth.mfa_amr_claims (
    session_id            uuid not null references auth.sessions (id) on delete cascade,
    created_at            timestamptz not null,
    updated_at            timestamptz not null,
    authentication_method text not null,
    id                    uuid primary key,
    unique (session_id, authentication_method)
);

-- Single sign-on and login flows ------------------------------------------------------------------------

create type auth.code_challenge_method as enum ('s256', 'plain');

create table auth.flow_state (
    id                     uuid primary key,
    user_id                uuid,
    auth_code              text,
    code_challenge_method  auth.code_challenge_method,
    code_challenge         text,
    provider_type          text not null,
    provider_access_token  text,
    provider_refresh_token text,
    created_at             timestamptz,
    updated_at             timestamptz,
    authentication_method  text not null,
    auth_code_issued_at    timestamptz,
    invite_token           text,
    referrer               text,
    oauth_client_state_id  uuid,
    linking_target_id      uuid,
    email_optional         boolean not null default false
);

create table auth.sso_providers (
    id          uuid primary key,
    resource_id text,
    created_at  timestamptz,
    updated_at  timestamptz,
    disabled    boolean
);

create table auth.sso_domains (
    id              uuid primary key,
    sso_provider_id uuid not null references auth.sso_providers (id) on delete cascade,
    domain          text not null constraint "domain not empty" check (char_length(domain) > 0),
    created_at      timestamptz,
    updated_at      timestamptz
);

create table auth.saml_providers (
    id                uuid primary key,
    sso_provider_id   uuid not null references auth.sso_providers (id) on delete cascade,
    entity_id         text not null unique constraint "entity_id not empty" check (char_length(entity_id) > 0),
    metadata_xml      text not null constraint "metadata_xml not empty" check (char_length(metadata_xml) > 0),
    metadata_url      text,
    attribute_mapping jsonb,
    created_at        timestamptz,
    updated_at        timestamptz,
    name_id_format    text
);

create table auth.saml_relay_states (
    id              uuid primary key,
    sso_provider_id uuid not null references auth.sso_providers (id) on delete cascade,
    request_id      text not null constraint "request_id not empty" check (char_length(request_id) > 0),
    for_email       text,
    redirect_to     text,
    created_at      timestamptz,
    updated_at      timestamptz,
    flow_state_id   uuid references auth.flow_state (id) on delete cascade
);

-- The service's own books -------------------------------------------------------------------------------

create table auth.audit_log_entries (
    instance_id uuid,
    id          uuid primary key,
    payload     json,
    created_at  timestamptz,
    ip_address  varchar(64) not null default ''
);

create table auth.instances (
    id              uuid primary key,
    uuid            uuid,
    raw_base_config text,
    created_at      timestamptz,
    updated_at      timestamptz
);

create table auth.schema_migrations (
    version varchar(255) primary key
);

-- Access ------------------------------------------------------------------------------------------------
-- Row-level security with no policy, and nothing granted to the roles of a request: the tables are reached through
-- the service, or by functions that a project's owner makes SECURITY DEFINER.

do $$
declare
    auth_table regclass;
begin
    for auth_table in
        select oid from pg_class where relnamespace = 'auth'::regnamespace and relkind = 'r'
    loop
        execute format('alter table %s enable row level security', auth_table);
    end loop;
end;
$$;

grant all on all tables in schema auth to postgres, dashboard_user;
grant select on all tables in schema auth to postgres with grant option;
grant all on all sequences in schema auth to postgres, dashboard_user;
grant all on all routines in schema auth to postgres, dashboard_user;

revoke all on auth.schema_migrations from postgres, dashboard_user;
grant select on auth.schema_migrations to postgres with grant option;

reset role;
