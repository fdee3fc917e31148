//! Names with values: settings, and options of foreign data.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use serde_json::{Value, json};

use crate::source::{Entries, Located};

use super::super::{Code, Comparison, Examiner};
use super::{Others, Part};

/// What the catalog has instead of a value that may be a secret.
const HIDDEN: &str = "<hidden>";

/// Names with what is expected of their values, in the order of the file.
pub type Assignments = Entries<Located<Assigned>, Part>;

/// The value beside a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// There is one.
    Present,
    /// There is none.
    Absent,
    /// It is this.
    Value(String),
}

impl<'de> Deserialize<'de> for Assigned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        macro_rules! plain {
            ($($method:ident: $type:ty,)+) => {
                $(
                    fn $method<E: Error>(self, value: $type) -> Result<Assigned, E> {
                        Ok(Assigned::Value(value.to_string()))
                    }
                )+
            };
        }

        impl Visitor<'_> for Walk {
            type Value = Assigned;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value, `present` or `absent`")
            }

            plain! {
                visit_bool: bool,
                visit_i64: i64,
                visit_u64: u64,
                visit_f64: f64,
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Assigned, E> {
                Ok(match text {
                    "present" => Assigned::Present,
                    "absent" => Assigned::Absent,
                    _ => Assigned::Value(text.to_owned()),
                })
            }
        }

        deserializer.deserialize_any(Walk)
    }
}

impl JsonSchema for Assigned {
    fn schema_name() -> Cow<'static, str> {
        "Assigned".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A value, `present` for any, or `absent`.",
            "type": "string"
        })
    }
}

impl Assignments {
    /// Compares with `name=value` texts of the catalog. A value of the suite is told only where the catalog's is open:
    /// what is hidden there may be a secret here.
    pub fn compare(
        &self,
        others: &Option<Located<Others>>,
        found: &[String],
        code: &Code,
        property: &'static str,
        examiner: &mut Examiner<'_>,
    ) {
        let found: Vec<(&str, &str)> = found.iter().filter_map(|f| f.split_once('=')).collect();
        // Settings and options are called the same in any case.
        for (name, wanted) in &self.0 {
            let named = found
                .iter()
                .filter(|(other, _)| name.value.is_in_any_case(other));
            let mut named: Vec<_> = named.map(|(name, value)| (*name, Some(*value))).collect();
            if named.is_empty() {
                named.push((name.value.shown(), None));
            }
            for (name, value) in named {
                compare_one(name, wanted, value, code, property, examiner);
            }
        }
        let Some(refused) = others.as_ref().filter(|o| o.value == Others::Refused) else {
            return;
        };
        let listed = |other: &str| {
            self.0
                .iter()
                .any(|(name, _)| name.value.is_in_any_case(other))
        };
        for (name, value) in found.iter().filter(|(name, _)| !listed(name)) {
            let comparison = Comparison {
                code,
                subject: examiner.subject(),
                property,
                origin: examiner.place(refused),
            };
            examiner.compare(
                comparison,
                false,
                format!("no {name}"),
                format!("{name}={value}"),
            );
        }
    }

    /// What the catalog has, as a suite would write it.
    pub fn written(found: &[String]) -> Value {
        let entries = found.iter().filter_map(|text| {
            let (name, value) = text.split_once('=')?;
            let value = match value {
                HIDDEN => "present",
                value => value,
            };
            Some((Part::written(name), json!(value)))
        });
        Value::Object(entries.collect())
    }
}

fn compare_one(
    name: &str,
    wanted: &Located<Assigned>,
    value: Option<&str>,
    code: &Code,
    property: &'static str,
    examiner: &mut Examiner<'_>,
) {
    let is = match value {
        Some(value) => format!("{name}={value}"),
        None => format!("no {name}"),
    };
    let (same, expected) = match (&wanted.value, value) {
        (Assigned::Present, found) => (found.is_some(), name.to_owned()),
        (Assigned::Absent, found) => (found.is_none(), format!("no {name}")),
        (Assigned::Value(_), Some(HIDDEN)) => {
            examiner.skip(format!(
                "the value of {name} may be a secret and is not read: write `{name}: present`"
            ));
            return;
        }
        (Assigned::Value(wanted), Some(found)) => (wanted == found, format!("{name}={wanted}")),
        (Assigned::Value(_), None) => (false, name.to_owned()),
    };
    examiner.property(code, property, wanted, same, expected, is);
}
