//! User mappings.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// As whom a role connects to a foreign server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserMapping {
    /// The foreign server.
    pub server: String,
    /// The role; `public` for all others.
    pub role: String,
    /// Options as `name=value`, sorted, hidden as those of servers; none where the server shows them to others only.
    pub options: Option<Vec<String>>,
}

impl Kind for UserMapping {
    const SQL: &'static str = include_str!("../../sql/catalog/user_mappings.sql");

    fn identity(&self) -> Identity {
        Identity::new(
            "user mapping",
            "",
            format!("for {} on server {}", self.role, self.server),
        )
    }
}
