//! What the API says when it refuses.

use crate::target::http::Reply;
use crate::target::{Obstacle, ServerError, TargetError};

/// What stands before an error of the database.
const PREFIX: &str = "Failed to run sql query:";

/// The fields that may follow a message, each at the start of a line.
const FIELDS: [&str; 6] = ["LINE ", "DETAIL:", "HINT:", "CONTEXT:", "QUERY:", "WHERE:"];

/// An answer of failure as the error of a target.
pub(super) fn refused(target: &str, reply: &Reply, script: &str, repeatable: bool) -> TargetError {
    let body = reply.json().unwrap_or_default();
    let message = body.get("message").and_then(|text| text.as_str());
    if let Some(error) = message.and_then(|message| parse(message, script)) {
        return TargetError::Server(Box::new(error));
    }
    let words = reply.words();
    let (obstacle, reason) = match reply.status {
        401 => (
            Obstacle::Login,
            format!("the access token was refused ({words})"),
        ),
        403 => (
            Obstacle::Forbidden,
            format!("the access token may not do this ({words})"),
        ),
        404 => (
            Obstacle::Other,
            format!("there is no such project for this access token ({words})"),
        ),
        429 => (Obstacle::Other, format!("too many requests ({words})")),
        _ => (Obstacle::Other, words),
    };
    // A gateway that gives up says nothing of what goes on behind it.
    if !repeatable && matches!(reply.status, 408 | 500 | 502..=504 | 520..=599) {
        return TargetError::Lost {
            target: target.to_owned(),
            reason,
            completed: 0,
        };
    }
    TargetError::unreachable(target, obstacle, reason)
}

/// Whether it is the API that refuses what the token asks for, and not a firewall before it, which speaks no JSON.
pub(super) fn is_forbidden(reply: &Reply, error: &TargetError) -> bool {
    reply.status == 403
        && !matches!(error, TargetError::Server(_))
        && reply.json().is_ok_and(|body| body.is_object())
}

/// The error of the database in a message: `Failed to run sql query: ERROR:  42P01: relation …\nLINE 1: …`.
fn parse(message: &str, script: &str) -> Option<ServerError> {
    let text = message.trim_start();
    let text = text.strip_prefix(PREFIX).unwrap_or(text).trim_start();
    let (severity, rest) = text.split_once(':')?;
    if !matches!(severity, "ERROR" | "FATAL" | "PANIC") {
        return None;
    }
    let (sqlstate, rest) = rest.trim_start().split_once(':')?;
    if sqlstate.len() != 5 || !sqlstate.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let mut error = ServerError {
        sqlstate: sqlstate.to_owned(),
        severity: severity.to_owned(),
        ..ServerError::default()
    };
    // One space, and then the message, which may be empty.
    let mut lines = rest.strip_prefix(' ').unwrap_or(rest).lines();
    let mut field = "";
    error.message = lines.next().unwrap_or_default().to_owned();
    let mut line_shown = None;
    for line in lines {
        if let Some(name) = FIELDS.iter().find(|name| line.starts_with(**name)) {
            field = name;
            let text = line.get(name.len()..).unwrap_or_default().trim_start();
            match *name {
                "LINE " => line_shown = Some(line),
                "DETAIL:" => error.detail = Some(text.to_owned()),
                "HINT:" => error.hint = Some(text.to_owned()),
                _ => error.context = Some(text.to_owned()),
            }
            continue;
        }
        match field {
            "" => add(&mut error.message, line),
            "LINE " => {
                if let (Some(shown), Some(column)) = (line_shown.take(), line.find('^')) {
                    error.position = position(shown, column, script);
                }
            }
            "DETAIL:" => error.detail.iter_mut().for_each(|text| add(text, line)),
            "HINT:" => error.hint.iter_mut().for_each(|text| add(text, line)),
            _ => error.context.iter_mut().for_each(|text| add(text, line)),
        }
    }
    for text in [&mut error.detail, &mut error.hint, &mut error.context] {
        *text = text.take().filter(|text| !text.is_empty());
    }
    Some(error)
}

fn add(text: &mut String, line: &str) {
    if line.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

/// The character of the script, from 1, that `LINE n: …` and the `^` below it point at. The whole line is shown, and
/// counted in UTF-16 like all of JavaScript; the server's number was taken for such a one, so that it comes out again.
fn position(shown: &str, column: usize, script: &str) -> Option<usize> {
    let (number, _) = shown.strip_prefix("LINE ")?.split_once(':')?;
    let number: usize = number.parse().ok()?;
    let prefix = "LINE ".len() + number.to_string().len() + ": ".len();
    let before = script.split('\n').take(number.checked_sub(1)?);
    let before: usize = before.map(|line| line.encode_utf16().count() + 1).sum();
    Some(before + column.checked_sub(prefix)? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_the_database_is_read_from_its_text() {
        let script = "select 1;\nselect * from nope";
        let message = "Failed to run sql query: ERROR:  42P01: relation \"nope\" does not exist\n\
                       LINE 2: select * from nope\n                      ^\n";
        let error = parse(message, script).unwrap();
        assert_eq!(error.sqlstate, "42P01");
        assert_eq!(error.message, "relation \"nope\" does not exist");
        let at = error.position.unwrap();
        assert!(
            script
                .chars()
                .skip(at - 1)
                .collect::<String>()
                .starts_with("nope")
        );
        assert_eq!(error.completed, None);
    }

    #[test]
    fn its_fields_may_have_several_lines() {
        let message = "Failed to run sql query: ERROR:  P0001: first\nsecond\nDETAIL:  a\nb\nHINT:  c\n\
                       CONTEXT:  PL/pgSQL function f() line 3 at RAISE\nSQL statement \"select f()\"\n";
        let error = parse(message, "select f()").unwrap();
        assert_eq!(error.message, "first\nsecond");
        assert_eq!(error.detail.as_deref(), Some("a\nb"));
        assert_eq!(error.hint.as_deref(), Some("c"));
        let context = error.context.unwrap();
        assert_eq!(context.lines().count(), 2);
        assert_eq!(error.position, None);
    }

    #[test]
    fn other_messages_are_no_errors_of_the_database() {
        for message in [
            "",
            "Unauthorized",
            "ERROR: something",
            "ERROR:  1234: x",
            "Forbidden resource",
        ] {
            assert!(parse(message, "").is_none(), "{message}");
        }
    }
}
