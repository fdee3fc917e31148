//! The report for people.

use std::io::{self, Write};

use colored::Colorize;

use crate::checks::{Finding, Outcome, Severity};
use crate::error::ExitCode;
use crate::words;

use super::text::{LONGEST, clean, error, place, shortened};
use super::{Counts, Entry, Group, Ignored, Report, SuiteReport, Warning};

const RULE: &str = "================================================";
/// Longer values are cut in the middle; the other formats have them whole.
const WIDEST: usize = 160;
/// So many findings of one expectation are shown, and how many more there are; all of them with `-v`.
const MOST: usize = 20;

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
        if number > 0 && verbosity > Verbosity::Quiet && !suite.aside {
            writeln!(out)?;
        }
        write_suite(report, suite, verbosity, out)?;
    }
    if report.suites.len() > 1 && verbosity > Verbosity::Quiet {
        writeln!(out)?;
        for suite in &report.suites {
            let code = suite.exit_code(report.strict, report.allow_skips);
            let mark = if code == ExitCode::Ok { "✅" } else { "❌" };
            match suite.aside {
                true => write_aside(suite, out)?,
                false => writeln!(out, "{mark} {}: {}", clean(&suite.suite), verdict(suite))?,
            }
        }
    }
    report
        .warnings
        .iter()
        .try_for_each(|warning| write_warning(warning, out))
}

fn write_aside(suite: &SuiteReport, out: &mut dyn Write) -> io::Result<()> {
    let line = format!("⏭️  {}: {}", clean(&suite.suite), left_out(suite));
    writeln!(out, "{}", line.dimmed())
}

fn write_warning(warning: &Warning, out: &mut dyn Write) -> io::Result<()> {
    let line = format!("⚠️  {}{}", clean(&warning.message), place(&warning.origin));
    writeln!(out, "{}", line.yellow())?;
    match &warning.help {
        Some(help) => writeln!(out, "   {} {}", "help:".bold(), clean(help)),
        None => Ok(()),
    }
}

/// `left out: 2 by --skip indexes, 1 by --no-smoke`.
fn left_out(suite: &SuiteReport) -> String {
    let parts: Vec<String> = suite
        .left_out
        .iter()
        .map(|left| format!("{} by {}", left.count, clean(&left.option)))
        .collect();
    format!("left out: {}", parts.join(", "))
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
    if suite.aside {
        // Where the suites have a line each at the end, that one says it.
        return match verbosity {
            Verbosity::Quiet => write_aside(suite, out),
            _ => Ok(()),
        };
    }
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
    let tried = counts
        != Counts {
            left_out: counts.left_out,
            ..Counts::default()
        };
    if suite.nothing_checked() && counts.failed + counts.errors + counts.skipped == 0 {
        let why = match (suite.left_out.is_empty(), tried) {
            (false, true) => format!("only preconditions are left ({})", left_out(suite)),
            (false, false) => format!("nothing is left of the suite ({})", left_out(suite)),
            (true, true) => "the suite has only preconditions".to_owned(),
            (true, false) => "the suite has no expectation".to_owned(),
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
            compared(counts.compared)
        } else {
            String::new()
        };
        writeln!(out, "{counts}{compared}")?;
    }
    if !suite.left_out.is_empty() && !suite.nothing_checked() {
        let line = format!("⏭️  {}", left_out(suite));
        writeln!(out, "{}", line.dimmed())?;
    }
    Ok(())
}

fn write_group(group: &Group, verbosity: Verbosity, out: &mut dyn Write) -> io::Result<()> {
    let shown = |entry: &&Entry| match verbosity {
        Verbosity::Verbose => true,
        Verbosity::Normal => !(entry.is_perfect() && entry.quiet),
        Verbosity::Quiet => !(entry.is_perfect() || entry.is_ignored()),
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
            .filter(|e| e.is_perfect() && !e.quiet)
            .count();
        if found > 0 && !group.entries.iter().any(failed) {
            writeln!(out, "✅ {} created ({found} found)", clean(summary))?;
        }
        return entries
            .iter()
            .filter(|e| !e.is_perfect())
            .try_for_each(|e| write_entry(e, verbosity, out));
    }
    entries
        .iter()
        .try_for_each(|e| write_entry(e, verbosity, out))
}

fn write_entry(entry: &Entry, verbosity: Verbosity, out: &mut dyn Write) -> io::Result<()> {
    match &entry.outcome {
        Outcome::Pass(warnings) => {
            // A warning may say that the object is not there at all, and so may a finding that is ignored.
            if entry.is_perfect() && verbosity > Verbosity::Quiet {
                let compared = match verbosity {
                    Verbosity::Verbose => compared(entry.compared),
                    _ => String::new(),
                };
                writeln!(out, "✅ {}{compared}", clean(&entry.label))?;
            }
            write_findings(warnings, verbosity, out)?;
        }
        Outcome::Fail(findings) => write_findings(findings, verbosity, out)?,
        Outcome::Skip { reason, .. } => {
            let line = format!(
                "⏭️  {}: skipped, {}{}",
                clean(&entry.subject),
                shortened(&clean(reason), LONGEST),
                place(&entry.origin)
            );
            writeln!(out, "{}", line.dimmed())?;
        }
        Outcome::Error(message) => {
            let line = format!(
                "❌ {}: could not be checked, {}{}",
                clean(&entry.subject),
                shortened(&clean(message), LONGEST),
                place(&entry.origin)
            );
            writeln!(out, "{}", line.red())?;
        }
    }
    if verbosity == Verbosity::Quiet {
        return Ok(());
    }
    few(&entry.ignored, verbosity, out, |one, out| {
        let line = format!("⏭️  {}", ignored_line(one));
        writeln!(out, "{}", line.dimmed())
    })
}

/// `column public.orders.note type: expected text, found json; ignored: the importer writes it`.
fn ignored_line(ignored: &Ignored) -> String {
    let until = ignored
        .until
        .as_ref()
        .map_or_else(String::new, |date| format!(" (until {date})"));
    let reason = shortened(&clean(&ignored.reason), LONGEST);
    format!("{}; ignored: {reason}{until}", sentence(&ignored.finding))
}

/// ` (12 properties compared)`.
fn compared(number: usize) -> String {
    let properties = words::count(number, "property", "properties");
    format!(" ({properties} compared)")
}

fn write_findings(
    findings: &[Finding],
    verbosity: Verbosity,
    out: &mut dyn Write,
) -> io::Result<()> {
    few(findings, verbosity, out, |finding, out| {
        write_finding(finding, verbosity, out)
    })
}

/// The first of many, and how many more there are.
fn few<T>(
    all: &[T],
    verbosity: Verbosity,
    out: &mut dyn Write,
    write: impl Fn(&T, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let most = match verbosity {
        Verbosity::Verbose => all.len(),
        _ => MOST,
    };
    let (shown, more) = words::first(all, most);
    shown.iter().try_for_each(|one| write(one, out))?;
    match more {
        None => Ok(()),
        Some(more) => writeln!(out, "   {more} (-v shows all)"),
    }
}

fn sentence(finding: &Finding) -> String {
    let space = if finding.property.is_empty() { "" } else { " " };
    format!(
        "{}{space}{}: expected {}, found {}{}",
        shortened(&clean(&finding.subject), LONGEST),
        finding.property,
        shortened(&clean(&finding.expected), WIDEST),
        shortened(&clean(&finding.found), WIDEST),
        place(&finding.origin)
    )
}

fn write_finding(finding: &Finding, verbosity: Verbosity, out: &mut dyn Write) -> io::Result<()> {
    let line = sentence(finding);
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
    if verbosity == Verbosity::Verbose {
        let line = format!("   see: supaproof explain {}", finding.code);
        writeln!(out, "{}", line.dimmed())?;
    }
    Ok(())
}
