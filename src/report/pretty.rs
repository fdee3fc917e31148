//! The report for people.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use colored::Colorize;

use crate::checks::{Finding, Outcome, Severity};
use crate::error::{Error, ExitCode};
use crate::source::Origin;

use super::{Counts, Entry, Group, Report, SuiteReport};

const RULE: &str = "================================================";
/// Longer values are cut in the middle; the other formats have them whole.
const WIDEST: usize = 160;

/// How much to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// What did not pass.
    Quiet,
    /// A line per object or per kind.
    #[default]
    Normal,
    /// Every expectation, and counts.
    Verbose,
}

pub(super) fn write(report: &Report, verbosity: Verbosity, out: &mut dyn Write) -> io::Result<()> {
    for (number, suite) in report.suites.iter().enumerate() {
        if number > 0 && verbosity > Verbosity::Quiet {
            writeln!(out)?;
        }
        write_suite(report, suite, verbosity, out)?;
    }
    if report.suites.len() > 1 && verbosity > Verbosity::Quiet {
        writeln!(out)?;
        for suite in &report.suites {
            let code = suite.exit_code(report.strict, report.allow_skips);
            let mark = if code == ExitCode::Ok { "✅" } else { "❌" };
            writeln!(out, "{mark} {}: {}", suite.suite, verdict(suite))?;
        }
    }
    Ok(())
}

fn verdict(suite: &SuiteReport) -> String {
    match &suite.error {
        Some(error) => clean(error.message()),
        None if suite.nothing_checked() => "nothing was checked".to_owned(),
        None => suite.counts().to_string(),
    }
}

fn write_suite(
    report: &Report,
    suite: &SuiteReport,
    verbosity: Verbosity,
    out: &mut dyn Write,
) -> io::Result<()> {
    let counts = suite.counts();
    let code = suite.exit_code(report.strict, report.allow_skips);
    let passed = code == ExitCode::Ok;
    if verbosity > Verbosity::Quiet {
        writeln!(out, "🚀 Starting {} Validation", clean(&suite.title))?;
        writeln!(out, "{RULE}")?;
    }
    for group in &suite.groups {
        write_group(group, verbosity, out)?;
    }
    if let Some(error) = &suite.error {
        write!(out, "{}", self::error(error))?;
    }
    let tried = counts != Counts::default();
    if suite.nothing_checked() && counts.failed + counts.errors + counts.skipped == 0 {
        let why = if tried {
            "the suite has only preconditions"
        } else {
            "the suite has no expectation"
        };
        writeln!(out, "{}", format!("❌ nothing was checked: {why}").red())?;
    }
    if verbosity > Verbosity::Quiet {
        writeln!(out, "{RULE}")?;
        if passed {
            writeln!(out, "🎉 {} Validation Complete!", clean(&suite.title))?;
        } else {
            let ended = match code {
                ExitCode::NothingChecked => "Incomplete",
                _ => "Failed",
            };
            let line = format!("💥 {} Validation {ended}", clean(&suite.title));
            writeln!(out, "{}", line.red())?;
        }
    }
    if tried && (!counts.all_passed() || suite.error.is_some() || verbosity == Verbosity::Verbose) {
        let compared = if verbosity == Verbosity::Verbose {
            format!(" ({} properties compared)", counts.compared)
        } else {
            String::new()
        };
        writeln!(out, "{counts}{compared}")?;
    }
    Ok(())
}

fn write_group(group: &Group, verbosity: Verbosity, out: &mut dyn Write) -> io::Result<()> {
    let perfect =
        |entry: &Entry| matches!(&entry.outcome, Outcome::Pass(warnings) if warnings.is_empty());
    let shown = |entry: &&Entry| match verbosity {
        Verbosity::Verbose => true,
        Verbosity::Normal => !(perfect(entry) && entry.quiet),
        Verbosity::Quiet => !perfect(entry),
    };
    let entries: Vec<&Entry> = group.entries.iter().filter(shown).collect();
    if entries.is_empty() {
        return Ok(());
    }
    if verbosity > Verbosity::Quiet {
        writeln!(
            out,
            "{}",
            format!("{}{}...", group.icon, group.title).bold()
        )?;
    }
    // A summary counts what is just as expected, and says nothing where something failed.
    if let (Some(summary), true) = (&group.summary, verbosity == Verbosity::Normal) {
        let failed = |e: &Entry| !matches!(e.outcome, Outcome::Pass(_));
        let found = group
            .entries
            .iter()
            .filter(|e| perfect(e) && !e.quiet)
            .count();
        if found > 0 && !group.entries.iter().any(failed) {
            writeln!(out, "✅ {} created ({found} found)", clean(summary))?;
        }
        return entries
            .iter()
            .filter(|e| !perfect(e))
            .try_for_each(|e| write_entry(e, false, out));
    }
    entries
        .iter()
        .try_for_each(|e| write_entry(e, verbosity > Verbosity::Quiet, out))
}

fn write_entry(entry: &Entry, with_pass: bool, out: &mut dyn Write) -> io::Result<()> {
    match &entry.outcome {
        Outcome::Pass(warnings) => {
            // A warning may say that the object is not there at all.
            if with_pass && warnings.is_empty() {
                writeln!(out, "✅ {}", clean(&entry.label))?;
            }
            warnings.iter().try_for_each(|f| write_finding(f, out))
        }
        Outcome::Fail(findings) => findings.iter().try_for_each(|f| write_finding(f, out)),
        Outcome::Skip { reason, .. } => {
            let line = format!(
                "⏭️  {}: skipped, {}{}",
                clean(&entry.subject),
                clean(reason),
                place(&entry.origin)
            );
            writeln!(out, "{}", line.dimmed())
        }
        Outcome::Error(message) => {
            let line = format!(
                "❌ {}: could not be checked, {}{}",
                clean(&entry.subject),
                clean(message),
                place(&entry.origin)
            );
            writeln!(out, "{}", line.red())
        }
    }
}

fn write_finding(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let space = if finding.property.is_empty() { "" } else { " " };
    let line = format!(
        "{}{space}{}: expected {}, found {}{}",
        clean(&finding.subject),
        finding.property,
        cut(&clean(&finding.expected)),
        cut(&clean(&finding.found)),
        place(&finding.origin)
    );
    match finding.severity {
        Severity::Error => writeln!(out, "{}", format!("❌ {line}").red())?,
        Severity::Warning => writeln!(out, "{}", format!("⚠️  {line}").yellow())?,
    }
    if let Some(note) = &finding.note {
        writeln!(out, "   {} {}", "note:".bold(), clean(note))?;
    }
    if let Some(help) = &finding.help {
        writeln!(out, "   {} {}", "help:".bold(), clean(help))?;
    }
    Ok(())
}

fn place(origin: &Option<Origin>) -> String {
    origin
        .as_ref()
        .map_or_else(String::new, |o| format!(" ({o})"))
}

/// An error as a person reads it: the message, the line that it is about with a caret, notes and help.
pub fn error(error: &Error) -> String {
    let mut out = String::new();
    match error.origin() {
        Some(origin) => {
            let text = origin.source.text();
            let mut span = origin.span.clone();
            span.end = span.end.clamp(span.start, text.len());
            // Of a long statement the first line is enough.
            if let Some(line) = text.get(span.clone()).and_then(|t| t.find('\n')) {
                span.end = span.start + line;
            }
            let path = origin.source.path().display().to_string();
            let snippet = Snippet::source(text)
                .path(path)
                .annotation(AnnotationKind::Primary.span(span));
            let report = [Level::ERROR
                .primary_title(clean(error.message()))
                .element(snippet)];
            let renderer = if colored::control::SHOULD_COLORIZE.should_colorize() {
                Renderer::styled()
            } else {
                Renderer::plain()
            };
            out.push_str(&renderer.render(&report));
            out.push('\n');
        }
        None => out.push_str(&format!(
            "{} {}\n",
            "error:".red().bold(),
            clean(error.message())
        )),
    }
    for note in error.notes() {
        out.push_str(&format!("  {} {}\n", "note:".bold(), indented(note)));
    }
    if let Some(help) = error.help_text() {
        out.push_str(&format!("  {} {}\n", "help:".bold(), indented(help)));
    }
    out
}

fn indented(text: &str) -> String {
    text.lines()
        .map(clean)
        .collect::<Vec<_>>()
        .join("\n        ")
}

/// Names and messages come from a database: they must not move the cursor or colour the terminal.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            // Marks that turn the direction of text around.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

fn cut(text: &str) -> String {
    let length = text.chars().count();
    if length <= WIDEST {
        return text.to_owned();
    }
    let half = WIDEST / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(length - half).collect();
    format!("{head} … {tail}")
}
