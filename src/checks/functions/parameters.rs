//! Parameters of a function, as CREATE FUNCTION takes them.

use crate::meaning::canon::Verdict;
use crate::meaning::{self, Class, Names, Token, tokens};

use super::super::judge::Judge;
use super::signature::split_arguments;

/// One parameter, without its default.
struct Parameter<'a> {
    mode: &'static str,
    /// The name, where it has one, and the type.
    rest: &'a str,
    default: Option<&'a str>,
}

impl<'a> Parameter<'a> {
    fn parse(text: &'a str) -> Self {
        let all = tokens(text);
        let starts_default = |t: &Token| t.is("default") || t.is("=") || t.is(":=");
        let (head, default) = match all.iter().position(starts_default) {
            Some(at) => (&all[..at], Some(text[all[at].end..].trim())),
            None => (&all[..], None),
        };
        let mode = head.first().map_or("", |t| t.text.as_str());
        let (mode, words) = match mode {
            "in" => ("", 1),
            "out" => ("out", 1),
            "inout" => ("inout", 1),
            "variadic" => ("variadic", 1),
            _ => ("", 0),
        };
        let rest = match head.get(words..) {
            Some([first, .., last]) => &text[first.start..last.end],
            Some([one]) => &text[one.start..one.end],
            _ => "",
        };
        Self {
            mode,
            rest,
            default,
        }
    }

    /// The name and the type, as far as a first word is a name.
    fn named(&self) -> Option<(Token, &'a str)> {
        let mut all = tokens(self.rest).into_iter();
        let (name, next) = (all.next()?, all.next()?);
        // `app.mood`, `mood[]`
        let is_type = name.class != Class::Word || next.class != Class::Word;
        (!is_type).then(|| (name, &self.rest[next.start..]))
    }

    fn is(&self, found: &Self, names: &Names<'_>, schema: &str, judge: &mut Judge<'_>) -> Verdict {
        // Without any default the argument has to be given.
        if self.mode != found.mode || self.default.is_some() != found.default.is_some() {
            return Verdict::Different;
        }
        let result = found.named().map_or(found.rest, |(_, of)| of);
        self.is_called(found, schema, judge).and(judge.default(
            self.default,
            found.default,
            &names.giving(result),
        ))
    }

    /// Whether the names and the types are the same. A first word may be the name or belong to the type.
    fn is_called(&self, found: &Self, schema: &str, judge: &mut Judge<'_>) -> Verdict {
        if meaning::surely_same_type(self.rest, found.rest, schema) {
            return Verdict::Same;
        }
        match (self.named(), found.named()) {
            (Some((a, a_type)), Some((b, b_type))) if a.text == b.text => {
                judge.r#type(a_type, b_type, schema)
            }
            (None, None) => judge.r#type(self.rest, found.rest, schema),
            // Types of several words, without names.
            _ => meaning::same_type(self.rest, found.rest, schema).into(),
        }
    }
}

/// Whether two lists of parameters have the same names, modes, types and defaults in the same order.
pub(super) fn same(
    expected: &str,
    found: &str,
    names: &Names<'_>,
    schema: &str,
    judge: &mut Judge<'_>,
) -> Verdict {
    let (expected, found) = (split_arguments(expected), split_arguments(found));
    if expected.len() != found.len() {
        return Verdict::Different;
    }
    let mut both = expected.iter().zip(&found);
    both.try_fold(Verdict::Same, |same, (expected, found)| {
        let (expected, found) = (Parameter::parse(expected), Parameter::parse(found));
        match same.and(expected.is(&found, names, schema, judge)) {
            Verdict::Different => None,
            same => Some(same),
        }
    })
    .unwrap_or(Verdict::Different)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meaning::canon::Canon;

    fn is(expected: &str, found: &str) -> bool {
        let canon = Canon::default();
        let mut judge = Judge::new(&canon);
        same(expected, found, &Names::default(), "public", &mut judge) == Verdict::Same
    }

    #[test]
    fn parameters_compare_by_meaning() {
        for (expected, found) in [
            ("a int, b int = 1", "a integer, b integer DEFAULT 1"),
            ("in a int, out b text", "a integer, OUT b text"),
            (
                "float8, double precision",
                "double precision, double precision",
            ),
            ("a varchar", "a character varying"),
            ("d text = 'a, b'", "d text DEFAULT 'a, b'::text"),
            ("variadic v text[]", "VARIADIC v text[]"),
            ("", ""),
        ] {
            assert!(is(expected, found), "{expected} | {found}");
        }
        for (expected, found) in [
            ("a int", "b integer"),
            ("a int", "a bigint"),
            ("int", "a integer"),
            ("a int", "integer"),
            ("a int", "INOUT a integer"),
            ("a int = 1", "a integer DEFAULT 2"),
            ("a int = 1", "a integer"),
            ("a int = null", "a integer"),
            ("a int, b int", "a integer"),
            ("d text = 'a, b'", "d text DEFAULT 'a,b'::text"),
        ] {
            assert!(!is(expected, found), "{expected} | {found}");
        }
    }
}
