//! What `check` would look at, without looking.

use std::fmt::Write;

use crate::error::ExitCode;
use crate::report::{Warning, one_line};
use crate::source::Origin;

use super::check::Case;

/// Prints a line per expectation and per smoke step. It ends as the check would where there is nothing to check.
pub(super) fn write(cases: &[Case], warnings: &[Warning]) -> ExitCode {
    let mut out = String::new();
    for (number, case) in cases.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        of_suite(case, &mut out);
    }
    for warning in warnings {
        let _ = writeln!(out, "⚠️  {}", one_line(&warning.message));
    }
    super::say(out.as_bytes());
    // As of several suites that are checked, the worst wins, unless something else is what was asked for.
    match cases.iter().all(Case::is_empty) {
        true => ExitCode::NothingChecked,
        false => ExitCode::Ok,
    }
}

fn of_suite(case: &Case, out: &mut String) {
    let _ = writeln!(out, "{}: {}", case.suite.name, one_line(case.title()));
    let mut rows: Vec<(String, Origin)> = Vec::new();
    if let Some(expectations) = &case.expectations {
        rows.extend(expectations.checks.iter().map(|check| {
            let required = if check.required { "requires " } else { "" };
            (format!("{required}{}", check.subject), check.origin.clone())
        }));
        rows.extend(
            expectations
                .smoke
                .iter()
                .map(|step| (format!("smoke {}", step.step.name.value), step.origin())),
        );
    }
    let rows: Vec<(String, Origin)> = rows
        .into_iter()
        .map(|(what, origin)| (one_line(&what), origin))
        .collect();
    let width = rows
        .iter()
        .map(|(what, _)| what.chars().count())
        .max()
        .unwrap_or(0)
        .min(60);
    for (what, origin) in &rows {
        let _ = writeln!(out, "  {what:width$}  {}", one_line(&origin.to_string()));
    }
    let _ = write!(out, "  {} to check", rows.len());
    for left in &case.left_out {
        let _ = write!(
            out,
            ", {} left out by {}",
            left.count,
            one_line(&left.option)
        );
    }
    out.push('\n');
}
