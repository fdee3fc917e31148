-- Realtime: broadcast messages, subscriptions to changes, and the publication of the tables to watch.
--
-- Left out are the functions by which the Realtime service reads the write-ahead log.

-- Starts empty: a project adds its tables.
create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;

-- The service's ledger belongs to the superuser, which runs its migrations.
create table realtime.schema_migrations (
    version     bigint primary key,
    inserted_at timestamp(0) default now()
);

set local role supabase_realtime_admin;

-- Broadcast ---------------------------------------------------------------------------------------------

create table realtime.messages (
    topic          text not null,
    extension      text not null,
    payload        jsonb,
    event          text,
    private        boolean default false,
    updated_at     timestamp not null default now(),
    inserted_at    timestamp not null default now(),
    id             uuid not null default gen_random_uuid(),
    binary_payload bytea,
    primary key (id, inserted_at)
) partition by range (inserted_at);

-- A stand-in: the service makes a partition for each of the next days, and without any every insert fails.
create table realtime.messages_default partition of realtime.messages default;

-- Policies on the messages decide who may listen and send; they are the project's own.
alter table realtime.messages enable row level security;

-- The topic that a policy decides about.
create function realtime.topic() returns text
    language sql stable
as $$
    select nullif(current_setting('realtime.topic', true), '')
$$;

-- A message that cannot be stored must not undo the caller's work, so an error becomes a warning.
create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
    language plpgsql
as $$
declare
    message_id uuid := gen_random_uuid();
begin
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (id, payload, event, topic, private, extension)
    values (message_id, jsonb_build_object('id', message_id) || payload, event, topic, private, 'broadcast');
exception when others then
    raise warning 'realtime.send: %', sqlerrm;
end;
$$;

create function realtime.send_binary(payload bytea, event text, topic text, private boolean default true) returns void
    language plpgsql
as $$
begin
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (binary_payload, event, topic, private, extension)
    values (payload, event, topic, private, 'broadcast');
exception when others then
    raise warning 'realtime.send_binary: %', sqlerrm;
end;
$$;

-- For a trigger of a project's own: sends the row before and after.
create function realtime.broadcast_changes(
    topic_name   text,
    event_name   text,
    operation    text,
    table_name   text,
    table_schema text,
    new          record,
    old          record,
    level        text default 'ROW'
) returns void
    language plpgsql
as $$
begin
    if level = 'STATEMENT' then
        raise exception 'broadcast_changes() needs a trigger for each row, not for each statement';
    elsif operation not in ('INSERT', 'UPDATE', 'DELETE') then
        raise exception 'broadcast_changes() does not know the operation %', operation;
    end if;
    perform realtime.send(
        jsonb_build_object(
            'old_record', old, 'record', new, 'operation', operation, 'table', table_name, 'schema', table_schema
        ),
        event_name,
        topic_name
    );
end;
$$;

-- Subscriptions to changes ------------------------------------------------------------------------------

create type realtime.action as enum ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'ERROR');

create type realtime.equality_op as enum (
    'eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in', 'like', 'ilike', 'is', 'match', 'imatch', 'isdistinct'
);

create type realtime.user_defined_filter as (
    column_name text,
    op          realtime.equality_op,
    value       text,
    negate      boolean
);

create function realtime.to_regrole(role_name text) returns regrole
    language sql immutable
as $$
    select role_name::regrole
$$;

create table realtime.subscription (
    id               bigint generated always as identity primary key,
    subscription_id  uuid not null,
    entity           regclass not null,
    filters          realtime.user_defined_filter[] not null default '{}',
    claims           jsonb not null,
    claims_role      regrole not null generated always as (realtime.to_regrole(claims ->> 'role')) stored,
    created_at       timestamp not null default timezone('utc', now()),
    action_filter    text default '*'
        constraint subscription_action_filter_check check (action_filter in ('*', 'INSERT', 'UPDATE', 'DELETE')),
    selected_columns text[]
);

-- Access ------------------------------------------------------------------------------------------------

grant all on realtime.messages, realtime.subscription to postgres, dashboard_user;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;
grant select on realtime.subscription to anon, authenticated, service_role;
grant all on sequence realtime.subscription_id_seq to postgres, dashboard_user;
grant usage on sequence realtime.subscription_id_seq to anon, authenticated, service_role;
grant all on all routines in schema realtime to postgres, dashboard_user;

reset role;

grant all on realtime.schema_migrations to dashboard_user;
