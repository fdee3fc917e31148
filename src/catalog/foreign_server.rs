//! Foreign servers.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

/// A foreign server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignServer {
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// The foreign-data wrapper.
    pub wrapper: String,
    /// TYPE.
    pub r#type: Option<String>,
    /// VERSION.
    pub version: Option<String>,
    /// Options as `name=value`, sorted. Values are hidden unless the option is known to hold no secret.
    pub options: Vec<String>,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON SERVER`.
    pub comment: Option<String>,
}

impl Kind for ForeignServer {
    const SQL: &'static str = include_str!("../../sql/catalog/foreign_servers.sql");

    fn identity(&self) -> Identity {
        Identity::new("server", "", &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform("", self.extension.as_deref())
    }
}
