//! What is said of one object: what its kind says, and what can be said of any.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqAccessDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::super::Severity;
use super::filled::{Filled, filled, filled_schema};
use super::{Condition, Options};
use crate::source::{Located, text};

/// What can be said of an object of any kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Common {
    /// What to do where it is not so.
    pub help: Option<String>,
    /// What a mismatch counts as.
    pub severity: Option<Severity>,
    /// When the expectation holds at all: all of them.
    pub only_if: Vec<Condition>,
    /// The schema, where the name does not say it.
    pub schema: Option<Located<String>>,
}

impl Common {
    /// The schema, where the name does not say it.
    pub fn schema(&self) -> Option<&str> {
        text(&self.schema)
    }

    /// With what the section says where the item says nothing.
    pub fn within(mut self, options: &Options) -> Self {
        self.only_if.extend(options.only_if.clone());
        Self {
            help: self.help.or_else(|| options.help.clone()),
            severity: self.severity.or(options.severity),
            only_if: self.only_if,
            schema: self.schema.or_else(|| options.schema.clone()),
        }
    }
}

/// Keys of [`Common`], and `absent`.
pub const COMMON: [&str; 5] = ["absent", "help", "only_if", "schema", "severity"];

/// Whether the object is to be there, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected<E> {
    /// It is not to be there.
    Absent,
    /// It is, and is like this.
    Present(E),
}

/// The value beside a name: the kind's own form, `absent`, `present` (which expects nothing more), or a mapping of the
/// kind's keys and the common ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<E> {
    /// What can be said of an object of any kind.
    pub common: Common,
    /// What is expected of it.
    pub expected: Expected<E>,
    /// Whether it is written as a text or a number of its kind's own form, which an option of a section could be, too.
    pub scalar: bool,
}

impl<E> Item<E> {
    fn plain(expected: Expected<E>) -> Self {
        Self {
            common: Common::default(),
            expected,
            scalar: false,
        }
    }

    fn scalar(expected: E) -> Self {
        Self {
            scalar: true,
            ..Self::plain(Expected::Present(expected))
        }
    }
}

impl<'de, E: Deserialize<'de>> Deserialize<'de> for Item<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk(PhantomData))
    }
}

struct Walk<E>(PhantomData<E>);

macro_rules! forward {
    ($($method:ident: $type:ty,)+) => {
        $(
            fn $method<X: Error>(self, value: $type) -> Result<Self::Value, X> {
                E::deserialize(value.into_deserializer()).map(Item::scalar)
            }
        )+
    };
}

impl<'de, E: Deserialize<'de>> Visitor<'de> for Walk<E> {
    type Value = Item<E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what is expected of it, or `absent`")
    }

    forward! {
        visit_bool: bool,
        visit_i64: i64,
        visit_u64: u64,
        visit_f64: f64,
    }

    fn visit_str<X: Error>(self, text: &str) -> Result<Self::Value, X> {
        match text {
            "absent" => Ok(Item::plain(Expected::Absent)),
            "present" => self.visit_unit(),
            _ => E::deserialize(text.into_deserializer()).map(Item::scalar),
        }
    }

    fn visit_unit<X: Error>(self) -> Result<Self::Value, X> {
        let nothing = std::iter::empty::<(&str, &str)>();
        E::deserialize(MapAccessDeserializer::new(MapDeserializer::new(nothing)))
            .map(|value| Item::plain(Expected::Present(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        E::deserialize(List(seq)).map(|value| Item::plain(Expected::Present(value)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut filter = Filter {
            inner: map,
            common: Common::default(),
            absent: false,
            own: None,
        };
        let own = E::deserialize(MapAccessDeserializer::new(&mut filter));
        let Filter {
            common,
            absent,
            own: key,
            ..
        } = filter;
        let expected = match (absent, key) {
            (false, _) => Expected::Present(own?),
            (true, None) => Expected::Absent,
            (true, Some(key)) => {
                return Err(A::Error::custom(format!(
                    "`absent: true` leaves nothing to expect: remove it, or `{key}`"
                )));
            }
        };
        Ok(Item {
            common,
            ..Item::plain(expected)
        })
    }
}

/// A list, of which no structure is made: its fields would be told apart by their order.
struct List<A>(A);

impl<'de, A: SeqAccess<'de>> Deserializer<'de> for List<A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        SeqAccessDeserializer::new(self.0).deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        Err(A::Error::invalid_type(Unexpected::Seq, &visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Takes the common keys out of a mapping and leaves the others, with their places, to the kind.
struct Filter<A> {
    inner: A,
    common: Common,
    absent: bool,
    /// A key that is the kind's.
    own: Option<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for &mut Filter<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let mut seed = Some(seed);
        loop {
            let Some(key) = self.inner.next_key_seed(KeyOf { seed: &mut seed })? else {
                return Ok(None);
            };
            match key {
                Key::Own(name, key) => {
                    self.own.get_or_insert(name);
                    return Ok(Some(key));
                }
                Key::Common("absent") => self.absent = self.inner.next_value()?,
                Key::Common("help") => self.common.help = next(&mut self.inner)?,
                Key::Common("severity") => self.common.severity = next(&mut self.inner)?,
                Key::Common("schema") => self.common.schema = next(&mut self.inner)?,
                Key::Common(_) => self.common.only_if.extend(next(&mut self.inner)?),
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.inner.next_value_seed(Filled(seed))
    }
}

/// The next value, which is not left empty.
pub(super) fn next<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    map: &mut A,
) -> Result<Option<T>, A::Error> {
    map.next_value_seed(Filled(PhantomData))
}

enum Key<T> {
    Common(&'static str),
    Own(String, T),
}

/// Reads a key where the parser stands on it, so that an error about it has its place.
struct KeyOf<'a, K> {
    seed: &'a mut Option<K>,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for KeyOf<'_, K> {
    type Value = Key<K::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let name = String::deserialize(deserializer)?;
        if let Some(&common) = COMMON.iter().find(|&&common| common == name) {
            return Ok(Key::Common(common));
        }
        match self.seed.take() {
            Some(seed) => {
                let key = seed.deserialize(name.as_str().into_deserializer())?;
                Ok(Key::Own(name, key))
            }
            None => Err(D::Error::custom("a key was read twice: this is a bug")),
        }
    }
}

impl<E: JsonSchema> JsonSchema for Item<E> {
    fn schema_name() -> Cow<'static, str> {
        format!("Item_of_{}", E::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let common = common_schemas(generator);
        let mut own = E::json_schema(generator);
        let there = described(truth(false), ABSENT);
        let present = common.iter().cloned().chain([("absent", there)]);
        extend(&mut own, &present.collect::<Vec<_>>());
        let absent = serde_json::Map::from_iter(
            common
                .iter()
                .map(|(key, schema)| ((*key).to_owned(), schema.clone().to_value()))
                .chain([(
                    "absent".to_owned(),
                    described(truth(true), ABSENT).to_value(),
                )]),
        );
        // Only where a kind leaves everything open can nothing be said of an object.
        let words = match leaves_open(&own) {
            true => serde_json::json!(["absent", "present", null]),
            false => serde_json::json!(["absent"]),
        };
        json_schema!({
            "anyOf": [
                {"enum": words},
                {
                    "type": "object",
                    "description": "It is not to be there.",
                    "required": ["absent"],
                    "additionalProperties": false,
                    "properties": absent
                },
                own
            ]
        })
    }
}

/// A truth value, also in quotes or of a variable.
fn truth(value: bool) -> Schema {
    json_schema!({"anyOf": [
        {"enum": [value, value.to_string()]},
        {"type": "string", "pattern": r"\$\{[A-Za-z_]"}
    ]})
}

const ABSENT: &str = "Whether the object is not to be there.";

/// Whether one of the forms is a mapping without a key that is needed.
fn leaves_open(schema: &Schema) -> bool {
    let forms = ["oneOf", "anyOf"]
        .into_iter()
        .filter_map(|key| schema.get(key)?.as_array());
    let mut forms = forms
        .flatten()
        .filter_map(|form| <&Schema>::try_from(form).ok());
    let is_mapping = schema.get("type").and_then(|t| t.as_str()) == Some("object");
    let needs = |key| schema.get(key).is_some();
    is_mapping
        && !["required", "minProperties", "anyOf"]
            .into_iter()
            .any(needs)
        || !is_mapping && forms.any(leaves_open)
}

/// The schemas of the keys that items and sections have in common.
pub(super) fn common_schemas(generator: &mut SchemaGenerator) -> [(&'static str, Schema); 4] {
    [
        (
            "help",
            described(
                generator.subschema_for::<Option<String>>(),
                "A sentence that is printed below each finding: what to do where it is not so.",
            ),
        ),
        (
            "only_if",
            described(
                generator.subschema_for::<Option<Condition>>(),
                "When this holds at all. Elsewhere it is skipped, which is allowed.",
            ),
        ),
        (
            "schema",
            described(
                generator.subschema_for::<Option<String>>(),
                "The schema of names that do not say theirs.",
            ),
        ),
        (
            "severity",
            described(
                generator.subschema_for::<Option<Severity>>(),
                "What a mismatch counts as.",
            ),
        ),
    ]
}

/// With words that an editor shows, of a value that is not left empty.
pub(super) fn described(schema: Schema, words: &str) -> Schema {
    let mut schema = filled_schema(schema);
    schema.insert("description".to_owned(), words.into());
    schema
}

/// Adds the common keys wherever the kind's own form is a mapping.
fn extend(schema: &mut Schema, common: &[(&str, Schema)]) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    for key in ["oneOf", "anyOf"] {
        if let Some(forms) = object.get_mut(key).and_then(|forms| forms.as_array_mut()) {
            for form in forms {
                if let Ok(inner) = <&mut Schema>::try_from(form) {
                    extend(inner, common);
                }
            }
        }
    }
    if object.get("type").and_then(|t| t.as_str()) == Some("object") {
        let properties = object
            .entry("properties")
            .or_insert_with(|| serde_json::json!({}));
        if let Some(properties) = properties.as_object_mut() {
            properties.values_mut().for_each(filled);
            for (key, schema) in common {
                properties.insert((*key).to_owned(), schema.clone().to_value());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Located;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Own {
        table: Located<String>,
        #[serde(default)]
        unique: bool,
    }

    #[derive(Debug, Default, PartialEq, Eq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Open {
        owner: Option<String>,
    }

    fn read<E: for<'de> Deserialize<'de>>(yaml: &str) -> Result<Item<E>, String> {
        serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn common_keys_may_stand_anywhere_and_places_are_kept() {
        let yaml = "help: do it\ntable: t\nseverity: warning\nunique: true\nschema: app\n";
        let item: Item<Own> = read(yaml).unwrap();
        assert_eq!(item.common.help.as_deref(), Some("do it"));
        assert_eq!(item.common.severity, Some(Severity::Warning));
        assert_eq!(item.common.schema(), Some("app"));
        let Expected::Present(own) = item.expected else {
            panic!("it is expected")
        };
        assert!(own.unique);
        assert_eq!(&yaml[own.table.span], "t");
    }

    #[test]
    fn absence_is_a_word_or_a_key() {
        let word: Item<Own> = read("absent").unwrap();
        assert_eq!(word.expected, Expected::Absent);
        let key: Item<Own> = read("{absent: true, help: drop it}").unwrap();
        assert_eq!(key.expected, Expected::Absent);
        assert_eq!(key.common.help.as_deref(), Some("drop it"));
        let error = read::<Own>("{absent: true, table: t}").unwrap_err();
        assert!(error.contains("remove it, or `table`"), "{error}");
    }

    #[test]
    fn what_a_kind_leaves_open_may_be_left_out() {
        for yaml in ["present", "{}", "~"] {
            let item: Item<Open> = read(yaml).unwrap();
            assert_eq!(item.expected, Expected::Present(Open::default()), "{yaml}");
        }
        assert!(read::<Own>("present").unwrap_err().contains("table"));
    }

    #[test]
    fn a_key_is_not_left_empty() {
        for yaml in [
            "{owner: }",
            "{owner: ~}",
            "{help: ~}",
            "{severity: }",
            "{only_if: }",
        ] {
            let error = read::<Open>(yaml).unwrap_err();
            assert!(error.contains("left empty"), "{yaml}: {error}");
        }
        assert!(read::<Open>("{absent: }").is_err());
    }

    #[test]
    fn a_list_is_no_mapping() {
        // In the order of the fields, it would be.
        assert!(read::<Own>("[t, true]").unwrap_err().contains("sequence"));
        let list: Item<Vec<String>> = read("[t]").unwrap();
        assert_eq!(list.expected, Expected::Present(vec!["t".to_owned()]));
    }

    #[test]
    fn an_unknown_key_has_its_place() {
        let error: serde_saphyr::Error =
            serde_saphyr::from_str::<Item<Own>>("table: t\nuniqe: true\n").unwrap_err();
        let place = error.location().unwrap();
        assert_eq!((place.line(), place.column()), (2, 1));
        assert!(error.to_string().contains("uniqe"), "{error}");
    }
}
