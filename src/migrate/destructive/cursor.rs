//! Reading along the tokens of a statement.

use crate::sql::{QualifiedName, Token, TokenKind};

/// A place among tokens.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t, 'a> {
    tokens: &'t [Token<'a>],
}

impl<'t, 'a> Cursor<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>]) -> Self {
        Self { tokens }
    }

    pub(super) fn peek(&self) -> Option<&'t Token<'a>> {
        self.tokens.first()
    }

    pub(super) fn next(&mut self) -> Option<&'t Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// Takes these words where all of them are next.
    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        let next = self.tokens.get(..words.len());
        let all = next.is_some_and(|next| next.iter().zip(words).all(|(t, w)| t.is_word(w)));
        if all {
            self.tokens = &self.tokens[words.len()..];
        }
        all
    }

    /// Takes one of these words.
    pub(super) fn one_of(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.take(&[word]))
    }

    /// Passes over a group in parentheses, if one is next.
    pub(super) fn group(&mut self) {
        if self.symbol("(") {
            let inside = enclosed(self.tokens).len();
            self.tokens = self.tokens.get(inside + 1..).unwrap_or_default();
        }
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        let is = self.peek().is_some_and(|token| token.is_symbol(symbol));
        if is {
            self.next();
        }
        is
    }

    pub(super) fn ident(&mut self) -> Option<String> {
        let name = self.peek()?.identifier()?;
        self.next();
        Some(name)
    }

    /// `name` or `schema.name`.
    pub(super) fn name(&mut self) -> Option<QualifiedName> {
        let mut schema = None;
        let mut name = self.ident()?;
        while self.symbol(".") {
            schema = Some(std::mem::replace(&mut name, self.ident()?));
        }
        Some(QualifiedName { schema, name })
    }

    /// The name of a table with what may stand around it: `only`, `*`.
    pub(super) fn table(&mut self) -> Option<QualifiedName> {
        self.take(&["only"]);
        let name = self.name()?;
        self.symbol("*");
        Some(name)
    }

    pub(super) fn if_exists(&mut self) {
        let _ = self.take(&["if", "exists"]) || self.take(&["if", "not", "exists"]);
    }

    /// The tokens that are left.
    pub(super) fn rest(&self) -> &'t [Token<'a>] {
        self.tokens
    }
}

/// Parts of a list, divided by commas outside of parentheses and brackets.
pub(super) fn list<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, token) in tokens.iter().enumerate() {
        depth = deeper(depth, token);
        if depth == 0 && token.is_symbol(",") {
            parts.push(&tokens[start..at]);
            start = at + 1;
        }
    }
    parts.push(&tokens[start..]);
    parts
}

pub(super) fn deeper(depth: usize, token: &Token<'_>) -> usize {
    if token.is_symbol("(") || token.is_symbol("[") {
        depth + 1
    } else if token.is_symbol(")") || token.is_symbol("]") {
        depth.saturating_sub(1)
    } else {
        depth
    }
}

/// The tokens up to the parenthesis that closes what is around them.
pub(super) fn enclosed<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if depth == 0 && token.is_symbol(")") {
            return &tokens[..at];
        }
        depth = deeper(depth, token);
    }
    tokens
}

/// Where a word stands outside of parentheses.
pub(super) fn at_top(tokens: &[Token<'_>], word: &str) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        depth = deeper(depth, token);
        depth == 0 && token.is_word(word)
    })
}

/// The text of a string constant without its quotes, and where it begins in the token, where it stands there as it is.
pub(super) fn string<'a>(token: &Token<'a>) -> Option<(usize, &'a str)> {
    if token.kind != TokenKind::String {
        return None;
    }
    let text = token.text;
    if text.starts_with('$') {
        let tag = text.get(1..)?.find('$')? + 2;
        let end = text.len().checked_sub(tag).filter(|&end| end >= tag)?;
        return Some((tag, text.get(tag..end)?));
    }
    let start = text.find('\'')? + 1;
    let end = text.len().checked_sub(1).filter(|&end| end >= start)?;
    Some((start, text.get(start..end)?))
}
