//! Text search dictionaries.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A text search dictionary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextSearchDictionary {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// The template, with its schema where that is not `pg_catalog`.
    pub template: String,
    /// Its options as the server prints them.
    pub options: Option<String>,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON TEXT SEARCH DICTIONARY`.
    pub comment: Option<String>,
}

impl Kind for TextSearchDictionary {
    const SQL: &'static str = include_str!("../../sql/catalog/text_search_dictionaries.sql");

    fn identity(&self) -> Identity {
        Identity::new("text search dictionary", &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
