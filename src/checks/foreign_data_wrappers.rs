//! Foreign-data wrappers: functions, options.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::{Catalog, ForeignDataWrapper, Unread};
use crate::source::Located;

use super::language::{Assignments, Others};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "foreign-data-wrapper": "foreign-data wrapper", "foreign-data wrappers";
    OWNER: "foreign-data-wrapper-owner", "a foreign-data wrapper belongs to another role";
    FUNCTIONS: "foreign-data-wrapper-functions", "a foreign-data wrapper has another handler or validator";
    OPTIONS: "foreign-data-wrapper-options",
        "an option of a foreign-data wrapper has another value, is not set, or is where it should not be";
    COMMENT: "foreign-data-wrapper-comment", "a foreign-data wrapper has another comment";
}

/// `foreign_data_wrappers:` by name.
pub type Section = Objects<WrapperExpectation>;

/// What is expected of a foreign-data wrapper. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `handler`, `options`, …"
)]
pub struct WrapperExpectation {
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// The handler function with its schema; `''` for none.
    pub handler: Option<Located<String>>,
    /// The validator function with its schema; `''` for none.
    pub validator: Option<Located<String>>,
    /// Options by name.
    pub options: Assignments,
    /// Whether there may be options that are not listed.
    pub other_options: Option<Located<Others>>,
    /// `COMMENT ON FOREIGN DATA WRAPPER`.
    pub comment: Option<Located<String>>,
}

impl Object for WrapperExpectation {
    const HEADING: Heading = Heading {
        icon: "🔌 ",
        title: "Foreign-Data Wrappers",
        noun: "foreign-data wrapper",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = ForeignDataWrapper;

    fn compare(
        &self,
        found: &ForeignDataWrapper,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&OWNER, "owner", &self.owner, &found.owner);
        for (property, wanted, is) in [
            ("handler", &self.handler, &found.handler),
            ("validator", &self.validator, &found.validator),
        ] {
            examiner.optional_text(&FUNCTIONS, property, wanted, is.as_deref());
        }
        self.options.compare(
            &self.other_options,
            &found.options,
            &OPTIONS,
            "option",
            examiner,
        );
        let comment = found.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        Ok(())
    }

    fn written(found: &ForeignDataWrapper, _catalog: &Catalog) -> Option<Value> {
        Some(json!({
            "owner": found.owner,
            "handler": found.handler.as_deref().unwrap_or_default(),
            "validator": found.validator.as_deref().unwrap_or_default(),
            "options": Assignments::written(&found.options),
            "other_options": "refused",
            "comment": found.comment.as_deref().unwrap_or_default(),
        }))
    }
}
