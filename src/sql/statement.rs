//! Where the statements of a file begin and end.

use std::ops::Range;

use super::refuse;
use super::token::{Token, Tokens};
use crate::error::Error;
use crate::source::{Origin, Source};
use crate::words;

/// One statement of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    source: Source,
    span: Range<usize>,
}

impl Statement {
    /// Byte offsets in the file, without space and comments around it and without its semicolon.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Its text.
    pub fn text(&self) -> &str {
        self.source
            .text()
            .get(self.span.clone())
            .unwrap_or_default()
    }

    /// Where it stands.
    pub fn origin(&self) -> Origin {
        self.source.origin(self.span.clone())
    }

    /// Its tokens; their spans count from the start of the file.
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens::new(self.text(), self.span.start)
    }

    /// Its first line, shortened to `limit` characters, for messages.
    pub fn first_line(&self, limit: usize) -> String {
        words::first_line(self.text(), limit)
    }
}

/// The statements of a file, as many as the server sends CommandComplete replies for it.
///
/// Statements that are empty or only comments count as none: the server passes over them. Assumes
/// `standard_conforming_strings = on`, the server's default.
///
/// # Errors
///
/// Exit code 5, with line and column, where the text cannot be sent as it is: a quote or comment that is never
/// closed, a NUL character, a psql meta-command, `COPY` from or to the client.
pub fn statements(source: &Source) -> Result<Vec<Statement>, Error> {
    statements_in(source, 0..source.text().len())
}

/// The statements of a part of a file; see [`statements`].
///
/// # Errors
///
/// As for the whole of it.
pub fn statements_in(source: &Source, part: Range<usize>) -> Result<Vec<Statement>, Error> {
    let text = source.text().get(part.clone()).unwrap_or_default();
    refuse::nul(source)?;
    let mut found = Vec::new();
    let mut current: Option<(Range<usize>, Shape)> = None;
    let mut finish = |current: &mut Option<(Range<usize>, Shape)>| -> Result<(), Error> {
        if let Some((span, _)) = current.take() {
            let statement = Statement {
                source: source.clone(),
                span,
            };
            refuse::copy(&statement)?;
            found.push(statement);
        }
        Ok(())
    };
    for token in Tokens::new(text, part.start) {
        refuse::token(source, &token)?;
        match &mut current {
            None if token.is_symbol(";") => {}
            Some((_, shape)) if token.is_symbol(";") && !shape.holds_semicolon() => {
                finish(&mut current)?
            }
            Some((span, shape)) => {
                span.end = token.span.end;
                shape.push(&token);
            }
            None => {
                let mut shape = Shape::Start;
                shape.push(&token);
                current = Some((token.span, shape));
            }
        }
    }
    finish(&mut current)?;
    Ok(found)
}

/// What must be known of a statement to tell whether a semicolon ends it.
///
/// The server's grammar has a semicolon inside a statement in two places only: between the actions of a rule, in
/// parentheses, and after each statement of an SQL-standard function body.
enum Shape {
    Start,
    /// After CREATE, OR, REPLACE.
    Create,
    Rule {
        depth: usize,
    },
    Routine {
        depth: usize,
        /// The token before was BEGIN.
        begin: bool,
    },
    /// Between BEGIN ATOMIC and its END.
    Body {
        /// A statement of the body may start here. `END` closes the body only here: elsewhere it closes a CASE
        /// or is a column label.
        start: bool,
    },
    Plain,
}

impl Shape {
    fn holds_semicolon(&self) -> bool {
        matches!(self, Self::Rule { depth: 1.. } | Self::Body { .. })
    }

    fn push(&mut self, token: &Token<'_>) {
        let deeper = |depth: usize| {
            if token.is_symbol("(") {
                depth + 1
            } else if token.is_symbol(")") {
                depth.saturating_sub(1)
            } else {
                depth
            }
        };
        *self = match *self {
            Self::Start if token.is_word("create") => Self::Create,
            Self::Create if token.is_word("or") || token.is_word("replace") => Self::Create,
            Self::Create if token.is_word("rule") => Self::Rule { depth: 0 },
            Self::Create if token.is_word("function") || token.is_word("procedure") => {
                Self::Routine {
                    depth: 0,
                    begin: false,
                }
            }
            Self::Rule { depth } => Self::Rule {
                depth: deeper(depth),
            },
            Self::Routine {
                depth: 0,
                begin: true,
            } if token.is_word("atomic") => Self::Body { start: true },
            Self::Routine { depth, .. } => Self::Routine {
                depth: deeper(depth),
                begin: token.is_word("begin"),
            },
            Self::Body { start: true } if token.is_word("end") => Self::Plain,
            Self::Body { .. } => Self::Body {
                start: token.is_symbol(";"),
            },
            Self::Start | Self::Create | Self::Plain => Self::Plain,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(sql: &str) -> Vec<String> {
        statements(&Source::new("a.sql", sql))
            .unwrap()
            .iter()
            .map(|statement| statement.text().to_owned())
            .collect()
    }

    #[test]
    fn semicolons_in_quotes_and_comments_end_nothing() {
        assert_eq!(
            split("select ';'; -- ;\n/* ; /* ; */ */ select $a$;$$;$a$"),
            ["select ';'", "select $a$;$$;$a$"]
        );
        assert_eq!(split("").len(), 0);
        assert_eq!(split(" ;; -- nothing\n ; /* here */").len(), 0);
        assert_eq!(
            split("\u{feff}select 1;\r\nselect 2\r\n"),
            ["select 1", "select 2"]
        );
    }

    #[test]
    fn a_rule_holds_its_actions() {
        assert_eq!(
            split("create or replace rule r as on insert to t do also (select 1; select (2);); select 3").len(),
            2
        );
        assert_eq!(split("create table t (a int; select 1").len(), 2);
    }

    #[test]
    fn a_function_body_holds_its_statements() {
        let body = "create function f() returns int begin atomic \
             select case when true then 1 end; select 1 as end; select 2 end; select a.end from a; end";
        assert_eq!(split(&format!("{body}; select 1")), [body, "select 1"]);
        assert_eq!(
            split("create procedure p() begin atomic end; select 1").len(),
            2
        );
        // Here BEGIN and ATOMIC are a parameter and its type.
        assert_eq!(
            split("create function f(begin atomic) as 'x'; select 1").len(),
            2
        );
        assert_eq!(
            split("create function begin() returns int as 'x'; begin; commit").len(),
            3
        );
    }

    #[test]
    fn an_origin_is_where_the_statement_starts() {
        let source = Source::new("a.sql", "-- é\n  select 1;\n\n/* x */ select\n 2 -- y");
        let found = statements(&source).unwrap();
        assert_eq!(found[0].origin().to_string(), "a.sql:2:3");
        assert_eq!(found[1].origin().to_string(), "a.sql:4:9");
        assert_eq!(found[1].text(), "select\n 2");
        assert_eq!(found[1].first_line(40), "select…");
    }
}
