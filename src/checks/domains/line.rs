//! What follows CREATE DOMAIN.

use crate::source::Located;

use super::super::language::Others;
use super::super::line::{clauses, said};
use super::{Check, DomainExpectation};

/// Reads what follows CREATE DOMAIN … AS.
pub(super) fn line(text: &str) -> Result<DomainExpectation, String> {
    const WORDS: [&str; 6] = ["collate", "not", "null", "default", "constraint", "check"];
    let (head, clauses) = clauses(text, &WORDS);
    if head.is_empty() {
        return Err(format!(
            "`{text}` names no type; write a domain as in CREATE DOMAIN: `text check (value <> '')`"
        ));
    }
    let mut out = DomainExpectation::default();
    let long = &mut out.long;
    long.r#type = said(head.to_owned());
    long.collation = said("none".to_owned());
    long.not_null = said(false);
    long.default = said("none".to_owned());
    long.other_checks = said(Others::Refused);
    let (mut name, mut before) = (None, "");
    for (word, body) in clauses {
        match (before, word, body) {
            // `default null` and `not null` are two clauses each.
            ("not", "null", "") => long.not_null = said(true),
            ("default", "null", "") | (_, "not", "") => {}
            (_, "null", "") => long.not_null = said(false),
            (_, "collate", collation) => long.collation = said(collation.to_owned()),
            (_, "default", "") => {}
            (_, "default", expression) => long.default = said(expression.to_owned()),
            (_, "constraint", called) => name = Some(called.to_owned()),
            (_, "check", body) if body.starts_with('(') && body.ends_with(')') => {
                let expression = Located::left_out(body.to_owned());
                match name.take() {
                    None => out.unnamed.push(expression),
                    Some(called) => long.checks.0.push((
                        Located::from(called),
                        Located::left_out(Check {
                            comment: None,
                            expression: expression.value,
                            validated: true,
                        }),
                    )),
                }
            }
            (_, word, body) => {
                return Err(format!("`{text}`: `{word} {body}` is not understood"));
            }
        }
        before = if body.is_empty() { word } else { "" };
    }
    match before {
        "not" | "default" => Err(format!("`{text}`: something is missing at its end")),
        _ => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_means_what_create_domain_means() {
        let read = line(
            "varchar(9) collate \"C\" default null NOT NULL constraint c check (value is not null) check (true)",
        );
        let DomainExpectation { long, unnamed } = read.unwrap();
        assert_eq!(long.r#type.unwrap().value, "varchar(9)");
        assert_eq!(long.collation.unwrap().value, "\"C\"");
        assert!(long.not_null.unwrap().value);
        assert_eq!(long.default.unwrap().value, "none");
        assert_eq!(&*long.checks.0[0].0.value, "c");
        assert_eq!(unnamed[0].value, "(true)");
        let plain = line("text").unwrap();
        assert!(!plain.long.not_null.unwrap().value && plain.unnamed.is_empty());
        for wrong in [
            "",
            "not null",
            "text not",
            "text check true",
            "text default",
            "text null 5",
        ] {
            assert!(line(wrong).is_err(), "{wrong}");
        }
    }
}
