//! Indexes of tables.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A key column of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexColumn {
    /// The column's name or the expression, as the server prints it.
    pub expression: String,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST; the default of a descending column.
    pub nulls_first: bool,
    /// The collation, quoted where it has to be, where a column is indexed by another than its own, or an expression by
    /// another than the default.
    pub collation: Option<String>,
    /// The operator class, where it is not the type's default.
    pub operator_class: Option<String>,
    /// Parameters of the operator class as `name=value`.
    pub parameters: Vec<String>,
}

/// As CREATE INDEX takes it, without what is the default.
impl fmt::Display for IndexColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expression)?;
        if let Some(collation) = &self.collation {
            write!(f, " collate {collation}")?;
        }
        if let Some(class) = &self.operator_class {
            write!(f, " {class}")?;
        }
        if !self.parameters.is_empty() {
            write!(f, "({})", self.parameters.join(", "))?;
        }
        if self.descending {
            f.write_str(" desc")?;
        }
        match (self.descending, self.nulls_first) {
            (true, false) => f.write_str(" nulls last"),
            (false, true) => f.write_str(" nulls first"),
            _ => Ok(()),
        }
    }
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The schema of the index and its table.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// The access method: btree, gin, …
    pub method: String,
    /// UNIQUE.
    pub unique: bool,
    /// NULLS NOT DISTINCT.
    pub nulls_not_distinct: bool,
    /// Belongs to the primary key.
    pub primary: bool,
    /// False while or after a failed CREATE INDEX CONCURRENTLY.
    pub valid: bool,
    /// What CLUSTER goes by.
    pub clustered: bool,
    /// The key columns in order.
    pub columns: Vec<IndexColumn>,
    /// INCLUDE columns.
    pub include: Vec<String>,
    /// The WHERE of a partial index.
    pub predicate: Option<String>,
    /// Storage parameters as `name=value`, sorted.
    pub options: Vec<String>,
    /// The tablespace, where it is not the database's.
    pub tablespace: Option<String>,
    /// Whether it is a partition of an index of the parent.
    pub inherited: bool,
    /// The constraint that it stands for.
    pub constraint: Option<String>,
    /// `COMMENT ON INDEX`.
    pub comment: Option<String>,
}

impl Kind for Index {
    const SQL: &'static str = include_str!("../../sql/catalog/indexes.sql");

    fn identity(&self) -> Identity {
        Identity::new("index", &self.schema, &self.name)
    }
}
