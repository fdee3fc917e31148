//! Default privileges.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

/// What `ALTER DEFAULT PRIVILEGES` left for the objects that a role will create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPrivilege {
    /// The role that creates.
    pub role: String,
    /// Only in this schema, in addition to what holds everywhere; none for everywhere, where the list is the whole.
    pub schema: Option<String>,
    /// `tables`, `sequences`, `functions`, `types`, `schemas` or `large objects` (Postgres 18).
    pub objects: String,
    /// What the new object starts with.
    pub privileges: Acl,
}

impl Kind for DefaultPrivilege {
    const SQL: &'static str = include_str!("../../sql/catalog/default_privileges.sql");

    fn identity(&self) -> Identity {
        let place = match &self.schema {
            Some(schema) => format!(" in schema {schema}"),
            None => String::new(),
        };
        Identity::new(
            "default privileges",
            "",
            format!("for role {}{place} on {}", self.role, self.objects),
        )
    }

    fn is_platform(&self) -> bool {
        self.schema
            .as_deref()
            .is_some_and(crate::platform::facts::owns_schema)
    }
}
