//! What came of an expectation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Origin;

/// What a mismatch counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The run fails.
    #[default]
    Error,
    /// It is shown, and the run passes unless it is strict.
    Warning,
}

/// A mismatch between what is expected and what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The kind of mismatch; public API.
    pub code: &'static str,
    /// What it counts as.
    pub severity: Severity,
    /// What the object is: `column`; the subject begins with it where it names one.
    pub kind: &'static str,
    /// The object: `column public.orders.id`.
    pub subject: String,
    /// What about it: `type`, `default`; empty where it is the object itself.
    pub property: &'static str,
    /// What the suite expects.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// The line of the suite that asks for it.
    pub origin: Option<Origin>,
    /// How it was compared, where that is not certain.
    pub note: Option<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Finding {
    /// `column public.orders.id type: expected uuid, found text`.
    pub fn sentence(&self) -> String {
        let space = if self.property.is_empty() { "" } else { " " };
        format!(
            "{}{space}{}: expected {}, found {}",
            self.subject, self.property, self.expected, self.found
        )
    }
}

/// What came of an expectation. A query that failed is an error: neither a failure nor a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As expected, perhaps with warnings.
    Pass(Vec<Finding>),
    /// Not as expected.
    Fail(Vec<Finding>),
    /// Not checked.
    Skip {
        /// Why.
        reason: String,
        /// Whether the suite itself says so (`only_if`), so that nothing is amiss.
        allowed: bool,
    },
    /// It could not be checked, and why.
    Error(String),
}

impl Outcome {
    /// What these findings make of an expectation that was examined.
    pub fn of(findings: Vec<Finding>) -> Self {
        if findings.iter().any(|f| f.severity == Severity::Error) {
            Self::Fail(findings)
        } else {
            Self::Pass(findings)
        }
    }

    /// A skip that its suite did not ask for.
    pub fn skip(reason: impl Into<String>) -> Self {
        Self::Skip {
            reason: reason.into(),
            allowed: false,
        }
    }
}
