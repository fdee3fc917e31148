//! User mappings: as whom a role connects to a foreign server.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::{Catalog, Unread, UserMapping};
use crate::source::Located;

use super::language::{Assignments, Others};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "user-mapping": "user mapping", "user mappings";
    OPTIONS: "user-mapping-options",
        "an option of a user mapping has another value, is not set, or is where it should not be";
}

/// `user_mappings:` by role and server: `for app_reader on server far`.
pub type Section = Objects<UserMappingExpectation>;

/// What is expected of a user mapping. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a mapping with `options`")]
pub struct UserMappingExpectation {
    /// Options by name; what may be a secret can only be `present` or `absent`.
    pub options: Assignments,
    /// Whether there may be options that are not listed.
    pub other_options: Option<Located<Others>>,
}

impl Object for UserMappingExpectation {
    const HEADING: Heading = Heading {
        icon: "🎫 ",
        title: "User Mappings",
        noun: "user mapping",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = UserMapping;

    fn compare(
        &self,
        found: &UserMapping,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        if self.options.0.is_empty() && self.other_options.is_none() {
            return Ok(());
        }
        let Some(options) = &found.options else {
            examiner.skip("the server shows the options of this mapping to others only");
            return Ok(());
        };
        self.options
            .compare(&self.other_options, options, &OPTIONS, "option", examiner);
        Ok(())
    }

    fn written(found: &UserMapping, _catalog: &Catalog) -> Option<Value> {
        let Some(options) = &found.options else {
            return Some("present".into());
        };
        Some(json!({
            "options": Assignments::written(options),
            "other_options": "refused",
        }))
    }
}
