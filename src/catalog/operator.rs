//! Operators.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// An operator that is not the system's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The type of the left operand; none for a prefix operator.
    pub left: Option<String>,
    /// The type of the right operand.
    pub right: Option<String>,
    /// The type of the result; none while it is only named by another operator.
    pub result: Option<String>,
    /// The function that computes it.
    pub function: Option<String>,
    /// The role that owns it.
    pub owner: String,
    /// COMMUTATOR, with its operand types.
    pub commutator: Option<String>,
    /// NEGATOR, with its operand types.
    pub negator: Option<String>,
    /// The function that estimates how many rows it lets pass.
    pub restrict: Option<String>,
    /// The same for a join.
    pub join: Option<String>,
    /// HASHES.
    pub hashes: bool,
    /// MERGES.
    pub merges: bool,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON OPERATOR`.
    pub comment: Option<String>,
}

impl Kind for Operator {
    const SQL: &'static str = include_str!("../../sql/catalog/operators.sql");

    fn identity(&self) -> Identity {
        let none = "NONE".to_owned();
        let (left, right) = (
            self.left.as_ref().unwrap_or(&none),
            self.right.as_ref().unwrap_or(&none),
        );
        Identity::new(
            "operator",
            &self.schema,
            format!("{}({left},{right})", self.name),
        )
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
