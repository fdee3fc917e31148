//! Text search configurations.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// The dictionaries that a kind of token goes through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextSearchMapping {
    /// The kind of token: `asciiword`, `email`, …
    pub token: String,
    /// The dictionaries in order.
    pub dictionaries: Vec<String>,
}

/// A text search configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextSearchConfiguration {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// The parser, with its schema where that is not `pg_catalog`.
    pub parser: String,
    /// What happens to each kind of token, by its name.
    pub mappings: Vec<TextSearchMapping>,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON TEXT SEARCH CONFIGURATION`.
    pub comment: Option<String>,
}

impl Kind for TextSearchConfiguration {
    const SQL: &'static str = include_str!("../../sql/catalog/text_search_configurations.sql");

    fn identity(&self) -> Identity {
        Identity::new("text search configuration", &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
