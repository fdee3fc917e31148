//! Collects what a check compares.

use crate::catalog::Identity;
use crate::source::Origin;

use super::{Code, Expectation, Finding, Outcome, Severity};

/// Collects comparisons of one expectation and turns them into its outcome.
pub struct Examiner<'a> {
    expectation: &'a Expectation,
    findings: Vec<Finding>,
    skip: Option<String>,
    help: Option<String>,
    moot: bool,
    compared: usize,
}

/// One property compared.
pub struct Comparison<'a> {
    /// The code of a mismatch.
    pub code: &'a Code,
    /// What it is about.
    pub subject: &'a Identity,
    /// `type`, `default`, …; empty for the object itself.
    pub property: &'static str,
    /// The place that asks for it.
    pub origin: Origin,
}

impl<'a> Examiner<'a> {
    pub(super) fn new(expectation: &'a Expectation) -> Self {
        Self {
            expectation,
            findings: Vec::new(),
            skip: None,
            help: expectation.help.clone(),
            moot: false,
            compared: 0,
        }
    }

    /// The object of the expectation.
    pub fn subject(&self) -> &'a Identity {
        &self.expectation.subject
    }

    /// Where the suite names it.
    pub fn origin(&self) -> Origin {
        self.expectation.origin.clone()
    }

    /// Counts a comparison and, unless it is the same, reports a finding.
    pub fn compare(
        &mut self,
        comparison: Comparison<'_>,
        same: bool,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.compared += 1;
        if same {
            return;
        }
        self.findings.push(Finding {
            code: comparison.code.name,
            severity: self.expectation.severity,
            subject: comparison.subject.to_string(),
            property: comparison.property,
            expected: expected.into(),
            found: found.into(),
            origin: Some(comparison.origin),
            help: self.help.clone(),
        });
    }

    /// Compares a property of the expectation's own object.
    pub fn property(
        &mut self,
        code: &Code,
        property: &'static str,
        same: bool,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        let comparison = Comparison {
            code,
            subject: self.subject(),
            property,
            origin: self.origin(),
        };
        self.compare(comparison, same, expected, found);
    }

    /// Compares a property that may be left open: `None` expects nothing.
    pub fn optional<T: PartialEq + ToString>(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: Option<&T>,
        found: &T,
    ) {
        if let Some(expected) = expected {
            self.property(
                code,
                property,
                expected == found,
                expected.to_string(),
                found.to_string(),
            );
        }
    }

    /// Compares an optional text, such as a comment.
    pub fn optional_text(
        &mut self,
        code: &Code,
        property: &'static str,
        expected: Option<&str>,
        found: Option<&str>,
    ) {
        if let Some(expected) = expected {
            self.property(
                code,
                property,
                found == Some(expected),
                format!("{expected:?}"),
                found.map_or_else(|| "none".to_owned(), |f| format!("{f:?}")),
            );
        }
    }

    /// Reports whether the object is there.
    pub fn presence(&mut self, code: &Code, present: bool, found: impl Into<String>) {
        self.property(code, "", present, "to exist", found);
    }

    /// What to do about the findings that follow, where the suite gives no advice of its own.
    pub fn advise(&mut self, help: &str) {
        self.help = self
            .expectation
            .help
            .clone()
            .or_else(|| Some(help.to_owned()));
    }

    /// Leaves the verdict to other expectations, which say all there is to say.
    pub fn moot(&mut self) {
        self.moot = true;
    }

    /// Gives up with a reason: the expectation can say nothing.
    pub fn skip(&mut self, reason: impl Into<String>) {
        self.skip = Some(reason.into());
    }

    pub(super) fn finish(self) -> (Outcome, usize) {
        if let Some(reason) = self.skip {
            return (Outcome::Skip(reason), self.compared);
        }
        if self.moot {
            return (Outcome::Pass(Vec::new()), 0);
        }
        if self.compared == 0 {
            return (
                Outcome::Error("nothing was compared: this is a bug".to_owned()),
                0,
            );
        }
        let failed = self.findings.iter().any(|f| f.severity == Severity::Error);
        let outcome = if failed {
            Outcome::Fail(self.findings)
        } else {
            Outcome::Pass(self.findings)
        };
        (outcome, self.compared)
    }
}
