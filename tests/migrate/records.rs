//! What the ledger keeps of each migration, what its history keeps of all, and how it is mended.

use supaproof::error::Error;
use supaproof::migrate::{
    Book, Direction, Kept, Ledger, Mend, Migrations, Options, State, apply, ledger, mend, plan,
    status,
};
use supaproof::target::{Capabilities, Target};

use crate::cluster::Cluster;
use crate::door::Door;
use crate::fixture::{Fixture, go, planned, set_up, versions};

/// The ledger as the first version made it.
const OLD: &str = "create schema supaproof;
    create table supaproof.migrations (suite text not null, version text not null, name text not null,
      checksum text not null, applied_at timestamptz not null default now(), primary key (suite, version))";

const HISTORY: &str =
    "select string_agg(action || ' ' || version, ', ' order by id) from supaproof.history";

fn pair<'a>(up: &'a str, down: &'a str) -> [(&'a str, &'a str); 2] {
    [("1_a.sql", up), ("1_a.rollback.sql", down)]
}

/// A door with a session, and one without sessions and transactions.
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

async fn read(door: &mut Door) -> Ledger {
    ledger::read(door, &Book::new("shop")).await.unwrap()
}

async fn states(door: &mut Door, files: &Migrations) -> String {
    let told = |state: State| match state {
        State::Applied => "applied".to_owned(),
        State::Pending => "pending".to_owned(),
        State::OutOfOrder => "out of order".to_owned(),
        State::Divergent { .. } => "divergent".to_owned(),
        State::Missing { .. } => "missing".to_owned(),
        State::OutOfStep { .. } => "out of step".to_owned(),
        State::RollbackFailed { error } => format!("rollback failed ({error})"),
        State::Running => "running".to_owned(),
        State::Lost { .. } => "lost".to_owned(),
        State::Failed { error } => format!("failed ({error})"),
    };
    let lines = status(&read(door).await, files);
    let lines = lines
        .into_iter()
        .map(|line| format!("{} {}", line.version, told(line.state)));
    lines.collect::<Vec<_>>().join(", ")
}

async fn change(door: &mut Door, what: Mend<'_>) -> Result<(), Error> {
    mend(
        door,
        &Book::new("shop"),
        &what,
        &Options::default(),
        &mut |_| {},
    )
    .await
}

#[tokio::test]
async fn each_row_says_how_it_came() {
    let cluster = Cluster::start().await;
    for mut door in doors(&cluster).await {
        let files = Fixture::new(&[
            ("1_a.sql", "select 1; select pg_sleep(0.3)"),
            ("1_a.rollback.sql", "select 'it''s \\ $$'; -- back"),
            (
                "2_b.sql",
                "set datestyle = 'SQL, DMY'; set search_path = ''; set statement_timeout = '50ms'",
            ),
        ]);
        let plan = planned(&mut door, &files, Direction::Forward)
            .await
            .unwrap();
        let options = Options {
            host: Some("it's a host".into()),
            ..Options::default()
        };
        apply(&mut door, &plan, &options, &mut |_| {})
            .await
            .unwrap();
        let row = "select concat_ws('|', statements, rollback, applied_by, host, tool, success, error is null, \
                   duration_ms between 300 and 20000) from supaproof.migrations where version = ";
        let tool = concat!("supaproof ", env!("CARGO_PKG_VERSION"));
        assert_eq!(
            door.value(&format!("{row}'1'")).await,
            format!("2|select 'it''s \\ $$'; -- back|postgres|it's a host|{tool}|t|t|t")
        );
        // Both went out in one message; each has a time of its own.
        assert_eq!(
            door.value(&format!("{row}'2'")).await,
            format!("3|postgres|it's a host|{tool}|t|t|f")
        );
        let apart = "select max(applied_at) > min(applied_at) from supaproof.migrations";
        assert_eq!(door.value(apart).await, "t");
        let known = read(&mut door).await.applied;
        assert!(known[0].duration_ms.unwrap() >= 300);
        assert!(known[1].duration_ms.unwrap() < 300);
        assert_eq!(
            (&known[0].rollback, &known[1].rollback),
            (&Kept::Unread, &Kept::Nothing)
        );
        assert_eq!(door.value(HISTORY).await, "applied 1, applied 2");
        let same = "select bool_and(h.duration_ms = m.duration_ms and h.checksum = m.checksum and h.done_by = m.applied_by) \
                    from supaproof.history as h join supaproof.migrations as m using (suite, version)";
        assert_eq!(door.value(same).await, "t");
    }
}

#[tokio::test]
async fn history_is_only_added_to() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    set_up(&mut door, &Fixture::new(&[("1_a.sql", "select 1")]))
        .await
        .unwrap();
    for change in [
        "update supaproof.history set action = 'failed'",
        "delete from supaproof.history",
        "truncate supaproof.history",
    ] {
        let refused = door.run(change, &mut |_| {}).await.unwrap_err().to_string();
        assert!(refused.contains("never changed or deleted"), "{refused}");
    }
    assert_eq!(door.value(HISTORY).await, "applied 1");
}

#[tokio::test]
async fn a_ledger_of_an_older_version_is_brought_up_to_date() {
    let cluster = Cluster::start().await;
    for mut door in doors(&cluster).await {
        let files = Fixture::new(&[
            ("1_a.sql", "create table a ()"),
            ("1_a.rollback.sql", "drop table a"),
        ]);
        let checksum = files.migrations().list()[0].setup.checksum().to_owned();
        let old = format!(
            "{OLD}; create table a (); insert into supaproof.migrations values ('shop', '1', 'a', '{checksum}', '2020-02-02 00:00Z')"
        );
        door.value(&old).await;
        // Reading changes nothing.
        assert_eq!(states(&mut door, &files.migrations()).await, "1 applied");
        assert_eq!(read(&mut door).await.applied[0].duration_ms, None);
        let columns = "select count(*) from pg_attribute where attrelid = 'supaproof.migrations'::regclass and attnum > 0";
        assert_eq!(door.value(columns).await, "5");
        let more = Fixture::new(&[("1_a.sql", "create table a ()"), ("2_b.sql", "select 1")]);
        set_up(&mut door, &more).await.unwrap();
        assert_eq!(versions(&mut door, &more).await, "1 2");
        assert_eq!(
            read(&mut door).await.applied[0].applied_at,
            "2020-02-02T00:00:00Z"
        );
        assert_eq!(door.value(HISTORY).await, "applied 2");
        // A rollback that comes first does it, too.
        door.value(&format!(
            "drop schema supaproof cascade; drop table a; {old}"
        ))
        .await;
        go(&mut door, &files, Direction::BackAll).await.unwrap();
        assert_eq!(door.value(HISTORY).await, "rolled back 1");
        assert_eq!(versions(&mut door, &files).await, "");
    }
}

#[tokio::test]
async fn failed_attempts_are_kept() {
    let cluster = Cluster::start().await;
    for mut door in doors(&cluster).await {
        let files = Fixture::new(&[("1_a.sql", "select pg_sleep(0.5);\nselect 1 / 0")]);
        let error = set_up(&mut door, &files).await.unwrap_err();
        assert!(error.message().contains("division by zero"), "{error}");
        // Also where the ledger was made for it.
        let now = states(&mut door, &files.migrations()).await;
        assert!(now.starts_with("1 failed (sql/1_a.sql"), "{now}");
        assert!(now.contains("1_a.sql failed: division by zero"), "{now}");
        // Our clock starts when we hear that the file has begun, which is later than it does.
        assert!(read(&mut door).await.failed[0].duration_ms.unwrap() >= 100);
        set_up(&mut door, &files).await.unwrap_err();
        // What failed does not stand in the way, whatever the zeros before its number.
        let files = Fixture::new(&[("001_a.sql", "select 1")]);
        set_up(&mut door, &files).await.unwrap();
        assert_eq!(states(&mut door, &files.migrations()).await, "001 applied");
        assert_eq!(
            door.value("select count(*) from supaproof.migrations")
                .await,
            "1"
        );
        assert_eq!(door.value(HISTORY).await, "failed 1, failed 1, applied 001");
        let detail = "select detail from supaproof.history order by id limit 1";
        assert!(door.value(detail).await.contains("division by zero"));
        // A rollback that fails leaves the migration applied, with a word.
        let files = Fixture::new(&[
            ("001_a.sql", "select 1"),
            ("001_a.rollback.sql", "select 1 / 0"),
        ]);
        go(&mut door, &files, Direction::BackAll).await.unwrap_err();
        assert!(
            states(&mut door, &files.migrations())
                .await
                .starts_with("001 rollback failed (")
        );
        assert!(
            door.value(HISTORY)
                .await
                .ends_with("applied 001, failed 001")
        );
    }
}

#[tokio::test]
async fn a_failure_outside_of_a_transaction_is_kept() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[
        (
            "1_a.sql",
            "create table t (x int); insert into t values (1), (1)",
        ),
        (
            "2_b.sql",
            "vacuum t; create unique index concurrently i on t (x)",
        ),
    ]);
    set_up(&mut door, &files).await.unwrap_err();
    let now = states(&mut door, &files.migrations()).await;
    assert!(
        now.starts_with("1 applied, 2 failed (sql/2_b.sql:1:11"),
        "{now}"
    );
    door.value("drop index i; delete from t").await;
    set_up(&mut door, &files).await.unwrap();
    assert_eq!(
        states(&mut door, &files.migrations()).await,
        "1 applied, 2 applied"
    );
    let took = "select duration_ms is not null from supaproof.migrations where version = '2'";
    assert_eq!(door.value(took).await, "t");
}

#[tokio::test]
async fn a_failure_that_cannot_be_kept_hides_nothing() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let good = ("1_a.sql", "select 1");
    set_up(&mut door, &Fixture::new(&[good])).await.unwrap();
    door.value(
        "alter table supaproof.history add column another text not null default ''; \
                alter table supaproof.history alter another drop default",
    )
    .await;
    let files = Fixture::new(&[good, ("2_b.sql", "select 1 / 0")]);
    let error = set_up(&mut door, &files).await.unwrap_err();
    assert!(error.message().contains("division by zero"), "{error}");
    assert_eq!(
        states(&mut door, &files.migrations()).await,
        "1 applied, 2 pending"
    );
    assert_eq!(
        door.value("select count(*) from supaproof.history").await,
        "1"
    );
}

#[tokio::test]
async fn who_wants_no_trace_leaves_none() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&[("1_a.sql", "select 1 / 0")]);
    let plan = planned(&mut door, &files, Direction::Forward)
        .await
        .unwrap();
    let options = Options {
        keep_failures: false,
        ..Options::default()
    };
    apply(&mut door, &plan, &options, &mut |_| {})
        .await
        .unwrap_err();
    assert!(!read(&mut door).await.exists);
}

#[tokio::test]
async fn rollback_runs_from_the_ledger_when_the_file_is_gone() {
    let cluster = Cluster::start().await;
    for mut door in doors(&cluster).await {
        let files = Fixture::new(&[
            ("1_a.sql", "create table a ()"),
            ("1_a.rollback.sql", "drop table a"),
            ("2_b.sql", "create table b ()"),
            ("2_b.rollback.sql", "drop table b; -- \\ it's $$ gone"),
            ("3_c.sql", "create table c ()"),
        ]);
        set_up(&mut door, &files).await.unwrap();
        let back = async |door: &mut Door, files: &[(&str, &str)]| {
            let files = Fixture::new(files).migrations();
            let mut ledger = read(door).await;
            ledger.fetch_rollbacks(door, &files).await.unwrap();
            let plan = plan(&ledger.applied, &files, &Direction::BackSteps(1))?;
            let warnings = plan.warnings.len();
            apply(door, &plan, &Options::default(), &mut |_| {}).await?;
            Ok::<usize, Error>(warnings)
        };
        // The third never had one.
        let error = back(&mut door, &[("1_a.sql", "create table a ()")])
            .await
            .unwrap_err();
        assert_eq!(error.code() as u8, 5);
        assert!(
            error.notes()[0].contains("nor does the ledger"),
            "{error:?}"
        );
        let third = [
            ("3_c.sql", "create table c ()"),
            ("3_c.rollback.sql", "drop table c"),
        ];
        assert_eq!(back(&mut door, &third).await.unwrap(), 0);
        // Both files are gone, then the rollback alone.
        assert_eq!(back(&mut door, &[]).await.unwrap(), 1);
        assert_eq!(
            back(&mut door, &[("1_a.sql", "create table a ()")])
                .await
                .unwrap(),
            1
        );
        let there = "select count(*) from pg_class where relname in ('a', 'b', 'c')";
        assert_eq!(door.value(there).await, "0");
        assert!(
            door.value(HISTORY)
                .await
                .ends_with("rolled back 3, rolled back 2, rolled back 1")
        );
    }
}

#[tokio::test]
async fn nothing_is_read_twice_where_every_file_is_there() {
    let cluster = Cluster::start().await;
    let mut door = cluster.door().await;
    let files = Fixture::new(&pair("select 1", "select 2"));
    set_up(&mut door, &files).await.unwrap();
    door.messages = 0;
    let mut ledger = read(&mut door).await;
    ledger
        .fetch_rollbacks(&mut door, &files.migrations())
        .await
        .unwrap();
    assert_eq!(
        (door.messages, &ledger.applied[0].rollback),
        (1, &Kept::Unread)
    );
}

#[tokio::test]
async fn the_ledger_is_mended_and_nothing_else() {
    let cluster = Cluster::start().await;
    for mut door in doors(&cluster).await {
        let files = Fixture::new(&[
            ("1_a.sql", "create table a ()"),
            ("2_b.sql", "create table b ()"),
            ("3_c.sql", "select 1 / 0"),
        ]);
        set_up(&mut door, &files).await.unwrap_err();
        let files = Fixture::new(&[
            ("1_a.sql", "create table a (); -- changed"),
            ("1_a.rollback.sql", "drop table a"),
        ])
        .migrations();
        let now = states(&mut door, &files).await;
        assert!(now.starts_with("1 divergent, 2 missing, 3 failed"), "{now}");
        let before = read(&mut door).await;
        let take_over = Mend::TakeOver {
            migration: &files.list()[0],
            applied: &before.applied[0].checksum,
        };
        let forget = Mend::Forget {
            version: &before.applied[1].version,
            name: "b",
            checksum: &before.applied[1].checksum,
        };
        let clear = Mend::Clear {
            version: &before.failed[0].version,
            name: "c",
        };
        for what in [take_over, forget, clear] {
            door.messages = 0;
            change(&mut door, what).await.unwrap();
            assert_eq!(door.messages, 1);
            // It is no longer as it was when that was asked for.
            let error = change(&mut door, what).await.unwrap_err();
            assert_eq!(error.code() as u8, 5);
            assert!(error.message().contains("has changed since"), "{error}");
        }
        assert_eq!(states(&mut door, &files).await, "1 applied");
        assert_eq!(read(&mut door).await.applied[0].rollback, Kept::Unread);
        assert!(
            door.value(HISTORY)
                .await
                .ends_with("repaired 1, repaired 2, repaired 3")
        );
        let there =
            "select string_agg(relname, '' order by 1) from pg_class where relname in ('a', 'b')";
        assert_eq!(door.value(there).await, "ab");
    }
}

#[tokio::test]
async fn a_baseline_is_for_a_database_without_a_ledger() {
    let cluster = Cluster::start().await;
    for mut door in doors(&cluster).await {
        door.value("create table a (); create table b ()").await;
        let files = Fixture::new(&[
            ("1_a.sql", "create table a ()"),
            ("1_a.rollback.sql", "drop table a"),
            ("2_b.sql", "create table b ()"),
            ("3_c.sql", "create table c ()"),
        ]);
        // This is how one finds out that a baseline is needed.
        set_up(&mut door, &files).await.unwrap_err();
        let all = files.migrations();
        let first_two = Mend::Baseline(&all.list()[..2]);
        change(&mut door, first_two).await.unwrap();
        assert_eq!(
            states(&mut door, &all).await,
            "1 applied, 2 applied, 3 pending"
        );
        let error = change(&mut door, first_two).await.unwrap_err();
        assert!(error.message().contains("has changed since"), "{error}");
        set_up(&mut door, &files).await.unwrap();
        assert_eq!(
            door.value(HISTORY).await,
            "failed 1, baselined 1, baselined 2, applied 3"
        );
        assert_eq!(read(&mut door).await.applied[0].rollback, Kept::Unread);
    }
}

#[tokio::test]
async fn mending_waits_for_a_run_and_names_it() {
    let cluster = Cluster::start().await;
    let (mut door, mut other) = (cluster.door().await, cluster.door().await);
    other
        .value("set application_name = 'somebody'; select pg_advisory_lock(1937076321, 1886547823)")
        .await;
    let files = Fixture::new(&[("1_a.sql", "select 1")]).migrations();
    let what = Mend::Baseline(files.list());
    let options = Options {
        wait: std::time::Duration::from_millis(1200),
        ..Options::default()
    };
    let mut heard = Vec::new();
    let error = mend(
        &mut door,
        &Book::new("shop"),
        &what,
        &options,
        &mut |holder| heard.push(holder.to_owned()),
    )
    .await
    .unwrap_err();
    assert!(error.message().contains("somebody (process"), "{error}");
    assert_eq!(heard.len(), 2);
    assert!(!read(&mut door).await.exists);
    other.value("select pg_advisory_unlock_all()").await;
    change(&mut door, what).await.unwrap();
    assert_eq!(read(&mut door).await.applied.len(), 1);
}
