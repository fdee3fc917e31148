-- Archon, complete setup: what the workflow system builds on.
--
-- The trigger function update_updated_at_column() and those tables of Archon's own setup that hold its
-- settings, projects, tasks and prompts. The tables of its knowledge base (sources, crawled pages, code
-- examples) belong to a part that needs the extension "vector", and nothing here refers to them.
--
-- Undone by 001_complete_setup.rollback.sql.

-- Stamps a row on every update. Trigger functions run with the caller's search_path, so it is fixed here.
create function public.update_updated_at_column() returns trigger
    language plpgsql
    set search_path = ''
as $$
begin
    new.updated_at = now();
    return new;
end;
$$;

create type public.task_status as enum ('todo', 'doing', 'review', 'done');

-- Settings ----------------------------------------------------------------------------------------------

create table public.archon_settings (
    id              uuid primary key default gen_random_uuid(),
    key             varchar(255) not null,
    value           text,
    encrypted_value text,
    is_encrypted    boolean default false,
    category        varchar(100),
    description     text,
    created_at      timestamptz default now(),
    updated_at      timestamptz default now(),
    constraint archon_settings_key_key unique (key)
);

create index idx_archon_settings_key on public.archon_settings (key);
create index idx_archon_settings_category on public.archon_settings (category);

create trigger update_archon_settings_updated_at
    before update on public.archon_settings
    for each row execute function public.update_updated_at_column();

alter table public.archon_settings enable row level security;

create policy "Allow service role full access"
    on public.archon_settings
    using (auth.role() = 'service_role');

create policy "Allow authenticated users to read and update"
    on public.archon_settings
    to authenticated
    using (true);

-- Projects ----------------------------------------------------------------------------------------------

create table public.archon_projects (
    id          uuid primary key default gen_random_uuid(),
    title       text not null,
    description text default '',
    docs        jsonb default '[]',
    features    jsonb default '[]',
    data        jsonb default '[]',
    github_repo text,
    pinned      boolean default false,
    created_at  timestamptz default now(),
    updated_at  timestamptz default now()
);

create trigger update_archon_projects_updated_at
    before update on public.archon_projects
    for each row execute function public.update_updated_at_column();

alter table public.archon_projects enable row level security;

create policy "Allow service role full access to archon_projects"
    on public.archon_projects
    using (auth.role() = 'service_role');

create policy "Allow authenticated users to read and update archon_projects"
    on public.archon_projects
    to authenticated
    using (true);

-- Tasks -------------------------------------------------------------------------------------------------

create table public.archon_tasks (
    id             uuid primary key default gen_random_uuid(),
    project_id     uuid,
    parent_task_id uuid,
    title          text not null,
    description    text default '',
    status         public.task_status default 'todo',
    assignee       text default 'User',
    task_order     integer default 0,
    feature        text,
    sources        jsonb default '[]',
    code_examples  jsonb default '[]',
    archived       boolean default false,
    archived_at    timestamptz,
    archived_by    text,
    created_at     timestamptz default now(),
    updated_at     timestamptz default now(),
    constraint archon_tasks_project_id_fkey
        foreign key (project_id) references public.archon_projects (id) on delete cascade,
    constraint archon_tasks_parent_task_id_fkey
        foreign key (parent_task_id) references public.archon_tasks (id) on delete cascade,
    constraint archon_tasks_assignee_check
        check (assignee is not null and assignee <> '')
);

create index idx_archon_tasks_project_id on public.archon_tasks (project_id);
create index idx_archon_tasks_status on public.archon_tasks (status);
create index idx_archon_tasks_assignee on public.archon_tasks (assignee);
create index idx_archon_tasks_order on public.archon_tasks (task_order);
create index idx_archon_tasks_archived on public.archon_tasks (archived);
create index idx_archon_tasks_archived_at on public.archon_tasks (archived_at);

create trigger update_archon_tasks_updated_at
    before update on public.archon_tasks
    for each row execute function public.update_updated_at_column();

alter table public.archon_tasks enable row level security;

create policy "Allow service role full access to archon_tasks"
    on public.archon_tasks
    using (auth.role() = 'service_role');

create policy "Allow authenticated users to read and update archon_tasks"
    on public.archon_tasks
    to authenticated
    using (true);

-- Prompts -----------------------------------------------------------------------------------------------

create table public.archon_prompts (
    id          uuid primary key default gen_random_uuid(),
    prompt_name text not null,
    prompt      text not null,
    description text,
    created_at  timestamptz default now(),
    updated_at  timestamptz default now(),
    constraint archon_prompts_prompt_name_key unique (prompt_name)
);

create index idx_archon_prompts_name on public.archon_prompts (prompt_name);

create trigger update_archon_prompts_updated_at
    before update on public.archon_prompts
    for each row execute function public.update_updated_at_column();

alter table public.archon_prompts enable row level security;

create policy "Allow service role full access to archon_prompts"
    on public.archon_prompts
    using (auth.role() = 'service_role');

create policy "Allow authenticated users to read archon_prompts"
    on public.archon_prompts
    for select
    to authenticated
    using (true);

-- Grants ------------------------------------------------------------------------------------------------
-- Policies decide about rows only for who may use the table at all, and a project whose default privileges
-- no longer grant anything on new tables would refuse everybody.

grant all on
    public.archon_settings,
    public.archon_projects,
    public.archon_tasks,
    public.archon_prompts
    to service_role;

grant select, insert, update, delete on
    public.archon_settings,
    public.archon_projects,
    public.archon_tasks
    to authenticated;

grant select on public.archon_prompts to authenticated;
