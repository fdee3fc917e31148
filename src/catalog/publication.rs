//! Publications.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A publication. Its tables and schemas are objects of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// FOR ALL TABLES.
    pub all_tables: bool,
    /// `insert`, `update`, `delete`, `truncate`, in this order.
    pub operations: Vec<String>,
    /// Changes of partitions are published as those of the root.
    pub via_root: bool,
    /// `none` or `stored` (Postgres 18).
    pub generated_columns: String,
    /// `COMMENT ON PUBLICATION`.
    pub comment: Option<String>,
}

impl Kind for Publication {
    const SQL: &'static str = include_str!("../../sql/catalog/publications.sql");

    fn identity(&self) -> Identity {
        Identity::new("publication", "", &self.name)
    }

    fn is_platform(&self) -> bool {
        crate::platform::facts::owns_publication(&self.name)
    }
}
