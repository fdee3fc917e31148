//! A primary key or a unique constraint by its columns.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::catalog::{Constraint, Unread};
use crate::source::Located;

use super::super::super::{Examiner, Facts};
use super::super::foreign_key::Initially;
use super::super::shorthand;
use super::{NAME, Wanted, as_constraint};

/// What is expected of a key: the list of its columns; a line as in CREATE TABLE (`(id) include (name) deferrable`), which
/// means what it would there; or a mapping, of which what is left out may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyExpectation(pub(in super::super) Long);

/// The mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Long {
    /// The columns in order.
    pub(in super::super) columns: Located<Vec<String>>,
    /// The name of the constraint.
    #[serde(default)]
    pub(in super::super) name: Option<Located<String>>,
    /// INCLUDE columns.
    #[serde(default)]
    pub(in super::super) include: Option<Located<Vec<String>>>,
    /// NULLS NOT DISTINCT.
    #[serde(default)]
    pub(in super::super) nulls_not_distinct: Option<Located<bool>>,
    /// DEFERRABLE.
    #[serde(default)]
    pub(in super::super) deferrable: Option<Located<bool>>,
    /// INITIALLY.
    #[serde(default)]
    pub(in super::super) initially: Option<Located<Initially>>,
}

impl Long {
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|own| own.value == name)
    }

    /// Compares all but the columns.
    pub(super) fn compare(
        &self,
        found: &Constraint,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&NAME, "name of the key", &self.name, &found.name);
        let wanted = Wanted {
            include: self.include.clone(),
            nulls_not_distinct: self.nulls_not_distinct.clone(),
            deferrable: self.deferrable.clone(),
            initially: self.initially.clone(),
            ..Wanted::default()
        };
        as_constraint(found, facts, examiner, |examiner| {
            wanted.compare(&None, found, facts, examiner)
        })
    }
}

impl<'de> Deserialize<'de> for KeyExpectation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        impl<'de> Visitor<'de> for Walk {
            type Value = KeyExpectation;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of columns, a key as in CREATE TABLE (`(id) include (name)`), or a mapping with `columns`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<KeyExpectation, E> {
                shorthand::key(text).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<KeyExpectation, A::Error> {
                let columns = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
                Ok(KeyExpectation(Long {
                    columns: Located::left_out(columns),
                    ..Long::default()
                }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeyExpectation, A::Error> {
                Long::deserialize(MapAccessDeserializer::new(map)).map(KeyExpectation)
            }
        }

        deserializer.deserialize_any(Walk)
    }
}

impl JsonSchema for KeyExpectation {
    fn schema_name() -> Cow<'static, str> {
        "Key".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<Vec<String>>();
        let long = Long::json_schema(generator);
        json_schema!({
            "anyOf": [
                list,
                {
                    "type": "string",
                    "pattern": r"\(",
                    "description": "A key as in CREATE TABLE: `(id) include (name) deferrable`."
                },
                long
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_the_columns_and_a_line_all_there_is() {
        let read = |yaml| serde_saphyr::from_str::<KeyExpectation>(yaml).map(|key| key.0);
        let list = read("[a, b]").unwrap();
        assert_eq!(list.columns.value, ["a", "b"]);
        assert!(list.include.is_none() && list.deferrable.is_none());
        let line = read("(a, b) include (c)").unwrap();
        assert_eq!(line.columns.value, list.columns.value);
        assert_eq!(line.include.unwrap().value, ["c"]);
        assert!(!line.deferrable.unwrap().value);
        let long = read("{columns: [a, b], initially: deferred}").unwrap();
        assert_eq!(long.initially.unwrap().value, Initially::Deferred);
        assert!(long.include.is_none());
        let error = read("(a) not valid").unwrap_err().to_string();
        assert!(error.contains("`not valid` is not understood"), "{error}");
        assert!(read("{name: k}").is_err());
    }
}
