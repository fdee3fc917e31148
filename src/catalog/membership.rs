//! Which role is a member of which.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// That a role is a member of another, by whatever number of grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The member.
    pub member: String,
    /// The role that it is a member of; also one of Postgres's own.
    pub role: String,
    /// ADMIN: it may hand the membership on.
    pub admin: bool,
    /// It has the privileges of the role without SET ROLE. Before Postgres 16 this is the INHERIT of the member.
    pub inherit: bool,
    /// It may SET ROLE. Before Postgres 16 always.
    pub set: bool,
    /// Who granted it, sorted.
    pub grantors: Vec<String>,
}

impl Kind for Membership {
    const SQL: &'static str = include_str!("../../sql/catalog/memberships.sql");

    fn identity(&self) -> Identity {
        Identity::new(
            "role membership",
            "",
            format!("{} in {}", self.member, self.role),
        )
    }

    fn is_platform(&self) -> bool {
        let ours = |role: &str| {
            crate::platform::facts::owns_role(role)
                || crate::platform::facts::is_postgres_role(role)
        };
        ours(&self.member) && ours(&self.role)
    }
}
