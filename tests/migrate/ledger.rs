//! The ledger's own text.

use supaproof::migrate::Book;
use supaproof::migrate::ledger::{self, Ledger};
use supaproof::target::Target;

use crate::cluster::Cluster;
use crate::fixture::{Fixture, set_up};

#[tokio::test]
async fn a_database_without_a_ledger_has_nothing_applied() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    assert_eq!(
        ledger::read(&mut door, &Book::new("o'\\clock"))
            .await
            .unwrap(),
        Ledger::default()
    );
    assert_eq!(door.messages, 1);
    // Also where only the schema is there.
    door.value("create schema supaproof").await;
    assert!(
        !ledger::read(&mut door, &Book::new("shop"))
            .await
            .unwrap()
            .exists
    );
}

#[tokio::test]
async fn odd_names_survive_the_ledger() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let name = "ü<&>\"'\\ $q$ 日本";
    let mut files = Fixture::new(&[(&format!("007_{name}.sql"), "select 1")]);
    files.suite = "it's <odd> & \\".into();
    set_up(&mut door, &files).await.unwrap();
    let found = ledger::read(&mut door, &Book::new(&files.suite))
        .await
        .unwrap();
    assert!(found.exists);
    assert_eq!(found.applied[0].name, name);
    assert_eq!(found.applied[0].version.as_str(), "007");
    assert!(found.applied[0].applied_at.ends_with('Z'));
    assert!(
        ledger::read(&mut door, &Book::new("another"))
            .await
            .unwrap()
            .applied
            .is_empty()
    );
}

#[tokio::test]
async fn nobody_else_may_read_it() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    door.value(
        "create role anon; create role authenticated; \
         alter default privileges grant all on tables to anon, authenticated; \
         alter default privileges grant all on sequences to anon, authenticated; \
         alter default privileges grant all on functions to anon, authenticated; \
         alter default privileges grant usage on schemas to anon",
    )
    .await;
    set_up(&mut door, &Fixture::new(&[("1_a.sql", "select 1")]))
        .await
        .unwrap();
    for role in ["anon", "authenticated"] {
        for what in [
            format!(
                "has_table_privilege('{role}', 'supaproof.history', 'select, insert, update, delete')"
            ),
            format!(
                "has_sequence_privilege('{role}', 'supaproof.history_id_seq', 'usage, select, update')"
            ),
            format!("has_function_privilege('{role}', 'supaproof.refuse_change()', 'execute')"),
            format!("has_schema_privilege('{role}', 'supaproof', 'usage')"),
            format!(
                "(select count(*) <> 2 or bool_or(has_function_privilege('{role}', oid, 'execute')) from pg_proc \
                 where pronamespace = 'supaproof'::regnamespace and prokind = 'p')"
            ),
            format!(
                "has_table_privilege('{role}', 'supaproof.migrations', 'select, insert, update, delete')"
            ),
        ] {
            assert_eq!(door.value(&format!("select {what}")).await, "f", "{what}");
        }
    }
    let error = {
        door.value("set role anon").await;
        ledger::read(&mut door, &Book::new("shop"))
            .await
            .unwrap_err()
    };
    assert_eq!(error.code() as u8, 5);
    assert!(
        error.help_text().unwrap().contains("connect as the role"),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_altered_ledger_is_said_to_be_one() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    set_up(&mut door, &Fixture::new(&[("1_a.sql", "select 1")]))
        .await
        .unwrap();
    door.value("update supaproof.migrations set version = 'one'")
        .await;
    let error = ledger::read(&mut door, &Book::new("shop"))
        .await
        .unwrap_err();
    assert!(
        error
            .message()
            .contains("rows that supaproof did not write"),
        "{error}"
    );
    door.value("alter table supaproof.migrations drop column checksum")
        .await;
    let error = ledger::read(&mut door, &Book::new("shop"))
        .await
        .unwrap_err();
    assert!(
        error.help_text().unwrap().contains("lacks a column"),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_ledger_goes_when_it_is_empty() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let there = "select count(*) from pg_namespace where nspname = 'supaproof'";
    let remove = ledger::remove_if_empty_sql(&Book::new("shop"), &Ledger::default());
    door.run(&remove, &mut |_| {}).await.unwrap();
    set_up(&mut door, &Fixture::new(&[("1_a.sql", "select 1")]))
        .await
        .unwrap();
    door.run(&remove, &mut |_| {}).await.unwrap();
    assert_eq!(door.value(there).await, "1", "it has a row");
    door.value("delete from supaproof.migrations").await;
    door.run(&remove, &mut |_| {}).await.unwrap();
    assert_eq!(door.value(there).await, "0");
}
