//! When an expectation holds at all.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
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
    pub postgres: Option<Majors>,
    /// The kind of target, or several.
    pub target: OneOrMore<TargetKind>,
    /// An extension that is there, or several.
    pub extension: OneOrMore<String>,
}

/// What a target is reached by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A private Postgres that ends with the program.
    Embedded,
    /// The wire protocol.
    Postgres,
    /// The Management API of the platform.
    Management,
    /// The Data API and a function that runs SQL.
    DataApi,
}

impl TargetKind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Embedded,
        Self::Postgres,
        Self::Management,
        Self::DataApi,
    ];

    /// As a suite writes it, and as the target calls itself.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Postgres => "postgres",
            Self::Management => "management",
            Self::DataApi => "data_api",
        }
    }
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Major versions from … to …. A number that none has is a slip, which would switch an expectation off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Bounds")]
pub struct Majors(Bounds);

impl TryFrom<Bounds> for Majors {
    type Error = String;

    fn try_from(bounds: Bounds) -> Result<Self, String> {
        let ends = [bounds.at_least, bounds.at_most];
        match ends.into_iter().flatten().find(|n| !(9..100).contains(n)) {
            Some(number) => Err(format!(
                "`{number}` is no major version of Postgres: write 17 for 17.5"
            )),
            None => Ok(Self(bounds)),
        }
    }
}

impl JsonSchema for Majors {
    fn schema_name() -> Cow<'static, str> {
        "Majors".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Bounds::schema(9, 99, r"\d{1,2}")
    }
}

impl Condition {
    /// Why the expectation does not hold here; `None` where it does.
    ///
    /// # Errors
    /// Where the extensions were not read.
    pub fn unmet(&self, facts: &Facts<'_>) -> Result<Option<String>, Unread> {
        let major = facts.catalog.server.major();
        if let Some(majors) = &self.postgres
            && !majors.0.hold(u64::from(major))
        {
            let words = format!("it is for Postgres {}, and this is {major}", majors.0);
            return Ok(Some(words));
        }
        let targets = &self.target.0;
        if !targets.is_empty() && !targets.iter().any(|t| t.word() == facts.target) {
            let words: Vec<&str> = targets.iter().map(|target| target.word()).collect();
            return Ok(Some(format!(
                "it is for the target {}, and this is {}",
                words.join(" or "),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Condition, String> {
        serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn a_kind_of_target_is_one_that_there_is() {
        for kind in TargetKind::ALL {
            let one = read(&format!("target: {kind}")).unwrap();
            assert_eq!(one.target.0, [kind]);
            assert!(read(&format!("target: [{kind}, embedded]")).is_ok());
        }
        for wrong in ["embeded", "postgresql", "[postgres, local]"] {
            let error = read(&format!("target: {wrong}")).unwrap_err();
            assert!(error.contains("unknown variant"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_major_version_is_one_that_there_can_be() {
        for yaml in ["17", "15..17", "at most 14", "'> 8'", "{at_least: 18}"] {
            assert!(read(&format!("postgres: {yaml}")).is_ok(), "{yaml}");
        }
        for wrong in ["170", "0", "at least 1600", "15..170", "'< 9'"] {
            let error = read(&format!("postgres: {wrong}")).unwrap_err();
            assert!(error.contains("is no major version"), "{wrong}: {error}");
        }
    }
}
