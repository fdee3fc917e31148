//! Collations.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A collation that is not the system's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collation {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// `libc`, `icu` or `builtin` (Postgres 17).
    pub provider: String,
    /// The locale; of libc `LC_COLLATE`.
    pub locale: Option<String>,
    /// `LC_CTYPE` of libc.
    pub ctype: Option<String>,
    /// Whether only equal bytes are equal.
    pub deterministic: bool,
    /// Further rules of ICU (Postgres 16).
    pub rules: Option<String>,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON COLLATION`.
    pub comment: Option<String>,
}

impl Kind for Collation {
    const SQL: &'static str = include_str!("../../sql/catalog/collations.sql");

    fn identity(&self) -> Identity {
        Identity::new("collation", &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
