-- Undoes 001_complete_setup.sql, newest first, and deletes the data in its tables.
--
-- A table takes its indexes, triggers, policies and grants along. Whatever is missing, or still needed by
-- something made later, is an error: a rollback that passes over it would leave a schema nobody knows.

drop table public.archon_prompts;
drop table public.archon_tasks;
drop table public.archon_projects;
drop table public.archon_settings;

drop type public.task_status;

drop function public.update_updated_at_column();
