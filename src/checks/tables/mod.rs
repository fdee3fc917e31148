//! Tables: that they are there, row-level security, columns, constraints.

mod column;
mod constraints;
mod foreign_key;
mod shorthand;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{Column, Constraint, Kinds, Selection, Table, Unread};
use crate::meaning::{Names, ObjectName};
use crate::source::{Entries, Located};

pub use column::ColumnExpectation;
pub use foreign_key::ForeignKeyExpectation;

use super::language::{Expected, Item, Others};
use super::{Examiner, Facts, Heading, Mentioned, Object, Objects, Presence, codes};

codes! {
    of "table": "table", "tables";
    OWNER: "table-owner", "a table belongs to another role";
    RLS: "table-rls", "row-level security is off where it should be on, or the reverse";
    RLS_FORCED: "table-rls-forced", "row-level security does not hold for the owner where it should, or the reverse";
    COMMENT: "table-comment", "a table has another comment";
    + column::MISSING,
        column::UNEXPECTED,
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
        foreign_key::UNEXPECTED,
        foreign_key::REFERENCES,
        foreign_key::ON_DELETE,
        foreign_key::ON_UPDATE,
        foreign_key::DEFERRAL,
        foreign_key::MATCH;
}

/// `tables:` by name.
pub type Section = Objects<TableExpectation>;

/// What is expected of a table. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `columns`, `rls`, …"
)]
pub struct TableExpectation {
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// Row-level security is enabled.
    pub rls: Option<Located<bool>>,
    /// Row-level security holds for the owner too.
    pub rls_forced: Option<Located<bool>>,
    /// `COMMENT ON TABLE`.
    pub comment: Option<Located<String>>,
    /// Columns by name.
    pub columns: Entries<Located<Item<ColumnExpectation>>>,
    /// Whether there may be columns that are not listed.
    pub other_columns: Option<Located<Others>>,
    /// The columns of the primary key in order.
    pub primary_key: Option<Located<Vec<String>>>,
    /// Unique constraints, each the list of its columns.
    pub unique: Vec<Located<Vec<String>>>,
    /// Foreign keys by their columns.
    pub foreign_keys: Entries<Located<Item<ForeignKeyExpectation>>>,
    /// Check constraints by name, each an expression.
    pub checks: Entries<Located<String>>,
}

pub(super) fn mention(section: &Section, schema: &str, mentioned: &mut Mentioned) {
    for (key, item) in &section.items.0 {
        if let Expected::Present(table) = &item.value.expected
            && table.rls.is_some()
        {
            let name = ObjectName::parse(&key.value);
            let own = item.value.common.schema.as_deref();
            let schema = own.or(section.options.schema.as_deref()).unwrap_or(schema);
            let schema = name.schema_or(schema).to_owned();
            mentioned.rls.insert((schema, name.name));
        }
    }
}

impl Object for TableExpectation {
    const HEADING: Heading = Heading {
        icon: "📋 ",
        title: "Tables",
        noun: "table",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = Table;

    fn needs(&self) -> Selection {
        let mut kinds = Kinds::default();
        if !self.columns.0.is_empty() || self.other_columns.is_some() {
            kinds = kinds.and::<Column>().with(Names::NEEDS);
        }
        let keys = self.primary_key.is_some() || !self.unique.is_empty();
        if keys || !self.foreign_keys.0.is_empty() {
            kinds = kinds.and::<Constraint>();
        }
        if !self.checks.0.is_empty() {
            kinds = kinds.and::<Constraint>().with(Names::NEEDS);
        }
        Selection::of(kinds)
    }

    fn compare(
        &self,
        table: &Table,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&OWNER, "owner", &self.owner, &table.owner);
        for (code, property, expected, found) in [
            (&RLS, "row-level security", &self.rls, table.rls),
            (
                &RLS_FORCED,
                "row-level security for the owner",
                &self.rls_forced,
                table.rls_forced,
            ),
        ] {
            if let Some(expected) = expected {
                examiner.either(code, property, expected, found, ["on", "off"]);
            }
        }
        let comment = table.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        self.columns(facts, examiner)?;
        self.constraints(facts, examiner)?;
        self.foreign_keys(facts, examiner)
    }
}
