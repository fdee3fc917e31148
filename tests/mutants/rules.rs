//! Policies, triggers, functions.

use super::{DEFAULT, Mutant};

const READ: &str = "policy \"Allow public read access to archon_workflow_templates\" on {T}";
const SERVICE: &str = "policy \"Allow service role full access to workflow_templates\" on {T}";
const STAMP: &str = "trigger update_archon_workflow_templates_updated_at on {T}";

pub(super) const MUTANTS: &[Mutant] = &[
    // Policies.
    Mutant {
        name: "dropped policy",
        sql: "drop policy \"Allow public read access to archon_workflow_templates\" on {T}",
        findings: &[("policy-missing", READ, "")],
        says: &["no policy of this name"],
        ..DEFAULT
    },
    Mutant {
        name: "renamed policy",
        sql: "alter policy \"Allow public read access to archon_workflow_templates\" on {T}
              rename to \"allow public read access to archon_workflow_templates\"",
        findings: &[
            ("policy-missing", READ, ""),
            ("policy-unexpected", "policy \"allow public read access to archon_workflow_templates\" on {T}", ""),
        ],
        ..DEFAULT
    },
    Mutant {
        name: "added policy",
        sql: "create policy \"Let me in\" on {E} to anon using (true) with check (true)",
        findings: &[("policy-unexpected", "policy \"Let me in\" on {E}", "")],
        says: &["not to exist", "for all to anon using true with check true", "others: allowed"],
        ..DEFAULT
    },
    Mutant {
        name: "two added policies, one restrictive",
        sql: "create policy a on {E} for select using (status = 'paused');
              create policy b on {V} as restrictive for delete using (false)",
        findings: &[
            ("policy-unexpected", "policy \"a\" on {E}", ""),
            ("policy-unexpected", "policy \"b\" on {V}", ""),
        ],
        says: &["as restrictive for delete to public using false"],
        ..DEFAULT
    },
    Mutant {
        name: "policy for all commands",
        sql: "drop policy \"Allow public read access to archon_workflow_templates\" on {T};
              create policy \"Allow public read access to archon_workflow_templates\" on {T} using (true)",
        findings: &[("policy-command", READ, "command")],
        says: &["select", "all"],
        ..DEFAULT
    },
    Mutant {
        name: "policy for another command",
        sql: "drop policy \"Allow public read access to archon_workflow_templates\" on {T};
              create policy \"Allow public read access to archon_workflow_templates\" on {T} for delete using (true)",
        findings: &[("policy-command", READ, "command")],
        says: &["select", "delete"],
        ..DEFAULT
    },
    Mutant {
        name: "policy for fewer roles",
        sql: "alter policy \"Allow public read access to archon_workflow_templates\" on {T} to anon, authenticated",
        findings: &[("policy-roles", READ, "roles")],
        says: &["public", "anon, authenticated"],
        ..DEFAULT
    },
    Mutant {
        name: "policy for everybody",
        sql: "alter policy \"Allow service role full access to workflow_templates\" on {T} to public",
        findings: &[("policy-roles", SERVICE, "roles")],
        says: &["service_role", "public"],
        ..DEFAULT
    },
    Mutant {
        name: "policy for one role more",
        sql: "alter policy \"Allow service role full access to workflow_templates\" on {T} to service_role, anon",
        findings: &[("policy-roles", SERVICE, "roles")],
        says: &["anon, service_role"],
        ..DEFAULT
    },
    Mutant {
        name: "policy with another using",
        sql: "alter policy \"Allow public read access to archon_workflow_templates\" on {T} using (is_public)",
        findings: &[("policy-using", READ, "using")],
        says: &["true", "is_public"],
        ..DEFAULT
    },
    Mutant {
        name: "policy with using false",
        sql: "alter policy \"Allow public read access to archon_workflow_templates\" on {T} using (false)",
        findings: &[("policy-using", READ, "using")],
        says: &["true", "false"],
        ..DEFAULT
    },
    Mutant {
        name: "policy with another check",
        sql: "alter policy \"Allow service role full access to workflow_templates\" on {T} with check (is_public)",
        findings: &[("policy-check", SERVICE, "check")],
        says: &["true", "is_public"],
        ..DEFAULT
    },
    Mutant {
        name: "policy without its check",
        sql: "drop policy \"Allow service role full access to workflow_templates\" on {T};
              create policy \"Allow service role full access to workflow_templates\" on {T} to service_role using (true)",
        findings: &[("policy-check", SERVICE, "check")],
        says: &["none"],
        ..DEFAULT
    },
    Mutant {
        name: "restrictive policy",
        sql: "drop policy \"Allow public read access to archon_workflow_templates\" on {T};
              create policy \"Allow public read access to archon_workflow_templates\" on {T}
              as restrictive for select using (true)",
        findings: &[("policy-mode", READ, "mode")],
        says: &["permissive", "restrictive"],
        ..DEFAULT
    },
    // Triggers.
    Mutant {
        name: "disabled trigger",
        sql: "alter table {T} disable trigger update_archon_workflow_templates_updated_at",
        findings: &[("trigger-enabled", STAMP, "state")],
        says: &["enabled", "disabled"],
        ..DEFAULT
    },
    Mutant {
        name: "all triggers disabled",
        sql: "alter table {T} disable trigger user",
        findings: &[("trigger-enabled", STAMP, "state")],
        ..DEFAULT
    },
    Mutant {
        name: "trigger for replicas alone",
        sql: "alter table {T} enable replica trigger update_archon_workflow_templates_updated_at",
        findings: &[("trigger-enabled", STAMP, "state")],
        says: &["enabled on replicas"],
        ..DEFAULT
    },
    Mutant {
        name: "trigger after instead of before",
        sql: "create or replace trigger update_archon_workflow_templates_updated_at after update on {T}
              for each row execute function update_updated_at_column()",
        findings: &[("trigger-timing", STAMP, "timing")],
        says: &["before", "after"],
        ..DEFAULT
    },
    Mutant {
        name: "trigger on one event more",
        sql: "create or replace trigger update_archon_workflow_templates_updated_at before insert or update on {T}
              for each row execute function update_updated_at_column()",
        findings: &[("trigger-events", STAMP, "events")],
        says: &["insert or update"],
        ..DEFAULT
    },
    Mutant {
        name: "trigger on updates of some columns",
        sql: "create or replace trigger update_archon_workflow_templates_updated_at before update of title, name on {T}
              for each row execute function update_updated_at_column()",
        findings: &[("trigger-events", STAMP, "events")],
        says: &["update of "],
        ..DEFAULT
    },
    Mutant {
        name: "trigger per statement",
        sql: "create or replace trigger update_archon_workflow_templates_updated_at before update on {T}
              for each statement execute function update_updated_at_column()",
        findings: &[("trigger-level", STAMP, "level")],
        says: &["row", "statement"],
        ..DEFAULT
    },
    Mutant {
        name: "trigger with another function",
        sql: "create function stamp() returns trigger language plpgsql as 'begin return new; end';
              create or replace trigger update_archon_workflow_templates_updated_at before update on {T}
              for each row execute function stamp()",
        findings: &[("trigger-function", STAMP, "function")],
        says: &["public.stamp()"],
        ..DEFAULT
    },
    Mutant {
        name: "trigger with a function of another schema",
        sql: "create schema attic;
              create function attic.update_updated_at_column() returns trigger language plpgsql
              as 'begin return new; end';
              create or replace trigger update_archon_workflow_templates_updated_at before update on {T}
              for each row execute function attic.update_updated_at_column()",
        findings: &[("trigger-function", STAMP, "function")],
        says: &["attic.update_updated_at_column()"],
        ..DEFAULT
    },
    Mutant {
        name: "trigger with an argument",
        sql: "create or replace trigger update_archon_workflow_templates_updated_at before update on {T}
              for each row execute function update_updated_at_column('now')",
        findings: &[("trigger-function", STAMP, "function")],
        says: &["public.update_updated_at_column('now')"],
        ..DEFAULT
    },
    Mutant {
        name: "trigger with a condition",
        sql: "create or replace trigger update_archon_workflow_templates_updated_at before update on {T}
              for each row when (old.* is distinct from new.*) execute function update_updated_at_column()",
        findings: &[("trigger-when", STAMP, "when")],
        says: &["none", "old.* IS DISTINCT FROM new.*"],
        ..DEFAULT
    },
    Mutant {
        name: "dropped trigger",
        sql: "drop trigger update_archon_workflow_templates_updated_at on {T}",
        findings: &[("trigger-missing", STAMP, "")],
        says: &["no trigger of this name"],
        ..DEFAULT
    },
    // Functions.
    Mutant {
        name: "replaced function body",
        sql: "create or replace function update_updated_at_column() returns trigger language plpgsql
              as 'begin new.updated_at = clock_timestamp(); return new; end;'",
        findings: &[("function-body", "function public.update_updated_at_column()", "body")],
        says: &["clock_timestamp()", "Run complete_setup first"],
        ..DEFAULT
    },
    Mutant {
        name: "dropped function with its triggers",
        sql: "drop function update_updated_at_column() cascade",
        findings: &[
            ("function-missing", "function public.update_updated_at_column()", ""),
            ("trigger-missing", STAMP, ""),
            ("trigger-missing", "trigger update_archon_workflow_executions_updated_at on {E}", ""),
            ("trigger-missing", "trigger update_archon_workflow_step_executions_updated_at on {S}", ""),
        ],
        says: &["no function of this name", "Run complete_setup first"],
        ..DEFAULT
    },
    Mutant {
        name: "function that takes other arguments",
        sql: "alter function update_updated_at_column() rename to stamp;
              create function update_updated_at_column(a text) returns text language sql as 'select a'",
        findings: &[
            ("function-missing", "function public.update_updated_at_column()", ""),
            ("trigger-function", STAMP, "function"),
            ("trigger-function", "trigger update_archon_workflow_executions_updated_at on {E}", "function"),
            ("trigger-function", "trigger update_archon_workflow_step_executions_updated_at on {S}", "function"),
        ],
        says: &["update_updated_at_column(text)"],
        ..DEFAULT
    },
    Mutant {
        name: "function in another language",
        sql: "update pg_proc set prolang = (select oid from pg_language where lanname = 'internal')
               where oid = 'public.update_updated_at_column()'::regprocedure",
        findings: &[("function-language", "function public.update_updated_at_column()", "language")],
        says: &["plpgsql", "internal"],
        role: "supabase_admin",
        ..DEFAULT
    },
    Mutant {
        name: "function that returns another type",
        sql: "update pg_proc set prorettype = 'event_trigger'::regtype
               where oid = 'public.update_updated_at_column()'::regprocedure",
        findings: &[("function-returns", "function public.update_updated_at_column()", "result")],
        says: &["trigger", "event_trigger"],
        role: "supabase_admin",
        ..DEFAULT
    },
];
