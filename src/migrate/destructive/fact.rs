//! What a database says of the objects that a deed names, and how their rows are told.

use serde::Deserialize;

use super::ask::MOST;
use crate::words;

/// What the database says of one object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fact {
    pub(super) schema: Option<String>,
    pub(super) name: Option<String>,
    pub(super) rows: Option<u64>,
    pub(super) estimate: Option<u64>,
    pub(super) nulls: Option<u64>,
    pub(super) r#type: Option<String>,
    pub(super) unique: Option<bool>,
    /// The server's own words for it.
    pub(super) definition: Option<String>,
    /// The view by which it was named.
    pub(super) view: Option<String>,
    /// Of those that are overwritten the columns that are there.
    pub(super) columns: Vec<String>,
    /// Tables whose rows go too.
    pub(super) along: Vec<Along>,
    /// Columns that refer to what goes, and lose that.
    pub(super) cleared: Vec<Along>,
    /// What CASCADE takes.
    pub(super) with: Vec<With>,
}

/// An object that CASCADE takes along.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct With {
    pub(super) kind: String,
    pub(super) schema: Option<String>,
    pub(super) table: Option<String>,
    pub(super) name: String,
    rows: Option<u64>,
    estimate: Option<u64>,
}

impl With {
    /// The name by which it is allowed, and told.
    pub(super) fn qualified(&self) -> String {
        let parts = [self.schema.as_deref(), self.table.as_deref()];
        let parts = parts.into_iter().flatten().chain([self.name.as_str()]);
        parts.collect::<Vec<_>>().join(".")
    }

    /// The name of its table, or of itself where it is none's.
    pub(super) fn place(&self) -> String {
        let schema = self.schema.as_deref().unwrap_or("public");
        let table = self.table.as_deref().unwrap_or(&self.name);
        format!("{schema}.{table}")
    }

    pub(super) fn holds_rows(&self) -> bool {
        ["table", "column", "foreign table"].contains(&self.kind.as_str())
    }

    pub(super) fn guards(&self) -> bool {
        ["policy", "trigger", "rule", "constraint"].contains(&self.kind.as_str())
    }

    pub(super) fn rows(&self) -> Rows {
        Rows::of(self.rows, self.estimate)
    }
}

/// A table, or a column of one, that goes with an object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Along {
    schema: String,
    name: String,
    column: Option<String>,
    rows: Option<u64>,
    estimate: Option<u64>,
}

/// A number of rows as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    Exactly(u64),
    AtLeast(u64),
    About(u64),
    Unknown,
}

impl Rows {
    pub(super) fn of(counted: Option<u64>, estimate: Option<u64>) -> Self {
        match (counted, estimate) {
            (Some(MOST..), Some(estimate)) if estimate >= MOST => Self::About(estimate),
            (Some(MOST..), _) => Self::AtLeast(MOST),
            (Some(counted), _) => Self::Exactly(counted),
            (None, Some(estimate)) => Self::About(estimate),
            (None, None) => Self::Unknown,
        }
    }

    /// `3 rows`, `about 1,200,000 rows`.
    pub(super) fn words(self) -> String {
        self.count("row", "rows")
    }

    /// The same of what is counted in rows: `about 3 values`.
    pub(super) fn count(self, one: &str, many: &str) -> String {
        match self {
            Self::Exactly(count) => words::count(count, one, many),
            Self::AtLeast(count) => format!("more than {}", words::count(count, one, many)),
            Self::About(count) => format!("about {}", words::count(count, one, many)),
            Self::Unknown => format!("an unknown number of {many}"),
        }
    }

    pub(super) fn number(self) -> Option<u64> {
        match self {
            Self::Exactly(count) | Self::AtLeast(count) | Self::About(count) => Some(count),
            Self::Unknown => None,
        }
    }

    /// Whether there is surely none.
    pub(super) fn none(self) -> bool {
        self == Self::Exactly(0)
    }

    pub(super) fn is(self) -> &'static str {
        match self {
            Self::Exactly(1) => "is",
            _ => "are",
        }
    }
}

impl Fact {
    pub(super) fn qualified(&self) -> String {
        let name = self.name.as_deref().unwrap_or_default();
        match &self.schema {
            Some(schema) => format!("{schema}.{name}"),
            None => name.to_owned(),
        }
    }

    pub(super) fn rows(&self) -> Rows {
        Rows::of(self.rows, self.estimate)
    }
}

impl Along {
    pub(super) fn name(&self) -> String {
        match &self.column {
            Some(column) => format!("{}.{}.{column}", self.schema, self.name),
            None => format!("{}.{}", self.schema, self.name),
        }
    }

    pub(super) fn rows(&self) -> Rows {
        Rows::of(self.rows, self.estimate)
    }
}

/// The sum of what is known.
pub(super) fn sum(rows: impl Iterator<Item = Rows>) -> Option<u64> {
    rows.filter_map(Rows::number).reduce(|one, two| one + two)
}
