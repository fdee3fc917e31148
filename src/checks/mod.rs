//! Checks: pure functions from facts and an expectation to an outcome.
//!
//! A kind of check is one file here. It holds the expectation as it is written in YAML, its finding codes, the
//! examination and its tests; what the kinds have in common is in `object.rs`. Adding a kind is such a file and two
//! lines below: the module and the registry.

pub mod buckets;
pub mod casts;
pub mod collations;
pub mod composite_types;
pub mod cron_jobs;
pub mod database;
pub mod default_privileges;
pub mod domains;
mod elsewhere;
pub mod enums;
pub mod event_triggers;
mod examiner;
pub mod extensions;
pub mod firing;
pub mod foreign_data_wrappers;
pub mod foreign_servers;
pub mod foreign_tables;
pub mod functions;
pub mod grants;
pub mod indexes;
mod judge;
pub mod language;
mod line;
pub mod materialized_views;
mod object;
pub mod operators;
mod outcome;
pub mod policies;
pub mod privileges;
pub mod publications;
pub mod ranges;
pub mod roles;
pub mod rules;
pub mod schemas;
pub mod security_labels;
pub mod sequences;
pub mod settings;
pub mod statistics;
pub mod tables;
pub mod text_search_configurations;
pub mod text_search_dictionaries;
pub mod triggers;
pub mod user_mappings;
pub mod vault_secrets;
pub mod views;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

pub use examiner::{Comparison, Examiner};
pub use judge::Judge;
pub(crate) use object::name_as_written;
pub use object::{Child, Choice, Draft, Expand, Object, Objects, OfTables, Presence, Wanted};
pub use outcome::{Finding, Outcome, Severity};

use language::Condition;

use crate::catalog::{Catalog, Identity, Selection, Unread};
use crate::error::Error;
use crate::meaning::canon::{Canon, Question};
use crate::source::{Located, Origin, Source};

/// The registry: a line per kind of check (key in YAML: module), in the order of the report.
macro_rules! registry {
    ($callback:ident) => {
        $callback! {
            schemas: schemas,
            extensions: extensions,
            tables: tables,
            views: views,
            materialized_views: materialized_views,
            sequences: sequences,
            enums: enums,
            domains: domains,
            composite_types: composite_types,
            ranges: ranges,
            collations: collations,
            casts: casts,
            operators: operators,
            text_search_configurations: text_search_configurations,
            text_search_dictionaries: text_search_dictionaries,
            indexes: indexes,
            statistics: statistics,
            policies: policies,
            triggers: triggers,
            rules: rules,
            event_triggers: event_triggers,
            functions: functions,
            roles: roles,
            grants: grants,
            default_privileges: default_privileges,
            settings: settings,
            database: database,
            publications: publications,
            foreign_data_wrappers: foreign_data_wrappers,
            foreign_servers: foreign_servers,
            foreign_tables: foreign_tables,
            user_mappings: user_mappings,
            security_labels: security_labels,
            buckets: buckets,
            cron_jobs: cron_jobs,
            vault_secrets: vault_secrets,
        }
    };
}
pub(crate) use registry;

macro_rules! sections {
    ($($key:ident: $module:ident,)+) => {
        /// The expectations of one file, a section per kind.
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct Sections {
            $(
                #[doc = concat!("Expectations on ", stringify!($key), ".")]
                pub $key: Option<$module::Section>,
            )+
        }

        impl Sections {
            /// Notes what is named here; `schema` is that of names that do not say theirs.
            pub fn mention(&self, schema: &str, mentioned: &mut Mentioned) {
                $(
                    if let Some(section) = &self.$key {
                        section.mention(schema, mentioned);
                    }
                )+
            }

            /// All expectations in the order of the report.
            ///
            /// # Errors
            /// What makes no sense together, and names that cannot be read; each with its place.
            pub fn expand(self, scope: &FileScope<'_>) -> Result<Vec<Expectation>, Error> {
                let mut out = Vec::new();
                $(
                    if let Some(section) = self.$key {
                        let first = out.len();
                        section.expand(scope, &mut out)?;
                        for expectation in out.iter_mut().skip(first) {
                            expectation.section = stringify!($key);
                        }
                    }
                )+
                Ok(out)
            }
        }

        /// Options that the sections of a file do not take, by section.
        pub fn refused_options() -> Vec<(&'static str, Vec<&'static str>)> {
            vec![$((stringify!($key), <$module::Section as Expand>::refused())),+]
        }

        /// The sections that a file may have.
        pub const SECTIONS: &[&str] = &[$(stringify!($key)),+];

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

/// Declares the codes of a kind, one of them in a line: its constant, its name, what it means. `of` makes those that
/// every kind of object has ([`Presence`]) from the noun and what one and several are called in a sentence. All of them
/// make up the kind's `CODES`, with those of its parts that stand behind `+`; a part says who sees its own.
macro_rules! codes {
    (
        of $noun:literal: $one:literal, $many:literal;
        $($code:ident: $name:literal, $meaning:literal;)* $(+ $($part:path),+;)?
    ) => {
        codes!(@presence , $noun, $one, $many);
        codes!(@each , $($code: $name, $meaning;)*);

        /// Finding codes of this kind.
        pub const CODES: &[$crate::checks::Code] = &[
            PRESENCE.missing, PRESENCE.unexpected, PRESENCE.count, $($code,)* $($($part),+)?
        ];
    };
    (pub(super) of $noun:literal: $one:literal, $many:literal; $($code:ident: $name:literal, $meaning:literal;)*) => {
        codes!(@presence pub(super), $noun, $one, $many);
        codes!(@each pub(super), $($code: $name, $meaning;)*);
    };
    (pub(super) $($code:ident: $name:literal, $meaning:literal;)+) => {
        codes!(@each pub(super), $($code: $name, $meaning;)+);
    };
    (@presence $vis:vis, $noun:literal, $one:literal, $many:literal) => {
        $vis const PRESENCE: $crate::checks::Presence = $crate::checks::Presence {
            many: $many,
            missing: $crate::checks::Code {
                name: concat!($noun, "-missing"),
                meaning: concat!("an expected ", $one, " is not there"),
            },
            unexpected: $crate::checks::Code {
                name: concat!($noun, "-unexpected"),
                meaning: concat!("there is an unexpected ", $one),
            },
            count: $crate::checks::Code {
                name: concat!($noun, "-count"),
                meaning: concat!("there are more or fewer ", $many, " than expected"),
            },
        };
    };
    (@each $vis:vis, $($code:ident: $name:literal, $meaning:literal;)*) => {
        $(
            $vis const $code: $crate::checks::Code = $crate::checks::Code {
                name: $name,
                meaning: $meaning,
            };
        )*
    };
}
pub(crate) use codes;

/// What a check may know. It never sees a connection.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The schema state.
    pub catalog: &'a Catalog,
    /// What the server says of texts that differ.
    pub canon: &'a Canon,
    /// The kind of target, as `only_if` names it: the word of a [`language::TargetKind`].
    pub target: &'a str,
}

impl Facts<'_> {
    /// The first reason why these conditions do not hold.
    ///
    /// # Errors
    /// Where what they look at was not read.
    pub fn unmet(&self, conditions: &[Condition]) -> Result<Option<String>, Unread> {
        for condition in conditions {
            if let Some(reason) = condition.unmet(self)? {
                return Ok(Some(reason));
            }
        }
        Ok(None)
    }
}

/// What the sections of a suite's files name, for an expectation that must know what another one says.
#[derive(Debug, Default)]
pub struct Mentioned {
    /// Objects and patterns of them by kind, each with the schema that it is in where its name does not say so.
    pub objects: BTreeMap<&'static str, Vec<(String, language::Name)>>,
    /// Objects of tables by kind.
    pub children: BTreeMap<&'static str, Listed>,
    /// Tables of which row-level security is expected to be on or off: schema, name.
    pub rls: BTreeSet<(String, String)>,
}

impl Mentioned {
    /// What is listed of a kind of objects of tables.
    pub fn listed(&self, noun: &str) -> Option<&Listed> {
        self.children.get(noun)
    }
}

/// Objects of tables that a suite's files name.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// Schema, table, name.
    pub names: BTreeSet<[String; 3]>,
    /// Where a table or an object is a pattern: the schema of tables that do not say theirs, the table, the object.
    pub patterns: Vec<(String, language::Name, language::Part)>,
}

impl Listed {
    /// Whether an object is named: schema, table, name.
    pub fn has(&self, place: [&str; 3]) -> bool {
        let [schema, table, name] = place;
        let mut patterns = self.patterns.iter();
        self.names.contains(&place.map(ToOwned::to_owned))
            || patterns.any(|(own, of, part)| of.is(own, schema, table) && part.is(name))
    }

    /// What is said of one table.
    #[must_use]
    pub fn of_table(&self, schema: &str, table: &str) -> Self {
        let from = [schema.to_owned(), table.to_owned(), String::new()];
        let names = self.names.range(from..);
        let names = names.take_while(|[s, t, _]| s == schema && t == table);
        let patterns = self.patterns.iter();
        let patterns = patterns.filter(|(own, of, _)| of.is(own, schema, table));
        Self {
            names: names.cloned().collect(),
            patterns: patterns.cloned().collect(),
        }
    }
}

/// What holds for the expectations of one file.
#[derive(Clone, Debug)]
pub struct FileScope<'a> {
    /// The file.
    pub source: &'a Source,
    /// The schema of names that do not say theirs.
    pub schema: &'a str,
    /// Whether these are preconditions: they are shown only where they fail.
    pub required: bool,
    /// What the sections of all of the suite's files name.
    pub mentioned: &'a Mentioned,
}

impl FileScope<'_> {
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
    /// The section of the file: `tables`.
    pub section: &'static str,
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
    /// When it holds at all: all of these.
    pub only_if: Vec<Condition>,
    /// The examination.
    pub check: Box<dyn Check + Send + Sync>,
}

impl Expectation {
    /// What of the catalog has to be read for it.
    pub fn needs(&self) -> Selection {
        let conditions = self.only_if.iter().map(Condition::needs);
        conditions
            .fold(self.check.needs(), Selection::with)
            .within(&self.subject.schema)
    }

    /// Examines the facts. Where they do not say enough, it is skipped with the reason; where they were not even asked
    /// for, that is an error.
    pub fn examine(&self, facts: &Facts<'_>) -> (Outcome, usize) {
        let (outcome, compared, _) = self.examine_or_ask(facts);
        (outcome, compared)
    }

    /// The same, with what to ask the server, since text does not tell. The outcome holds where there is nothing to ask.
    pub fn examine_or_ask(&self, facts: &Facts<'_>) -> (Outcome, usize, Vec<Question>) {
        let mut examiner = Examiner::new(self, facts.canon);
        let (outcome, compared) = match self.examined(facts, &mut examiner) {
            Ok(None) => {
                let questions = std::mem::take(&mut examiner.judge.questions);
                let (outcome, compared) = examiner.finish();
                return (outcome, compared, questions);
            }
            Ok(Some(reason)) => (
                Outcome::Skip {
                    reason,
                    allowed: true,
                },
                0,
            ),
            Err(Unread::Unknown(reason)) => (Outcome::skip(reason), 0),
            Err(bug @ Unread::NotAskedFor(_)) => {
                (Outcome::Error(format!("{bug}: this is a bug")), 0)
            }
        };
        (outcome, compared, Vec::new())
    }

    /// Examines the facts, unless there is a reason why it is skipped.
    fn examined(
        &self,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<Option<String>, Unread> {
        if let Some(reason) = facts.unmet(&self.only_if)? {
            return Ok(Some(reason));
        }
        facts.catalog.reaches(&self.subject.schema)?;
        self.check.examine(facts, examiner).map(|()| None)
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

    use serde_json::json;

    use super::*;

    /// The findings on policies and triggers of one table, each code with its place.
    fn found(yaml: &str) -> Vec<String> {
        let source = Source::new("s.yaml", yaml);
        let mut document = serde_json::to_value(Catalog::default()).unwrap();
        document["policies"] = json!([{"schema": "public", "table": "t", "name": "p", "command": "all",
            "permissive": true, "roles": ["anon"], "using": "a", "check": "b"}]);
        document["triggers"] = json!([{"schema": "public", "table": "t", "name": "g", "timing": "before",
            "events": ["update"], "columns": ["b"], "level": "row", "when": null, "function_schema": "public",
            "function_name": "f", "arguments": [], "enabled": "origin", "constraint": false, "deferrable": false,
            "initially_deferred": false, "inherited": false}]);
        for kind in ["tables", "columns", "signatures"] {
            document[kind] = json!([]);
        }
        let catalog = Catalog::parse(document).unwrap();
        let expected = crate::expect::parse(&source, "s").unwrap().checks;
        let outcomes = expected.iter().map(|e| {
            let canon = &Canon::default();
            e.examine(&Facts {
                catalog: &catalog,
                canon,
                target: "embedded",
            })
            .0
        });
        let findings = outcomes.flat_map(|outcome| match outcome {
            Outcome::Fail(findings) => findings,
            _ => Vec::new(),
        });
        let shown = findings.map(|f| format!("{} {}", f.code, f.origin.unwrap()));
        shown
            .filter(|finding| !finding.starts_with("policy-unexpected"))
            .collect()
    }

    #[test]
    fn a_finding_points_at_the_value_that_is_wrong() {
        let lines = "policies:\n  others: allowed\n  items:\n    t:\n      p:\n        command: select\n        \
                     roles:\n          - authenticated\n        using: |\n          other\n";
        // `check` is left out: it is the policy that should have none.
        assert_eq!(
            found(lines),
            [
                "policy-command s.yaml:6:18",
                "policy-roles s.yaml:8:11",
                "policy-using s.yaml:10:11",
                "policy-check s.yaml:5:7",
            ]
        );
        let line = "policies: {others: allowed, items: {t: {p: {command: all, roles: [anon], using: c, check: b}}}}";
        assert_eq!(found(line), ["policy-using s.yaml:1:81"]);
        let alias = "policies:\n  others: allowed\n  items:\n    t:\n      p: {command: all, roles: [anon], using: &x c,\n        check: *x}\n";
        assert_eq!(
            found(alias),
            ["policy-using s.yaml:5:50", "policy-check s.yaml:6:16"]
        );
        let trigger = |more: &str| {
            found(&format!(
                "triggers:\n  items:\n    t:\n      g:\n        timing: before\n        function: f\n{more}"
            ))
        };
        let events = "        events: [update]\n";
        assert_eq!(trigger(events), ["trigger-events s.yaml:7:17"]);
        let columns = "        events: [update]\n        columns: [a]\n";
        assert_eq!(trigger(columns), ["trigger-events s.yaml:8:18"]);
        let insert = "        columns: [b]\n        events: [insert]\n";
        assert_eq!(trigger(insert), ["trigger-events s.yaml:8:17"]);
    }

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
