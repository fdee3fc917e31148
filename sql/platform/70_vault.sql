-- Vault: a stand-in for the extension supabase_vault, which is no part of Postgres.
--
-- Same names, columns and grants, so that what a project wrote for the vault runs. But it keeps secrets as they
-- are: nothing is encrypted here, and nothing that matters should be put in.

create table vault.secrets (
    id          uuid primary key default gen_random_uuid(),
    name        text,
    description text not null default '',
    secret      text not null,
    key_id      uuid,
    nonce       bytea,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);

create unique index secrets_name_idx on vault.secrets (name) where name is not null;

create view vault.decrypted_secrets as
    select id, name, description, secret, secret as decrypted_secret, key_id, nonce, created_at, updated_at
    from vault.secrets;

create function vault.create_secret(
    new_secret      text,
    new_name        text default null,
    new_description text default '',
    new_key_id      uuid default null
) returns uuid
    language sql
    security definer
    set search_path = ''
as $$
    insert into vault.secrets (secret, name, description, key_id)
    values (new_secret, new_name, new_description, new_key_id)
    returning id
$$;

-- What is null stays as it is.
create function vault.update_secret(
    secret_id       uuid,
    new_secret      text default null,
    new_name        text default null,
    new_description text default null,
    new_key_id      uuid default null
) returns void
    language sql
    security definer
    set search_path = ''
as $$
    update vault.secrets
    set secret = coalesce(new_secret, secret),
        name = coalesce(new_name, name),
        description = coalesce(new_description, description),
        key_id = coalesce(new_key_id, key_id),
        updated_at = now()
    where id = secret_id
$$;

revoke all on all routines in schema vault from public;
grant execute on all routines in schema vault to postgres with grant option;
grant execute on all routines in schema vault to service_role;

-- No insert and no update: that would go around the functions.
grant select, delete, truncate, references on vault.secrets, vault.decrypted_secrets to postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
