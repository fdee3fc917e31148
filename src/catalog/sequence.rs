//! Sequences.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind, Persistence};

/// The column that a sequence belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceOwner {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

/// A sequence. Where it stands is data, and not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// Whether it survives a crash.
    pub persistence: Persistence,
    /// `smallint`, `integer` or `bigint`.
    pub r#type: String,
    /// START.
    pub start: i64,
    /// MINVALUE.
    pub min: i64,
    /// MAXVALUE.
    pub max: i64,
    /// INCREMENT.
    pub increment: i64,
    /// CACHE.
    pub cache: i64,
    /// CYCLE.
    pub cycle: bool,
    /// The column that it goes away with.
    pub owned_by: Option<SequenceOwner>,
    /// Whether it came with an identity column.
    pub identity: bool,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON SEQUENCE`.
    pub comment: Option<String>,
}

impl Kind for Sequence {
    const SQL: &'static str = include_str!("../../sql/catalog/sequences.sql");

    fn identity(&self) -> Identity {
        Identity::new("sequence", &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
