//! Parameters of a function, as CREATE FUNCTION takes them.

use crate::meaning::{self, Names, Token, tokens};

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
        Some((name, &self.rest[next.start..]))
    }

    fn is(&self, found: &Self, names: &Names<'_>, schema: &str) -> bool {
        // A first word may be the name or belong to the type; both are read in the same way.
        let same_type = meaning::same_type(self.rest, found.rest, schema)
            || matches!((self.named(), found.named()), (Some((a, a_type)), Some((b, b_type)))
                if a.text == b.text && meaning::same_type(a_type, b_type, schema));
        let result = found.named().map_or(found.rest, |(_, of)| of);
        self.mode == found.mode
            && same_type
            && meaning::same_default(self.default, found.default, &names.giving(result))
            // Without any default the argument has to be given.
            && self.default.is_some() == found.default.is_some()
    }
}

/// Whether two lists of parameters have the same names, modes, types and defaults in the same order.
pub(super) fn same(expected: &str, found: &str, names: &Names<'_>, schema: &str) -> bool {
    let (expected, found) = (split_arguments(expected), split_arguments(found));
    expected.len() == found.len()
        && expected.iter().zip(&found).all(|(expected, found)| {
            Parameter::parse(expected).is(&Parameter::parse(found), names, schema)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(expected: &str, found: &str) -> bool {
        same(expected, found, &Names::default(), "public")
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
