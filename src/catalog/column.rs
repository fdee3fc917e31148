//! Columns of tables.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// Its place, from 1, without the holes that dropped columns leave.
    pub position: u32,
    /// The type with its modifiers, as `format_type` prints it with an empty search_path.
    pub r#type: String,
    /// `NOT NULL`.
    pub not_null: bool,
    /// The default expression.
    pub default: Option<String>,
    /// `always` or `by default` for an identity column.
    pub identity: Option<String>,
    /// The expression of a generated column.
    pub generated: Option<String>,
    /// `COMMENT ON COLUMN`.
    pub comment: Option<String>,
}

impl Kind for Column {
    const SQL: &'static str = include_str!("../../sql/catalog/columns.sql");

    fn identity(&self) -> Identity {
        Identity::new(
            "column",
            &self.schema,
            format!("{}.{}", self.table, self.name),
        )
    }
}
