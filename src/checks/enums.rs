//! Enum types: that they are there, with just these labels in this order.

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};

use crate::catalog::{Catalog, Enum, Identity};
use crate::source::{Entries, Located, Written};

use super::object::item;
use super::{Code, Examiner, Expectation, Facts, FileScope, Heading, Object, codes};

codes! {
    MISSING: "enum-missing", "an expected enum type is not there";
    LABELS: "enum-labels", "an enum type has other labels, or has them in another order";
}

/// `enums:` by name.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Section(Entries<Located<ListOrLong>>);

item! {
    /// What is expected of an enum type: its labels, all of them and in order.
    pub struct EnumExpectation {
        /// The labels.
        pub labels: Located<Vec<String>>,
    }
}

/// The labels alone, or the long form.
#[derive(Debug)]
struct ListOrLong(EnumExpectation);

impl<'de> Deserialize<'de> for ListOrLong {
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
                let labels = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
                Ok(EnumExpectation {
                    labels: Located::left_out(labels),
                    help: None,
                    severity: Default::default(),
                })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                map: A,
            ) -> Result<Self::Value, A::Error> {
                EnumExpectation::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_any(Walk).map(Self)
    }
}

impl Section {
    pub(super) fn expand(self, scope: &FileScope<'_>, out: &mut Vec<Expectation>) {
        for (key, written) in self.0.0 {
            let mut item = written.value.0;
            if item.labels.span().is_none() {
                item.labels.span = written.span;
            }
            out.push(scope.object(&key, item));
        }
    }
}

impl Object for EnumExpectation {
    const HEADING: Heading = Heading {
        // The variation selector makes the tag narrow in terminals: two spaces keep the text in line.
        icon: "🏷️  ",
        title: "Enums",
        noun: "enum",
    };
    const MISSING: Code = MISSING;
    type Found = Enum;

    fn find<'a>(&self, catalog: &'a Catalog, wanted: &Identity) -> Option<&'a Enum> {
        let mut all = catalog.enums.iter();
        all.find(|e| e.schema == wanted.schema && e.name == wanted.name)
    }

    fn compare(&self, found: &Enum, _facts: &Facts<'_>, examiner: &mut Examiner<'_>) {
        examiner.property(
            &LABELS,
            "labels",
            &self.labels,
            self.labels.value == found.labels,
            list(&self.labels.value),
            list(&found.labels),
        );
    }
}

fn list(labels: &[String]) -> String {
    format!("[{}]", labels.join(", "))
}
