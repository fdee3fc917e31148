-- Undoes 002_tables.sql, newest first, and deletes every event, project, trigger, workflow and run.
--
-- Whatever is missing, or still needed by something made later, is an error: a rollback that passes over it would leave a
-- schema nobody knows.

drop table public.migrations;
drop table public.workflow_runs;
drop table public.workflows;
drop table public.triggers;
drop table public.projects;
drop table public.events;
