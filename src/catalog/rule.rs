//! Rewrite rules.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind, TriggerState};

/// A rule of a table or view, other than the one that makes a view a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The table's schema.
    pub schema: String,
    /// The table or view.
    pub table: String,
    /// Its name, unique within the table.
    pub name: String,
    /// `select`, `insert`, `update` or `delete`.
    pub event: String,
    /// INSTEAD, else ALSO.
    pub instead: bool,
    /// Whether it is applied.
    pub enabled: TriggerState,
    /// The whole as the server prints it.
    pub definition: String,
    /// `COMMENT ON RULE`.
    pub comment: Option<String>,
}

impl Kind for Rule {
    const SQL: &'static str = include_str!("../../sql/catalog/rules.sql");

    fn identity(&self) -> Identity {
        Identity::new(
            "rule",
            &self.schema,
            format!("{} on {}", self.name, self.table),
        )
    }
}
