//! Tables: that they are there, row-level security, columns, constraints.

mod column;
mod constraints;
mod foreign_key;
mod shorthand;

use serde::Deserialize;

use crate::catalog::{Column, Constraint, Identity, Kinds, Selection, Table, Unread};
use crate::meaning::{Names, ObjectName};
use crate::source::{Entries, Located};

pub use column::ColumnExpectation;
pub use foreign_key::ForeignKeyExpectation;

use super::{Check, Code, Examiner, Expectation, Facts, Heading, Mentioned, Scope, Severity};

/// Finding codes of this kind.
pub const CODES: &[Code] = &[
    MISSING,
    OWNER,
    RLS,
    RLS_FORCED,
    COMMENT,
    column::MISSING,
    column::TYPE,
    column::NULLABILITY,
    column::DEFAULT,
    column::IDENTITY,
    column::GENERATED,
    constraints::PRIMARY_KEY,
    constraints::UNIQUE_MISSING,
    constraints::CHECK_MISSING,
    constraints::CHECK_EXPRESSION,
    constraints::NOT_VALIDATED,
    foreign_key::MISSING,
    foreign_key::REFERENCES,
    foreign_key::ON_DELETE,
    foreign_key::ON_UPDATE,
    foreign_key::DEFERRAL,
    foreign_key::MATCH,
];
const MISSING: Code = Code {
    name: "table-missing",
    meaning: "an expected table is not there",
};
const OWNER: Code = Code {
    name: "table-owner",
    meaning: "a table belongs to another role",
};
const RLS: Code = Code {
    name: "table-rls",
    meaning: "row-level security is off where it should be on, or the reverse",
};
const RLS_FORCED: Code = Code {
    name: "table-rls-forced",
    meaning: "row-level security does not hold for the owner where it should, or the reverse",
};
const COMMENT: Code = Code {
    name: "table-comment",
    meaning: "a table has another comment",
};

const HEADING: Heading = Heading {
    icon: "📋 ",
    title: "Tables",
    noun: "table",
};

/// `tables:` by name.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Section(Entries<TableExpectation>);

/// What is expected of a table. What is left out may be anything.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TableExpectation {
    /// The role that owns it.
    pub owner: Option<String>,
    /// Row-level security is enabled.
    pub rls: Option<Located<bool>>,
    /// Row-level security holds for the owner too.
    pub rls_forced: Option<Located<bool>>,
    /// `COMMENT ON TABLE`.
    pub comment: Option<Located<String>>,
    /// Columns by name.
    pub columns: Entries<Located<ColumnExpectation>>,
    /// The columns of the primary key in order.
    pub primary_key: Option<Located<Vec<String>>>,
    /// Unique constraints, each the list of its columns.
    pub unique: Vec<Located<Vec<String>>>,
    /// Foreign keys by their columns.
    pub foreign_keys: Entries<ForeignKeyExpectation>,
    /// Check constraints by name, each an expression.
    pub checks: Entries<Located<String>>,
    /// What to do where it is not so.
    pub help: Option<String>,
    /// What a mismatch counts as.
    pub severity: Severity,
}

struct OneTable {
    item: TableExpectation,
    // Where the parts stand in the file.
    source: crate::source::Source,
}

impl Section {
    pub(super) fn mention(&self, schema: &str, mentioned: &mut Mentioned) {
        for (key, item) in &self.0.0 {
            if item.rls.is_some() {
                let name = ObjectName::parse(&key.value);
                let schema = name.schema_or(schema).to_owned();
                mentioned.rls.insert((schema, name.name));
            }
        }
    }

    pub(super) fn expand(self, scope: &Scope<'_>, out: &mut Vec<Expectation>) {
        for (key, mut item) in self.0.0 {
            let name = ObjectName::parse(&key.value);
            out.push(Expectation {
                subject: Identity::new("table", name.schema_or(scope.schema), &name.name),
                label: format!("{name} table exists"),
                origin: scope.origin(&key),
                heading: HEADING,
                summary: None,
                required: scope.required,
                quiet: false,
                help: item.help.take(),
                severity: item.severity,
                check: Box::new(OneTable {
                    item,
                    source: scope.source.clone(),
                }),
            });
        }
    }
}

impl Check for OneTable {
    fn needs(&self) -> Selection {
        let item = &self.item;
        let mut kinds = Kinds::of::<Table>();
        if !item.columns.0.is_empty() {
            kinds = kinds.and::<Column>().with(Names::NEEDS);
        }
        let keys = item.primary_key.is_some() || !item.unique.is_empty();
        if keys || !item.foreign_keys.0.is_empty() {
            kinds = kinds.and::<Constraint>();
        }
        if !item.checks.0.is_empty() {
            kinds = kinds.and::<Constraint>().with(Names::NEEDS);
        }
        Selection::of(kinds)
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let subject = examiner.subject();
        let table = facts.catalog.table(&subject.schema, &subject.name)?;
        examiner.presence(&MISSING, table.is_some(), "no table of this name");
        let Some(table) = table else { return Ok(()) };
        let item = &self.item;
        examiner.optional(&OWNER, "owner", item.owner.as_ref(), &table.owner);
        for (code, property, expected, found) in [
            (&RLS, "row-level security", &item.rls, table.rls),
            (
                &RLS_FORCED,
                "row-level security for the owner",
                &item.rls_forced,
                table.rls_forced,
            ),
        ] {
            if let Some(expected) = expected {
                let comparison = self.part(examiner, code, property, expected);
                examiner.compare(
                    comparison,
                    expected.value == found,
                    on(expected.value),
                    on(found),
                );
            }
        }
        if let Some(comment) = &item.comment {
            let comparison = self.part(examiner, &COMMENT, "comment", comment);
            let found = table.comment.as_deref();
            examiner.compare(
                comparison,
                found == Some(&comment.value),
                format!("{:?}", comment.value),
                found.map_or_else(|| "none".to_owned(), |f| format!("{f:?}")),
            );
        }
        self.columns(facts, examiner)?;
        self.constraints(facts, examiner)?;
        self.foreign_keys(facts, examiner)
    }
}

impl OneTable {
    /// A comparison of the table itself that a line of its own asks for.
    fn part<'a, T>(
        &self,
        examiner: &Examiner<'a>,
        code: &'a Code,
        property: &'static str,
        located: &Located<T>,
    ) -> super::Comparison<'a> {
        super::Comparison {
            code,
            subject: examiner.subject(),
            property,
            origin: self.source.origin(located.span.clone()),
        }
    }
}

fn on(flag: bool) -> &'static str {
    if flag { "on" } else { "off" }
}
