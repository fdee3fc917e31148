//! Text that cannot be sent to a server as it is, refused with its place and what to do.

use super::statement::Statement;
use super::token::{Open, Token, TokenKind};
use crate::error::{Error, ExitCode};
use crate::source::Source;

/// Refuses a NUL character: the protocol ends a message's text with it, so everything behind it would be lost.
pub(super) fn nul(source: &Source) -> Result<(), Error> {
    let Some(at) = source.text().find('\0') else {
        return Ok(());
    };
    Err(Error::new(
        ExitCode::Sql,
        "the file holds a NUL character, which SQL text cannot have",
    )
    .at(source.origin(at..at + 1))
    .help("save the file as UTF-8 text, or remove the character"))
}

/// Refuses a token that is never closed, and psql's meta-commands.
pub(super) fn token(source: &Source, token: &Token<'_>) -> Result<(), Error> {
    let at =
        |message: String| Error::new(ExitCode::Sql, message).at(source.origin(token.span.clone()));
    match token.kind {
        TokenKind::Unterminated(open) => {
            // The whole rest of the file would be underlined otherwise.
            let start = token.span.start;
            let (message, help) = match open {
                Open::String => (
                    "the string that starts here is never closed".into(),
                    "close it with '".into(),
                ),
                Open::QuotedIdent => (
                    "the quoted name that starts here is never closed".into(),
                    "close it with \"".into(),
                ),
                Open::Comment => (
                    "the comment that starts here is never closed".into(),
                    "close it with */ (comments nest: each /* wants its own */)".into(),
                ),
                Open::DollarQuote => {
                    let tag = dollar_tag(token.text);
                    (
                        format!("the dollar quote {tag} that starts here is never closed"),
                        format!("close it with {tag}; upper and lower case count"),
                    )
                }
            };
            let mut end = start + token.text.find(['\n', '\r']).unwrap_or(token.text.len());
            end = end.max(start + 1);
            Err(Error::new(ExitCode::Sql, message)
                .at(source.origin(start..end))
                .help(help))
        }
        TokenKind::Unknown if token.text == "\\" => {
            let rest = source.text().get(token.span.end..).unwrap_or_default();
            let command: String = rest
                .chars()
                .take_while(|c| !c.is_whitespace() && *c != ';')
                .collect();
            let help = match command.as_str() {
                "i" | "ir" | "include" | "include_relative" => {
                    "supaproof sends a file to the server itself: put the included text into this file"
                }
                "c" | "connect" => "remove the line: the target is chosen on the command line",
                _ => "remove it: supaproof sends a file to the server itself, which knows only SQL",
            };
            Err(at(format!("\\{command} is a command of psql, not SQL")).help(help))
        }
        _ => Ok(()),
    }
}

/// The opening tag of a dollar quote: `$$` or `$name$`.
fn dollar_tag(text: &str) -> &str {
    text.get(1..)
        .and_then(|rest| rest.find('$'))
        .and_then(|end| text.get(..end + 2))
        .unwrap_or("$$")
}

/// Refuses COPY from and to the client: its rows are no SQL, and nobody reads what it sends.
pub(super) fn copy(statement: &Statement) -> Result<(), Error> {
    let mut tokens = statement.tokens();
    if !tokens.next().is_some_and(|first| first.is_word("copy")) {
        return Ok(());
    }
    let mut depth = 0_usize;
    let mut direction = None;
    for token in tokens {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        let client = token.is_word("stdin") || token.is_word("stdout");
        match direction {
            Some("from") if client => {
                return Err(Error::new(
                    ExitCode::Sql,
                    "COPY … FROM STDIN reads rows that are no SQL; they cannot be sent",
                )
                .at(statement.origin())
                .help("write the rows as INSERT statements (pg_dump does with --inserts)"));
            }
            Some(_) if client => {
                return Err(Error::new(
                    ExitCode::Sql,
                    "COPY … TO STDOUT sends rows that nobody reads",
                )
                .at(statement.origin())
                .help("remove the statement, or run it with psql"));
            }
            _ => {}
        }
        direction = match () {
            () if depth == 0 && token.is_word("from") => Some("from"),
            () if depth == 0 && token.is_word("to") => Some("to"),
            () => None,
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::source::Source;
    use crate::sql::statements;

    fn refusal(sql: &str) -> String {
        let error = statements(&Source::new("a.sql", sql)).unwrap_err();
        assert!(error.help_text().is_some(), "{sql}: no help");
        assert_eq!(error.code() as u8, 5);
        format!("{}: {error}", error.origin().unwrap())
    }

    #[test]
    fn what_cannot_be_sent_is_refused_with_its_place() {
        assert_eq!(
            refusal("select 1;\n\\c other"),
            "a.sql:2:1: \\c is a command of psql, not SQL"
        );
        assert_eq!(
            refusal("\\restrict it's"),
            "a.sql:1:1: \\restrict is a command of psql, not SQL"
        );
        assert_eq!(
            refusal("select 1 \\gset"),
            "a.sql:1:10: \\gset is a command of psql, not SQL"
        );
        assert!(refusal("é 'a").starts_with("a.sql:1:3: the string"));
        assert!(refusal("\n\"a").starts_with("a.sql:2:1: the quoted name"));
        assert!(refusal("/* a").starts_with("a.sql:1:1: the comment"));
        assert!(refusal("do $body$ x $Body$;").contains("dollar quote $body$ that"));
        assert!(refusal("do $$ x").contains("dollar quote $$ that"));
        assert!(refusal("select 1\0").starts_with("a.sql:1:9: the file holds a NUL"));
        assert!(
            refusal("copy t (a, b) from stdin with (format csv);\n1,2\n\\.")
                .starts_with("a.sql:1:1: COPY")
        );
        assert!(refusal("copy (select 1) to stdout").contains("TO STDOUT"));
    }

    #[test]
    fn copy_between_server_and_file_is_sql() {
        let source = Source::new(
            "a.sql",
            "copy t from '/x'; copy (select stdin from stdout) to program 'x'",
        );
        assert_eq!(statements(&source).unwrap().len(), 2);
    }
}
