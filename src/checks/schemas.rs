//! Schemas: that they are there, who owns them, their comments.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Schema, Unread};
use crate::source::Located;

use super::language::{Form, Rest};
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
    /// `COMMENT ON SCHEMA`; an empty text for none.
    pub comment: Option<Located<String>>,
    /// Whether what is left out may be something.
    pub other_properties: Rest,
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

    fn rest(&mut self) -> Option<&mut Rest> {
        Some(&mut self.other_properties)
    }

    fn compare(
        &self,
        schema: &Schema,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&OWNER, "owner", &self.owner, &schema.owner);
        let comment = schema.comment.as_deref();
        examiner.comment(&COMMENT, &self.comment, &self.other_properties, comment);
        Ok(())
    }

    fn like(schema: &Schema) -> String {
        format!("it belongs to {}", schema.owner)
    }

    fn written(schema: &Schema, _catalog: &Catalog) -> Option<Value> {
        let form = Form::default().with("owner", schema.owner.as_str());
        Some(form.some("comment", &schema.comment).refusing_others())
    }
}
