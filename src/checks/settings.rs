//! Settings that `ALTER DATABASE … SET` and `ALTER ROLE … SET` left.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::catalog::{Catalog, Setting, Unread};
use crate::meaning::ObjectName;
use crate::source::Located;

use super::language::{Assigned, Assignments, Others, Part};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, Wanted, codes};

codes! {
    of "setting": "set of settings", "sets of settings";
    VALUE: "setting-value", "a setting has another value, is not set, or is where it should not be";
}

/// `settings:` by whose they are: `database`, `role anon`, `role anon in database`, `all roles`.
pub type Section = Objects<SettingExpectation>;

/// What is expected of the settings of a role or the database: values by name. Others may be there, unless
/// `other_settings` is `refused`.
#[derive(Clone, Debug, Default)]
pub struct SettingExpectation {
    /// Values by name.
    pub settings: Assignments,
    /// Whether there may be settings that are not listed.
    pub other_settings: Option<Located<Others>>,
}

const OTHERS: &str = "other_settings";

impl<'de> Deserialize<'de> for SettingExpectation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        impl<'de> Visitor<'de> for Walk {
            type Value = SettingExpectation;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of settings, as in `statement_timeout: 8s`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut out = SettingExpectation::default();
                while let Some(name) = map.next_key::<Part>()? {
                    if name.one() == Some(OTHERS) {
                        out.other_settings = Some(map.next_value()?);
                    } else {
                        let value: Located<Assigned> = map.next_value()?;
                        out.settings.0.push((Located::left_out(name), value));
                    }
                }
                Ok(out)
            }
        }

        deserializer.deserialize_map(Walk)
    }
}

impl JsonSchema for SettingExpectation {
    fn schema_name() -> Cow<'static, str> {
        "Setting".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                "other_settings": {
                    "description": "Whether there may be settings that are not listed.",
                    "anyOf": [generator.subschema_for::<Others>()]
                }
            },
            "additionalProperties": generator.subschema_for::<Assigned>()
        })
    }
}

impl Object for SettingExpectation {
    const HEADING: Heading = Heading {
        icon: "⚙️  ",
        title: "Settings",
        noun: "setting",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = Setting;

    fn called(name: &ObjectName) -> String {
        let written = name.name.trim();
        match (written, written.strip_suffix(" in database")) {
            ("database", _) => "in the database".to_owned(),
            ("all roles", _) => String::new(),
            (_, Some(role)) => format!("{role} in the database"),
            (role, None) => role.to_owned(),
        }
    }

    fn missing(
        &self,
        _wanted: &Wanted,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        if self.settings.0.is_empty() && self.other_settings.is_none() {
            examiner.missing(&PRESENCE.missing, Self::HEADING.noun, facts);
        } else {
            // A role without settings has none of those that it should not have.
            examiner.present(&PRESENCE.missing);
            self.compare_with(&[], examiner);
        }
        Ok(())
    }

    fn compare(
        &self,
        found: &Setting,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        self.compare_with(&found.settings, examiner);
        Ok(())
    }

    fn like(found: &Setting) -> String {
        found.settings.join(", ")
    }

    fn written(found: &Setting, _catalog: &Catalog) -> Option<Value> {
        let mut out = Assignments::written(&found.settings);
        out[OTHERS] = "refused".into();
        Some(out)
    }
}

impl SettingExpectation {
    fn compare_with(&self, found: &[String], examiner: &mut Examiner<'_>) {
        self.settings
            .compare(&self.other_settings, found, &VALUE, "setting", examiner);
    }
}

/// What a suite calls the settings.
pub fn key(found: &Setting) -> String {
    match (&found.role, found.in_database) {
        (None, true) => "database".to_owned(),
        (None, false) => "all roles".to_owned(),
        (Some(role), true) => format!("role {role} in database"),
        (Some(role), false) => format!("role {role}"),
    }
}
