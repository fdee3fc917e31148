//! Statements inside of texts: the body of a DO block, that of a function which the plan makes and calls, and what
//! EXECUTE is given.

use std::ops::Range;

use super::cursor::string;
use super::read::Reader;
use super::{UNSEEN, Unseen};
use crate::source::Source;
use crate::sql::{Statement, Token, TokenKind, statements_in};
use crate::words;

/// The words of PL/pgSQL behind which a statement may begin.
const BEFORE: [&str; 4] = ["begin", "then", "else", "loop"];

/// Deeper than this nobody writes, and a text that quotes itself could go on.
const DEEPEST: usize = 8;

impl Reader {
    /// The body of a DO block.
    pub(super) fn block(&mut self, statement: &Statement, tokens: &[Token<'_>]) {
        if let Some(token) = tokens.iter().skip(1).find(|t| t.kind == TokenKind::String) {
            self.text(&statement.origin().source, token);
        }
    }

    /// Keeps the body of a function that is created, for when it is called.
    pub(super) fn remember_body(
        &mut self,
        statement: &Statement,
        tokens: &[Token<'_>],
        name: &str,
    ) {
        let body = tokens.iter().enumerate().find(|(at, token)| {
            token.kind == TokenKind::String
                && at
                    .checked_sub(1)
                    .is_some_and(|before| tokens[before].is_word("as"))
        });
        let Some((_, token)) = body else { return };
        if let Some(range) = as_it_stands(token) {
            let source = statement.origin().source;
            self.functions.insert(name.to_owned(), (source, range));
        }
    }

    /// The statements in a string constant.
    fn text(&mut self, source: &Source, token: &Token<'_>) {
        if let Some(range) = as_it_stands(token) {
            return self.body(source, range);
        }
        let Some((_, text)) = string(token) else {
            return;
        };
        // Its quotes are doubled: what is in it stands at other places than in the file.
        let text = text.replace("''", "'");
        let outer = self.place.clone();
        let origin = source.origin(token.span.clone());
        self.place.get_or_insert(origin);
        let length = text.len();
        let copy = Source::new(source.path(), text);
        self.body(&copy, 0..length);
        self.place = outer;
    }

    /// What runs in a body of PL/pgSQL or SQL.
    pub(super) fn body(&mut self, source: &Source, range: Range<usize>) {
        if self.depth == DEEPEST {
            return self.not_looked_at(source, range);
        }
        self.depth += 1;
        self.statements(source, range);
        self.depth -= 1;
    }

    fn statements(&mut self, source: &Source, range: Range<usize>) {
        // What cannot be split is not read either; the server refuses most of it.
        let Ok(chunks) = statements_in(source, range.clone()) else {
            return self.not_looked_at(source, range);
        };
        for chunk in &chunks {
            let tokens: Vec<Token<'_>> = chunk.tokens().collect();
            let end = chunk.span().end;
            let inner = tokens.iter().enumerate().filter(|(at, token)| {
                let before = at.checked_sub(1).map(|before| &tokens[before]);
                let rows = token.is_word("execute");
                before.is_none_or(|before| {
                    BEFORE.iter().any(|word| before.is_word(word))
                        || rows && (before.is_word("in") || before.is_word("query"))
                })
            });
            for (at, token) in inner {
                if token.is_word("execute") {
                    self.execute(source, &tokens[at..]);
                } else if let Ok(found) = statements_in(source, token.span.start..end)
                    && let Some(first) = found.first()
                    && !BEFORE.iter().any(|word| token.is_word(word))
                {
                    self.statement(first);
                }
            }
            // Expressions run too: of assignments, conditions, loops. What is only created does not.
            let runs = tokens.iter().position(|token| token.is_word("create"));
            self.called(source, &tokens[..runs.unwrap_or(tokens.len())]);
        }
    }

    fn execute(&mut self, source: &Source, tokens: &[Token<'_>]) {
        let text = tokens
            .get(1)
            .filter(|token| token.kind == TokenKind::String);
        let whole = tokens
            .get(2)
            .is_none_or(|next| next.is_word("using") || next.is_word("into"));
        if let (Some(text), true) = (text, whole) {
            return self.text(source, text);
        }
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
            return;
        };
        let span = first.span.start..last.span.end;
        self.not_looked_at(source, span);
    }

    /// Notes a part that nobody reads before it runs.
    pub(super) fn not_looked_at(&mut self, source: &Source, span: Range<usize>) {
        let text = source.text().get(span.clone()).unwrap_or_default();
        self.unseen(Unseen {
            origin: self.place.clone().unwrap_or_else(|| source.origin(span)),
            text: words::first_line(text.trim(), 80),
            name: self.within.clone().unwrap_or_else(|| UNSEEN.to_owned()),
        });
    }
}

/// The text of a string constant as a part of the file, where nothing in it is escaped.
fn as_it_stands(token: &Token<'_>) -> Option<Range<usize>> {
    let (start, text) = string(token)?;
    let escaped = !token.text.starts_with('$')
        && (text.contains('\'') || (text.contains('\\') && !token.text.starts_with('\'')));
    let start = token.span.start + start;
    (!escaped).then(|| start..start + text.len())
}
