//! The report for CI servers: a test suite per suite, a test case per expectation.
//!
//! What could not be checked is an `<error>`, which is something else than a `<failure>`.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::checks::{Finding, Outcome};

use super::Report;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut document = quick_junit::Report::new("supaproof");
    for suite in &report.suites {
        let mut tests = TestSuite::new(suite.suite.as_str());
        for group in &suite.groups {
            let class = format!("{}.{}", suite.suite, group.title);
            for entry in &group.entries {
                let mut case = TestCase::new(entry.label.as_str(), status(&entry.outcome));
                case.set_classname(class.as_str());
                if let Outcome::Pass(warnings) = &entry.outcome
                    && !warnings.is_empty()
                {
                    case.set_system_out(lines(warnings));
                }
                if let Some(origin) = &entry.origin {
                    let position = origin.position();
                    case.extra.insert(
                        "file".into(),
                        origin.source.path().display().to_string().into(),
                    );
                    case.extra
                        .insert("line".into(), position.line.to_string().into());
                }
                tests.add_test_case(case);
            }
        }
        if let Some(error) = &suite.error {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(error.message());
            let mut text = error.message().to_owned();
            for note in error
                .notes()
                .iter()
                .map(String::as_str)
                .chain(error.help_text())
            {
                text.push('\n');
                text.push_str(note);
            }
            status.set_description(text);
            let mut case = TestCase::new("run", status);
            case.set_classname(suite.suite.as_str());
            tests.add_test_case(case);
        }
        document.add_test_suite(tests);
    }
    document.serialize(&mut *out).map_err(io::Error::other)
}

fn status(outcome: &Outcome) -> TestCaseStatus {
    match outcome {
        Outcome::Pass(_) => TestCaseStatus::success(),
        Outcome::Fail(findings) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(findings.first().map(Finding::sentence).unwrap_or_default());
            status.set_type(findings.first().map(|f| f.code).unwrap_or_default());
            status.set_description(lines(findings));
            status
        }
        Outcome::Skip { reason, .. } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason.as_str());
            status
        }
        Outcome::Error(message) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(message.as_str());
            status
        }
    }
}

/// A line per finding, with its place and its help.
fn lines(findings: &[Finding]) -> String {
    let mut out = Vec::new();
    for finding in findings {
        let place = finding
            .origin
            .as_ref()
            .map_or_else(String::new, |o| format!(" ({o})"));
        out.push(format!("{}{place}", finding.sentence()));
        out.extend(finding.note.iter().map(|note| format!("note: {note}")));
        out.extend(finding.help.iter().map(|help| format!("help: {help}")));
    }
    out.join("\n")
}
