//! Casts.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A cast that is not the system's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cast {
    /// From this type.
    pub source: String,
    /// To this type.
    pub target: String,
    /// `function`, `inout` or `binary`.
    pub method: String,
    /// The function with its argument types.
    pub function: Option<String>,
    /// `explicit`, `assignment` or `implicit`.
    pub context: String,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON CAST`.
    pub comment: Option<String>,
}

impl Kind for Cast {
    const SQL: &'static str = include_str!("../../sql/catalog/casts.sql");

    fn identity(&self) -> Identity {
        Identity::new("cast", "", format!("({} AS {})", self.source, self.target))
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform("", self.extension.as_deref())
    }
}
