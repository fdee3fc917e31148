//! What can be expected of a constraint of any kind.

use crate::catalog::{self, Constraint, ConstraintKind, Index, Kinds, Unread};
use crate::meaning::canon::Verdict;
use crate::meaning::{Class, Names, ObjectName, tokens};
use crate::source::Located;

use super::super::super::judge::Judge;
use super::super::super::language::{Rest, or_default};
use super::super::super::{Examiner, Facts};
use super::super::ForeignKeyExpectation;
use super::super::foreign_key::{Initially, deferral};
use super::{
    CHECK_EXPRESSION, COLUMNS, COMMENT, DEFERRAL, ENFORCED, EXCLUSION, INCLUDE, INHERITED, KIND,
    NO_INHERIT, NOT_VALIDATED, NULLS, list,
};

/// What an exclusion constraint compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Exclusion {
    /// The access method.
    pub(in super::super) method: String,
    /// Each as an index takes it, with its operator.
    pub(in super::super) elements: Vec<(String, String)>,
    /// WHERE.
    pub(in super::super) predicate: Option<String>,
}

/// What is left out may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Wanted {
    pub(in super::super) kind: Option<ConstraintKind>,
    pub(in super::super) columns: Option<Vec<String>>,
    /// WITHOUT OVERLAPS, or PERIOD of a foreign key (Postgres 18).
    pub(in super::super) temporal: bool,
    pub(in super::super) expression: Option<Located<String>>,
    pub(in super::super) references: Option<ForeignKeyExpectation>,
    pub(in super::super) exclusion: Option<Exclusion>,
    pub(in super::super) include: Option<Located<Vec<String>>>,
    pub(in super::super) nulls_not_distinct: Option<Located<bool>>,
    pub(in super::super) deferrable: Option<Located<bool>>,
    pub(in super::super) initially: Option<Located<Initially>>,
    pub(in super::super) no_inherit: Option<Located<bool>>,
    pub(in super::super) valid: Option<Located<bool>>,
    pub(in super::super) enforced: Option<Located<bool>>,
    pub(in super::super) inherited: Option<Located<bool>>,
    pub(in super::super) comment: Option<Located<String>>,
}

impl Wanted {
    pub(in super::super) fn compare(
        &self,
        rest: &Rest,
        found: &Constraint,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let here: Option<Located<()>> = None;
        if let Some(kind) = &self.kind {
            let same = *kind == found.kind;
            let (wanted, kind) = (kind.to_string(), found.kind.to_string());
            examiner.property(&KIND, "kind", &here, same, wanted, kind);
            // The rest says nothing of another kind.
            if !same {
                return Ok(());
            }
        }
        if let Some(columns) = &self.columns {
            let temporal = is_temporal(found);
            let same = *columns == found.columns && self.temporal == temporal;
            let shown = |columns: &[String], temporal| match temporal {
                true => format!("{} without overlaps", list(columns)),
                false => list(columns),
            };
            let (wanted, found) = (
                shown(columns, self.temporal),
                shown(&found.columns, temporal),
            );
            examiner.property(&COLUMNS, "columns", &here, same, wanted, found);
        }
        if self.expression.is_some() {
            let names = Names::of_table(facts.catalog, &found.schema, &found.table)?;
            let expression = found.expression.as_deref();
            let wanted = &self.expression;
            examiner.expression(&CHECK_EXPRESSION, "expression", wanted, expression, &names);
        }
        if let Some(references) = &self.references {
            references.compare(found, examiner);
        }
        self.index(found, facts, examiner)?;
        if let Some(expected) = &self.nulls_not_distinct {
            let words = ["nulls not distinct", "nulls distinct"];
            examiner.either(&NULLS, "nulls", expected, found.nulls_not_distinct, words);
        }
        self.deferral(found, examiner);
        if let Some(expected) = &self.no_inherit {
            let words = ["no inherit", "inherited by tables below"];
            examiner.either(
                &NO_INHERIT,
                "inheritance",
                expected,
                found.no_inherit,
                words,
            );
        }
        if let Some(valid) = &self.valid {
            compare_validity(valid, &self.enforced, found, examiner);
        }
        if let Some(expected) = &self.inherited {
            let words = ["its parent's", "its own"];
            examiner.either(&INHERITED, "origin", expected, found.inherited, words);
        }
        let comment = found.comment.as_deref();
        examiner.optional_text(
            &COMMENT,
            "comment",
            &or_default(&self.comment, rest, ""),
            comment,
        );
        Ok(())
    }

    fn deferral(&self, found: &Constraint, examiner: &mut Examiner<'_>) {
        if self.deferrable.is_none() && self.initially.is_none() {
            return;
        }
        let deferred = self
            .initially
            .as_ref()
            .is_some_and(|i| i.value == Initially::Deferred);
        let deferrable = self.deferrable.as_ref().is_some_and(|d| d.value) || deferred;
        let wanted = deferral(deferrable, deferred);
        let found = deferral(found.deferrable, found.initially_deferred);
        let same = wanted == found;
        if self.initially.is_some() {
            examiner.property(&DEFERRAL, "deferral", &self.initially, same, wanted, found);
        } else {
            examiner.property(&DEFERRAL, "deferral", &self.deferrable, same, wanted, found);
        }
    }

    /// What only the index of the constraint knows.
    fn index(
        &self,
        found: &Constraint,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        if self.include.is_none() && self.exclusion.is_none() {
            return Ok(());
        }
        let indexes = facts.catalog.on_table(place, &found.schema, &found.table)?;
        let mut indexes = indexes.into_iter();
        let index = indexes.find(|i| i.constraint.as_deref() == Some(found.name.as_str()));
        let names = Names::of_table(facts.catalog, &found.schema, &found.table)?;
        if let Some(expected) = &self.include {
            let include = index.map_or(&[][..], |index| &index.include);
            let include: Vec<String> = include.iter().map(|name| without_quotes(name)).collect();
            let same = expected.value == include;
            let (wanted, found) = (list(&expected.value), list(&include));
            examiner.property(&INCLUDE, "included columns", expected, same, wanted, found);
        }
        if let Some(expected) = &self.exclusion {
            let same = index.map_or(Verdict::Different, |index| {
                expected.is(found, index, &names, examiner.judge())
            });
            let here: Option<Located<()>> = None;
            let wanted = expected.to_string();
            let found = found.definition.as_str();
            examiner.property(&EXCLUSION, "exclusion", &here, same, wanted, found);
        }
        Ok(())
    }

    /// What of the catalog this looks at.
    pub(in super::super) fn needs(&self) -> Kinds {
        match self.include.is_some() || self.exclusion.is_some() {
            true => Kinds::of::<Index>().with(Names::NEEDS),
            false => Names::NEEDS,
        }
    }
}

impl Exclusion {
    fn is(
        &self,
        found: &Constraint,
        index: &Index,
        names: &Names<'_>,
        judge: &mut Judge<'_>,
    ) -> Verdict {
        let (elements, operators): (Vec<String>, Vec<&str>) = self
            .elements
            .iter()
            .map(|(element, operator)| (element.clone(), operator.as_str()))
            .unzip();
        let columns: Vec<String> = index.columns.iter().map(ToString::to_string).collect();
        let exclusion = found.exclusion.as_deref().unwrap_or_default();
        let same_operators = operators.len() == exclusion.len()
            && operators.iter().zip(exclusion).all(
                |(wanted, found): (&&str, &catalog::Exclusion)| {
                    operator(wanted) == operator(&found.operator)
                },
            );
        let predicate = index.predicate.as_deref();
        Verdict::from(self.method == index.method && same_operators)
            .and(judge.index_columns(&index.method, &elements, &columns, names))
            .and(judge.expression(self.predicate.as_deref(), predicate, names))
    }
}

impl std::fmt::Display for Exclusion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let elements = self.elements.iter();
        let elements: Vec<String> = elements.map(|(e, o)| format!("{e} with {o}")).collect();
        write!(f, "exclude using {} {}", self.method, list(&elements))?;
        match &self.predicate {
            Some(predicate) => write!(f, " where ({predicate})"),
            None => Ok(()),
        }
    }
}

fn place(index: &Index) -> [&str; 3] {
    [&index.schema, &index.table, &index.name]
}

/// The operator without its schema: `operator(app.===)`.
fn operator(text: &str) -> Option<String> {
    let mut tokens = tokens(text).into_iter();
    tokens.rfind(|t| t.class == Class::Operator).map(|t| t.text)
}

fn without_quotes(name: &str) -> String {
    ObjectName::parse(name).name
}

fn is_temporal(constraint: &Constraint) -> bool {
    let definition = &constraint.definition;
    definition.contains(" WITHOUT OVERLAPS)") || definition.contains("PERIOD ")
}

/// Compares whether it holds for the rows that were there before; of what is not enforced nothing is known.
pub(super) fn compare_validity(
    valid: &Located<bool>,
    enforced: &Option<Located<bool>>,
    found: &Constraint,
    examiner: &mut Examiner<'_>,
) {
    if let Some(expected) = enforced {
        let words = ["enforced", "not enforced"];
        examiner.either(&ENFORCED, "enforcement", expected, found.enforced, words);
        if !expected.value || !found.enforced {
            return;
        }
    }
    examiner.either(
        &NOT_VALIDATED,
        "validity",
        valid,
        found.validated,
        ["valid", "not valid"],
    );
}

/// The same where nothing says it: it is for the constraint to be valid.
pub(in super::super) fn validity(valid: bool, found: &Constraint, examiner: &mut Examiner<'_>) {
    compare_validity(&Located::left_out(valid), &None, found, examiner);
}
