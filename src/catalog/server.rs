//! Who answered.

use serde::{Deserialize, Serialize};

pub(super) const SQL: &str = include_str!("../../sql/catalog/server.sql");

/// The server, the database and the role that read the catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// `server_version`, for example `15.18 (Debian 15.18-0+deb12u1)`.
    pub version: String,
    /// `server_version_num`: major × 10,000 + minor.
    pub version_num: u32,
    /// The database.
    pub database: String,
    /// `current_user`.
    pub current_role: String,
    /// Whether that role is a superuser.
    pub superuser: bool,
    /// The tables that are ledgers of supaproof, with their indexes: schema and name.
    #[serde(default)]
    pub ledgers: Vec<[String; 2]>,
}

impl Server {
    /// The major version: 15, 16, …
    pub fn major(&self) -> u32 {
        self.version_num / 10_000
    }

    /// Whether this is a ledger of supaproof, which is nobody's schema.
    pub fn keeps(&self, schema: &str, name: &str) -> bool {
        (self.ledgers.iter()).any(|[own, table]| own == schema && table == name)
    }
}
