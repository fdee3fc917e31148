//! Keys that have a value: one that is left empty would expect nothing, and pass.

use std::fmt;

use schemars::Schema;
use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};
use serde_json::Value;

/// Reads a value, and refuses none where one may be left out.
pub(super) struct Filled<S>(pub(super) S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Filled<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Filled(deserializer))
    }
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*);)+) => {
        $(
            fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
                self.0.$method($($argument,)* visitor)
            }
        )+
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Filled<D> {
    type Error = D::Error;

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Filled(visitor))
    }

    forward! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Filled<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        Err(E::custom(
            "this key is left empty, and so expects nothing: give it a value, or remove it",
        ))
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(deserializer)
    }
}

/// The schema of a value that may be left out, and not left empty.
pub(super) fn filled(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    for key in ["type", "enum", "anyOf", "oneOf"] {
        if let Some(Value::Array(forms)) = object.get_mut(key) {
            let is_nothing = |form: &Value| {
                form.is_null() || form == "null" || form.get("type").is_some_and(|t| t == "null")
            };
            forms.retain(|form| !is_nothing(form));
            // Lists and mappings stay in a list of types: without it, one that is left empty has nothing in it.
            if let (true, [Value::String(one)]) = (key == "type", forms.as_slice())
                && !matches!(one.as_str(), "array" | "object")
            {
                let one = one.clone();
                object.insert(key.to_owned(), one.into());
            }
        }
    }
}

/// The same of a schema as such.
pub(super) fn filled_schema(mut schema: Schema) -> Schema {
    if let Some(object) = schema.as_object_mut() {
        let mut value = Value::Object(std::mem::take(object));
        filled(&mut value);
        if let Value::Object(filled) = value {
            *object = filled;
        }
    }
    schema
}
