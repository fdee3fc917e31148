//! Foreign keys of a table.

use serde::Deserialize;

use crate::catalog::{Constraint, ConstraintKind, ForeignAction, Identity, Unread};
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
pub(super) const DEFERRAL: Code = Code {
    name: "foreign-key-deferral",
    meaning: "a foreign key is looked at after each statement where it should be at the end of the transaction, or the reverse",
};
pub(super) const MATCH: Code = Code {
    name: "foreign-key-match",
    meaning: "a foreign key of several columns treats nulls in another way",
};

/// When a foreign key is looked at if nothing else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Initially {
    /// INITIALLY IMMEDIATE: after each statement.
    #[default]
    Immediate,
    /// INITIALLY DEFERRED: at the end of the transaction.
    Deferred,
}

/// What a foreign key of several columns makes of nulls. Postgres has no MATCH PARTIAL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// MATCH SIMPLE: one null is enough to let the row pass.
    #[default]
    Simple,
    /// MATCH FULL: all or none are null.
    Full,
}

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
    /// DEFERRABLE.
    pub deferrable: bool,
    /// INITIALLY.
    pub initially: Initially,
    /// MATCH.
    pub r#match: Match,
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
    #[serde(default)]
    deferrable: bool,
    #[serde(default)]
    initially: Initially,
    #[serde(default)]
    r#match: Match,
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
            // As in SQL, where what is initially deferred is deferrable without saying so.
            deferrable: long.deferrable || long.initially == Initially::Deferred,
            initially: long.initially,
            r#match: long.r#match,
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
    pub(super) fn foreign_keys(
        &self,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
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
                .constraints_of(&table.schema, &table.name)?
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
            let wanted = deferral(
                expected.deferrable,
                expected.initially == Initially::Deferred,
            );
            let found = deferral(constraint.deferrable, constraint.initially_deferred);
            compare(&DEFERRAL, "deferral", wanted == found, wanted, found);
            let wanted = match expected.r#match {
                Match::Simple => "simple",
                Match::Full => "full",
            };
            let found = match references.r#match.as_str() {
                "s" => "simple",
                "f" => "full",
                other => other,
            };
            compare(&MATCH, "match", wanted == found, wanted, found);
            compare(
                &NOT_VALIDATED,
                "validity",
                constraint.validated,
                "valid",
                "not valid",
            );
        }
        Ok(())
    }
}

fn deferral(deferrable: bool, deferred: bool) -> &'static str {
    match (deferrable, deferred) {
        (false, _) => "not deferrable",
        (true, false) => "deferrable",
        (true, true) => "deferrable initially deferred",
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
