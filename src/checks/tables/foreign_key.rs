//! Foreign keys of a table.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{Constraint, ConstraintKind, ForeignAction, Identity, Unread};
use crate::meaning::{self, ObjectName, name_list};
use crate::source::{Located, Written, text_or_map};

use super::super::language::{Common, Expected};
use super::super::{Examiner, Facts, codes};
use super::constraints::{list, validity};
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
pub(super) enum Match {
    /// MATCH SIMPLE: one null is enough to let the row pass.
    #[default]
    Simple,
    /// MATCH FULL: all or none are null.
    Full,
}

/// What is expected of a foreign key. The line of text reads like SQL: `users (id) on delete cascade`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKeyExpectation(pub(super) Long);

/// The long form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Long {
    /// The referenced table.
    pub(super) table: Located<String>,
    /// The referenced columns; empty for its primary key.
    #[serde(default)]
    pub(super) columns: Located<Vec<String>>,
    /// ON DELETE, with the columns of SET NULL and SET DEFAULT where not all are set.
    #[serde(default = "no_action")]
    pub(super) on_delete: Located<String>,
    /// ON UPDATE.
    #[serde(default = "no_action")]
    pub(super) on_update: Located<String>,
    /// DEFERRABLE.
    #[serde(default)]
    pub(super) deferrable: Located<bool>,
    /// INITIALLY.
    #[serde(default)]
    pub(super) initially: Located<Initially>,
    /// MATCH.
    #[serde(default)]
    pub(super) r#match: Located<Match>,
}

impl Default for Long {
    fn default() -> Self {
        Self {
            table: Located::default(),
            columns: Located::default(),
            on_delete: no_action(),
            on_update: no_action(),
            deferrable: Located::default(),
            initially: Located::default(),
            r#match: Located::default(),
        }
    }
}

fn no_action() -> Located<String> {
    Located::left_out(ForeignAction::NoAction.to_string())
}

impl From<Long> for ForeignKeyExpectation {
    fn from(mut long: Long) -> Self {
        // As in SQL, where what is initially deferred is deferrable without saying so.
        long.deferrable.value |= long.initially.value == Initially::Deferred;
        Self(long)
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
            let columns = columns_of_key(key.value.text());
            let in_schema = format!("{} on {}", list(&columns), table.name);
            let subject = Identity::new("foreign key", &table.schema, in_schema);
            let mut candidates = all.iter().copied().filter(|c| c.columns == columns);
            examiner.part(&subject, key, &item.value.common, facts, |examiner| {
                match &item.value.expected {
                    Expected::Absent => {
                        examiner.absence(&UNEXPECTED, candidates.next().map(referenced));
                    }
                    Expected::Present(expected) => {
                        // Two keys may start from the same columns: the one that references the expected table counts.
                        let all: Vec<&Constraint> = candidates.collect();
                        let found = all.iter().find(|c| expected.is_referenced_by(c));
                        let found = found.or(all.first());
                        let words = "no foreign key from these columns";
                        examiner.presence(&MISSING, found.is_some(), words);
                        if let Some(found) = found {
                            examiner.part(
                                &subject,
                                item,
                                &Common::default(),
                                facts,
                                |examiner| {
                                    expected.compare(found, examiner);
                                    Ok(())
                                },
                            )?;
                            // That it is valid is not for its value to say.
                            validity(true, found, examiner);
                        }
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// The columns that a key of the mapping names: `a`, `(a, b)`.
pub(super) fn columns_of_key(key: &str) -> Vec<String> {
    name_list(key.trim_matches(['(', ')']))
}

/// What a foreign key references, for a report that did not expect it.
fn referenced(constraint: &Constraint) -> String {
    match &constraint.references {
        Some(r) => format!("to {}.{}{}", r.schema, r.table, list(&r.columns)),
        None => "it is there".to_owned(),
    }
}

impl ForeignKeyExpectation {
    /// Compares what the key references, and how.
    pub(super) fn compare(&self, constraint: &Constraint, examiner: &mut Examiner<'_>) {
        let Some(references) = &constraint.references else {
            return;
        };
        let Self(expected) = self;
        let (table, columns) = (&expected.table.value, &expected.columns.value);
        let wanted = match columns.is_empty() {
            true => table.clone(),
            false => format!("{table}{}", list(columns)),
        };
        let same_table = self.is_referenced_by(constraint);
        let same = same_table && (columns.is_empty() || *columns == references.columns);
        let found = format!(
            "{}.{}{}",
            references.schema,
            references.table,
            list(&references.columns)
        );
        let columns_differ = same_table && expected.columns.span().is_some();
        if columns_differ {
            examiner.property(
                &REFERENCES,
                "reference",
                &expected.columns,
                same,
                wanted,
                found,
            );
        } else {
            examiner.property(
                &REFERENCES,
                "reference",
                &expected.table,
                same,
                wanted,
                found,
            );
        }
        let set = match references.set_columns.as_slice() {
            [] => String::new(),
            // As SQL has them, since they stand in a line that is read as SQL.
            columns => {
                let columns: Vec<_> = columns.iter().map(|c| meaning::spelt_name(c)).collect();
                format!(" {}", list(&columns))
            }
        };
        let on_delete = format!("{}{set}", references.on_delete);
        let on_update = references.on_update.to_string();
        for (code, property, wanted, found) in [
            (&ON_DELETE, "on delete", &expected.on_delete, on_delete),
            (&ON_UPDATE, "on update", &expected.on_update, on_update),
        ] {
            let same = meaning::same_body(&wanted.value, &found);
            examiner.property(code, property, wanted, same, &wanted.value, found);
        }
        let (deferrable, initially) = (&expected.deferrable, &expected.initially);
        let wanted = deferral(deferrable.value, initially.value == Initially::Deferred);
        let found = deferral(constraint.deferrable, constraint.initially_deferred);
        let same = wanted == found;
        if initially.span().is_some() {
            examiner.property(&DEFERRAL, "deferral", initially, same, wanted, found);
        } else {
            examiner.property(&DEFERRAL, "deferral", deferrable, same, wanted, found);
        }
        let wanted = match expected.r#match.value {
            Match::Simple => "simple",
            Match::Full => "full",
        };
        let found = match references.r#match.as_str() {
            "s" => "simple",
            "f" => "full",
            other => other,
        };
        let same = wanted == found;
        examiner.property(&MATCH, "match", &expected.r#match, same, wanted, found);
    }
}

/// In the words of SQL.
pub fn deferral(deferrable: bool, deferred: bool) -> &'static str {
    match (deferrable, deferred) {
        (false, _) => "not deferrable",
        (true, false) => "deferrable",
        (true, true) => "deferrable initially deferred",
    }
}

impl ForeignKeyExpectation {
    pub(super) fn is_referenced_by(&self, constraint: &Constraint) -> bool {
        let name = ObjectName::parse(&self.0.table.value);
        constraint
            .references
            .as_ref()
            .is_some_and(|r| r.table == name.name && r.schema == name.schema_or(&constraint.schema))
    }
}
