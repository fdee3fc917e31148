//! Whatever stops a run: the file and the line, where the database stands now, and the next command.

use std::process::Command;
use std::time::Duration;

use supaproof::error::Error;
use supaproof::migrate::{Direction, Options, apply};

use crate::cluster::Cluster;
use crate::door::Door;
use crate::fixture::{Fixture, go, planned, set_up, versions};

/// All that a person reads of it.
fn told(error: &Error) -> String {
    let place = error
        .origin()
        .map(|origin| format!("{origin}: "))
        .unwrap_or_default();
    let notes = error.notes().join("\n");
    format!(
        "{place}{error}\n{notes}\nhelp: {}",
        error.help_text().unwrap_or_default()
    )
}

/// What every message about an unfinished run has.
fn complete(error: &Error) -> String {
    let told = told(error);
    let stands = [
        "nothing of ",
        " stay applied",
        " stays applied",
        "is not known",
        "stay done",
        "stays done",
    ];
    assert!(
        stands.iter().any(|words| told.contains(words)),
        "where the database stands: {told}"
    );
    assert!(
        told.contains("run the same command again"),
        "the next command: {told}"
    );
    assert!(
        told.starts_with("sql/") || told.contains("was lost"),
        "the file: {told}"
    );
    told
}

/// Applies three files of which the second is this, and says what is told.
async fn second(door: &mut Door, text: &str) -> String {
    let files = Fixture::new(&[
        ("1_a.sql", "create table one (x int)"),
        ("2_b.sql", text),
        ("3_c.sql", "create table three (x int)"),
    ]);
    complete(&set_up(door, &files).await.unwrap_err())
}

#[tokio::test]
async fn statements_that_fail() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    door.value("create role weak; grant create on database postgres to weak")
        .await;
    let mut deep: String = (0..5000)
        .map(|number| format!("-- {number}; it's\nselect {number};\n"))
        .collect();
    deep.push_str("select 1;   select\n   1 as ä, lenght('x');\nselect 2;");
    for (text, place, says) in [
        (
            deep.as_str(),
            "2_b.sql:10002:12: ",
            "function lenght(unknown) does not exist (SQLSTATE 42883)",
        ),
        (deep.as_str(), "", "statement 5002 of 5003: select…"),
        (deep.as_str(), "", "server's hint: No function matches"),
        (
            "select 1;\nselekt 2;",
            "2_b.sql:2:1: ",
            "nothing of 1 to 3 was applied",
        ),
        (
            "select 1;\n\n  select 1 / 0;",
            "2_b.sql:3:3: ",
            "1 stays applied\n3 was not tried",
        ),
        (
            "set role weak;\ncreate table mine (x int);",
            "2_b.sql:2:14: ",
            "permission denied for schema public (SQLSTATE 42501)",
        ),
        (
            "set default_transaction_read_only = on; set transaction read only;\ncreate table mine (x int);",
            "2_b.sql:2:1: ",
            "SQLSTATE 25006",
        ),
        (
            "create table t (x int unique deferrable initially deferred);\ninsert into t values (1), (1);",
            "2_b.sql:1:1: ",
            "failed at its end",
        ),
        (
            "-- supaproof: timeout: 50ms\nselect 1;\nselect pg_sleep(9);",
            "2_b.sql:3:1: ",
            "SQLSTATE 57014",
        ),
        (
            "create table t (x int);\ncreate index concurrently i on t (x);\nselect nowhere;",
            "2_b.sql:3:8: ",
            "2 of its 3 statements stay done",
        ),
    ] {
        door.value("drop schema if exists supaproof cascade; drop table if exists one, t")
            .await;
        let told = second(&mut door, text).await;
        assert!(told.contains(place), "{place}: {told}");
        assert!(told.contains(says), "{says}: {told}");
        assert_eq!(door.value("select to_regclass('three') is null").await, "t");
    }
}

#[tokio::test]
async fn roles_and_servers_that_cannot() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    door.value("create role weak login").await;
    let mut weak = cluster.door_with("user=weak").await;
    let told = second(&mut weak, "select 1").await;
    assert!(
        told.contains("could not begin: permission denied for database postgres"),
        "{told}"
    );
    assert!(
        told.contains("the role needs CREATE on the database"),
        "{told}"
    );
    let mut reading = cluster
        .door_with("options='-c default_transaction_read_only=on'")
        .await;
    let told = second(&mut reading, "select 1").await;
    assert!(
        told.contains("SQLSTATE 25006") && told.contains("the server is read-only"),
        "{told}"
    );
}

/// A server that only follows another.
#[tokio::test]
async fn a_standby() {
    let cluster = Cluster::start_standby().await;
    let mut door = cluster.door().await;
    assert_eq!(door.value("select pg_is_in_recovery()").await, "t");
    let told = second(&mut door, "select 1").await;
    assert!(
        told.contains("could not begin") && told.contains("the server is read-only"),
        "{told}"
    );
    assert!(told.contains("nothing of 1 was applied"), "{told}");
}

/// A file system of a few megabytes, where one can be mounted.
struct Tiny(std::path::PathBuf);

impl Tiny {
    fn mount(cluster: &Cluster) -> Result<Self, String> {
        let folder = cluster.socket().join("tiny");
        std::fs::create_dir(&folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m,mode=0777", "tmpfs"])
            .arg(&folder)
            .output();
        match mounted {
            Ok(output) if output.status.success() => {
                let tiny = Self(folder);
                crate::cluster::give_away(&tiny.0);
                Ok(tiny)
            }
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        // Also while the server has files there.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_disk_that_is_full() {
    let mut cluster = Cluster::start().await;
    let tiny = match Tiny::mount(&cluster) {
        Ok(tiny) => tiny,
        Err(reason) => {
            eprintln!("skipped: a small file system cannot be mounted here: {reason}");
            return;
        }
    };
    let mut door = cluster.door().await;
    door.value(&format!(
        "create tablespace tiny location '{}'",
        tiny.0.display()
    ))
    .await;
    let told = second(
        &mut door,
        "create table big (x text) tablespace tiny;\n\ninsert into big select repeat(md5(n::text), 50) from generate_series(1, 20000) as n;\n",
    )
    .await;
    for words in [
        "sql/2_b.sql:3:1: ",
        "No space left on device (SQLSTATE 53100)",
        "1 stays applied",
        "help: Free space",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    // There is room again: the same command goes on.
    let files = Fixture::new(&[
        ("1_a.sql", "create table one (x int)"),
        ("2_b.sql", "create table big (x text) tablespace tiny"),
        ("3_c.sql", "select 1"),
    ]);
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(versions(&mut door, &files).await, "1 2 3");
    cluster.kill();
    drop(tiny);
}

#[tokio::test]
async fn a_rollback_that_fails_midway() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let names = ["a", "b", "c", "d"];
    let mut all: Vec<(String, String)> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let number = at + 1;
        all.push((
            format!("{number}_{name}.sql"),
            format!("create table {name} (x int)"),
        ));
        let text = match *name {
            "b" => "drop table b;\n  drop table nowhere;\n".to_owned(),
            _ => format!("drop table {name}"),
        };
        all.push((format!("{number}_{name}.rollback.sql"), text));
    }
    let borrowed: Vec<(&str, &str)> = all
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let files = Fixture::new(&borrowed);
    set_up(&mut door, &files).await.unwrap();
    let error = go(&mut door, &files, Direction::BackAll).await.unwrap_err();
    let told = complete(&error);
    for words in [
        "sql/2_b.rollback.sql:2:3: 2_b.rollback.sql failed: table \"nowhere\" does not exist (SQLSTATE 42P01)",
        "nothing of 2 was rolled back",
        "4 to 3 stay rolled back",
        "1 was not tried",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(versions(&mut door, &files).await, "1 2");
    // Outside of a transaction it stays in the middle, and the ledger says that it is applied.
    let text = "-- supaproof: transaction: off\ndrop table b;\ndrop table nowhere;\n";
    let mended: Vec<(&str, &str)> = borrowed
        .iter()
        .map(|(name, old)| {
            (
                *name,
                if *name == "2_b.rollback.sql" {
                    text
                } else {
                    *old
                },
            )
        })
        .collect();
    let mended = Fixture::new(&mended);
    let error = go(&mut door, &mended, Direction::BackSteps(1))
        .await
        .unwrap_err();
    let told = complete(&error);
    assert!(told.contains("1 of its 2 statements stays done"), "{told}");
    assert_eq!(versions(&mut door, &mended).await, "1 2");
}

#[tokio::test]
async fn others_at_work_and_connections_that_end() {
    let cluster = Cluster::start().await;
    let files = Fixture::new(&[("1_a.sql", "select pg_sleep(9)"), ("2_b.sql", "select 1")]);
    let mut holder = cluster.door().await;
    holder
        .value("begin; select pg_advisory_xact_lock(1937076321, 1886547823)")
        .await;
    let mut door = cluster.door().await;
    let plan = planned(&mut door, &files, Direction::Forward)
        .await
        .unwrap();
    let options = Options {
        wait: Duration::from_millis(600),
        ..Options::default()
    };
    let error = apply(&mut door, &plan, &options, &mut |_| {})
        .await
        .unwrap_err();
    let told = error.notes().join("\n") + error.help_text().unwrap();
    assert!(
        told.contains("nothing of 1 to 2 was applied")
            && told.contains("run the same command again"),
        "{told}"
    );
    holder.value("rollback").await;

    let cutter = door.cutter();
    let work =
        tokio::spawn(
            async move { apply(&mut door, &plan, &Options::default(), &mut |_| {}).await },
        );
    tokio::time::sleep(Duration::from_millis(300)).await;
    cutter.abort();
    let told = complete(&work.await.unwrap().unwrap_err());
    assert!(
        told.contains("whether 1 to 2 was applied is not known"),
        "{told}"
    );
}
