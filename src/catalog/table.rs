//! Tables: what they are, how they are stored, their row-level security flags.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind, ObjectName};

vocabulary! {
    /// How much of a relation survives. Source: `relpersistence` in catalog/pg_class.h.
    Persistence {
        /// Written to the log: the default.
        Permanent = "permanent",
        /// UNLOGGED: empty after a crash, and not replicated.
        Unlogged = "unlogged",
        /// TEMPORARY.
        Temporary = "temporary",
    }
}

vocabulary! {
    /// REPLICA IDENTITY. Source: `relreplident` in catalog/pg_class.h.
    ReplicaIdentity {
        /// The primary key.
        Default = "default",
        /// NOTHING: updates and deletes of a published table fail.
        Nothing = "nothing",
        /// FULL: all columns.
        Full = "full",
        /// USING INDEX.
        Index = "index",
    }
}

/// An ordinary or partitioned table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// Whether it survives a crash.
    pub persistence: Persistence,
    /// The table access method, `heap` as a rule; none for a partitioned table.
    pub access_method: Option<String>,
    /// The tablespace, where it is not the database's.
    pub tablespace: Option<String>,
    /// Whether it is `PARTITION BY` something.
    pub partitioned: bool,
    /// What it is partitioned by, as in `RANGE (created_at)`.
    pub partition_key: Option<String>,
    /// The table that it is a partition of.
    pub partition_of: Option<ObjectName>,
    /// Its bound, as in `FOR VALUES FROM (1) TO (10)` or `DEFAULT`.
    pub partition_bound: Option<String>,
    /// The tables that it inherits from in order; a partition says so in `partition_of`.
    pub inherits: Vec<ObjectName>,
    /// The composite type of `CREATE TABLE … OF`.
    pub of_type: Option<String>,
    /// Storage parameters as `name=value`, sorted; those of the TOAST table as `toast.name=value`.
    pub options: Vec<String>,
    /// What identifies an old row for logical replication.
    pub replica_identity: ReplicaIdentity,
    /// The index of REPLICA IDENTITY USING INDEX.
    pub replica_index: Option<String>,
    /// Row-level security is enabled.
    pub rls: bool,
    /// Row-level security holds for the owner too.
    pub rls_forced: bool,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON TABLE`.
    pub comment: Option<String>,
}

impl Kind for Table {
    const SQL: &'static str = include_str!("../../sql/catalog/tables.sql");

    fn identity(&self) -> Identity {
        Identity::new("table", &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
