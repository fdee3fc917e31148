//! Every row of the table of hints, provoked: by a real Postgres where one can be brought to say it, else by a server that
//! says what was recorded. What cannot be provoked here is listed, and its recorded texts are tried where the table is.

use std::collections::BTreeSet;

use serde_json::Value;
use supaproof::hints::{self, HINTS};
use supaproof::target::TargetError;

use super::authority::Authority;
use super::cluster::{Certificate, Cluster};
use super::echo::{Answer, Echo};
use super::refusing::{Does, Refusing};
use super::shut::{check, has};
use super::support::{Project, Server, finished, supaproof};
use super::{CLOSED, REFERENCE};

/// By the role `postgres` on a Postgres with the platform in it: what leads there, and what is refused.
const SQL: &[(&str, &str, &str)] = &[
    (
        "A transaction pooler and prepared statements",
        "",
        "deallocate s1",
    ),
    (
        "It exists already",
        "create table there ()",
        "create table there ()",
    ),
    (
        "update_updated_at_column() is missing",
        "create table touched ()",
        "create trigger t before update on touched for each row execute function update_updated_at_column()",
    ),
    ("A function is missing", "", "select uuid_generate_v4711()"),
    (
        "A table is missing",
        "",
        "select * from workflow_executions",
    ),
    (
        "The types of a foreign key differ",
        "create table refers (id text primary key)",
        "create table referring (id uuid references refers)",
    ),
    (
        "Row-level security refuses the row",
        "create table closed (id int); alter table closed enable row level security; grant insert on closed to anon",
        "set role anon; insert into closed values (1)",
    ),
    (
        "The role may not own this",
        "",
        "alter table auth.users add column mine int",
    ),
    (
        "CREATE is not granted",
        "revoke create on schema public from public",
        "set role anon; create table public.mine ()",
    ),
    (
        "Permission denied",
        "create table private (id int); revoke all on private from anon",
        "set role anon; select * from private",
    ),
    (
        "A value is there twice",
        "create table twice as select 1 as id from generate_series(1, 2)",
        "create unique index on twice (id)",
    ),
    (
        "A row refers to nothing",
        "create table one (id int primary key); create table many (one int references one)",
        "insert into many values (1)",
    ),
    (
        "A row breaks a check",
        "create table less as select -1 as n",
        "alter table less add check (n > 0)",
    ),
    (
        "A value is missing",
        "create table gaps as select null::int as n",
        "alter table gaps alter column n set not null",
    ),
    (
        "It took too long",
        "",
        "set statement_timeout = 20; select pg_sleep(5)",
    ),
    (
        "It was cancelled",
        "",
        "select pg_cancel_backend(pg_backend_pid()), pg_sleep(5)",
    ),
    ("It cannot run in a transaction", "", "begin; vacuum"),
    (
        "A label of an enum that is too new",
        "create type colour as enum ('red')",
        "begin; alter type colour add value 'blue'; select 'blue'::colour",
    ),
    (
        "Too many locks",
        "",
        "select pg_advisory_xact_lock(n) from generate_series(1, 1000000) n",
    ),
    (
        "The server is read-only",
        "",
        "set transaction read only; create table no ()",
    ),
    (
        "The extension is not available",
        "",
        "create extension no_such_extension",
    ),
    (
        "The extension is not installed",
        "",
        "drop extension no_such_extension",
    ),
    (
        "Files are not deleted by SQL",
        "",
        "delete from storage.objects",
    ),
    ("The role does not exist", "", "set role nobody_4711"),
    (
        "The database does not exist",
        "",
        "", // a login, below
    ),
];

/// By what poolers were recorded to say before anybody is logged in.
const POOLERS: &[&str] = &[
    "Too many failed logins",
    "A wrong password",
    "The pooler does not know the project",
    "The user lacks the project's reference",
    "The pooler has no free session",
    "The pooler is busy",
    "This address is not let in",
    "Encryption is required",
    "Too many connections",
    "The server ended",
];

/// By what the Management API was recorded to say.
const MANAGEMENT: &[(&str, u16, &str)] = &[
    (
        "The project is paused",
        400,
        "{\"message\":\"Project is paused\"}",
    ),
    ("The access token", 401, "{\"message\":\"Unauthorized\"}"),
    (
        "The access token may not do this",
        403,
        "{\"message\":\"Forbidden resource\"}",
    ),
    ("A firewall before the API", 403, "error code: 1010"),
    ("No such project", 404, "{\"message\":\"Not Found\"}"),
    (
        "Too many requests",
        429,
        "{\"message\":\"ThrottlerException: Too Many Requests\"}",
    ),
];

/// By what the Data API was recorded to say.
const DATA_API: &[(&str, u16, &str)] = &[
    (
        "No function that runs SQL",
        404,
        "{\"code\":\"PGRST202\",\"message\":\"Could not find the function public.exec_sql(sql) in the schema cache\",\"details\":null,\"hint\":null}",
    ),
    (
        "The schema is not exposed",
        406,
        "{\"code\":\"PGRST106\",\"message\":\"The schema must be one of the following: public, graphql_public\",\"details\":null,\"hint\":null}",
    ),
    (
        "The Data API cannot reach the database",
        503,
        "{\"code\":\"PGRST002\",\"message\":\"Could not query the database for the schema cache. Retrying.\",\"details\":null,\"hint\":null}",
    ),
    (
        "Legacy keys are disabled",
        401,
        "{\"message\":\"Legacy API keys are disabled\"}",
    ),
    ("The key", 401, "{\"message\":\"Invalid API key\"}"),
    (
        "safeupdate",
        400,
        "{\"code\":\"21000\",\"message\":\"UPDATE requires a WHERE clause\",\"details\":null,\"hint\":null}",
    ),
    (
        "No role can be taken here",
        403,
        "{\"code\":\"42501\",\"message\":\"cannot set parameter \\\"role\\\" within security-definer function\",\"details\":null,\"hint\":null}",
    ),
];

/// Each by a test of its own, here or in `shut.rs`.
const ALONE: &[&str] = &[
    "The certificate is by an unknown authority",
    "The server has no TLS",
    "There is no way by IPv6",
    "The host has no address",
    "A lock was not to be had",
    "A deadlock",
    "The connection was ended",
    "Nobody listens",
];

/// No disk is filled here, and the last two are what other programs say.
const RECORDED_ALONE: &[&str] = &[
    "The disk is full",
    "An applied migration was changed",
    "Something is missing that a migration makes",
];

#[test]
fn every_row_has_its_test() {
    let all: Vec<&str> = (SQL.iter().map(|row| row.0))
        .chain(POOLERS.iter().copied())
        .chain(MANAGEMENT.iter().chain(DATA_API).map(|row| row.0))
        .chain(ALONE.iter().chain(RECORDED_ALONE).copied())
        .collect();
    let unique: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(unique.len(), all.len());
    let titles: BTreeSet<&str> = HINTS.iter().map(|hint| hint.title).collect();
    assert_eq!(unique, titles);
}

fn help(title: &str) -> &'static str {
    HINTS.iter().find(|hint| hint.title == title).unwrap().help
}

/// The title of the row for an error.
fn title(error: &TargetError) -> Option<&'static str> {
    let found = match error {
        TargetError::Server(error) => hints::find(Some(&error.sqlstate), &error.message),
        TargetError::Unreachable {
            reason, sqlstate, ..
        } => hints::find(sqlstate.as_deref(), reason),
        TargetError::Lost { reason, .. } => hints::find(None, reason),
        _ => None,
    };
    found.map(|hint| hint.title)
}

#[test]
fn what_postgres_says_is_known() {
    let server = Server::start();
    for (wanted, before, refused) in SQL.iter().filter(|row| !row.2.is_empty()) {
        if !before.is_empty() {
            server
                .sql_as(
                    "supabase_admin",
                    "postgres",
                    &format!("set role postgres; {before}"),
                )
                .or_else(|_| server.sql_as("supabase_admin", "postgres", before))
                .unwrap();
        }
        let error = server.sql_as("postgres", "postgres", refused).unwrap_err();
        assert_eq!(title(&error), Some(*wanted), "{error:?}");
    }
    let run = check(
        &[("SUPABASE_DB_URL", "postgresql:///nowhere")],
        &["--target", &server.target("nowhere")],
    );
    has(&run, &[help("The database does not exist")]);

    // Two sessions in each other's way.
    server.sql("postgres", "create table a (); create table b ()");
    let (mut one, mut two) = (
        server.session("postgres", "postgres"),
        server.session("postgres", "postgres"),
    );
    one("begin; lock table a").unwrap();
    let error = two("set lock_timeout = 50; lock table a").unwrap_err();
    assert_eq!(title(&error), Some("A lock was not to be had"), "{error:?}");
    two("set lock_timeout = 0; set deadlock_timeout = '1s'").ok();
    two("begin; set local lock_timeout = 0; lock table b").unwrap();
    let other = std::thread::spawn(move || two("lock table a"));
    let results = [one("lock table b; rollback"), other.join().unwrap()];
    let failed: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(title(&failed[0]), Some("A deadlock"));

    let error = server
        .sql_as(
            "supabase_admin",
            "postgres",
            "select pg_terminate_backend(pg_backend_pid())",
        )
        .unwrap_err();
    assert_eq!(title(&error), Some("The connection was ended"), "{error:?}");
}

#[test]
fn what_a_way_in_says_is_known() {
    for title in POOLERS {
        let hint = HINTS.iter().find(|hint| hint.title == *title).unwrap();
        for (code, message) in hint.seen.iter().filter(|seen| !seen.0.is_empty()) {
            let does = Does::Refuse((*code).to_owned(), (*message).to_owned());
            let server = Refusing::start(does);
            let run = check(&[("SUPABASE_DB_URL", &server.url(""))], &[]);
            has(&run, &[hint.help, message]);
            assert_eq!((run.code, server.logins()), (4, 1), "{run:?}");
        }
    }
    for (number, (title, status, body)) in MANAGEMENT.iter().chain(DATA_API).enumerate() {
        let echo = Echo::start(Answer::Say(*status, (*body).to_owned()));
        let url = echo.url();
        let env = match number < MANAGEMENT.len() {
            true => vec![
                ("SUPABASE_PROJECT_REF", REFERENCE),
                ("SUPABASE_ACCESS_TOKEN", "sbp_0123456789"),
                ("SUPAPROOF_MANAGEMENT_URL", &url),
            ],
            false => vec![
                ("SUPABASE_URL", url.as_str()),
                ("SUPABASE_SECRET_KEY", "sb_secret_0123456789"),
            ],
        };
        let run = check(&env, &["--timeout", "3"]);
        has(&run, &[help(title)]);
        assert_ne!(run.code, 0, "{run:?}");
    }
}

#[test]
fn what_a_network_says_is_known() {
    let cluster = Cluster::start(Some(&Certificate::new()));
    let url = cluster.url("postgres:hunter2", "");
    // The second has the name of the right one.
    for pem in [
        Authority::new("somebody else").pem(),
        Certificate::new().certificate,
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), pem).unwrap();
        let ca = file.path().to_str().unwrap();
        let run = check(&[("SUPABASE_DB_URL", &url)], &["--ca", ca]);
        has(&run, &[help("The certificate is by an unknown authority")]);
        assert_eq!(run.code, 4, "{run:?}");
    }
    assert!(!cluster.log().contains("authentication"));
    // A password that is wrong for real, tried once.
    let run = check(&[("SUPABASE_DB_URL", &url)], &[]);
    has(&run, &[help("A wrong password")]);
    let failures = cluster
        .log()
        .matches("password authentication failed")
        .count();
    assert_eq!(failures, 1);
    let url = cluster.url("crowded:x", "");
    let run = check(&[("SUPABASE_DB_URL", &url)], &[]);
    has(&run, &[help("Too many connections")]);
    for args in [&[][..], &["--target", CLOSED]] {
        let run = check(&[("SUPABASE_DB_URL", CLOSED)], args);
        has(&run, &[help("Nobody listens")]);
    }
    let url = format!("postgresql://u:hunter2@{}/d", "x".repeat(70));
    let run = check(&[("SUPABASE_DB_URL", &url)], &[]);
    has(&run, &[help("The host has no address")]);
}

/// In all three formats: of a step that fails, and of a target that is not reached.
#[test]
fn every_report_shows_what_to_do() {
    let server = Server::start();
    let project = Project::new(&[(
        "validations/shop.yaml",
        "smoke:\n  - {name: an order, run: insert into orders values (1)}\n",
    )]);
    let missing = help("A table is missing");
    let refusing = Refusing::start(Does::Refuse(
        "XX000".to_owned(),
        "Tenant or user not found".to_owned(),
    ));
    for (target, help, code) in [
        (server.target("postgres"), missing, 1),
        (
            refusing.url(""),
            help("The pooler does not know the project"),
            4,
        ),
    ] {
        let mut command = supaproof(project.path());
        command.args(["check", "shop", "--target", &target]);
        command.args(["--report", "json=r.json", "--report", "junit=r.xml"]);
        let run = finished(command.args(["--report", "pretty"]).output().unwrap());
        assert_eq!(run.code, code, "{run:?}");
        has(&run, &[help]);
        let read = |name: &str| std::fs::read_to_string(project.path().join(name)).unwrap();
        let json: Value = serde_json::from_str(&read("r.json")).unwrap();
        let mut texts = Vec::new();
        strings(&json, &mut texts);
        assert!(texts.iter().any(|text| text.contains(help)), "{json:#}");
        let xml = read("r.xml").replace("&apos;", "'").replace("&quot;", "\"");
        assert!(xml.contains(help), "{xml}");
    }
}

fn strings<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => out.push(text),
        Value::Array(all) => all.iter().for_each(|value| strings(value, out)),
        Value::Object(all) => all.values().for_each(|value| strings(value, out)),
        _ => {}
    }
}
