-- ExeServer: what it hears of (events), what it knows (projects, triggers, workflows), what it ran (workflow_runs), and which
-- of its own migrations it has applied (migrations).
--
-- Only the server itself works with them, as service_role: row-level security is on and there is no policy, and nobody else
-- has a privilege, whatever the project's default privileges are.
-- Undone by 002_tables.rollback.sql.

create table public.events (
    id           uuid primary key,
    event_type   text not null,
    repository   text not null,
    payload      jsonb not null,
    created_at   timestamp not null,
    processed    boolean not null default false,
    processed_at timestamp
);

create table public.projects (
    id          uuid primary key,
    name        text not null,
    full_name   text not null,
    description text,
    created_at  timestamp not null
);

create table public.triggers (
    id          uuid primary key,
    project_id  uuid not null references public.projects (id),
    name        text not null,
    description text,
    conditions  jsonb not null,
    actions     jsonb not null,
    enabled     boolean not null default true,
    created_at  timestamp not null
);

create table public.workflows (
    id          uuid primary key,
    repository  text not null,
    name        text not null,
    description text,
    created_at  timestamp not null
);

create table public.workflow_runs (
    id           uuid primary key,
    workflow_id  uuid not null references public.workflows (id),
    repository   text not null,
    status       text not null,
    created_at   timestamp not null,
    completed_at timestamp
);

create table public.migrations (
    id          serial primary key,
    version     integer not null,
    description text not null,
    applied_at  timestamp not null
);

-- Who may do what --------------------------------------------------------------------------------------------

alter table public.events        enable row level security;
alter table public.projects      enable row level security;
alter table public.triggers      enable row level security;
alter table public.workflows     enable row level security;
alter table public.workflow_runs enable row level security;
alter table public.migrations    enable row level security;

revoke all on public.events, public.projects, public.triggers, public.workflows, public.workflow_runs, public.migrations
    from public, anon, authenticated;
revoke all on sequence public.migrations_id_seq from public, anon, authenticated;

grant select, insert, update, delete
    on public.events, public.projects, public.triggers, public.workflows, public.workflow_runs, public.migrations
    to service_role;
grant usage, select on sequence public.migrations_id_seq to service_role;

comment on table public.events        is 'What was heard from a repository, as it came, and whether it was dealt with.';
comment on table public.projects      is 'Repositories that are watched.';
comment on table public.triggers      is 'What is to be done in a project when conditions are met.';
comment on table public.workflows     is 'Workflows of a repository.';
comment on table public.workflow_runs is 'Runs of workflows and how they ended.';
comment on table public.migrations    is 'The migrations that the server itself has applied.';
