//! Tables: that they are there, row-level security, columns, constraints.

mod column;
mod constraints;
mod foreign_key;
mod shorthand;

use serde::Deserialize;

use crate::catalog::{Catalog, Identity, Table};
use crate::meaning::ObjectName;
use crate::source::{Entries, Located};

pub use column::ColumnExpectation;
pub use foreign_key::ForeignKeyExpectation;

use super::object::item;
use super::{Code, Examiner, Expectation, Facts, FileScope, Heading, Mentioned, Object, codes};

codes! {
    MISSING: "table-missing", "an expected table is not there";
    OWNER: "table-owner", "a table belongs to another role";
    RLS: "table-rls", "row-level security is off where it should be on, or the reverse";
    RLS_FORCED: "table-rls-forced", "row-level security does not hold for the owner where it should, or the reverse";
    COMMENT: "table-comment", "a table has another comment";
    + column::MISSING,
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
        foreign_key::MATCH;
}

/// `tables:` by name.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Section(Entries<TableExpectation>);

item! {
    /// What is expected of a table. What is left out may be anything.
    #[derive(Default)]
    #[serde(default)]
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
        pub columns: Entries<Located<ColumnExpectation>>,
        /// The columns of the primary key in order.
        pub primary_key: Option<Located<Vec<String>>>,
        /// Unique constraints, each the list of its columns.
        pub unique: Vec<Located<Vec<String>>>,
        /// Foreign keys by their columns.
        pub foreign_keys: Entries<Located<ForeignKeyExpectation>>,
        /// Check constraints by name, each an expression.
        pub checks: Entries<Located<String>>,
    }
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

    pub(super) fn expand(self, scope: &FileScope<'_>, out: &mut Vec<Expectation>) {
        out.extend(
            self.0
                .0
                .into_iter()
                .map(|(key, item)| scope.object(&key, item)),
        );
    }
}

impl Object for TableExpectation {
    const HEADING: Heading = Heading {
        icon: "📋 ",
        title: "Tables",
        noun: "table",
    };
    const MISSING: Code = MISSING;
    type Found = Table;

    fn find<'a>(&self, catalog: &'a Catalog, wanted: &Identity) -> Option<&'a Table> {
        catalog.table(&wanted.schema, &wanted.name)
    }

    fn compare(&self, table: &Table, facts: &Facts<'_>, examiner: &mut Examiner<'_>) {
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
        self.columns(facts, examiner);
        self.constraints(facts, examiner);
        self.foreign_keys(facts, examiner);
    }
}
