//! The target `postgres` on real servers: how it connects, what it says when it cannot, and how it leaves a session.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "connect/cluster.rs"]
mod cluster;
#[path = "connect/relay.rs"]
mod relay;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use supaproof::target::postgres::{Limits, PostgresTarget, Settings};
use supaproof::target::{Event, Target, TargetError};

use cluster::{Certificate, Cluster, ENCODED, PASSWORD};
use relay::{Relay, listener};

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

async fn refusal(text: &str, limits: Limits) -> (String, Option<String>) {
    match PostgresTarget::connect(&settings(text), limits, false).await {
        Ok(_) => panic!("{text}: connected"),
        Err(error) => {
            assert!(!format!("{error} {error:?}").contains("hunter2"));
            match error {
                TargetError::Unreachable {
                    reason, sqlstate, ..
                } => (reason, sqlstate),
                other => panic!("{text}: {other}"),
            }
        }
    }
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

async fn encrypted(text: &str) -> Value {
    let mut target = connect(text).await;
    let script = "select to_json(ssl) from pg_stat_ssl where pid = pg_backend_pid()";
    target.read_json(script).await.unwrap()
}

/// Waits until a query on another connection says true.
async fn eventually(query: &str) {
    let mut other = trusted().await;
    let end = Instant::now() + Duration::from_secs(10);
    while other.read_json(query).await.unwrap() != json!(true) {
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
async fn a_server_with_tls() {
    let postgres = format!("postgres:{ENCODED}");
    for (query, tls) in [
        ("sslmode=require", true),
        ("sslmode=require&channel_binding=require", true),
        ("sslmode=require&channel_binding=disable", true),
        ("sslmode=prefer", true),
        ("", true),
        ("sslmode=disable", false),
    ] {
        assert_eq!(
            encrypted(&SERVER.url(&postgres, query)).await,
            tls,
            "{query}"
        );
    }
    assert_eq!(
        encrypted(&SERVER.url("tls_only:x", "sslmode=require")).await,
        true
    );
    let (reason, sqlstate) = refusal(&SERVER.url("tls_only:x", "sslmode=disable"), LIMITS).await;
    assert_eq!(sqlstate.as_deref(), Some("28000"), "{reason}");
    let unbound = SERVER.url(&postgres, "sslmode=disable&channel_binding=require");
    let (reason, _) = refusal(&unbound, LIMITS).await;
    assert!(reason.contains("channel binding"), "{reason}");
    // A socket carries no TLS, and asks for none.
    let socket = format!(
        "host={} port={} user=postgres",
        SERVER.dir.display(),
        SERVER.port
    );
    assert_eq!(encrypted(&format!("{socket} sslmode=require")).await, false);
    let direct = Settings::socket(&SERVER.dir, SERVER.port, "postgres", "postgres");
    let mut target = PostgresTarget::connect(&direct, LIMITS, true)
        .await
        .unwrap();
    assert_eq!(target.read_json("select '[1]'").await.unwrap(), json!([1]));
    assert!(target.throwaway() && direct.is_local());
}

#[tokio::test]
async fn a_server_without_tls() {
    let server = Cluster::start(None);
    let postgres = format!("postgres:{ENCODED}");
    let (reason, _) = refusal(&server.url(&postgres, "sslmode=require"), LIMITS).await;
    assert_eq!(reason, "server does not support TLS");
    assert_eq!(
        encrypted(&server.url(&postgres, "sslmode=prefer")).await,
        false
    );
    assert_eq!(
        encrypted(&server.url(&postgres, "sslmode=disable")).await,
        false
    );
}

/// The manual's own commands make such certificates with OpenSSL up to 3.1.
#[tokio::test]
async fn a_certificate_of_version_1() {
    let dir = tempfile::tempdir().unwrap();
    let openssl = |args: &str| {
        std::process::Command::new("openssl")
            .args(args.split(' '))
            .current_dir(dir.path())
            .output()
    };
    if openssl("version").is_err() {
        eprintln!("skipped: there is no openssl to make a certificate of version 1 with");
        return;
    }
    openssl("req -new -nodes -newkey rsa:2048 -subj /CN=old -keyout key -out csr").unwrap();
    openssl("x509 -req -in csr -signkey key -out crt -days 3").unwrap();
    let text = String::from_utf8(openssl("x509 -in crt -noout -text").unwrap().stdout).unwrap();
    if !text.contains("Version: 1 ") {
        eprintln!("skipped: this openssl makes no certificate of version 1");
        return;
    }
    let read = |name| std::fs::read_to_string(dir.path().join(name)).unwrap();
    let server = Cluster::start(Some(&Certificate {
        certificate: read("crt"),
        key: read("key"),
    }));
    let url = server.url(
        &format!("postgres:{ENCODED}"),
        "sslmode=require&channel_binding=require",
    );
    assert_eq!(encrypted(&url).await, true);
}

#[tokio::test]
async fn a_refused_login_says_why() {
    let place = format!("127.0.0.1:{}", SERVER.port);
    for (text, expected, state) in [
        (
            format!("postgresql://postgres:hunter2@{place}/postgres"),
            "password authentication failed for user \"postgres\"",
            Some("28P01"),
        ),
        (
            format!("postgresql://postgres@{place}/postgres"),
            "the server asks for a password and none was given (set PGPASSWORD; password files are not read)",
            None,
        ),
        (
            format!("postgresql://trusted:hunter2@{place}/nowhere"),
            "database \"nowhere\" does not exist",
            Some("3D000"),
        ),
        (
            format!("postgresql://crowded:x@{place}/postgres"),
            "too many connections for role \"crowded\"",
            Some("53300"),
        ),
    ] {
        let (reason, sqlstate) = refusal(&text, LIMITS).await;
        assert_eq!((reason.as_str(), sqlstate.as_deref()), (expected, state));
    }
    // A password without SCRAM, and the special characters of it.
    connect(&SERVER.url("plainword:x", "")).await;
    let quoted = format!(
        "host=127.0.0.1 port={} user=postgres dbname=postgres password='{PASSWORD}'",
        SERVER.port
    );
    connect(&quoted).await;
}

#[tokio::test]
async fn nobody_answers() {
    let port = cluster::free_port();
    let url = format!("postgresql://u:hunter2@127.0.0.1:{port}/d");
    let (reason, _) = refusal(&url, LIMITS).await;
    assert_eq!(reason, format!("nobody listens at 127.0.0.1:{port}"));
    let dir = tempfile::tempdir().unwrap();
    let (reason, _) = refusal(&format!("user=u host={}", dir.path().display()), LIMITS).await;
    assert_eq!(
        reason,
        format!("there is no socket {}/.s.PGSQL.5432", dir.path().display())
    );
    // Too long for a name, so that no name server is asked.
    let (reason, _) = refusal(
        &format!("postgresql://u:hunter2@{}/d", "x".repeat(70)),
        LIMITS,
    )
    .await;
    assert!(reason.contains("lookup"), "{reason}");
}

#[tokio::test]
async fn what_answers_is_no_server() {
    let starting = b"E\0\0\0\x3bSFATAL\0VFATAL\0C57P03\0Mthe database system is starting\0\0";
    for (answer, query, expected, state) in [
        (
            &starting[..],
            "sslmode=disable",
            "the database system is starting",
            Some("57P03"),
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "sslmode=require",
            "server does not support TLS",
            None,
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "sslmode=disable",
            "what listens there does not speak the Postgres protocol (bytes remaining on stream)",
            None,
        ),
        (
            b"",
            "sslmode=disable",
            "the server closed the connection before it answered",
            None,
        ),
        (
            b"",
            "sslmode=require",
            "the server closed the connection before it answered",
            None,
        ),
        (
            b"Z\0\0\0\x05I",
            "sslmode=disable",
            "what listens there does not speak the Postgres protocol (unexpected message from server)",
            None,
        ),
    ] {
        let (port, task) = listener(Some(answer)).await;
        let url = format!("postgresql://u:hunter2@127.0.0.1:{port}/d?{query}");
        let (reason, sqlstate) = refusal(&url, LIMITS).await;
        assert_eq!(
            (reason.as_str(), sqlstate.as_deref()),
            (expected, state),
            "{query}"
        );
        task.abort();
    }
}

#[tokio::test]
async fn connecting_has_a_limit() {
    let (port, task) = listener(None).await;
    let start = Instant::now();
    let url = format!("postgresql://u:hunter2@127.0.0.1:{port}/d");
    let limits = Limits {
        connect: Duration::from_millis(300),
        run: None,
    };
    let (reason, _) = refusal(&url, limits).await;
    assert_eq!(reason, "no answer within 0.3 s");
    // The one in the settings wins.
    let (reason, _) = refusal(&format!("{url}?connect_timeout=1"), LIMITS).await;
    assert_eq!(reason, "no answer within 1 s");
    assert!(start.elapsed() < Duration::from_secs(10));
    task.abort();
}

#[tokio::test]
async fn a_session_that_is_terminated_is_lost() {
    let mut target = trusted().await;
    let pid = target
        .read_json("select to_json(pg_backend_pid())")
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
        .read_json("select to_json(pg_backend_pid())")
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
        .read_json("select to_json(pg_backend_pid())")
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
            assert_eq!((error.sqlstate.as_str(), error.completed), ("22012", 2));
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
        canceller.cancel().await.unwrap();
        let (mut target, result) = running.await.unwrap();
        match result.unwrap_err() {
            TargetError::Server(error) => {
                assert_eq!((error.sqlstate.as_str(), error.completed), ("57014", 1));
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
        .read_json("select to_json(count(*)) from kept")
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
        target.read_json(broken).await.unwrap_err();
        let gone = target
            .read_json("select to_json(to_regclass('gone') is null)")
            .await;
        assert_eq!(gone.unwrap(), true);
    }
    // What an open transaction holds is the script's affair as long as nothing fails.
    run(&mut target, "begin; set local work_mem = '7MB'")
        .await
        .1
        .unwrap();
    let kept = target
        .read_json("select to_json(current_setting('work_mem'))")
        .await
        .unwrap();
    assert_eq!(kept, "7MB");
}

#[tokio::test]
async fn json_is_read_from_the_last_row() {
    let mut target = trusted().await;
    let script = "select '1'; select v, 'x' from (values ('[2]'), ('{\"a\": null}')) t (v); set local work_mem = '1MB'";
    assert_eq!(target.read_json(script).await.unwrap(), json!({"a": null}));
    for (script, expected) in [
        ("select '1' where false", "no row came back"),
        ("create temp table j ()", "no row came back"),
        ("select null", "the value is NULL"),
        ("select", "invalid column"),
        ("select 'no json'", "the value is not JSON"),
    ] {
        match target.read_json(script).await.unwrap_err() {
            TargetError::Protocol { reason, .. } => assert!(reason.contains(expected), "{reason}"),
            other => panic!("{script}: {other}"),
        }
    }

    let script = "select json_agg(repeat('ä', 1000) || i) from generate_series(1, 10000) i";
    let large = target.read_json(script).await.unwrap();
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
            assert_eq!((error.sqlstate.as_str(), error.completed), ("0A000", 1));
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
    target.read_json("select '1'; select '2'").await.unwrap();
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

/// Of the TLS handshake, RFC 8446, section 4.1.3: the "random" of a ServerHello that asks for another key share.
#[tokio::test]
async fn tls_needs_no_second_hello() {
    let retry = b"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91";
    let relay = Relay::to(SERVER.port).await;
    let url = format!(
        "postgresql://trusted@127.0.0.1:{}/postgres?sslmode=require",
        relay.port
    );
    let mut target = connect(&url).await;
    target.read_json("select '1'").await.unwrap();
    let received = relay.received();
    assert!(received.len() > 500);
    assert!(!received.windows(retry.len()).any(|window| window == retry));
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
            let (a, b) = tokio::join!(one.read_json(read), two.read_json(read));
            assert_eq!((a.unwrap(), b.unwrap()), (json!(round + 1), json!(round + 1)));
            run(&mut two, "begin; select 1/0").await.1.unwrap_err();
            two.read_json(read).await.unwrap();
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
        target.read_json(script).await.unwrap(),
        json!(["7MB", "x y"])
    );
    let mut target = trusted().await;
    let name = target
        .read_json("select to_json(current_setting('application_name'))")
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
