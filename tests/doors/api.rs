//! A stand-in for the Management API, on a real Postgres.
//!
//! What it does is what is known of the real one: a query is one simple-protocol message on a connection of its own, as
//! `postgres`; what comes back are the rows of the last statement that had any, as JavaScript sees them; an error is text.
//!
//! Source: the API's reference; postgres-meta, `src/lib/db.ts`.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Url;
use serde_json::{Map, Number, Value, json};
use supaproof::target::http::{Key, Options, Repetition};
use supaproof::target::management::{Api, ManagementTarget, Reference};

use crate::http::{self, Http, Request};
use crate::postgres::{self, Answer, Fields};

pub(crate) const REFERENCE: &str = "abcdefghijklmnopqrst";
pub(crate) const TOKEN: &str = "sbp_0123456789012345678901234567890123456789";

/// A token that may read the database (`database_read`) and see how the services are, and nothing more.
pub(crate) const READER: &str = "sbp_reader_89012345678901234567890123456789";

/// A token that may do nothing.
pub(crate) const STRANGER: &str = "sbp_stranger_0123456789012345678901234567";

/// What the project signs its tokens with. Nobody has asked for it.
pub(crate) const JWT_SECRET: &str = "signs-every-token-7c1f09d2";

/// The password of the next temporary login.
pub(crate) const LOGIN: &str = "temporary-5c6f2b0e";

/// How many requests are free in a minute.
const ALLOWED: usize = 120;

/// The longest body: postgres-meta's default.
const LONGEST_BODY: usize = 3 * 1024 * 1024;

/// The stand-in.
pub(crate) struct StandIn {
    pub(crate) http: Http,
}

impl StandIn {
    /// For one project, whose database is this one.
    pub(crate) fn start(socket: PathBuf, database: &str) -> Self {
        let (database, asked) = (database.to_owned(), AtomicUsize::new(0));
        Self {
            http: Http::serve(move |request, _, stream| {
                let asked = asked.fetch_add(1, Ordering::Relaxed) + 1;
                let left = ALLOWED.saturating_sub(asked);
                let (status, body) = match left {
                    0 => (
                        429,
                        json!({"message": "ThrottlerException: Too Many Requests"}).to_string(),
                    ),
                    _ => respond(request, &socket, &database),
                };
                reply(stream, status, left, &body);
            }),
        }
    }

    pub(crate) fn target(&self) -> ManagementTarget {
        ManagementTarget::new(self.api(TOKEN))
    }

    pub(crate) fn api(&self, token: &str) -> Api {
        api(self.http.port, token)
    }
}

/// The API at a port of this machine.
pub(crate) fn api(port: u16, token: &str) -> Api {
    let reference = Reference::find(REFERENCE).unwrap();
    let token = Key::new("SUPABASE_ACCESS_TOKEN", token).unwrap();
    Api::new(options(port, ""), reference, token).unwrap()
}

/// How a server of this machine is reached.
pub(crate) fn options(port: u16, path: &str) -> Options {
    Options {
        base: Url::parse(&format!("http://127.0.0.1:{port}{path}")).unwrap(),
        ca: None,
        connect: std::time::Duration::from_secs(10),
        deadline: None,
        // Nobody else is slowed down by it; what the other side asks for is waited all the same.
        repetition: Repetition {
            first: std::time::Duration::from_millis(20),
            ..Repetition::default()
        },
    }
}

fn reply(stream: &mut TcpStream, status: u16, left: usize, body: &str) {
    let (limit, left) = (ALLOWED.to_string(), left.to_string());
    let headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("x-ratelimit-limit", limit.as_str()),
        ("x-ratelimit-remaining", left.as_str()),
        ("x-ratelimit-reset", "60"),
    ];
    http::answer(stream, status, &headers, body);
}

fn respond(request: &Request, socket: &Path, database: &str) -> (u16, String) {
    let said = |status, message: &str| (status, json!({ "message": message }).to_string());
    if request.header("user-agent").is_none() {
        return (403, "error code: 1010".to_owned());
    }
    let token = match request.header("authorization") {
        None => return said(401, "No access token provided"),
        Some(given) => given.strip_prefix("Bearer ").unwrap_or_default(),
    };
    if ![TOKEN, READER, STRANGER].contains(&token) {
        return said(401, "Unauthorized");
    }
    let Some(path) = request.path.strip_prefix("/v1/projects/") else {
        return said(404, &format!("Cannot {} {}", request.method, request.path));
    };
    let (reference, path) = path.split_once('/').unwrap();
    if reference != REFERENCE {
        return said(404, "Project not found");
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    const READABLE: [&str; 3] = [
        "database/query/read-only",
        "health",
        "config/database/pooler",
    ];
    match token {
        TOKEN => {}
        READER if READABLE.contains(&path) => {}
        _ => return said(403, "Forbidden resource"),
    }
    match (request.method.as_str(), path) {
        ("POST", "database/query") => run(request, socket, "postgres", database),
        ("POST", "database/query/read-only") => {
            run(request, socket, "supabase_read_only_user", database)
        }
        ("GET", "config/database/pooler") => (200, poolers().to_string()),
        ("GET", "health") => match query.strip_prefix("services=") {
            None => said(400, "services: Required"),
            Some(names) => {
                let health =
                    |name| json!({"name": name, "status": "ACTIVE_HEALTHY", "healthy": true});
                let all: Vec<Value> = names.split(',').map(health).collect();
                (200, Value::from(all).to_string())
            }
        },
        ("GET", "postgrest") => (
            200,
            json!({
                "db_schema": "public,api", "max_rows": 1000, "db_extra_search_path": "public, extensions",
                "db_pool": null, "jwt_secret": JWT_SECRET
            })
            .to_string(),
        ),
        ("GET", "api-keys") => (200, keys().to_string()),
        ("GET", "api-keys/legacy") => (200, json!({"enabled": false}).to_string()),
        ("GET", "advisors/security") => (200, lints().to_string()),
        ("GET", "database/migrations") => (
            200,
            json!([{"version": "20261101000000", "name": "orders"}, {"version": "20261102000000"}])
                .to_string(),
        ),
        ("POST", "cli/login-role") => (201, login(request, socket, database).to_string()),
        (method, path) => said(
            404,
            &format!("Cannot {method} /v1/projects/{reference}/{path}"),
        ),
    }
}

fn poolers() -> Value {
    json!([{
        "identifier": REFERENCE,
        "database_type": "PRIMARY",
        "db_user": format!("postgres.{REFERENCE}"),
        "db_host": "aws-1-eu-central-1.pooler.supabase.com",
        "db_port": 6543,
        "db_name": "postgres",
        "connection_string": format!(
            "postgresql://postgres.{REFERENCE}:[YOUR-PASSWORD]@aws-1-eu-central-1.pooler.supabase.com:6543/postgres"
        ),
        "pool_mode": "transaction",
        "default_pool_size": null,
        "max_client_conn": null
    }])
}

/// A role that logs in and is a member of `postgres`, or of the one that only reads, whose password is made anew. The second one
/// is for who stands in for a pooler, which takes the project from the user's name.
fn login(request: &Request, socket: &Path, database: &str) -> Value {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let of = match body["read_only"].as_bool().unwrap() {
        true => "supabase_read_only_user",
        false => "postgres",
    };
    let name = format!("cli_login_{of}");
    for role in [name.clone(), format!("{name}.{REFERENCE}")] {
        let sql = format!(
            "do $$ begin
               if to_regrole('{of}') is null then create role {of} bypassrls; grant pg_read_all_data to {of}; end if;
               if to_regrole('\"{role}\"') is null then create role \"{role}\" noinherit login in role {of}; end if;
               alter role \"{role}\" password '{LOGIN}' valid until '2100-01-01';
             end $$"
        );
        postgres::query(socket, "postgres", database, &sql).unwrap();
    }
    json!({"role": name, "password": LOGIN, "ttl_seconds": 300})
}

fn lints() -> Value {
    let lint = |name: &str, title: &str, level: &str| {
        json!({
            "name": name, "title": title, "level": level, "facing": "EXTERNAL", "categories": ["SECURITY"],
            "description": "…", "detail": "…", "remediation": "https://supabase.com/docs/guides/database/database-linter",
            "metadata": {}, "cache_key": name
        })
    };
    json!({"lints": [
        lint("function_search_path_mutable", "Function Search Path Mutable", "WARN"),
        lint("rls_disabled_in_public", "RLS Disabled in Public", "ERROR"),
        lint("rls_enabled_no_policy", "RLS Enabled No Policy", "INFO")
    ]})
}

fn keys() -> Value {
    json!([
        {"name": "anon", "type": "legacy", "id": "anon", "api_key": "eyJ…"},
        {"name": "service_role", "type": "legacy", "id": "service_role", "api_key": "eyJ…"},
        {"name": "default", "type": "publishable", "id": "1", "prefix": "abc"},
        {"name": "default", "type": "secret", "id": "2", "prefix": "def"}
    ])
}

fn run(request: &Request, socket: &Path, user: &str, database: &str) -> (u16, String) {
    let said = |status, message: String| (status, json!({ "message": message }).to_string());
    if request.body.len() > LONGEST_BODY {
        return said(413, "request entity too large".to_owned());
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let Some(sql) = body.get("query").and_then(Value::as_str) else {
        return said(400, "query: Required".to_owned());
    };
    match postgres::query(socket, user, database, sql) {
        Ok(answers) => (201, rows(answers).to_string()),
        Err(fields) => said(
            400,
            format!("Failed to run sql query: {}", text(&fields, sql)),
        ),
    }
}

/// The rows of the last statement that had any.
fn rows(answers: Vec<Answer>) -> Value {
    let last = answers
        .into_iter()
        .rev()
        .find(|answer| !answer.rows.is_empty());
    let Some(answer) = last else { return json!([]) };
    let columns = answer.columns;
    let row = |row: Vec<Option<String>>| -> Value {
        let fields: Map<String, Value> = columns
            .iter()
            .zip(row)
            .map(|((name, kind), text)| {
                (
                    name.clone(),
                    text.map_or(Value::Null, |text| value(*kind, text)),
                )
            })
            .collect();
        fields.into()
    };
    answer.rows.into_iter().map(row).collect::<Vec<_>>().into()
}

/// A value as node-postgres and postgres-meta make it of its text.
fn value(kind: u32, text: String) -> Value {
    match kind {
        16 => json!(text == "t"),
        // 64-bit numbers stay text where JavaScript has none that is as large.
        20 if text.parse::<i64>().unwrap().unsigned_abs() > (1 << 53) - 1 => json!(text),
        20 | 21 | 23 | 26 => json!(text.parse::<i64>().unwrap()),
        700 | 701 => number(text.parse().unwrap()),
        114 | 3802 => through_javascript(serde_json::from_str(&text).unwrap()),
        _ => json!(text),
    }
}

/// JSON after `JSON.parse` and `JSON.stringify`.
fn through_javascript(value: Value) -> Value {
    match value {
        Value::Number(given) => number(given.as_f64().unwrap()),
        Value::Array(items) => items.into_iter().map(through_javascript).collect(),
        Value::Object(fields) => {
            let fields = fields
                .into_iter()
                .map(|(key, value)| (key, through_javascript(value)));
            fields.collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

fn number(given: f64) -> Value {
    match given {
        whole if whole.fract() == 0.0 && whole.abs() < 9.2e18 => json!(whole as i64),
        other => Number::from_f64(other).map_or(Value::Null, Value::Number),
    }
}

/// An error as postgres-meta writes it down.
fn text(fields: &Fields, sql: &str) -> String {
    let field = |letter: char| fields.get(&letter).map(String::as_str);
    let mut out = format!(
        "{}:  {}: {}\n",
        field('S').unwrap_or_default(),
        field('C').unwrap_or_default(),
        field('M').unwrap_or_default()
    );
    if let Some(position) = field('P') {
        let position: usize = position.parse::<usize>().unwrap() - 1;
        // The server counts characters, JavaScript units of UTF-16; the one is taken for the other.
        let (mut shown, mut number, mut offset, mut before) = ("", 0, 0, 0);
        for (at, line) in sql.split('\n').enumerate() {
            let length = line.encode_utf16().count();
            if before + length > position {
                (shown, number, offset) = (line, at + 1, position - before);
                break;
            }
            before += length + 1;
        }
        let indent = "LINE : ".len() + number.to_string().len() + offset;
        out.push_str(&format!(
            "LINE {number}: {shown}\n{}^\n",
            " ".repeat(indent)
        ));
    }
    for (name, letter) in [
        ("DETAIL", 'D'),
        ("HINT", 'H'),
        ("QUERY", 'q'),
        ("CONTEXT", 'W'),
    ] {
        if let Some(text) = field(letter) {
            out.push_str(&format!("{name}:  {text}\n"));
        }
    }
    out
}
