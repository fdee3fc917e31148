//! The target `postgres` on real servers: how it connects, what it says when it cannot, and how it leaves a session.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "connect/cluster.rs"]
mod cluster;
#[path = "connect/login.rs"]
mod login;
#[path = "connect/relay.rs"]
mod relay;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::json;
use supaproof::target::postgres::{Limits, PostgresTarget, Settings};
use supaproof::target::{Event, Target, TargetError};

use cluster::{Certificate, Cluster};
use relay::Relay;

/// One server for the tests of a process that do it no harm.
static SERVER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start(Some(&Certificate::new())));

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(20),
    run: None,
};

fn settings(text: &str) -> Settings {
    Settings::parse(text, &|_| None).unwrap()
}

async fn connect(text: &str) -> PostgresTarget {
    let connected = PostgresTarget::connect(&settings(text), LIMITS, false).await;
    connected.unwrap_or_else(|error| panic!("{text}: {error}"))
}

async fn trusted() -> PostgresTarget {
    connect(&SERVER.url("trusted", "sslmode=disable")).await
}

async fn run(target: &mut PostgresTarget, script: &str) -> (Vec<String>, Result<(), TargetError>) {
    let mut events = Vec::new();
    let result = target
        .run(script, &mut |event| {
            events.push(match event {
                Event::Completed { index, rows } => format!("{index}: {rows}"),
                Event::Notice { severity, message } => format!("{severity} {message}"),
            });
        })
        .await;
    (events, result)
}

/// Waits until a query on another connection says true.
async fn eventually(query: &str) {
    let mut other = trusted().await;
    let end = Instant::now() + Duration::from_secs(10);
    while other.last_json(query).await.unwrap() != json!(true) {
        assert!(Instant::now() < end, "never true: {query}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn waiting_for(marker: &str) -> String {
    format!(
        "select to_json(count(*) = 1) from pg_stat_activity
         where query like '%{marker}%' and state = 'active' and pid <> pg_backend_pid()"
    )
}

fn nothing_runs(marker: &str) -> String {
    format!(
        "select to_json(count(*) = 0) from pg_stat_activity
         where query like '%{marker}%' and state <> 'idle' and pid <> pg_backend_pid()"
    )
}

#[tokio::test]
async fn a_session_that_is_terminated_is_lost() {
    let mut target = trusted().await;
    let pid = target
        .last_json("select to_json(pg_backend_pid())")
        .await
        .unwrap();
    let running = tokio::spawn(async move {
        let (_, result) = run(&mut target, "select 1; select pg_sleep(60), 'victim-1'").await;
        (
            result.unwrap_err(),
            run(&mut target, "select 1").await.1.unwrap_err(),
        )
    });
    eventually(&waiting_for("victim-1")).await;
    let mut other = trusted().await;
    let kill = format!("select pg_terminate_backend({pid})");
    run(&mut other, &kill).await.1.unwrap();
    let (first, second) = running.await.unwrap();
    match first {
        TargetError::Lost {
            reason, completed, ..
        } => assert_eq!(
            (reason.as_str(), completed),
            ("terminating connection due to administrator command", 1)
        ),
        other => panic!("{other}"),
    }
    assert!(
        matches!(second, TargetError::Lost { completed: 0, .. }),
        "{second}"
    );

    // While nothing runs on it.
    let mut target = trusted().await;
    let pid = target
        .last_json("select to_json(pg_backend_pid())")
        .await
        .unwrap();
    run(
        &mut other,
        &format!("select pg_terminate_backend({pid}, 5000)"),
    )
    .await
    .1
    .unwrap();
    match run(&mut target, "select 1").await.1.unwrap_err() {
        TargetError::Lost { reason, .. } => {
            assert_eq!(
                reason,
                "terminating connection due to administrator command"
            );
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_server_that_is_killed_is_lost() {
    let server = Cluster::start(None);
    let url = server.url("trusted", "");
    let mut target = connect(&url).await;
    let pid = target
        .last_json("select to_json(pg_backend_pid())")
        .await
        .unwrap();
    let running = tokio::spawn(async move {
        run(&mut target, "select 1; select 2; select pg_sleep(60)")
            .await
            .1
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.kill(i32::try_from(pid.as_i64().unwrap()).unwrap());
    match running.await.unwrap().unwrap_err() {
        TargetError::Lost {
            reason, completed, ..
        } => {
            assert_eq!(reason, "the server closed it");
            // The server keeps short answers back until it is done.
            assert!(completed <= 2);
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_error_says_how_many_statements_completed() {
    let mut target = trusted().await;
    let (events, result) = run(
        &mut target,
        "create temp table t (a int);\ninsert into t values (1), (2);\nselect 1/0;\nselect 4",
    )
    .await;
    assert_eq!(events, ["0: 0", "1: 2"]);
    match result.unwrap_err() {
        TargetError::Server(error) => {
            assert_eq!(
                (error.sqlstate.as_str(), error.completed),
                ("22012", Some(2))
            );
            assert_eq!(error.position, None);
        }
        other => panic!("{other}"),
    }

    // Positions count characters, not bytes.
    let (events, result) = run(&mut target, "select 'ö'; selec 2").await;
    assert_eq!(events, [""; 0]);
    match result.unwrap_err() {
        TargetError::Server(error) => {
            assert_eq!(
                (error.sqlstate.as_str(), error.position),
                ("42601", Some(13))
            );
        }
        other => panic!("{other}"),
    }

    // One in a function's own query is no position in the message.
    let (_, result) = run(&mut target, "do $$ begin execute 'selec 1'; end $$").await;
    match result.unwrap_err() {
        TargetError::Server(error) => {
            assert_eq!(error.position, None);
            let context = error.context.unwrap();
            assert!(
                context.starts_with("query at character 1: selec 1\n"),
                "{context}"
            );
        }
        other => panic!("{other}"),
    }

    let (_, result) = run(&mut target, "select 'ö\0'").await;
    match result.unwrap_err() {
        TargetError::Server(error) => {
            assert_eq!(
                (error.sqlstate.as_str(), error.position),
                ("22021", Some(10))
            );
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn notices_stand_where_the_server_put_them() {
    let mut target = trusted().await;
    let mut script = String::new();
    let mut expected = Vec::new();
    for at in 0..300 {
        script += &format!("select {at} from generate_series(1, {});", at * 7 % 40);
        expected.push(format!("{}: {}", 2 * at, at * 7 % 40));
        script += &format!("do $$ begin raise notice 'n{at}'; raise warning 'w{at}'; end $$;");
        expected.extend([format!("NOTICE n{at}"), format!("WARNING w{at}")]);
        expected.push(format!("{}: 0", 2 * at + 1));
    }
    let (events, result) = run(&mut target, &script).await;
    result.unwrap();
    assert_eq!(events, expected);
}

#[tokio::test]
async fn a_run_has_a_limit_and_the_server_stops() {
    let limits = Limits {
        connect: Duration::from_secs(20),
        run: Some(Duration::from_millis(700)),
    };
    for query in ["sslmode=disable", "sslmode=require"] {
        let settings = settings(&SERVER.url("trusted", query));
        let mut target = PostgresTarget::connect(&settings, limits, false)
            .await
            .unwrap();
        let start = Instant::now();
        let (_, result) = run(&mut target, "begin; select pg_sleep(60), 'limited-1'").await;
        match result.unwrap_err() {
            TargetError::TimedOut { limit, .. } => assert_eq!(limit, Duration::from_millis(700)),
            other => panic!("{other}"),
        }
        assert!(start.elapsed() < Duration::from_secs(5));
        eventually(&nothing_runs("limited-1")).await;
        // Nothing more is sent, until there is another limit.
        let (_, result) = run(&mut target, "select 1").await;
        assert!(matches!(result, Err(TargetError::TimedOut { .. })));
        target.limit_run(None);
        let (events, result) = run(&mut target, "select 1").await;
        result.unwrap();
        assert_eq!(events, ["0: 1"]);
    }
}

#[tokio::test]
async fn what_runs_can_be_cancelled() {
    for query in ["sslmode=disable", "sslmode=require"] {
        let mut target = connect(&SERVER.url("trusted", query)).await;
        let canceller = target.canceller();
        let running = tokio::spawn(async move {
            let result = run(&mut target, "begin; select pg_sleep(60), 'cancelled-1'")
                .await
                .1;
            (target, result)
        });
        eventually(&waiting_for("cancelled-1")).await;
        canceller.unwrap().cancel().await.unwrap();
        let (mut target, result) = running.await.unwrap();
        match result.unwrap_err() {
            TargetError::Server(error) => {
                assert_eq!(
                    (error.sqlstate.as_str(), error.completed),
                    ("57014", Some(1))
                );
            }
            other => panic!("{other}"),
        }
        run(&mut target, "create temp table x ()").await.1.unwrap();
    }
}

#[tokio::test]
async fn a_run_that_is_dropped_leaves_nothing_running() {
    let mut target = trusted().await;
    run(&mut target, "create temp table kept as select 1 as a")
        .await
        .1
        .unwrap();
    let short = Duration::from_millis(300);
    let script = "begin; delete from kept; select pg_sleep(60), 'dropped-1'";
    assert!(
        tokio::time::timeout(short, run(&mut target, script))
            .await
            .is_err()
    );
    // The same session goes on, outside the transaction.
    let rows = target
        .last_json("select to_json(count(*)) from kept")
        .await
        .unwrap();
    assert_eq!(rows, 1);
    eventually(&nothing_runs("dropped-1")).await;

    // And a target that is dropped with it cancels.
    let script = "select pg_sleep(60), 'dropped-2'";
    assert!(
        tokio::time::timeout(short, run(&mut target, script))
            .await
            .is_err()
    );
    drop(target);
    eventually(&nothing_runs("dropped-2")).await;
}

#[tokio::test]
async fn a_session_is_idle_after_an_error() {
    let mut target = trusted().await;
    for broken in [
        "begin; create table gone (); select 1/0",
        "begin; selec 1",
        "select 1/0",
    ] {
        run(&mut target, broken).await.1.unwrap_err();
        let (events, result) = run(&mut target, "select 1").await;
        result.unwrap();
        assert_eq!(events, ["0: 1"]);
        target.last_json(broken).await.unwrap_err();
        let gone = target
            .last_json("select to_json(to_regclass('gone') is null)")
            .await;
        assert_eq!(gone.unwrap(), true);
    }
    // What an open transaction holds is the script's affair as long as nothing fails.
    run(&mut target, "begin; set local work_mem = '7MB'")
        .await
        .1
        .unwrap();
    let kept = target
        .last_json("select to_json(current_setting('work_mem'))")
        .await
        .unwrap();
    assert_eq!(kept, "7MB");
}

#[tokio::test]
async fn json_is_read_from_the_last_row() {
    let mut target = trusted().await;
    let script = "select '1'; select v, 'x' from (values ('[2]'), ('{\"a\": null}')) t (v); set local work_mem = '1MB'";
    assert_eq!(target.last_json(script).await.unwrap(), json!({"a": null}));
    for (script, expected) in [
        ("select '1' where false", "no row came back"),
        ("create temp table j ()", "no row came back"),
        ("select null", "the value is NULL"),
        ("select", "invalid column"),
        ("select 'no json'", "the value is not JSON"),
    ] {
        match target.last_json(script).await.unwrap_err() {
            TargetError::Protocol { reason, .. } => assert!(reason.contains(expected), "{reason}"),
            other => panic!("{script}: {other}"),
        }
    }

    let script = "select json_agg(repeat('ä', 1000) || i) from generate_series(1, 10000) i";
    let large = target.last_json(script).await.unwrap();
    let items = large.as_array().unwrap();
    assert_eq!(items.len(), 10_000);
    assert_eq!(items[9_999].as_str().unwrap().len(), 2_005);
}

#[tokio::test]
async fn copy_to_us_is_dropped_and_copy_from_us_is_refused() {
    let mut target = trusted().await;
    let script = "select 1; copy (select * from generate_series(1, 5000)) to stdout; select 2";
    let (events, result) = run(&mut target, script).await;
    result.unwrap();
    assert_eq!(events, ["0: 1", "1: 5000", "2: 1"]);
    let script = "create table copied (a int); copy copied from stdin; select 1";
    let (_, result) = run(&mut target, script).await;
    match result.unwrap_err() {
        TargetError::Server(error) => {
            assert_eq!(
                (error.sqlstate.as_str(), error.completed),
                ("0A000", Some(1))
            );
        }
        other => panic!("{other}"),
    }
    eventually("select to_json(to_regclass('copied') is null)").await;
}

#[tokio::test]
async fn a_read_is_one_message() {
    let relay = Relay::to(SERVER.port).await;
    let url = format!(
        "postgresql://trusted@127.0.0.1:{}/postgres?sslmode=disable",
        relay.port
    );
    let mut target = connect(&url).await;
    assert_eq!(relay.messages(), "!");
    target.last_json("select '1'; select '2'").await.unwrap();
    assert_eq!(relay.messages(), "!Q");
    run(&mut target, "select 1; select 2").await.1.unwrap();
    assert_eq!(relay.messages(), "!QQ");
    // An error costs one more.
    run(&mut target, "select 1/0").await.1.unwrap_err();
    assert_eq!(relay.messages(), "!QQQQ");
    drop(target);
    let end = Instant::now() + Duration::from_secs(5);
    while relay.messages() != "!QQQQX" {
        assert!(Instant::now() < end, "no goodbye: {}", relay.messages());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_transaction_pooler_serves_message_after_message() {
    let Some(pooler) = [
        "/usr/sbin/pgbouncer",
        "/usr/bin/pgbouncer",
        "/opt/homebrew/bin/pgbouncer",
    ]
    .into_iter()
    .find(|path| std::path::Path::new(path).exists()) else {
        eprintln!("skipped: pgbouncer is not installed");
        return;
    };
    let dir = &SERVER.dir;
    let port = cluster::free_port();
    let ini = format!(
        "[databases]\npostgres = host={} port={} user=trusted\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n",
        dir.display(),
        SERVER.port
    );
    cluster::write(&dir.join("pgbouncer.ini"), &ini);
    let mut bouncer = cluster::program(pooler, dir)
        .args(["-q", "pgbouncer.ini"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let url = format!("postgresql://trusted@127.0.0.1:{port}/postgres");
    let end = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Two clients at a time, so that they do change sessions.
    let tried = tokio::spawn(async move {
        let (mut one, mut two) = (connect(&url).await, connect(&url).await);
        for round in 0..3 {
            let script = format!("begin; create table if not exists pooled (a int); insert into pooled values ({round}); commit");
            run(&mut one, &script).await.1.unwrap();
            let read = "select to_json(count(*)) from pooled";
            let (a, b) = tokio::join!(one.last_json(read), two.last_json(read));
            assert_eq!((a.unwrap(), b.unwrap()), (json!(round + 1), json!(round + 1)));
            run(&mut two, "begin; select 1/0").await.1.unwrap_err();
            two.last_json(read).await.unwrap();
        }
    })
    .await;
    bouncer.kill().unwrap();
    bouncer.wait().unwrap();
    tried.unwrap();
}

#[tokio::test]
async fn options_and_names_reach_the_server() {
    let url = SERVER.url(
        "trusted",
        "options=-c%20work_mem%3D7MB&application_name=x%20y",
    );
    let mut target = connect(&url).await;
    let script =
        "select json_build_array(current_setting('work_mem'), current_setting('application_name'))";
    assert_eq!(
        target.last_json(script).await.unwrap(),
        json!(["7MB", "x y"])
    );
    let mut target = trusted().await;
    let name = target
        .last_json("select to_json(current_setting('application_name'))")
        .await
        .unwrap();
    assert_eq!(name, "supaproof");
    assert!(target.server_version().is_some());
    assert_eq!(
        target.describe(),
        format!("trusted@127.0.0.1:{}/postgres", SERVER.port)
    );
    assert!(!SERVER.log().contains("PANIC"));
}
