//! A constraint as ALTER TABLE … ADD CONSTRAINT takes it.

use crate::catalog::ConstraintKind;
use crate::meaning::{Token, tokens};
use crate::source::Located;

use super::super::constraints::{Exclusion, Key, KeyExpectation, Wanted};
use super::super::foreign_key::Initially;
use super::{cut, group, names, references, starts, unquoted};

/// What may stand at the end of a constraint.
#[derive(Default)]
struct Tail {
    deferrable: bool,
    deferred: bool,
    no_inherit: bool,
    not_valid: bool,
    not_enforced: bool,
}

/// Takes the attributes off the end.
fn tail(mut tokens: &[Token]) -> (&[Token], Tail) {
    let mut tail = Tail::default();
    loop {
        let ends = |words: &[&str]| {
            let start = tokens.len().checked_sub(words.len());
            start.is_some_and(|start| starts(&tokens[start..], words))
        };
        let length = if ends(&["not", "valid"]) {
            tail.not_valid = true;
            2
        } else if ends(&["not", "enforced"]) {
            tail.not_enforced = true;
            2
        } else if ends(&["no", "inherit"]) {
            tail.no_inherit = true;
            2
        } else if ends(&["initially", "deferred"]) {
            (tail.deferrable, tail.deferred) = (true, true);
            2
        } else if ends(&["initially", "immediate"]) || ends(&["not", "deferrable"]) {
            2
        } else if ends(&["deferrable"]) {
            tail.deferrable = true;
            1
        } else if ends(&["enforced"]) {
            1
        } else {
            return (tokens, tail);
        };
        tokens = &tokens[..tokens.len() - length];
    }
}

/// Reads a constraint: `check (total >= 0) no inherit`, `unique (a, b)`, `exclude using gist (during with &&)`.
///
/// # Errors
/// A sentence that says what is not understood.
pub(in super::super) fn constraint(text: &str) -> Result<Wanted, String> {
    let all = tokens(text);
    let (body, tail) = tail(&all);
    let deferral = |wanted: &mut Wanted| {
        wanted.deferrable = said(tail.deferrable);
        wanted.initially = said(match tail.deferred {
            true => Initially::Deferred,
            false => Initially::Immediate,
        });
    };
    let mut out = Wanted {
        valid: said(!tail.not_valid),
        enforced: said(!tail.not_enforced),
        ..Wanted::default()
    };
    let known = if starts(body, &["check"]) {
        out.kind = Some(ConstraintKind::Check);
        out.no_inherit = said(tail.no_inherit);
        match group(&body[1..]) {
            Some((inner, [])) => out.expression = said(cut(text, inner)),
            _ => return Err(unknown(text, &body[1..])),
        }
        !tail.deferrable
    } else if starts(body, &["primary", "key"]) || starts(body, &["unique"]) {
        let primary = body[0].is("primary");
        let (key, temporal) = key_of(text, &body[1 + usize::from(primary)..])?;
        out.kind = Some(match primary {
            true => ConstraintKind::Primary,
            false => ConstraintKind::Unique,
        });
        (out.columns, out.temporal) = (Some(key.columns.value), temporal);
        (out.include, out.nulls_not_distinct) = (key.include, key.nulls_not_distinct);
        deferral(&mut out);
        !tail.no_inherit
    } else if starts(body, &["foreign", "key"]) {
        out.kind = Some(ConstraintKind::Foreign);
        let Some((columns, rest)) = names(text, &body[2..]) else {
            return Err(unknown(text, &body[2..]));
        };
        if !rest.first().is_some_and(|t| t.is("references")) {
            return Err(unknown(text, rest));
        }
        let reference = match (tail.deferrable, tail.deferred) {
            (_, true) => format!("{} initially deferred", cut(text, rest)),
            (true, false) => format!("{} deferrable", cut(text, rest)),
            (false, false) => cut(text, rest),
        };
        out.references = Some(references(&reference)?);
        let temporal = |name: &String| name.to_lowercase().starts_with("period ");
        out.temporal = columns.iter().any(temporal);
        let without = |name: String| match temporal(&name) {
            true => unquoted(name["period ".len()..].trim().to_owned()),
            false => name,
        };
        out.columns = Some(columns.into_iter().map(without).collect());
        !tail.no_inherit
    } else if starts(body, &["exclude"]) {
        out.kind = Some(ConstraintKind::Exclusion);
        let (exclusion, include) = exclusion(text, &body[1..])?;
        (out.exclusion, out.include) = (Some(exclusion), said(include));
        deferral(&mut out);
        !tail.no_inherit
    } else if starts(body, &["not", "null"]) {
        out.kind = Some(ConstraintKind::NotNull);
        out.no_inherit = said(tail.no_inherit);
        let [column] = &body[2..] else {
            return Err(unknown(text, &body[2..]));
        };
        out.columns = Some(vec![unquoted(cut(text, std::slice::from_ref(column)))]);
        !tail.deferrable
    } else {
        return Err(format!(
            "`{text}` is no constraint: write `check (…)`, `unique (…)`, `primary key (…)`, `foreign key (…) references …`, \
             `exclude …` or `not null …`"
        ));
    };
    match known {
        true => Ok(out),
        false => Err(unknown(text, &all[body.len()..])),
    }
}

/// Reads a key without its first words: `(id) include (name) deferrable`.
///
/// # Errors
/// A sentence that says what is not understood.
pub(in super::super) fn key(text: &str) -> Result<KeyExpectation, String> {
    let all = tokens(text);
    let (body, tail) = tail(&all);
    if tail.no_inherit || tail.not_valid || tail.not_enforced {
        return Err(unknown(text, &all[body.len()..]));
    }
    let (mut key, _) = key_of(text, body)?;
    key.deferrable = said(tail.deferrable);
    key.initially = said(match tail.deferred {
        true => Initially::Deferred,
        false => Initially::Immediate,
    });
    Ok(KeyExpectation(key))
}

/// `nulls not distinct (a, b without overlaps) include (c)`, and whether it is without overlaps.
fn key_of(text: &str, tokens: &[Token]) -> Result<(Key, bool), String> {
    let (nulls, tokens) = if starts(tokens, &["nulls", "not", "distinct"]) {
        (true, &tokens[3..])
    } else if starts(tokens, &["nulls", "distinct"]) {
        (false, &tokens[2..])
    } else {
        (false, tokens)
    };
    let Some((mut columns, rest)) = names(text, tokens) else {
        return Err(unknown(text, tokens));
    };
    let last = columns.last_mut();
    let temporal = last.is_some_and(|last| {
        let start = last.len().checked_sub(" without overlaps".len());
        match start.and_then(|at| Some((at, last.get(at..)?))) {
            Some((at, end)) if end.eq_ignore_ascii_case(" without overlaps") => {
                *last = unquoted(last[..at].trim_end().to_owned());
                true
            }
            _ => false,
        }
    });
    let (include, rest) = include(text, rest)?;
    if !rest.is_empty() {
        return Err(unknown(text, rest));
    }
    let key = Key {
        columns: Located::left_out(columns),
        include: said(include),
        nulls_not_distinct: said(nulls),
        ..Key::default()
    };
    Ok((key, temporal))
}

fn include<'a>(text: &str, tokens: &'a [Token]) -> Result<(Vec<String>, &'a [Token]), String> {
    match starts(tokens, &["include"]) {
        false => Ok((Vec::new(), tokens)),
        true => names(text, &tokens[1..]).ok_or_else(|| unknown(text, tokens)),
    }
}

/// `using gist (during with &&) include (id) where (room > 0)`.
fn exclusion(text: &str, tokens: &[Token]) -> Result<(Exclusion, Vec<String>), String> {
    let (method, tokens) = match tokens {
        [using, method, rest @ ..] if using.is("using") => (method.text.clone(), rest),
        _ => ("btree".to_owned(), tokens),
    };
    let (inner, rest) = group(tokens).ok_or_else(|| unknown(text, tokens))?;
    let mut elements = Vec::new();
    for element in parts(inner) {
        let at = element.iter().rposition(|t| t.is("with"));
        let Some(at) = at.filter(|&at| at > 0 && at + 1 < element.len()) else {
            return Err(format!(
                "`{text}`: `{}` names no operator; write `during with &&`",
                cut(text, element)
            ));
        };
        elements.push((cut(text, &element[..at]), cut(text, &element[at + 1..])));
    }
    let (include, rest) = include(text, rest)?;
    let predicate = match rest {
        [] => None,
        [word, rest @ ..] if word.is("where") => match group(rest) {
            Some((inner, [])) => Some(cut(text, inner)),
            _ => return Err(unknown(text, rest)),
        },
        rest => return Err(unknown(text, rest)),
    };
    let exclusion = Exclusion {
        method,
        elements,
        predicate,
    };
    Ok((exclusion, include))
}

/// What commas part, outside parentheses.
fn parts(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut depth, mut start, mut out) = (0, 0, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth -= 1;
        } else if token.is(",") && depth == 0 {
            out.push(&tokens[start..at]);
            start = at + 1;
        }
    }
    out.push(&tokens[start..]);
    out
}

fn said<T>(value: T) -> Option<Located<T>> {
    Some(Located::left_out(value))
}

fn unknown(text: &str, rest: &[Token]) -> String {
    match cut(text, rest) {
        rest if rest.is_empty() => format!("`{text}` is not a whole constraint"),
        rest => format!("`{text}`: `{rest}` is not understood here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_reads_as_in_sql() {
        let c = constraint("CHECK ((price >= (0)::numeric)) NO INHERIT NOT VALID").unwrap();
        assert_eq!(c.kind, Some(ConstraintKind::Check));
        assert_eq!(c.expression.unwrap().value, "(price >= (0)::numeric)");
        assert!(c.no_inherit.unwrap().value && !c.valid.unwrap().value);

        let c = constraint("unique nulls not distinct (a, \"B.c\") include (d)").unwrap();
        assert_eq!(c.columns.unwrap(), ["a", "B.c"]);
        assert_eq!(c.include.unwrap().value, ["d"]);
        assert!(c.nulls_not_distinct.unwrap().value && !c.deferrable.unwrap().value);

        let c = constraint("primary key (id, at without overlaps) deferrable").unwrap();
        assert_eq!(c.columns.unwrap(), ["id", "at"]);
        assert!(c.temporal && c.deferrable.unwrap().value);

        let c = constraint(
            "foreign key (a) references b (id) on delete set null (a) initially deferred not valid",
        )
        .unwrap();
        let reference = c.references.unwrap().0;
        assert_eq!(reference.on_delete.value, "set null (a)");
        assert_eq!(reference.initially.value, Initially::Deferred);

        let c = constraint("exclude using gist (lower(a) with =, during with &&) where (room > 0)")
            .unwrap();
        let exclusion = c.exclusion.unwrap();
        assert_eq!(exclusion.method, "gist");
        assert_eq!(
            exclusion.elements[0],
            ("lower(a)".to_owned(), "=".to_owned())
        );
        assert_eq!(exclusion.predicate.as_deref(), Some("room > 0"));

        let c = constraint("not null \"Id\" no inherit").unwrap();
        assert_eq!(c.columns.unwrap(), ["Id"]);
    }

    #[test]
    fn what_is_no_constraint_is_refused_by_name() {
        for (text, says) in [
            ("total >= 0", "is no constraint"),
            ("check total >= 0", "`total >= 0` is not understood"),
            ("check (a) deferrable", "`deferrable` is not understood"),
            ("unique (a) no inherit", "`no inherit` is not understood"),
            ("unique", "not a whole constraint"),
            ("primary key (a", "`(a` is not understood"),
            ("foreign key (a) b (id)", "`b (id)` is not understood"),
            ("exclude (a)", "names no operator"),
            ("not null", "not a whole constraint"),
        ] {
            let error = constraint(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
