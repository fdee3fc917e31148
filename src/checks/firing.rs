//! Whether something that fires does: triggers of the database, rules.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use serde_json::Value;

use crate::catalog::TriggerState;

/// `true` (as it is after CREATE), `false`, `always` (in a replica too), `replica` (only there).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing(pub TriggerState);

impl Default for Firing {
    fn default() -> Self {
        Self(TriggerState::Origin)
    }
}

impl Firing {
    /// As a suite would write it; `None` for what is meant anyway.
    pub(super) fn written(state: &TriggerState) -> Option<Value> {
        match state {
            TriggerState::Disabled => Some(false.into()),
            TriggerState::Replica => Some("replica".into()),
            TriggerState::Always => Some("always".into()),
            // A state that this version does not know is no word of the language.
            TriggerState::Origin | TriggerState::Other(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Firing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        impl Visitor<'_> for Walk {
            type Value = Firing;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`true`, `false`, `always` or `replica`")
            }

            fn visit_bool<E: Error>(self, fires: bool) -> Result<Firing, E> {
                Ok(Firing(match fires {
                    true => TriggerState::Origin,
                    false => TriggerState::Disabled,
                }))
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Firing, E> {
                match word {
                    "always" => Ok(Firing(TriggerState::Always)),
                    "replica" => Ok(Firing(TriggerState::Replica)),
                    _ => Err(E::unknown_variant(word, &["always", "replica"])),
                }
            }
        }

        deserializer.deserialize_any(Walk)
    }
}

impl JsonSchema for Firing {
    fn schema_name() -> Cow<'static, str> {
        "Firing".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": [true, false, "always", "replica"]})
    }
}
