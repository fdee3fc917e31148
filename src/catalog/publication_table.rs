//! Tables of publications.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A table that a publication names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationTable {
    /// The publication.
    pub publication: String,
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The columns that are published, in the table's order; none for all.
    pub columns: Option<Vec<String>>,
    /// The WHERE that rows have to meet, as the server prints it.
    pub filter: Option<String>,
}

impl Kind for PublicationTable {
    const SQL: &'static str = include_str!("../../sql/catalog/publication_tables.sql");

    fn identity(&self) -> Identity {
        Identity::new(
            "publication relation",
            &self.schema,
            format!("{} in publication {}", self.table, self.publication),
        )
    }
}
