//! Schemas.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A schema that is not the system's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// `COMMENT ON SCHEMA`.
    pub comment: Option<String>,
}

impl Kind for Schema {
    const SQL: &'static str = include_str!("../../sql/catalog/schemas.sql");

    fn identity(&self) -> Identity {
        Identity::new("schema", "", &self.name)
    }

    fn is_platform(&self) -> bool {
        crate::platform::facts::owns_schema(&self.name) || self.name == "public"
    }
}
