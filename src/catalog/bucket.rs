//! Storage buckets.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A bucket of the Storage service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its id, by which policies and the API know it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether anybody may read what is in it.
    pub public: bool,
    /// The largest file in bytes; none for no limit of its own.
    pub file_size_limit: Option<i64>,
    /// The types that it takes, in the order given; none for all.
    pub allowed_mime_types: Option<Vec<String>>,
    /// `STANDARD` or `ANALYTICS`; none in projects from before there were two.
    pub r#type: Option<String>,
}

impl Kind for Bucket {
    const SQL: &'static str = include_str!("../../sql/catalog/buckets.sql");

    fn identity(&self) -> Identity {
        Identity::new("bucket", "", &self.id)
    }
}
