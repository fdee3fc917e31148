//! Files that hold their rollback, and files that say how they run.

use supaproof::error::Error;
use supaproof::migrate::Direction;

use crate::cluster::Cluster;
use crate::door::Door;
use crate::fixture::{Fixture, go, set_up, versions};

async fn tables(door: &mut Door) -> String {
    door.value("select coalesce(string_agg(relname, ' ' order by relname), '') from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'")
        .await
}

fn told(error: &Error) -> String {
    format!("{}: {error}", error.origin().unwrap())
}

#[tokio::test]
async fn a_file_goes_up_and_down() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[
        (
            "001_a.sql",
            "\u{feff}-- É\r\ncreate table a (x int)\r\n-- ROLLBACK:\r\n-- DROP TABLE\r\n--   a;\r\n",
        ),
        (
            "002_b.sql",
            "create table b ();\n-- ROLLBACK:\ndrop table b",
        ),
        (
            "003_c.sql",
            "-- migrate:up\ncreate table c (x int primary key)\n-- migrate:down\ndrop table c\n\
             -- migrate:up\ncreate table c2 (x int references c)\n-- migrate:down\ndrop table c2",
        ),
        (
            "004_d.sql",
            "-- +goose NO TRANSACTION\n-- +goose Up\ncreate table d (x int);\ncreate index concurrently i on d (x);\n\
             -- +goose Down\ndrop index concurrently i;\ndrop table d;",
        ),
        ("V5__e.sql", "create table e ()"),
        ("U5__e.sql", "drop table e"),
        ("V5.1__f.sql", "create table f ()"),
        ("U5.1__f.sql", "drop table f"),
        ("6_g.up.sql", "create table g ()"),
        ("6_g.down.sql", "drop table g"),
    ]);
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(tables(&mut door).await, "a b c c2 d e f g");
    assert_eq!(versions(&mut door, &files).await, "001 002 003 004 5 5.1 6");
    // What the ledger has is the checksum of the whole file, its rollback included.
    assert!(set_up(&mut door, &files).await.unwrap().ran.is_empty());
    let done = go(&mut door, &files, Direction::BackAll).await.unwrap();
    assert_eq!(done.ran.len(), 7);
    assert_eq!(tables(&mut door).await, "");
}

#[tokio::test]
async fn an_error_in_a_section_has_its_line_of_the_file() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    for (text, up, place) in [
        (
            "create table a ();\n-- ROLLBACK:\n-- drop table a;\n-- drop table  nowhere;",
            false,
            "sql/1_a.sql:4:4",
        ),
        // The server says where a wrong word stands.
        (
            "create table a ();\n-- ROLLBACK: drop table a;\n\n-- dorp table b;",
            false,
            "sql/1_a.sql:4:4",
        ),
        (
            "-- migrate:up\ncreate table a ()\n-- migrate:down\ndrop table a;\n\
             -- migrate:up\nselect 1\n-- migrate:down\nselect 1;\n  select 1 / 0",
            false,
            "sql/1_a.sql:9:3",
        ),
        (
            "-- migrate:up\ncreate table a ()\n-- migrate:down\ndrop table a;\ndrop table nowhere;\n\
             -- migrate:up\nselect 1\n-- migrate:down\nselect 1;",
            false,
            "sql/1_a.sql:5:1",
        ),
        (
            "-- migrate:up\nselect 1\n-- migrate:down\nselect 2\n-- migrate:up\nselect nothing",
            true,
            "sql/1_a.sql:6:8",
        ),
    ] {
        let files = Fixture::new(&[("1_a.sql", text)]);
        let ended = set_up(&mut door, &files).await;
        if up {
            assert_eq!(versions(&mut door, &files).await, "");
            let error = ended.unwrap_err();
            assert!(told(&error).starts_with(place), "{text}: {}", told(&error));
            continue;
        }
        ended.unwrap();
        let error = go(&mut door, &files, Direction::BackAll).await.unwrap_err();
        assert!(told(&error).starts_with(place), "{text}: {}", told(&error));
        // None of it ran.
        assert_eq!(versions(&mut door, &files).await, "1");
        door.value("drop table a; delete from supaproof.migrations; select 1")
            .await;
    }
}

#[tokio::test]
async fn a_file_says_how_long_it_may_take() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let now =
        "select current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')";
    let limits = "-- supaproof: timeout: 5s\n-- supaproof: lock_timeout: 700ms\n";
    let files = Fixture::new(&[
        ("1_a.sql", &format!("{limits}create table a as {now} as t")),
        ("2_b.sql", &format!("create table b as {now} as t")),
        (
            "3_c.sql",
            &format!("{limits}-- supaproof: transaction: off\ncreate table c as {now} as t"),
        ),
        ("4_d.sql", &format!("create table d as {now} as t")),
    ]);
    set_up(&mut door, &files).await.unwrap();
    for (table, wanted) in [
        ("a", "5s 700ms"),
        ("b", "0 5s"),
        ("c", "5s 700ms"),
        ("d", "0 5s"),
    ] {
        let query = format!("select t from {table}");
        assert_eq!(door.value(&query).await, wanted, "{table}");
    }
    assert_eq!(door.value(now).await, "0 0");
    let files = Fixture::new(&[(
        "1_a.sql",
        "-- supaproof: timeout: 100ms\nselect 1;\nselect pg_sleep(20)",
    )]);
    let mut files = files;
    files.suite = "slow".into();
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert!(
        told(&error).starts_with("sql/1_a.sql:3:1: "),
        "{}",
        told(&error)
    );
    assert!(told(&error).contains("57014"), "{}", told(&error));
}

#[tokio::test]
async fn a_file_without_a_transaction_keeps_what_it_did() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    for (head, kept) in [
        ("-- supaproof: transaction: off", "a"),
        ("-- migrate:up transaction:false", "a"),
        ("-- migrate:up", ""),
    ] {
        let text = format!("{head}\ncreate table a ();\nselect 1 / 0;");
        let files = Fixture::new(&[("1_a.sql", &text)]);
        let error = set_up(&mut door, &files).await.unwrap_err();
        assert!(
            told(&error).starts_with("sql/1_a.sql:3:1: "),
            "{}",
            told(&error)
        );
        assert_eq!(tables(&mut door).await, kept, "{head}");
        assert_eq!(versions(&mut door, &files).await, "");
        // The next one does not go on behind it.
        door.value("drop table if exists a; delete from supaproof.migrations; select 1")
            .await;
    }
}
