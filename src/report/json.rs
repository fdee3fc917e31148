//! The report for programs. Its shape is documented in `docs/report.md`; a change that could break a reader raises
//! the version.

use std::io::{self, Write};

use serde::Serialize;

use crate::checks::{Finding, Outcome, Severity};
use crate::error::Error;
use crate::source::Origin;

use super::Report;

/// The version of the shape.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: &'static str,
    exit_code: u8,
    suites: Vec<Suite<'a>>,
}

#[derive(Serialize)]
struct Suite<'a> {
    suite: &'a str,
    title: &'a str,
    target: &'a str,
    exit_code: u8,
    passed: usize,
    failed: usize,
    skipped: usize,
    errors: usize,
    warnings: usize,
    compared: usize,
    error: Option<Failure<'a>>,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Failure<'a> {
    message: &'a str,
    place: Option<Place>,
    notes: &'a [String],
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct Group<'a> {
    title: &'a str,
    results: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    subject: &'a str,
    label: &'a str,
    outcome: &'static str,
    reason: Option<&'a str>,
    place: Option<Place>,
    compared: usize,
    findings: Vec<Mismatch<'a>>,
}

#[derive(Serialize)]
struct Mismatch<'a> {
    code: &'static str,
    severity: Severity,
    subject: &'a str,
    property: Option<&'static str>,
    expected: &'a str,
    found: &'a str,
    place: Option<Place>,
    note: Option<&'a str>,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
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
            errors: counts.errors,
            warnings: counts.warnings,
            compared: counts.compared,
            error: suite.error.as_ref().map(failure),
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
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn failure(error: &Error) -> Failure<'_> {
    Failure {
        message: error.message(),
        place: error.origin().map(place),
        notes: error.notes(),
        help: error.help_text(),
    }
}

fn entry(entry: &super::Entry) -> Entry<'_> {
    let (outcome, reason, findings) = match &entry.outcome {
        Outcome::Pass(warnings) => ("pass", None, warnings.as_slice()),
        Outcome::Fail(findings) => ("fail", None, findings.as_slice()),
        Outcome::Skip { reason, .. } => ("skip", Some(reason.as_str()), &[][..]),
        Outcome::Error(message) => ("error", Some(message.as_str()), &[][..]),
    };
    Entry {
        subject: &entry.subject,
        label: &entry.label,
        outcome,
        reason,
        place: entry.origin.as_ref().map(place),
        compared: entry.compared,
        findings: findings.iter().map(mismatch).collect(),
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
        place: finding.origin.as_ref().map(place),
        note: finding.note.as_deref(),
        help: finding.help.as_deref(),
    }
}

fn place(origin: &Origin) -> Place {
    let position = origin.position();
    Place {
        file: origin.source.path().display().to_string(),
        line: position.line,
        column: position.column,
    }
}
