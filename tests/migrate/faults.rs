//! Two runners at once, a server that dies, a connection that ends.

use std::time::{Duration, Instant};

use supaproof::migrate::{Book, Direction, Options, Progress, apply, ledger};
use supaproof::target::Target;

use crate::cluster::Cluster;
use crate::fixture::{Fixture, planned, set_up, versions};

/// Migrations that each leave a table of their own; `body` runs in each.
fn many(count: usize, body: &str) -> Fixture {
    let files: Vec<(String, String)> = (1..=count)
        .map(|number| {
            (
                format!("{number:03}_m.sql"),
                format!("create table t{number} (x int); {body}"),
            )
        })
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Fixture::new(&files)
}

const TABLES: &str =
    "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'";

#[tokio::test]
async fn two_runners_apply_each_migration_once() {
    let cluster = Cluster::start().await;
    let files = many(12, "select pg_sleep(0.01)");
    let (mut one, mut two) = (cluster.door().await, cluster.door().await);
    // Both plan before either begins.
    let plan_one = planned(&mut one, &files, Direction::Forward).await.unwrap();
    let plan_two = planned(&mut two, &files, Direction::Forward).await.unwrap();
    let options = Options::default();
    let (mut nothing, mut nothing_too) = (|_: Progress<'_>| {}, |_: Progress<'_>| {});
    let (first, second) = tokio::join!(
        apply(&mut one, &plan_one, &options, &mut nothing),
        apply(&mut two, &plan_two, &options, &mut nothing_too),
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.ran.len() + second.ran.len(), 12);
    assert_eq!(first.skipped.len(), second.ran.len());
    assert_eq!(second.skipped.len(), first.ran.len());
    assert_eq!(one.value(TABLES).await, "12");
    assert_eq!(
        one.value("select count(*) from supaproof.migrations").await,
        "12"
    );
}

#[tokio::test]
async fn whoever_waits_says_for_whom_and_gives_up_in_time() {
    let cluster = Cluster::start().await;
    let files = many(1, "");
    let mut holder = cluster.door_with("application_name=holder").await;
    holder
        .value("begin; select pg_advisory_xact_lock(1937076321, 1886547823)")
        .await;
    let mut door = cluster.door().await;
    let plan = planned(&mut door, &files, Direction::Forward)
        .await
        .unwrap();
    let options = Options {
        wait: Duration::from_millis(1200),
        ..Options::default()
    };
    let mut waited = Vec::new();
    let error = apply(&mut door, &plan, &options, &mut |progress| {
        if let Progress::Waiting { holder } = progress {
            waited.push(holder.to_owned());
        }
    })
    .await
    .unwrap_err();
    assert_eq!(waited.len(), 2);
    assert!(waited[0].starts_with("holder (process "), "{waited:?}");
    assert_eq!(error.code() as u8, 5);
    assert!(
        error
            .message()
            .contains("another run of migrations is at work on this database: holder"),
        "{error}"
    );
    assert_eq!(error.notes()[0], "nothing of 001 was applied");
    holder.value("commit").await;
    set_up(&mut door, &files).await.unwrap();
}

#[tokio::test]
async fn an_index_built_alone_does_not_deadlock_with_who_waits() {
    let cluster = Cluster::start().await;
    let (mut one, mut two) = (cluster.door().await, cluster.door().await);
    set_up(
        &mut one,
        &Fixture::new(&[("1_a.sql", "create table t (x int)")]),
    )
    .await
    .unwrap();
    let files = Fixture::new(&[
        ("1_a.sql", "create table t (x int)"),
        (
            "2_b.sql",
            "select pg_sleep(0.7); create index concurrently i on t (x); select pg_sleep(0.3)",
        ),
        ("3_c.sql", "create table c (x int)"),
    ]);
    let plan_one = planned(&mut one, &files, Direction::Forward).await.unwrap();
    let plan_two = planned(&mut two, &files, Direction::Forward).await.unwrap();
    let options = Options::default();
    let (mut nothing, mut nothing_too) = (|_: Progress<'_>| {}, |_: Progress<'_>| {});
    let (first, second) = tokio::join!(
        apply(&mut one, &plan_one, &options, &mut nothing),
        apply(&mut two, &plan_two, &options, &mut nothing_too),
    );
    assert_eq!(first.unwrap().ran.len() + second.unwrap().ran.len(), 2);
    assert_eq!(versions(&mut one, &files).await, "1 2 3");
    assert_eq!(
        one.value("select count(*) from pg_index where not indisvalid")
            .await,
        "0"
    );
}

#[tokio::test]
async fn another_text_under_the_same_version_is_divergent() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = many(2, "");
    let plan = planned(&mut door, &files, Direction::Forward)
        .await
        .unwrap();
    set_up(&mut door, &many(2, "select 'other'")).await.unwrap();
    let error = apply(&mut door, &plan, &Options::default(), &mut |_| {})
        .await
        .unwrap_err();
    assert_eq!(
        error.message(),
        "another run applied 001_m with another text"
    );
    assert_eq!(error.origin().unwrap().to_string(), "sql/001_m.sql:1:1");
}

#[tokio::test]
async fn a_server_that_dies_leaves_no_half_migration() {
    let mut cluster = Cluster::start().await;
    let files = many(
        40,
        "select pg_sleep(0.03); insert into supaproof_probe default values",
    );
    for after in [30, 250, 600] {
        let mut door = cluster.door().await;
        door.value(
            "drop schema if exists supaproof cascade; drop schema public cascade; create schema public; \
             create table supaproof_probe (id int generated always as identity)",
        )
        .await;
        let plan = planned(&mut door, &files, Direction::Forward)
            .await
            .unwrap();
        let work =
            tokio::spawn(
                async move { apply(&mut door, &plan, &Options::default(), &mut |_| {}).await },
            );
        tokio::time::sleep(Duration::from_millis(after)).await;
        cluster.kill();
        let error = work.await.unwrap().unwrap_err();
        assert_eq!(error.code() as u8, 4, "{error}");
        assert!(
            error
                .notes()
                .iter()
                .any(|note| note.ends_with("is not known")),
            "{error:?}"
        );
        assert!(error.help_text().unwrap().contains("supaproof status"));
        cluster.serve().await;
        let mut door = cluster.door().await;
        let rows = ledger::read(&mut door, &Book::new("shop"))
            .await
            .unwrap()
            .applied
            .len();
        assert!(rows < 40);
        assert_eq!(
            door.value(TABLES).await,
            (rows + 1).to_string(),
            "tables and the ledger agree"
        );
        assert_eq!(
            door.value("select count(*) from supaproof_probe").await,
            rows.to_string()
        );
        set_up(&mut door, &files).await.unwrap();
        assert_eq!(door.value(TABLES).await, "41");
    }
}

#[tokio::test]
async fn the_server_stops_when_we_are_gone() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = many(3, "select pg_sleep(3)");
    let plan = planned(&mut door, &files, Direction::Forward)
        .await
        .unwrap();
    let cutter = door.cutter();
    let work =
        tokio::spawn(
            async move { apply(&mut door, &plan, &Options::default(), &mut |_| {}).await },
        );
    tokio::time::sleep(Duration::from_millis(500)).await;
    cutter.abort();
    let error = work.await.unwrap().unwrap_err();
    assert_eq!(error.code() as u8, 4, "{error}");
    let mut watch = cluster.door().await;
    let start = Instant::now();
    let active = "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
    while watch.value(active).await != "0" {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(
            start.elapsed() < Duration::from_secs(2),
            "the server goes on without us"
        );
    }
    // Not even the file that was running.
    let ledger = ledger::read(&mut watch, &Book::new("shop")).await.unwrap();
    assert!(ledger.applied.is_empty(), "{ledger:?}");
    assert_eq!(watch.value(TABLES).await, "0");
}

#[tokio::test]
async fn a_syntax_error_leaves_the_session_usable() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    set_up(&mut door, &Fixture::new(&[("1_a.sql", "selekt")]))
        .await
        .unwrap_err();
    door.run("create table fine (x int)", &mut |_| {})
        .await
        .unwrap();
    assert_eq!(door.value("select count(*) from fine").await, "0");
}
