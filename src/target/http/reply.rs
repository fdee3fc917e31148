//! An answer.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::redact::redact;

/// The most of an answer's text that a message repeats, in characters.
const SHOWN: usize = 200;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    pub(super) fn new(status: u16, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }

    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON; `Null` where it is empty.
    ///
    /// # Errors
    /// What it is instead.
    pub fn json(&self) -> Result<Value, String> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|error| match self.title() {
            Some(title) => format!("a web page came instead of JSON: {title}"),
            None if error.is_eof() => "the answer is cut off in the middle".to_owned(),
            None => format!("the answer is not JSON ({error})"),
        })
    }

    /// What an answer of failure says: `HTTP 404: project not found`.
    pub fn words(&self) -> String {
        let text = match self.json() {
            Ok(Value::Object(fields)) => ["message", "error_description", "error", "msg"]
                .iter()
                .find_map(|name| fields.get(*name)?.as_str().map(ToOwned::to_owned)),
            Ok(_) => None,
            Err(reason) => match self.title() {
                Some(_) => Some(reason),
                None => Some(String::from_utf8_lossy(&self.body).trim().to_owned()),
            },
        };
        match text.filter(|text| !text.is_empty()) {
            Some(text) => {
                let shown: String = text.chars().take(SHOWN).collect();
                let more = if text.chars().count() > SHOWN {
                    "…"
                } else {
                    ""
                };
                format!("HTTP {}: {}{more}", self.status, redact(&shown))
            }
            None => format!("HTTP {}", self.status),
        }
    }

    /// Whether it asks to be asked again later. What was refused with 429 has not run; what a gateway gave up on (502 to
    /// 504, Cloudflare's 520 to 530) may have. A database's own error is the answer, whatever its status: PostgREST says 500
    /// for many of them.
    pub(super) fn asks_to_wait(&self, repeatable: bool) -> bool {
        match self.status {
            429 => true,
            502..=504 => repeatable,
            500 | 520..=530 => repeatable && !self.is_of_the_database(),
            _ => false,
        }
    }

    /// Whether it tells of an SQLSTATE, in the form of PostgREST or of the Management API.
    fn is_of_the_database(&self) -> bool {
        let Ok(Value::Object(fields)) = self.json() else {
            return false;
        };
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        text("code").is_some_and(|code| !code.is_empty())
            || text("message").is_some_and(|text| text.contains("ERROR:"))
    }

    /// How long nothing more is to be asked: all requests of the time are used up.
    pub(super) fn exhausted(&self) -> Option<Duration> {
        let number = |name: &str| self.headers.get(name)?.to_str().ok()?.trim().parse().ok();
        match number("x-ratelimit-remaining") {
            Some(0) => number("x-ratelimit-reset").map(Duration::from_secs),
            _ => None,
        }
    }

    /// The pause that it asks for.
    pub(super) fn pause(&self) -> Option<Duration> {
        let seconds = |name: &str| {
            let text = self.headers.get(name)?.to_str().ok()?;
            text.trim().parse::<u64>().ok().map(Duration::from_secs)
        };
        let until = || {
            let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
            let date = rfc2822::parse(text.trim()).ok()?.timestamp();
            let left = date.duration_since(Timestamp::now());
            // One that is past asks for nothing more.
            Some(Duration::try_from(left).unwrap_or_default())
        };
        let reset = || match self.status {
            429 => seconds("x-ratelimit-reset"),
            _ => None,
        };
        seconds(RETRY_AFTER.as_str()).or_else(until).or_else(reset)
    }

    /// The title of a web page.
    fn title(&self) -> Option<String> {
        let text = String::from_utf8_lossy(self.body.get(..4096).unwrap_or(&self.body));
        let lower = text.trim_start().to_ascii_lowercase();
        if !(lower.starts_with("<!doctype html") || lower.starts_with("<html")) {
            return None;
        }
        let title = text
            .split_once("<title>")
            .and_then(|(_, rest)| rest.split_once("</title>"))
            .map(|(title, _)| title.split_whitespace().collect::<Vec<_>>().join(" "));
        Some(title.unwrap_or_else(|| "(without a title)".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply::new(status, HeaderMap::new(), body.as_bytes().to_vec())
    }

    #[test]
    fn what_an_answer_says_is_found_in_every_form_of_it() {
        for (body, words) in [
            ("", "HTTP 500"),
            ("[]", "HTTP 500"),
            (r#"{"message":"no"}"#, "HTTP 500: no"),
            (r#"{"error":"no","code":1}"#, "HTTP 500: no"),
            ("error code: 1010", "HTTP 500: error code: 1010"),
            (
                "<!DOCTYPE html><html><title>502\n Bad Gateway</title>",
                "HTTP 500: a web page came instead of JSON: 502 Bad Gateway",
            ),
        ] {
            assert_eq!(reply(500, body).words(), words);
        }
        let long = reply(500, &"x".repeat(1000)).words();
        assert_eq!(long.chars().count(), "HTTP 500: ".len() + SHOWN + 1);
    }

    #[test]
    fn json_that_is_none_is_told_apart() {
        let says = |body: &str| reply(200, body).json().unwrap_err();
        assert_eq!(says(r#"[{"a":"#), "the answer is cut off in the middle");
        assert!(says("<html><title>Paused</title>").ends_with("Paused"));
        assert!(says("nothing").starts_with("the answer is not JSON"));
        assert_eq!(reply(204, " \n").json().unwrap(), Value::Null);
    }

    #[test]
    fn a_pause_is_taken_from_the_answer() {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-reset", "7".parse().unwrap());
        let reply = Reply::new(429, headers.clone(), Vec::new());
        assert_eq!(reply.pause(), Some(Duration::from_secs(7)));
        headers.insert(RETRY_AFTER, "3".parse().unwrap());
        let reply = Reply::new(429, headers, Vec::new());
        assert_eq!(reply.pause(), Some(Duration::from_secs(3)));
        assert!(reply.asks_to_wait(false));
        assert!(!super::tests::reply(503, "").asks_to_wait(false));
        assert!(super::tests::reply(503, "").asks_to_wait(true));
    }

    #[test]
    fn a_pause_may_be_a_date() {
        let at = |shift: i64| {
            let then = Timestamp::now() + jiff::SignedDuration::from_secs(shift);
            let mut headers = HeaderMap::new();
            let text = rfc2822::to_string(&then.to_zoned(jiff::tz::TimeZone::UTC)).unwrap();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            Reply::new(503, headers, Vec::new()).pause().unwrap()
        };
        let ahead = at(100).as_secs();
        assert!((95..=100).contains(&ahead), "{ahead}");
        assert_eq!(at(-100), Duration::ZERO);
        let mut headers = HeaderMap::new();
        headers.insert(
            RETRY_AFTER,
            "Wed, 21 Oct 2015 07:28:00 GMT".parse().unwrap(),
        );
        assert_eq!(
            Reply::new(503, headers, Vec::new()).pause(),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn an_error_of_the_database_is_not_asked_for_again() {
        for status in [500, 520, 521, 522, 523, 524] {
            for body in ["", "{}", "<html>", r#"{"message":"Internal Server Error"}"#] {
                assert!(reply(status, body).asks_to_wait(true), "{status} {body}");
                assert!(!reply(status, body).asks_to_wait(false), "{status} {body}");
            }
            for body in [
                r#"{"code":"57014","message":"canceling statement"}"#,
                r#"{"message":"Failed to run sql query: ERROR:  XX000: x"}"#,
            ] {
                assert!(!reply(status, body).asks_to_wait(true), "{status} {body}");
            }
        }
        assert!(!reply(501, "").asks_to_wait(true));
    }

    #[test]
    fn what_is_used_up_says_for_how_long() {
        let exhausted = |left: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-ratelimit-remaining", left.parse().unwrap());
            headers.insert("x-ratelimit-reset", "7".parse().unwrap());
            Reply::new(200, headers, Vec::new()).exhausted()
        };
        assert_eq!(exhausted("0"), Some(Duration::from_secs(7)));
        assert_eq!(exhausted("1"), None);
        assert_eq!(reply(200, "").exhausted(), None);
    }
}
