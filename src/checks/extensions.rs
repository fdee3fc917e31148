//! Extensions: version, schema, and whether it is the real one.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Extension, Unread};
use crate::source::{Located, text_or_map};

use super::line::{Sheet, place, said};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "extension": "extension", "extensions";
    VERSION: "extension-version", "an extension is installed in another version";
    SCHEMA: "extension-schema", "the objects of an extension lie in another schema";
    STAND_IN: "extension-stand-in", "an extension is a stand-in where the real one is expected, or the reverse";
    OWNER: "extension-owner", "an extension belongs to another role";
    COMMENT: "extension-comment", "an extension has another comment";
}

/// `extensions:` by name.
pub type Section = Objects<ExtensionExpectation>;

/// What is expected of an extension. What is left out may be anything. The version alone is the short form.
#[derive(Clone, Debug)]
pub struct ExtensionExpectation(Long);

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// The installed version, or bounds of it: `">= 1.4"`.
    version: Option<Located<Version>>,
    /// Whether it only stands in for the real one on a private cluster.
    stand_in: Option<Located<bool>>,
    /// The role that owns it.
    owner: Option<Located<String>>,
    /// `COMMENT ON EXTENSION`.
    comment: Option<Located<String>>,
    /// The schema that its objects were put into: the key `schema`, which every expectation takes.
    #[serde(skip)]
    schema: Option<Located<String>>,
}

impl From<Long> for ExtensionExpectation {
    fn from(long: Long) -> Self {
        Self(long)
    }
}

text_or_map!(
    ExtensionExpectation as "Extension",
    Long,
    "the version of an extension (`\">= 1.4\"`), or a mapping with `version`, `schema`, …",
    |text: &str| -> Result<ExtensionExpectation, String> {
        Ok(ExtensionExpectation(Long {
            version: said(Version::parse(text)?),
            ..Long::default()
        }))
    }
);

/// `1.4`: just this one. `>= 1.4`, `> 1.4`, `<= 1.4`, `< 1.4`, and several with commas between: all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    text: String,
    bounds: Vec<(Bound, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Is,
    AtLeast,
    Above,
    AtMost,
    Below,
}

impl Version {
    fn parse(text: &str) -> Result<Self, String> {
        const SIGNS: [(&str, Bound); 7] = [
            (">=", Bound::AtLeast),
            ("<=", Bound::AtMost),
            (">", Bound::Above),
            ("<", Bound::Below),
            ("=", Bound::Is),
            ("at least ", Bound::AtLeast),
            ("at most ", Bound::AtMost),
        ];
        let bounds: Result<Vec<_>, String> = text
            .split(',')
            .map(|part| {
                let part = part.trim();
                let sign = SIGNS
                    .iter()
                    .find_map(|(s, b)| Some((*b, part.strip_prefix(s)?)));
                let (bound, version) = sign.unwrap_or((Bound::Is, part));
                let version = version.trim();
                match version.contains(char::is_whitespace) || version.is_empty() {
                    true => Err(format!(
                        "`{text}` is no version: write `\"1.4\"`, `\">= 1.4\"` or `\">= 1.4, < 2\"`"
                    )),
                    false => Ok((bound, version.to_owned())),
                }
            })
            .collect();
        Ok(Self {
            text: text.trim().to_owned(),
            bounds: bounds?,
        })
    }

    fn holds(&self, found: &str) -> bool {
        self.bounds.iter().all(|(bound, version)| {
            let order = compare(found, version);
            match bound {
                Bound::Is => found == version,
                Bound::AtLeast => order != Ordering::Less,
                Bound::Above => order == Ordering::Greater,
                Bound::AtMost => order != Ordering::Greater,
                Bound::Below => order == Ordering::Less,
            }
        })
    }
}

/// Compares versions part by part, numbers as numbers. `1.10` comes after `1.9`, and `1.4` before `1.4.1`.
fn compare(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| -> Vec<String> {
        let parts = text.split(['.', '-', '+', '_']);
        parts.map(ToOwned::to_owned).collect()
    };
    let (a, b) = (parts(a), parts(b));
    let nothing = "0".to_owned();
    (0..a.len().max(b.len()))
        .map(|at| {
            let (a, b) = (a.get(at).unwrap_or(&nothing), b.get(at).unwrap_or(&nothing));
            match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                // A word before a number: `dev` is not yet the release.
                (Ok(_), Err(_)) => Ordering::Greater,
                (Err(_), Ok(_)) => Ordering::Less,
                (Err(_), Err(_)) => a.cmp(b),
            }
        })
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Version {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "A version, or bounds of one: \"1.4\", \">= 1.4, < 2\"."})
    }
}

impl Object for ExtensionExpectation {
    const HEADING: Heading = Heading {
        icon: "🧩 ",
        title: "Extensions",
        noun: "extension",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    const SCHEMA_IS_PROPERTY: bool = true;
    type Found = Extension;

    fn compare(
        &self,
        extension: &Extension,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let wanted = &self.0;
        if let Some(version) = &wanted.version {
            let found = extension.version.as_str();
            let same = version.value.holds(found);
            examiner.property(
                &VERSION,
                "version",
                version,
                same,
                version.value.to_string(),
                found,
            );
        }
        examiner.optional(&SCHEMA, "schema", &wanted.schema, &extension.schema);
        if let Some(stand_in) = &wanted.stand_in {
            let words = ["a stand-in", "the real one"];
            examiner.either(&STAND_IN, "origin", stand_in, extension.stand_in, words);
        }
        examiner.optional(&OWNER, "owner", &wanted.owner, &extension.owner);
        let comment = extension.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &wanted.comment, comment);
        Ok(())
    }

    fn like(extension: &Extension) -> String {
        format!("version {}", extension.version)
    }

    fn written(extension: &Extension, _: &Catalog) -> Option<Value> {
        Sheet::default()
            .with("version", extension.version.as_str())
            .with("schema", extension.schema.as_str())
            .with("stand_in", extension.stand_in)
            .with("owner", extension.owner.as_str())
            .comment(extension.comment.as_deref())
    }

    fn lies_in(&mut self, schema: &Located<String>) -> bool {
        self.0.schema = Some(schema.clone());
        true
    }

    fn written_at(&mut self, span: Range<usize>) {
        place(&mut self.0.version, &span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let holds = |bounds: &str, found: &str| Version::parse(bounds).unwrap().holds(found);
        assert!(holds("1.4", "1.4") && !holds("1.4", "1.4.0") && !holds("1.4", "1.40"));
        assert!(holds(">= 1.4", "1.10") && holds(">= 1.4", "1.4") && !holds(">= 1.4", "1.3.9"));
        assert!(holds("> 1.4", "1.4.1") && !holds("> 1.4", "1.4") && !holds("> 1.4", "1.4.0"));
        assert!(holds(">= 1.4, < 2", "1.9") && !holds(">= 1.4, < 2", "2.0"));
        assert!(holds("at most 3", "2.9") && holds("< 1.0", "1.0-dev"));
        for wrong in ["", ">=", "1.4 2", "about 3", ">= 1,"] {
            assert!(Version::parse(wrong).is_err(), "{wrong}");
        }
    }
}
