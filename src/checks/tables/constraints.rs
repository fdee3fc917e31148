//! Primary key, unique and check constraints of a table.

use crate::catalog::{Constraint, ConstraintKind, Identity, Unread};
use crate::meaning::canon::Verdict;
use crate::meaning::{self, Names};
use crate::source::Located;

use super::super::{Comparison, Examiner, Facts, codes};
use super::TableExpectation;

codes! {
    pub(super)
    PRIMARY_KEY: "primary-key", "a table has another primary key, or none";
    UNIQUE_MISSING: "unique-missing", "no unique constraint covers just these columns";
    CHECK_MISSING: "check-missing", "an expected check constraint is not there";
    CHECK_EXPRESSION: "check-expression", "a check constraint has another expression";
    NOT_VALIDATED: "constraint-not-validated", "a constraint is NOT VALID: rows that were there before may violate it";
}

impl TableExpectation {
    pub(super) fn constraints(
        &self,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        if self.primary_key.is_none() && self.unique.is_empty() && self.checks.0.is_empty() {
            return Ok(());
        }
        let table = examiner.subject();
        let all = facts.catalog.constraints_of(&table.schema, &table.name)?;
        let all: Vec<&Constraint> = all.collect();
        let of_kind = |kind: ConstraintKind| -> Vec<&Constraint> {
            all.iter().copied().filter(|c| c.kind == kind).collect()
        };
        if let Some(expected) = &self.primary_key {
            let found = of_kind(ConstraintKind::Primary).pop();
            examiner.property(
                &PRIMARY_KEY,
                "primary key",
                expected,
                found.is_some_and(|k| k.columns == expected.value),
                list(&expected.value),
                found.map_or_else(|| "none".to_owned(), |k| list(&k.columns)),
            );
        }
        let unique = of_kind(ConstraintKind::Unique);
        for expected in &self.unique {
            let found: Vec<String> = unique.iter().map(|k| list(&k.columns)).collect();
            examiner.property(
                &UNIQUE_MISSING,
                "unique constraints",
                expected,
                unique.iter().any(|k| k.columns == expected.value),
                list(&expected.value),
                if found.is_empty() {
                    "none".to_owned()
                } else {
                    found.join(", ")
                },
            );
        }
        if self.checks.0.is_empty() {
            return Ok(());
        }
        let names = Names::of_table(facts.catalog, &table.schema, &table.name)?;
        let checks = of_kind(ConstraintKind::Check);
        for (name, expected) in &self.checks.0 {
            let subject = Identity::new(
                "constraint",
                &table.schema,
                format!("{} on {}", name.value, table.name),
            );
            let found = checks.iter().find(|k| k.name == name.value);
            let expression = found
                .and_then(|k| k.expression.as_deref())
                .unwrap_or_default();
            let by_text = meaning::same_expression(&expected.value, expression, &names);
            let same = match found {
                Some(_) => {
                    examiner.meaning(by_text, || names.question(&expected.value, expression))
                }
                None => Verdict::Different,
            };
            let mut compare = |code,
                               property,
                               place: &Located<String>,
                               same: Verdict,
                               expected: &str,
                               found: &str| {
                let comparison = Comparison {
                    code,
                    subject: &subject,
                    property,
                    origin: examiner.place(place),
                };
                examiner.compare(comparison, same, expected, found);
            };
            compare(
                &CHECK_MISSING,
                "",
                name,
                found.is_some().into(),
                "to exist",
                "no check constraint of this name",
            );
            let Some(found) = found else { continue };
            compare(
                &CHECK_EXPRESSION,
                "expression",
                expected,
                same,
                &expected.value,
                expression,
            );
            compare(
                &NOT_VALIDATED,
                "validity",
                name,
                found.validated.into(),
                "valid",
                "not valid",
            );
        }
        Ok(())
    }
}

pub(super) fn list(columns: &[String]) -> String {
    format!("({})", columns.join(", "))
}
