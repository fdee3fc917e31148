//! What comes back from a call.

use serde_json::{Map, Value};

use super::script;
use crate::target::http::{Reply, unexpected};
use crate::target::{Obstacle, ServerError, TargetError};

/// What came of a call.
#[derive(Debug)]
pub(super) enum Answer {
    /// The function ran, and returned this.
    Value(Value),
    /// It ran, and the server refused what it ran; or it failed itself.
    Failed(Box<ServerError>),
    /// There is no such function; PostgREST may know a similar one.
    NoFunction { hint: Option<String> },
}

/// What errors that scripts of ours raise begin with.
const OURS: &str = "supaproof: ";

/// Reads an answer.
pub(super) fn read(target: &str, reply: &Reply, repeatable: bool) -> Result<Answer, TargetError> {
    if reply.is_success() {
        let json = reply.json();
        let value = json.map_err(|reason| unexpected(target, reason, repeatable))?;
        return match swallowed(&value) {
            Some(error) => Ok(Answer::Failed(Box::new(error))),
            None => Ok(Answer::Value(value)),
        };
    }
    let body = reply.json().unwrap_or_default();
    let field = |name: &str| body.get(name)?.as_str().map(ToOwned::to_owned);
    let code = field("code").unwrap_or_default();
    if code == "PGRST202" {
        return Ok(Answer::NoFunction {
            hint: field("hint"),
        });
    }
    let message = field("message").unwrap_or_default();
    // An error of ours is known by its text: not everything in between hands codes on.
    let ours = script::carried(&message).is_some() || message.contains(OURS);
    if is_sqlstate(&code) || ours {
        return Ok(Answer::Failed(Box::new(ServerError {
            sqlstate: code,
            severity: "ERROR".to_owned(),
            message,
            detail: field("details"),
            hint: field("hint"),
            ..ServerError::default()
        })));
    }
    let words = reply.words();
    let reason = match (reply.status, code.as_str()) {
        (401, _) => format!("the key was refused ({words})"),
        (_, "") => words,
        (_, code) => format!("{words} ({code})"),
    };
    // What PostgREST itself refuses has not run.
    let not_run = code.starts_with("PGRST");
    if !repeatable && !not_run && matches!(reply.status, 408 | 500 | 502..=504 | 520..=599) {
        return Err(TargetError::Lost {
            target: target.to_owned(),
            reason,
            completed: 0,
        });
    }
    Err(TargetError::Unreachable {
        target: target.to_owned(),
        reason,
        sqlstate: Some(code).filter(|code| !code.is_empty()),
        obstacle: match reply.status {
            401 => Obstacle::Login,
            _ => Obstacle::Other,
        },
    })
}

/// What such a function says of an error, where it says nothing else.
const ABOUT_AN_ERROR: [&str; 9] = [
    "error", "code", "sqlstate", "message", "detail", "details", "hint", "context", "query",
];

/// The error in an answer of success: functions that catch what goes wrong return it, with HTTP 200.
fn swallowed(value: &Value) -> Option<ServerError> {
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Array(rows) if rows.len() == 1 => rows[0].as_object()?,
        _ => return None,
    };
    let failed = fields.get("success").and_then(Value::as_bool) == Some(false)
        || fields.get("status").and_then(Value::as_str) == Some("error")
        || fields.get("ok").and_then(Value::as_bool) == Some(false)
        || (fields.get("error").is_some_and(|error| !error.is_null())
            && fields
                .keys()
                .all(|key| ABOUT_AN_ERROR.contains(&key.as_str())));
    failed.then(|| error_of(fields))
}

fn error_of(fields: &Map<String, Value>) -> ServerError {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| fields.get(*name));
        found.and_then(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        })
    };
    ServerError {
        sqlstate: text(&["code", "sqlstate", "error_code", "errcode"])
            .filter(|code| is_sqlstate(code))
            .unwrap_or_else(|| "XX000".to_owned()),
        severity: "ERROR".to_owned(),
        message: text(&["error", "message", "error_message", "sqlerrm"])
            .unwrap_or_else(|| "the function says that it failed, and not why".to_owned()),
        detail: text(&["detail", "details"]),
        hint: text(&["hint"]),
        ..ServerError::default()
    }
}

fn is_sqlstate(code: &str) -> bool {
    code.len() == 5
        && code
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_error_that_was_caught_is_one() {
        let error =
            swallowed(&json!({"success": false, "error": "boom", "code": "42P01"})).unwrap();
        assert_eq!(
            (error.sqlstate.as_str(), error.message.as_str()),
            ("42P01", "boom")
        );
        let error = swallowed(&json!([{"status": "error", "message": "boom"}])).unwrap();
        assert_eq!(
            (error.sqlstate.as_str(), error.message.as_str()),
            ("XX000", "boom")
        );
        for value in [
            json!(null),
            json!({"success": true}),
            json!([]),
            json!("text"),
            json!({"rows": 1}),
        ] {
            assert!(swallowed(&value).is_none(), "{value}");
        }
    }
}
