//! Lines of YAML that read like SQL.

mod column;
mod constraint;
mod reference;

use crate::meaning::Token;

pub(super) use column::column;
pub(super) use constraint::{constraint, key};
pub(super) use reference::references;

/// The text from the first to the last of these tokens.
pub(super) fn cut(text: &str, tokens: &[Token]) -> String {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => text[first.start..last.end].to_owned(),
        _ => String::new(),
    }
}

/// The names in parentheses that these tokens start with, and what follows.
fn names<'a>(text: &str, tokens: &'a [Token]) -> Option<(Vec<String>, &'a [Token])> {
    let (inner, rest) = group(tokens)?;
    let names = inner
        .split(|t| t.is(","))
        .map(|name| unquoted(cut(text, name)));
    Some((names.collect(), rest))
}

/// What stands in the parentheses that these tokens start with, and what follows.
fn group(tokens: &[Token]) -> Option<(&[Token], &[Token])> {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth -= 1;
        }
        if depth == 0 {
            return (at > 0).then(|| (&tokens[1..at], &tokens[at + 1..]));
        }
    }
    None
}

/// A name without its quotes.
fn unquoted(name: String) -> String {
    match name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name,
    }
}

/// Whether the first tokens are these words.
fn starts(tokens: &[Token], words: &[&str]) -> bool {
    tokens.len() >= words.len() && words.iter().zip(tokens).all(|(word, token)| token.is(word))
}
