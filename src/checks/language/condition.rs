//! When an expectation holds at all.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::{Extension, Kinds, Selection, Unread};
use crate::source::OneOrMore;

use super::super::Facts;
use super::Bounds;

/// `only_if:`, all of which must hold. Where it does not, the expectation is skipped with that reason, and the skip
/// counts as allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Condition {
    /// Major versions of Postgres.
    pub postgres: Option<Bounds>,
    /// The kind of target (`embedded`, `postgres`), or several.
    pub target: OneOrMore<String>,
    /// An extension that is there, or several.
    pub extension: OneOrMore<String>,
}

impl Condition {
    /// Why the expectation does not hold here; `None` where it does.
    ///
    /// # Errors
    /// Where the extensions were not read.
    pub fn unmet(&self, facts: &Facts<'_>) -> Result<Option<String>, Unread> {
        let major = facts.catalog.server.major();
        if let Some(majors) = &self.postgres
            && !majors.hold(u64::from(major))
        {
            let words = format!("it is for Postgres {majors}, and this is {major}");
            return Ok(Some(words));
        }
        let targets = &self.target.0;
        if !targets.is_empty() && !targets.iter().any(|target| target == facts.target) {
            return Ok(Some(format!(
                "it is for the target {}, and this is {}",
                targets.join(" or "),
                facts.target
            )));
        }
        for name in &self.extension.0 {
            if !facts.catalog.has_extension(name)? {
                return Ok(Some(format!(
                    "it is for databases with the extension {name}, which is not there"
                )));
            }
        }
        Ok(None)
    }

    /// What of the catalog it looks at.
    pub fn needs(&self) -> Selection {
        match self.extension.0.is_empty() {
            true => Selection::default(),
            false => Selection::of(Kinds::of::<Extension>()),
        }
    }
}
