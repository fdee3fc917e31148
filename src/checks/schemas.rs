//! Schemas: that they are there, who owns them, their comments.

use serde::Deserialize;

use crate::catalog::{Identity, Kinds, Schema, Selection, Unread};
use crate::source::Entries;

use super::{Check, Code, Examiner, Expectation, Facts, Heading, Scope, Severity};

/// Finding codes of this kind.
pub const CODES: &[Code] = &[MISSING, OWNER, COMMENT];
const MISSING: Code = Code {
    name: "schema-missing",
    meaning: "an expected schema is not there",
};
const OWNER: Code = Code {
    name: "schema-owner",
    meaning: "a schema belongs to another role",
};
const COMMENT: Code = Code {
    name: "schema-comment",
    meaning: "a schema has another comment",
};

const HEADING: Heading = Heading {
    icon: "📁 ",
    title: "Schemas",
    noun: "schema",
};

/// `schemas:` by name.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Section(Entries<SchemaExpectation>);

/// What is expected of a schema.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchemaExpectation {
    /// The role that owns it.
    pub owner: Option<String>,
    /// `COMMENT ON SCHEMA`.
    pub comment: Option<String>,
    /// What to do where it is not so.
    pub help: Option<String>,
    /// What a mismatch counts as.
    pub severity: Severity,
}

impl Section {
    pub(super) fn expand(self, scope: &Scope<'_>, out: &mut Vec<Expectation>) {
        for (name, mut item) in self.0.0 {
            out.push(Expectation {
                subject: Identity::new("schema", "", &name.value),
                label: format!("{} schema exists", name.value),
                origin: scope.origin(&name),
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

impl Check for SchemaExpectation {
    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<Schema>())
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let name = &examiner.subject().name;
        let schema = facts
            .catalog
            .schemas
            .known()?
            .iter()
            .find(|s| s.name == *name);
        examiner.presence(&MISSING, schema.is_some(), "no schema of this name");
        let Some(schema) = schema else { return Ok(()) };
        examiner.optional(&OWNER, "owner", self.owner.as_ref(), &schema.owner);
        examiner.optional_text(
            &COMMENT,
            "comment",
            self.comment.as_deref(),
            schema.comment.as_deref(),
        );
        Ok(())
    }
}
