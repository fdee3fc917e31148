//! What came of a run, as one value, and its renderers: pure functions from a report to text.

pub mod dry_run;
mod json;
mod junit;
mod parts;
mod pretty;
mod text;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

pub use parts::{Failure, Place};
pub use pretty::Verbosity;
pub use text::{clean as one_line, error as render_error};

use crate::checks::{Expectation, Finding, Outcome};
use crate::error::{Error, ExitCode};
use crate::source::Origin;
use crate::words;

/// The part of the report that preconditions belong to.
const PREREQUISITES: &str = "Checking Prerequisites";

/// What came of a run over one or more suites.
#[derive(Debug, Default)]
pub struct Report {
    /// A report per suite, in the order in which they ran.
    pub suites: Vec<SuiteReport>,
    /// Warnings count as failures.
    pub strict: bool,
    /// Skipped expectations are allowed to be.
    pub allow_skips: bool,
    /// What is amiss with the configuration, and not with a suite.
    pub warnings: Vec<Warning>,
}

/// Something that is amiss, and no finding: an entry of the ignore list that has expired.
#[derive(Debug)]
pub struct Warning {
    /// What it is, in a sentence.
    pub message: String,
    /// The place that it is about.
    pub origin: Option<Origin>,
    /// What to do.
    pub help: Option<String>,
}

/// What came of one suite.
#[derive(Debug)]
pub struct SuiteReport {
    /// The suite.
    pub suite: String,
    /// Its title.
    pub title: String,
    /// Where it was tried; never a secret.
    pub target: String,
    /// The parts of the report.
    pub groups: Vec<Group>,
    /// What ended the suite early.
    pub error: Option<Error>,
    /// What was asked to be left out, in the order in which it came.
    pub left_out: Vec<LeftOut>,
    /// Nothing of the suite is what the run was asked for, and something of another is: that it was not looked at is
    /// as it should be.
    pub aside: bool,
}

/// So many expectations are left out, because of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// As it is written on the command line: `--skip indexes`.
    pub option: String,
    /// How many.
    pub count: usize,
}

/// A finding that does not count, as the ignore list says.
#[derive(Clone, Debug)]
pub struct Ignored {
    /// The finding.
    pub finding: Finding,
    /// Why it does not count.
    pub reason: String,
    /// The last day on which it does not.
    pub until: Option<String>,
}

/// A part of the report.
#[derive(Debug)]
pub struct Group {
    /// With the spaces that follow it.
    pub icon: &'static str,
    /// `Checking Tables`.
    pub title: String,
    /// Set where passing entries share one line: its first words.
    pub summary: Option<String>,
    /// What was tried.
    pub entries: Vec<Entry>,
}

/// One thing that was tried.
#[derive(Debug)]
pub struct Entry {
    /// The object: `table public.orders`.
    pub subject: String,
    /// The line that says it is so.
    pub label: String,
    /// Where the suite asks for it.
    pub origin: Option<Origin>,
    /// Shown only where it did not pass, or with `-v`.
    pub quiet: bool,
    /// How many properties were compared.
    pub compared: usize,
    /// What came of it.
    pub outcome: Outcome,
    /// Its findings that do not count; `outcome` has none of them.
    pub ignored: Vec<Ignored>,
}

impl Entry {
    /// Whether it is as expected, without a finding.
    pub fn is_perfect(&self) -> bool {
        self.ignored.is_empty()
            && matches!(&self.outcome, Outcome::Pass(warnings) if warnings.is_empty())
    }

    /// Whether all that is not as expected does not count.
    pub fn is_ignored(&self) -> bool {
        !self.ignored.is_empty()
            && matches!(&self.outcome, Outcome::Pass(warnings) if warnings.is_empty())
    }
}

/// How many entries ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// As expected.
    pub passed: usize,
    /// Not as expected.
    pub failed: usize,
    /// Not checked, though the suite did not allow that.
    pub skipped: usize,
    /// Not checked, as the suite itself says (`only_if`).
    pub inapplicable: usize,
    /// Could not be checked.
    pub errors: usize,
    /// Warnings of entries that passed.
    pub warnings: usize,
    /// Findings that do not count.
    pub ignored: usize,
    /// Not checked, as the command line says.
    pub left_out: usize,
    /// Properties compared.
    pub compared: usize,
}

impl Counts {
    /// Whether everything passed without a warning.
    pub fn all_passed(&self) -> bool {
        self.failed + self.skipped + self.errors + self.warnings + self.ignored + self.left_out == 0
    }
}

/// `31 passed, 1 failed, 2 skipped`; what did not occur is left out.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed", words::grouped(self.passed))?;
        for (count, one, many) in [
            (self.failed, "failed", "failed"),
            (self.errors, "could not be checked", "could not be checked"),
            (self.skipped, "skipped", "skipped"),
            (self.inapplicable, "does not apply", "do not apply"),
            (self.warnings, "warning", "warnings"),
            (self.ignored, "ignored", "ignored"),
            (self.left_out, "left out", "left out"),
        ] {
            if count > 0 {
                write!(f, ", {}", words::count(count, one, many))?;
            }
        }
        Ok(())
    }
}

impl SuiteReport {
    /// A report with nothing in it yet.
    pub fn new(suite: &str, title: &str, target: &str) -> Self {
        Self {
            suite: suite.to_owned(),
            title: title.to_owned(),
            target: target.to_owned(),
            groups: Vec::new(),
            error: None,
            left_out: Vec::new(),
            aside: false,
        }
    }

    /// Adds an expectation's outcome to the part that it belongs to.
    pub fn add(&mut self, expectation: &Expectation, outcome: Outcome, compared: usize) {
        // What leaves the verdict to others has none to report.
        if compared == 0 && outcome == Outcome::Pass(Vec::new()) {
            return;
        }
        let title = format!("Checking {}", expectation.heading.title);
        let entry = Entry {
            subject: expectation.subject.to_string(),
            label: expectation.label.clone(),
            origin: Some(expectation.origin.clone()),
            quiet: expectation.required || expectation.quiet,
            compared,
            outcome,
            ignored: Vec::new(),
        };
        let (icon, title, summary) = if expectation.required {
            ("🔑 ", PREREQUISITES.to_owned(), None)
        } else {
            (expectation.heading.icon, title, expectation.summary.clone())
        };
        self.group(icon, &title, summary).entries.push(entry);
    }

    /// The part with this title; a new one at the end where there is none.
    pub fn group(
        &mut self,
        icon: &'static str,
        title: &str,
        summary: Option<String>,
    ) -> &mut Group {
        let at = self
            .groups
            .iter()
            .position(|g| g.title == title)
            .unwrap_or_else(|| {
                self.groups.push(Group {
                    icon,
                    title: title.to_owned(),
                    summary,
                    entries: Vec::new(),
                });
                self.groups.len() - 1
            });
        &mut self.groups[at]
    }

    /// How many entries ended in which way.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            left_out: self.left_out.iter().map(|l| l.count).sum(),
            ..Counts::default()
        };
        for entry in self.groups.iter().flat_map(|g| &g.entries) {
            counts.compared += entry.compared;
            counts.ignored += entry.ignored.len();
            if entry.is_ignored() {
                continue;
            }
            match &entry.outcome {
                Outcome::Pass(warnings) => {
                    counts.passed += 1;
                    counts.warnings += warnings.len();
                }
                Outcome::Fail(_) => counts.failed += 1,
                Outcome::Skip { allowed: true, .. } => counts.inapplicable += 1,
                Outcome::Skip { .. } => counts.skipped += 1,
                Outcome::Error(_) => counts.errors += 1,
            }
        }
        counts
    }

    /// Whether nothing of the suite itself was looked at: what it requires of others proves nothing of it.
    pub fn nothing_checked(&self) -> bool {
        let looked_at = |entry: &Entry| !matches!(entry.outcome, Outcome::Skip { .. });
        self.error.is_none()
            && !self.aside
            && !self
                .groups
                .iter()
                .filter(|group| group.title != PREREQUISITES)
                .flat_map(|g| &g.entries)
                .any(looked_at)
    }

    /// How a run over this suite alone ends.
    pub fn exit_code(&self, strict: bool, allow_skips: bool) -> ExitCode {
        let counts = self.counts();
        let mut code = self.error.as_ref().map_or(ExitCode::Ok, Error::code);
        if counts.errors > 0 {
            code = code.worst(ExitCode::Sql);
        }
        if counts.failed > 0 || strict && counts.warnings > 0 {
            code = code.worst(ExitCode::Failed);
        }
        if self.nothing_checked() || counts.skipped > 0 && !allow_skips {
            code = code.worst(ExitCode::NothingChecked);
        }
        code
    }
}

impl Report {
    /// How the run ends: the worst of its suites.
    pub fn exit_code(&self) -> ExitCode {
        self.suites
            .iter()
            .map(|s| s.exit_code(self.strict, self.allow_skips))
            .reduce(ExitCode::worst)
            .unwrap_or(ExitCode::NothingChecked)
            .worst(match self.strict && !self.warnings.is_empty() {
                true => ExitCode::Failed,
                false => ExitCode::Ok,
            })
    }
}

/// The shape of the JSON report as a JSON Schema: what `docs/report.schema.json` holds.
pub fn json_schema() -> schemars::Schema {
    json::schema()
}

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Pretty,
    /// For programs: `docs/report.md` describes it.
    Json,
    /// For CI servers.
    Junit,
}

impl Format {
    /// All of them by name.
    pub const ALL: [(&'static str, Self); 3] = [
        ("pretty", Self::Pretty),
        ("json", Self::Json),
        ("junit", Self::Junit),
    ];

    /// Writes the report in this form.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(
        self,
        report: &Report,
        verbosity: Verbosity,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match self {
            Self::Pretty => pretty::write(report, verbosity, out),
            Self::Json => json::write(report, out),
            Self::Junit => junit::write(report, out),
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names: Vec<&str> = Self::ALL.iter().map(|(name, _)| *name).collect();
        Self::ALL
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, format)| *format)
            .ok_or_else(|| match crate::error::nearest(text, &names) {
                Some(near) => format!("no report format `{text}`; did you mean `{near}`?"),
                None => format!("no report format `{text}`; there are {}", names.join(", ")),
            })
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod junit10;
#[cfg(test)]
mod tests;
