//! Domains.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

/// A check constraint of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCheck {
    /// Its name.
    pub name: String,
    /// The expression, in which the value is called VALUE.
    pub expression: String,
    /// False after NOT VALID.
    pub validated: bool,
    /// `COMMENT ON CONSTRAINT … ON DOMAIN`.
    pub comment: Option<String>,
}

/// A domain: a type with rules of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// The type beneath, with its modifiers.
    pub r#type: String,
    /// `NOT NULL`.
    pub not_null: bool,
    /// The default expression.
    pub default: Option<String>,
    /// The collation, quoted where it has to be, where it is not that of the type beneath.
    pub collation: Option<String>,
    /// The check constraints, by name.
    pub checks: Vec<DomainCheck>,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON DOMAIN`.
    pub comment: Option<String>,
}

impl Kind for Domain {
    const SQL: &'static str = include_str!("../../sql/catalog/domains.sql");

    fn identity(&self) -> Identity {
        Identity::new("domain", &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
