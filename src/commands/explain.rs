//! `supaproof explain`: what a finding's code means.

use std::fmt::Write;

use colored::Colorize;

use crate::codes;
use crate::error::{Error, ExitCode};

/// The pages under `docs/checks/`: together they have a heading for every code.
macro_rules! pages {
    ($($name:literal)*) => {
        [$(include_str!(concat!("../../docs/checks/", $name, ".md"))),*]
    };
}

const PAGES: &[&str] = &pages! {
    "casts"
    "collations"
    "composite-types"
    "cron-jobs"
    "database"
    "default-privileges"
    "domains"
    "enums"
    "event-triggers"
    "extensions"
    "foreign-data"
    "functions"
    "grants"
    "indexes"
    "materialized-views"
    "operators"
    "policies"
    "publications"
    "range-types"
    "roles"
    "rules"
    "schemas"
    "security-labels"
    "sequences"
    "settings"
    "setup-and-rollback"
    "smoke-steps"
    "statistics"
    "storage-buckets"
    "tables"
    "text-search-configurations"
    "text-search-dictionaries"
    "triggers"
    "vault-secrets"
    "views"
};

pub(super) fn run(code: Option<&str>) -> Result<ExitCode, Error> {
    let text = match code {
        Some(code) => page(code)?,
        None => list(),
    };
    super::say(text.as_bytes());
    Ok(ExitCode::Ok)
}

/// All codes with their meanings.
fn list() -> String {
    let names = codes::all().flatten().map(|code| code.name.len());
    let width = names.max().unwrap_or(0);
    let mut out = String::new();
    for group in codes::all() {
        for code in group {
            let _ = writeln!(out, "{:width$}  {}", code.name, code.meaning);
        }
        out.push('\n');
    }
    out.push_str("`supaproof explain CODE` shows an example of one, and how it is mended.\n");
    out
}

/// What the documentation says of one.
fn page(wanted: &str) -> Result<String, Error> {
    let code = codes::find(wanted).ok_or_else(|| codes::unknown(wanted))?;
    let body = PAGES
        .iter()
        .find_map(|page| section(page, code.name))
        .ok_or_else(|| Error::bug(format!("no page has the heading {}", code.name)))?;
    Ok(format!(
        "{}: {}\n\n{}",
        code.name.bold(),
        code.meaning,
        plain(body)
    ))
}

/// What stands below a heading of the second level, up to the next heading.
fn section<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let start = page.find(&format!("\n## {heading}\n"))? + heading.len() + 5;
    let body = &page[start..];
    let (mut fenced, mut at) = (false, 0);
    for line in body.split_inclusive('\n') {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with('#') {
            return Some(body[..at].trim());
        }
        at += line.len();
    }
    Some(body.trim())
}

/// Markdown for a terminal: blocks are indented, links are their words.
fn plain(markdown: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced && !line.is_empty() {
            let _ = writeln!(out, "    {line}");
        } else if fenced {
            out.push('\n');
        } else {
            let _ = writeln!(out, "{}", without_links(line));
        }
    }
    out
}

fn without_links(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, words, after)) = link(rest) {
        out.push_str(before);
        out.push_str(words);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The text before the first link, its words, and the text behind it.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let middle = text.find("](")?;
    let start = text[..middle].rfind('[')?;
    let end = middle + text[middle..].find(')')?;
    Some((&text[..start], &text[start + 1..middle], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_at_the_next_heading_and_not_at_a_comment_in_a_block() {
        let page =
            "# P\n\n## a\n\nwords\n\n```yaml\n# a comment\nx: 1\n```\n\n## B\n\n## b\n\nend\n";
        assert_eq!(
            section(page, "a"),
            Some("words\n\n```yaml\n# a comment\nx: 1\n```")
        );
        assert_eq!(section(page, "b"), Some("end"));
        assert_eq!(section(page, "c"), None);
    }

    #[test]
    fn markdown_is_plain_on_a_terminal() {
        let text = plain(
            "See [tables](#tables) and [x](y.md).\n\n```sql\nselect 1;\n\nselect a[1](2);\n```\n",
        );
        assert_eq!(
            text,
            "See tables and x.\n\n    select 1;\n\n    select a[1](2);\n"
        );
    }
}
