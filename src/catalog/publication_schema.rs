//! Schemas of publications.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A schema all of whose tables are published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationSchema {
    /// The publication.
    pub publication: String,
    /// The schema.
    pub schema: String,
}

impl Kind for PublicationSchema {
    const SQL: &'static str = include_str!("../../sql/catalog/publication_schemas.sql");

    fn identity(&self) -> Identity {
        Identity::new(
            "publication namespace",
            "",
            format!("{} in publication {}", self.schema, self.publication),
        )
    }

    fn is_platform(&self) -> bool {
        crate::platform::facts::owns_schema(&self.schema)
    }
}
