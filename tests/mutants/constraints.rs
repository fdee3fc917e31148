//! Primary, unique, foreign and check constraints.

use super::{DEFAULT, Mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "foreign key with another action on delete",
        sql: "alter table {E} drop constraint archon_workflow_executions_workflow_template_id_fkey,
              add foreign key (workflow_template_id) references {T} (id) on delete set null",
        findings: &[("foreign-key-on-delete", "foreign key (workflow_template_id) on {E}", "on delete")],
        says: &["cascade", "set null"],
        ..DEFAULT
    },
    Mutant {
        name: "foreign key without an action on delete",
        sql: "alter table {V} drop constraint archon_workflow_template_versions_workflow_template_id_fkey,
              add foreign key (workflow_template_id) references {T} (id)",
        findings: &[("foreign-key-on-delete", "foreign key (workflow_template_id) on {V}", "on delete")],
        says: &["cascade", "no action"],
        ..DEFAULT
    },
    Mutant {
        name: "foreign key with an action added on delete",
        sql: "alter table {S} drop constraint archon_workflow_step_executions_sub_workflow_execution_id_fkey,
              add foreign key (sub_workflow_execution_id) references {E} (id) on delete cascade",
        findings: &[("foreign-key-on-delete", "foreign key (sub_workflow_execution_id) on {S}", "on delete")],
        says: &["cascade", "no action"],
        ..DEFAULT
    },
    Mutant {
        name: "foreign key with another action on update",
        sql: "alter table {E} drop constraint archon_workflow_executions_workflow_template_id_fkey,
              add foreign key (workflow_template_id) references {T} (id) on delete cascade on update cascade",
        findings: &[("foreign-key-on-update", "foreign key (workflow_template_id) on {E}", "on update")],
        says: &["no action", "cascade"],
        ..DEFAULT
    },
    Mutant {
        name: "dropped foreign key",
        sql: "alter table {E} drop constraint archon_workflow_executions_workflow_template_id_fkey",
        findings: &[("foreign-key-missing", "foreign key (workflow_template_id) on {E}", "")],
        says: &["no foreign key from these columns"],
        ..DEFAULT
    },
    Mutant {
        name: "foreign key to another table",
        sql: "alter table {S} drop constraint archon_workflow_step_executions_sub_workflow_execution_id_fkey,
              add foreign key (sub_workflow_execution_id) references {V} (id)",
        findings: &[("foreign-key-references", "foreign key (sub_workflow_execution_id) on {S}", "reference")],
        says: &["archon_workflow_executions(id)", "{V}(id)"],
        ..DEFAULT
    },
    Mutant {
        name: "foreign key to another column",
        sql: "alter table {T} add column twin uuid unique;
              alter table {E} drop constraint archon_workflow_executions_workflow_template_id_fkey,
              add foreign key (workflow_template_id) references {T} (twin) on delete cascade",
        findings: &[("foreign-key-references", "foreign key (workflow_template_id) on {E}", "reference")],
        says: &["{T}(twin)"],
        ..DEFAULT
    },
    Mutant {
        name: "foreign key not valid",
        sql: "alter table {E} drop constraint archon_workflow_executions_workflow_template_id_fkey,
              add foreign key (workflow_template_id) references {T} (id) on delete cascade not valid",
        findings: &[("constraint-not-validated", "foreign key (workflow_template_id) on {E}", "validity")],
        says: &["not valid"],
        ..DEFAULT
    },
    Mutant {
        name: "foreign key that is deferred",
        sql: "alter table {E} alter constraint archon_workflow_executions_workflow_template_id_fkey
              deferrable initially deferred",
        findings: &[("foreign-key-deferral", "foreign key (workflow_template_id) on {E}", "deferral")],
        says: &["not deferrable", "deferrable initially deferred"],
        ..DEFAULT
    },
    Mutant {
        name: "foreign key that can be deferred",
        sql: "alter table {E} alter constraint archon_workflow_executions_workflow_template_id_fkey deferrable",
        findings: &[("foreign-key-deferral", "foreign key (workflow_template_id) on {E}", "deferral")],
        ..DEFAULT
    },
    Mutant {
        name: "foreign key that matches in full",
        sql: "alter table {E} drop constraint archon_workflow_executions_workflow_template_id_fkey,
              add foreign key (workflow_template_id) references {T} (id) match full on delete cascade",
        findings: &[("foreign-key-match", "foreign key (workflow_template_id) on {E}", "match")],
        says: &["simple", "full"],
        ..DEFAULT
    },
    Mutant {
        name: "dropped primary key",
        sql: "alter table {V} drop constraint archon_workflow_template_versions_pkey;
              alter table {V} alter id set not null",
        findings: &[("primary-key", "table {V}", "primary key")],
        says: &["(id)", "none"],
        ..DEFAULT
    },
    Mutant {
        name: "primary key of other columns",
        sql: "alter table {V} drop constraint archon_workflow_template_versions_pkey,
              add primary key (id, version_number)",
        findings: &[("primary-key", "table {V}", "primary key")],
        says: &["(id, version_number)"],
        ..DEFAULT
    },
    Mutant {
        name: "dropped unique constraint",
        sql: "alter table {V} drop constraint archon_workflow_template_versions_version_tag_key",
        findings: &[("unique-missing", "table {V}", "unique constraints")],
        says: &["(workflow_template_id, version_tag)"],
        ..DEFAULT
    },
    Mutant {
        name: "unique constraint on other columns",
        sql: "alter table {V} drop constraint archon_workflow_template_versions_version_tag_key,
              add unique (workflow_template_id, change_type)",
        findings: &[("unique-missing", "table {V}", "unique constraints")],
        says: &["(workflow_template_id, change_type)"],
        ..DEFAULT
    },
    Mutant {
        name: "unique constraint on fewer columns",
        sql: "alter table {V} drop constraint archon_workflow_template_versions_version_tag_key, add unique (version_tag)",
        findings: &[("unique-missing", "table {V}", "unique constraints")],
        says: &["(version_tag)"],
        ..DEFAULT
    },
    Mutant {
        name: "changed check, a number",
        sql: "alter table {T} drop constraint chk_retries_non_negative,
              add constraint chk_retries_non_negative check (max_retries >= 1)",
        findings: &[("check-expression", "constraint chk_retries_non_negative on {T}", "expression")],
        says: &["max_retries >= 0", "(max_retries >= 1)"],
        ..DEFAULT
    },
    Mutant {
        name: "changed check, an operator",
        sql: "alter table {T} drop constraint chk_timeout_positive,
              add constraint chk_timeout_positive check (timeout_minutes >= 0)",
        findings: &[("check-expression", "constraint chk_timeout_positive on {T}", "expression")],
        ..DEFAULT
    },
    Mutant {
        name: "changed check, or for and",
        sql: "alter table {E} drop constraint chk_progress_range,
              add constraint chk_progress_range check (progress_percentage >= 0 or progress_percentage <= 100)",
        findings: &[("check-expression", "constraint chk_progress_range on {E}", "expression")],
        says: &[" OR "],
        ..DEFAULT
    },
    Mutant {
        name: "changed check, a pattern without its end",
        sql: "alter table {T} drop constraint chk_workflow_name_format,
              add constraint chk_workflow_name_format check (name ~ '^[a-z0-9_-]+')",
        findings: &[("check-expression", "constraint chk_workflow_name_format on {T}", "expression")],
        ..DEFAULT
    },
    Mutant {
        name: "changed check, without case",
        sql: "alter table {T} drop constraint chk_workflow_name_format,
              add constraint chk_workflow_name_format check (name ~* '^[a-z0-9_-]+$')",
        findings: &[("check-expression", "constraint chk_workflow_name_format on {T}", "expression")],
        says: &["~*"],
        ..DEFAULT
    },
    Mutant {
        name: "changed check, another column",
        sql: "alter table {S} drop constraint chk_attempt_positive,
              add constraint chk_attempt_positive check (max_attempts > 0)",
        findings: &[("check-expression", "constraint chk_attempt_positive on {S}", "expression")],
        ..DEFAULT
    },
    Mutant {
        name: "dropped check",
        sql: "alter table {S} drop constraint chk_step_index_non_negative",
        findings: &[("check-missing", "constraint chk_step_index_non_negative on {S}", "")],
        says: &["no check constraint of this name"],
        ..DEFAULT
    },
    Mutant {
        name: "check not valid",
        sql: "alter table {S} drop constraint chk_attempt_within_max,
              add constraint chk_attempt_within_max check (attempt_number <= max_attempts) not valid",
        findings: &[("constraint-not-validated", "constraint chk_attempt_within_max on {S}", "validity")],
        says: &["not valid"],
        ..DEFAULT
    },
];
