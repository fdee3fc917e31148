//! Security labels.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A security label, which an extension reads: masking rules, for example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityLabel {
    /// The provider.
    pub provider: String,
    /// The kind of the object in the server's word.
    pub r#type: String,
    /// The object, as the server writes it.
    pub object: String,
    /// The label.
    pub label: String,
}

impl Kind for SecurityLabel {
    const SQL: &'static str = include_str!("../../sql/catalog/security_labels.sql");

    fn identity(&self) -> Identity {
        Identity::new(
            "security label",
            "",
            format!("{} on {} {}", self.provider, self.r#type, self.object),
        )
    }
}
