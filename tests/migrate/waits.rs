//! A lock that somebody else holds.

use std::time::{Duration, Instant};

use supaproof::error::Error;
use supaproof::migrate::{Book, Direction, Done, Limit, Options, Progress, apply, ledger};
use supaproof::target::Target;

use crate::cluster::Cluster;
use crate::door::Door;
use crate::fixture::{Fixture, planned, versions};

const SHORT: Duration = Duration::from_millis(100);

/// A session that has changed `orders` and does not commit.
async fn holder(cluster: &Cluster) -> Door {
    let mut holder = cluster.door_with("application_name=holder").await;
    holder
        .value("create table if not exists orders (x int)")
        .await;
    holder.value("begin; insert into orders values (1)").await;
    holder
}

/// Applies while a session holds `orders`, for so long; says for whom it waited.
async fn apply_beside(
    cluster: &Cluster,
    files: &Fixture,
    held: Duration,
    wait: Duration,
) -> (Result<Done, Error>, Vec<String>) {
    let mut holder = holder(cluster).await;
    let mut door = cluster.door().await;
    let plan = planned(&mut door, files, Direction::Forward).await.unwrap();
    let release = tokio::spawn(async move {
        tokio::time::sleep(held).await;
        holder.run("commit", &mut |_| {}).await.unwrap();
    });
    let options = Options {
        lock_timeout: Limit::Of(SHORT),
        wait,
        ..Options::default()
    };
    let mut waited = Vec::new();
    let ended = apply(&mut door, &plan, &options, &mut |progress| {
        if let Progress::Waiting { holder } = progress {
            waited.push(holder.to_owned());
        }
    })
    .await;
    // Nothing of ours stays in the session, however it ended.
    assert_eq!(
        door.value("select current_setting('lock_timeout')").await,
        "0"
    );
    release.abort();
    (ended, waited)
}

#[tokio::test]
async fn a_lock_that_comes_late_is_waited_for() {
    let cluster = Cluster::start().await;
    let files = Fixture::new(&[
        ("1_a.sql", "create table log (x int)"),
        (
            "2_b.sql",
            "insert into log values (2);\nalter table orders add y int;\n",
        ),
        ("3_c.sql", "insert into log values (3)"),
    ]);
    let (held, wait) = (Duration::from_millis(1100), Duration::from_secs(20));
    let (ended, waited) = apply_beside(&cluster, &files, held, wait).await;
    assert_eq!(ended.unwrap().ran.len(), 3);
    assert!(waited.len() >= 2, "{waited:?}");
    for who in &waited {
        assert!(who.starts_with("orders: holder (process "), "{who}");
        assert!(who.ends_with(", postgres, idle in transaction)"), "{who}");
    }
    let mut door = cluster.door().await;
    assert_eq!(versions(&mut door, &files).await, "1 2 3");
    assert_eq!(
        door.value("select string_agg(x::text, ' ' order by x) from log")
            .await,
        "2 3",
        "each ran once"
    );
    let history = "select string_agg(action || version, ' ' order by id) from supaproof.history";
    assert_eq!(
        door.value(history).await,
        "applied1 applied2 applied3",
        "what passed is no failure"
    );
}

#[tokio::test]
async fn a_lock_that_never_comes_is_an_error_that_names_its_holder() {
    let cluster = Cluster::start().await;
    for (text, names) in [
        ("select 1;\nalter table orders add y int;\n", true),
        ("select 1;\ndo $$ begin lock table orders; end $$;\n", true),
        ("select 1;\nlock table \"orders\" nowait;\n", true),
        // Its name is made where it runs.
        (
            "select 1;\ndo $$ begin execute 'lock table ' || 'ord' || 'ers'; end $$;\n",
            false,
        ),
    ] {
        let files = Fixture::new(&[
            ("1_a.sql", "select 1"),
            ("2_b.sql", text),
            ("3_c.sql", "select 3"),
        ]);
        let begun = Instant::now();
        let (held, wait) = (Duration::from_secs(60), Duration::from_millis(1500));
        let (ended, waited) = apply_beside(&cluster, &files, held, wait).await;
        let error = ended.unwrap_err();
        assert!(
            begun.elapsed() < Duration::from_secs(8),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(error.code() as u8, 5);
        assert_eq!(
            error.origin().unwrap().to_string(),
            "sql/2_b.sql:2:1",
            "{error}"
        );
        assert!(error.message().contains("SQLSTATE 55P03"), "{error}");
        let notes = error.notes().join("\n");
        assert!(
            waited.len() >= 2
                && notes.contains(&format!("it was tried {} times", waited.len() + 1)),
            "{notes} {waited:?}"
        );
        assert_eq!(
            notes.contains("locks are held by orders: holder (process "),
            names,
            "{text}: {notes}"
        );
        assert_eq!(
            waited[0].starts_with("orders: holder (process "),
            names,
            "{waited:?}"
        );
        for what in [
            "nothing of 2 was applied",
            "3 was not tried",
            "run the same command again",
        ] {
            assert!(notes.contains(what), "{what}: {notes}");
        }
        assert!(error.help_text().unwrap().contains("pg_terminate_backend"));
        let mut door = cluster.door().await;
        let ledger = ledger::read(&mut door, &Book::new("shop")).await.unwrap();
        assert_eq!((ledger.applied.len(), ledger.failed.len()), (1, 1));
        door.value("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holder'; drop schema supaproof cascade")
            .await;
    }
}

#[tokio::test]
async fn outside_of_a_transaction_the_one_statement_is_tried_again() {
    let cluster = Cluster::start().await;
    let files = Fixture::new(&[(
        "1_a.sql",
        "-- supaproof: transaction: off\ncreate table log (x int);\nalter table orders add y int;\ninsert into log values (1);\n",
    )]);
    let (held, wait) = (Duration::from_millis(900), Duration::from_secs(20));
    let (ended, waited) = apply_beside(&cluster, &files, held, wait).await;
    ended.unwrap();
    assert!(
        waited[0].starts_with("orders: holder (process "),
        "{waited:?}"
    );
    let mut door = cluster.door().await;
    assert_eq!(door.value("select count(*) from log").await, "1");
    // CONCURRENTLY leaves an invalid index behind: once, and not at every attempt.
    let files = Fixture::new(&[
        (
            "1_a.sql",
            "-- supaproof: transaction: off\ncreate table log (x int);\nalter table orders add y int;\ninsert into log values (1);\n",
        ),
        ("2_b.sql", "create index concurrently i on orders (y);"),
    ]);
    let (ended, waited) = apply_beside(&cluster, &files, Duration::from_secs(60), wait).await;
    let error = ended.unwrap_err();
    assert!(waited.is_empty(), "{waited:?}");
    let notes = error.notes().join("\n");
    assert!(
        notes.contains("locks are held by orders: holder (process "),
        "{error}: {notes}"
    );
    // The table of an index is not named by the statement that drops it.
    let mut door = cluster.door().await;
    door.value(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holder'",
    )
    .await;
    door.value(
        "drop schema supaproof cascade; drop index if exists i; create index j on orders (x)",
    )
    .await;
    let files = Fixture::new(&[("1_a.sql", "drop index concurrently j;")]);
    let (ended, _) = apply_beside(&cluster, &files, Duration::from_secs(60), wait).await;
    let error = ended.unwrap_err();
    let notes = error.notes().join("\n");
    assert!(
        notes.contains("locks are held by orders: holder (process "),
        "{error}: {notes}"
    );
}

#[tokio::test]
async fn the_sessions_own_limit_goes_before_ours_and_the_files_before_both() {
    let cluster = Cluster::start().await;
    let seen = "insert into seen select current_setting('lock_timeout') || ' ' || current_setting('statement_timeout')";
    let files = Fixture::new(&[
        ("1_a.sql", "create table seen (x text)"),
        ("2_b.sql", seen),
        (
            "3_c.sql",
            &format!("-- supaproof: lock_timeout: 7s\n-- supaproof: timeout: 8s\n{seen}"),
        ),
    ]);
    let look = "select string_agg(x, ',' order by x) from seen";
    for (settings, options, wanted) in [
        ("", Options::default(), "5s 0,7s 8s"),
        (
            "options='-c lock_timeout=9s -c statement_timeout=10s'",
            Options::default(),
            "7s 8s,9s 10s",
        ),
        (
            "options='-c lock_timeout=9s -c statement_timeout=10s'",
            Options {
                lock_timeout: Limit::Of(Duration::from_secs(6)),
                statement_timeout: Some(Duration::from_secs(11)),
                ..Options::default()
            },
            "6s 11s,7s 8s",
        ),
        (
            "options='-c lock_timeout=9s'",
            Options {
                lock_timeout: Limit::Of(Duration::ZERO),
                ..Options::default()
            },
            "0 0,7s 8s",
        ),
    ] {
        let mut door = cluster.door_with(settings).await;
        let plan = planned(&mut door, &files, Direction::Forward)
            .await
            .unwrap();
        apply(&mut door, &plan, &options, &mut |_| {})
            .await
            .unwrap();
        assert_eq!(door.value(look).await, wanted, "{settings}");
        door.value("drop table seen; drop schema supaproof cascade")
            .await;
    }
}

#[tokio::test]
async fn whoever_gives_up_in_a_deadlock_tries_again() {
    let cluster = Cluster::start().await;
    let mut other = cluster.door().await;
    // By itself: a BEGIN later in the same message would take it into its transaction.
    other
        .value("create table a (x int); create table b (x int); set deadlock_timeout = '20s'")
        .await;
    other.value("begin; lock table b").await;
    // The session whose limit comes first is the one to give up.
    let files = Fixture::new(&[(
        "1_a.sql",
        "set deadlock_timeout = '1s'; lock table a; lock table b;",
    )]);
    let (mut door, mut watch) = (cluster.door().await, cluster.door().await);
    let plan = planned(&mut door, &files, Direction::Forward)
        .await
        .unwrap();
    let cross = tokio::spawn(async move {
        while watch
            .value("select count(*) from pg_locks where not granted")
            .await
            != "1"
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        other
            .run("lock table a; commit", &mut |_| {})
            .await
            .unwrap();
    });
    let mut waited = 0;
    apply(&mut door, &plan, &Options::default(), &mut |progress| {
        waited += usize::from(matches!(progress, Progress::Waiting { .. }));
    })
    .await
    .unwrap();
    cross.await.unwrap();
    assert_eq!(waited, 1);
}
