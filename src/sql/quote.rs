//! Values and names as SQL text.

/// An identifier in double quotes.
pub fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string constant that means the same whether `standard_conforming_strings` is on or off.
pub fn quote_literal(value: &str) -> String {
    let doubled = value.replace('\'', "''");
    if doubled.contains('\\') {
        format!("E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}

/// A dollar-quoted string with a tag that the text does not have.
pub fn dollar_quote(text: &str) -> String {
    let mut tag = "$supaproof".to_owned();
    let mut number = 0;
    // Without the closing `$`: a text that ends in `$tag` would close itself with ours.
    while text.contains(&tag) {
        number += 1;
        tag = format!("$supaproof{number}");
    }
    format!("{tag}${text}{tag}$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_are_doubled() {
        assert_eq!(quote_ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal(r"a\'b"), r"E'a\\''b'");
    }

    #[test]
    fn a_dollar_tag_is_never_in_its_text() {
        assert_eq!(dollar_quote("a$"), "$supaproof$a$$supaproof$");
        assert_eq!(
            dollar_quote("a$supaproof"),
            "$supaproof1$a$supaproof$supaproof1$"
        );
    }
}
