//! Indexes: table, method, columns, uniqueness, predicate.

use serde::Deserialize;

use crate::catalog::{Identity, Index, Kinds, Selection, Table, Unread};
use crate::meaning::{self, Names, ObjectName};
use crate::source::{Entries, Located};

use super::{Check, Code, Examiner, Expectation, Facts, Heading, Scope, Severity};

/// Finding codes of this kind.
pub const CODES: &[Code] = &[
    MISSING, TABLE, METHOD, COLUMNS, UNIQUE, PREDICATE, INCLUDE, INVALID,
];
const MISSING: Code = Code {
    name: "index-missing",
    meaning: "an expected index is not there",
};
const TABLE: Code = Code {
    name: "index-table",
    meaning: "an index is on another table",
};
const METHOD: Code = Code {
    name: "index-method",
    meaning: "an index uses another access method",
};
const COLUMNS: Code = Code {
    name: "index-columns",
    meaning: "an index has other key columns, or has them in another order",
};
const UNIQUE: Code = Code {
    name: "index-unique",
    meaning: "an index is unique where it should not be, or the reverse",
};
const PREDICATE: Code = Code {
    name: "index-predicate",
    meaning: "a partial index covers other rows",
};
const INCLUDE: Code = Code {
    name: "index-include",
    meaning: "an index includes other columns",
};
const INVALID: Code = Code {
    name: "index-invalid",
    meaning: "an index is invalid: its concurrent creation failed or still runs",
};

const HEADING: Heading = Heading {
    icon: "📊 ",
    title: "Indexes",
    noun: "index",
};

/// `indexes:` with a title for the line of the report.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    title: Option<String>,
    items: Entries<IndexExpectation>,
}

/// What is expected of an index. What is left out of `unique`, `where` and `include` is expected not to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexExpectation {
    /// The table.
    pub table: Located<String>,
    /// The access method.
    #[serde(default = "btree")]
    pub method: String,
    /// The key columns in order, each as CREATE INDEX takes it (`created_at desc`, `lower(email)`).
    pub columns: Vec<String>,
    /// UNIQUE.
    #[serde(default)]
    pub unique: bool,
    /// The predicate of a partial index.
    #[serde(default)]
    pub r#where: Option<String>,
    /// INCLUDE columns.
    #[serde(default)]
    pub include: Vec<String>,
    /// What to do where it is not so.
    #[serde(default)]
    pub help: Option<String>,
    /// What a mismatch counts as.
    #[serde(default)]
    pub severity: Severity,
}

fn btree() -> String {
    "btree".to_owned()
}

impl Section {
    pub(super) fn expand(self, scope: &Scope<'_>, out: &mut Vec<Expectation>) {
        let summary = self.title.unwrap_or_else(|| "Indexes".to_owned());
        for (key, mut item) in self.items.0 {
            let name = ObjectName::parse(&key.value);
            out.push(Expectation {
                subject: Identity::new("index", name.schema_or(scope.schema), &name.name),
                label: format!("{name} index exists"),
                origin: scope.origin(&key),
                heading: HEADING,
                summary: Some(summary.clone()),
                required: scope.required,
                quiet: false,
                help: item.help.take(),
                severity: item.severity,
                check: Box::new(item),
            });
        }
    }
}

impl Check for IndexExpectation {
    fn needs(&self) -> Selection {
        let table = ObjectName::parse(&self.table.value);
        let needs = Selection::of(Kinds::of::<Index>().and::<Table>().with(Names::NEEDS));
        match table.schema {
            Some(schema) => needs.within(&schema),
            None => needs,
        }
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let subject = examiner.subject();
        let wanted = ObjectName::parse(&self.table.value);
        let index = facts
            .catalog
            .indexes
            .known()?
            .iter()
            .find(|i| i.schema == subject.schema && i.name == subject.name);
        let Some(index) = index else {
            if facts
                .catalog
                .table(wanted.schema_or(&subject.schema), &wanted.name)?
                .is_none()
            {
                examiner.skip(format!("its table {wanted} is not there"));
            } else {
                examiner.presence(&MISSING, false, "no index of this name");
            }
            return Ok(());
        };
        examiner.presence(&MISSING, true, "");
        examiner.property(
            &TABLE,
            "table",
            wanted.name == index.table && wanted.schema_or(&index.schema) == index.schema,
            wanted.name,
            index.table.clone(),
        );
        examiner.optional(&METHOD, "method", Some(&self.method), &index.method);
        let names = Names::of_table(facts.catalog, &index.schema, &index.table)?;
        let columns: Vec<String> = index.columns.iter().map(ToString::to_string).collect();
        examiner.property(
            &COLUMNS,
            "columns",
            meaning::same_index_columns(&self.columns, &columns, &names),
            list(&self.columns),
            list(&columns),
        );
        examiner.property(
            &UNIQUE,
            "uniqueness",
            self.unique == index.unique,
            uniqueness(self.unique),
            uniqueness(index.unique),
        );
        examiner.property(
            &PREDICATE,
            "predicate",
            meaning::same_optional_expression(
                self.r#where.as_deref(),
                index.predicate.as_deref(),
                &names,
            ),
            predicate(self.r#where.as_deref()),
            predicate(index.predicate.as_deref()),
        );
        examiner.property(
            &INCLUDE,
            "include",
            meaning::same_index_columns(&self.include, &index.include, &names),
            list(&self.include),
            list(&index.include),
        );
        examiner.property(
            &INVALID,
            "validity",
            index.valid,
            "a valid index",
            "an invalid one",
        );
        Ok(())
    }
}

fn list(items: &[String]) -> String {
    format!("({})", items.join(", "))
}

fn uniqueness(unique: bool) -> &'static str {
    if unique { "unique" } else { "not unique" }
}

fn predicate(text: Option<&str>) -> String {
    text.map_or_else(|| "none".to_owned(), ToOwned::to_owned)
}
