//! Tokens of an expression in one spelling.

use crate::sql::{self, TokenKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A keyword or a name, in lower case unless quotes keep it.
    Word,
    Number,
    String,
    Operator,
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
                TokenKind::Operator if token.text == "!=" => (Class::Operator, "<>".to_owned()),
                TokenKind::Operator => (Class::Operator, token.text.to_owned()),
                TokenKind::Parameter | TokenKind::Punctuation | TokenKind::Unknown => {
                    (Class::Punctuation, token.text.to_owned())
                }
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

/// `"name"` as `name`, where that means the same wherever it stands.
fn without_needless_quotes(raw: &str) -> String {
    match plain(raw) {
        Some(inner) if !super::keyword::needs_quotes(inner) => inner.to_owned(),
        _ => raw.to_owned(),
    }
}

/// Takes the quotes away where the word alone would not need them; for places where no keyword is understood.
pub(super) fn strip_plain_quotes(text: &mut String) {
    if let Some(inner) = plain(text) {
        *text = inner.to_owned();
    }
}

fn plain(raw: &str) -> Option<&str> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    let plain = inner.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && inner
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    plain.then_some(inner)
}
