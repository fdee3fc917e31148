//! Foreign keys of a table.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{Constraint, ConstraintKind, ForeignAction, Identity, Unread};
use crate::meaning::ObjectName;
use crate::source::{Written, text_or_map};

use super::super::language::Expected;
use super::super::{Code, Comparison, Examiner, Facts, codes};
use super::constraints::{NOT_VALIDATED, list};
use super::{TableExpectation, shorthand};

codes! {
    pub(super)
    UNEXPECTED: "foreign-key-unexpected", "a table has an unexpected foreign key";
    MISSING: "foreign-key-missing", "no foreign key starts from just these columns";
    REFERENCES: "foreign-key-references", "a foreign key references another table or other columns";
    ON_DELETE: "foreign-key-on-delete", "a foreign key does something else when the referenced row is deleted";
    ON_UPDATE: "foreign-key-on-update", "a foreign key does something else when the referenced key is updated";
    DEFERRAL: "foreign-key-deferral",
        "a foreign key is looked at after each statement where it should be at the end of the transaction, or the reverse";
    MATCH: "foreign-key-match", "a foreign key of several columns treats nulls in another way";
}

/// When a foreign key is looked at if nothing else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Initially {
    /// INITIALLY IMMEDIATE: after each statement.
    #[default]
    Immediate,
    /// INITIALLY DEFERRED: at the end of the transaction.
    Deferred,
}

/// What a foreign key of several columns makes of nulls. Postgres has no MATCH PARTIAL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
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

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Long {
    /// The table that is referenced.
    table: String,
    /// The columns that are referenced. Left out, they are the primary key.
    #[serde(default)]
    columns: Vec<String>,
    /// ON DELETE. Left out, it is `no action`.
    #[serde(default = "no_action")]
    on_delete: String,
    /// ON UPDATE. Left out, it is `no action`.
    #[serde(default = "no_action")]
    on_update: String,
    /// DEFERRABLE.
    #[serde(default)]
    deferrable: bool,
    /// INITIALLY.
    #[serde(default)]
    initially: Initially,
    /// MATCH.
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
    ForeignKeyExpectation as "Foreign_key",
    Long,
    "a reference as in SQL (`users (id) on delete cascade`), or a mapping with `table`",
    shorthand::references
);

impl TableExpectation {
    pub(super) fn foreign_keys(
        &self,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        if self.foreign_keys.0.is_empty() {
            return Ok(());
        }
        let table = examiner.subject();
        let all = facts.catalog.constraints_of(&table.schema, &table.name)?;
        let all: Vec<&Constraint> = all.filter(|c| c.kind == ConstraintKind::Foreign).collect();
        for (key, item) in &self.foreign_keys.0 {
            let columns: Vec<String> = key
                .value
                .trim_matches(['(', ')'])
                .split(',')
                .map(|c| c.trim().to_owned())
                .collect();
            let in_schema = format!("{} on {}", list(&columns), table.name);
            let subject = Identity::new("foreign key", &table.schema, in_schema);
            let mut candidates = all.iter().copied().filter(|c| c.columns == columns);
            examiner.part(&subject, key, &item.value.common, facts, |examiner| {
                match &item.value.expected {
                    Expected::Absent => {
                        examiner.absence(&UNEXPECTED, candidates.next().map(referenced));
                    }
                    Expected::Present(expected) => {
                        expected.examine(&candidates.collect::<Vec<_>>(), item, examiner);
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// What a foreign key references, for a report that did not expect it.
fn referenced(constraint: &Constraint) -> String {
    match &constraint.references {
        Some(r) => format!("to {}.{}{}", r.schema, r.table, list(&r.columns)),
        None => "it is there".to_owned(),
    }
}

impl ForeignKeyExpectation {
    fn examine(
        &self,
        candidates: &[&Constraint],
        written: &impl Written,
        examiner: &mut Examiner<'_>,
    ) {
        let subject = examiner.subject();
        let mut compare = |code: &Code, property, same, expected: &str, found: &str| {
            let comparison = Comparison {
                code,
                subject,
                property,
                // That it is there and valid is not for its value to say.
                origin: match [&MISSING, &NOT_VALIDATED].contains(&code) {
                    true => examiner.origin(),
                    false => examiner.place(written),
                },
            };
            examiner.compare(comparison, same, expected, found);
        };
        // Two keys may start from the same columns: the one that references the expected table counts.
        let found = candidates
            .iter()
            .find(|c| self.is_referenced_by(c))
            .or(candidates.first());
        compare(
            &MISSING,
            "",
            found.is_some(),
            "to exist",
            "no foreign key from these columns",
        );
        let Some((constraint, references)) = found.and_then(|c| Some((c, c.references.as_ref()?)))
        else {
            return;
        };
        let wanted = if self.columns.is_empty() {
            self.table.clone()
        } else {
            format!("{}{}", self.table, list(&self.columns))
        };
        compare(
            &REFERENCES,
            "reference",
            self.is_referenced_by(constraint)
                && (self.columns.is_empty() || self.columns == references.columns),
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
                &self.on_delete,
                &references.on_delete,
            ),
            (
                &ON_UPDATE,
                "on update",
                &self.on_update,
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
        let wanted = deferral(self.deferrable, self.initially == Initially::Deferred);
        let found = deferral(constraint.deferrable, constraint.initially_deferred);
        compare(&DEFERRAL, "deferral", wanted == found, wanted, found);
        let wanted = match self.r#match {
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
