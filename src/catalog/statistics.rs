//! Extended statistics.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// What CREATE STATISTICS made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// The table, with its schema.
    pub table: String,
    /// `dependencies`, `mcv`, `ndistinct`; none of an expression alone.
    pub kinds: Vec<String>,
    /// The columns, in quotes where they need them.
    pub columns: Vec<String>,
    /// The expressions as the server prints them.
    pub expressions: Vec<String>,
    /// ALTER STATISTICS … SET STATISTICS; -1 for the server's own.
    pub target: i32,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON STATISTICS`.
    pub comment: Option<String>,
}

impl Kind for Statistics {
    const SQL: &'static str = include_str!("../../sql/catalog/statistics.sql");

    fn identity(&self) -> Identity {
        Identity::new("statistics object", &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
