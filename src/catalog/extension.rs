//! Extensions.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// An installed extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// The schema that its objects were put into.
    pub schema: String,
    /// The installed version.
    pub version: String,
    /// The role that owns it.
    pub owner: String,
    /// Whether `ALTER EXTENSION … SET SCHEMA` works.
    pub relocatable: bool,
    /// Whether it only stands in for the real one on a private cluster: its comment begins with "stand-in".
    pub stand_in: bool,
    /// `COMMENT ON EXTENSION`.
    pub comment: Option<String>,
}

impl Kind for Extension {
    const SQL: &'static str = include_str!("../../sql/catalog/extensions.sql");

    fn identity(&self) -> Identity {
        Identity::new("extension", "", &self.name)
    }

    fn is_platform(&self) -> bool {
        crate::platform::facts::owns_extension(&self.name)
    }
}
