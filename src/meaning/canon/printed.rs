//! Texts as the server prints them.

use crate::meaning::{Class, Token, tokens};

/// Whether two texts that the server printed say the same: word for word, or but for where texts among which a `varchar`
/// is looked for get their type. `name in ('a')` is printed with `(ARRAY['a'::character varying])::text[]`, and
/// `name = any (array['a'])` with `ARRAY['a'::text]`; without a length neither changes the constant.
pub fn same_printed(a: &str, b: &str) -> bool {
    a == b || as_texts(a) == as_texts(b)
}

fn as_texts(printed: &str) -> String {
    let tokens = tokens(printed);
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    while at < tokens.len() {
        let left = &tokens[at..];
        let Some((said, length)) = list(left).or_else(|| constant(left)) else {
            at += 1;
            continue;
        };
        out.push_str(&printed[copied..tokens[at].start]);
        out.push_str(&said);
        at += length;
        copied = tokens[at - 1].end;
    }
    out.push_str(&printed[copied..]);
    out
}

/// `(ARRAY['a'::character varying, …])::text[]` where the tokens begin so, as texts, and how many tokens those are.
fn list(tokens: &[Token]) -> Option<(String, usize)> {
    let mut left = Left(tokens);
    left.skip(&["(", "array", "["])?;
    let mut constants = Vec::new();
    loop {
        constants.push(format!("{}::text", left.string()?));
        left.skip(&["::", "character", "varying"])?;
        if left.skip(&[","]).is_none() {
            left.skip(&["]", ")", "::", "text", "[", "]"])?;
            let list = format!("ARRAY[{}]", constants.join(", "));
            return Some((list, tokens.len() - left.0.len()));
        }
    }
}

/// The same of `('a'::character varying)::text`: what becomes of the list once it is read again.
fn constant(tokens: &[Token]) -> Option<(String, usize)> {
    let mut left = Left(tokens);
    left.skip(&["("])?;
    let constant = left.string()?;
    left.skip(&["::", "character", "varying", ")", "::", "text"])?;
    let whole = left.skip(&["["]).is_none();
    whole.then(|| (format!("{constant}::text"), tokens.len() - left.0.len()))
}

/// What was not read yet.
struct Left<'a>(&'a [Token]);

impl<'a> Left<'a> {
    fn skip(&mut self, words: &[&str]) -> Option<()> {
        let (found, rest) = self.0.split_at_checked(words.len())?;
        let mut both = found.iter().zip(words);
        both.all(|(token, word)| token.is(word))
            .then(|| self.0 = rest)
    }

    fn string(&mut self) -> Option<&'a str> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (first.class == Class::String).then_some(first.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_of_a_list_are_texts_either_way() {
        let printed = "((v)::text = ANY ((ARRAY['x'::character varying, 'it''s'::character varying])::text[]))";
        let again = "((v)::text = ANY (ARRAY[('x'::character varying)::text, ('it''s'::character varying)::text]))";
        let same = "((v)::text = ANY (ARRAY['x'::text, 'it''s'::text]))";
        for (a, b) in [(printed, same), (again, same), (printed, again)] {
            assert!(same_printed(a, b) && same_printed(b, a), "{a} {b}");
        }
        for other in [
            "((v)::text = ANY (ARRAY['x'::text, 'its'::text]))",
            "((v)::text = ANY (ARRAY['x'::text]))",
            "((v)::text = ANY ((ARRAY['x'::character varying(1), 'it''s'::character varying])::text[]))",
            "((v)::text = ANY ((ARRAY['x'::bpchar, 'it''s'::bpchar])::text[]))",
            "((v)::text <> ALL (ARRAY['x'::text, 'it''s'::text]))",
            "((v)::text = ANY (ARRAY[('x'::character varying)::text[], ('it''s'::character varying)::text[]]))",
        ] {
            assert!(!same_printed(printed, other), "{other}");
        }
    }
}
