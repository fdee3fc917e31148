//! Applying and rolling back.

use supaproof::error::Error;
use supaproof::migrate::{Book, Direction, Done, Options, Progress, Version, apply, ledger};

use crate::cluster::Cluster;
use crate::door::Door;
use crate::fixture::{Fixture, go, planned, set_up, versions};

async fn tables(door: &mut Door) -> String {
    door.value("select string_agg(relname, ' ' order by relname) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'")
        .await
}

/// Place and message, then the notes, but for the next command.
pub(crate) fn told(error: &Error) -> String {
    let place = error
        .origin()
        .map(|origin| format!("{origin}: "))
        .unwrap_or_default();
    let mut lines = vec![format!("[{}] {place}{error}", error.code() as u8)];
    let notes = error.notes().iter();
    lines.extend(notes.filter(|note| !note.starts_with("next: ")).cloned());
    lines.join("\n")
}

#[tokio::test]
async fn pending_files_go_out_as_one_message() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[
        (
            "1_a.sql",
            "create table a (x int) -- the last line is a comment",
        ),
        (
            "2_b.sql",
            "\u{feff}create table b (x int);\r\n\r\n-- it's\r\ninsert into b values (1)\r\n",
        ),
        ("3_c.sql", "-- nothing yet"),
        ("10_d.sql", "create table d (x int)"),
    ]);
    let plan = planned(&mut door, &files, Direction::Forward)
        .await
        .unwrap();
    door.messages = 0;
    let mut seen = Vec::new();
    let outcome = apply(&mut door, &plan, &Options::default(), &mut |progress| {
        seen.push(match progress {
            Progress::Started {
                index,
                total,
                migration,
            } => format!("+{}/{total} {}", index + 1, migration.label()),
            Progress::Finished { migration, .. } => format!("={}", migration.version),
            other => format!("{other:?}"),
        });
    })
    .await
    .unwrap();
    assert_eq!(door.messages, 1);
    assert_eq!(outcome.ran.len(), 4);
    seen.sort();
    assert_eq!(
        seen,
        [
            "+1/4 1_a",
            "+2/4 2_b",
            "+3/4 3_c",
            "+4/4 10_d",
            "=1",
            "=10",
            "=2",
            "=3"
        ]
    );
    assert_eq!(tables(&mut door).await, "a b d");
    assert_eq!(versions(&mut door, &files).await, "1 2 3 10");
    // Nothing is left to do: no message at all.
    door.messages = 0;
    assert_eq!(set_up(&mut door, &files).await.unwrap(), Done::default());
    assert_eq!(door.messages, 1, "the ledger was read");
}

#[tokio::test]
async fn an_error_at_run_time_names_its_statement() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[
        (
            "001_a.sql",
            "create table a (x int); insert into a values (0)",
        ),
        (
            "002_b.sql",
            "create table b (x int);\n\n/* é */ insert into b values (1);\n  select 1 /\n    (x - x) from a;\nselect 2",
        ),
        ("003_c.sql", "create table c (x int)"),
        ("004_d.sql", "create table d (x int)"),
    ]);
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert_eq!(
        told(&error),
        "[5] sql/002_b.sql:4:3: 002_b.sql failed: division by zero (SQLSTATE 22012)\n\
         statement 3 of 4: select 1 /…\n\
         nothing of 002 was applied\n001 stays applied\n003 to 004 were not tried"
    );
    assert_eq!(tables(&mut door).await, "a");
    assert_eq!(versions(&mut door, &files).await, "001");
    // The session is as it was.
    assert_eq!(door.value("select 1").await, "1");
}

#[tokio::test]
async fn an_error_with_a_place_points_at_the_token() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[
        ("001_ü.sql", "\u{feff}-- été\ncreate table a (x int);"),
        (
            "002_b.sql",
            "\u{feff}--日本語\nselect\r\n'é', missing from a;",
        ),
    ]);
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert!(
        told(&error).starts_with("[5] sql/002_b.sql:3:6: 002_b.sql failed: column \"missing\""),
        "{}",
        told(&error)
    );
    assert_eq!(error.origin().unwrap().text(), "missing");
    // A place inside a function's body is not one of the file.
    let files = Fixture::new(&[(
        "003_c.sql",
        "do $$\nbegin\n  perform 1;\n  execute 'select nowhere';\nend $$",
    )]);
    let mut files = files;
    files.suite = "other".into();
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert!(
        told(&error).starts_with("[5] sql/003_c.sql:1:1: "),
        "{}",
        told(&error)
    );
    assert!(
        error
            .notes()
            .iter()
            .any(|note| note.contains("line 4 at EXECUTE")),
        "{}",
        told(&error)
    );
}

#[tokio::test]
async fn a_syntax_error_anywhere_applies_nothing() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    for (text, place) in [
        ("create table b (x int);\ncreate tabel c ()", "2:8"),
        // What our own next statement trips over is this file's fault.
        ("create table b (x int);\ncreate table c (", "2:17"),
        (
            "create table b (x int);\ncreate rule r as on insert to b do (select 1;",
            "2:46",
        ),
        (
            "select 1;\ncreate function f() returns int begin atomic select 1;",
            "2:55",
        ),
    ] {
        let files = Fixture::new(&[
            ("1_a.sql", "create table a (x int)"),
            ("2_b.sql", text),
            ("3_c.sql", "select 1"),
        ]);
        let error = set_up(&mut door, &files).await.unwrap_err();
        let told = told(&error);
        assert!(
            told.starts_with(&format!(
                "[5] sql/2_b.sql:{place}: 2_b.sql failed: syntax error"
            )),
            "{told}"
        );
        assert!(told.contains("statement 2 of 2: create "), "{told}");
        assert!(told.ends_with("nothing of 1 to 3 was applied"), "{told}");
        assert_eq!(tables(&mut door).await, "");
        let ledger = ledger::read(&mut door, &Book::new("shop")).await.unwrap();
        assert_eq!((ledger.applied.len(), ledger.failed.len()), (0, 1));
    }
}

#[tokio::test]
async fn a_deferred_constraint_fails_its_own_file() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[
        (
            "1_a.sql",
            "create table a (id int primary key, up int references a deferrable initially deferred)",
        ),
        ("2_b.sql", "insert into a values (1, 2);"),
        ("3_c.sql", "insert into a values (3, 3);"),
    ]);
    let error = set_up(&mut door, &files).await.unwrap_err();
    let told = told(&error);
    assert!(
        told.starts_with(
            "[5] sql/2_b.sql:1:1: 2_b.sql failed at its end: insert or update on table"
        ),
        "{told}"
    );
    assert!(
        told.contains("23503") && told.contains("detail: Key (up)=(2)"),
        "{told}"
    );
    assert!(
        told.ends_with("nothing of 2 was applied\n1 stays applied\n3 was not tried"),
        "{told}"
    );
    assert_eq!(versions(&mut door, &files).await, "1");
}

#[tokio::test]
async fn deferred_checks_run_under_the_settings_of_their_file() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[(
        "1_a.sql",
        "create schema app; set search_path = app; create table t (x int); create table log (x int);
         create function note() returns trigger language plpgsql as $$ begin insert into log values (new.x); return null; end $$;
         create constraint trigger late after insert on t deferrable initially deferred for each row execute function note();
         insert into t values (7)",
    )]);
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(door.value("select x from app.log").await, "7");
}

#[tokio::test]
async fn rollbacks_go_back_as_far_as_asked() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let mut all = Vec::new();
    for name in ["a", "b", "c", "d"] {
        all.push((
            format!("{}_{name}.sql", all.len() / 2 + 1),
            format!("create table {name} (x int)"),
        ));
        all.push((
            format!("{}_{name}.rollback.sql", all.len() / 2 + 1),
            format!("drop table {name}"),
        ));
    }
    let all: Vec<(&str, &str)> = all
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let files = Fixture::new(&all);
    set_up(&mut door, &files).await.unwrap();
    door.messages = 0;
    go(&mut door, &files, Direction::BackSteps(1))
        .await
        .unwrap();
    assert_eq!(door.messages, 2, "the ledger and one message");
    assert_eq!(tables(&mut door).await, "a b c");
    go(
        &mut door,
        &files,
        Direction::BackTo(Version::new("1").unwrap()),
    )
    .await
    .unwrap();
    assert_eq!(tables(&mut door).await, "a");
    assert_eq!(versions(&mut door, &files).await, "1");
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(tables(&mut door).await, "a b c d");
    let outcome = go(&mut door, &files, Direction::BackAll).await.unwrap();
    assert_eq!(outcome.ran.len(), 4);
    assert_eq!(tables(&mut door).await, "");
    assert_eq!(versions(&mut door, &files).await, "");
}

#[tokio::test]
async fn a_rollback_that_fails_keeps_its_row() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[
        ("1_a.sql", "create table a (x int)"),
        ("1_a.rollback.sql", "drop table a;\ndrop table nowhere"),
        ("2_b.sql", "create table b (x int)"),
        ("2_b.rollback.sql", "drop table b"),
    ]);
    set_up(&mut door, &files).await.unwrap();
    let error = go(&mut door, &files, Direction::BackAll).await.unwrap_err();
    assert_eq!(
        told(&error),
        "[5] sql/1_a.rollback.sql:2:1: 1_a.rollback.sql failed: table \"nowhere\" does not exist (SQLSTATE 42P01)\n\
         statement 2 of 2: drop table nowhere\nnothing of 1 was rolled back\n2 stays rolled back"
    );
    assert_eq!(tables(&mut door).await, "a");
    assert_eq!(versions(&mut door, &files).await, "1");
}

#[tokio::test]
async fn an_edited_file_and_a_missing_rollback_stop_before_anything_runs() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    set_up(
        &mut door,
        &Fixture::new(&[("1_a.sql", "create table a (x int)")]),
    )
    .await
    .unwrap();
    let edited = Fixture::new(&[
        ("1_a.sql", "create table a (x int, y int)"),
        ("2_b.sql", "create table b (x int)"),
    ]);
    let error = set_up(&mut door, &edited).await.unwrap_err();
    assert_eq!(error.message(), "1_a has changed since it was applied");
    assert_eq!(tables(&mut door).await, "a");
    let error = go(&mut door, &edited, Direction::BackAll)
        .await
        .unwrap_err();
    assert_eq!(
        error.help_text(),
        Some("write what undoes it as sql/1_a.rollback.sql")
    );
}

#[tokio::test]
async fn settings_of_a_file_end_with_it() {
    let cluster = Cluster::start().await;
    let mut owner = cluster.door().await;
    owner
        .value(
            "create role runner; create role nobody_else; grant nobody_else to runner; \
             grant create on database postgres to runner; \
             grant all on schema public to runner, nobody_else; \
             create schema trap; grant all on schema trap to public",
        )
        .await;
    let mut door = cluster
        .door_with("options='-c role=runner -c statement_timeout=77s'")
        .await;
    let look = "insert into seen values (current_user, current_setting('search_path'), \
                current_setting('statement_timeout'), to_regclass('pg_temp.left_over') is null)";
    let files = Fixture::new(&[
        (
            "1_a.sql",
            "create table public.seen (who text, path text, timeout text, clean bool); grant all on seen to public",
        ),
        (
            "2_b.sql",
            "create temp table left_over (); prepare p as select 1; declare c cursor with hold for select 1; \
             select pg_advisory_lock(7); listen x; set statement_timeout = '1h'; set check_function_bodies = off; \
             select set_config('search_path', '', false); set role nobody_else; \
             set session characteristics as transaction read only",
        ),
        ("3_c.sql", look),
        // A table of the ledger's name, first on the path, is not the ledger.
        (
            "4_d.sql",
            "set search_path = trap; create table migrations (); set local role nobody_else",
        ),
        ("5_e.sql", look),
    ]);
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(versions(&mut door, &files).await, "1 2 3 4 5");
    let seen = "select string_agg(distinct concat_ws(' ', who, path, timeout, clean), '|') from public.seen";
    assert_eq!(door.value(seen).await, "runner \"$user\", public 77s t");
    // Nor does anything stay in the session.
    for (what, wanted) in [
        ("select current_user", "runner"),
        ("select count(*) from pg_prepared_statements", "0"),
        ("select count(*) from pg_cursors where is_holdable", "0"),
        (
            "select count(*) from pg_locks where locktype = 'advisory'",
            "0",
        ),
        ("select count(*) from pg_listening_channels()", "0"),
        (
            "select current_setting('default_transaction_read_only')",
            "off",
        ),
        (
            "select current_setting('client_connection_check_interval')",
            "0",
        ),
        ("select current_setting('lock_timeout')", "0"),
    ] {
        assert_eq!(door.value(what).await, wanted, "{what}");
    }
}

#[tokio::test]
async fn the_role_of_the_door_comes_back() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    door.value("create role runner; grant create on database postgres to runner; grant all on schema public to runner; set role runner")
        .await;
    let files = Fixture::new(&[
        ("1_a.sql", "create table a (x int); reset role"),
        ("2_b.sql", "create table b (x int); select 1 / 0"),
    ]);
    let plan = planned(&mut door, &files, Direction::Forward)
        .await
        .unwrap();
    let options = Options {
        role: Some("runner".into()),
        ..Options::default()
    };
    apply(&mut door, &plan, &options, &mut |_| {})
        .await
        .unwrap_err();
    assert_eq!(door.value("select current_user").await, "runner");
    assert_eq!(
        door.value("select tableowner from pg_tables where tablename = 'migrations'")
            .await,
        "runner"
    );
}

#[tokio::test]
async fn a_new_label_can_be_used_by_the_next_file() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[
        (
            "1_a.sql",
            "create type e as enum ('one'); create table t (x e)",
        ),
        ("2_b.sql", "alter type e add value 'two'"),
        ("3_c.sql", "insert into t values ('two')"),
    ]);
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(door.value("select x from t").await, "two");
}

#[tokio::test]
async fn a_role_without_rights_is_told_what_it_needs() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    door.value("create role weak; set role weak").await;
    let files = Fixture::new(&[("1_a.sql", "select 1")]);
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert!(
        told(&error).starts_with("[5] sql/1_a.sql:1:1: 1_a.sql could not begin: permission denied"),
        "{}",
        told(&error)
    );
    assert!(
        error
            .help_text()
            .unwrap()
            .contains("CREATE on the database")
    );
    let mut door = cluster
        .door_with("options='-c default_transaction_read_only=on'")
        .await;
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert!(
        error.help_text().unwrap().contains("read-only"),
        "{}",
        told(&error)
    );
    let mut door = cluster
        .door_with("options='-c standard_conforming_strings=off'")
        .await;
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert!(
        error
            .message()
            .contains("standard_conforming_strings is off"),
        "{}",
        told(&error)
    );
}

/// Whether the door says what is committed while it runs, or only when it is done.
#[tokio::test]
async fn each_migration_is_said_to_be_finished_once() {
    let cluster = Cluster::start().await;
    for bare in [false, true] {
        let name = format!("bare_{bare}");
        let mut door = cluster.door().await;
        door.value(&format!("create database {name}")).await;
        let mut door = cluster.door_with(&format!("dbname={name}")).await;
        door.capabilities.sessions = !bare;
        door.capabilities.transactions = !bare;
        door.capabilities.events = !bare;
        let mut files = vec![
            (
                "1_a.sql",
                "create table a (x int); insert into a select generate_series(1, 9)",
            ),
            ("2_b.sql", "select 1"),
            ("5_e.sql", "select 1 / 0"),
            ("6_f.sql", "select 1"),
        ];
        if !bare {
            files.push(("4_d.sql", "create index concurrently i on a (x)"));
        }
        let files = Fixture::new(&files);
        let plan = planned(&mut door, &files, Direction::Forward)
            .await
            .unwrap();
        let mut finished = Vec::new();
        apply(&mut door, &plan, &Options::default(), &mut |progress| {
            if let Progress::Finished { migration, .. } = progress {
                finished.push(migration.version.to_string());
            }
        })
        .await
        .unwrap_err();
        let there = versions(&mut door, &files).await;
        assert_eq!(there, if bare { "1 2" } else { "1 2 4" });
        assert_eq!(finished.join(" "), there);
    }
}
