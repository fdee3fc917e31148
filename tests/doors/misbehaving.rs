//! Servers that do not behave, behind both doors.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use supaproof::error::{Error, ExitCode};
use supaproof::target::data_api::DataApiTarget;
use supaproof::target::http::{Key, Options, Repetition};
use supaproof::target::management::{Api, ManagementTarget, Reference};
use supaproof::target::{Target, TargetError};

use crate::api::{self, REFERENCE, TOKEN};
use crate::block;
use crate::http::{Http, Request, answer, json};

const SECRET: &str = "sb_secret_abcdefghijklmnop";

/// Both doors to a port, the second with its limit of time.
fn doors(port: u16, limit: Option<Duration>) -> [Box<dyn Target>; 2] {
    let deadline = limit.map(|limit| (Instant::now() + limit, limit));
    let options = |path| Options {
        deadline,
        ..api::options(port, path)
    };
    let reference = Reference::find(REFERENCE).unwrap();
    let token = Key::new("SUPABASE_ACCESS_TOKEN", TOKEN).unwrap();
    let api = Api::new(options(""), reference, token).unwrap();
    let secret = Key::new("SUPABASE_SECRET_KEY", SECRET).unwrap();
    [
        Box::new(ManagementTarget::new(api)),
        Box::new(DataApiTarget::new(options("/rest/v1"), &secret).unwrap()),
    ]
}

fn read(target: &mut dyn Target) -> Result<Value, TargetError> {
    block(target.read_json("", "select '1'::json"))
}

/// What both doors say of a server, with how many requests they made.
fn said(
    limit: Option<Duration>,
    serve: impl Fn(&Request, usize, &mut TcpStream) + Send + Sync + Clone + 'static,
) -> Vec<(TargetError, usize)> {
    (0..2)
        .map(|door| {
            let http = Http::serve(serve.clone());
            let [one, two] = doors(http.port, limit);
            let mut target = if door == 0 { one } else { two };
            let error = read(&mut *target).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(!text.contains(TOKEN) && !text.contains(SECRET), "{text}");
            (error, http.count())
        })
        .collect()
}

#[test]
fn what_is_no_json_is_said_to_be_none() {
    let page = "<!DOCTYPE html>\n<html><head><title>Project paused</title></head></html>";
    for (error, requests) in said(None, move |_, _, stream| {
        answer(stream, 200, &[("content-type", "text/html")], page)
    }) {
        assert!(
            error
                .to_string()
                .contains("a web page came instead of JSON: Project paused"),
            "{error}"
        );
        assert_eq!(requests, 1);
    }
    for (error, _) in said(None, |_, _, stream| {
        answer(stream, 403, &[], "error code: 1010")
    }) {
        assert!(
            error.to_string().contains("HTTP 403: error code: 1010"),
            "{error}"
        );
    }
    for body in [
        "",
        "[]",
        "{}",
        "7",
        "[[]]",
        "[{\"value\": null}]",
        "[{\"value\": \"{\"}]",
        "null",
        "\"{\"",
        "\"x",
        "\"x\"",
        "\"supaproof value: \"",
    ] {
        for (error, _) in said(None, move |_, _, stream| json(stream, 200, body)) {
            assert_eq!(Error::from(error).code(), ExitCode::Unreachable, "{body}");
        }
    }
    for (error, _) in said(None, |_, _, stream| {
        let deep = "[".repeat(100_000);
        json(stream, 200, &deep);
    }) {
        assert!(error.to_string().contains("recursion limit"), "{error}");
    }
    // What was sent to be run may have run.
    for mut target in doors(
        Http::serve(move |_, _, stream| answer(stream, 200, &[], page)).port,
        None,
    ) {
        let error = block(target.run("select 1", &mut |_| {})).unwrap_err();
        assert!(matches!(error, TargetError::Lost { .. }), "{error:?}");
    }
}

#[test]
fn a_body_that_is_cut_is_no_answer() {
    for (error, requests) in said(None, |_, _, stream| {
        let _ = stream
            .write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n[{\"value\": \"1");
    }) {
        assert!(
            error
                .to_string()
                .contains("the connection ended before the answer was whole"),
            "{error}"
        );
        assert!(matches!(error, TargetError::Lost { .. }), "{error:?}");
        // A reading may be asked for again.
        assert_eq!(requests, 4);
    }
    // The same without a length: the body is over when the connection is.
    for (error, _) in said(None, |_, _, stream| {
        let _ =
            stream.write_all(b"HTTP/1.1 201 Created\r\nconnection: close\r\n\r\n[{\"value\": \"1");
    }) {
        assert!(
            error
                .to_string()
                .contains("the answer is cut off in the middle"),
            "{error}"
        );
    }
    for (error, _) in said(None, |_, _, _| {}) {
        assert!(matches!(error, TargetError::Lost { .. }), "{error:?}");
    }
    for (error, _) in said(None, |_, _, stream| {
        let _ = stream.write_all(b"\x15\x03\x01\x00\x02\x02\x0a\r\n\r\n");
    }) {
        assert!(matches!(error, TargetError::Lost { .. }), "{error:?}");
    }
}

/// Whoever says nothing of a pause is asked again after one of our own, each longer than that before it.
#[test]
fn pauses_of_our_own_grow() {
    let repetition = Repetition {
        times: 3,
        first: Duration::from_millis(100),
        longest: Duration::from_secs(1),
    };
    let http = Http::serve(|_, _, _| {});
    let options = Options {
        repetition,
        ..api::options(http.port, "/rest/v1")
    };
    let key = Key::new("SUPABASE_SECRET_KEY", SECRET).unwrap();
    let start = Instant::now();
    let error = read(&mut DataApiTarget::new(options, &key).unwrap()).unwrap_err();
    assert!(matches!(error, TargetError::Lost { .. }), "{error:?}");
    assert_eq!(http.count(), 4);
    assert!(
        start.elapsed() >= 7 * repetition.first,
        "{:?}",
        start.elapsed()
    );
    // In a run of the program they are longer.
    let own = Repetition::default();
    assert_eq!(
        (own.times, own.first, own.longest.as_secs()),
        (3, Duration::from_millis(500), 30)
    );
}

#[test]
fn no_key_follows_a_redirect() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Http::serve(|_, _, stream| json(stream, 200, "[{\"value\": \"1\"}]"));
        let port = elsewhere.port;
        for (error, requests) in said(None, move |_, _, stream| {
            let location = format!("http://localhost:{port}/?from={TOKEN}");
            answer(stream, status, &[("location", &location)], "");
        }) {
            let text = error.to_string();
            assert!(
                text.contains(&format!(
                    "it sends us on to localhost:{port}, which is not followed"
                )),
                "{text}"
            );
            assert_eq!(requests, 1);
        }
        assert_eq!(elsewhere.count(), 0);
    }
}

#[test]
fn a_stall_ends_with_our_limit() {
    let limit = Duration::from_secs(1);
    for wait in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[{",
    ] {
        let start = Instant::now();
        for (error, requests) in said(Some(limit), move |_, _, stream| {
            let _ = stream.write_all(wait.as_bytes());
            std::thread::sleep(Duration::from_secs(30));
        }) {
            assert!(
                matches!(error, TargetError::TimedOut { limit: of, .. } if of == limit),
                "{error:?}"
            );
            assert_eq!(requests, 1);
        }
        assert!(start.elapsed() < 4 * limit, "{:?}", start.elapsed());
    }
    // A pause that is asked for does not go beyond it either.
    let start = Instant::now();
    for (error, requests) in said(Some(limit), |_, _, stream| {
        answer(stream, 429, &[("retry-after", "3600")], "")
    }) {
        assert!(error.to_string().contains("HTTP 429"), "{error}");
        assert_eq!(requests, 1);
    }
    assert!(start.elapsed() < 4 * limit, "{:?}", start.elapsed());
}

/// The largest part of this process's memory that was ever in use, in MiB.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

#[test]
fn an_answer_without_end_takes_no_more_than_so_much_memory() {
    for (error, requests) in said(None, |_, _, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2147483648\r\n\r\n[");
        std::thread::sleep(Duration::from_secs(5));
    }) {
        assert!(
            error
                .to_string()
                .contains("the answer has more than 256 MiB"),
            "{error}"
        );
        assert_eq!(requests, 1);
    }
    let endless = |_: &Request, _: usize, stream: &mut TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        while stream.write_all(chunk.as_bytes()).is_ok() {}
    };
    for (error, requests) in said(None, endless) {
        assert!(
            error
                .to_string()
                .contains("the answer has more than 256 MiB"),
            "{error}"
        );
        assert_eq!(requests, 1);
    }
    // Neither do headers.
    for (error, _) in said(None, |_, _, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream
            .write_all(b"x-header: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n")
            .is_ok()
        {}
    }) {
        assert!(matches!(error, TargetError::Lost { .. }), "{error:?}");
    }
    if let Some(memory) = memory() {
        assert!(memory < 700, "{memory} MiB");
    }
}

#[test]
fn what_was_refused_is_not_asked_again() {
    for (status, body, says) in [
        (
            401,
            "{\"message\": \"Unauthorized\"}",
            "was refused (HTTP 401: Unauthorized)",
        ),
        (
            401,
            "{\"message\": \"Legacy API keys are disabled\"}",
            "Legacy API keys are disabled",
        ),
        (
            403,
            "{\"message\": \"Forbidden resource\"}",
            "HTTP 403: Forbidden resource",
        ),
        (
            404,
            "{\"message\": \"Project not found\"}",
            "HTTP 404: Project not found",
        ),
        (
            300,
            "{\"code\": \"PGRST203\", \"message\": \"Could not choose the best candidate function\"}",
            "Could not choose",
        ),
        (418, "{\"msg\": \"no\"}", "HTTP 418: no"),
    ] {
        let said = said(None, move |_, _, stream| json(stream, status, body));
        for (door, (error, requests)) in said.into_iter().enumerate() {
            assert!(
                matches!(error, TargetError::Unreachable { .. }),
                "{status}: {error:?}"
            );
            assert!(error.to_string().contains(says), "{status}: {error}");
            // A token that may not do this may read all the same, by a path of the Management API for that.
            let allowed = if (door, status) == (0, 403) { 2 } else { 1 };
            assert_eq!(requests, allowed, "{status}");
        }
    }
    // A server that wants to be asked again and then refuses: the first refusal ends it.
    for (error, requests) in said(None, |_, before, stream| match before {
        0 => answer(stream, 429, &[("retry-after", "0")], ""),
        _ => json(stream, 401, "{\"message\": \"Unauthorized\"}"),
    }) {
        assert!(error.to_string().contains("HTTP 401"), "{error}");
        assert_eq!(requests, 2);
    }
}

/// What a gateway or Cloudflare says instead of the server is asked again, and what the database says is not.
#[test]
fn what_stands_in_between_is_asked_again() {
    for status in [500, 502, 503, 504, 520, 522, 524] {
        for (error, requests) in said(None, move |_, _, stream| answer(stream, status, &[], "")) {
            assert!(
                error.to_string().contains(&format!("HTTP {status}")),
                "{error}"
            );
            assert_eq!(requests, 4, "{status}");
        }
    }
    let database = "{\"code\": \"57014\", \"message\": \"ERROR:  57014: too slow\"}";
    for (error, requests) in said(None, move |_, _, stream| json(stream, 500, database)) {
        assert!(matches!(error, TargetError::Server(_)), "{error:?}");
        assert_eq!(requests, 1);
    }
    // What was sent to be run may have run.
    let http = Http::serve(|_, _, stream| answer(stream, 520, &[], ""));
    for mut target in doors(http.port, None) {
        let error = block(target.run("select 1", &mut |_| {})).unwrap_err();
        assert!(matches!(error, TargetError::Lost { .. }), "{error:?}");
    }
    assert_eq!(http.count(), 2);
}

/// Who says that no request is left gets none until one is, within the limit of the run.
#[test]
fn nothing_is_asked_while_no_request_is_free() {
    let used_up = |_: &Request, before: usize, stream: &mut TcpStream| {
        let left = if before == 0 { "0" } else { "100" };
        let headers = [("x-ratelimit-remaining", left), ("x-ratelimit-reset", "1")];
        answer(stream, 201, &headers, "[{\"value\": \"1\"}]");
    };
    for (limit, waits) in [(None, true), (Some(Duration::from_millis(900)), false)] {
        let http = Http::serve(used_up);
        let [mut target, _] = doors(http.port, limit);
        let start = Instant::now();
        block(async {
            target.read_json("", "select 1").await.unwrap();
            assert!(start.elapsed() < Duration::from_millis(700));
            target.read_json("", "select 1").await.unwrap();
        });
        assert_eq!(start.elapsed() >= Duration::from_millis(950), waits);
        assert_eq!(http.count(), 2);
    }
}

#[test]
fn whoever_is_not_there_is_said_not_to_be() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for mut target in doors(port, None) {
        let error = read(&mut *target).unwrap_err();
        assert!(
            error.to_string().contains("nobody listens there"),
            "{error}"
        );
        assert_eq!(Error::from(error).code(), ExitCode::Unreachable);
    }
}

#[test]
fn only_encrypted_or_on_this_machine() {
    let key = Key::new("SUPABASE_SECRET_KEY", SECRET).unwrap();
    for base in [
        "http://db.example.com/rest/v1",
        "http://127.0.0.1.example.com",
        "ftp://localhost",
        "http://[::ffff:8.8.8.8]/",
    ] {
        let mut options = api::options(1, "");
        options.base = reqwest::Url::parse(base).unwrap();
        let Err(error) = DataApiTarget::new(options, &key) else {
            panic!("{base}")
        };
        assert_eq!(error.code(), ExitCode::Usage, "{base}");
    }
    for base in [
        "https://db.example.com/rest/v1",
        "http://localhost:1/",
        "http://[::1]:1",
        "http://127.1.2.3",
    ] {
        let mut options = api::options(1, "");
        options.base = reqwest::Url::parse(base).unwrap();
        assert!(DataApiTarget::new(options, &key).is_ok(), "{base}");
    }
}

/// Keys for the public open nothing, and a new key goes in one header alone.
#[test]
fn a_key_is_sent_as_its_kind_asks() {
    for key in [
        "sb_publishable_x",
        "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2ln",
    ] {
        let key = Key::new("SUPABASE_SECRET_KEY", key).unwrap();
        assert!(DataApiTarget::new(api::options(1, "/rest/v1"), &key).is_err());
    }
    let legacy = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2ln";
    for (text, bearer) in [(SECRET, None), (legacy, Some(format!("Bearer {legacy}")))] {
        let http = Http::serve(|_, _, stream| json(stream, 200, "\"supaproof value: 1\""));
        let key = Key::new("SUPABASE_SECRET_KEY", text).unwrap();
        let mut target = DataApiTarget::new(api::options(http.port, "/rest/v1"), &key).unwrap();
        assert_eq!(read(&mut target).unwrap(), 1);
        let request = &http.requests()[0];
        assert_eq!(request.header("apikey"), Some(text));
        assert_eq!(request.header("authorization"), bearer.as_deref());
        assert_eq!(request.path, "/rest/v1/rpc/exec_sql");
        assert_eq!(
            request.text().matches("content-type").count(),
            1,
            "{}",
            request.text()
        );
        assert!(
            request
                .header("user-agent")
                .is_some_and(|agent| agent.starts_with("supaproof/"))
        );
    }
}
