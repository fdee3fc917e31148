//! A column as CREATE TABLE takes it.

use crate::meaning::{Class, Token, tokens};
use crate::source::Located;

use super::super::column::{ColumnExpectation, Long};
use super::cut;

/// Reads a column as CREATE TABLE takes it: `varchar(255) not null default 'x'`.
///
/// # Errors
/// A sentence that says what is not understood.
pub(in super::super) fn column(text: &str) -> Result<ColumnExpectation, String> {
    let tokens = tokens(text);
    let mut out = Long::default();
    let starts = clause_starts(&tokens);
    let type_end = starts.first().map_or(tokens.len(), |&(at, _)| at);
    let r#type = cut(text, &tokens[..type_end]);
    if r#type.is_empty() {
        return Err(format!(
            "`{text}` names no type; write a column as in CREATE TABLE: `text not null`"
        ));
    }
    out.r#type = said(r#type);
    let mut not_null = false;
    for (place, &(at, clause)) in starts.iter().enumerate() {
        let end = starts
            .get(place + 1)
            .map_or(tokens.len(), |&(next, _)| next);
        let body = &tokens[at..end];
        match clause {
            "not" | "null" => match body {
                [_] if clause == "null" => not_null = false,
                [_, null] if null.is("null") => not_null = true,
                [_, null, rest @ ..] if null.is("null") => return Err(unknown(text, rest)),
                [_, rest @ ..] if clause == "null" => return Err(unknown(text, rest)),
                _ => return Err(unknown(text, body)),
            },
            "default" => {
                if body.len() == 1 {
                    return Err(format!("`{text}`: `default` needs an expression"));
                }
                out.default = said(cut(text, &body[1..]));
            }
            "generated" => generated(text, body, &mut out)?,
            "collate" => {
                if body.len() == 1 {
                    return Err(format!("`{text}`: `collate` needs a name"));
                }
                if !matches!(body.len(), 2 | 4) {
                    return Err(unknown(text, &body[2..]));
                }
                out.collation = said(cut(text, &body[1..]));
            }
            _ => return Err(unknown(text, body)),
        }
    }
    if let Some(token) = tokens[..type_end].iter().find(|t| t.class == Class::String) {
        return Err(format!(
            "`{text}`: {} is no part of a type; is `default` missing?",
            token.text
        ));
    }
    out.not_null = Some(Located::left_out(not_null));
    Ok(out.into())
}

fn said(text: impl Into<String>) -> Option<Located<String>> {
    Some(Located::left_out(text.into()))
}

/// Where `not null`, `null`, `default`, `generated` and unsupported clauses start, outside parentheses.
fn clause_starts(tokens: &[Token]) -> Vec<(usize, &'static str)> {
    const CLAUSES: [&str; 10] = [
        "not",
        "null",
        "default",
        "generated",
        "primary",
        "unique",
        "references",
        "check",
        "collate",
        "constraint",
    ];
    let mut out: Vec<(usize, &'static str)> = Vec::new();
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" if token.class == Class::Punctuation => depth += 1,
            ")" | "]" if token.class == Class::Punctuation => depth -= 1,
            word if depth == 0 && token.class == Class::Word => {
                let Some(clause) = CLAUSES.iter().find(|c| **c == word) else {
                    continue;
                };
                let in_not_null = *clause == "null" && at > 0 && tokens[at - 1].is("not");
                // `default null`, and the `not` and `null` of `default (x is not null)` without parentheses.
                let in_default = out
                    .last()
                    .is_some_and(|&(start, c)| c == "default" && at == start + 1);
                let by_default = *clause == "default" && at > 0 && tokens[at - 1].is("by");
                if !in_not_null && !in_default && !by_default {
                    out.push((at, clause));
                }
            }
            _ => {}
        }
    }
    out
}

fn generated(text: &str, body: &[Token], out: &mut Long) -> Result<(), String> {
    let words: Vec<&str> = body.iter().map(|t| t.text.as_str()).collect();
    match words.as_slice() {
        ["generated", "always", "as", "identity"] => out.identity = said("always"),
        ["generated", "by", "default", "as", "identity"] => {
            out.identity = said("by default");
        }
        [
            "generated",
            "always",
            "as",
            "(",
            ..,
            ")",
            kind @ ("stored" | "virtual"),
        ] => {
            out.generated = said(cut(text, &body[4..body.len() - 2]));
            out.generated_kind = said(*kind);
        }
        // As in SQL since Postgres 18.
        ["generated", "always", "as", "(", .., ")"] => {
            out.generated = said(cut(text, &body[4..body.len() - 1]));
            out.generated_kind = said("virtual");
        }
        _ => return Err(unknown(text, body)),
    }
    Ok(())
}

fn unknown(text: &str, rest: &[Token]) -> String {
    format!(
        "`{text}`: `{}` is not understood here; a column takes a type, `not null`, `default …`, `generated …`, `collate …`",
        cut(text, rest)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::text;

    #[test]
    fn a_column_reads_as_in_create_table() {
        let ColumnExpectation(c) = column("varchar(255) not null default 'a not null b'").unwrap();
        assert_eq!(text(&c.r#type), Some("varchar(255)"));
        assert!(c.not_null.as_ref().is_some_and(|n| n.value));
        assert_eq!(text(&c.default), Some("'a not null b'"));

        let ColumnExpectation(c) =
            column("timestamp with time zone default timezone('utc', now()) not null").unwrap();
        assert_eq!(text(&c.r#type), Some("timestamp with time zone"));
        assert_eq!(text(&c.default), Some("timezone('utc', now())"));
        assert!(c.not_null.as_ref().is_some_and(|n| n.value));

        let ColumnExpectation(c) = column("text default null").unwrap();
        assert_eq!(text(&c.default), Some("null"));
        assert!(!c.not_null.unwrap().value);

        let ColumnExpectation(c) = column("bigint generated by default as identity").unwrap();
        assert_eq!(text(&c.identity), Some("by default"));
        assert!(c.not_null.as_ref().is_some_and(|n| n.value));

        let ColumnExpectation(c) =
            column("text[] generated always as (string_to_array(name, '/')) stored").unwrap();
        assert_eq!(text(&c.r#type), Some("text[]"));
        assert_eq!(text(&c.generated), Some("string_to_array(name, '/')"));
        assert_eq!(text(&c.generated_kind), Some("stored"));

        let ColumnExpectation(c) = column("text collate app.\"C\" not null default 'x'").unwrap();
        assert_eq!(
            (text(&c.r#type), text(&c.collation)),
            (Some("text"), Some("app.\"C\""))
        );
        assert!(c.default.is_some() && c.not_null.unwrap().value);
    }

    #[test]
    fn what_a_column_does_not_take_is_refused_by_name() {
        for (text, says) in [
            ("", "names no type"),
            ("not null", "names no type"),
            ("text default", "needs an expression"),
            (
                "text not null primary key",
                "`primary key` is not understood",
            ),
            ("text not nul", "`not nul` is not understood"),
            ("text 'x'", "is `default` missing"),
            ("text collate", "needs a name"),
            ("text collate \"C\" x", "`x` is not understood"),
        ] {
            let error = column(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
