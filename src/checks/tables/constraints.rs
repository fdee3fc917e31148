//! Primary key, unique and check constraints of a table.

use crate::catalog::{Constraint, ConstraintKind, Identity, Unread};
use crate::meaning::{self, Names};

use super::super::{Code, Comparison, Examiner, Facts};
use super::OneTable;

pub(super) const PRIMARY_KEY: Code = Code {
    name: "primary-key",
    meaning: "a table has another primary key, or none",
};
pub(super) const UNIQUE_MISSING: Code = Code {
    name: "unique-missing",
    meaning: "no unique constraint covers just these columns",
};
pub(super) const CHECK_MISSING: Code = Code {
    name: "check-missing",
    meaning: "an expected check constraint is not there",
};
pub(super) const CHECK_EXPRESSION: Code = Code {
    name: "check-expression",
    meaning: "a check constraint has another expression",
};
pub(super) const NOT_VALIDATED: Code = Code {
    name: "constraint-not-validated",
    meaning: "a constraint is NOT VALID: rows that were there before may violate it",
};

impl OneTable {
    pub(super) fn constraints(
        &self,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let table = examiner.subject();
        let item = &self.item;
        if item.primary_key.is_none() && item.unique.is_empty() && item.checks.0.is_empty() {
            return Ok(());
        }
        let all: Vec<&Constraint> = facts
            .catalog
            .constraints_of(&table.schema, &table.name)?
            .collect();
        let of_kind = |kind: ConstraintKind| -> Vec<&Constraint> {
            all.iter().copied().filter(|c| c.kind == kind).collect()
        };
        if let Some(expected) = &self.item.primary_key {
            let found = of_kind(ConstraintKind::Primary).pop();
            let comparison = self.part(examiner, &PRIMARY_KEY, "primary key", expected);
            examiner.compare(
                comparison,
                found.is_some_and(|k| k.columns == expected.value),
                list(&expected.value),
                found.map_or_else(|| "none".to_owned(), |k| list(&k.columns)),
            );
        }
        let unique = of_kind(ConstraintKind::Unique);
        for expected in &self.item.unique {
            let comparison = self.part(examiner, &UNIQUE_MISSING, "unique constraints", expected);
            let found: Vec<String> = unique.iter().map(|k| list(&k.columns)).collect();
            examiner.compare(
                comparison,
                unique.iter().any(|k| k.columns == expected.value),
                list(&expected.value),
                if found.is_empty() {
                    "none".to_owned()
                } else {
                    found.join(", ")
                },
            );
        }
        if item.checks.0.is_empty() {
            return Ok(());
        }
        let names = Names::of_table(facts.catalog, &table.schema, &table.name)?;
        let checks = of_kind(ConstraintKind::Check);
        for (name, expected) in &self.item.checks.0 {
            let subject = Identity::new(
                "constraint",
                &table.schema,
                format!("{} on {}", name.value, table.name),
            );
            let mut compare = |code,
                               property,
                               span: &std::ops::Range<usize>,
                               same,
                               expected: &str,
                               found: &str| {
                let comparison = Comparison {
                    code,
                    subject: &subject,
                    property,
                    origin: self.source.origin(span.clone()),
                };
                examiner.compare(comparison, same, expected, found);
            };
            let found = checks.iter().find(|k| k.name == name.value);
            compare(
                &CHECK_MISSING,
                "",
                &name.span,
                found.is_some(),
                "to exist",
                "no check constraint of this name",
            );
            let Some(found) = found else { continue };
            let expression = found.expression.as_deref().unwrap_or_default();
            compare(
                &CHECK_EXPRESSION,
                "expression",
                &expected.span,
                meaning::same_expression(&expected.value, expression, &names),
                &expected.value,
                expression,
            );
            compare(
                &NOT_VALIDATED,
                "validity",
                &name.span,
                found.validated,
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
