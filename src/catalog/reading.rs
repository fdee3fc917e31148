//! Kinds that are known, and kinds that are not.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Registered, Selection};

/// All objects of a kind, or why nobody can tell.
///
/// Nothing is read that nobody asked for; and the table that some kinds are rows of can be absent, or closed to the role
/// that reads. Neither may look like a kind of which there are no objects: who draws conclusions from absence asks
/// [`Reading::known`]. In the document it is a list, or an object with the reason, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reading<K> {
    /// All there are.
    Known(Vec<K>),
    /// They could not be read.
    Unknown {
        /// Why, as part of a sentence: `the extension pg_cron is not installed`.
        unknown: String,
    },
    /// Nobody asked for them.
    #[default]
    NotRead,
}

/// Why there is nothing to say about objects of the catalog. An expectation about them never passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Nobody asked for these: a bug of who reads.
    NotAskedFor(String),
    /// They could not be read, for this reason.
    Unknown(String),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAskedFor(what) => write!(f, "the catalog's {what} were not read"),
            Self::Unknown(reason) => f.write_str(reason),
        }
    }
}

impl<K: Registered> Reading<K> {
    /// None yet, where the kind is asked for.
    pub(super) fn begin(&mut self, selection: &Selection) {
        if selection.kinds().contains(K::KINDS) {
            *self = Self::Known(Vec::new());
        }
    }

    /// One more.
    pub(super) fn push(&mut self, object: K) {
        match self {
            Self::Known(objects) => objects.push(object),
            _ => *self = Self::Known(vec![object]),
        }
    }

    /// The objects.
    ///
    /// # Errors
    /// Why there is nothing to say.
    pub fn known(&self) -> Result<&[K], Unread> {
        self.sorted().map(walk)
    }

    /// The same for who knows where in the list to look and goes through none of it.
    pub(super) fn sorted(&self) -> Result<&[K], Unread> {
        match self {
            Self::Known(rows) => Ok(rows),
            Self::Unknown { unknown } => Err(Unread::Unknown(unknown.clone())),
            Self::NotRead => Err(Unread::NotAskedFor(K::NAME.replace('_', " "))),
        }
    }

    /// What is known, for who draws no conclusions from absence.
    pub(crate) fn rows(&self) -> &[K] {
        walk(self.sorted().unwrap_or_default())
    }

    /// The object at a place of the list.
    pub(super) fn at(&self, place: usize) -> Option<&K> {
        self.sorted().ok()?.get(place)
    }
}

/// Hands out a list to be gone through, which the tests of what a look costs count.
pub(super) fn walk<K>(rows: &[K]) -> &[K] {
    #[cfg(test)]
    walked::add(rows.len());
    rows
}

/// How many objects were handed out to be gone through, by this thread.
#[cfg(test)]
pub(crate) mod walked {
    use std::cell::Cell;

    thread_local! {
        static OBJECTS: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn add(objects: usize) {
        OBJECTS.set(OBJECTS.get() + objects);
    }

    /// The number since it was last asked for.
    pub(crate) fn take() -> usize {
        OBJECTS.replace(0)
    }
}

impl<K> FromIterator<K> for Reading<K> {
    fn from_iter<I: IntoIterator<Item = K>>(rows: I) -> Self {
        Self::Known(rows.into_iter().collect())
    }
}

// By hand, since serde's own tries an untagged enum's variants one after the other: twice the time, and an error that
// does not say which field was wrong.
impl<'de, K: Deserialize<'de>> Deserialize<'de> for Reading<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadingVisitor(PhantomData))
    }
}

struct ReadingVisitor<K>(PhantomData<K>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    unknown: String,
}

impl<'de, K: Deserialize<'de>> Visitor<'de> for ReadingVisitor<K> {
    type Value = Reading<K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, or an object with the reason why there is none")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, rows: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(rows)).map(Reading::Known)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let Reason { unknown } = Reason::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Reading::Unknown { unknown })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Reading::NotRead)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::catalog::Extension;

    fn read(document: Value) -> Result<Reading<Extension>, serde_json::Error> {
        serde_json::from_value(document)
    }

    #[test]
    fn what_was_not_read_is_not_empty() {
        assert_eq!(read(json!([])).unwrap().known(), Ok(&[][..]));
        let unread = read(json!(null)).unwrap();
        assert_eq!(
            unread.known().unwrap_err().to_string(),
            "the catalog's extensions were not read"
        );
        let unknown = read(json!({"unknown": "there is no table cron.job"})).unwrap();
        assert_eq!(
            unknown.known(),
            Err(Unread::Unknown("there is no table cron.job".to_owned()))
        );
        for reading in [unread, unknown, Reading::Known(Vec::new())] {
            let document = serde_json::to_value(&reading).unwrap();
            assert_eq!(read(document).unwrap(), reading);
        }
    }

    #[test]
    fn anything_else_is_an_error_that_says_what() {
        let error = read(json!([{"name": "pgtap"}])).unwrap_err();
        assert!(error.to_string().contains("missing field"), "{error}");
        assert!(read(json!({"unknown": "so", "rows": []})).is_err());
        assert!(read(json!("many")).is_err());
    }
}
