-- Archon, workflow system: reusable workflow templates, their versions, their runs and the runs' steps.
--
-- Needs update_updated_at_column() of 001_complete_setup.sql.
-- Undone by 002_add_workflow_system.rollback.sql.

-- Enums -------------------------------------------------------------------------------------------------

create type public.workflow_status as enum (
    'draft', 'active', 'deprecated', 'archived'
);

create type public.workflow_step_type as enum (
    'action', 'condition', 'workflow_link', 'parallel', 'loop'
);

create type public.workflow_execution_status as enum (
    'pending', 'running', 'paused', 'completed', 'failed', 'cancelled'
);

create type public.step_execution_status as enum (
    'pending', 'running', 'completed', 'failed', 'skipped', 'retrying'
);

-- Tables ------------------------------------------------------------------------------------------------

create table public.archon_workflow_templates (
    id                  uuid primary key default gen_random_uuid(),
    name                varchar(255) not null,
    title               text not null,
    description         text default '',
    version             varchar(50) default '1.0.0',
    status              public.workflow_status default 'draft',
    category            varchar(100),
    tags                jsonb default '[]',
    parameters          jsonb default '{}',
    outputs             jsonb default '{}',
    steps               jsonb not null default '[]',
    timeout_minutes     integer default 60,
    max_retries         integer default 3,
    retry_delay_seconds integer default 30,
    created_by          text not null default 'system',
    is_public           boolean default false,
    allowed_assignees   jsonb default '[]',
    created_at          timestamptz default now(),
    updated_at          timestamptz default now(),
    constraint chk_workflow_name_format check (name ~ '^[a-z0-9_-]+$'),
    constraint chk_workflow_version_format check (version ~ '^\d+\.\d+\.\d+(-[a-zA-Z0-9]+)?$'),
    constraint chk_timeout_positive check (timeout_minutes > 0),
    constraint chk_retries_non_negative check (max_retries >= 0)
);

create table public.archon_workflow_executions (
    id                   uuid primary key default gen_random_uuid(),
    workflow_template_id uuid,
    triggered_by         text not null,
    trigger_context      jsonb default '{}',
    input_parameters     jsonb default '{}',
    execution_context    jsonb default '{}',
    status               public.workflow_execution_status default 'pending',
    current_step_index   integer default 0,
    total_steps          integer default 0,
    progress_percentage  numeric(5, 2) default 0.00,
    started_at           timestamptz,
    completed_at         timestamptz,
    paused_at            timestamptz,
    output_data          jsonb default '{}',
    error_message        text,
    error_details        jsonb default '{}',
    execution_log        jsonb default '[]',
    created_at           timestamptz default now(),
    updated_at           timestamptz default now(),
    constraint archon_workflow_executions_workflow_template_id_fkey
        foreign key (workflow_template_id) references public.archon_workflow_templates (id) on delete cascade,
    constraint chk_progress_range check (progress_percentage >= 0 and progress_percentage <= 100),
    constraint chk_step_index_non_negative check (current_step_index >= 0),
    constraint chk_total_steps_positive check (total_steps >= 0),
    constraint chk_current_step_valid check (current_step_index <= total_steps)
);

create table public.archon_workflow_step_executions (
    id                        uuid primary key default gen_random_uuid(),
    workflow_execution_id     uuid,
    step_index                integer not null,
    step_name                 varchar(255) not null,
    step_type                 public.workflow_step_type not null,
    step_config               jsonb not null default '{}',
    status                    public.step_execution_status default 'pending',
    attempt_number            integer default 1,
    max_attempts              integer default 1,
    started_at                timestamptz,
    completed_at              timestamptz,
    input_data                jsonb default '{}',
    output_data               jsonb default '{}',
    error_message             text,
    error_details             jsonb default '{}',
    tool_name                 varchar(255),
    tool_parameters           jsonb default '{}',
    tool_result               jsonb default '{}',
    sub_workflow_execution_id uuid,
    created_at                timestamptz default now(),
    updated_at                timestamptz default now(),
    constraint archon_workflow_step_executions_workflow_execution_id_fkey
        foreign key (workflow_execution_id) references public.archon_workflow_executions (id) on delete cascade,
    -- No action on delete: a run that another run's step started stays as long as that step does.
    constraint archon_workflow_step_executions_sub_workflow_execution_id_fkey
        foreign key (sub_workflow_execution_id) references public.archon_workflow_executions (id),
    constraint chk_step_index_non_negative check (step_index >= 0),
    constraint chk_attempt_positive check (attempt_number > 0),
    constraint chk_max_attempts_positive check (max_attempts > 0),
    constraint chk_attempt_within_max check (attempt_number <= max_attempts)
);

create table public.archon_workflow_template_versions (
    id                   uuid primary key default gen_random_uuid(),
    workflow_template_id uuid,
    version_number       integer not null,
    version_tag          varchar(50) not null,
    template_snapshot    jsonb not null,
    change_summary       text,
    change_type          varchar(50) default 'update',
    breaking_changes     boolean default false,
    created_by           text not null default 'system',
    created_at           timestamptz default now(),
    constraint archon_workflow_template_versions_workflow_template_id_fkey
        foreign key (workflow_template_id) references public.archon_workflow_templates (id) on delete cascade,
    -- Named here, because the names that the server would make up are too long and get cut.
    constraint archon_workflow_template_versions_version_number_key
        unique (workflow_template_id, version_number),
    constraint archon_workflow_template_versions_version_tag_key
        unique (workflow_template_id, version_tag),
    constraint chk_version_number_positive check (version_number > 0)
);

comment on table public.archon_workflow_templates is
    'Reusable workflow definitions: steps, parameters, outputs and how often to retry.';
comment on table public.archon_workflow_executions is
    'Individual workflow runs: what started them, how far they are and how they ended.';
comment on table public.archon_workflow_step_executions is
    'Step-level execution tracking: a row for each attempt at a step of a run.';
comment on table public.archon_workflow_template_versions is
    'Version control for templates: a snapshot for each published change.';

-- Indexes -----------------------------------------------------------------------------------------------

-- The template list: by name, by state, by category, by author, by tag.
create index idx_archon_workflow_templates_name on public.archon_workflow_templates (name);
create index idx_archon_workflow_templates_status on public.archon_workflow_templates (status);
create index idx_archon_workflow_templates_category on public.archon_workflow_templates (category);
create index idx_archon_workflow_templates_created_by on public.archon_workflow_templates (created_by);
create index idx_archon_workflow_templates_tags on public.archon_workflow_templates using gin (tags);

-- Runs: those of a template in a given state, what is running at all, the latest, who or what started them.
create index idx_archon_workflow_executions_template_id_status
    on public.archon_workflow_executions (workflow_template_id, status);
create index idx_archon_workflow_executions_status on public.archon_workflow_executions (status);
create index idx_archon_workflow_executions_started_at on public.archon_workflow_executions (started_at);
create index idx_archon_workflow_executions_triggered_by on public.archon_workflow_executions (triggered_by);
create index idx_archon_workflow_executions_context on public.archon_workflow_executions using gin (trigger_context);

-- Steps: those of a run in their order, what is due, what a tool was used for.
create index idx_archon_workflow_step_executions_execution_id_step_index
    on public.archon_workflow_step_executions (workflow_execution_id, step_index);
create index idx_archon_workflow_step_executions_status on public.archon_workflow_step_executions (status);
create index idx_archon_workflow_step_executions_tool_name on public.archon_workflow_step_executions (tool_name);

-- Versions need none: their unique constraints start with the template.

-- Triggers ----------------------------------------------------------------------------------------------
-- Versions are written once, and have no updated_at.

create trigger update_archon_workflow_templates_updated_at
    before update on public.archon_workflow_templates
    for each row execute function public.update_updated_at_column();

create trigger update_archon_workflow_executions_updated_at
    before update on public.archon_workflow_executions
    for each row execute function public.update_updated_at_column();

create trigger update_archon_workflow_step_executions_updated_at
    before update on public.archon_workflow_step_executions
    for each row execute function public.update_updated_at_column();

-- Row-level security: everybody reads, the service role writes --------------------------------------------

alter table public.archon_workflow_templates enable row level security;
alter table public.archon_workflow_executions enable row level security;
alter table public.archon_workflow_step_executions enable row level security;
alter table public.archon_workflow_template_versions enable row level security;

create policy "Allow public read access to archon_workflow_templates"
    on public.archon_workflow_templates for select to public using (true);
create policy "Allow service role full access to workflow_templates"
    on public.archon_workflow_templates for all to service_role using (true) with check (true);

create policy "Allow public read access to archon_workflow_executions"
    on public.archon_workflow_executions for select to public using (true);
create policy "Allow service role full access to workflow_executions"
    on public.archon_workflow_executions for all to service_role using (true) with check (true);

create policy "Allow public read access to archon_workflow_step_executions"
    on public.archon_workflow_step_executions for select to public using (true);
create policy "Allow service role full access to workflow_step_executions"
    on public.archon_workflow_step_executions for all to service_role using (true) with check (true);

create policy "Allow public read access to archon_workflow_template_versions"
    on public.archon_workflow_template_versions for select to public using (true);
create policy "Allow service role full access to workflow_template_versions"
    on public.archon_workflow_template_versions for all to service_role using (true) with check (true);

-- Grants: see 001_complete_setup.sql --------------------------------------------------------------------

grant select on
    public.archon_workflow_templates,
    public.archon_workflow_executions,
    public.archon_workflow_step_executions,
    public.archon_workflow_template_versions
    to anon, authenticated;

grant all on
    public.archon_workflow_templates,
    public.archon_workflow_executions,
    public.archon_workflow_step_executions,
    public.archon_workflow_template_versions
    to service_role;
