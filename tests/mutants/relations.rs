//! Tables, columns, enums, indexes.

use super::{DEFAULT, Mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    // Columns.
    Mutant {
        name: "dropped column",
        sql: "alter table {T} drop column is_public",
        findings: &[("column-missing", "column {T}.is_public", "")],
        says: &["no column of this name"],
        ..DEFAULT
    },
    Mutant {
        name: "dropped column with its index",
        sql: "alter table {T} drop column category",
        findings: &[
            ("column-missing", "column {T}.category", ""),
            ("index-missing", "index public.idx_archon_workflow_templates_category", ""),
        ],
        ..DEFAULT
    },
    Mutant {
        name: "renamed column",
        sql: "alter table {T} rename column retry_delay_seconds to retry_delay",
        findings: &[("column-missing", "column {T}.retry_delay_seconds", "")],
        ..DEFAULT
    },
    Mutant {
        name: "column renamed in case alone",
        sql: "alter table {T} rename column is_public to \"Is_public\"",
        findings: &[("column-missing", "column {T}.is_public", "")],
        ..DEFAULT
    },
    Mutant {
        name: "changed default, a number",
        sql: "alter table {T} alter timeout_minutes set default 61",
        findings: &[("column-default", "column {T}.timeout_minutes", "default")],
        says: &["60", "61"],
        ..DEFAULT
    },
    Mutant {
        name: "changed default, another function",
        sql: "alter table {T} alter created_at set default clock_timestamp()",
        findings: &[("column-default", "column {T}.created_at", "default")],
        says: &["now()", "clock_timestamp()"],
        ..DEFAULT
    },
    Mutant {
        name: "changed default, a space in a string",
        sql: "alter table {V} alter change_type set default 'update '",
        findings: &[("column-default", "column {V}.change_type", "default")],
        says: &["'update '::character varying"],
        ..DEFAULT
    },
    Mutant {
        name: "changed default, another label",
        sql: "alter table {T} alter status set default 'active'",
        findings: &[("column-default", "column {T}.status", "default")],
        says: &["'draft'", "'active'::public.workflow_status"],
        ..DEFAULT
    },
    Mutant {
        name: "changed default, an object for a list",
        sql: "alter table {T} alter tags set default '{}'",
        findings: &[("column-default", "column {T}.tags", "default")],
        ..DEFAULT
    },
    Mutant {
        name: "dropped default",
        sql: "alter table {E} alter created_at drop default",
        findings: &[("column-default", "column {E}.created_at", "default")],
        says: &["none"],
        ..DEFAULT
    },
    Mutant {
        name: "added default",
        sql: "alter table {T} alter category set default 'misc'",
        findings: &[("column-default", "column {T}.category", "default")],
        says: &["none", "'misc'::character varying"],
        ..DEFAULT
    },
    Mutant {
        name: "changed type",
        sql: "alter table {E} alter error_message type varchar",
        findings: &[("column-type", "column {E}.error_message", "type")],
        says: &["text", "character varying"],
        ..DEFAULT
    },
    Mutant {
        name: "changed type, without its time zone",
        sql: "alter table {E} alter paused_at type timestamp",
        findings: &[("column-type", "column {E}.paused_at", "type")],
        says: &["timestamptz", "timestamp without time zone"],
        ..DEFAULT
    },
    Mutant {
        name: "changed type, json for jsonb",
        sql: "alter table {T} alter outputs drop default;
              alter table {T} alter outputs type json;
              alter table {T} alter outputs set default '{}'",
        findings: &[("column-type", "column {T}.outputs", "type")],
        says: &["json"],
        ..DEFAULT
    },
    Mutant {
        name: "changed type, wider",
        sql: "alter table {E} alter total_steps type bigint",
        findings: &[("column-type", "column {E}.total_steps", "type")],
        says: &["bigint"],
        ..DEFAULT
    },
    Mutant {
        name: "changed type, a domain",
        sql: "create domain public.summary as text; alter table {V} alter change_summary type public.summary",
        findings: &[("column-type", "column {V}.change_summary", "type")],
        says: &["public.summary"],
        ..DEFAULT
    },
    Mutant {
        name: "changed type, an array",
        sql: "alter table {V} alter change_summary type text[] using array[change_summary]",
        findings: &[("column-type", "column {V}.change_summary", "type")],
        says: &["text[]"],
        ..DEFAULT
    },
    Mutant {
        name: "changed type, an enum of the same name elsewhere",
        sql: "create schema attic; create type attic.workflow_step_type as enum ('action');
              alter table {S} alter step_type type attic.workflow_step_type using null",
        findings: &[("column-type", "column {S}.step_type", "type")],
        says: &["attic.workflow_step_type"],
        ..DEFAULT
    },
    Mutant {
        name: "changed modifier, a length",
        sql: "alter table {T} alter name type varchar(100)",
        findings: &[("column-type", "column {T}.name", "type")],
        says: &["varchar(255)", "character varying(100)"],
        ..DEFAULT
    },
    Mutant {
        name: "dropped modifier",
        sql: "alter table {V} alter version_tag type varchar",
        findings: &[("column-type", "column {V}.version_tag", "type")],
        ..DEFAULT
    },
    Mutant {
        name: "changed modifier, a precision",
        sql: "alter table {E} alter progress_percentage type numeric(6, 2)",
        findings: &[("column-type", "column {E}.progress_percentage", "type")],
        says: &["numeric(6,2)"],
        ..DEFAULT
    },
    Mutant {
        name: "not null added",
        sql: "alter table {T} alter description set not null",
        findings: &[("column-nullability", "column {T}.description", "nullability")],
        says: &["nulls allowed", "not null"],
        ..DEFAULT
    },
    Mutant {
        name: "not null dropped",
        sql: "alter table {S} alter step_name drop not null",
        findings: &[("column-nullability", "column {S}.step_name", "nullability")],
        says: &["nulls allowed", "not null"],
        ..DEFAULT
    },
    Mutant {
        name: "generated for a default",
        sql: "alter table {T} drop column is_public;
              alter table {T} add column is_public boolean generated always as (false) stored",
        findings: &[
            ("column-default", "column {T}.is_public", "default"),
            ("column-generated", "column {T}.is_public", "generation"),
        ],
        ..DEFAULT
    },
    Mutant {
        name: "identity added",
        sql: "alter table {V} alter version_number add generated by default as identity",
        findings: &[("column-identity", "column {V}.version_number", "identity")],
        says: &["by default"],
        ..DEFAULT
    },
    // Tables.
    Mutant {
        name: "row-level security off",
        sql: "alter table {V} disable row level security",
        findings: &[("table-rls", "table {V}", "row-level security")],
        says: &["on", "off"],
        ..DEFAULT
    },
    Mutant {
        name: "changed table comment",
        sql: "comment on table {E} is 'individual workflow runs'",
        findings: &[("table-comment", "table {E}", "comment")],
        says: &["individual workflow runs"],
        ..DEFAULT
    },
    Mutant {
        name: "dropped table comment",
        sql: "comment on table {E} is null",
        findings: &[("table-comment", "table {E}", "comment")],
        says: &["none"],
        ..DEFAULT
    },
    Mutant {
        name: "dropped table",
        sql: "drop table {S}",
        findings: &[("table-missing", "table {S}", "")],
        says: &["no table of this name"],
        skips: 6,
        ..DEFAULT
    },
    Mutant {
        name: "renamed table",
        sql: "alter table {V} rename to archon_workflow_versions",
        findings: &[("table-missing", "table {V}", "")],
        skips: 2,
        ..DEFAULT
    },
    Mutant {
        name: "table in another schema",
        sql: "create schema attic; alter table {V} set schema attic",
        findings: &[("table-missing", "table {V}", "")],
        skips: 2,
        ..DEFAULT
    },
    Mutant {
        name: "table replaced by a view",
        sql: "alter table {V} rename to versions_of_yore; create view {V} as select * from public.versions_of_yore",
        findings: &[("table-missing", "table {V}", "")],
        skips: 2,
        ..DEFAULT
    },
    // Enums.
    Mutant {
        name: "renamed enum label",
        sql: "alter type workflow_execution_status rename value 'paused' to 'halted'",
        findings: &[("enum-labels", "enum public.workflow_execution_status", "labels")],
        says: &["paused", "halted"],
        ..DEFAULT
    },
    Mutant {
        name: "enum label renamed in case alone",
        sql: "alter type workflow_step_type rename value 'loop' to 'Loop'",
        findings: &[("enum-labels", "enum public.workflow_step_type", "labels")],
        ..DEFAULT
    },
    Mutant {
        name: "enum label added at the end",
        sql: "alter type workflow_status add value 'obsolete'",
        findings: &[("enum-labels", "enum public.workflow_status", "labels")],
        says: &["[draft, active, deprecated, archived, obsolete]"],
        ..DEFAULT
    },
    Mutant {
        name: "enum label added in the middle",
        sql: "alter type workflow_status add value 'review' before 'active'",
        findings: &[("enum-labels", "enum public.workflow_status", "labels")],
        says: &["[draft, review, active, deprecated, archived]"],
        ..DEFAULT
    },
    Mutant {
        name: "enum labels in another order",
        sql: "alter type step_execution_status rename to old;
              create type step_execution_status as enum ('running', 'pending', 'completed', 'failed', 'skipped', 'retrying');
              alter table {S} alter status drop default;
              alter table {S} alter status type step_execution_status using status::text::step_execution_status;
              alter table {S} alter status set default 'pending';
              drop type old",
        findings: &[("enum-labels", "enum public.step_execution_status", "labels")],
        says: &["[running, pending, completed"],
        ..DEFAULT
    },
    Mutant {
        name: "dropped enum",
        sql: "alter table {S} alter step_type type text; drop type workflow_step_type",
        findings: &[
            ("enum-missing", "enum public.workflow_step_type", ""),
            ("column-type", "column {S}.step_type", "type"),
        ],
        ..DEFAULT
    },
    // Indexes.
    Mutant {
        name: "dropped index",
        sql: "drop index idx_archon_workflow_templates_tags",
        findings: &[("index-missing", "index public.idx_archon_workflow_templates_tags", "")],
        says: &["no index of this name"],
        ..DEFAULT
    },
    Mutant {
        name: "index moved to another table",
        sql: "drop index idx_archon_workflow_executions_status;
              create index idx_archon_workflow_executions_status on {S} (status)",
        findings: &[("index-table", "index public.idx_archon_workflow_executions_status", "table")],
        says: &["archon_workflow_executions", "archon_workflow_step_executions"],
        ..DEFAULT
    },
    Mutant {
        name: "index moved to another column",
        sql: "drop index idx_archon_workflow_templates_name;
              create index idx_archon_workflow_templates_name on {T} (title)",
        findings: &[("index-columns", "index public.idx_archon_workflow_templates_name", "columns")],
        says: &["(name)", "(title)"],
        ..DEFAULT
    },
    Mutant {
        name: "index columns in another order",
        sql: "drop index idx_archon_workflow_executions_template_id_status;
              create index idx_archon_workflow_executions_template_id_status on {E} (status, workflow_template_id)",
        findings: &[(
            "index-columns",
            "index public.idx_archon_workflow_executions_template_id_status",
            "columns",
        )],
        says: &["(status, workflow_template_id)"],
        ..DEFAULT
    },
    Mutant {
        name: "index on an expression",
        sql: "drop index idx_archon_workflow_templates_created_by;
              create index idx_archon_workflow_templates_created_by on {T} (lower(created_by))",
        findings: &[("index-columns", "index public.idx_archon_workflow_templates_created_by", "columns")],
        says: &["(lower(created_by))"],
        ..DEFAULT
    },
    Mutant {
        name: "index with another operator class",
        sql: "drop index idx_archon_workflow_templates_created_by;
              create index idx_archon_workflow_templates_created_by on {T} (created_by text_pattern_ops)",
        findings: &[("index-columns", "index public.idx_archon_workflow_templates_created_by", "columns")],
        says: &["(created_by text_pattern_ops)"],
        ..DEFAULT
    },
    Mutant {
        name: "index with another collation",
        sql: "drop index idx_archon_workflow_templates_created_by;
              create index idx_archon_workflow_templates_created_by on {T} (created_by collate \"C\")",
        findings: &[("index-columns", "index public.idx_archon_workflow_templates_created_by", "columns")],
        says: &["(created_by collate \"C\")"],
        ..DEFAULT
    },
    Mutant {
        name: "gin index with another operator class",
        sql: "drop index idx_archon_workflow_templates_tags;
              create index idx_archon_workflow_templates_tags on {T} using gin (tags jsonb_path_ops)",
        findings: &[("index-columns", "index public.idx_archon_workflow_templates_tags", "columns")],
        says: &["(tags jsonb_path_ops)"],
        ..DEFAULT
    },
    Mutant {
        name: "index descending",
        sql: "drop index idx_archon_workflow_executions_started_at;
              create index idx_archon_workflow_executions_started_at on {E} (started_at desc)",
        findings: &[("index-columns", "index public.idx_archon_workflow_executions_started_at", "columns")],
        says: &["(started_at desc)"],
        ..DEFAULT
    },
    Mutant {
        name: "index with nulls first",
        sql: "drop index idx_archon_workflow_executions_started_at;
              create index idx_archon_workflow_executions_started_at on {E} (started_at nulls first)",
        findings: &[("index-columns", "index public.idx_archon_workflow_executions_started_at", "columns")],
        says: &["(started_at nulls first)"],
        ..DEFAULT
    },
    Mutant {
        name: "index by another method",
        sql: "drop index idx_archon_workflow_templates_created_by;
              create index idx_archon_workflow_templates_created_by on {T} using hash (created_by)",
        findings: &[("index-method", "index public.idx_archon_workflow_templates_created_by", "method")],
        says: &["btree", "hash"],
        ..DEFAULT
    },
    Mutant {
        name: "index made unique",
        sql: "drop index idx_archon_workflow_templates_name;
              create unique index idx_archon_workflow_templates_name on {T} (name)",
        findings: &[("index-unique", "index public.idx_archon_workflow_templates_name", "uniqueness")],
        says: &["not unique"],
        ..DEFAULT
    },
    Mutant {
        name: "index made partial",
        sql: "drop index idx_archon_workflow_templates_status;
              create index idx_archon_workflow_templates_status on {T} (status) where status = 'active'",
        findings: &[("index-predicate", "index public.idx_archon_workflow_templates_status", "predicate")],
        says: &["none", "'active'"],
        ..DEFAULT
    },
    Mutant {
        name: "index with a column included",
        sql: "drop index idx_archon_workflow_templates_status;
              create index idx_archon_workflow_templates_status on {T} (status) include (title)",
        findings: &[("index-include", "index public.idx_archon_workflow_templates_status", "include")],
        says: &["()", "(title)"],
        ..DEFAULT
    },
    Mutant {
        name: "invalid index",
        sql: "update pg_index set indisvalid = false
               where indexrelid = 'public.idx_archon_workflow_templates_status'::regclass",
        findings: &[("index-invalid", "index public.idx_archon_workflow_templates_status", "validity")],
        says: &["an invalid one"],
        role: "supabase_admin",
        ..DEFAULT
    },
];
