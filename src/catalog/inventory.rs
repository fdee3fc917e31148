//! Every object by identity, with a type of ours or without.

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) const SQL: &str = include_str!("../../sql/catalog/inventory.sql");

/// An object as `pg_identify_object` names it, or a cluster-wide one: role, membership, setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryEntry {
    /// The schema that it lies in, where it lies in one.
    pub schema: Option<String>,
    /// The server's word for the kind: `table`, `view`, `function`, `default acl`, `role`, …
    pub r#type: String,
    /// The identity in that kind.
    pub identity: String,
    /// The role that owns it.
    pub owner: Option<String>,
    /// Privileges; sorted.
    pub privileges: Option<Value>,
    /// Its comment.
    pub comment: Option<String>,
    /// What it belongs to and comes and goes with, kind and identity: an extension, a range type.
    #[serde(default)]
    pub part_of: Option<String>,
    /// What else there is to say of it, in the server's words: a view's query, a sequence's parameters.
    #[serde(default)]
    pub definition: Option<String>,
}

impl InventoryEntry {
    /// Whether the platform made it, so that it never counts as a suite's.
    pub fn is_platform(&self) -> bool {
        use crate::platform::facts::{
            owns_event_trigger, owns_extension, owns_publication, owns_role, owns_schema,
        };
        if let Some(schema) = &self.schema {
            return owns_schema(schema);
        }
        match self.r#type.as_str() {
            "schema" => owns_schema(&self.identity),
            "role" => owns_role(&self.identity),
            "extension" => owns_extension(&self.identity),
            "publication" => owns_publication(&self.identity),
            "event trigger" => owns_event_trigger(&self.identity),
            _ => false,
        }
    }
}
