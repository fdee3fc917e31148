//! Foreign tables: server, options, columns.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::{Catalog, ForeignTable, Unread};
use crate::source::Located;

use super::language::{Assignments, Others};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "foreign-table": "foreign table", "foreign tables";
    OWNER: "foreign-table-owner", "a foreign table belongs to another role";
    SERVER: "foreign-table-server", "a foreign table is on another server";
    OPTIONS: "foreign-table-options",
        "an option of a foreign table has another value, is not set, or is where it should not be";
    COMMENT: "foreign-table-comment", "a foreign table has another comment";
}

/// `foreign_tables:` by name.
pub type Section = Objects<ForeignTableExpectation>;

/// What is expected of a foreign table. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `server`, `options`, …"
)]
pub struct ForeignTableExpectation {
    /// The role that owns it.
    pub owner: Option<Located<String>>,
    /// The foreign server.
    pub server: Option<Located<String>>,
    /// Options by name.
    pub options: Assignments,
    /// Whether there may be options that are not listed.
    pub other_options: Option<Located<Others>>,
    /// `COMMENT ON FOREIGN TABLE`.
    pub comment: Option<Located<String>>,
}

impl Object for ForeignTableExpectation {
    const HEADING: Heading = Heading {
        icon: "🔗 ",
        title: "Foreign Tables",
        noun: "foreign table",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = ForeignTable;

    fn compare(
        &self,
        found: &ForeignTable,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&OWNER, "owner", &self.owner, &found.owner);
        examiner.optional(&SERVER, "server", &self.server, &found.server);
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

    fn like(found: &ForeignTable) -> String {
        format!("one on {}", found.server)
    }

    fn written(found: &ForeignTable, _catalog: &Catalog) -> Option<Value> {
        Some(json!({
            "owner": found.owner,
            "server": found.server,
            "options": Assignments::written(&found.options),
            "other_options": "refused",
            "comment": found.comment.as_deref().unwrap_or_default(),
        }))
    }
}
