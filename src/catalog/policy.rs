//! Row-level security policies.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

vocabulary! {
    /// The command that a policy is for.
    PolicyCommand {
        /// FOR ALL.
        All = "all",
        /// FOR SELECT.
        Select = "select",
        /// FOR INSERT.
        Insert = "insert",
        /// FOR UPDATE.
        Update = "update",
        /// FOR DELETE.
        Delete = "delete",
    }
}

/// A policy of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Its name, unique within the table.
    pub name: String,
    /// The command that it is for.
    pub command: PolicyCommand,
    /// PERMISSIVE, else RESTRICTIVE.
    pub permissive: bool,
    /// The roles that it holds for, sorted; `public` for all.
    pub roles: Vec<String>,
    /// USING.
    pub using: Option<String>,
    /// WITH CHECK.
    pub check: Option<String>,
    /// `COMMENT ON POLICY`.
    pub comment: Option<String>,
}

impl Kind for Policy {
    const SQL: &'static str = include_str!("../../sql/catalog/policies.sql");

    fn identity(&self) -> Identity {
        Identity::new(
            "policy",
            &self.schema,
            format!("\"{}\" on {}", self.name, self.table),
        )
    }

    // Users put policies on the platform's tables: auth.users, storage.objects, realtime.messages.
    fn is_platform(&self) -> bool {
        crate::platform::facts::owns_policy(&self.schema, &self.table)
    }
}
