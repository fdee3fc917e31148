//! Schemas: that they are there, who owns them, their comments.

use serde::Deserialize;

use crate::catalog::{Catalog, Identity, Schema};
use crate::source::{Entries, Located};

use super::object::item;
use super::{Code, Examiner, Expectation, Facts, FileScope, Heading, Object, codes};

codes! {
    MISSING: "schema-missing", "an expected schema is not there";
    OWNER: "schema-owner", "a schema belongs to another role";
    COMMENT: "schema-comment", "a schema has another comment";
}

/// `schemas:` by name.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Section(Entries<SchemaExpectation>);

item! {
    /// What is expected of a schema.
    #[derive(Default)]
    #[serde(default)]
    pub struct SchemaExpectation {
        /// The role that owns it.
        pub owner: Option<Located<String>>,
        /// `COMMENT ON SCHEMA`.
        pub comment: Option<Located<String>>,
    }
}

impl Section {
    pub(super) fn expand(self, scope: &FileScope<'_>, out: &mut Vec<Expectation>) {
        for (key, item) in self.0.0 {
            let subject = Identity::new("schema", "", &key.value);
            out.push(scope.exists(SchemaExpectation::HEADING, &key, subject, &key.value, item));
        }
    }
}

impl Object for SchemaExpectation {
    const HEADING: Heading = Heading {
        icon: "📁 ",
        title: "Schemas",
        noun: "schema",
    };
    const MISSING: Code = MISSING;
    type Found = Schema;

    fn find<'a>(&self, catalog: &'a Catalog, wanted: &Identity) -> Option<&'a Schema> {
        catalog.schemas.iter().find(|s| s.name == wanted.name)
    }

    fn compare(&self, schema: &Schema, _facts: &Facts<'_>, examiner: &mut Examiner<'_>) {
        examiner.optional(&OWNER, "owner", &self.owner, &schema.owner);
        let comment = schema.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &self.comment, comment);
    }
}
