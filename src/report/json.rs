//! The report for programs. Its shape is documented in `docs/report.md` and, made from these types, in
//! `docs/report.schema.json`; a change that could break a reader raises the version.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::parts::{Failure, Place};
use super::{Ignored, Report};
use crate::checks::{Finding, Outcome, Severity};

/// The version of the shape.
const VERSION: u32 = 1;

/// What came of a run of supaproof. Fields may be added without notice; `version` is raised when one goes or means
/// something else.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "supaproof report")]
struct Document<'a> {
    /// The version of this shape.
    #[schemars(extend("const" = VERSION))]
    version: u32,
    /// `supaproof` and its version.
    tool: &'static str,
    /// How the run ended.
    exit_code: u8,
    /// The suites in the order in which they ran.
    suites: Vec<Suite<'a>>,
    /// What is amiss with the configuration and not with a suite.
    warnings: Vec<Warning<'a>>,
}

/// Something that is amiss with the configuration, such as an entry of the ignore list that has expired.
#[derive(Serialize, JsonSchema)]
struct Warning<'a> {
    /// What it is.
    message: &'a str,
    /// The line that it is about.
    place: Option<Place>,
    /// What to do.
    help: Option<&'a str>,
}

/// What came of a suite.
#[derive(Serialize, JsonSchema)]
struct Suite<'a> {
    /// Its name.
    suite: &'a str,
    /// Its title.
    title: &'a str,
    /// Where it ran, never with a password; empty where that was not reached.
    target: &'a str,
    /// How a run of this suite alone would have ended.
    exit_code: u8,
    /// Results that passed.
    passed: usize,
    /// Results that failed.
    failed: usize,
    /// Results that were not checked, though the suite did not allow that.
    skipped: usize,
    /// Results that were not checked, as the suite itself says (`only_if`).
    inapplicable: usize,
    /// Results that could not be checked.
    errors: usize,
    /// Findings that count as warnings.
    warnings: usize,
    /// Findings that do not count, as the ignore list says.
    ignored: usize,
    /// How many properties were compared.
    compared: usize,
    /// What options left out, in the order of the suite.
    left_out: Vec<LeftOut<'a>>,
    /// What ended the suite early.
    error: Option<Failure>,
    /// The parts of the report.
    groups: Vec<Group<'a>>,
}

/// So many expectations are left out, because of an option.
#[derive(Serialize, JsonSchema)]
struct LeftOut<'a> {
    /// The option as it is written: `--skip indexes`.
    option: &'a str,
    /// How many expectations and smoke steps.
    count: usize,
}

/// A part of the report.
#[derive(Serialize, JsonSchema)]
struct Group<'a> {
    /// Its title: `Checking Tables`.
    title: &'a str,
    /// What was tried.
    results: Vec<Entry<'a>>,
}

/// One thing that was tried.
#[derive(Serialize, JsonSchema)]
struct Entry<'a> {
    /// The object: `table public.orders`; for a smoke step its name.
    subject: &'a str,
    /// What the pretty report says where it passes.
    label: &'a str,
    /// How it ended.
    outcome: Ended,
    /// Why it was skipped or could not be checked.
    reason: Option<&'a str>,
    /// Where the suite asks for it; null for the proofs of `verify`.
    place: Option<Place>,
    /// How many of its properties were compared.
    compared: usize,
    /// The findings where it failed, and warnings where it passed.
    findings: Vec<Mismatch<'a>>,
    /// The findings that do not count, as the ignore list says.
    ignored: Vec<Passed<'a>>,
}

/// How a result ended: as expected, perhaps with warnings; not as expected; not checked; it could not be checked; all
/// that is not as expected is on the ignore list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Ended {
    Pass,
    Fail,
    Skip,
    Error,
    Ignored,
}

/// A mismatch between what is expected and what is.
#[derive(Serialize, JsonSchema)]
struct Mismatch<'a> {
    /// The kind of finding: `supaproof explain CODE` says what it means.
    code: &'static str,
    /// What it counts as.
    severity: Severity,
    /// The object, which may be a part of the result's: `column public.orders.id`.
    subject: &'a str,
    /// What about it; null where it is the object itself.
    property: Option<&'static str>,
    /// What the suite expects, in words.
    expected: &'a str,
    /// What is there, in words.
    found: &'a str,
    /// The line that asks for it.
    place: Option<Place>,
    /// How it was compared, where that is not by meaning.
    note: Option<&'a str>,
    /// What to do.
    help: Option<&'a str>,
}

/// A finding that does not count.
#[derive(Serialize, JsonSchema)]
struct Passed<'a> {
    /// Why, as the ignore list says.
    ignored_because: &'a str,
    /// The last day on which it does not count (`2027-01-31`).
    ignored_until: Option<&'a str>,
    #[serde(flatten)]
    finding: Mismatch<'a>,
}

/// The shape of the report as a JSON Schema.
pub(super) fn schema() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Document<'static>>()
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let suites = report.suites.iter().map(|suite| {
        let counts = suite.counts();
        Suite {
            suite: &suite.suite,
            title: &suite.title,
            target: &suite.target,
            exit_code: suite.exit_code(report.strict, report.allow_skips) as u8,
            passed: counts.passed,
            failed: counts.failed,
            skipped: counts.skipped,
            inapplicable: counts.inapplicable,
            errors: counts.errors,
            warnings: counts.warnings,
            ignored: counts.ignored,
            compared: counts.compared,
            left_out: suite
                .left_out
                .iter()
                .map(|left| LeftOut {
                    option: &left.option,
                    count: left.count,
                })
                .collect(),
            error: suite.error.as_ref().map(Failure::from),
            groups: suite
                .groups
                .iter()
                .map(|group| Group {
                    title: &group.title,
                    results: group.entries.iter().map(entry).collect(),
                })
                .collect(),
        }
    });
    let document = Document {
        version: VERSION,
        tool: concat!("supaproof ", env!("CARGO_PKG_VERSION")),
        exit_code: report.exit_code() as u8,
        suites: suites.collect(),
        warnings: report.warnings.iter().map(warning).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn warning(warning: &super::Warning) -> Warning<'_> {
    Warning {
        message: &warning.message,
        place: warning.origin.as_ref().map(Place::from),
        help: warning.help.as_deref(),
    }
}

fn entry(entry: &super::Entry) -> Entry<'_> {
    let (outcome, reason, findings) = match &entry.outcome {
        _ if entry.is_ignored() => (Ended::Ignored, None, &[][..]),
        Outcome::Pass(warnings) => (Ended::Pass, None, warnings.as_slice()),
        Outcome::Fail(findings) => (Ended::Fail, None, findings.as_slice()),
        Outcome::Skip { reason, .. } => (Ended::Skip, Some(reason.as_str()), &[][..]),
        Outcome::Error(message) => (Ended::Error, Some(message.as_str()), &[][..]),
    };
    Entry {
        subject: &entry.subject,
        label: &entry.label,
        outcome,
        reason,
        place: entry.origin.as_ref().map(Place::from),
        compared: entry.compared,
        findings: findings.iter().map(mismatch).collect(),
        ignored: entry.ignored.iter().map(passed).collect(),
    }
}

fn passed(ignored: &Ignored) -> Passed<'_> {
    Passed {
        ignored_because: &ignored.reason,
        ignored_until: ignored.until.as_deref(),
        finding: mismatch(&ignored.finding),
    }
}

fn mismatch(finding: &Finding) -> Mismatch<'_> {
    Mismatch {
        code: finding.code,
        severity: finding.severity,
        subject: &finding.subject,
        property: (!finding.property.is_empty()).then_some(finding.property),
        expected: &finding.expected,
        found: &finding.found,
        place: finding.origin.as_ref().map(Place::from),
        note: finding.note.as_deref(),
        help: finding.help.as_deref(),
    }
}
