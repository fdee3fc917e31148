//! What a function returns: a type, `setof` one, or `table (…)`.

use crate::meaning::canon::Verdict;
use crate::meaning::tokens;

use super::super::judge::Judge;
use super::signature::split_arguments;

enum Returns<'a> {
    One(&'a str),
    Set(&'a str),
    /// Columns, each with its type.
    Table(Vec<(String, &'a str)>),
}

impl<'a> Returns<'a> {
    fn parse(text: &'a str) -> Self {
        match tokens(text).as_slice() {
            [set, ..] if set.is("setof") => Self::Set(text[set.end..].trim()),
            [table, open, .., close] if table.is("table") && open.is("(") && close.is(")") => {
                let columns = split_arguments(&text[open.end..close.start]);
                Self::Table(columns.into_iter().map(column).collect())
            }
            _ => Self::One(text),
        }
    }
}

fn column(text: &str) -> (String, &str) {
    match tokens(text).first() {
        Some(name) => (name.text.clone(), text[name.end..].trim()),
        None => (String::new(), text),
    }
}

/// Whether a function returns what is expected; a procedure without OUT parameters returns nothing.
pub(super) fn same(
    expected: &str,
    found: Option<&str>,
    schema: &str,
    judge: &mut Judge<'_>,
) -> Verdict {
    let Some(found) = found else {
        return (expected == NOTHING).into();
    };
    match (Returns::parse(expected), Returns::parse(found)) {
        (Returns::One(a), Returns::One(b)) | (Returns::Set(a), Returns::Set(b)) => {
            judge.r#type(a, b, schema)
        }
        (Returns::Table(a), Returns::Table(b)) => {
            let names = |columns: &[(String, &str)]| -> Vec<String> {
                columns.iter().map(|(name, _)| name.clone()).collect()
            };
            if names(&a) != names(&b) {
                return Verdict::Different;
            }
            let both = a.iter().zip(&b);
            both.fold(Verdict::Same, |same, ((_, a), (_, b))| {
                same.and(judge.r#type(a, b, schema))
            })
        }
        _ => Verdict::Different,
    }
}

/// How the result of a procedure reads.
pub(super) const NOTHING: &str = "nothing";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meaning::canon::Canon;

    #[test]
    fn results_compare_type_by_type() {
        let canon = Canon::default();
        let is = |a, b| same(a, b, "public", &mut Judge::new(&canon)) == Verdict::Same;
        for (expected, found) in [
            ("int", Some("integer")),
            ("setof int", Some("SETOF integer")),
            (
                "table(a int, \"B\" varchar)",
                Some("TABLE(a integer, \"B\" character varying)"),
            ),
            ("TABLE ( a numeric )", Some("TABLE(a numeric)")),
            ("nothing", None),
        ] {
            assert!(is(expected, found), "{expected} {found:?}");
        }
        for (expected, found) in [
            ("int", Some("SETOF integer")),
            ("int", None),
            ("void", None),
            ("nothing", Some("void")),
            ("table(b int)", Some("TABLE(a integer)")),
            ("table(a int)", Some("TABLE(a integer, b integer)")),
            ("table(aint)", Some("TABLE(a int)")),
            ("table(a int)", Some("SETOF record")),
        ] {
            assert!(!is(expected, found), "{expected} {found:?}");
        }
    }
}
