//! Kinds that not everybody may read.

use serde::{Deserialize, Serialize};

/// All objects of a kind, or why nobody can tell.
///
/// For the kinds that are rows of somebody's table: the table can be absent, or closed to the role that reads. In the
/// document it is a list, or an object with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reading<K> {
    /// All there are.
    Known(Vec<K>),
    /// They could not be read: an expectation about them is skipped with this reason, and never passes.
    Unknown {
        /// Why, as part of a sentence: `the extension pg_cron is not installed`.
        unknown: String,
    },
}

impl<K> Reading<K> {
    /// The objects.
    ///
    /// # Errors
    /// Why there is nothing to say, as part of a sentence.
    pub fn known(&self) -> Result<&[K], &str> {
        match self {
            Self::Known(rows) => Ok(rows),
            Self::Unknown { unknown } => Err(unknown),
        }
    }

    /// What is known, for who does not draw conclusions from absence.
    pub(super) fn rows(&self) -> &[K] {
        self.known().unwrap_or_default()
    }
}

/// Nothing was read.
impl<K> Default for Reading<K> {
    fn default() -> Self {
        Self::Unknown {
            unknown: "it was not read".to_owned(),
        }
    }
}
