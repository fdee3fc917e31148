//! Event triggers.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind, TriggerState};

/// An event trigger of the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTrigger {
    /// Its name.
    pub name: String,
    /// `ddl_command_start`, `ddl_command_end`, `sql_drop`, `table_rewrite` or `login` (Postgres 17).
    pub event: String,
    /// The command tags that it is for, sorted; empty for all.
    pub tags: Vec<String>,
    /// The function's schema.
    pub function_schema: String,
    /// The function.
    pub function_name: String,
    /// Whether it fires.
    pub enabled: TriggerState,
    /// The role that owns it.
    pub owner: String,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON EVENT TRIGGER`.
    pub comment: Option<String>,
}

impl Kind for EventTrigger {
    const SQL: &'static str = include_str!("../../sql/catalog/event_triggers.sql");

    fn identity(&self) -> Identity {
        Identity::new("event trigger", "", &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        crate::platform::facts::owns_event_trigger(&self.name)
            || super::is_platform("", self.extension.as_deref())
    }
}
