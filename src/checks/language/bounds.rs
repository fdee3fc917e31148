//! Numbers from … to …: how many objects there are, which major versions.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::json;

/// A number or a range of numbers: `4`, `at least 3`, `at most 9`, `3..9`, `{at_least: 3, at_most: 9}`, and in
/// quotes, since YAML takes `>` for something else, `">= 3"`. Both ends count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The least that is allowed.
    pub at_least: Option<u64>,
    /// The most that is allowed.
    pub at_most: Option<u64>,
}

impl Bounds {
    /// Whether a number lies within.
    pub fn hold(&self, number: u64) -> bool {
        self.at_least.is_none_or(|least| number >= least)
            && self.at_most.is_none_or(|most| number <= most)
    }

    fn exactly(number: u64) -> Self {
        Self {
            at_least: Some(number),
            at_most: Some(number),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let number = |text: &str| -> Result<u64, String> {
            text.trim().parse().map_err(|_| {
                format!(
                    "`{text}` is no whole number: write `4`, `at least 3`, `at most 9` or `3..9`"
                )
            })
        };
        let bounds = |at_least, at_most| Self { at_least, at_most };
        let text = text.trim();
        if let Some((least, most)) = text.split_once("..") {
            return bounds(Some(number(least)?), Some(number(most)?)).checked();
        }
        if let Some(least) = text
            .strip_prefix(">=")
            .or_else(|| text.strip_prefix("at least "))
        {
            return Ok(bounds(Some(number(least)?), None));
        }
        if let Some(most) = text
            .strip_prefix("<=")
            .or_else(|| text.strip_prefix("at most "))
        {
            return Ok(bounds(None, Some(number(most)?)));
        }
        if let Some(below) = text.strip_prefix('<') {
            let most = number(below)?
                .checked_sub(1)
                .ok_or("nothing is less than 0")?;
            return Ok(bounds(None, Some(most)));
        }
        if let Some(above) = text.strip_prefix('>') {
            return Ok(bounds(Some(number(above)?.saturating_add(1)), None));
        }
        number(text).map(Self::exactly)
    }

    fn checked(self) -> Result<Self, String> {
        match (self.at_least, self.at_most) {
            (None, None) => Err("a range needs `at_least` or `at_most`".to_owned()),
            (Some(least), Some(most)) if least > most => {
                Err(format!("no number is at least {least} and at most {most}"))
            }
            _ => Ok(self),
        }
    }
}

/// `4`, `at least 3`, `at most 9`, `3 to 9`.
impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) if least == most => write!(f, "{least}"),
            (Some(least), Some(most)) => write!(f, "{least} to {most}"),
            (Some(least), None) => write!(f, "at least {least}"),
            (None, Some(most)) => write!(f, "at most {most}"),
            (None, None) => f.write_str("any number"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    #[serde(default, deserialize_with = "end")]
    at_least: Option<u64>,
    #[serde(default, deserialize_with = "end")]
    at_most: Option<u64>,
}

/// An end that is there has a number.
fn end<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    u64::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for Bounds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        impl<'de> Visitor<'de> for Walk {
            type Value = Bounds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a range (`4`, `at least 3`, `3..9`)")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Bounds, E> {
                Ok(Bounds::exactly(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Bounds, E> {
                u64::try_from(number)
                    .map(Bounds::exactly)
                    .map_err(|_| E::custom("a number here is at least 0"))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Bounds, E> {
                // As text, since that knows whether it is whole: `15.0`.
                let text = number.to_string();
                Bounds::parse(&text).map_err(E::custom)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Bounds, E> {
                Bounds::parse(text).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Bounds, A::Error> {
                let long = Long::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                let bounds = Bounds {
                    at_least: long.at_least,
                    at_most: long.at_most,
                };
                bounds.checked().map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_any(Walk)
    }
}

impl JsonSchema for Bounds {
    fn schema_name() -> Cow<'static, str> {
        "Bounds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Self::schema(0, u64::MAX, r"\d{1,19}")
    }
}

impl Bounds {
    /// The schema of bounds whose ends are within these, and in a text look like this.
    pub(super) fn schema(least: u64, most: u64, digits: &str) -> Schema {
        let number = json!({"type": "integer", "minimum": least, "maximum": most});
        let end = |words: &str| {
            let mut end = number.clone();
            end["description"] = words.into();
            end
        };
        let text =
            format!(r"^\s*(>=|<=|>|<|at least |at most )?\s*{digits}\s*(\.\.\s*{digits})?\s*$");
        json_schema!({
            "description": "A number or a range: 4, \">= 3\", \"<= 9\", \"3..9\" or {at_least: 3, at_most: 9}. Both ends count.",
            "anyOf": [
                number,
                {"type": "string", "pattern": text},
                {
                    "type": "object",
                    "additionalProperties": false,
                    "minProperties": 1,
                    "properties": {
                        "at_least": end("The least that is allowed."),
                        "at_most": end("The most that is allowed.")
                    }
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Bounds, String> {
        serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn every_way_to_write_them_says_the_same() {
        for yaml in ["3..9", "{at_least: 3, at_most: 9}", "' 3 .. 9 '"] {
            assert_eq!(read(yaml).unwrap().to_string(), "3 to 9", "{yaml}");
        }
        for (yaml, shown) in [
            ("4", "4"),
            ("4.0", "4"),
            ("'4'", "4"),
            ("'>= 3'", "at least 3"),
            ("'> 2'", "at least 3"),
            ("at least 3", "at least 3"),
            ("'< 3'", "at most 2"),
            ("<= 3", "at most 3"),
            ("{at_most: 0}", "at most 0"),
        ] {
            assert_eq!(read(yaml).unwrap().to_string(), shown, "{yaml}");
        }
    }

    #[test]
    fn both_ends_count() {
        let bounds = read("3..5").unwrap();
        let held: Vec<u64> = (0..9).filter(|&n| bounds.hold(n)).collect();
        assert_eq!(held, [3, 4, 5]);
    }

    #[test]
    fn what_no_number_can_meet_is_refused() {
        for yaml in [
            "9..3",
            "{}",
            "'< 0'",
            "some",
            "-1",
            "3...5",
            "{least: 3}",
            "1.5",
            "99999999999999999999",
            "{at_least: ~}",
            "{at_least: 3, at_most: ~}",
        ] {
            assert!(read(yaml).is_err(), "{yaml}: {:?}", read(yaml));
        }
    }
}
