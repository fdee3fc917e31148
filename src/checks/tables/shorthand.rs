//! Lines of YAML that read like SQL.

use crate::meaning::{Class, Token, tokens};

use super::foreign_key::{Initially, Match};
use super::{ColumnExpectation, ForeignKeyExpectation};

/// Reads a column as CREATE TABLE takes it: `varchar(255) not null default 'x'`.
///
/// # Errors
/// A sentence that says what is not understood.
pub(super) fn column(text: &str) -> Result<ColumnExpectation, String> {
    let tokens = tokens(text);
    let mut out = ColumnExpectation::default();
    let starts = clause_starts(&tokens);
    let type_end = starts.first().map_or(tokens.len(), |&(at, _)| at);
    out.r#type = cut(text, &tokens[..type_end]);
    if out.r#type.is_empty() {
        return Err(format!(
            "`{text}` names no type; write a column as in CREATE TABLE: `text not null`"
        ));
    }
    for (place, &(at, clause)) in starts.iter().enumerate() {
        let end = starts
            .get(place + 1)
            .map_or(tokens.len(), |&(next, _)| next);
        let body = &tokens[at..end];
        match clause {
            "not" | "null" => match body {
                [_] if clause == "null" => out.not_null = false,
                [_, null] if null.is("null") => out.not_null = true,
                [_, null, rest @ ..] if null.is("null") => return Err(unknown(text, rest)),
                [_, rest @ ..] if clause == "null" => return Err(unknown(text, rest)),
                _ => return Err(unknown(text, body)),
            },
            "default" => {
                if body.len() == 1 {
                    return Err(format!("`{text}`: `default` needs an expression"));
                }
                out.default = Some(cut(text, &body[1..]));
            }
            "generated" => generated(text, body, &mut out)?,
            _ => return Err(unknown(text, body)),
        }
    }
    if let Some(token) = tokens[..type_end].iter().find(|t| t.class == Class::String) {
        return Err(format!(
            "`{text}`: {} is no part of a type; is `default` missing?",
            token.text
        ));
    }
    Ok(out)
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

fn generated(text: &str, body: &[Token], out: &mut ColumnExpectation) -> Result<(), String> {
    let words: Vec<&str> = body.iter().map(|t| t.text.as_str()).collect();
    match words.as_slice() {
        ["generated", "always", "as", "identity"] => out.identity = Some("always".to_owned()),
        ["generated", "by", "default", "as", "identity"] => {
            out.identity = Some("by default".to_owned())
        }
        [
            "generated",
            "always",
            "as",
            "(",
            ..,
            ")",
            "stored" | "virtual",
        ] => {
            out.generated = Some(cut(text, &body[4..body.len() - 2]));
        }
        _ => return Err(unknown(text, body)),
    }
    // An identity column is NOT NULL without saying so.
    out.not_null |= out.identity.is_some();
    Ok(())
}

fn unknown(text: &str, rest: &[Token]) -> String {
    format!(
        "`{text}`: `{}` is not understood here; a column takes a type, `not null`, `default …`, `generated …`",
        cut(text, rest)
    )
}

/// Reads what a foreign key references: `users (id) on delete cascade`.
///
/// # Errors
/// A sentence that says what is not understood.
pub(super) fn references(text: &str) -> Result<ForeignKeyExpectation, String> {
    let all = tokens(text);
    let mut rest = all.as_slice();
    if rest.first().is_some_and(|t| t.is("references")) {
        rest = &rest[1..];
    }
    let table_end = rest
        .iter()
        .position(|t| {
            ["(", "on", "match", "not", "deferrable", "initially"]
                .iter()
                .any(|word| t.is(word))
        })
        .unwrap_or(rest.len());
    let mut out = ForeignKeyExpectation {
        table: cut(text, &rest[..table_end]),
        columns: Vec::new(),
        on_delete: "no action".to_owned(),
        on_update: "no action".to_owned(),
        deferrable: false,
        initially: Initially::default(),
        r#match: Match::default(),
    };
    if out.table.is_empty() {
        return Err(format!(
            "`{text}` names no table; write `users (id) on delete cascade`"
        ));
    }
    rest = &rest[table_end..];
    if rest.first().is_some_and(|t| t.is("(")) {
        let close = rest
            .iter()
            .position(|t| t.is(")"))
            .ok_or_else(|| format!("`{text}`: a closing parenthesis is missing"))?;
        out.columns = rest[1..close]
            .split(|t| t.is(","))
            .map(|column| cut(text, column).trim_matches('"').to_owned())
            .collect();
        rest = &rest[close + 1..];
    }
    while !rest.is_empty() {
        let words: Vec<&str> = rest.iter().map(|t| t.text.as_str()).collect();
        let (slot, action, used) = match words.as_slice() {
            ["on", "delete", action @ ..] => (&mut out.on_delete, action, 2),
            ["on", "update", action @ ..] => (&mut out.on_update, action, 2),
            ["match", "full", ..] | ["match", "simple", ..] => {
                out.r#match = match words[1] {
                    "full" => Match::Full,
                    _ => Match::Simple,
                };
                rest = &rest[2..];
                continue;
            }
            // DEFERRABLE and its like come last.
            ["match", ..] => {
                return Err(format!("`{text}`: `match` is one of simple, full"));
            }
            last if deferral(last, &mut out) => break,
            _ => {
                return Err(format!(
                    "`{text}`: `{}` is not understood here; a reference takes `on delete …`, `on update …`, `match …`, \
                     `deferrable [initially deferred]`",
                    cut(text, rest)
                ));
            }
        };
        let (action, length) = match action {
            ["no", "action", ..] => ("no action", 2),
            ["set", "null", ..] => ("set null", 2),
            ["set", "default", ..] => ("set default", 2),
            ["cascade", ..] => ("cascade", 1),
            ["restrict", ..] => ("restrict", 1),
            _ => {
                return Err(format!(
                    "`{text}`: an action is one of no action, restrict, cascade, set null, set default"
                ));
            }
        };
        action.clone_into(slot);
        rest = &rest[used + length..];
    }
    Ok(out)
}

/// Reads when the key is looked at, which ends a reference; false where that is not what the words say.
fn deferral(words: &[&str], out: &mut ForeignKeyExpectation) -> bool {
    (out.deferrable, out.initially) = match words {
        ["not", "deferrable"]
        | ["not", "deferrable", "initially", "immediate"]
        | ["initially", "immediate"] => (false, Initially::Immediate),
        ["deferrable"] | ["deferrable", "initially", "immediate"] => (true, Initially::Immediate),
        ["deferrable", "initially", "deferred"] | ["initially", "deferred"] => {
            (true, Initially::Deferred)
        }
        _ => return false,
    };
    true
}

/// The text from the first to the last of these tokens.
fn cut(text: &str, tokens: &[Token]) -> String {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => text[first.start..last.end].to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_reads_as_in_create_table() {
        let c = column("varchar(255) not null default 'a not null b'").unwrap();
        assert_eq!(c.r#type, "varchar(255)");
        assert!(c.not_null);
        assert_eq!(c.default.as_deref(), Some("'a not null b'"));

        let c = column("timestamp with time zone default timezone('utc', now()) not null").unwrap();
        assert_eq!(c.r#type, "timestamp with time zone");
        assert_eq!(c.default.as_deref(), Some("timezone('utc', now())"));
        assert!(c.not_null);

        let c = column("text default null").unwrap();
        assert_eq!(c.default.as_deref(), Some("null"));
        assert!(!c.not_null);

        let c = column("bigint generated by default as identity").unwrap();
        assert_eq!(c.identity.as_deref(), Some("by default"));
        assert!(c.not_null);

        let c = column("text[] generated always as (string_to_array(name, '/')) stored").unwrap();
        assert_eq!(c.r#type, "text[]");
        assert_eq!(c.generated.as_deref(), Some("string_to_array(name, '/')"));
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
        ] {
            let error = column(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_reference_reads_as_in_sql() {
        let r = references("references app.users (a, \"B\") on delete set null on update cascade")
            .unwrap();
        assert_eq!(r.table, "app.users");
        assert_eq!(r.columns, ["a", "B"]);
        assert_eq!(
            (r.on_delete.as_str(), r.on_update.as_str()),
            ("set null", "cascade")
        );
        let r = references("users").unwrap();
        assert_eq!(
            (r.table.as_str(), r.columns.len(), r.on_delete.as_str()),
            ("users", 0, "no action")
        );
        assert!(
            references("users (id) on delete explode")
                .unwrap_err()
                .contains("one of")
        );
        for (text, says) in [
            ("users (id) match partial", "one of simple, full"),
            (
                "users (id) deferrable on delete cascade",
                "`deferrable on delete cascade` is not understood",
            ),
            ("users (id) deferrable initially later", "not understood"),
            ("users (id) not valid", "`not valid` is not understood"),
        ] {
            let error = references(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_reference_says_when_it_is_looked_at() {
        for (text, deferrable, initially) in [
            ("users", false, Initially::Immediate),
            ("users not deferrable", false, Initially::Immediate),
            ("users (id) deferrable", true, Initially::Immediate),
            ("users (id) initially deferred", true, Initially::Deferred),
            (
                "users (id) match full on delete cascade deferrable initially deferred",
                true,
                Initially::Deferred,
            ),
        ] {
            let r = references(text).unwrap();
            assert_eq!(
                (r.deferrable, r.initially),
                (deferrable, initially),
                "{text}"
            );
            assert_eq!(r.r#match == Match::Full, text.contains("full"), "{text}");
            assert_eq!(r.table, "users");
        }
    }
}
