//! Enum types: that they are there, with just these labels in this order.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::catalog::{Enum, Unread};
use crate::source::{Located, Written};

use super::language::{Listing, shown};
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
pub struct EnumExpectation {
    /// The labels.
    pub labels: Option<Located<Listing<String>>>,
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// `COMMENT ON TYPE`.
    pub comment: Option<Located<String>>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// The labels in order.
    labels: Option<Located<Listing<String>>>,
    /// The role that owns it.
    owner: Option<Located<String>>,
    /// `COMMENT ON TYPE`.
    comment: Option<Located<String>>,
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
                Ok(EnumExpectation {
                    labels: Some(Located::left_out(Listing::Exactly(labels))),
                    owner: None,
                    comment: None,
                })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                map: A,
            ) -> Result<Self::Value, A::Error> {
                let long = Long::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(EnumExpectation {
                    labels: long.labels,
                    owner: long.owner,
                    comment: long.comment,
                })
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

    fn compare(
        &self,
        found: &Enum,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        if let Some(labels) = &self.labels {
            examiner.property(
                &LABELS,
                "labels",
                labels,
                labels.value.met_in_order(&found.labels, |w, f| w == f),
                labels.value.to_string(),
                shown(&found.labels),
            );
        }
        examiner.optional(&OWNER, "owner", &self.owner, &found.owner);
        let comment = found.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        Ok(())
    }

    fn like(found: &Enum) -> String {
        shown(&found.labels)
    }

    fn written_at(&mut self, span: Range<usize>) {
        if let Some(labels) = &mut self.labels
            && labels.span().is_none()
        {
            labels.span = span;
        }
    }
}
