//! Schemas: that they are there, who owns them, their comments.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{Schema, Unread};
use crate::source::Located;

use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "schema": "schema", "schemas";
    OWNER: "schema-owner", "a schema belongs to another role";
    COMMENT: "schema-comment", "a schema has another comment";
}

/// `schemas:` by name.
pub type Section = Objects<SchemaExpectation>;

/// What is expected of a schema. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `owner` or `comment`"
)]
pub struct SchemaExpectation {
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// `COMMENT ON SCHEMA`.
    pub comment: Option<Located<String>>,
}

impl Object for SchemaExpectation {
    const HEADING: Heading = Heading {
        icon: "📁 ",
        title: "Schemas",
        noun: "schema",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    const IS_SCHEMA: bool = true;
    type Found = Schema;

    fn compare(
        &self,
        schema: &Schema,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&OWNER, "owner", &self.owner, &schema.owner);
        let comment = schema.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
        Ok(())
    }
}
