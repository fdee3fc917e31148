//! Lists of privileges as suites write them.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::catalog::{Catalog, Enum, Function, Privilege, Schema as SchemaRow, Sequence, Table};

use super::language::{Listing, shown};

/// A privilege by the word that GRANT takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word(pub Privilege);

/// A privilege, perhaps with the right to hand it on: `select`, `select with grant option`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Granted {
    /// The privilege.
    pub privilege: Privilege,
    /// WITH GRANT OPTION.
    pub grantable: bool,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.privilege.fmt(f)?;
        f.write_str(if self.grantable { OPTION } else { "" })
    }
}

const OPTION: &str = " with grant option";

fn privilege<E: Error>(text: &str) -> Result<Privilege, E> {
    let text = text.trim().to_ascii_lowercase();
    let all = Privilege::ALL.iter().copied();
    let named = all.clone().find(|p| p.word() == text);
    named.ok_or_else(|| {
        let words: Vec<&str> = all.map(Privilege::word).collect();
        E::custom(format!(
            "`{text}` is no privilege: there are {}",
            words.join(", ")
        ))
    })
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        privilege(&String::deserialize(deserializer)?).map(Self)
    }
}

impl<'de> Deserialize<'de> for Granted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?.to_ascii_lowercase();
        let (word, grantable) = match text.strip_suffix(OPTION) {
            Some(word) => (word, true),
            None => (text.as_str(), false),
        };
        Ok(Self {
            privilege: privilege(word)?,
            grantable,
        })
    }
}

impl JsonSchema for Word {
    fn schema_name() -> Cow<'static, str> {
        "Privilege".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<&str> = Privilege::ALL.iter().map(|p| p.word()).collect();
        json_schema!({"enum": words})
    }
}

impl JsonSchema for Granted {
    fn schema_name() -> Cow<'static, str> {
        "Granted".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words = Privilege::ALL.iter().map(|p| p.word());
        let words: Vec<String> = words
            .flat_map(|word| [word.to_owned(), format!("{word}{OPTION}")])
            .collect();
        json_schema!({"enum": words})
    }
}

/// `[select, insert]`: just these. `none`, `all`, or `{at_least: [select], none_of: [delete]}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Privileges<T> {
    /// All that there are on such an object.
    All,
    /// What is listed; nothing for `none`.
    These(Listing<T>),
}

impl<T: Copy + PartialEq> Privileges<T> {
    /// Those that are expected and not held, and those that are held and should not be. `all` are all there are on such
    /// an object.
    pub fn differs(&self, all: &[T], held: &[T]) -> (Vec<T>, Vec<T>) {
        let without = |these: &[T], those: &[T]| -> Vec<T> {
            let mut left = these.to_vec();
            left.retain(|one| !those.contains(one));
            left
        };
        match self {
            Self::All => (without(all, held), Vec::new()),
            Self::These(Listing::Exactly(wanted)) => (without(wanted, held), without(held, wanted)),
            Self::These(Listing::Loosely { at_least, none_of }) => {
                let mut exceeds = none_of.clone();
                exceeds.retain(|one| held.contains(one));
                (without(at_least, held), exceeds)
            }
        }
    }
}

impl<T: fmt::Display> fmt::Display for Privileges<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::These(Listing::Exactly(these)) => f.write_str(&words(these)),
            Self::These(listing) => listing.fmt(f),
        }
    }
}

/// `[select, insert]`, `none`.
pub fn words<T: fmt::Display>(privileges: &[T]) -> String {
    match privileges {
        [] => "none".to_owned(),
        some => shown(some),
    }
}

/// What there is on objects of which there may be default privileges.
pub fn of_new(objects: &str, catalog: &Catalog) -> Vec<Privilege> {
    let all = match objects {
        "tables" => Table::PRIVILEGES,
        "sequences" => Sequence::PRIVILEGES,
        "functions" => Function::PRIVILEGES,
        "types" => Enum::PRIVILEGES,
        "schemas" => SchemaRow::PRIVILEGES,
        _ => &[Privilege::Select, Privilege::Update],
    };
    that_exist(all, catalog)
}

/// Without those that the server does not know.
pub fn that_exist(all: &[Privilege], catalog: &Catalog) -> Vec<Privilege> {
    let known = |p: &Privilege| *p != Privilege::Maintain || catalog.server.major() >= 17;
    all.iter().copied().filter(known).collect()
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Privileges<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Walk<T> {
            type Value = Privileges<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a list of privileges, `none`, `all`, or a mapping with `privileges`, `at_least` or `none_of`",
                )
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                match text {
                    "all" => Ok(Privileges::All),
                    "none" => Ok(Privileges::These(Listing::Exactly(Vec::new()))),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Listing::deserialize(SeqAccessDeserializer::new(seq)).map(Privileges::These)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let long = Long::<T>::deserialize(MapAccessDeserializer::new(map))?;
                match (long.privileges, long.at_least, long.none_of) {
                    (Some(privileges), at_least, none_of)
                        if at_least.is_empty() && none_of.is_empty() =>
                    {
                        Ok(*privileges)
                    }
                    (None, at_least, none_of) if !(at_least.is_empty() && none_of.is_empty()) => {
                        Ok(Privileges::These(Listing::Loosely { at_least, none_of }))
                    }
                    _ => Err(A::Error::custom(
                        "name privileges below `privileges`, or below `at_least` and `none_of`",
                    )),
                }
            }
        }

        deserializer.deserialize_any(Walk(PhantomData))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "T: Deserialize<'de>")]
struct Long<T> {
    #[serde(default)]
    privileges: Option<Box<Privileges<T>>>,
    #[serde(default = "Vec::new")]
    at_least: Vec<T>,
    #[serde(default = "Vec::new")]
    none_of: Vec<T>,
}

impl<T: JsonSchema> JsonSchema for Privileges<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Privileges_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<Vec<T>>();
        let something = serde_json::json!({"minItems": 1, "not": {"type": "null"}});
        json_schema!({
            "description": "Just these privileges, none, all, or what is held at least and what must not be held.",
            "anyOf": [
                {"enum": ["none", "all"]},
                list,
                {
                    "type": "object",
                    "additionalProperties": false,
                    "anyOf": [
                        {"required": ["privileges"]},
                        {"required": ["at_least"], "properties": {"at_least": something}},
                        {"required": ["none_of"], "properties": {"none_of": something}}
                    ],
                    "properties": {
                        "privileges": {
                            "description": "Just these, none, or all.",
                            "anyOf": [{"enum": ["none", "all"]}, list]
                        },
                        "at_least": {"description": "They are held.", "anyOf": [list]},
                        "none_of": {"description": "They are not.", "anyOf": [list]}
                    }
                }
            ]
        })
    }
}
