//! Roles.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A role with its attributes. Its password is not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// SUPERUSER.
    pub superuser: bool,
    /// INHERIT; since Postgres 16 only what its next memberships start with.
    pub inherit: bool,
    /// CREATEROLE.
    pub create_role: bool,
    /// CREATEDB.
    pub create_db: bool,
    /// LOGIN.
    pub login: bool,
    /// REPLICATION.
    pub replication: bool,
    /// BYPASSRLS: no policy holds for it.
    pub bypass_rls: bool,
    /// CONNECTION LIMIT; -1 for any number.
    pub connection_limit: i32,
    /// When its password ends, in UTC as in `2030-01-31T12:00:00Z`, or `infinity`.
    pub valid_until: Option<String>,
    /// `COMMENT ON ROLE`.
    pub comment: Option<String>,
}

impl Kind for Role {
    const SQL: &'static str = include_str!("../../sql/catalog/roles.sql");

    fn identity(&self) -> Identity {
        Identity::new("role", "", &self.name)
    }

    fn is_platform(&self) -> bool {
        crate::platform::facts::owns_role(&self.name)
    }
}
