//! Schemas, tables with their columns and constraints, enums, indexes, policies, triggers, functions.

use std::collections::BTreeSet;

use supaproof::catalog::Catalog;
use supaproof::checks::{
    enums::EnumExpectation, functions::FunctionExpectation, indexes::IndexExpectation,
    policies::PolicyExpectation, schemas::SchemaExpectation, tables::TableExpectation,
    triggers::TriggerExpectation,
};

use super::caught::{EVERY_MAJOR, page};
use super::suite::{
    More, Part, children, judge_more, judge_together, objects, plain, rows_together,
};

fn parts(catalog: &Catalog) -> Vec<Part> {
    vec![
        objects::<SchemaExpectation>("schemas", catalog, plain),
        objects::<TableExpectation>("tables", catalog, plain),
        objects::<EnumExpectation>("enums", catalog, plain),
        objects::<IndexExpectation>("indexes", catalog, plain),
        children::<PolicyExpectation>("policies", catalog),
        children::<TriggerExpectation>("triggers", catalog),
        objects::<FunctionExpectation>("functions", catalog, |identity| {
            // The name may have parentheses of its own; the types stand in the last ones.
            let (name, types) = identity.name.rsplit_once('(').unwrap();
            let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
            format!("{}.{}({types}", quoted(&identity.schema), quoted(name))
        }),
    ]
}

/// What of a code stands behind the kind where it is not the name of the property.
const CODES: &[(&str, &str, &str)] = &[
    ("table", "partition_bound", "table-partition-of"),
    ("table", "options", "table-parameters"),
    ("table", "replica_index", "table-replica-identity"),
    ("column", "not_null", "column-nullability"),
    ("column", "generated_kind", "column-generated"),
    ("column", "options", "column-parameters"),
    ("constraint", "expression", "check-expression"),
    ("constraint", "nulls_not_distinct", "constraint-nulls"),
    ("constraint", "references", "foreign-key-match"),
    ("constraint", "deferrable", "foreign-key-deferral"),
    ("constraint", "initially_deferred", "foreign-key-deferral"),
    ("constraint", "validated", "constraint-not-validated"),
    ("index", "nulls_not_distinct", "index-nulls"),
    ("index", "valid", "index-invalid"),
    ("index", "options", "index-parameters"),
    ("policy", "permissive", "policy-mode"),
    ("trigger", "columns", "trigger-events"),
    ("trigger", "function_schema", "trigger-function"),
    ("trigger", "function_name", "trigger-function"),
    ("trigger", "arguments", "trigger-function"),
    ("trigger", "deferrable", "trigger-deferral"),
    ("trigger", "initially_deferred", "trigger-deferral"),
    ("trigger", "old_table", "trigger-tables"),
    ("trigger", "new_table", "trigger-tables"),
    ("function", "security_definer", "function-security"),
    ("function", "identity_arguments", "function-parameters"),
];

const KINDS: [&str; 9] = [
    "schema",
    "table",
    "column",
    "constraint",
    "enum",
    "index",
    "policy",
    "trigger",
    "function",
];

/// What is not for these kinds to say, or follows from what is.
fn is_left_out(kind: &str, field: &str) -> bool {
    let follows = match kind {
        "column" => ["inherited", "foreign_options"].contains(&field),
        // The index of a primary key is known by its constraint.
        "index" => ["definition", "primary"].contains(&field),
        "constraint" => ["definition", "inherited"].contains(&field),
        _ => false,
    };
    follows || ["privileges", "extension"].contains(&field)
}

fn wanted(changes: &[&str]) -> BTreeSet<String> {
    let has = |object: &str, field: &str| changes.contains(&format!("{object}: {field}").as_str());
    let finding = |change: &&str| {
        let (sign, object) = match change.strip_prefix(['+', '-']) {
            Some(object) => (&change[..1], object),
            None => ("", *change),
        };
        let (kind, name) = object.split_once(' ')?;
        // Those of views and foreign tables are not a table's.
        let of_other = [
            "app.cheap.",
            "app.sums.",
            "app.later.",
            "app.far.",
            "app.v.",
        ];
        let other_column = kind == "column" && of_other.iter().any(|other| name.starts_with(other));
        if !KINDS.contains(&kind) || other_column {
            return None;
        }
        match sign {
            "+" | "-" => {
                // The section's own schema is closed, no other; what is not null, the column says.
                let closed = kind == "schema" || name.contains("app.");
                let not_null = kind == "constraint" && name.contains("_not_null on ");
                let end = if sign == "+" { "unexpected" } else { "missing" };
                let counts = (sign == "-" || closed) && !not_null;
                counts.then(|| format!("{kind}-{end} {object}"))
            }
            _ => {
                let (object, field) = object.rsplit_once(": ")?;
                let of_another_kind = has(object, "kind") && field != "kind";
                let part_of_another = match (kind, field) {
                    ("constraint", "columns") => has(object, "expression"),
                    ("constraint", "validated") => has(object, "enforced"),
                    ("trigger", "deferrable" | "initially_deferred") => has(object, "constraint"),
                    _ => false,
                };
                if is_left_out(kind, field) || of_another_kind || part_of_another {
                    return None;
                }
                if (kind, field) == ("column", "position") {
                    let (table, _) = object.strip_prefix("column ")?.rsplit_once('.')?;
                    let gone = format!("-column {table}.");
                    let moved = !changes.iter().any(|change| change.starts_with(&gone));
                    return moved.then(|| format!("column-order table {table}"));
                }
                let mut codes = CODES.iter();
                let code = codes
                    .find(|(of, name, _)| (*of, *name) == (kind, field))
                    .map_or_else(
                        || format!("{kind}-{}", field.replace('_', "-")),
                        |(.., code)| (*code).to_owned(),
                    );
                Some(format!("{code} {object}"))
            }
        }
    };
    changes.iter().filter_map(finding).collect()
}

/// What the rich schema leaves at its default, and what a constraint has besides.
const MORE: &[More] = &[
    (
        "comment on table app.parent is 'x'",
        &["table-comment table app.parent"],
    ),
    (
        "alter table app.parent set (fillfactor = 70)",
        &["table-parameters table app.parent"],
    ),
    (
        "alter table app.parent enable row level security",
        &["table-rls table app.parent"],
    ),
    (
        "alter table app.parent force row level security",
        &["table-rls-forced table app.parent"],
    ),
    (
        "alter table app.parent replica identity full",
        &["table-replica-identity table app.parent"],
    ),
    (
        "alter table app.scratch alter note set storage external",
        &["column-storage column app.scratch.note"],
    ),
    (
        "alter table app.scratch alter note set compression pglz",
        &["column-compression column app.scratch.note"],
    ),
    (
        "alter table app.scratch alter note set statistics 5",
        &["column-statistics column app.scratch.note"],
    ),
    (
        "alter table app.scratch alter note set (n_distinct = 5)",
        &["column-parameters column app.scratch.note"],
    ),
    (
        "comment on column app.scratch.note is 'x'",
        &["column-comment column app.scratch.note"],
    ),
    (
        "alter table app.scratch alter note type text collate \"C\"",
        &["column-collation column app.scratch.note"],
    ),
    (
        "comment on constraint scratch_pkey on app.scratch is 'x'",
        &["constraint-comment constraint scratch_pkey on app.scratch"],
    ),
    (
        "alter table app.customers drop constraint customers_sorted_notes_key; alter table app.customers add constraint customers_sorted_notes_key unique nulls not distinct (sorted, notes) deferrable",
        &["constraint-deferral constraint customers_sorted_notes_key on app.customers"],
    ),
    (
        "alter table app.customers drop constraint customers_sorted_notes_key; alter table app.customers add constraint customers_sorted_notes_key unique nulls not distinct (sorted, notes) include (price)",
        &[
            "constraint-include constraint customers_sorted_notes_key on app.customers",
            "index-include index app.customers_sorted_notes_key",
        ],
    ),
    (
        "alter table app.bookings drop constraint no_overlap; alter table app.bookings add constraint no_overlap exclude using gist (during with &&) where (room > 1)",
        &[
            "constraint-exclusion constraint no_overlap on app.bookings",
            "index-predicate index app.no_overlap",
        ],
    ),
    (
        "alter table app.bookings drop constraint no_overlap; alter table app.bookings add constraint no_overlap exclude using spgist (during with &&) where (room > 0)",
        &[
            "constraint-exclusion constraint no_overlap on app.bookings",
            "index-method index app.no_overlap",
        ],
    ),
    (
        "alter table app.bookings add foreign key (room) references app.customers (id)",
        &["constraint-unexpected constraint bookings_room_fkey on app.bookings"],
    ),
    (
        "alter table app.bookings add constraint more check (room > 0)",
        &["constraint-unexpected constraint more on app.bookings"],
    ),
    (
        "alter table app.bookings rename constraint late to tardy",
        &[
            "constraint-missing constraint late on app.bookings",
            "constraint-unexpected constraint tardy on app.bookings",
        ],
    ),
    (
        "alter index app.scratch_note set (fillfactor = 70)",
        &["index-parameters index app.scratch_note"],
    ),
    (
        "alter table app.scratch cluster on scratch_note",
        &["index-clustered index app.scratch_note"],
    ),
    (
        "comment on index app.scratch_note is 'x'",
        &["index-comment index app.scratch_note"],
    ),
    (
        "comment on policy \"read all\" on app.customers is 'x'",
        &["policy-comment policy \"read all\" on app.customers"],
    ),
    (
        "comment on trigger later on app.bookings is 'x'",
        &["trigger-comment trigger later on app.bookings"],
    ),
    (
        "alter table app.customers enable always trigger touch",
        &["trigger-enabled trigger touch on app.customers"],
    ),
    (
        "comment on function app.touch() is 'x'",
        &["function-comment function app.touch()"],
    ),
    (
        "alter function app.touch() strict",
        &["function-strict function app.touch()"],
    ),
    (
        "alter function app.touch() leakproof",
        &["function-leakproof function app.touch()"],
    ),
    (
        "alter function app.touch() stable",
        &["function-volatility function app.touch()"],
    ),
    (
        "alter function app.touch() security definer",
        &["function-security function app.touch()"],
    ),
    (
        "alter function app.touch() parallel safe",
        &["function-parallel function app.touch()"],
    ),
    (
        "alter function app.touch() cost 1",
        &["function-cost function app.touch()"],
    ),
    (
        "alter function app.touch() set work_mem = '8MB'",
        &["function-settings function app.touch()"],
    ),
];

#[test]
fn every_change_is_found_where_it_was_written_down() {
    let number = judge_together(parts, wanted);
    let rows = rows_together(|m| wanted(m.changes));
    page(
        "tables-and-functions",
        "tables, indexes, policies, triggers, functions",
        EVERY_MAJOR,
        &rows,
    );
    assert!(number > 120, "{number}");
}

#[test]
fn what_is_not_written_down_has_its_default() {
    judge_more(parts, MORE);
}
