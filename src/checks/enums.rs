//! Enum types: that they are there, with just these labels in this order.

use serde::Deserialize;

use crate::catalog::{Catalog, Enum, Identity, Kinds, Selection, Unread};
use crate::meaning::ObjectName;
use crate::source::Entries;

use super::{Check, Code, Examiner, Expectation, Facts, Heading, Scope, Severity};

/// Finding codes of this kind.
pub const CODES: &[Code] = &[MISSING, LABELS];
const MISSING: Code = Code {
    name: "enum-missing",
    meaning: "an expected enum type is not there",
};
const LABELS: Code = Code {
    name: "enum-labels",
    meaning: "an enum type has other labels, or has them in another order",
};

const HEADING: Heading = Heading {
    // The variation selector makes the tag narrow in terminals: two spaces keep the text in line.
    icon: "🏷️  ",
    title: "Enums",
    noun: "enum",
};

/// `enums:` by name.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Section(Entries<EnumExpectation>);

/// What is expected of an enum type: its labels, all of them and in order.
#[derive(Debug)]
pub struct EnumExpectation {
    labels: Vec<String>,
    help: Option<String>,
    severity: Severity,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    labels: Vec<String>,
    #[serde(default)]
    help: Option<String>,
    #[serde(default)]
    severity: Severity,
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
                mut seq: A,
            ) -> Result<Self::Value, A::Error> {
                let mut labels = Vec::new();
                while let Some(label) = seq.next_element()? {
                    labels.push(label);
                }
                Ok(EnumExpectation {
                    labels,
                    help: None,
                    severity: Severity::default(),
                })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                map: A,
            ) -> Result<Self::Value, A::Error> {
                let long = Long::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(EnumExpectation {
                    labels: long.labels,
                    help: long.help,
                    severity: long.severity,
                })
            }
        }

        deserializer.deserialize_any(Walk)
    }
}

impl Section {
    pub(super) fn expand(self, scope: &Scope<'_>, out: &mut Vec<Expectation>) {
        for (key, mut item) in self.0.0 {
            let name = ObjectName::parse(&key.value);
            out.push(Expectation {
                subject: Identity::new("enum", name.schema_or(scope.schema), &name.name),
                label: format!("{name} enum exists"),
                origin: scope.origin(&key),
                heading: HEADING,
                summary: None,
                required: scope.required,
                quiet: false,
                help: item.help.take(),
                severity: item.severity,
                check: Box::new(item),
            });
        }
    }
}

fn find<'a>(catalog: &'a Catalog, subject: &Identity) -> Result<Option<&'a Enum>, Unread> {
    let mut enums = catalog.enums.known()?.iter();
    Ok(enums.find(|e| e.schema == subject.schema && e.name == subject.name))
}

impl Check for EnumExpectation {
    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<Enum>())
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let found = find(facts.catalog, examiner.subject())?;
        examiner.presence(&MISSING, found.is_some(), "no enum of this name");
        let Some(found) = found else { return Ok(()) };
        examiner.property(
            &LABELS,
            "labels",
            self.labels == found.labels,
            list(&self.labels),
            list(&found.labels),
        );
        Ok(())
    }
}

fn list(labels: &[String]) -> String {
    format!("[{}]", labels.join(", "))
}
