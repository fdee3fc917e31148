//! Text of files and databases as a terminal may have it: one line, nothing that steers, not too long.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use colored::Colorize;

use crate::error::Error;
use crate::source::Origin;

/// Longer messages, of a server most likely, are cut.
pub(super) const LONGEST: usize = 1000;

pub(super) fn place(origin: &Option<Origin>) -> String {
    origin.as_ref().map_or_else(String::new, |o| {
        format!(" ({})", shortened(&clean(&o.to_string()), LONGEST))
    })
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
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            '\u{2028}' | '\u{2029}' => ' ',
            // Marks that turn the direction of text around, and such as nobody sees.
            '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2060}'
            | '\u{61c}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Cut in the middle.
pub(super) fn shortened(text: &str, widest: usize) -> String {
    let length = text.chars().count();
    if length <= widest {
        return text.to_owned();
    }
    let half = widest / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(length - half).collect();
    format!("{head} … {tail}")
}
