//! Limits: numbers that may be none at all.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IntoDeserializer, MapAccess, Visitor};

use super::Bounds;

/// `unlimited` (or `none`), or what [`Bounds`] take; sizes may have a unit: `at most 50 MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(Option<Bounds>);

impl Limit {
    /// Whether a limit is met; `None` where there is none, which is more than any.
    pub fn hold(&self, found: Option<u64>) -> bool {
        match self.0 {
            None => found.is_none(),
            Some(bounds) => bounds.hold(found.unwrap_or(u64::MAX)),
        }
    }

    /// Just this limit, as a suite would write it.
    pub fn written(found: Option<u64>) -> serde_json::Value {
        found.map_or_else(|| "unlimited".into(), Into::into)
    }

    /// What was found, in words.
    pub fn shown(found: Option<u64>) -> String {
        found.map_or_else(|| "no limit".to_owned(), |n| n.to_string())
    }
}

/// `3`, `at most 9`, `no limit`.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("no limit"),
            Some(bounds) => bounds.fmt(f),
        }
    }
}

/// Numbers with a unit as plain ones. A unit is 1024 of the one before, as for Postgres and the Storage service.
fn in_bytes(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let number = &rest[start..];
        let end = number
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(number.len());
        let (digits, after) = number.split_at(end);
        let unit = after.trim_start();
        let word = unit
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(unit.len());
        let factor = match unit[..word].to_ascii_lowercase().as_str() {
            "b" => Some(0),
            "kb" => Some(10),
            "mb" => Some(20),
            "gb" => Some(30),
            _ => None,
        };
        out.push_str(&rest[..start]);
        let Some(shift) = factor else {
            out.push_str(digits);
            rest = after;
            continue;
        };
        let bytes = digits
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(1 << shift))
            .ok_or_else(|| format!("`{text}` is too large"))?;
        out.push_str(&bytes.to_string());
        rest = &unit[word..];
    }
    out.push_str(rest);
    Ok(out)
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        impl<'de> Visitor<'de> for Walk {
            type Value = Limit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a range (`at most 9`), or `unlimited`")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Limit, E> {
                Bounds::deserialize(number.into_deserializer()).map(|b| Limit(Some(b)))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Limit, E> {
                match number {
                    -1 => Err(E::custom("write `unlimited` for no limit")),
                    _ => Bounds::deserialize(number.into_deserializer()).map(|b| Limit(Some(b))),
                }
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Limit, E> {
                match text.trim() {
                    "unlimited" | "none" => Ok(Limit(None)),
                    text => {
                        let text = in_bytes(text).map_err(E::custom)?;
                        Bounds::deserialize(text.as_str().into_deserializer())
                            .map(|b| Limit(Some(b)))
                    }
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Limit, A::Error> {
                Bounds::deserialize(MapAccessDeserializer::new(map)).map(|b| Limit(Some(b)))
            }
        }

        deserializer.deserialize_any(Walk)
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let bounds = generator.subschema_for::<Bounds>();
        json_schema!({
            "description": "A number or a range, a size (\"50 MB\", \"at most 1 GB\"), or unlimited.",
            "anyOf": [
                {"enum": ["unlimited", "none"]},
                {"type": "string", "pattern": r"(?i)^\s*(>=|<=|>|<|at least |at most )?\s*\d+\s*[KMG]?B\s*(\.\.\s*\d+\s*([KMG]?B)?)?\s*$"},
                bounds
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Limit, String> {
        serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn no_limit_is_more_than_any() {
        let held = |yaml: &str, found| read(yaml).unwrap().hold(found);
        assert!(held("unlimited", None) && !held("unlimited", Some(u64::MAX)));
        assert!(held("at least 3", None) && !held("at most 3", None) && !held("3", None));
        assert!(held("3", Some(3)) && !held("3", Some(4)));
    }

    #[test]
    fn sizes_have_units() {
        for (yaml, shown) in [
            ("50MB", "52428800"),
            ("at most 1 kb", "at most 1024"),
            ("1kb .. 2KB", "1024 to 2048"),
            ("7 B", "7"),
            ("7", "7"),
        ] {
            assert_eq!(read(yaml).unwrap().to_string(), shown, "{yaml}");
        }
        for yaml in ["50 TB", "MB", "99999999999999999999 GB", "-1", "9 kb..3 kb"] {
            assert!(read(yaml).is_err(), "{yaml}: {:?}", read(yaml));
        }
    }
}
