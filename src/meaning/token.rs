//! Tokens of an expression in one spelling.

use crate::sql::{self, TokenKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A keyword or a name, in lower case unless quotes keep it.
    Word,
    Number,
    String,
    Punctuation,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) class: Class,
    pub(crate) text: String,
    /// Bytes in the text, for cutting a piece out.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text && self.class != Class::String
    }
}

pub(crate) fn tokens(text: &str) -> Vec<Token> {
    sql::tokens(text)
        .map(|token| {
            let (class, spelt) = match token.kind {
                TokenKind::Word => (Class::Word, sql::fold_ident(token.text)),
                TokenKind::QuotedIdent => (Class::Word, without_needless_quotes(token.text)),
                TokenKind::Number => (Class::Number, token.text.to_lowercase()),
                TokenKind::String | TokenKind::BitString | TokenKind::Unterminated(_) => {
                    (Class::String, token.text.to_owned())
                }
                TokenKind::Operator if token.text == "!=" => (Class::Punctuation, "<>".to_owned()),
                TokenKind::Parameter
                | TokenKind::Operator
                | TokenKind::Punctuation
                | TokenKind::Unknown => (Class::Punctuation, token.text.to_owned()),
            };
            Token {
                class,
                text: spelt,
                start: token.span.start,
                end: token.span.end,
            }
        })
        .collect()
}

/// `"name"` as `name`, where that means the same.
fn without_needless_quotes(raw: &str) -> String {
    let inner = raw.trim_matches('"');
    let plain = inner.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && inner
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain {
        inner.to_owned()
    } else {
        raw.to_owned()
    }
}
