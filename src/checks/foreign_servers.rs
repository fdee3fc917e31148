//! Foreign servers: wrapper, type and version, options.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::{Catalog, ForeignServer, Unread};
use crate::source::Located;

use super::language::{Assignments, Others};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "foreign-server": "foreign server", "foreign servers";
    OWNER: "foreign-server-owner", "a foreign server belongs to another role";
    WRAPPER: "foreign-server-wrapper", "a foreign server uses another foreign-data wrapper";
    VERSION: "foreign-server-version", "a foreign server has another type or version";
    OPTIONS: "foreign-server-options",
        "an option of a foreign server has another value, is not set, or is where it should not be";
    COMMENT: "foreign-server-comment", "a foreign server has another comment";
}

/// `foreign_servers:` by name.
pub type Section = Objects<ServerExpectation>;

/// What is expected of a foreign server. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `wrapper`, `options`, …"
)]
pub struct ServerExpectation {
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// The foreign-data wrapper.
    pub wrapper: Option<Located<String>>,
    /// TYPE; `''` for none.
    pub r#type: Option<Located<String>>,
    /// VERSION; `''` for none.
    pub version: Option<Located<String>>,
    /// Options by name.
    pub options: Assignments,
    /// Whether there may be options that are not listed.
    pub other_options: Option<Located<Others>>,
    /// `COMMENT ON SERVER`.
    pub comment: Option<Located<String>>,
}

impl Object for ServerExpectation {
    const HEADING: Heading = Heading {
        icon: "🌐 ",
        title: "Foreign Servers",
        noun: "server",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = ForeignServer;

    fn compare(
        &self,
        found: &ForeignServer,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&OWNER, "owner", &self.owner, &found.owner);
        examiner.optional(&WRAPPER, "wrapper", &self.wrapper, &found.wrapper);
        for (property, wanted, is) in [
            ("type", &self.r#type, &found.r#type),
            ("version", &self.version, &found.version),
        ] {
            examiner.optional_text(&VERSION, property, wanted, is.as_deref());
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

    fn like(found: &ForeignServer) -> String {
        format!("one of {}", found.wrapper)
    }

    fn written(found: &ForeignServer, _catalog: &Catalog) -> Option<Value> {
        Some(json!({
            "owner": found.owner,
            "wrapper": found.wrapper,
            "type": found.r#type.as_deref().unwrap_or_default(),
            "version": found.version.as_deref().unwrap_or_default(),
            "options": Assignments::written(&found.options),
            "other_options": "refused",
            "comment": found.comment.as_deref().unwrap_or_default(),
        }))
    }
}
