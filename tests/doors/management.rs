//! The target `management`, against the stand-in for its API.

use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use supaproof::target::http::{Key, Options};
use supaproof::target::management::{self, Api, ManagementTarget, Reference};
use supaproof::target::{Target as _, TargetError};

use crate::api::{self, StandIn, TOKEN};
use crate::examine::{refused, set_up, suite, values_come_back};
use crate::support::{Project, Server, finished, supaproof};
use crate::{block, connect};

fn start() -> (Server, StandIn) {
    let server = Server::start();
    let stand_in = StandIn::start(server.socket(), "postgres");
    (server, stand_in)
}

#[test]
fn a_value_comes_back_as_the_server_has_it() {
    let (_server, stand_in) = start();
    let mut target = stand_in.target();
    block(values_come_back(&mut target));
}

#[test]
fn reading_changes_nothing_and_trying_leaves_nothing() {
    let (_server, stand_in) = start();
    let mut target = stand_in.target();
    block(async {
        target
            .run("create table t (id int)", &mut |_| {})
            .await
            .unwrap();
        let writes = "create function w() returns int language sql as 'insert into t values (1) returning id'";
        target.run(writes, &mut |_| {}).await.unwrap();
        let error = refused(
            target
                .read_json("set local jit = off", "select to_json(w())")
                .await,
        );
        assert_eq!(error.sqlstate, "25006", "{error:?}");
        let count = "(select to_json(count(*)) from t)";
        let tried = target
            .try_json("insert into t values (1), (2);\n", count)
            .await;
        assert_eq!(tried.unwrap(), json!(2));
        assert_eq!(
            target
                .read_json("", &format!("select {count}"))
                .await
                .unwrap(),
            json!(0)
        );
        // A script without a transaction of its own is one.
        refused(
            target
                .run("insert into t values (1); select 1 / 0", &mut |_| {})
                .await,
        );
        assert_eq!(
            target
                .read_json("", &format!("select {count}"))
                .await
                .unwrap(),
            json!(0)
        );
    });
}

/// The same errors by the wire, which is where their fields come from.
#[test]
fn an_error_is_read_from_its_text_as_the_wire_has_it() {
    let (server, stand_in) = start();
    let mut target = stand_in.target();
    let scripts = [
        "select * from nobody",
        "select 1;\n\nselect '😀 ünïcode', * from\n  nobody where 'a' = 'b'",
        "select 1;\nselekt",
        "select (1",
        "create table t (id int primary key); insert into t values (1), (1)",
        "do $$ begin raise exception E'first\\nsecond' using detail = 'a detail', hint = E'a\\nhint', errcode = '22000'; end $$",
        "do $$ begin execute 'select * from nobody'; end $$",
        "do $$ begin raise exception 'DETAIL:  not one' using detail = ''; end $$",
        "do $$ begin raise exception ''; end $$",
        "select pg_catalog.no_such_function(1)",
    ];
    block(async {
        let mut wire = connect(&server.target("postgres")).await;
        for script in scripts {
            let mut expected = refused(wire.run(script, &mut |_| {}).await);
            let error = refused(target.run(script, &mut |_| {}).await);
            // By this door nobody counts statements, and what the server calls nothing is not there.
            expected.completed = None;
            expected.detail = expected.detail.filter(|text| !text.is_empty());
            // Nothing is there to point at the end of a text; a function's query comes apart.
            if error.position.is_none() && script.ends_with("(1") {
                expected.position = None;
            }
            if script.contains("execute") {
                assert!(
                    error
                        .context
                        .as_ref()
                        .is_some_and(|c| c.contains("PL/pgSQL")),
                    "{error:?}"
                );
                (expected.context, expected.position) = (error.context.clone(), error.position);
            }
            assert_eq!(error, expected, "{script}");
        }
    });
}

#[test]
fn migrations_go_by_it_and_an_error_has_its_line() {
    let (server, stand_in) = start();
    let mut target = stand_in.target();
    let archon = suite("archon-workflow");
    block(async {
        assert_eq!(set_up(&mut target, &archon).await.unwrap(), 2);
        assert_eq!(set_up(&mut target, &archon).await.unwrap(), 0);
        // Here the server itself says where.
        let files = [
            (
                "sql/other/001_first.sql",
                "create table first (id int);\n\n-- ünïcode 😀\nselect id, nobody from first;\n",
            ),
            (
                "sql/other/002_second.sql",
                "create table second (id int);\n",
            ),
        ];
        let project = Project::new(&files);
        let other = supaproof::suite::Project::find(project.path(), None)
            .unwrap()
            .suite("other")
            .unwrap();
        let error = set_up(&mut target, &other).await.unwrap_err();
        let origin = error.origin().unwrap_or_else(|| panic!("{error:?}"));
        assert!(
            format!("{origin:?}").contains("001_first.sql:4:12"),
            "{error:?}"
        );
        assert!(
            error
                .notes()
                .contains(&"nothing of 001 was applied".to_owned()),
            "{error:?}"
        );
    });
    let ledger = server.json(
        "postgres",
        "select json_object_agg(suite || version, success) from supaproof.migrations",
    );
    assert_eq!(
        ledger,
        json!({"archon-workflow001": true, "archon-workflow002": true, "other001": false})
    );
}

#[test]
fn what_the_project_is_like_can_be_asked() {
    let (_server, stand_in) = start();
    let api = stand_in.api(TOKEN);
    block(async {
        let health = api.health().await.unwrap();
        assert_eq!(health.len(), 4);
        assert!(health.iter().all(|h| h.status == "ACTIVE_HEALTHY"));
        let poolers = api.poolers().await.unwrap();
        assert_eq!(
            poolers[0].db_host.as_deref(),
            Some("aws-1-eu-central-1.pooler.supabase.com")
        );
        let keys = api.keys().await.unwrap();
        let kinds: Vec<_> = keys.iter().filter_map(|key| key.kind.as_deref()).collect();
        assert_eq!(kinds, ["legacy", "legacy", "publishable", "secret"]);
    });
    assert!(stand_in.http.requests().iter().all(|request| {
        request
            .header("user-agent")
            .is_some_and(|agent| agent.starts_with("supaproof/"))
    }));
}

#[test]
fn a_token_that_is_refused_is_sent_once() {
    let (_server, stand_in) = start();
    let token = "sbp_wrong_0123456789";
    let mut target = ManagementTarget::new(stand_in.api(token));
    let error = block(target.read_json("", "select '1'::json")).unwrap_err();
    assert!(
        error.to_string().contains("the access token was refused"),
        "{error}"
    );
    assert!(!format!("{error:?} {target:?}").contains(token));
    assert_eq!(stand_in.http.count(), 1);
}

#[test]
fn what_is_too_long_is_not_sent() {
    let (_server, stand_in) = start();
    let mut target = stand_in.target();
    block(async {
        let longest = target.capabilities().longest_message.unwrap();
        let script = format!("select 1 -- {}", "x".repeat(longest - 12));
        target.run(&script, &mut |_| {}).await.unwrap();
        let before = stand_in.http.count();
        // Every quote takes two bytes.
        let script = format!("select 1 -- {}", "\"".repeat(longest - 12));
        let error = target.run(&script, &mut |_| {}).await.unwrap_err();
        assert!(matches!(error, TargetError::TooLong { .. }), "{error:?}");
        assert_eq!(stand_in.http.count(), before);
    });
}

/// A rate limit is waited for as it asks, a few times, and not without end.
#[test]
fn a_rate_limit_is_respected() {
    let http = crate::http::Http::serve(|_, before, stream| match before {
        0 | 1 => crate::http::answer(
            stream,
            429,
            &[("x-ratelimit-reset", "2")],
            "{\"message\": \"Too Many Requests\"}",
        ),
        _ => crate::http::json(stream, 201, "[{\"value\": \"7\"}]"),
    });
    let mut target = ManagementTarget::new(api::api(http.port, TOKEN));
    let start = Instant::now();
    assert_eq!(
        block(target.read_json("", "select '7'::json")).unwrap(),
        json!(7)
    );
    assert_eq!(http.count(), 3);
    // Pauses of our own choice are shorter.
    assert!(
        start.elapsed() >= Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );

    let http = crate::http::Http::serve(|_, _, stream| {
        crate::http::answer(
            stream,
            429,
            &[("retry-after", "0")],
            "{\"message\": \"Too Many Requests\"}",
        );
    });
    let mut target = ManagementTarget::new(api::api(http.port, TOKEN));
    let error = block(target.run("select 1", &mut |_| {})).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("too many requests (HTTP 429: Too Many Requests)"),
        "{error}"
    );
    assert_eq!(http.count(), 4);
}

/// What may have run is not sent again, and it is said that nobody knows.
#[test]
fn what_may_have_run_is_not_repeated() {
    for (repeatable, status, requests) in [
        (false, 504, 1),
        (true, 504, 4),
        (false, 502, 1),
        (false, 500, 1),
        (true, 500, 4),
        (false, 520, 1),
        (true, 520, 4),
    ] {
        let http = crate::http::Http::serve(move |_, _, stream| {
            crate::http::answer(
                stream,
                status,
                &[("retry-after", "0")],
                "<html><title>Gateway</title>",
            );
        });
        let mut target = ManagementTarget::new(api::api(http.port, TOKEN));
        let error = block(async {
            match repeatable {
                true => target.read_json("", "select '1'::json").await.map(drop),
                false => target.run("select 1", &mut |_| {}).await,
            }
        });
        let lost = matches!(error.unwrap_err(), TargetError::Lost { .. });
        assert_eq!(lost, !repeatable, "{status}");
        assert_eq!(http.count(), requests, "{repeatable} {status}");
    }
}

/// The stand-in itself: the rows of the last statement that had any, and numbers as JavaScript has them.
#[test]
fn the_stand_in_does_what_the_api_does() {
    let (_server, stand_in) = start();
    let http = supaproof::target::http::Http::new(api::options(stand_in.http.port, "")).unwrap();
    let ask = |sql: &str| -> (u16, Value) {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
        let request = supaproof::target::http::Request {
            method: reqwest::Method::POST,
            path: format!("/v1/projects/{}/database/query", api::REFERENCE),
            headers,
            body: Some(json!({"query": sql}).to_string()),
            repeatable: false,
        };
        let reply = block(http.send(&request)).unwrap();
        (reply.status, reply.json().unwrap())
    };
    assert_eq!(
        ask("select 1; select 2 where false"),
        (201, json!([{"?column?": 1}]))
    );
    assert_eq!(ask("create table t (id int)"), (201, json!([])));
    let (_, rows) = ask(
        "select '{\"n\": 9007199254740993}'::json as j, 9007199254740993 as b, true as t, null as n, 1.50 as d",
    );
    let expected = json!([{"j": {"n": 9_007_199_254_740_992_i64}, "b": "9007199254740993", "t": true, "n": null, "d": "1.50"}]);
    assert_eq!(rows, expected);
    let (status, body) = ask("select 'a'\n from nobody");
    let text = "Failed to run sql query: ERROR:  42P01: relation \"nobody\" does not exist\nLINE 2:  from nobody\n              ^\n";
    assert_eq!((status, body["message"].as_str().unwrap()), (400, text));
}

/// The commands by a token, on the stand-in and for real. What the suite makes lies in the schema that says that the project is
/// to be thrown away, and is gone at the end; `supaproof.history` stays.
#[test]
fn the_program_goes_by_a_token() {
    let (server, stand_in) = start();
    server.sql("postgres", "create schema supaproof_throwaway");
    by_a_token(&[
        ("SUPABASE_PROJECT_REF", api::REFERENCE.to_owned()),
        ("SUPABASE_ACCESS_TOKEN", TOKEN.to_owned()),
        (
            "SUPAPROOF_MANAGEMENT_URL",
            format!("http://127.0.0.1:{}", stand_in.http.port),
        ),
    ]);
    let left = "select to_json(count(*)) from pg_class where relnamespace = 'supaproof_throwaway'::regnamespace";
    assert_eq!(server.json("postgres", left), 0);
}

fn by_a_token(variables: &[(&str, String)]) {
    let project = Project::new(&[
        (
            "sql/thrown/001_tried.sql",
            "create table supaproof_throwaway.tried (id int primary key);",
        ),
        (
            "sql/thrown/001_tried.rollback.sql",
            "drop table supaproof_throwaway.tried;",
        ),
        (
            "supaproof.toml",
            "[suites.thrown]\nledger = \"supaproof_throwaway.ledger\"\n",
        ),
        (
            "validations/thrown.yaml",
            "schema: supaproof_throwaway\ntables: {tried: {columns: {id: int not null}}}\n\
             smoke:\n  - {name: a row, run: insert into supaproof_throwaway.tried values (1)}\n",
        ),
    ]);
    let run = |args: &[&str], code: i32, wanted: &str| {
        let mut command = supaproof(project.path());
        command.args(args).args(["--door", "management"]);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let run = finished(command.output().unwrap());
        assert_eq!(run.code, code, "{args:?}: {run:?}");
        assert!(run.out.contains(wanted), "{wanted}: {args:?}: {run:?}");
    };
    run(&["status"], 0, "pending");
    run(&["setup", "thrown", "--dry-run"], 0, "✅ It works.");
    run(&["check", "thrown"], 1, "❌");
    run(&["setup", "thrown", "--yes"], 0, "001_tried applied");
    run(&["check", "thrown"], 0, "🎉");
    run(
        &["generate", "--schema", "supaproof_throwaway"],
        0,
        "  tried:",
    );
    run(&["rollback", "thrown", "--all", "--yes"], 0, "rolled back");
    run(&["verify", "thrown", "--yes"], 0, "🎉");
    run(&["rollback", "thrown", "--all", "--yes"], 0, "rolled back");
    run(&["bootstrap", "--yes"], 0, "exec_sql");
    run(&["bootstrap", "--remove", "--yes"], 0, "dropped");
    // The ledger goes with the last of what is in it.
    let settings: Vec<(&str, &str)> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let value = |wanted: &str| settings.iter().find(|(name, _)| *name == wanted).unwrap().1;
    let base = settings
        .iter()
        .find(|(name, _)| *name == "SUPAPROOF_MANAGEMENT_URL");
    let options = Options {
        base: base
            .map_or(management::BASE, |(_, url)| *url)
            .parse()
            .unwrap(),
        ..api::options(1, "")
    };
    let reference = Reference::new("the project", value("SUPABASE_PROJECT_REF")).unwrap();
    let token = Key::new("the token", value("SUPABASE_ACCESS_TOKEN")).unwrap();
    let mut target = ManagementTarget::new(Api::new(options, reference, token).unwrap());
    let gone = "drop table if exists supaproof_throwaway.ledger";
    block(target.run(gone, &mut |_| {})).unwrap();
}

/// The project of `SUPAPROOF_TEST_PROJECT_REF` and its token.
fn real() -> Option<(String, String)> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let real = set("SUPAPROOF_TEST_PROJECT_REF").zip(set("SUPAPROOF_TEST_ACCESS_TOKEN"));
    if real.is_none() {
        eprintln!(
            "skipped: SUPAPROOF_TEST_PROJECT_REF and SUPAPROOF_TEST_ACCESS_TOKEN name no project"
        );
    }
    real
}

/// The same API for real, on a project that is there to be thrown away: `SUPAPROOF_TEST_PROJECT_REF` and
/// `SUPAPROOF_TEST_ACCESS_TOKEN` name it, and a schema `supaproof_throwaway` in it says that it is one.
#[test]
fn a_real_project_does_the_same() {
    let Some((reference, token)) = real() else {
        return;
    };
    let variables = [
        ("SUPABASE_PROJECT_REF", reference.clone()),
        ("SUPABASE_ACCESS_TOKEN", token.clone()),
    ];
    let options = Options {
        base: management::BASE.parse().unwrap(),
        ..api::options(1, "")
    };
    let reference = Reference::new("SUPAPROOF_TEST_PROJECT_REF", &reference).unwrap();
    let token = Key::new("SUPAPROOF_TEST_ACCESS_TOKEN", &token).unwrap();
    let api = Api::new(options, reference, token).unwrap();
    let mut target = ManagementTarget::new(api.clone());
    block(async {
        let marked = "select to_json(to_regnamespace('supaproof_throwaway') is not null)";
        let marked = target.read_json("", marked).await.unwrap();
        assert_eq!(
            marked,
            json!(true),
            "it has no schema supaproof_throwaway: is it one to be thrown away?"
        );
        let read = target
            .read_json("", "select '{\"n\": 9007199254740993}'::json")
            .await
            .unwrap();
        assert_eq!(read["n"], json!(9_007_199_254_740_993_u64));
        let made = "create table supaproof_throwaway.tried (id int);\n";
        let there = "to_json(to_regclass('supaproof_throwaway.tried') is not null)";
        assert_eq!(target.try_json(made, there).await.unwrap(), json!(true));
        assert_eq!(
            target
                .read_json("", &format!("select {there}"))
                .await
                .unwrap(),
            json!(false)
        );
        let error = refused(
            target
                .run("select 1;\nselect * from nobody", &mut |_| {})
                .await,
        );
        assert_eq!(
            (error.sqlstate.as_str(), error.position),
            ("42P01", Some(25))
        );
        assert!(!api.health().await.unwrap().is_empty());
        assert!(!api.poolers().await.unwrap().is_empty());
    });
    by_a_token(&variables);
}
