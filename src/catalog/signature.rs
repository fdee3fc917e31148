//! What functions return.

use serde::{Deserialize, Serialize};

pub(super) const SQL: &str = include_str!("../../sql/catalog/signatures.sql");

/// A function of any schema, as far as an expression that calls it is concerned. The same name may be there several
/// times, where overloads return something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The type of its result; none of a procedure.
    pub returns: Option<String>,
    /// The server has a function of this name itself, so that the bare name does not mean this one for sure.
    pub hides_behind_builtin: bool,
}
