//! A reference as FOREIGN KEY takes it.

use crate::meaning::tokens;
use crate::source::Located;

use super::super::foreign_key::{ForeignKeyExpectation, Initially, Long, Match};
use super::{cut, group, names};

/// Reads what a foreign key references: `users (id) on delete cascade`.
///
/// # Errors
/// A sentence that says what is not understood.
pub(in super::super) fn references(text: &str) -> Result<ForeignKeyExpectation, String> {
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
    let mut out = Long {
        table: Located::left_out(cut(text, &rest[..table_end])),
        ..Long::default()
    };
    if out.table.value.is_empty() {
        return Err(format!(
            "`{text}` names no table; write `users (id) on delete cascade`"
        ));
    }
    rest = &rest[table_end..];
    if rest.first().is_some_and(|t| t.is("(")) {
        let (columns, after) = names(text, rest)
            .ok_or_else(|| format!("`{text}`: a closing parenthesis is missing"))?;
        // `period valid_at`, since Postgres 18, is the column of that name.
        out.columns.value = columns;
        rest = after;
    }
    while !rest.is_empty() {
        let words: Vec<&str> = rest.iter().map(|t| t.text.as_str()).collect();
        let (slot, action, used) = match words.as_slice() {
            ["on", "delete", action @ ..] => (&mut out.on_delete, action, 2),
            ["on", "update", action @ ..] => (&mut out.on_update, action, 2),
            ["match", "full", ..] | ["match", "simple", ..] => {
                out.r#match.value = match words[1] {
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
        let end = used + length;
        // The columns of SET NULL and SET DEFAULT, where not all are set.
        let end = match group(&rest[end..]) {
            Some((columns, _)) if action.starts_with("set") => end + columns.len() + 2,
            _ => end,
        };
        slot.value = match end == used + length {
            true => action.to_owned(),
            false => format!("{action} {}", cut(text, &rest[used + length..end])),
        };
        rest = &rest[end..];
    }
    Ok(out.into())
}

/// Reads when the key is looked at, which ends a reference; false where that is not what the words say.
fn deferral(words: &[&str], out: &mut Long) -> bool {
    (out.deferrable.value, out.initially.value) = match words {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_as_in_sql() {
        let ForeignKeyExpectation(r) =
            references("references app.users (a, \"B\") on delete set null on update cascade")
                .unwrap();
        assert_eq!(r.table.value, "app.users");
        assert_eq!(r.columns.value, ["a", "B"]);
        assert_eq!(
            (r.on_delete.value.as_str(), r.on_update.value.as_str()),
            ("set null", "cascade")
        );
        let ForeignKeyExpectation(r) = references("users").unwrap();
        assert_eq!(
            (
                r.table.value.as_str(),
                r.columns.value.len(),
                r.on_delete.value.as_str()
            ),
            ("users", 0, "no action")
        );
        let ForeignKeyExpectation(r) =
            references("users (id) on delete set null (a, b) on update restrict").unwrap();
        assert_eq!(r.on_delete.value, "set null (a, b)");
        assert_eq!(r.on_update.value, "restrict");
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
            let ForeignKeyExpectation(r) = references(text).unwrap();
            assert_eq!(
                (r.deferrable.value, r.initially.value),
                (deferrable, initially),
                "{text}"
            );
            assert_eq!(
                r.r#match.value == Match::Full,
                text.contains("full"),
                "{text}"
            );
            assert_eq!(r.table.value, "users");
        }
    }
}
