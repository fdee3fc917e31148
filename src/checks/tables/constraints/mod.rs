//! Constraints of a table: the primary key, unique and check constraints, and any by its name.

mod key;
mod named;
mod wanted;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{Constraint, ConstraintKind, Identity, Kind as _, Unread};
use crate::source::{Located, text_or_map};

use super::super::language::{Common, Expected, Item, Part};
use super::super::{Examiner, Facts, codes};
use super::TableExpectation;

pub use key::KeyExpectation;
pub(super) use key::Long as Key;
pub use named::ConstraintExpectation;
pub(super) use wanted::{Exclusion, Wanted, validity};

codes! {
    pub(super)
    PRIMARY_KEY: "primary-key", "a table has another primary key, or none";
    UNIQUE_MISSING: "unique-missing", "no unique constraint covers just these columns";
    CHECK_MISSING: "check-missing", "an expected check constraint is not there";
    CHECK_EXPRESSION: "check-expression", "a check constraint has another expression";
    MISSING: "constraint-missing", "an expected constraint is not there";
    UNEXPECTED: "constraint-unexpected", "a table has an unexpected constraint";
    NAME: "constraint-name", "a key has another name";
    KIND: "constraint-kind", "a constraint is of another kind";
    COLUMNS: "constraint-columns", "a constraint covers other columns, or has them in another order";
    EXCLUSION: "constraint-exclusion", "an exclusion constraint compares something else, or other rows";
    INCLUDE: "constraint-include", "a key includes other columns";
    NULLS: "constraint-nulls", "a unique constraint takes nulls for different where it should not, or the reverse";
    DEFERRAL: "constraint-deferral",
        "a constraint is looked at after each statement where it should be at the end of the transaction, or the reverse";
    NO_INHERIT: "constraint-no-inherit", "a constraint holds for the tables below where it should not, or the reverse";
    NOT_VALIDATED: "constraint-not-validated", "a constraint is NOT VALID: rows that were there before may violate it";
    ENFORCED: "constraint-enforced", "a constraint is not enforced where it should be, or the reverse";
    INHERITED: "constraint-inherited", "a constraint is the table's own where it should be its parent's, or the reverse";
    COMMENT: "constraint-comment", "a constraint has another comment";
}

/// What is expected of a check constraint. The text alone is its expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckExpectation(Long);

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Long {
    /// The expression.
    expression: Located<String>,
    /// NO INHERIT.
    #[serde(default)]
    no_inherit: Option<Located<bool>>,
    /// `false` after NOT VALID.
    #[serde(default = "yes")]
    valid: Located<bool>,
    /// `false` after NOT ENFORCED.
    #[serde(default)]
    enforced: Option<Located<bool>>,
    /// `COMMENT ON CONSTRAINT`; an empty text for none.
    #[serde(default)]
    comment: Option<Located<String>>,
}

fn yes() -> Located<bool> {
    Located::left_out(true)
}

impl From<Long> for CheckExpectation {
    fn from(long: Long) -> Self {
        Self(long)
    }
}

fn expression(text: &str) -> Result<CheckExpectation, String> {
    Ok(CheckExpectation(Long {
        expression: Located::left_out(text.to_owned()),
        no_inherit: None,
        valid: yes(),
        enforced: None,
        comment: None,
    }))
}

text_or_map!(
    CheckExpectation as "Check",
    Long,
    "an expression (`total >= 0`), or a mapping with `expression`",
    expression
);

impl TableExpectation {
    /// Whether it says anything of constraints other than foreign keys.
    pub(super) fn has_constraints(&self) -> bool {
        self.primary_key.is_some()
            || !self.unique.is_empty()
            || !self.checks.0.is_empty()
            || !self.constraints.0.is_empty()
            || self.other_constraints.is_some()
    }

    pub(super) fn constraints(
        &self,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        if !self.has_constraints() {
            return Ok(());
        }
        let table = examiner.subject();
        let all = facts.catalog.constraints_of(&table.schema, &table.name)?;
        let all: Vec<&Constraint> = all.collect();
        let of_kind = |kind: ConstraintKind| -> Vec<&Constraint> {
            all.iter().copied().filter(|c| c.kind == kind).collect()
        };
        if let Some(item) = &self.primary_key {
            let found = of_kind(ConstraintKind::Primary).pop();
            primary_key(item, found, facts, examiner)?;
        }
        let found = of_kind(ConstraintKind::Unique);
        for item in &self.unique {
            unique(item, &found, facts, examiner)?;
        }
        let checks = of_kind(ConstraintKind::Check);
        for (name, item) in &self.checks.0 {
            for found in name.value.of(checks.iter().copied(), |k| &k.name) {
                self.check(name, item, found, facts, examiner)?;
            }
        }
        self.named(&all, facts, examiner)?;
        self.no_other_constraints(&all, facts, examiner)
    }

    fn check(
        &self,
        name: &Located<Part>,
        item: &Located<Item<CheckExpectation>>,
        found: Option<&Constraint>,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let table = examiner.subject();
        let called = found.map_or(name.value.shown(), |found| &found.name);
        let in_schema = format!("{called} on {}", table.name);
        let subject = Identity::new("constraint", &table.schema, in_schema);
        examiner.part(&subject, name, &item.value.common, facts, |examiner| {
            let CheckExpectation(expected) = match &item.value.expected {
                Expected::Present(expected) => expected,
                Expected::Absent => {
                    examiner.absence(&UNEXPECTED, found.map(|c| c.definition.clone()));
                    return Ok(());
                }
            };
            let words = name.value.none("check constraint");
            examiner.presence(&CHECK_MISSING, found.is_some(), words);
            let Some(found) = found else { return Ok(()) };
            let wanted = Wanted {
                expression: Some(expected.expression.clone()),
                no_inherit: expected.no_inherit.clone(),
                enforced: expected.enforced.clone(),
                comment: expected.comment.clone(),
                ..Wanted::default()
            };
            examiner.part(&subject, item, &Common::default(), facts, |examiner| {
                wanted.compare(&self.other_properties, found, facts, examiner)
            })?;
            if expected.valid.span.is_empty() && expected.enforced.is_none() {
                validity(true, found, examiner);
            } else {
                wanted::compare_validity(&expected.valid, &expected.enforced, found, examiner);
            }
            Ok(())
        })
    }
}

fn primary_key(
    item: &Located<Item<KeyExpectation>>,
    found: Option<&Constraint>,
    facts: &Facts<'_>,
    examiner: &mut Examiner<'_>,
) -> Result<(), Unread> {
    let table = examiner.subject();
    let shown = found.map_or_else(|| "none".to_owned(), |k| list(&k.columns));
    let property = "primary key";
    examiner.part(table, item, &item.value.common, facts, |examiner| {
        let expected = match &item.value.expected {
            Expected::Present(KeyExpectation(expected)) => expected,
            Expected::Absent => {
                let none = found.is_none();
                examiner.property(&PRIMARY_KEY, property, item, none, "none", shown);
                return Ok(());
            }
        };
        let columns = &expected.columns;
        let found = found.filter(|k| k.columns == columns.value);
        let same = found.is_some();
        let wanted = list(&columns.value);
        examiner.property(&PRIMARY_KEY, property, columns, same, wanted, shown);
        match found {
            Some(found) => expected.compare(found, facts, examiner),
            None => Ok(()),
        }
    })
}

fn unique(
    item: &Located<Item<KeyExpectation>>,
    all: &[&Constraint],
    facts: &Facts<'_>,
    examiner: &mut Examiner<'_>,
) -> Result<(), Unread> {
    let table = examiner.subject();
    let Expected::Present(KeyExpectation(expected)) = &item.value.expected else {
        examiner
            .error("`unique` takes columns; what is not to be there is named below `constraints`");
        return Ok(());
    };
    examiner.part(table, item, &item.value.common, facts, |examiner| {
        let columns = &expected.columns;
        let mut candidates = all.iter().filter(|k| k.columns == columns.value);
        // Two may cover the same columns: that of the name counts.
        let named = candidates.clone().find(|k| expected.is_called(&k.name));
        let found = named.or(candidates.next());
        let shown: Vec<String> = all.iter().map(|k| list(&k.columns)).collect();
        examiner.property(
            &UNIQUE_MISSING,
            "unique constraints",
            columns,
            found.is_some(),
            list(&columns.value),
            match shown.is_empty() {
                true => "none".to_owned(),
                false => shown.join(", "),
            },
        );
        match found {
            Some(found) => expected.compare(found, facts, examiner),
            None => Ok(()),
        }
    })
}

/// Examines something as that constraint, where the examiner is.
fn as_constraint(
    found: &Constraint,
    facts: &Facts<'_>,
    examiner: &mut Examiner<'_>,
    examine: impl FnOnce(&mut Examiner<'_>) -> Result<(), Unread>,
) -> Result<(), Unread> {
    let here: Option<Located<()>> = None;
    examiner.part(&found.identity(), &here, &Common::default(), facts, examine)
}

pub(super) fn list(columns: &[String]) -> String {
    format!("({})", columns.join(", "))
}
