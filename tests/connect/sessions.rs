//! What one session at a time can do, through whichever door.

use std::time::{Duration, Instant};

use serde_json::json;
use supaproof::target::postgres::{Limits, PostgresTarget};
use supaproof::target::{Target, TargetError};

use super::relay::Relay;
use super::server::{connect, eventually, nothing_runs, run, settings, waiting_for};

/// A way to the server.
pub(crate) struct Way {
    /// Makes what a test leaves on the server its own.
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    /// What stands behind the `?` of the URL.
    pub(crate) query: &'static str,
}

impl Way {
    pub(crate) fn url_at(&self, port: u16) -> String {
        format!(
            "postgresql://trusted@127.0.0.1:{port}/postgres?{}",
            self.query
        )
    }

    pub(crate) fn url(&self) -> String {
        self.url_at(self.port)
    }

    pub(crate) async fn open(&self) -> PostgresTarget {
        connect(&self.url()).await
    }

    fn mark(&self, marker: &str) -> String {
        format!("{marker}-{}", self.name)
    }
}

/// Hands the names of the tests to a macro, behind what it is given besides.
macro_rules! each {
    ($then:ident $($given:tt)*) => {
        $then! { $($given)*:
            an_error_says_how_many_statements_completed
            notices_stand_where_the_server_put_them
            a_run_has_a_limit_and_the_server_stops
            what_runs_can_be_cancelled
            a_run_that_is_dropped_leaves_nothing_running
            a_session_is_idle_after_an_error
            json_is_read_from_the_last_row
            copy_to_us_is_dropped_and_copy_from_us_is_refused
            a_read_is_one_message
        }
    };
}
pub(crate) use each;

pub(crate) async fn an_error_says_how_many_statements_completed(way: &Way) {
    let mut target = way.open().await;
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

pub(crate) async fn notices_stand_where_the_server_put_them(way: &Way) {
    let mut target = way.open().await;
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

pub(crate) async fn a_run_has_a_limit_and_the_server_stops(way: &Way) {
    let limits = Limits {
        connect: Duration::from_secs(20),
        run: Some(Duration::from_millis(700)),
    };
    let marker = way.mark("limited");
    {
        let settings = settings(&way.url());
        let mut target = PostgresTarget::connect(&settings, limits, false)
            .await
            .unwrap();
        let start = Instant::now();
        let (_, result) = run(
            &mut target,
            &format!("begin; select pg_sleep(60), '{marker}'"),
        )
        .await;
        match result.unwrap_err() {
            TargetError::TimedOut { limit, .. } => assert_eq!(limit, Duration::from_millis(700)),
            other => panic!("{other}"),
        }
        assert!(start.elapsed() < Duration::from_secs(5));
        eventually(&nothing_runs(&marker)).await;
        // Nothing more is sent.
        let (_, result) = run(&mut target, "select 1").await;
        assert!(matches!(result, Err(TargetError::TimedOut { .. })));
    }
}

pub(crate) async fn what_runs_can_be_cancelled(way: &Way) {
    let marker = way.mark("cancelled");
    {
        let mut target = way.open().await;
        let canceller = target.canceller();
        let script = format!("begin; select pg_sleep(60), '{marker}'");
        let running = tokio::spawn(async move {
            let result = run(&mut target, &script).await.1;
            (target, result)
        });
        eventually(&waiting_for(&marker)).await;
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
        run(&mut target, "select 1").await.1.unwrap();
    }
}

pub(crate) async fn a_run_that_is_dropped_leaves_nothing_running(way: &Way) {
    let mut target = way.open().await;
    let kept = format!("kept_{}", way.name);
    run(
        &mut target,
        &format!("create table {kept} as select 1 as a"),
    )
    .await
    .1
    .unwrap();
    let short = Duration::from_millis(300);
    let marker = way.mark("dropped-1");
    let script = format!("begin; delete from {kept}; select pg_sleep(60), '{marker}'");
    assert!(
        tokio::time::timeout(short, run(&mut target, &script))
            .await
            .is_err()
    );
    // The same session goes on, outside the transaction.
    let rows = target
        .last_json(&format!("select to_json(count(*)) from {kept}"))
        .await
        .unwrap();
    assert_eq!(rows, 1);
    eventually(&nothing_runs(&marker)).await;

    // And a target that is dropped with it cancels.
    run(&mut target, &format!("drop table {kept}"))
        .await
        .1
        .unwrap();
    let marker = way.mark("dropped-2");
    let script = format!("select pg_sleep(60), '{marker}'");
    assert!(
        tokio::time::timeout(short, run(&mut target, &script))
            .await
            .is_err()
    );
    drop(target);
    eventually(&nothing_runs(&marker)).await;
}

pub(crate) async fn a_session_is_idle_after_an_error(way: &Way) {
    let mut target = way.open().await;
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

pub(crate) async fn json_is_read_from_the_last_row(way: &Way) {
    let mut target = way.open().await;
    let script = "select '1'; select v, 'x' from (values ('[2]'), ('{\"a\": null}')) t (v); set local work_mem = '1MB'";
    assert_eq!(target.last_json(script).await.unwrap(), json!({"a": null}));
    for (script, expected) in [
        ("select '1' where false", "no row came back"),
        ("create temp table j () on commit drop", "no row came back"),
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

pub(crate) async fn copy_to_us_is_dropped_and_copy_from_us_is_refused(way: &Way) {
    let mut target = way.open().await;
    let script = "select 1; copy (select * from generate_series(1, 5000)) to stdout; select 2";
    let (events, result) = run(&mut target, script).await;
    result.unwrap();
    assert_eq!(events, ["0: 1", "1: 5000", "2: 1"]);
    let copied = format!("copied_{}", way.name);
    let script = format!("create table {copied} (a int); copy {copied} from stdin; select 1");
    let (_, result) = run(&mut target, &script).await;
    match result.unwrap_err() {
        TargetError::Server(error) => {
            assert_eq!(
                (error.sqlstate.as_str(), error.completed),
                ("0A000", Some(1))
            );
        }
        other => panic!("{other}"),
    }
    eventually(&format!("select to_json(to_regclass('{copied}') is null)")).await;
}

pub(crate) async fn a_read_is_one_message(way: &Way) {
    let relay = Relay::to(way.port).await;
    let mut target = connect(&way.url_at(relay.port)).await;
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
