//! Foreign tables.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

/// A foreign table. Its columns are among the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignTable {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// The foreign server.
    pub server: String,
    /// Options as `name=value`, sorted. Values are hidden unless the option is known to hold no secret.
    pub options: Vec<String>,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON FOREIGN TABLE`.
    pub comment: Option<String>,
}

impl Kind for ForeignTable {
    const SQL: &'static str = include_str!("../../sql/catalog/foreign_tables.sql");

    fn identity(&self) -> Identity {
        Identity::new("foreign table", &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
