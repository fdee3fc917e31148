//! Ledgers in other tables, through doors with sessions and without: what is written, what a failure leaves, and what
//! two runners see of each other.

use supaproof::migrate::{Direction, Options, apply, ledger};
use supaproof::sql::QualifiedName;
use supaproof::suite::LedgerChoice;
use supaproof::target::{Capabilities, Target};

use crate::cluster::Cluster;
use crate::door::Door;
use crate::fixture::{Fixture, go, planned, set_up, versions};

async fn doors(cluster: &Cluster) -> [Door; 2] {
    let mut bare = cluster.door().await;
    bare.value("create database bare").await;
    let mut bare = cluster.door_with("dbname=bare").await;
    bare.capabilities = Capabilities {
        sessions: false,
        transactions: false,
        events: false,
        ..Capabilities::SESSION
    };
    [cluster.door().await, bare]
}

fn named(files: &[(&str, &str)]) -> Fixture {
    let mut files = Fixture::new(files);
    files.ledger.table = Some(QualifiedName {
        schema: Some("public".into()),
        name: "it's \"a\" $$ledger$$".into(),
    });
    files
}

fn in_step(files: &[(&str, &str)]) -> Fixture {
    let mut files = Fixture::new(files);
    files.ledger = LedgerChoice {
        supabase: true,
        ..LedgerChoice::default()
    };
    files
}

const TABLE: &str = "public.\"it's \"\"a\"\" $$ledger$$\"";

const PUSHED: &str = "select coalesce(string_agg(version, ' ' order by version), '') from supabase_migrations.schema_migrations";

#[tokio::test]
async fn every_way_of_a_migration_goes_through_the_table_that_is_named() {
    let cluster = Cluster::start().await;
    for mut door in doors(&cluster).await {
        let pair = [
            ("1_a.sql", "create table a ()"),
            ("1_a.rollback.sql", "drop table a"),
            ("2_b.sql", "select 1 / 0"),
        ];
        let files = named(&pair);
        set_up(&mut door, &files).await.unwrap_err();
        let kept =
            format!("select string_agg(version || success, ' ' order by version) from {TABLE}");
        assert_eq!(door.value(&kept).await, "1true 2false");
        assert_eq!(
            door.value("select to_regclass('supaproof.migrations') is null")
                .await,
            "t"
        );
        go(&mut door, &files, Direction::BackAll).await.unwrap();
        assert_eq!(versions(&mut door, &files).await, "");
        // It is one message, and one to read, whatever the ledger is called.
        let fresh = named(&pair[..2]);
        let before = door.messages;
        set_up(&mut door, &fresh).await.unwrap();
        assert_eq!(door.messages - before, 2);
    }
}

#[tokio::test]
async fn the_supabase_clis_ledger_costs_no_message() {
    let cluster = Cluster::start().await;
    for mut door in doors(&cluster).await {
        let files = in_step(&[
            ("1_a.sql", "create table a ()"),
            ("1_a.rollback.sql", "drop table a"),
            ("2_b.sql", "create table b ()"),
            ("2_b.rollback.sql", "drop table b"),
        ]);
        let count = |door: &Door| if door.capabilities.events { 2 } else { 3 };
        let before = door.messages;
        set_up(&mut door, &files).await.unwrap();
        assert_eq!(door.messages - before, count(&door));
        assert_eq!(door.value(PUSHED).await, "1 2");
        let before = door.messages;
        go(&mut door, &files, Direction::BackAll).await.unwrap();
        assert_eq!(door.messages - before, count(&door));
        assert_eq!(door.value(PUSHED).await, "");
        // What fails is in neither.
        let files = in_step(&[("1_a.sql", "select 1 / 0")]);
        set_up(&mut door, &files).await.unwrap_err();
        assert_eq!(door.value(PUSHED).await, "");
    }
}

/// The CLI takes no lock of ours, so it may push between our look and our message.
#[tokio::test]
async fn what_the_cli_pushed_meanwhile_is_not_run_again() {
    let cluster = Cluster::start().await;
    for mut door in doors(&cluster).await {
        let files = in_step(&[
            ("1_a.sql", "create table a ()"),
            ("2_b.sql", "create table b ()"),
        ]);
        let plan = planned(&mut door, &files, Direction::Forward)
            .await
            .unwrap();
        door.value(
            "create table a (); create schema supabase_migrations; \
             create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text); \
             insert into supabase_migrations.schema_migrations values ('1', null, 'a')",
        )
        .await;
        let done = apply(&mut door, &plan, &Options::default(), &mut |_| {})
            .await
            .unwrap();
        assert_eq!((done.ran.len(), done.skipped.len()), (1, 1));
        assert_eq!(door.value(PUSHED).await, "1 2");
        let known = ledger::read(&mut door, files.migrations().book())
            .await
            .unwrap();
        let pushed: Vec<bool> = known.applied.iter().map(|row| row.pushed).collect();
        assert_eq!(pushed, [true, false]);
    }
}

#[tokio::test]
async fn a_ledger_that_is_not_ours_is_not_written() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = named(&[("1_a.sql", "create table a ()")]);
    // Somebody makes it between our look and our message.
    let plan = planned(&mut door, &files, Direction::Forward)
        .await
        .unwrap();
    door.run(&format!("create table {TABLE} (version text)"), &mut |_| {})
        .await
        .unwrap();
    apply(&mut door, &plan, &Options::default(), &mut |_| {})
        .await
        .unwrap_err();
    assert_eq!(door.value("select to_regclass('a') is null").await, "t");
    let columns = format!(
        "select count(*) from pg_attribute where attrelid = to_regclass('{}') and attnum > 0",
        TABLE.replace('\'', "''")
    );
    assert!(door.value(&columns).await.parse::<u32>().unwrap() >= 1);
}
