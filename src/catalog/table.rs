//! Tables and their row-level security flags.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// An ordinary or partitioned table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// Whether it is `PARTITION BY` something.
    pub partitioned: bool,
    /// Row-level security is enabled.
    pub rls: bool,
    /// Row-level security holds for the owner too.
    pub rls_forced: bool,
    /// `COMMENT ON TABLE`.
    pub comment: Option<String>,
}

impl Kind for Table {
    const SQL: &'static str = include_str!("../../sql/catalog/tables.sql");

    fn identity(&self) -> Identity {
        Identity::new("table", &self.schema, &self.name)
    }
}
