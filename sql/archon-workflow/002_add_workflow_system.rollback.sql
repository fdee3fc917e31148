-- Undoes 002_add_workflow_system.sql, newest first, and deletes every workflow, run and version.
--
-- A table takes its indexes, triggers, policies and grants along. Whatever is missing, or still needed by
-- something made later, is an error: a rollback that passes over it would leave a schema nobody knows.

drop table public.archon_workflow_template_versions;
drop table public.archon_workflow_step_executions;
drop table public.archon_workflow_executions;
drop table public.archon_workflow_templates;

drop type public.step_execution_status;
drop type public.workflow_execution_status;
drop type public.workflow_step_type;
drop type public.workflow_status;
