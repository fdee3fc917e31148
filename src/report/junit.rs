//! The report for CI servers: a test suite per suite, a test case per expectation.
//!
//! What could not be checked is an `<error>`, which is something else than a `<failure>`. The form is that of Jenkins'
//! `junit-10.xsd`: no attribute is written that it does not know, so that strict readers take it too.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::checks::{Finding, Outcome};
use crate::error::Error;

use super::{Entry, Report, SuiteReport, Warning};

/// What became of a test case.
enum Status {
    Passed,
    Skipped(String),
    Failure {
        code: &'static str,
        message: String,
        text: String,
    },
    Error {
        message: String,
        text: String,
    },
}

struct Case {
    name: String,
    class: String,
    status: Status,
    /// What is to be told of a case that passed.
    output: String,
}

struct Suite {
    name: String,
    file: Option<String>,
    cases: Vec<Case>,
    output: String,
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: Vec<Suite> = report.suites.iter().map(suite).collect();
    if !report.warnings.is_empty() {
        suites.push(Suite {
            name: "supaproof.toml".to_owned(),
            file: None,
            cases: report
                .warnings
                .iter()
                .map(|warning| of_warning(warning, report.strict))
                .collect(),
            output: String::new(),
        });
    }
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 4);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut root = BytesStart::new("testsuites");
    push(&mut root, "name", "supaproof");
    counts(&mut root, suites.iter().flat_map(|s| &s.cases), false);
    xml.write_event(Event::Start(root))?;
    for suite in &suites {
        write_suite(&mut xml, suite)?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    writeln!(out)
}

fn suite(suite: &SuiteReport) -> Suite {
    let mut cases = Vec::new();
    for group in &suite.groups {
        for entry in &group.entries {
            cases.push(Case {
                name: entry.label.clone(),
                class: format!("{}.{}", suite.suite, group.title),
                status: status(&entry.outcome),
                output: output(entry),
            });
        }
    }
    if let Some(error) = &suite.error {
        cases.push(Case {
            name: "run".to_owned(),
            class: suite.suite.clone(),
            status: of_error(error),
            output: String::new(),
        });
    }
    let places = suite
        .groups
        .iter()
        .flat_map(|g| &g.entries)
        .filter_map(|e| e.origin.as_ref());
    let left_out: Vec<String> = suite
        .left_out
        .iter()
        .map(|left| format!("{} left out by {}", left.count, left.option))
        .collect();
    Suite {
        name: suite.suite.clone(),
        file: places
            .map(|origin| origin.source.path().display().to_string())
            .next(),
        cases,
        output: left_out.join("\n"),
    }
}

fn of_error(error: &Error) -> Status {
    let place = error.origin().map(|origin| format!("at {origin}"));
    let more = place
        .as_deref()
        .into_iter()
        .chain(error.notes().iter().map(String::as_str))
        .chain(error.help_text());
    let lines: Vec<&str> = std::iter::once(error.message()).chain(more).collect();
    Status::Error {
        message: error.message().to_owned(),
        text: lines.join("\n"),
    }
}

fn of_warning(warning: &Warning, strict: bool) -> Case {
    let mut text = warning.message.clone();
    if let Some(origin) = &warning.origin {
        text.push_str(&format!(" ({origin})"));
    }
    if let Some(help) = &warning.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    let (status, output) = match strict {
        true => {
            let message = warning.message.clone();
            let failure = Status::Failure {
                code: "warning",
                message,
                text,
            };
            (failure, String::new())
        }
        false => (Status::Passed, text),
    };
    Case {
        name: warning.message.clone(),
        class: "supaproof.toml".to_owned(),
        status,
        output,
    }
}

fn status(outcome: &Outcome) -> Status {
    match outcome {
        Outcome::Pass(_) => Status::Passed,
        Outcome::Fail(findings) => Status::Failure {
            code: findings.first().map(|f| f.code).unwrap_or_default(),
            message: findings.first().map(Finding::sentence).unwrap_or_default(),
            text: lines(findings),
        },
        Outcome::Skip { reason, .. } => Status::Skipped(reason.clone()),
        Outcome::Error(message) => Status::Error {
            message: message.clone(),
            text: message.clone(),
        },
    }
}

/// Warnings of what passed, and what is ignored.
fn output(entry: &Entry) -> String {
    let mut out = match &entry.outcome {
        Outcome::Pass(warnings) => lines(warnings),
        _ => String::new(),
    };
    for ignored in &entry.ignored {
        if !out.is_empty() {
            out.push('\n');
        }
        let finding = lines(std::slice::from_ref(&ignored.finding));
        out.push_str(&format!("ignored, {}: {finding}", ignored.reason));
    }
    out
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

fn write_suite<W: Write>(xml: &mut Writer<W>, suite: &Suite) -> io::Result<()> {
    let mut start = BytesStart::new("testsuite");
    push(&mut start, "name", &suite.name);
    counts(&mut start, suite.cases.iter(), true);
    if let Some(file) = &suite.file {
        push(&mut start, "file", file);
    }
    xml.write_event(Event::Start(start))?;
    for case in &suite.cases {
        write_case(xml, case)?;
    }
    text_element(xml, BytesStart::new("system-out"), &suite.output, false)?;
    xml.write_event(Event::End(BytesEnd::new("testsuite")))
}

fn write_case<W: Write>(xml: &mut Writer<W>, case: &Case) -> io::Result<()> {
    let mut start = BytesStart::new("testcase");
    push(&mut start, "name", &case.name);
    push(&mut start, "classname", &case.class);
    if matches!(case.status, Status::Passed) && case.output.is_empty() {
        return xml.write_event(Event::Empty(start));
    }
    xml.write_event(Event::Start(start))?;
    match &case.status {
        Status::Passed => {}
        Status::Skipped(reason) => {
            let mut skipped = BytesStart::new("skipped");
            push(&mut skipped, "message", reason);
            xml.write_event(Event::Empty(skipped))?;
        }
        Status::Failure {
            code,
            message,
            text,
        } => {
            let mut failure = BytesStart::new("failure");
            push(&mut failure, "message", message);
            push(&mut failure, "type", code);
            text_element(xml, failure, text, true)?;
        }
        Status::Error { message, text } => {
            let mut error = BytesStart::new("error");
            push(&mut error, "message", message);
            text_element(xml, error, text, true)?;
        }
    }
    text_element(xml, BytesStart::new("system-out"), &case.output, false)?;
    xml.write_event(Event::End(BytesEnd::new("testcase")))
}

/// An element with text in it; left out where there is none, unless it has to be there.
fn text_element<W: Write>(
    xml: &mut Writer<W>,
    start: BytesStart<'_>,
    text: &str,
    always: bool,
) -> io::Result<()> {
    if text.is_empty() && !always {
        return Ok(());
    }
    let end = start.to_end().into_owned();
    xml.write_event(Event::Start(start.borrow()))?;
    xml.write_event(Event::Text(BytesText::new(&allowed(text))))?;
    xml.write_event(Event::End(end))
}

fn counts<'a>(element: &mut BytesStart<'_>, cases: impl Iterator<Item = &'a Case>, skips: bool) {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.status {
            Status::Passed => {}
            Status::Skipped(_) => skipped += 1,
            Status::Failure { .. } => failures += 1,
            Status::Error { .. } => errors += 1,
        }
    }
    for (name, count) in [("tests", tests), ("failures", failures), ("errors", errors)] {
        push(element, name, &i32::to_string(&count));
    }
    if skips {
        push(element, "skipped", &i32::to_string(&skipped));
    }
}

fn push(element: &mut BytesStart<'_>, name: &str, value: &str) {
    // Readers make spaces of line ends in attributes, each in its own way.
    let value = allowed(value).replace(['\n', '\t'], " ");
    element.push_attribute((name, value.as_str()));
}

/// XML 1.0 knows no control characters, escaped or not.
fn allowed(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| match c {
            '\r' => '\n',
            '\n' | '\t' => c,
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
            c => c,
        })
        .collect()
}
