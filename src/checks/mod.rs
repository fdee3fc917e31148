//! Checks: pure functions from facts and an expectation to an outcome.
//!
//! A kind of check is one file here. It holds the expectation as it is written in YAML, its finding codes, the
//! examination and its tests. Adding a kind is such a file and two lines below: the module and the registry.

pub mod enums;
mod examiner;
pub mod functions;
pub mod indexes;
mod outcome;
pub mod policies;
pub mod schemas;
pub mod tables;
pub mod triggers;

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;

pub use examiner::{Comparison, Examiner};
pub use outcome::{Finding, Outcome, Severity};

use crate::catalog::{Catalog, Identity, Selection, Unread};
use crate::source::{Located, Origin, Source};

/// The registry: a line per kind of check (key in YAML: module), in the order of the report.
macro_rules! registry {
    ($callback:ident) => {
        $callback! {
            schemas: schemas,
            tables: tables,
            enums: enums,
            indexes: indexes,
            policies: policies,
            triggers: triggers,
            functions: functions,
        }
    };
}
pub(crate) use registry;

macro_rules! sections {
    ($($key:ident: $module:ident,)+) => {
        /// The expectations of one file, a section per kind.
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Sections {
            $(
                #[doc = concat!("Expectations on ", stringify!($key), ".")]
                pub $key: Option<$module::Section>,
            )+
        }

        impl Sections {
            /// Notes what is named here; `schema` is that of names that do not say theirs.
            pub fn mention(&self, schema: &str, mentioned: &mut Mentioned) {
                if let Some(section) = &self.tables {
                    section.mention(schema, mentioned);
                }
                if let Some(section) = &self.policies {
                    section.mention(schema, mentioned);
                }
            }

            /// All expectations in the order of the report.
            pub fn expand(self, scope: &Scope<'_>) -> Vec<Expectation> {
                let mut out = Vec::new();
                $(
                    if let Some(section) = self.$key {
                        section.expand(scope, &mut out);
                    }
                )+
                out
            }
        }

        /// Every finding code with what it means. Codes are public API: they are never renamed.
        pub const CODES: &[&[Code]] = &[$($module::CODES),+];
    };
}
registry!(sections);

/// A kind of mismatch. Its name is public API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The name, as reports and documentation use it.
    pub name: &'static str,
    /// What it means, in one sentence without a full stop.
    pub meaning: &'static str,
}

/// What a check may know. It never sees a connection.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The schema state.
    pub catalog: &'a Catalog,
}

/// What the sections of a file name, for an expectation that must know what another one says.
#[derive(Debug, Default)]
pub struct Mentioned {
    /// Policies: schema, table, name.
    pub policies: BTreeSet<(String, String, String)>,
    /// Tables of which row-level security is expected to be on or off: schema, name.
    pub rls: BTreeSet<(String, String)>,
}

impl Mentioned {
    /// The names of the policies of a table.
    pub fn policies_of(&self, schema: &str, table: &str) -> BTreeSet<String> {
        self.policies
            .iter()
            .filter(|(s, t, _)| s == schema && t == table)
            .map(|(_, _, name)| name.clone())
            .collect()
    }
}

/// What holds for every expectation of a file.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// The file.
    pub source: &'a Source,
    /// The schema of names that do not say theirs.
    pub schema: &'a str,
    /// Whether these are preconditions: they are shown only where they fail.
    pub required: bool,
    /// What the file's sections name.
    pub mentioned: &'a Mentioned,
}

impl Scope<'_> {
    /// The place of a value in the file.
    pub fn origin<T>(&self, located: &Located<T>) -> Origin {
        self.source.origin(located.span.clone())
    }
}

/// Part of the report that expectations of one kind belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading {
    /// With the spaces that follow it.
    pub icon: &'static str,
    /// `Tables`, `RLS Policies`, …
    pub title: &'static str,
    /// What one object of the kind is called: `table`.
    pub noun: &'static str,
}

/// One thing that a suite expects.
pub struct Expectation {
    /// The object.
    pub subject: Identity,
    /// The line that says it is so: `orders table exists`.
    pub label: String,
    /// Where the suite asks for it.
    pub origin: Origin,
    /// The part of the report.
    pub heading: Heading,
    /// Set where the report has one line for all of the part (`Workflow indexes created (13 found)`): its first words.
    pub summary: Option<String>,
    /// A precondition: shown only where it fails.
    pub required: bool,
    /// Shown only where it does not pass, and no object of its own in a count.
    pub quiet: bool,
    /// The suite's own advice.
    pub help: Option<String>,
    /// What a mismatch counts as.
    pub severity: Severity,
    /// The examination.
    pub check: Box<dyn Check + Send + Sync>,
}

impl Expectation {
    /// What of the catalog has to be read for it.
    pub fn needs(&self) -> Selection {
        self.check.needs().within(&self.subject.schema)
    }

    /// Examines the facts. Where they do not say enough, it is skipped with the reason; where they were not even asked
    /// for, that is an error.
    pub fn examine(&self, facts: &Facts<'_>) -> (Outcome, usize) {
        let mut examiner = Examiner::new(self);
        let reached = facts.catalog.reaches(&self.subject.schema);
        match reached.and_then(|()| self.check.examine(facts, &mut examiner)) {
            Ok(()) => examiner.finish(),
            Err(Unread::Unknown(reason)) => (Outcome::Skip(reason), 0),
            Err(bug @ Unread::NotAskedFor(_)) => {
                (Outcome::Error(format!("{bug}: this is a bug")), 0)
            }
        }
    }
}

impl fmt::Debug for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expectation({} at {})", self.subject, self.origin)
    }
}

/// The examination of one expectation.
pub trait Check {
    /// What of the catalog it looks at, besides the schema of the expectation's subject.
    fn needs(&self) -> Selection;

    /// Compares what is expected with the facts and tells the examiner of every comparison.
    ///
    /// # Errors
    /// Where something that it looks at was not read.
    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread>;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_listed_once() {
        let all: Vec<_> = CODES
            .iter()
            .flat_map(|c| c.iter())
            .map(|c| c.name)
            .collect();
        let unique: BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), unique.len(), "a code is listed twice: {all:?}");
        insta::assert_snapshot!(all.join("\n"));
    }
}
