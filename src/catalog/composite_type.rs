//! Composite types.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

/// An attribute of a composite type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// The type with its modifiers.
    pub r#type: String,
    /// The collation, quoted where it has to be, where it is not the type's.
    pub collation: Option<String>,
    /// `COMMENT ON COLUMN`.
    pub comment: Option<String>,
}

/// A type made by `CREATE TYPE … AS (…)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeType {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// The attributes in order.
    pub attributes: Vec<Attribute>,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON TYPE`.
    pub comment: Option<String>,
}

impl Kind for CompositeType {
    const SQL: &'static str = include_str!("../../sql/catalog/composite_types.sql");

    fn identity(&self) -> Identity {
        Identity::new("composite type", &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
