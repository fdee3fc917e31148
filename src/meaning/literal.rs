//! The values of constants.

/// The value of a string constant in any notation whose meaning is plain; none for the others.
pub(super) fn string_value(raw: &str) -> Option<String> {
    if let Some(rest) = raw.strip_prefix('$') {
        let tag = rest.find('$')? + 2;
        return raw
            .get(tag..raw.len().checked_sub(tag)?)
            .map(ToOwned::to_owned);
    }
    let escapes = raw.starts_with(['e', 'E']);
    let body = raw
        .strip_prefix(['e', 'E'])
        .unwrap_or(raw)
        .strip_prefix('\'')?
        .strip_suffix('\'')?;
    let mut out = String::with_capacity(body.len());
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        match c {
            // A lone quote would end the constant: one that goes on in the next line.
            '\'' if chars.next() != Some('\'') => return None,
            '\\' if escapes => match chars.next()? {
                c @ ('\\' | '\'') => out.push(c),
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                _ => return None,
            },
            c => out.push(c),
        }
    }
    Some(out)
}

/// The type that the server gives a number: the smallest of `integer`, `bigint` and `numeric` that holds it.
pub(super) fn number_type(text: &str) -> &'static str {
    if text.parse::<i32>().is_ok() {
        "integer"
    } else if text.parse::<i64>().is_ok() {
        "bigint"
    } else {
        "numeric"
    }
}

/// The number that the server prints as this string with a cast, such as -1 as `'-1'::integer`; `None` where the
/// string is another value or was written as a string.
pub(super) fn number_in_string(text: &str, r#type: &str) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let numeric = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let canonical =
        numeric(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(numeric);
    // -0 is 0 as an integer.
    if !canonical || text == "-0" || number_type(text) != r#type {
        return None;
    }
    // A large integer that only numeric holds is printed the same whether written as a string or not.
    Some(text.to_owned())
}

/// JSON without white space outside its strings; none where it is no JSON.
pub(super) fn compact_json(text: &str) -> Option<String> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let mut out = String::with_capacity(text.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if quoted || !c.is_ascii_whitespace() {
            out.push(c);
        }
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else {
            quoted = c == '"';
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_read_in_every_notation_that_is_plain() {
        for (raw, value) in [
            ("'a''b'", "a'b"),
            (r"'a\b'", r"a\b"),
            (r"E'a\\b\'c\n'", "a\\b'c\n"),
            ("$$it's$$", "it's"),
            ("$t$a$$b$t$", "a$$b"),
            ("''", ""),
        ] {
            assert_eq!(string_value(raw).as_deref(), Some(value), "{raw}");
        }
        for raw in ["'a'\n'b'", r"E'\x41'", "N'a'", "U&'a'", "'"] {
            assert_eq!(string_value(raw), None, "{raw}");
        }
    }

    #[test]
    fn json_loses_white_space_outside_strings_alone() {
        assert_eq!(
            compact_json(r#" { "a b" : [ 1, "c \" d" ] } "#).as_deref(),
            Some(r#"{"a b":[1,"c \" d"]}"#)
        );
        assert_eq!(compact_json("a b"), None);
    }

    #[test]
    fn numbers_in_strings_are_those_that_the_server_prints_so() {
        assert_eq!(number_in_string("-1", "integer").as_deref(), Some("-1"));
        assert_eq!(
            number_in_string("-1.50", "numeric").as_deref(),
            Some("-1.50")
        );
        for (text, r#type) in [
            ("1", "numeric"),
            ("01", "integer"),
            ("1", "bigint"),
            ("1e3", "numeric"),
            ("-0", "integer"),
        ] {
            assert_eq!(number_in_string(text, r#type), None, "{text}::{}", r#type);
        }
    }
}
