//! Foreign-data wrappers.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

/// A foreign-data wrapper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignDataWrapper {
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// The handler function.
    pub handler: Option<String>,
    /// The validator function.
    pub validator: Option<String>,
    /// Options as `name=value`, sorted. Values are hidden unless the option is known to hold no secret.
    pub options: Vec<String>,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON FOREIGN DATA WRAPPER`.
    pub comment: Option<String>,
}

impl Kind for ForeignDataWrapper {
    const SQL: &'static str = include_str!("../../sql/catalog/foreign_data_wrappers.sql");

    fn identity(&self) -> Identity {
        Identity::new("foreign-data wrapper", "", &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform("", self.extension.as_deref())
    }
}
