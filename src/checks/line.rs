//! Lines of YAML that read like SQL, names as suites write them, and expectations written down: what kinds share.

use std::ops::Range;

use serde_json::{Map, Value};

use crate::meaning::canon::Verdict;
use crate::meaning::{Class, ObjectName, Token, tokens};
use crate::source::{Located, Written as _};

use super::judge::Judge;

/// Cuts a line at those of its words outside parentheses that begin a clause: what stands before the first, then each
/// with what follows it.
pub(super) fn clauses<'a>(
    text: &'a str,
    words: &[&'static str],
) -> (&'a str, Vec<(&'static str, &'a str)>) {
    let tokens = tokens(text);
    let mut starts: Vec<(&'static str, &Token)> = Vec::new();
    let mut depth = 0_i32;
    for token in &tokens {
        match (token.class, token.text.as_str()) {
            (Class::Punctuation, "(" | "[") => depth += 1,
            (Class::Punctuation, ")" | "]") => depth -= 1,
            (Class::Word, word) if depth == 0 => {
                starts.extend(words.iter().find(|w| **w == word).map(|w| (*w, token)));
            }
            _ => {}
        }
    }
    let head = &text[..starts.first().map_or(text.len(), |(_, t)| t.start)];
    let ends = starts.iter().skip(1).map(|(_, t)| t.start);
    let ends = ends.chain(std::iter::once(text.len()));
    let out = starts.iter().zip(ends);
    let out = out.map(|((word, token), end)| (*word, text[token.end..end].trim()));
    (head.trim(), out.collect())
}

/// What stands before the first of such a word outside parentheses, and after it.
pub(super) fn split_at<'a>(text: &'a str, word: &'static str) -> Option<(&'a str, &'a str)> {
    let (head, clauses) = clauses(text, &[word]);
    clauses.first()?;
    let from = text.len() - text.trim_start().len() + head.len();
    let rest = text[from..].trim_start();
    Some((head, rest[word.len()..].trim()))
}

/// The items of a list, as they are written.
pub(super) fn items(text: &str) -> Vec<&str> {
    let (mut out, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for token in tokens(text) {
        match (token.class, token.text.as_str()) {
            (Class::Punctuation, "(" | "[") => depth += 1,
            (Class::Punctuation, ")" | "]") => depth -= 1,
            (Class::Punctuation, ",") if depth == 0 => {
                out.push(text[start..token.start].trim());
                start = token.end;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        out.push(text[start..].trim());
    }
    out
}

/// What stands in the parentheses around a text.
pub(super) fn enclosed(text: &str) -> Option<&str> {
    Some(text.trim().strip_prefix('(')?.strip_suffix(')')?.trim())
}

/// `name(a, b)`: the name, and the types where there are parentheses.
pub(super) fn signature(text: &str) -> (&str, Option<Vec<&str>>) {
    let mut quoted = false;
    let open = text.find(|c| {
        quoted ^= c == '"';
        c == '(' && !quoted
    });
    match open {
        None => (text.trim(), None),
        Some(at) => (text[..at].trim(), enclosed(&text[at..]).map(items)),
    }
}

/// Whether a name as a suite writes it is the one that the server prints: in quotes where it has to be, with its schema
/// unless that is `pg_catalog`. A name without its schema is looked up in `schema`, `public` and `extensions`.
pub(super) fn same_name(expected: &str, found: &str, schema: &str) -> bool {
    let (expected, found) = (ObjectName::parse(expected), ObjectName::parse(found));
    expected.name == found.name
        && match (&expected.schema, &found.schema) {
            (None, None) => true,
            (Some(expected), Some(found)) => expected == found,
            (Some(expected), None) => expected == "pg_catalog",
            (None, Some(found)) => [schema, "public", "extensions"].contains(&found.as_str()),
        }
}

/// The same of functions and operators; where the suite names no types, any will do.
pub(super) fn same_signature(
    expected: &str,
    found: &str,
    schema: &str,
    judge: &mut Judge<'_>,
) -> Verdict {
    let ((expected, wanted), (found, types)) = (signature(expected), signature(found));
    if !same_name(expected, found, schema) {
        return Verdict::Different;
    }
    let Some(wanted) = wanted else {
        return Verdict::Same;
    };
    let types = types.unwrap_or_default();
    if wanted.len() != types.len() {
        return Verdict::Different;
    }
    let both = wanted.iter().zip(&types);
    both.fold(Verdict::Same, |same, (a, b)| {
        same.and(judge.r#type(a, b, schema))
    })
}

/// Whether something that may not be there is as expected, where `none` says that it is not.
pub(super) fn same_or_none(
    expected: &str,
    found: Option<&str>,
    same: impl FnOnce(&str) -> bool,
) -> bool {
    match found {
        None => expected == "none",
        Some(found) => expected != "none" && same(found),
    }
}

/// A name as a suite has to write it.
pub(super) fn spelt(name: &str) -> String {
    match name.contains(['.', '"', '(']) || name.trim() != name {
        true => crate::sql::quote_ident(name),
        false => name.to_owned(),
    }
}

/// Gives a value that a short form says the place of the whole.
pub(super) fn place<T>(value: &mut Option<Located<T>>, span: &Range<usize>) {
    if let Some(value) = value
        && value.span().is_none()
    {
        value.span = span.clone();
    }
}

/// A value that a short form says.
pub(super) fn said<T>(value: T) -> Option<Located<T>> {
    Some(Located::left_out(value))
}

/// An expectation as a suite would write it, its keys in this order.
#[derive(Default)]
pub(super) struct Sheet(Map<String, Value>);

impl Sheet {
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// The name of something that may not be there.
    pub(super) fn or_none(self, key: &str, value: Option<&str>) -> Self {
        self.with(key, value.unwrap_or("none"))
    }

    /// What every kind ends with. No comment is one without text.
    pub(super) fn comment(self, comment: Option<&str>) -> Option<Value> {
        Some(Value::Object(
            self.with("comment", comment.unwrap_or_default()).0,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meaning::canon::Canon;

    #[test]
    fn a_line_is_cut_at_its_clauses() {
        let (head, clauses) = clauses(
            "varchar(9) NOT NULL default f('check', (1)) check (a and (not b))",
            &["not", "default", "check"],
        );
        assert_eq!(head, "varchar(9)");
        assert_eq!(
            clauses,
            [
                ("not", "NULL"),
                ("default", "f('check', (1))"),
                ("check", "(a and (not b))")
            ]
        );
        assert_eq!(
            items("a numeric(5, 2), \"b,\" text"),
            ["a numeric(5, 2)", "\"b,\" text"]
        );
        assert_eq!(items(" "), [""; 0]);
    }

    #[test]
    fn a_name_may_leave_out_its_schema_where_it_is_found_without() {
        for (expected, found) in [
            ("default", "\"default\""),
            ("simple", "simple"),
            ("pg_catalog.simple", "simple"),
            ("plain", "app.plain"),
            ("\"C\"", "\"C\""),
            ("Odd Name", "app.\"Odd Name\""),
            ("plain", "extensions.plain"),
        ] {
            assert!(same_name(expected, found, "app"), "{expected} {found}");
        }
        for (expected, found) in [
            ("simple", "english"),
            ("plain", "other.plain"),
            ("app.simple", "simple"),
            ("c", "\"C\""),
        ] {
            assert!(!same_name(expected, found, "app"), "{expected} {found}");
        }
        let canon = Canon::default();
        let same = |a, b| same_signature(a, b, "app", &mut Judge::new(&canon)) == Verdict::Same;
        assert!(same("f(int)", "app.f(integer)"));
        assert!(same("f", "app.f(integer)"));
        assert!(!same("f()", "app.f(integer)"));
        assert!(!same("f(text)", "app.f(integer)"));
    }
}
