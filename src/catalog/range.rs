//! Range types.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

/// A range type, with the multirange type that comes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// What it is a range of.
    pub subtype: String,
    /// The collation, quoted where it has to be, where it is not the subtype's.
    pub collation: Option<String>,
    /// The operator class that orders it, where it is not the subtype's default.
    pub operator_class: Option<String>,
    /// The function that brings values to one form.
    pub canonical: Option<String>,
    /// The function that says how far two values are apart.
    pub subtype_diff: Option<String>,
    /// The multirange type, in the same schema.
    pub multirange: String,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON TYPE`.
    pub comment: Option<String>,
}

impl Kind for Range {
    const SQL: &'static str = include_str!("../../sql/catalog/ranges.sql");

    fn identity(&self) -> Identity {
        Identity::new("range", &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
