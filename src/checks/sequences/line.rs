//! What follows CREATE SEQUENCE.

use crate::meaning;
use crate::source::Located;

use super::super::line::{clauses, said};
use super::{Long, SequenceExpectation};

/// Reads what follows CREATE SEQUENCE and its name.
pub(super) fn line(text: &str) -> Result<SequenceExpectation, String> {
    const WORDS: [&str; 10] = [
        "as",
        "start",
        "increment",
        "minvalue",
        "maxvalue",
        "cache",
        "cycle",
        "no",
        "owned",
        "restart",
    ];
    let (head, clauses) = clauses(text, &WORDS);
    let unknown = |what: &str| {
        format!(
            "`{text}`: `{what}` is not understood; write what follows CREATE SEQUENCE: `start 1000 cycle`"
        )
    };
    if !head.is_empty() {
        return Err(unknown(head));
    }
    let mut long = Long::default();
    let (mut kind, mut bare_no) = ("bigint".to_owned(), false);
    for (word, body) in clauses {
        let number = |body: &str| -> Result<Option<Located<i64>>, String> {
            let digits = after(body, "with").or(after(body, "by")).unwrap_or(body);
            digits.parse().map(said).map_err(|_| unknown(body))
        };
        // `no` stands before `minvalue`, `maxvalue` and `cycle`.
        if std::mem::take(&mut bare_no) {
            match (word, body) {
                ("minvalue" | "maxvalue" | "cycle", "") => continue,
                _ => return Err(unknown(word)),
            }
        }
        match word {
            "as" => kind = body.to_owned(),
            "start" => long.start = number(body)?,
            "increment" => long.increment = number(body)?,
            "minvalue" => long.min = number(body)?,
            "maxvalue" => long.max = number(body)?,
            "cache" => long.cache = number(body)?,
            "cycle" if body.is_empty() => long.cycle = said(true),
            "no" if body.is_empty() => bare_no = true,
            "owned" => match after(body, "by") {
                Some(column) => long.owned_by = said(column.trim().to_owned()),
                None => return Err(unknown(body)),
            },
            word => return Err(unknown(word)),
        }
    }
    let (least, most) = [
        ("smallint", i64::from(i16::MIN), i64::from(i16::MAX)),
        ("integer", i64::from(i32::MIN), i64::from(i32::MAX)),
        ("bigint", i64::MIN, i64::MAX),
    ]
    .into_iter()
    .find(|(name, ..)| meaning::same_type(&kind, name, ""))
    .map(|(_, least, most)| (least, most))
    .ok_or_else(|| unknown(&kind))?;
    let increment = long.increment.get_or_insert(Located::left_out(1)).value;
    let (min, max) = if increment > 0 {
        (1, most)
    } else {
        (least, -1)
    };
    let min = long.min.get_or_insert(Located::left_out(min)).value;
    let max = long.max.get_or_insert(Located::left_out(max)).value;
    let start = if increment > 0 { min } else { max };
    long.start.get_or_insert(Located::left_out(start));
    long.cache.get_or_insert(Located::left_out(1));
    long.cycle.get_or_insert(Located::left_out(false));
    long.owned_by
        .get_or_insert(Located::left_out("none".to_owned()));
    long.r#type = said(kind);
    Ok(SequenceExpectation(long))
}

/// What follows a word.
fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (first, rest) = text.split_once(char::is_whitespace)?;
    first.eq_ignore_ascii_case(word).then_some(rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        line(text).map(|SequenceExpectation(l)| {
            let n = |v: Option<Located<i64>>| v.map(|v| v.value).unwrap();
            format!(
                "{} {} {} {}..{} {} {}",
                l.r#type.unwrap().value,
                n(l.start),
                n(l.increment),
                n(l.min),
                n(l.max),
                l.cycle.unwrap().value,
                l.owned_by.unwrap().value
            )
        })
    }

    #[test]
    fn a_line_means_what_create_sequence_means() {
        let most = i64::MAX;
        assert_eq!(
            read("start 5").unwrap(),
            format!("bigint 5 1 1..{most} false none")
        );
        assert_eq!(
            read("as smallint increment by -2 cycle").unwrap(),
            "smallint -1 -2 -32768..-1 true none"
        );
        assert_eq!(
            read("AS int START WITH 7 minvalue 5 no maxvalue no cycle owned by t.c").unwrap(),
            "int 7 1 5..2147483647 false t.c"
        );
        for wrong in [
            "5",
            "start",
            "as text",
            "cycle 5",
            "no start 5",
            "owned t.c",
            "restart 5",
        ] {
            assert!(
                read(wrong).unwrap_err().contains("not understood"),
                "{wrong}"
            );
        }
    }
}
