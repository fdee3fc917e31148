//! Enum types: that they are there, with just these labels in this order.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Enum, Unread};
use crate::source::{Located, Written};

use super::language::{Form, Listing, Rest, shown};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "enum": "enum type", "enum types";
    LABELS: "enum-labels", "an enum type has other labels, or has them in another order";
    OWNER: "enum-owner", "an enum type belongs to another role";
    COMMENT: "enum-comment", "an enum type has another comment";
}

/// `enums:` by name.
pub type Section = Objects<EnumExpectation>;

/// What is expected of an enum type: its labels, all of them and in order. The list alone is the short form.
#[derive(Clone, Debug)]
pub struct EnumExpectation(Long);

/// The long form.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// The labels.
    labels: Option<Located<Listing<String>>>,
    /// The role that owns it.
    owner: Option<Located<String>>,
    /// `COMMENT ON TYPE`; an empty text for none.
    comment: Option<Located<String>>,
    /// Whether what is left out may be something.
    other_properties: Rest,
}

impl<'de> Deserialize<'de> for EnumExpectation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        impl<'de> serde::de::Visitor<'de> for Walk {
            type Value = EnumExpectation;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of labels, or a mapping with `labels`")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                seq: A,
            ) -> Result<Self::Value, A::Error> {
                let labels = Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq))?;
                Ok(EnumExpectation(Long {
                    labels: Some(Located::left_out(Listing::Exactly(labels))),
                    ..Long::default()
                }))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                map: A,
            ) -> Result<Self::Value, A::Error> {
                let long = serde::de::value::MapAccessDeserializer::new(map);
                Long::deserialize(long).map(EnumExpectation)
            }
        }

        deserializer.deserialize_any(Walk)
    }
}

impl JsonSchema for EnumExpectation {
    fn schema_name() -> Cow<'static, str> {
        "Enum".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let short = generator.subschema_for::<Vec<String>>();
        let long = Long::json_schema(generator);
        json_schema!({"anyOf": [short, long]})
    }
}

impl Object for EnumExpectation {
    const HEADING: Heading = Heading {
        // The variation selector makes the tag narrow in terminals: two spaces keep the text in line.
        icon: "🏷️  ",
        title: "Enums",
        noun: "enum",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = Enum;

    fn rest(&mut self) -> Option<&mut Rest> {
        Some(&mut self.0.other_properties)
    }

    fn compare(
        &self,
        found: &Enum,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let expected = &self.0;
        if let Some(labels) = &expected.labels {
            examiner.property(
                &LABELS,
                "labels",
                labels,
                labels.value.met_in_order(&found.labels, |w, f| w == f),
                labels.value.to_string(),
                shown(&found.labels),
            );
        }
        examiner.optional(&OWNER, "owner", &expected.owner, &found.owner);
        let comment = found.comment.as_deref();
        let rest = &expected.other_properties;
        examiner.comment(&COMMENT, &expected.comment, rest, comment);
        Ok(())
    }

    fn like(found: &Enum) -> String {
        shown(&found.labels)
    }

    fn written(found: &Enum, _catalog: &Catalog) -> Option<Value> {
        let form = Form::default()
            .list("labels", &found.labels)
            .with("owner", found.owner.as_str());
        Some(form.some("comment", &found.comment).refusing_others())
    }

    fn written_at(&mut self, span: Range<usize>) {
        if let Some(labels) = &mut self.0.labels
            && labels.span().is_none()
        {
            labels.span = span;
        }
    }
}
