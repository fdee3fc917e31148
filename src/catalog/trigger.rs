//! Triggers.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

vocabulary! {
    /// When a trigger fires. Source: `tgenabled` in the chapter on pg_trigger.
    TriggerState {
        /// In the modes origin and local: the state after CREATE TRIGGER.
        Origin = "origin" as "enabled",
        /// ALTER TABLE … DISABLE TRIGGER.
        Disabled = "disabled",
        /// ENABLE REPLICA TRIGGER.
        Replica = "replica" as "enabled on replicas",
        /// ENABLE ALWAYS TRIGGER.
        Always = "always" as "enabled always",
    }
}

/// A trigger of a table or view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// The table's schema.
    pub schema: String,
    /// The table or view.
    pub table: String,
    /// Its name, unique within the table.
    pub name: String,
    /// `before`, `after` or `instead of`.
    pub timing: String,
    /// `insert`, `update`, `delete`, `truncate`, in this order.
    pub events: Vec<String>,
    /// The columns of UPDATE OF.
    pub columns: Vec<String>,
    /// `row` or `statement`.
    pub level: String,
    /// The WHEN expression as the server prints it.
    pub when: Option<String>,
    /// The function's schema.
    pub function_schema: String,
    /// The function.
    pub function_name: String,
    /// The function's arguments.
    pub arguments: Vec<String>,
    /// Whether it fires.
    pub enabled: TriggerState,
    /// A constraint trigger.
    pub constraint: bool,
    /// DEFERRABLE.
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    pub initially_deferred: bool,
    /// REFERENCING OLD TABLE AS.
    pub old_table: Option<String>,
    /// REFERENCING NEW TABLE AS.
    pub new_table: Option<String>,
    /// Whether it came from the partitioned table.
    pub inherited: bool,
    /// `COMMENT ON TRIGGER`.
    pub comment: Option<String>,
}

impl Kind for Trigger {
    const SQL: &'static str = include_str!("../../sql/catalog/triggers.sql");

    fn identity(&self) -> Identity {
        Identity::new(
            "trigger",
            &self.schema,
            format!("{} on {}", self.name, self.table),
        )
    }

    // Users put triggers on the platform's tables, auth.users above all.
    fn is_platform(&self) -> bool {
        crate::platform::facts::owns_trigger(&self.schema, &self.table, &self.name)
    }
}
