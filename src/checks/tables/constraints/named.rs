//! Constraints by name, each as ALTER TABLE … ADD CONSTRAINT takes it, and that there are no others.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{Constraint, ConstraintKind, Identity, Kind as _, Unread};
use crate::source::{Located, text_or_map};

use super::super::super::language::{Common, Expected, Item, Others, Part};
use super::super::super::{Examiner, Facts};
use super::super::foreign_key::columns_of_key;
use super::super::{TableExpectation, shorthand};
use super::{KeyExpectation, MISSING, UNEXPECTED, Wanted};

/// What is expected of a constraint that is known by its name. The line of text reads like SQL: `check (total >= 0)`,
/// `unique nulls not distinct (a, b)`, `foreign key (a) references b (id)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConstraintExpectation(pub(in super::super) Box<Wanted>);

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Long {
    /// As ALTER TABLE … ADD CONSTRAINT takes it.
    #[serde(default)]
    definition: Option<Line>,
    /// Whether a parent has it too.
    #[serde(default)]
    inherited: Option<Located<bool>>,
    /// `COMMENT ON CONSTRAINT`; an empty text for none.
    #[serde(default)]
    comment: Option<Located<String>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
struct Line(Box<Wanted>);

impl TryFrom<String> for Line {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        shorthand::constraint(&text).map(|wanted| Self(Box::new(wanted)))
    }
}

impl From<Long> for ConstraintExpectation {
    fn from(long: Long) -> Self {
        let mut wanted = long.definition.map_or_else(Box::default, |line| line.0);
        wanted.inherited = long.inherited;
        wanted.comment = long.comment;
        Self(wanted)
    }
}

fn line(text: &str) -> Result<ConstraintExpectation, String> {
    let wanted = shorthand::constraint(text)?;
    Ok(ConstraintExpectation(Box::new(wanted)))
}

text_or_map!(
    ConstraintExpectation as "Constraint",
    Long,
    "a constraint as in ALTER TABLE (`check (total >= 0)`), or a mapping with `definition`",
    line
);

impl TableExpectation {
    pub(super) fn named(
        &self,
        all: &[&Constraint],
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        for (key, item) in &self.constraints.0 {
            let named = all.iter().filter(|c| key.value.is(&c.name));
            let found: Vec<&Constraint> = named.copied().collect();
            let table = examiner.subject();
            let in_schema = format!("{} on {}", key.value, table.name);
            let subject = Identity::new("constraint", &table.schema, in_schema);
            examiner.part(&subject, key, &item.value.common, facts, |examiner| {
                self.examine_named(&key.value, item, &found, facts, examiner)
            })?;
        }
        Ok(())
    }

    fn examine_named(
        &self,
        key: &Part,
        item: &Located<Item<ConstraintExpectation>>,
        found: &[&Constraint],
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        match &item.value.expected {
            Expected::Absent if found.is_empty() => examiner.absence(&UNEXPECTED, None),
            Expected::Present(_) if found.is_empty() => {
                let words = format!("{} on the table", key.none("constraint"));
                examiner.presence(&MISSING, false, words);
            }
            _ => {}
        }
        for found in found {
            // At the key, whatever is said of it; the definition stands in the value.
            examiner.on(&found.identity(), |examiner| match &item.value.expected {
                Expected::Absent => {
                    examiner.absence(&UNEXPECTED, Some(found.definition.clone()));
                    Ok(())
                }
                Expected::Present(ConstraintExpectation(wanted)) => {
                    examiner.present(&MISSING);
                    let subject = found.identity();
                    examiner.part(&subject, item, &Common::default(), facts, |examiner| {
                        wanted.compare(&self.other_properties, found, facts, examiner)
                    })
                }
            })?;
        }
        Ok(())
    }

    /// That a column is not null, the column says: only listed ones of these count.
    pub(super) fn no_other_constraints(
        &self,
        all: &[&Constraint],
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let refused = self.other_constraints.as_ref();
        let Some(refused) = refused.filter(|o| o.value == Others::Refused) else {
            return Ok(());
        };
        let others: Vec<(Identity, String)> = all
            .iter()
            .filter(|c| c.kind != ConstraintKind::NotNull && !self.lists(c))
            .map(|c| (c.identity(), c.definition.clone()))
            .collect();
        let advice = "List it below its table, drop it, or write `other_constraints: allowed`.";
        let table = examiner.subject();
        examiner.part(table, refused, &Common::default(), facts, |examiner| {
            examiner.no_others(&UNEXPECTED, advice, &others);
            Ok(())
        })
    }

    fn lists(&self, found: &Constraint) -> bool {
        let by_columns = |item: &Item<KeyExpectation>| match &item.expected {
            Expected::Present(KeyExpectation(key)) => key.columns.value == found.columns,
            Expected::Absent => true,
        };
        self.constraints
            .0
            .iter()
            .any(|(key, _)| key.value.is(&found.name))
            || match found.kind {
                ConstraintKind::Primary => self.primary_key.is_some(),
                ConstraintKind::Unique => self.unique.iter().any(|item| by_columns(&item.value)),
                ConstraintKind::Check => {
                    let mut checks = self.checks.0.iter();
                    checks.any(|(key, _)| key.value.is(&found.name))
                }
                ConstraintKind::Foreign => {
                    let mut keys = self.foreign_keys.0.iter();
                    keys.any(|(key, _)| columns_of_key(key.value.text()) == found.columns)
                }
                _ => false,
            }
    }
}
