//! Lists: exact ones, and ones that say only what is in them.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// `[a, b]`: just these. `{at_least: [a], none_of: [c]}`: these, not those, and perhaps others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing<T> {
    /// All of them; the order counts where the kind says so.
    Exactly(Vec<T>),
    /// Some of them.
    Loosely {
        /// They are there.
        at_least: Vec<T>,
        /// They are not.
        none_of: Vec<T>,
    },
}

impl<T> Listing<T> {
    /// Whether a list with an order meets this: an exact one in order, the others in any.
    pub fn met_in_order<U>(&self, found: &[U], same: impl Fn(&T, &U) -> bool) -> bool {
        match self {
            Self::Exactly(wanted) => {
                wanted.len() == found.len() && wanted.iter().zip(found).all(|(w, f)| same(w, f))
            }
            Self::Loosely { .. } => self.met(found, same),
        }
    }

    /// Whether a list meets this in any order. Nothing found counts for two of the wanted.
    pub fn met<U>(&self, found: &[U], same: impl Fn(&T, &U) -> bool) -> bool {
        let mut free: Vec<&U> = found.iter().collect();
        let mut take = |wanted: &T| match free.iter().position(|f| same(wanted, f)) {
            Some(at) => {
                free.swap_remove(at);
                true
            }
            None => false,
        };
        match self {
            Self::Exactly(wanted) => wanted.len() == found.len() && wanted.iter().all(take),
            Self::Loosely { at_least, none_of } => {
                at_least.iter().all(&mut take)
                    && !none_of
                        .iter()
                        .any(|wanted| found.iter().any(|f| same(wanted, f)))
            }
        }
    }
}

/// `[a, b]`, `at least [a], none of [c]`.
impl<T: fmt::Display> fmt::Display for Listing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(items) => f.write_str(&shown(items)),
            Self::Loosely { at_least, none_of } => {
                if !at_least.is_empty() {
                    write!(f, "at least {}", shown(at_least))?;
                }
                if !at_least.is_empty() && !none_of.is_empty() {
                    f.write_str(", ")?;
                }
                if !none_of.is_empty() {
                    write!(f, "none of {}", shown(none_of))?;
                }
                Ok(())
            }
        }
    }
}

/// `[a, b]`.
pub fn shown<T: fmt::Display>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    format!("[{}]", items.join(", "))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Long<T> {
    #[serde(default = "Vec::new")]
    at_least: Vec<T>,
    #[serde(default = "Vec::new")]
    none_of: Vec<T>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Listing<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Walk<T> {
            type Value = Listing<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list, or a mapping with `at_least` or `none_of`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Listing::Exactly(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let long = Long::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                if long.at_least.is_empty() && long.none_of.is_empty() {
                    return Err(A::Error::custom(
                        "nothing is expected of this list: name something below `at_least` or `none_of`",
                    ));
                }
                Ok(Listing::Loosely {
                    at_least: long.at_least,
                    none_of: long.none_of,
                })
            }
        }

        deserializer.deserialize_any(Walk(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Listing<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Listing_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<Vec<T>>();
        let something = serde_json::json!({"minItems": 1, "not": {"type": "null"}});
        json_schema!({
            "description": "A list of just these, or what it holds at least and what it must not hold.",
            "oneOf": [
                list,
                {
                    "type": "object",
                    "additionalProperties": false,
                    "anyOf": [
                        {"required": ["at_least"], "properties": {"at_least": something}},
                        {"required": ["none_of"], "properties": {"none_of": something}}
                    ],
                    "properties": {
                        "at_least": {"description": "They are there.", "allOf": [list]},
                        "none_of": {"description": "They are not there.", "allOf": [list]}
                    }
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Listing<String>, String> {
        serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn an_exact_list_counts_what_is_there_twice() {
        let list = read("[a, a, b]").unwrap();
        let met = |found: &[&str]| list.met(found, |w, f| w == f);
        assert!(met(&["b", "a", "a"]));
        assert!(!met(&["a", "b"]) && !met(&["a", "b", "b"]) && !met(&["a", "a", "b", "c"]));
        assert!(!list.met_in_order(&["b", "a", "a"], |w, f| w == f));
        assert!(list.met_in_order(&["a", "a", "b"], |w, f| w == f));
    }

    #[test]
    fn a_loose_list_allows_others() {
        let list = read("{at_least: [a], none_of: [c]}").unwrap();
        let met = |found: &[&str]| list.met(found, |w, f| w == f);
        assert!(met(&["b", "a"]) && !met(&["b"]) && !met(&["a", "c"]));
        assert_eq!(list.to_string(), "at least [a], none of [c]");
    }

    #[test]
    fn a_list_that_expects_nothing_is_refused() {
        assert!(read("{}").unwrap_err().contains("nothing is expected"));
        assert!(read("{at_leest: [a]}").is_err());
        // Exactly nothing is something to expect.
        assert!(read("[]").unwrap().met(&[] as &[&str], |w, f| w == f));
    }
}
