//! What goes to the server by itself: statements outside of transactions, long files, and files at doors without
//! transactions of their own.

use supaproof::migrate::{Direction, Options, apply};
use supaproof::target::Capabilities;

use crate::apply::told;
use crate::cluster::Cluster;
use crate::fixture::{Fixture, planned, set_up, versions};

#[tokio::test]
async fn what_runs_outside_a_transaction_goes_alone() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[
        (
            "1_a.sql",
            "create table t (x int); insert into t values (1), (1)",
        ),
        (
            "2_b.sql",
            "set statement_timeout = '1h'; -- é\ncreate index concurrently i on t (x);\nvacuum t;",
        ),
        ("3_c.sql", "create table c (x int)"),
        (
            "4_d.sql",
            "create index concurrently j on t (x);\n -- ö\n create unique index concurrently k on t (x);",
        ),
        ("5_e.sql", "create table e (x int)"),
    ]);
    let error = set_up(&mut door, &files).await.unwrap_err();
    let told = told(&error);
    assert!(
        told.starts_with("[5] sql/4_d.sql:3:2: 4_d.sql failed: could not create unique index"),
        "{told}"
    );
    assert!(
        told.contains("statement 2 of 2: create unique index concurrently k"),
        "{told}"
    );
    assert!(
        told.ends_with(
            "4_d cannot run in a transaction: 1 of its 2 statements stays done, and the ledger does not have it\n\
             1 to 3 stay applied\n5 was not tried"
        ),
        "{told}"
    );
    assert!(error.help_text().unwrap().contains("invalid index"));
    assert_eq!(versions(&mut door, &files).await, "1 2 3");
    assert_eq!(
        door.value("select current_setting('statement_timeout')")
            .await,
        "0"
    );
    assert_eq!(
        door.value("select count(*) from pg_locks where locktype = 'advisory'")
            .await,
        "0"
    );
    // The first of them is not made again.
    door.value("drop index k; delete from t").await;
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(versions(&mut door, &files).await, "1 2 3 4 5");
}

#[tokio::test]
async fn a_file_of_a_megabyte_and_a_small_limit() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let mut big = String::from("create table t (x text);\n");
    for number in 0..20_000 {
        big.push_str(&format!(
            "insert into t values ('row {number} of many; it''s one of them');\n"
        ));
    }
    assert!(big.len() > 1_000_000);
    big.push_str("insert into t values (1/0)");
    let files = Fixture::new(&[
        ("1_a.sql", "select 1"),
        ("2_big.sql", &big),
        ("3_c.sql", "select 3"),
    ]);
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert_eq!(error.origin().unwrap().position().line, 20_002);
    big.truncate(big.len() - 3);
    big.push_str("2)");
    // Under a limit the same goes out in several messages.
    let files = Fixture::new(&[
        ("1_a.sql", "select 1"),
        ("2_big.sql", &big),
        ("3_c.sql", "select 3"),
    ]);
    door.capabilities.longest_message = Some(1_000_000);
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert_eq!(error.code() as u8, 2);
    assert!(
        error.message().starts_with("2_big.sql makes a message of"),
        "{error}"
    );
    door.capabilities.longest_message = Some(2_000_000);
    door.messages = 0;
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(
        door.messages,
        3 - 1,
        "the ledger, and both files in one message"
    );
    assert_eq!(door.value("select count(*) from t").await, "20001");
}

#[tokio::test]
async fn a_target_that_cannot_is_refused_before_anything_is_sent() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[("1_a.sql", "select 1")]);
    let plan = planned(&mut door, &files, Direction::Forward)
        .await
        .unwrap();
    door.capabilities.ddl = false;
    door.messages = 0;
    let error = apply(&mut door, &plan, &Options::default(), &mut |_| {})
        .await
        .unwrap_err();
    assert_eq!((error.code() as u8, door.messages), (2, 0));
}

#[tokio::test]
async fn a_door_without_transactions_of_its_own_takes_a_file_a_message() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    door.capabilities = Capabilities {
        sessions: false,
        transactions: false,
        events: false,
        ..Capabilities::SESSION
    };
    let files = Fixture::new(&[
        ("1_a.sql", "create table a ()"),
        (
            "2_b.sql",
            "create table b (); select 1 / 0; create table c ()",
        ),
    ]);
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert!(
        told(&error).starts_with("[5] sql/2_b.sql"),
        "{}",
        told(&error)
    );
    let there = "select string_agg(relname, ' ') from pg_class where relname in ('a', 'b', 'c')";
    assert_eq!(door.value(there).await, "a");
    assert_eq!(
        door.value("select string_agg(version, ' ') from supaproof.migrations where success")
            .await,
        "1"
    );

    let files = Fixture::new(&[("1_a.sql", "create table a ()"), ("2_b.sql", "vacuum a")]);
    door.messages = 0;
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert_eq!(error.code() as u8, 2, "{}", told(&error));
    assert!(error.message().contains("cannot run in a transaction"));
}
