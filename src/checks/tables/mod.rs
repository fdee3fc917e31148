//! Tables: that they are there, what they are, row-level security, columns, constraints.

mod column;
mod constraints;
mod foreign_key;
mod properties;
mod shorthand;
mod written;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Column, Constraint, Index, Kinds, Selection, Table, Unread};
use crate::meaning::Names;
use crate::source::{Entries, Located};

pub use column::ColumnExpectation;
pub use constraints::{CheckExpectation, ConstraintExpectation, KeyExpectation};
pub use foreign_key::{ForeignKeyExpectation, Initially, deferral};
pub use properties::{DEFAULT_TABLESPACE, PartitionOf, Persists};

use super::language::{Expected, Item, Listing, Others, Part, Plain, Rest, or_default};
use super::{Examiner, Facts, Heading, Mentioned, Object, Objects, Presence, codes};

codes! {
    of "table": "table", "tables";
    OWNER: "table-owner", "a table belongs to another role";
    RLS: "table-rls", "row-level security is off where it should be on, or the reverse";
    RLS_FORCED: "table-rls-forced", "row-level security does not hold for the owner where it should, or the reverse";
    COMMENT: "table-comment", "a table has another comment";
    + properties::PERSISTENCE,
        properties::ACCESS_METHOD,
        properties::TABLESPACE,
        properties::PARTITION_KEY,
        properties::PARTITION_OF,
        properties::INHERITS,
        properties::OF_TYPE,
        properties::PARAMETERS,
        properties::REPLICA_IDENTITY,
        column::MISSING,
        column::UNEXPECTED,
        column::ORDER,
        column::TYPE,
        column::NULLABILITY,
        column::DEFAULT,
        column::IDENTITY,
        column::GENERATED,
        column::COLLATION,
        column::STORAGE,
        column::COMPRESSION,
        column::STATISTICS,
        column::PARAMETERS,
        column::COMMENT,
        constraints::PRIMARY_KEY,
        constraints::UNIQUE_MISSING,
        constraints::CHECK_MISSING,
        constraints::CHECK_EXPRESSION,
        constraints::MISSING,
        constraints::UNEXPECTED,
        constraints::NAME,
        constraints::KIND,
        constraints::COLUMNS,
        constraints::EXCLUSION,
        constraints::INCLUDE,
        constraints::NULLS,
        constraints::DEFERRAL,
        constraints::NO_INHERIT,
        constraints::NOT_VALIDATED,
        constraints::ENFORCED,
        constraints::INHERITED,
        constraints::COMMENT,
        foreign_key::UNEXPECTED,
        foreign_key::MISSING,
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
    /// `COMMENT ON TABLE`; an empty text for none.
    pub comment: Option<Located<String>>,
    /// `permanent`, `unlogged` or `temporary`.
    pub persistence: Option<Located<Persists>>,
    /// USING: `heap` as a rule.
    pub access_method: Option<Located<String>>,
    /// TABLESPACE; `default` for the database's.
    pub tablespace: Option<Located<String>>,
    /// PARTITION BY, as in `range (created_at)`; an empty text for none.
    pub partition_by: Option<Located<String>>,
    /// PARTITION OF, as in `events for values in (1)`.
    pub partition_of: Option<Located<PartitionOf>>,
    /// The tables that it inherits from, in order.
    pub inherits: Option<Located<Listing<String>>>,
    /// The composite type of `CREATE TABLE … OF`; an empty text for none.
    pub of_type: Option<Located<String>>,
    /// WITH, as `fillfactor=80`; those of the TOAST table as `toast.autovacuum_enabled=false`.
    pub parameters: Option<Located<Listing<String>>>,
    /// `default`, `nothing`, `full` or `using index …`.
    pub replica_identity: Option<Located<String>>,
    /// Columns by name.
    pub columns: Entries<Located<Item<ColumnExpectation>>, Part>,
    /// Whether there may be columns that are not listed.
    pub other_columns: Option<Located<Others>>,
    /// Whether the columns stand in the order of the list.
    pub in_order: Option<Located<bool>>,
    /// The primary key.
    pub primary_key: Option<Located<Item<KeyExpectation>>>,
    /// Unique constraints by their columns.
    pub unique: Vec<Located<Item<KeyExpectation>>>,
    /// Foreign keys by their columns.
    pub foreign_keys: Entries<Located<Item<ForeignKeyExpectation>>, Plain>,
    /// Check constraints by name.
    pub checks: Entries<Located<Item<CheckExpectation>>, Part>,
    /// Constraints of any kind by name.
    pub constraints: Entries<Located<Item<ConstraintExpectation>>, Part>,
    /// Whether there may be constraints that are not listed.
    pub other_constraints: Option<Located<Others>>,
    /// Whether what is left out of the table, its columns and its constraints may be something.
    pub other_properties: Rest,
}

impl Object for TableExpectation {
    const HEADING: Heading = Heading {
        icon: "📋 ",
        title: "Tables",
        noun: "table",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = Table;

    fn mention(&self, schema: &str, name: &str, rest: &Rest, mentioned: &mut Mentioned) {
        let rest = self.other_properties.as_ref().or(rest.as_ref()).cloned();
        if or_default(&self.rls, &rest, false).is_some() {
            mentioned.rls.insert((schema.to_owned(), name.to_owned()));
        }
    }

    fn table(table: &Table) -> Option<[&str; 2]> {
        Some([&table.schema, &table.name])
    }

    fn needs(&self) -> Selection {
        let mut kinds = Kinds::default();
        if !self.columns.0.is_empty() || self.other_columns.is_some() {
            kinds = kinds.and::<Column>().with(Names::NEEDS);
        }
        if self.partition_by.is_some() || self.other_properties.is_some() {
            kinds = kinds.with(Names::NEEDS);
        }
        if self.has_constraints() || !self.foreign_keys.0.is_empty() {
            kinds = kinds.and::<Constraint>();
        }
        if !self.checks.0.is_empty() || !self.constraints.0.is_empty() {
            kinds = kinds.with(Names::NEEDS);
        }
        let keys = self.primary_key.iter().chain(&self.unique);
        let mut keys = keys.filter_map(|item| match &item.value.expected {
            Expected::Present(KeyExpectation(key)) => Some(key),
            Expected::Absent => None,
        });
        if keys.any(|key| key.include.is_some()) {
            kinds = kinds.and::<Index>().with(Names::NEEDS);
        }
        for (_, item) in &self.constraints.0 {
            if let Expected::Present(ConstraintExpectation(wanted)) = &item.value.expected {
                kinds = kinds.with(wanted.needs());
            }
        }
        Selection::of(kinds)
    }

    fn rest(&mut self) -> Option<&mut Rest> {
        Some(&mut self.other_properties)
    }

    fn compare(
        &self,
        table: &Table,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&OWNER, "owner", &self.owner, &table.owner);
        self.properties(table, facts, examiner)?;
        let rest = &self.other_properties;
        for (code, property, expected, found) in [
            (&RLS, "row-level security", &self.rls, table.rls),
            (
                &RLS_FORCED,
                "row-level security for the owner",
                &self.rls_forced,
                table.rls_forced,
            ),
        ] {
            if let Some(expected) = &or_default(expected, rest, false) {
                examiner.either(code, property, expected, found, ["on", "off"]);
            }
        }
        let comment = table.comment.as_deref();
        examiner.comment(&COMMENT, &self.comment, rest, comment);
        self.columns(facts, examiner)?;
        self.constraints(facts, examiner)?;
        self.foreign_keys(facts, examiner)
    }

    fn written(table: &Table, catalog: &Catalog) -> Option<Value> {
        // Without its columns and constraints it would say less than there is.
        written::table(table, catalog).ok()
    }
}
