//! A smoke step as it is written.

use serde::Deserialize;

use crate::checks::Severity;
use crate::source::Located;

/// Statements that are tried under a name and always rolled back. Every step starts from the same state: none sees
/// what another did. What no rollback undoes stays: the numbers that sequences gave out.
#[derive(Clone, Debug, Deserialize)]
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
    pub error: Option<String>,
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

fn five() -> u32 {
    5
}
