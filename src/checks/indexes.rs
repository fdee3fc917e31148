//! Indexes: table, method, columns, uniqueness, predicate.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{Index, Kinds, Selection, Table, Unread};
use crate::meaning::canon::Verdict;
use crate::meaning::{self, Names, ObjectName};
use crate::source::Located;

use super::{Examiner, Facts, Heading, Object, Objects, Presence, Wanted, codes};

codes! {
    of "index": "index", "indexes";
    TABLE: "index-table", "an index is on another table";
    METHOD: "index-method", "an index uses another access method";
    COLUMNS: "index-columns", "an index has other key columns, or has them in another order";
    UNIQUE: "index-unique", "an index is unique where it should not be, or the reverse";
    PREDICATE: "index-predicate", "a partial index covers other rows";
    INCLUDE: "index-include", "an index includes other columns";
    INVALID: "index-invalid", "an index is invalid: its concurrent creation failed or still runs";
}

/// `indexes:` by name.
pub type Section = Objects<IndexExpectation>;

/// What is expected of an index. What is left out of `unique`, `where` and `include` is expected not to be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `table` and `columns`"
)]
pub struct IndexExpectation {
    /// The table.
    pub table: Located<String>,
    /// The access method.
    #[serde(default = "btree")]
    pub method: Located<String>,
    /// The key columns in order, each as CREATE INDEX takes it (`created_at desc`, `lower(email)`).
    pub columns: Located<Vec<String>>,
    /// UNIQUE.
    #[serde(default)]
    pub unique: Located<bool>,
    /// The predicate of a partial index.
    #[serde(default)]
    pub r#where: Option<Located<String>>,
    /// INCLUDE columns.
    #[serde(default)]
    pub include: Located<Vec<String>>,
}

fn btree() -> Located<String> {
    Located::left_out("btree".to_owned())
}

impl Object for IndexExpectation {
    const HEADING: Heading = Heading {
        icon: "📊 ",
        title: "Indexes",
        noun: "index",
    };
    const PRESENCE: Presence = PRESENCE;
    const SUMMARY: Option<&'static str> = Some("Indexes");
    type Found = Index;

    fn table(index: &Index) -> Option<[&str; 2]> {
        Some([&index.schema, &index.table])
    }

    fn needs(&self) -> Selection {
        let table = ObjectName::parse(&self.table.value);
        let needs = Selection::of(Kinds::of::<Table>().with(Names::NEEDS));
        match table.schema {
            Some(schema) => needs.within(&schema),
            None => needs,
        }
    }

    fn missing(
        &self,
        wanted: &Wanted,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let table = ObjectName::parse(&self.table.value);
        let schema = table.schema_or(&wanted.identity.schema);
        match facts.catalog.table(schema, &table.name)? {
            None => examiner.skip_without_table(&table),
            Some(_) => examiner.missing(&PRESENCE.missing, Self::HEADING.noun, facts),
        }
        Ok(())
    }

    fn compare(
        &self,
        index: &Index,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let wanted = ObjectName::parse(&self.table.value);
        examiner.property(
            &TABLE,
            "table",
            &self.table,
            wanted.name == index.table && wanted.schema_or(&index.schema) == index.schema,
            wanted.name,
            index.table.clone(),
        );
        examiner.property(
            &METHOD,
            "method",
            &self.method,
            self.method.value == index.method,
            &self.method.value,
            &index.method,
        );
        let names = Names::of_table(facts.catalog, &index.schema, &index.table)?;
        let columns: Vec<String> = index.columns.iter().map(ToString::to_string).collect();
        for (code, property, expected, found) in [
            (&COLUMNS, "columns", &self.columns, &columns),
            (&INCLUDE, "include", &self.include, &index.include),
        ] {
            let mut same = Verdict::from(expected.value.len() == found.len());
            for (a, b) in expected.value.iter().zip(found) {
                let by_text = meaning::same_index_column(a, b, &names);
                let question = || names.index_question(&index.method, a, b);
                same = same.and(examiner.meaning(by_text, question));
            }
            examiner.property(
                code,
                property,
                expected,
                same,
                list(&expected.value),
                list(found),
            );
        }
        let words = ["unique", "not unique"];
        examiner.either(&UNIQUE, "uniqueness", &self.unique, index.unique, words);
        let predicate = index.predicate.as_deref();
        examiner.expression(&PREDICATE, "predicate", &self.r#where, predicate, &names);
        let words = ["a valid index", "an invalid one"];
        let valid = Located::left_out(true);
        examiner.either(&INVALID, "validity", &valid, index.valid, words);
        Ok(())
    }

    fn like(index: &Index) -> String {
        let columns: Vec<String> = index.columns.iter().map(ToString::to_string).collect();
        format!(
            "on {} using {} {}",
            index.table,
            index.method,
            list(&columns)
        )
    }
}

fn list(items: &[String]) -> String {
    format!("({})", items.join(", "))
}
