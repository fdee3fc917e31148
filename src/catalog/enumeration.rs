//! Enum types.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

/// An enum type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// The labels in their order.
    pub labels: Vec<String>,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON TYPE`.
    pub comment: Option<String>,
}

impl Kind for Enum {
    const SQL: &'static str = include_str!("../../sql/catalog/enums.sql");

    fn identity(&self) -> Identity {
        Identity::new("enum", &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
