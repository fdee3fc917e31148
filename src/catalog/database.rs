//! The database itself.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

/// The database that was read. One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// The role that owns it.
    pub owner: String,
    /// For example UTF8.
    pub encoding: String,
    /// `LC_COLLATE`.
    pub collate: String,
    /// `LC_CTYPE`.
    pub ctype: String,
    /// `libc`, `icu` or `builtin` (Postgres 17).
    pub locale_provider: String,
    /// How many connections it allows; -1 for any number.
    pub connection_limit: i32,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// `COMMENT ON DATABASE`.
    pub comment: Option<String>,
}

impl Kind for Database {
    const SQL: &'static str = include_str!("../../sql/catalog/databases.sql");

    fn identity(&self) -> Identity {
        // Not its name: a copy is the same.
        Identity::new("database", "", "")
    }

    fn is_platform(&self) -> bool {
        true
    }
}
