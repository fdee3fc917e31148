//! Tokens of Postgres SQL, without white space and comments.
//!
//! The published lexer `squawk-lexer` does the work. Three things are put right here, because statement boundaries
//! and expressions depend on them: a continued `E'…'` string keeps its backslash escapes on the next line,
//! characters that make up one operator come as one token, and a byte order mark counts as white space only where
//! a file begins.

use std::ops::Range;

use squawk_lexer::{LiteralKind, TokenKind as Lexed};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A keyword or an identifier without quotes.
    Word,
    /// An identifier in double quotes, `U&"…"` too.
    QuotedIdent,
    /// A string constant in any notation: `'…'`, `E'…'`, `U&'…'`, `N'…'`, `$tag$…$tag$`.
    String,
    /// A bit string: `B'…'` or `X'…'`.
    BitString,
    /// A number, with its exponent.
    Number,
    /// `$1`.
    Parameter,
    /// An operator of one or more characters, cut as the server cuts it.
    Operator,
    /// `(` `)` `[` `]` `,` `;` `.` `..` `:` `::` `:=`.
    Punctuation,
    /// A character that no SQL has outside quotes (`\`, `{`, a lone `$`, …).
    Unknown,
    /// A quote or comment that is never closed; reaches to the end of the text.
    Unterminated(Open),
}

/// What was opened and never closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Open {
    /// `'…`
    String,
    /// `"…`
    QuotedIdent,
    /// `$tag$…`
    DollarQuote,
    /// `/*…`
    Comment,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text as written.
    pub text: &'a str,
    /// Byte offsets.
    pub span: Range<usize>,
}

impl Token<'_> {
    /// Whether it is this keyword, in any case. Quoted identifiers never are.
    pub fn is_word(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Whether it is this punctuation or operator.
    pub fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.kind, TokenKind::Punctuation | TokenKind::Operator) && self.text == symbol
    }
}

/// The tokens of `text`.
pub fn tokens(text: &str) -> Tokens<'_> {
    Tokens::new(text, 0)
}

/// The comments of `text` that begin their line, as byte ranges; those of `--` without the line's end.
pub fn comments(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let begins_line = |at: usize| {
        text[..at]
            .chars()
            .rev()
            .take_while(|&c| c != '\n')
            .all(|c| c.is_whitespace() || c == '\u{feff}')
    };
    Raw::new(text, true)
        .filter(|(kind, _)| matches!(kind, Lexed::LineComment | Lexed::BlockComment { .. }))
        .map(|(_, span)| span.start..span.start + text[span].trim_end_matches(['\r', '\n']).len())
        .filter(move |span| begins_line(span.start))
}

/// The `--` comments among them.
pub fn line_comments(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    comments(text).filter(|span| text[span.clone()].starts_with("--"))
}

/// Iterates over tokens; see [`tokens`].
pub struct Tokens<'a> {
    raw: Raw<'a>,
    /// A token that was looked at too early.
    ahead: Option<(Lexed, Range<usize>)>,
    /// Rest of an operator that was cut.
    rest: Option<Range<usize>>,
    /// Added to every span.
    offset: usize,
}

impl std::fmt::Debug for Tokens<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl<'a> Tokens<'a> {
    /// Tokens of a part of a file that starts at `offset`; spans count from the file's start.
    pub fn new(text: &'a str, offset: usize) -> Self {
        Self {
            raw: Raw::new(text, offset == 0),
            ahead: None,
            rest: None,
            offset,
        }
    }

    fn token(&self, kind: TokenKind, span: Range<usize>) -> Token<'a> {
        Token {
            kind,
            text: self.raw.text.get(span.clone()).unwrap_or_default(),
            span: span.start + self.offset..span.end + self.offset,
        }
    }

    /// Takes the next raw token if it follows without a gap and `wanted` says so.
    fn take_if(&mut self, at: usize, wanted: fn(Lexed) -> bool) -> Option<Range<usize>> {
        if self.ahead.is_none() {
            self.ahead = self.raw.next();
        }
        match &self.ahead {
            Some((kind, span)) if span.start == at && wanted(*kind) => {
                let span = span.clone();
                self.ahead = None;
                Some(span)
            }
            _ => None,
        }
    }

    fn operator(&mut self, span: Range<usize>) -> Token<'a> {
        let text = self.raw.text.get(span.clone()).unwrap_or_default();
        let length = operator_length(text);
        if length < text.len() {
            self.rest = Some(span.start + length..span.end);
        }
        self.token(TokenKind::Operator, span.start..span.start + length)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(rest) = self.rest.take() {
            return Some(self.operator(rest));
        }
        loop {
            let (lexed, mut span) = match self.ahead.take() {
                Some(token) => token,
                None => self.raw.next()?,
            };
            if is_operator(lexed) {
                while let Some(more) = self.take_if(span.end, is_operator) {
                    span.end = more.end;
                }
                return Some(self.operator(span));
            }
            if lexed == Lexed::Colon {
                let second = |kind| matches!(kind, Lexed::Colon | Lexed::Eq);
                if let Some(more) = self.take_if(span.end, second) {
                    span.end = more.end;
                }
            }
            if let Some(kind) = kind(lexed, span.len()) {
                return Some(self.token(kind, span));
            }
        }
    }
}

/// The kind of a raw token; none for white space and closed comments.
fn kind(lexed: Lexed, length: usize) -> Option<TokenKind> {
    use TokenKind as K;
    let closed = |terminated, kind, open| {
        if terminated {
            kind
        } else {
            K::Unterminated(open)
        }
    };
    Some(match lexed {
        Lexed::Whitespace | Lexed::LineComment | Lexed::Eof => return None,
        Lexed::BlockComment { terminated: true } => return None,
        Lexed::BlockComment { terminated: false } => K::Unterminated(Open::Comment),
        Lexed::Ident => K::Word,
        Lexed::QuotedIdent { terminated, .. } => {
            closed(terminated, K::QuotedIdent, Open::QuotedIdent)
        }
        Lexed::Literal { kind } => match kind {
            LiteralKind::Int { .. } | LiteralKind::Numeric { .. } => K::Number,
            LiteralKind::Str { terminated }
            | LiteralKind::NationalStr { terminated }
            | LiteralKind::UnicodeEscStr { terminated }
            | LiteralKind::EscStr { terminated } => closed(terminated, K::String, Open::String),
            LiteralKind::ByteStr { terminated } | LiteralKind::BitStr { terminated } => {
                closed(terminated, K::BitString, Open::String)
            }
            LiteralKind::DollarQuotedString { terminated } => {
                closed(terminated, K::String, Open::DollarQuote)
            }
        },
        Lexed::PositionalParam { .. } if length > 1 => K::Parameter,
        Lexed::Semi
        | Lexed::Comma
        | Lexed::OpenParen
        | Lexed::CloseParen
        | Lexed::OpenBracket
        | Lexed::CloseBracket
        | Lexed::Dot
        | Lexed::DotDot
        | Lexed::Colon => K::Punctuation,
        _ => K::Unknown,
    })
}

fn is_operator(kind: Lexed) -> bool {
    matches!(
        kind,
        Lexed::Slash
            | Lexed::Minus
            | Lexed::Eq
            | Lexed::Gt
            | Lexed::And
            | Lexed::Lt
            | Lexed::Bang
            | Lexed::Plus
            | Lexed::Tilde
            | Lexed::Pound
            | Lexed::Question
            | Lexed::Or
            | Lexed::Percent
            | Lexed::Caret
            | Lexed::Star
            | Lexed::Backtick
            | Lexed::At
    )
}

/// How much of a run of operator characters is one operator.
///
/// A longer operator may end in `+` or `-` only if it has a character that no SQL operator has
/// (manual, "Lexical Structure", Operators); otherwise `a=-1` could not be read.
fn operator_length(text: &str) -> usize {
    let mut length = text.len();
    let sign = |at: usize| matches!(text.as_bytes().get(at), Some(b'+' | b'-'));
    if length > 1
        && sign(length - 1)
        && !text[..length - 1].contains(['~', '!', '@', '#', '^', '&', '|', '`', '?', '%'])
    {
        while length > 1 && sign(length - 1) {
            length -= 1;
        }
    }
    length
}

/// The published lexer's tokens with their places, white space and comments included.
struct Raw<'a> {
    text: &'a str,
    at: usize,
    lexer: Box<dyn Iterator<Item = squawk_lexer::Token> + Send + 'a>,
    /// Whether the text begins where its file does.
    begins: bool,
    /// After an `E'…'`: whether a line end followed, so that a string now continues it.
    escape: Option<bool>,
}

impl<'a> Raw<'a> {
    fn new(text: &'a str, begins: bool) -> Self {
        Self {
            text,
            at: 0,
            begins,
            lexer: Box::new(squawk_lexer::tokenize(text)),
            escape: None,
        }
    }

    fn restart(&mut self, at: usize) {
        self.at = at;
        self.lexer = Box::new(squawk_lexer::tokenize(
            self.text.get(at..).unwrap_or_default(),
        ));
    }
}

impl Iterator for Raw<'_> {
    type Item = (Lexed, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let token = self.lexer.next()?;
        let start = self.at;
        let mut span = start..start + token.len as usize;
        self.at = span.end;
        let mut kind = token.kind;
        match kind {
            Lexed::Whitespace
                if (start > 0 || !self.begins)
                    && self.text.get(span.clone()) == Some(squawk_lexer::BOM) =>
            {
                kind = Lexed::Ident;
                self.escape = None;
            }
            Lexed::Whitespace => {
                let line_end = self
                    .text
                    .get(span.clone())
                    .is_some_and(|text| text.contains(['\n', '\r']));
                self.escape = self.escape.map(|seen| seen || line_end);
            }
            Lexed::LineComment => {}
            Lexed::Literal {
                kind: LiteralKind::EscStr { .. },
            } => self.escape = Some(false),
            Lexed::Literal {
                kind: LiteralKind::Str { .. },
            } if self.escape == Some(true) => {
                let (end, terminated) = escaped_end(self.text, start + 1);
                kind = Lexed::Literal {
                    kind: LiteralKind::EscStr { terminated },
                };
                if end != span.end {
                    span.end = end;
                    self.restart(end);
                }
                self.escape = Some(false);
            }
            _ => self.escape = None,
        }
        Some((kind, span))
    }
}

/// Where a string with backslash escapes ends (after its quote), and whether it does.
fn escaped_end(text: &str, from: usize) -> (usize, bool) {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return (at + 1, true),
            _ => at += 1,
        }
    }
    (text.len(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql).map(|token| token.text).collect()
    }

    #[test]
    fn operators_are_cut_as_the_server_cuts_them() {
        assert_eq!(texts("a=-1"), ["a", "=", "-", "1"]);
        assert_eq!(texts("a->>'b'"), ["a", "->>", "'b'"]);
        assert_eq!(texts("a @-b"), ["a", "@-", "b"]);
        assert_eq!(texts("1 +-+ 2"), ["1", "+", "-", "+", "2"]);
        assert_eq!(
            texts("x::int := y => z"),
            ["x", "::", "int", ":=", "y", "=>", "z"]
        );
        assert_eq!(texts("2*/*c*/3 +--d\n4"), ["2", "*", "3", "+", "4"]);
    }

    #[test]
    fn a_continued_escape_string_keeps_its_escapes() {
        assert_eq!(
            texts("E'a' -- c\n 'b\\';' ; 1"),
            ["E'a'", "'b\\';'", ";", "1"]
        );
        assert_eq!(texts("E'a'\n'b'\n'\\'' x"), ["E'a'", "'b'", "'\\''", "x"]);
        // Without a line end it is no continuation, and a plain string never has escapes.
        assert_eq!(texts("E'a' 'b\\' ; 1"), ["E'a'", "'b\\'", ";", "1"]);
        assert_eq!(texts("'a'\n'b\\' ; 1"), ["'a'", "'b\\'", ";", "1"]);
    }

    #[test]
    fn what_is_never_closed_is_said() {
        let last = |sql: &str| tokens(sql).last().map(|token| token.kind);
        assert_eq!(
            last("select 'a"),
            Some(TokenKind::Unterminated(Open::String))
        );
        assert_eq!(
            last("E'a'\n'b\\'"),
            Some(TokenKind::Unterminated(Open::String))
        );
        assert_eq!(
            last("\"a"),
            Some(TokenKind::Unterminated(Open::QuotedIdent))
        );
        assert_eq!(
            last("$a$ b $b$"),
            Some(TokenKind::Unterminated(Open::DollarQuote))
        );
        assert_eq!(
            last("/* /* */"),
            Some(TokenKind::Unterminated(Open::Comment))
        );
        assert_eq!(last("/* /* */ */"), None);
    }

    #[test]
    fn line_comments_begin_their_line() {
        let text = "\u{feff}-- a\r\nselect 1 -- b\n  --c\n'\n-- d\n' /*\n-- e\n*/ $$\n-- f\n$$\n--";
        let found: Vec<&str> = line_comments(text).map(|span| &text[span]).collect();
        assert_eq!(found, ["-- a", "--c", "--"]);
    }

    #[test]
    fn a_byte_order_mark_is_space_only_at_the_start() {
        assert_eq!(texts("\u{feff}select"), ["select"]);
        assert_eq!(texts("E'a'\n'\\''\u{feff}x").len(), 4);
        let behind: Vec<_> = Tokens::new("\u{feff}select", 9)
            .map(|token| token.span)
            .collect();
        assert_eq!(behind, [9..12, 12..18]);
    }
}
