//! Schemas.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

/// A schema that is not the system's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON SCHEMA`.
    pub comment: Option<String>,
}

impl Kind for Schema {
    const SQL: &'static str = include_str!("../../sql/catalog/schemas.sql");

    fn identity(&self) -> Identity {
        Identity::new("schema", "", &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.name, self.extension.as_deref()) || self.name == "public"
    }
}
