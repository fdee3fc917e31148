//! Columns of tables, views, materialised views and foreign tables.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

vocabulary! {
    /// How a generated column gets its value. Source: `attgenerated` in catalog/pg_attribute.h.
    Generated {
        /// STORED: computed when the row is written.
        Stored = "stored",
        /// VIRTUAL (Postgres 18): computed when the row is read.
        Virtual = "virtual",
    }
}

/// A column of a table or of what can be read like one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The relation's schema.
    pub schema: String,
    /// The table, view, materialised view or foreign table.
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
    /// Whether a generated column is stored.
    pub generated_kind: Option<Generated>,
    /// The collation, quoted where it has to be, where it is not the type's.
    pub collation: Option<String>,
    /// `plain`, `external`, `main` or `extended`, where it is not the type's own.
    pub storage: Option<String>,
    /// `pglz` or `lz4`, where one was set.
    pub compression: Option<String>,
    /// The statistics target, where one was set.
    pub statistics: Option<i32>,
    /// `n_distinct` and the like, as `name=value`.
    pub options: Vec<String>,
    /// Options of a foreign table's column as `name=value`; values that may be secret are hidden.
    pub foreign_options: Vec<String>,
    /// Whether a parent has it too.
    pub inherited: bool,
    /// Privileges on this column alone, beside those on the whole table.
    pub privileges: Acl,
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
