//! Text search dictionaries: template and options.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use serde_json::{Map, Value};

use crate::catalog::{Catalog, TextSearchDictionary, Unread};
use crate::meaning::{Class, tokens};
use crate::source::{Entries, Located, Written as _};

use super::language::Plain;
use super::line::{Sheet, items};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "text-search-dictionary": "text search dictionary", "text search dictionaries";
    TEMPLATE: "text-search-dictionary-template", "a text search dictionary is made from another template";
    OPTIONS: "text-search-dictionary-options", "a text search dictionary has other options";
    OWNER: "text-search-dictionary-owner", "a text search dictionary belongs to another role";
    COMMENT: "text-search-dictionary-comment", "a text search dictionary has another comment";
}

/// `text_search_dictionaries:` by name.
pub type Section = Objects<TextSearchDictionaryExpectation>;

/// What is expected of a text search dictionary. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `template`, `options`, …"
)]
pub struct TextSearchDictionaryExpectation {
    /// The template.
    pub template: Option<Located<String>>,
    /// All options by name, in any order.
    pub options: Option<Entries<Located<Setting>, Plain>>,
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// `COMMENT ON TEXT SEARCH DICTIONARY`.
    pub comment: Option<Located<String>>,
}

/// The value of an option: a text, a number, true or false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting(String);

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        impl Visitor<'_> for Walk {
            type Value = Setting;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, `true` or `false`")
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Setting, E> {
                Ok(Setting(value.to_string()))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Setting, E> {
                Ok(Setting(value.to_string()))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Setting, E> {
                Ok(Setting(value.to_string()))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Setting, E> {
                Ok(Setting(value.to_string()))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Setting, E> {
                Ok(Setting(value.to_owned()))
            }
        }

        deserializer.deserialize_any(Walk)
    }
}

impl JsonSchema for Setting {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Setting".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}

impl Object for TextSearchDictionaryExpectation {
    const HEADING: Heading = Heading {
        icon: "📖 ",
        title: "Text Search Dictionaries",
        noun: "text search dictionary",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = TextSearchDictionary;

    fn compare(
        &self,
        found: &TextSearchDictionary,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let template = Some(found.template.as_str());
        examiner.name(
            &TEMPLATE,
            "template",
            &self.template,
            template,
            &found.schema,
        );
        if let Some(Entries(options)) = &self.options {
            let wanted: BTreeMap<String, String> = options
                .iter()
                .map(|(name, value)| (name.value.to_string(), value.value.0.clone()))
                .collect();
            let there = read(found.options.as_deref().unwrap_or_default());
            // The first that is not so; where one is missing or too many, the first of all.
            let other = options
                .iter()
                .find(|(name, value)| there.get(&*name.value) != Some(&value.value.0));
            let place = other
                .or(options.first())
                .and_then(|(_, value)| value.span());
            let place = place.map(|span| Located { value: (), span });
            let same = wanted == there;
            examiner.property(
                &OPTIONS,
                "options",
                &place,
                same,
                list(&wanted),
                list(&there),
            );
        }
        examiner.optional(&OWNER, "owner", &self.owner, &found.owner);
        let comment = found.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        Ok(())
    }

    fn like(found: &TextSearchDictionary) -> String {
        format!("one made from {}", found.template)
    }

    fn written(found: &TextSearchDictionary, _: &Catalog) -> Option<Value> {
        let options = read(found.options.as_deref().unwrap_or_default());
        let options: Map<String, Value> = options
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect();
        Sheet::default()
            .with("template", found.template.as_str())
            .with("options", options)
            .with("owner", found.owner.as_str())
            .comment(found.comment.as_deref())
    }
}

/// Reads options as the server prints them: `stopwords = 'english', accept = 'false'`.
fn read(printed: &str) -> BTreeMap<String, String> {
    items(printed)
        .into_iter()
        .map(|item| {
            let tokens = tokens(item);
            let name = tokens.first().map_or_else(String::new, |t| t.text.clone());
            let value = match tokens.last() {
                Some(t) if t.class == Class::String => unquoted(&item[t.start..t.end]),
                Some(t) => item[t.start..].to_owned(),
                None => String::new(),
            };
            (name.trim_matches('"').to_owned(), value)
        })
        .collect()
}

/// The value of a literal. With backslashes in it the server prints `E'…'`, in which they are doubled.
fn unquoted(literal: &str) -> String {
    let (escaped, inner) = match literal.strip_prefix(['E', 'e']) {
        Some(rest) => (true, rest),
        None => (false, literal),
    };
    let inner = inner.strip_prefix('\'').unwrap_or(inner);
    let inner = inner.strip_suffix('\'').unwrap_or(inner).replace("''", "'");
    match escaped {
        true => inner.replace("\\\\", "\\"),
        false => inner,
    }
}

fn list(options: &BTreeMap<String, String>) -> String {
    if options.is_empty() {
        return "none".to_owned();
    }
    let options: Vec<String> = options
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    options.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_the_server_prints_them() {
        let read = read("stopwords = 'it''s', accept = 'false', maxlen = 5, path = E'a\\\\b'");
        let expected = [
            ("accept", "false"),
            ("maxlen", "5"),
            ("path", "a\\b"),
            ("stopwords", "it's"),
        ];
        assert!(
            read.iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .eq(expected),
            "{read:?}"
        );
    }
}
