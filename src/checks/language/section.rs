//! The part of a file that speaks of one kind.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::super::Severity;
use super::item::{common_schemas, described, next};
use super::{Bounds, Condition, Rest};
use crate::source::{Entries, Located, text};

/// Whether there may be objects that are not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Others {
    /// They may be there.
    Allowed,
    /// Each is a finding.
    Refused,
}

/// What a section says of all that is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The line of the report that stands for the passing items.
    pub title: Option<String>,
    /// Whether there may be objects that are not listed.
    pub others: Option<Located<Others>>,
    /// How many objects there are.
    pub count: Option<Located<Bounds>>,
    /// The schema of names that do not say theirs.
    pub schema: Option<Located<String>>,
    /// When the section holds at all.
    pub only_if: Option<Condition>,
    /// What a mismatch counts as.
    pub severity: Option<Severity>,
    /// What to do where it is not so.
    pub help: Option<String>,
    /// What items leave out that say nothing of their own about that.
    pub other_properties: Rest,
}

impl Options {
    /// The schema of names that do not say theirs.
    pub fn schema(&self) -> Option<&str> {
        text(&self.schema)
    }

    /// Whether what is not listed is a finding.
    pub fn refuses_others(&self) -> bool {
        self.others
            .as_ref()
            .is_some_and(|others| others.value == Others::Refused)
    }
}

/// A section: the items by name; or, where something is to be said of all of them, a mapping of options with the items
/// below `items:`. Where one of its keys is no option, all of them are names, in whatever order they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<I> {
    /// Whether its keys are names.
    pub names: bool,
    /// What holds for all of it.
    pub options: Options,
    /// What is expected, by name.
    pub items: Entries<I>,
}

impl<I> Section<I> {
    /// Whether there is neither an object in it nor anything that is said of all.
    fn says_nothing(&self) -> bool {
        let Options { others, count, .. } = &self.options;
        self.items.0.is_empty() && others.is_none() && count.is_none()
    }
}

impl<I> Default for Section<I> {
    fn default() -> Self {
        Self {
            names: false,
            options: Options::default(),
            items: Entries::default(),
        }
    }
}

/// Keys of the long form. `title` first and `items` last: an error about them knows the form by that.
pub const KEYS: [&str; 9] = [
    "title",
    "count",
    "help",
    "only_if",
    "other_properties",
    "others",
    "schema",
    "severity",
    "items",
];

/// Whether a key is one of the options.
pub fn is_option(key: &str) -> bool {
    KEYS.contains(&key)
}

/// What is wrong with an option among names.
pub fn misplaced(key: &str) -> crate::error::Error {
    crate::error::Error::usage(format!(
        "`{key}` is an option here, and names stand beside it"
    ))
    .help(format!(
        "Where a section has options, all names stand below `items:`. An object called `{key}` is written with its schema, \
         as `public.{key}`, or as a mapping."
    ))
}

thread_local! {
    // A type is given nothing but its deserializer, and that knows no key before it is read.
    static NAMES: RefCell<BTreeSet<usize>> = const { RefCell::new(BTreeSet::new()) };
}

/// Reads while it is known that the keys of the sections whose first key starts at one of these bytes are names, though
/// that key is called as an option is.
pub fn with_names<T>(sections: BTreeSet<usize>, read: impl FnOnce() -> T) -> T {
    NAMES.set(sections);
    let out = read();
    NAMES.take();
    out
}

impl<'de, I: Deserialize<'de>> Deserialize<'de> for Section<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Walk(PhantomData))
    }
}

struct Walk<I>(PhantomData<I>);

impl<'de, I: Deserialize<'de>> Visitor<'de> for Walk<I> {
    type Value = Section<I>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut section = Section::default();
        let Some(first) = map.next_key::<Located<String>>()? else {
            return Ok(section);
        };
        let start = first.span.start;
        if !is_option(&first.value) || NAMES.with_borrow(|names| names.contains(&start)) {
            section.names = true;
            section.items.0.push((first, map.next_value()?));
            while let Some(entry) = map.next_entry()? {
                section.items.0.push(entry);
            }
            return Ok(section);
        }
        let mut key = Some(first.value);
        while let Some(name) = key {
            let options = &mut section.options;
            match name.as_str() {
                "title" => options.title = next(&mut map)?,
                "count" => options.count = next(&mut map)?,
                "help" => options.help = next(&mut map)?,
                "only_if" => options.only_if = next(&mut map)?,
                "other_properties" => options.other_properties = next(&mut map)?,
                "others" => options.others = next(&mut map)?,
                "schema" => options.schema = next(&mut map)?,
                "severity" => options.severity = next(&mut map)?,
                _ => section.items = map.next_value()?,
            }
            key = map.next_key_seed(OptionKey)?;
        }
        match section.says_nothing() {
            true => Err(A::Error::custom(
                "this section says nothing of any object: names stand below `items:`",
            )),
            false => Ok(section),
        }
    }
}

/// Refuses an unknown key where the parser stands on it, so that the error has its place.
struct OptionKey;

impl<'de> DeserializeSeed<'de> for OptionKey {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let key = String::deserialize(deserializer)?;
        if KEYS.contains(&key.as_str()) {
            Ok(key)
        } else {
            Err(D::Error::unknown_field(&key, &KEYS))
        }
    }
}

impl<I: JsonSchema> JsonSchema for Section<I> {
    fn schema_name() -> Cow<'static, str> {
        format!("Section_of_{}", I::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<Entries<I>>();
        let item = generator.subschema_for::<I>();
        let own = [
            (
                "title",
                described(
                    generator.subschema_for::<Option<String>>(),
                    "The line of the report that stands for the items that pass.",
                ),
            ),
            (
                "count",
                described(
                    generator.subschema_for::<Option<Bounds>>(),
                    "How many objects of the kind there are in the schema.",
                ),
            ),
            (
                "others",
                described(
                    generator.subschema_for::<Option<Others>>(),
                    "Whether there may be objects of the kind that no file of the suite names.",
                ),
            ),
            (
                "other_properties",
                described(
                    generator.subschema_for::<Option<Others>>(),
                    "Whether what items leave out may be anything, for all that do not say it themselves.",
                ),
            ),
            ("items", described(items, "What is expected, by name.")),
        ];
        let properties: serde_json::Map<String, serde_json::Value> = own
            .into_iter()
            .chain(common_schemas(generator))
            .map(|(key, schema)| (key.to_owned(), schema.to_value()))
            .collect();
        // A section without options and one that only has options are told apart by their keys, as the parser does it.
        let called_as_option = format!("^({})$", KEYS.join("|"));
        json_schema!({
            "if": {"propertyNames": {"enum": KEYS}, "minProperties": 1},
            "then": {
                "type": "object",
                "additionalProperties": false,
                "properties": properties,
                "anyOf": [
                    {"required": ["count"]},
                    {"required": ["others"]},
                    {"required": ["items"], "properties": {"items": {"minProperties": 1, "not": {"type": "null"}}}}
                ]
            },
            "else": {
                "type": "object",
                "additionalProperties": item,
                // An object of this name is no scalar, so that it cannot be meant for the option.
                "patternProperties": {called_as_option: {"allOf": [
                    item,
                    {"anyOf": [{"type": ["object", "array", "null"]}, {"enum": ["absent", "present"]}]}
                ]}}
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Section<String>, String> {
        serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn names_may_stand_alone_or_below_items() {
        let alone = read("{a: x, b: y}").unwrap();
        let below = read("title: T\nothers: refused\ncount: 2..3\nitems: {a: x, b: y}\n").unwrap();
        let names = |section: &Section<String>| -> Vec<(String, String)> {
            let entries = section.items.0.iter();
            entries.map(|(k, v)| (k.value.clone(), v.clone())).collect()
        };
        assert_eq!(names(&alone), names(&below));
        assert_eq!(below.options.title.as_deref(), Some("T"));
        assert_eq!(below.options.others.unwrap().value, Others::Refused);
        assert!(below.options.count.unwrap().value.hold(3));
        assert_eq!(read("{}").unwrap(), Section::default());
    }

    #[test]
    fn an_object_may_have_the_name_of_an_option() {
        let section = read("items: {title: x, items: y}").unwrap();
        assert_eq!(section.items.0.len(), 2);
        let section = read("{a: x, items: y}").unwrap();
        assert_eq!(section.items.0[1].0.value, "items");
        assert!(read("{items: y, a: x}").is_err());
        let section = with_names([1].into(), || read("{items: y, a: x}").unwrap());
        assert_eq!(section.items.0[0].0.value, "items");
        assert!(read("{items: y, a: x}").is_err());
    }

    #[test]
    fn an_unknown_option_has_its_place() {
        let error = serde_saphyr::from_str::<Section<String>>("title: T\nitem: {}\n").unwrap_err();
        assert_eq!(error.location().unwrap().line(), 2);
        assert!(error.to_string().contains("item"), "{error}");
    }
}
