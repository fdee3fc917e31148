//! Files that are not one transaction, and end early: what the ledger says of them, and where the next run goes on.

use std::time::{Duration, Instant};

use supaproof::error::Error;
use supaproof::migrate::{
    Book, Direction, Halfway, Mend, Options, Progress, State, apply, ledger, mend, status,
};

use crate::apply::told;
use crate::cluster::Cluster;
use crate::door::Door;
use crate::fixture::{Fixture, go, planned, set_up, versions};

const OFF: &str = "-- supaproof: transaction: off\n";
const ROWS: &str = "select coalesce(string_agg(x::text, ' ' order by x), '') from t";
const TOLD: &str =
    "select string_agg(concat_ws(' ', action, detail), ', ' order by id) from supaproof.history";

fn file(text: &str) -> Fixture {
    Fixture::new(&[("1_a.sql", &format!("{OFF}{text}"))])
}

/// What the ledger says of the first migration.
async fn halfway(door: &mut Door) -> Option<Halfway> {
    let ledger = ledger::read(door, &Book::new("shop")).await.unwrap();
    ledger.half_done.into_iter().map(|(_, at)| at).next()
}

/// Its line in `status`, in words.
async fn stands(door: &mut Door, files: &Fixture) -> String {
    let ledger = ledger::read(door, files.migrations().book()).await.unwrap();
    match status(&ledger, &files.migrations()).remove(0).state {
        State::Failed { error } => format!("failed: {error}"),
        State::RollbackFailed { error } => format!("rollback failed: {error}"),
        other => format!("{other:?}"),
    }
}

/// Runs in a session that ends without a word once `when` answers `t`.
async fn cut_off(cluster: &Cluster, files: &Fixture, direction: Direction, when: &str) {
    let (mut cut, mut other) = (cluster.door().await, cluster.door().await);
    let cutter = cut.cutter();
    let plan = planned(&mut cut, files, direction).await.unwrap();
    let pid = cut.value("select pg_backend_pid()").await;
    let work =
        tokio::spawn(async move { apply(&mut cut, &plan, &Options::default(), &mut |_| {}).await });
    until(&mut other, when).await;
    assert!(!work.is_finished(), "{:?}", work.await);
    cutter.abort();
    let error = work.await.unwrap().unwrap_err();
    assert_eq!(error.code() as u8, 4, "{}", told(&error));
    let gone = format!("select not exists (select from pg_stat_activity where pid = {pid})");
    until(&mut other, &gone).await;
}

async fn until(door: &mut Door, when: &str) {
    let began = Instant::now();
    while door.value(when).await != "t" {
        assert!(began.elapsed() < Duration::from_secs(20), "never: {when}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A statement sleeps.
const SLEEPS: &str = "select exists (select from pg_stat_activity where wait_event = 'PgSleep')";

async fn refused(door: &mut Door, files: &Fixture) -> String {
    let error: Error = set_up(door, files).await.unwrap_err();
    assert_eq!(error.code() as u8, 5);
    format!("{}\nhelp: {}", told(&error), error.help_text().unwrap())
}

#[tokio::test]
async fn a_file_that_fails_goes_on_where_it_failed() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let text = "create table t (x int);\ninsert into t values (1);\ninsert into t values (1 / 0);\ninsert into t values (3);";
    let said = refused(&mut door, &file(text)).await;
    assert!(said.contains("sql/1_a.sql:4:"), "{said}");
    assert!(said.contains("2 of its 4 statements stay done"), "{said}");
    assert!(said.contains("it goes on at statement 3"), "{said}");
    let now = stands(&mut door, &file(text)).await;
    assert!(now.starts_with("failed: sql/1_a.sql:4:"), "{now}");
    assert!(now.ends_with("; 2 of its 4 statements are done"), "{now}");
    // As often as it is tried.
    let said = refused(&mut door, &file(text)).await;
    assert!(said.contains("2 of its 4 statements stay done"), "{said}");
    assert_eq!(door.value(ROWS).await, "1");
    // What is done stays as it is.
    let other = text.replace("values (1);", "values (7);");
    let said = refused(&mut door, &file(&other)).await;
    assert!(
        said.contains("the statements that are done are others in its file now")
            && said.contains("supaproof repair shop"),
        "{said}"
    );
    let whole = Fixture::new(&[("1_a.sql", text)]);
    let said = refused(&mut door, &whole).await;
    assert!(said.contains("its file runs otherwise now"), "{said}");
    assert_eq!(door.value(ROWS).await, "1");
    // What is not done may be mended.
    let mended = file(&text.replace("1 / 0", "2"));
    let mut progress = Vec::new();
    let plan = planned(&mut door, &mended, Direction::Forward)
        .await
        .unwrap();
    apply(&mut door, &plan, &Options::default(), &mut |at| {
        if let Progress::Statements { done, of, .. } = at {
            progress.push((done, of));
        }
    })
    .await
    .unwrap();
    assert_eq!(progress, [(3, 4), (4, 4)]);
    assert_eq!(door.value(ROWS).await, "1 2 3");
    assert_eq!(versions(&mut door, &mended).await, "1");
    assert_eq!(halfway(&mut door).await, None);
    let locks = "select count(*) from pg_locks where locktype = 'advisory'";
    assert_eq!(door.value(locks).await, "0");
}

#[tokio::test]
async fn a_run_that_ends_without_a_word_is_taken_up() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = file(
        "set search_path = app, public;\ncreate table if not exists t (x int);\ninsert into t values (1);\n\
         select pg_sleep(seconds) from pace;\ninsert into t values (2);",
    );
    door.value("create schema app; create table pace as select 30 as seconds")
        .await;
    let mut while_it_runs = String::new();
    {
        let (mut cut, mut other) = (cluster.door().await, cluster.door().await);
        let cutter = cut.cutter();
        let plan = planned(&mut cut, &files, Direction::Forward).await.unwrap();
        let work =
            tokio::spawn(
                async move { apply(&mut cut, &plan, &Options::default(), &mut |_| {}).await },
            );
        until(&mut other, SLEEPS).await;
        while_it_runs.push_str(&stands(&mut other, &files).await);
        let now = halfway(&mut other).await.unwrap();
        assert_eq!((now.done, now.of, now.alive), (3, 5, true));
        cutter.abort();
        work.await.unwrap().unwrap_err();
        until(
            &mut other,
            "select count(*) = 2 from pg_stat_activity where backend_type = 'client backend'",
        )
        .await;
    }
    assert_eq!(while_it_runs, "Running");
    assert_eq!(
        stands(&mut door, &files).await,
        "failed: it did not come to its end; 3 of its 5 statements are done"
    );
    door.value("update pace set seconds = 0").await;
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(
        door.value("select string_agg(x::text, ' ' order by x) from app.t")
            .await,
        "1 2",
        "the search path is set again"
    );
    assert_eq!(
        door.value(TOLD).await,
        "failed it did not come to its end; 3 of its 5 statements are done, applied"
    );
}

const PROCEDURE: &str = "create table t (x int); create procedure p() language plpgsql as
  $$begin insert into t values (1); commit; perform pg_sleep(30); insert into t values (2); commit; end$$";

#[tokio::test]
async fn a_statement_of_which_nothing_is_known_is_not_run_again() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    door.value(PROCEDURE).await;
    let files = file("insert into t values (0);\ncall p();\ninsert into t values (3);");
    cut_off(&cluster, &files, Direction::Forward, SLEEPS).await;
    let now = stands(&mut door, &files).await;
    assert!(
        now.ends_with(
            "1 of its 3 statements is done; whether statement 2 took effect is not known"
        ),
        "{now}"
    );
    for _ in 0..2 {
        let said = refused(&mut door, &files).await;
        for words in [
            "sql/1_a.sql:3:1: 1_a stopped while statement 2 ran, and whether that took effect is not known",
            "statement 2 of 3: call p()",
            "`supaproof repair shop --resume 1:3` goes on behind it",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
    assert_eq!(door.value(ROWS).await, "0 1");
    let all = files.migrations();
    let migration = &all.list()[0];
    let found = halfway(&mut door).await.unwrap();
    let resume = Mend::Resume {
        migration,
        script: &migration.setup,
        halfway: &found,
        done: 2,
    };
    let options = Options::default();
    mend(&mut door, all.book(), &resume, &options, &mut |_| {})
        .await
        .unwrap();
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(door.value(ROWS).await, "0 1 3");
    assert!(
        door.value(TOLD)
            .await
            .contains("repaired goes on at statement 3")
    );
    // It is of another attempt now.
    let error = mend(&mut door, all.book(), &resume, &options, &mut |_| {})
        .await
        .unwrap_err();
    assert!(
        error.message().contains("the ledger has changed"),
        "{error}"
    );
}

#[tokio::test]
async fn whether_an_index_was_made_the_database_tells() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    door.value("create table s (x int); create table t (x int)")
        .await;
    let files = file(
        "insert into t values (1);\ncreate index concurrently \"I i\" on s (x);\ninsert into t values (2);",
    );
    let mut holder = cluster.door().await;
    holder.value("begin; insert into s values (1)").await;
    let waits = "select exists (select from pg_index where not indisvalid)";
    cut_off(&cluster, &files, Direction::Forward, waits).await;
    let said = refused(&mut door, &files).await;
    for words in [
        "the index I i is invalid",
        "sql/1_a.sql:3:1",
        "drop index concurrently \"I i\"",
        "goes on at statement 2",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    holder.value("commit").await;
    door.value("drop index \"I i\"").await;
    // It was made after all, as far as the ledger can know.
    door.value("create index \"I i\" on s (x)").await;
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(door.value(ROWS).await, "1 2");
    assert_eq!(versions(&mut door, &files).await, "1");
}

#[tokio::test]
async fn an_index_that_is_not_there_is_made() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    door.value("create table s (x int); create table t (x int)")
        .await;
    let files = file("insert into t values (1);\ncreate index concurrently i on s (x);");
    let mut holder = cluster.door().await;
    holder.value("begin; insert into s values (1)").await;
    let waits = "select exists (select from pg_index where not indisvalid)";
    cut_off(&cluster, &files, Direction::Forward, waits).await;
    holder.value("commit").await;
    door.value("drop index i").await;
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(
        door.value("select indisvalid from pg_index where indexrelid = 'i'::regclass")
            .await,
        "t"
    );
    assert_eq!(door.value(ROWS).await, "1");
}

#[tokio::test]
async fn a_rollback_is_taken_up_as_well() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[
        (
            "1_a.sql",
            "create table t (x int); create index i on t (x); create table pace as select 30 as seconds",
        ),
        (
            "1_a.rollback.sql",
            "drop index concurrently i;\nselect pg_sleep(seconds) from pace;\ndrop table t;\ndrop table pace;",
        ),
    ]);
    set_up(&mut door, &files).await.unwrap();
    cut_off(&cluster, &files, Direction::BackAll, SLEEPS).await;
    assert_eq!(versions(&mut door, &files).await, "1");
    assert_eq!(
        stands(&mut door, &files).await,
        "rollback failed: it did not come to its end; 1 of its 4 statements is done"
    );
    door.value("update pace set seconds = 0").await;
    go(&mut door, &files, Direction::BackAll).await.unwrap();
    assert_eq!(versions(&mut door, &files).await, "");
    assert_eq!(door.value("select to_regclass('t') is null").await, "t");
    assert_eq!(
        door.value(TOLD).await,
        "applied, failed it did not come to its end; 1 of its 4 statements is done, rolled back"
    );
}

#[tokio::test]
async fn two_runners_and_a_lock_that_was_given_back() {
    let cluster = Cluster::start().await;
    for gives_back in [
        "discard all",
        "select pg_advisory_unlock_all()",
        "do $$begin perform pg_advisory_unlock_all(); end$$",
    ] {
        let mut door = cluster.door().await;
        door.value("drop schema if exists supaproof cascade; drop table if exists t; create table t (x int)")
            .await;
        let files = file(&format!(
            "{gives_back};\nselect pg_sleep(1.5);\ninsert into t values (1);"
        ));
        let (mut one, mut two) = (cluster.door().await, cluster.door().await);
        let plan = planned(&mut one, &files, Direction::Forward).await.unwrap();
        let same = plan.clone();
        let first =
            tokio::spawn(
                async move { apply(&mut one, &plan, &Options::default(), &mut |_| {}).await },
            );
        until(&mut door, SLEEPS).await;
        let mut waited = Vec::new();
        let second = apply(&mut two, &same, &Options::default(), &mut |at| {
            if let Progress::Waiting { holder } = at {
                waited.push(holder.to_owned());
            }
        })
        .await
        .unwrap();
        let first = first.await.unwrap().unwrap();
        assert_eq!(
            (first.ran.len(), second.skipped.len()),
            (1, 1),
            "{gives_back}"
        );
        assert_eq!(door.value(ROWS).await, "1", "{gives_back}");
        assert!(
            waited
                .iter()
                .any(|who| who.starts_with("a session without the lock (process ")),
            "{waited:?}"
        );
    }
}

#[tokio::test]
async fn what_a_file_sets_keeps_nothing_from_being_noted() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    door.value(&format!(
        "create role weak; grant all on schema public to weak;
         create function loose() returns void language plpgsql as $$begin
           if (select query like 'begin%' from pg_stat_activity where pid = pg_backend_pid()) then
             raise exception 'not in a transaction' using errcode = '25001';
           end if; end$$; {PROCEDURE}"
    ))
    .await;
    for (text, count) in [
        (
            "set role weak; create table u (x int); drop table u; reset role; vacuum t",
            5,
        ),
        (
            "set session authorization weak; create table u (x int); vacuum u; drop table u; select 1 / (1 - $1)",
            5,
        ),
        (
            "set default_transaction_read_only = on; select 1; select 2",
            3,
        ),
        (
            "select 1; select loose(); select loose(); vacuum t; select 2",
            5,
        ),
        ("set statement_timeout = '5s'; vacuum t; analyze t", 3),
        (
            "do $$begin insert into t values (1); commit; end$$; do $$begin insert into t values (2); end$$",
            2,
        ),
    ] {
        door.value("drop schema if exists supaproof cascade; truncate t")
            .await;
        let text = text.replace("$1)", "0)");
        let files = file(&text);
        let plan = planned(&mut door, &files, Direction::Forward)
            .await
            .unwrap();
        assert_eq!(plan.steps[0].script.statements().len(), count, "{text}");
        apply(&mut door, &plan, &Options::default(), &mut |_| {})
            .await
            .unwrap_or_else(|error| panic!("{text}: {}", told(&error)));
        assert_eq!(versions(&mut door, &files).await, "1", "{text}");
        assert_eq!(
            door.value("select current_user").await,
            "postgres",
            "{text}"
        );
    }
    // The file's own role and settings hold on between its statements.
    let files =
        file("set role weak; create table u (x int); vacuum u; create table v (x int); select 1");
    door.value("drop schema supaproof cascade").await;
    set_up(&mut door, &files).await.unwrap();
    let owners =
        "select string_agg(distinct tableowner, ' ') from pg_tables where tablename in ('u', 'v')";
    assert_eq!(door.value(owners).await, "weak");
}

/// Far servers: what can share a transaction with its note shares a message with others.
#[tokio::test]
async fn few_messages() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    for (text, messages) in [
        ("select 1; select 2; select 3", 3),
        (
            "create table t (x int); create index concurrently i on t (x); select 1",
            5 - 1 + 1,
        ),
        ("vacuum", 3),
        ("vacuum; vacuum; vacuum", 7),
    ] {
        door.value("drop schema if exists supaproof cascade; drop table if exists t")
            .await;
        let files = file(text);
        let plan = planned(&mut door, &files, Direction::Forward)
            .await
            .unwrap();
        door.messages = 0;
        apply(&mut door, &plan, &Options::default(), &mut |_| {})
            .await
            .unwrap();
        assert_eq!(door.messages, messages, "{text}");
    }
}

/// Without a session there is no lock from message to message.
#[tokio::test]
async fn through_a_pooler() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    door.value(&PROCEDURE.replace("30", "1.5")).await;
    let files = file("insert into t values (0);\ncall p();\ninsert into t values (3);");
    let (mut one, mut two) = (cluster.door().await, cluster.door().await);
    for door in [&mut one, &mut two] {
        door.capabilities.sessions = false;
    }
    let plan = planned(&mut one, &files, Direction::Forward).await.unwrap();
    let same = plan.clone();
    let first =
        tokio::spawn(async move { apply(&mut one, &plan, &Options::default(), &mut |_| {}).await });
    until(&mut door, SLEEPS).await;
    let second = apply(&mut two, &same, &Options::default(), &mut |_| {})
        .await
        .unwrap();
    let first = first.await.unwrap().unwrap();
    assert_eq!((first.ran.len(), second.skipped.len()), (1, 1));
    assert_eq!(door.value(ROWS).await, "0 1 2 3");
}
