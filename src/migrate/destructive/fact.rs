//! What a database says of the objects that a deed names, and how their rows are told.

use serde::Deserialize;

use super::ask::MOST;

/// What the database says of one object.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fact {
    pub(super) schema: Option<String>,
    pub(super) name: Option<String>,
    pub(super) rows: Option<u64>,
    pub(super) estimate: Option<u64>,
    pub(super) nulls: Option<u64>,
    pub(super) r#type: Option<String>,
    pub(super) unique: Option<bool>,
    pub(super) along: Vec<Along>,
}

/// A table, or a column of one, that goes with an object.
#[derive(Debug, Default, Deserialize)]
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
        match self {
            Self::Exactly(1) => "1 row".to_owned(),
            Self::Exactly(count) => format!("{} rows", grouped(count)),
            Self::AtLeast(count) => format!("more than {} rows", grouped(count)),
            Self::About(1) => "about 1 row".to_owned(),
            Self::About(count) => format!("about {} rows", grouped(count)),
            Self::Unknown => "an unknown number of rows".to_owned(),
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

/// A number with commas between its thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
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

    /// What goes along, in words: `with 3 rows in public.a`.
    pub(super) fn along(&self) -> Option<(String, Option<u64>)> {
        let held: Vec<(String, Rows)> = self
            .along
            .iter()
            .map(|table| {
                let name = match &table.column {
                    Some(column) => format!("{}.{}.{column}", table.schema, table.name),
                    None => format!("{}.{}", table.schema, table.name),
                };
                (name, Rows::of(table.rows, table.estimate))
            })
            .filter(|(_, rows)| !rows.none())
            .collect();
        if held.is_empty() {
            return None;
        }
        let mut each: Vec<String> = held
            .iter()
            .take(5)
            .map(|(name, rows)| format!("{} in {name}", rows.words()))
            .collect();
        if held.len() > 5 {
            each.push(format!("{} more tables", held.len() - 5));
        }
        let sum = held.iter().filter_map(|(_, rows)| rows.number()).sum();
        Some((each.join(", "), Some(sum)))
    }
}
