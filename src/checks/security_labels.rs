//! Security labels, which an extension reads: masking rules, for example.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::{Catalog, SecurityLabel, Unread};
use crate::source::{Located, Written as _, text_or_map};

use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "security-label": "security label", "security labels";
    LABEL: "security-label-text", "a security label says something else";
}

/// `security_labels:` by provider and object: `anon on column public.people.email`.
pub type Section = Objects<LabelExpectation>;

/// What is expected of a security label: its text. The text alone is the short form.
#[derive(Clone, Debug, Default)]
pub struct LabelExpectation {
    label: Option<Located<String>>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// The text.
    label: Option<Located<String>>,
}

impl From<Long> for LabelExpectation {
    fn from(long: Long) -> Self {
        Self { label: long.label }
    }
}

fn line(text: &str) -> Result<LabelExpectation, String> {
    Ok(LabelExpectation {
        label: Some(Located::left_out(text.to_owned())),
    })
}

text_or_map!(
    LabelExpectation as "SecurityLabel",
    Long,
    "the text of the label, or a mapping with `label`",
    line
);

impl Object for LabelExpectation {
    const HEADING: Heading = Heading {
        icon: "🔖 ",
        title: "Security Labels",
        noun: "security label",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = SecurityLabel;

    fn compare(
        &self,
        found: &SecurityLabel,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let label = Some(found.label.as_str());
        examiner.optional_text(&LABEL, "label", &self.label, label);
        Ok(())
    }

    fn like(found: &SecurityLabel) -> String {
        format!("{:?}", found.label)
    }

    fn written(found: &SecurityLabel, _catalog: &Catalog) -> Option<Value> {
        Some(match found.label.as_str() {
            "present" | "absent" => json!({"label": found.label}),
            label => label.into(),
        })
    }

    fn written_at(&mut self, span: std::ops::Range<usize>) {
        if let Some(label) = &mut self.label
            && label.span().is_none()
        {
            label.span = span;
        }
    }
}
