//! Foreign keys of a table.

use serde::Deserialize;

use crate::catalog::{Constraint, ConstraintKind, ForeignAction, Identity};
use crate::meaning::ObjectName;
use crate::source::text_or_map;

use super::super::{Code, Comparison, Examiner, Facts};
use super::constraints::{NOT_VALIDATED, list};
use super::{OneTable, shorthand};

pub(super) const MISSING: Code = Code {
    name: "foreign-key-missing",
    meaning: "no foreign key starts from just these columns",
};
pub(super) const REFERENCES: Code = Code {
    name: "foreign-key-references",
    meaning: "a foreign key references another table or other columns",
};
pub(super) const ON_DELETE: Code = Code {
    name: "foreign-key-on-delete",
    meaning: "a foreign key does something else when the referenced row is deleted",
};
pub(super) const ON_UPDATE: Code = Code {
    name: "foreign-key-on-update",
    meaning: "a foreign key does something else when the referenced key is updated",
};

/// What is expected of a foreign key. The line of text reads like SQL: `users (id) on delete cascade`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKeyExpectation {
    /// The referenced table.
    pub table: String,
    /// The referenced columns; empty for its primary key.
    pub columns: Vec<String>,
    /// ON DELETE.
    pub on_delete: String,
    /// ON UPDATE.
    pub on_update: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    table: String,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default = "no_action")]
    on_delete: String,
    #[serde(default = "no_action")]
    on_update: String,
}

fn no_action() -> String {
    ForeignAction::NoAction.to_string()
}

impl From<Long> for ForeignKeyExpectation {
    fn from(long: Long) -> Self {
        Self {
            table: long.table,
            columns: long.columns,
            on_delete: long.on_delete,
            on_update: long.on_update,
        }
    }
}

text_or_map!(
    ForeignKeyExpectation,
    Long,
    "a reference as in SQL (`users (id) on delete cascade`), or a mapping with `table`",
    shorthand::references
);

impl OneTable {
    pub(super) fn foreign_keys(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) {
        let table = examiner.subject();
        for (key, expected) in &self.item.foreign_keys.0 {
            let columns: Vec<String> = key
                .value
                .trim_matches(['(', ')'])
                .split(',')
                .map(|c| c.trim().to_owned())
                .collect();
            let subject = Identity::new(
                "foreign key",
                &table.schema,
                format!("{} on {}", list(&columns), table.name),
            );
            let candidates: Vec<&Constraint> = facts
                .catalog
                .constraints_of(&table.schema, &table.name)
                .filter(|c| c.kind == ConstraintKind::Foreign && c.columns == columns)
                .collect();
            let mut compare = |code, property, same, expected: &str, found: &str| {
                let comparison = Comparison {
                    code,
                    subject: &subject,
                    property,
                    origin: self.source.origin(key.span.clone()),
                };
                examiner.compare(comparison, same, expected, found);
            };
            // Two keys may start from the same columns: the one that references the expected table counts.
            let found = candidates
                .iter()
                .find(|c| expected.is_referenced_by(c))
                .or(candidates.first());
            compare(
                &MISSING,
                "",
                found.is_some(),
                "to exist",
                "no foreign key from these columns",
            );
            let Some((constraint, references)) =
                found.and_then(|c| Some((c, c.references.as_ref()?)))
            else {
                continue;
            };
            let wanted = if expected.columns.is_empty() {
                expected.table.clone()
            } else {
                format!("{}{}", expected.table, list(&expected.columns))
            };
            compare(
                &REFERENCES,
                "reference",
                expected.is_referenced_by(constraint)
                    && (expected.columns.is_empty() || expected.columns == references.columns),
                &wanted,
                &format!(
                    "{}.{}{}",
                    references.schema,
                    references.table,
                    list(&references.columns)
                ),
            );
            for (code, property, wanted, found) in [
                (
                    &ON_DELETE,
                    "on delete",
                    &expected.on_delete,
                    &references.on_delete,
                ),
                (
                    &ON_UPDATE,
                    "on update",
                    &expected.on_update,
                    &references.on_update,
                ),
            ] {
                let found = found.to_string();
                compare(
                    code,
                    property,
                    wanted.eq_ignore_ascii_case(&found),
                    wanted,
                    &found,
                );
            }
            compare(
                &NOT_VALIDATED,
                "validity",
                constraint.validated,
                "valid",
                "not valid",
            );
        }
    }
}

impl ForeignKeyExpectation {
    fn is_referenced_by(&self, constraint: &Constraint) -> bool {
        let name = ObjectName::parse(&self.table);
        constraint
            .references
            .as_ref()
            .is_some_and(|r| r.table == name.name && r.schema == name.schema_or(&constraint.schema))
    }
}
