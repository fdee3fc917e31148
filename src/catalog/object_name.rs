//! Names of objects that another object refers to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name with its schema, not quoted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectName {
    /// The schema.
    pub schema: String,
    /// The name in it.
    pub name: String,
}

/// `public.orders`.
impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}
