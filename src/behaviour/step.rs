//! A smoke step as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::checks::Severity;
use crate::error::Error;
use crate::source::{Located, Origin, Source};

/// Statements that are tried under a name and always rolled back. Every step starts from the same state: none sees
/// what another did. What no rollback undoes stays: the numbers that sequences gave out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmokeStep {
    /// The line of the report: `Order insertion works`.
    pub name: Located<String>,
    /// SQL, one statement or several; the last one is the one that counts.
    pub run: Located<String>,
    /// How many rows the last statement has to affect or return. Without it: at least one, where the statement is
    /// an INSERT, UPDATE, DELETE or MERGE, since a deletion of nothing proves nothing.
    #[serde(default)]
    pub rows: Option<u64>,
    /// The SQLSTATE that the last statement has to be refused with, or the beginning of it (`23` for any violated
    /// constraint).
    #[serde(default)]
    pub error: Option<Located<String>>,
    /// The time limit of the step in seconds.
    #[serde(default = "five")]
    pub timeout: u32,
    /// What to do where it is not so.
    #[serde(default)]
    pub help: Option<String>,
    /// What a mismatch counts as.
    #[serde(default)]
    pub severity: Severity,
}

/// A step with the file that it stands in.
#[derive(Clone, Debug)]
pub struct Step {
    /// The step.
    pub step: SmokeStep,
    /// The file.
    pub source: Source,
}

impl Step {
    /// Where its name stands.
    pub fn origin(&self) -> Origin {
        self.source.origin(self.step.name.span.clone())
    }
}

impl SmokeStep {
    /// Looks at what the types of the fields leave open.
    ///
    /// # Errors
    /// An `error` that is no SQLSTATE and no class of them.
    pub fn validate(&self, source: &Source) -> Result<(), Error> {
        let Some(error) = &self.error else {
            return Ok(());
        };
        let text = error.value.as_str();
        let known = text
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
        if known && (2..=5).contains(&text.len()) {
            return Ok(());
        }
        let out = Error::usage(format!(
            "`{text}` is neither an SQLSTATE nor a class of them"
        ))
        .at(source.origin(error.span.clone()));
        let upper = text.to_ascii_uppercase();
        Err(if upper != text && upper.len() == 5 {
            out.help(format!("It is written in upper case: \"{upper}\"."))
        } else {
            out.help(
                "Write its two to five digits and upper-case letters: \"23514\" for a violated check, \"23\" for any \
                 violated constraint.",
            )
        })
    }
}

fn five() -> u32 {
    5
}
