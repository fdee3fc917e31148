//! Data migrations: batches that commit by themselves, a run that is taken up where it stopped, one that never ends.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Project, Run, Server, background, finished};

const TABLE: &str =
    "create table notes (id int primary key, body text, short text, check (short <> 'n13'));
insert into notes select n, 'n' || n || ' and so on' from generate_series(1, 2500) n;
create table log (at bigint, id int);
create function log() returns trigger language plpgsql as
  $$begin insert into log values (pg_current_xact_id()::text::bigint, new.id); return new; end$$;
create trigger log after update on notes for each row execute function log();
";

const FILL: &str = "-- Shortens.
-- supaproof: data: 500 rows
update notes set short = split_part(body, ' ', 1)
 where id in (select id from notes where short is null order by id desc limit :batch);
-- ROLLBACK:
-- update notes set short = null;
";

struct Suite {
    project: Project,
    server: Server,
}

impl Suite {
    fn new(fill: &str) -> Self {
        let project = Project::new(&[
            ("sql/shop/001_notes.sql", TABLE),
            ("sql/shop/002_fill.sql", fill),
            (
                "sql/shop/003_after.sql",
                "create table later ();\n-- ROLLBACK:\n-- drop table later;",
            ),
        ]);
        Self {
            project,
            server: Server::start(),
        }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let target = self.server.target("postgres");
        let more = ["shop", "--yes", "--target", &target];
        self.project.run([arguments, &more].concat())
    }

    /// Applies the first file alone.
    fn first(&self) {
        let folder = self.project.path().join("sql/shop");
        let rest = ["002_fill.sql", "003_after.sql"];
        let texts = rest.map(|name| std::fs::read(folder.join(name)).unwrap());
        for name in rest {
            std::fs::remove_file(folder.join(name)).unwrap();
        }
        assert_eq!(self.run(&["setup"]).code, 0);
        for (name, text) in rest.iter().zip(&texts) {
            self.project.write(&format!("sql/shop/{name}"), text);
        }
    }

    fn asked(&self, select: &str) -> Value {
        self.server
            .json("postgres", &format!("select to_json(({select}))"))
    }

    fn applied(&self) -> Value {
        self.asked(
            "select array_agg(version order by version) from supaproof.migrations where success",
        )
    }
}

#[test]
fn each_batch_commits_by_itself() {
    let suite = Suite::new(&FILL.replace("check", ""));
    suite.project.write(
        "sql/shop/001_notes.sql",
        TABLE.replace(", check (short <> 'n13')", "").as_bytes(),
    );
    let run = suite.run(&["setup", "-v"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(
        suite.asked("select count(*) from notes where short is null"),
        json!(0)
    );
    assert_eq!(suite.asked("select count(distinct at) from log"), json!(5));
    assert_eq!(
        suite.asked("select count(*) from log"),
        json!(2500),
        "each row once"
    );
    assert_eq!(suite.applied(), json!(["001", "002", "003"]));
    assert!(
        run.err.contains("002_fill: rows so far: 2,500"),
        "{}",
        run.err
    );
    let locks = "select coalesce(json_agg(l), '[]') from pg_locks l where l.locktype = 'advisory'";
    assert_eq!(suite.asked(locks), json!([]));
    // It is undone at once, and done again.
    assert_eq!(suite.run(&["rollback", "--steps", "2"]).code, 0);
    assert_eq!(
        suite.asked("select count(*) from notes where short is null"),
        json!(2500)
    );
    let again = suite.run(&["setup"]);
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);
    assert!(suite.run(&["setup"]).out.contains("nothing is pending"));
}

#[test]
fn a_run_that_stops_is_taken_up_where_it_stopped() {
    // From the highest number down: the thirteenth row is in the last batch.
    let suite = Suite::new(FILL);
    let run = suite.run(&["setup"]);
    assert_eq!(run.code, 5, "{}{}", run.out, run.err);
    for words in [
        "002_fill.sql failed: new row for relation \"notes\" violates check constraint",
        "sql/shop/002_fill.sql:3:1",
        "2,000 rows in 4 batches stay done, and the next run goes on from there",
        "the ledger does not have 002_fill",
        "001 stays applied",
        "003 was not tried",
    ] {
        assert!(run.err.contains(words), "{words}: {}", run.err);
    }
    assert_eq!(
        suite.asked("select count(*) from notes where short is not null"),
        json!(2000)
    );
    assert_eq!(suite.applied(), json!(["001"]));
    let status = suite.run(&["status"]);
    assert_eq!(status.code, 1, "{}", status.out);
    assert!(
        status.out.contains("2,000 rows in 4 batches are done"),
        "{}",
        status.out
    );
    suite.server.sql(
        "postgres",
        "update notes set body = 'thirteen' where id = 13; truncate log",
    );
    let run = suite.run(&["setup"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(
        suite.asked("select count(*) from log"),
        json!(500),
        "only what was left"
    );
    assert_eq!(suite.applied(), json!(["001", "002", "003"]));
}

#[test]
fn one_that_never_ends_is_stopped() {
    let all = "-- supaproof: data\nupdate notes set short = 'x';\n";
    let some = "-- supaproof: data\ndelete from log where false;\nupdate public.notes set short = 'x' where id in (select id from notes limit :batch);\n";
    for (text, line) in [(all, "002_fill.sql:2:1"), (some, "002_fill.sql:3:1")] {
        let suite = Suite::new(text);
        suite.project.write(
            "sql/shop/001_notes.sql",
            TABLE.replace("create trigger", "-- ").as_bytes(),
        );
        let run = suite.run(&["setup"]);
        assert_eq!(run.code, 5, "{}{}", run.out, run.err);
        for words in [
            line,
            "002_fill.sql does not end: a statement has touched ",
            "must keep its rows from being found again",
        ] {
            assert!(run.err.contains(words), "{words}: {}", run.err);
        }
        assert_eq!(suite.applied(), json!(["001"]));
    }
}

/// A timeout is a batch's, not the whole's.
#[test]
fn a_timeout_holds_for_a_batch() {
    let slow = "-- supaproof: data: 100 rows\n-- supaproof: timeout: 900ms\n
        update notes set short = 'x' || pg_sleep(0.001) where id in (select id from notes where short is null and id <= 1000 limit :batch);\n";
    let suite = Suite::new(slow);
    let run = suite.run(&["setup"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let suite = Suite::new(&slow.replace("100 rows", "1000 rows"));
    let run = suite.run(&["setup"]);
    assert_eq!(run.code, 5, "{}{}", run.out, run.err);
    assert!(run.err.contains("57014"), "{}", run.err);
}

#[test]
fn several_statements_follow_each_other_and_none_is_needed() {
    let suite = Suite::new(
        "-- supaproof: data: 1000\nupdate notes set short = 'a' where short is null and id in (select id from notes where short is null limit :batch);
         with gone as (select id from notes where short = 'a' limit :batch) delete from notes n using gone g where n.id = g.id;
         insert into log select 1, n from generate_series(1, 3) n where not exists (select from log where at = 1 and id = n);",
    );
    let run = suite.run(&["setup"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(suite.asked("select count(*) from notes"), json!(0));
    assert_eq!(
        suite.asked("select count(*) from log where at = 1"),
        json!(3)
    );
}

/// A trigger that passes over rows would end it before its work is done; one that only sees the statement does not.
#[test]
fn rows_that_are_chosen_and_not_changed_are_no_end() {
    let passes = "create function keep() returns trigger language plpgsql as
  $$begin if old.id % 100 = 0 then return null; end if; if tg_op = 'DELETE' then return old; end if; return new; end$$;
create trigger keep before update or delete on notes for each row execute function keep();
create table seen (at int);
create function see() returns trigger language plpgsql as $$begin insert into seen values (1); return null; end$$;
create trigger see after update or delete on notes for each statement execute function see();
";
    let table = TABLE.replace(", check (short <> 'n13')", "");
    let update = "-- supaproof: data: 500 rows\nupdate notes set short = 'x' where id in (select id from notes where short is null LEFT limit :batch);\n";
    let merge = "-- supaproof: data: 500\nmerge into notes n using (select id from notes where short is null LEFT limit :batch) g on n.id = g.id when matched then update set short = 'x';\n";
    let delete = "-- supaproof: data\ndelete from notes where short is null LEFT;\n";
    for text in [update, merge, delete] {
        let suite = Suite::new(&text.replace("LEFT", ""));
        let first = format!("{table}{passes}");
        suite
            .project
            .write("sql/shop/001_notes.sql", first.as_bytes());
        let run = suite.run(&["setup"]);
        assert_eq!(run.code, 5, "{text}{}{}", run.out, run.err);
        for words in [
            "002_fill.sql does not come to its end: a statement chooses 25 rows and changes none",
            "sql/shop/002_fill.sql:2:1",
            "2,475 rows in ",
            "a BEFORE trigger that returns NULL",
        ] {
            assert!(run.err.contains(words), "{words}: {}", run.err);
        }
        assert_eq!(suite.applied(), json!(["001"]));
        // What the trigger keeps is left out: then it comes to its end.
        let left = text.replace("LEFT", "and id % 100 <> 0");
        suite
            .project
            .write("sql/shop/002_fill.sql", left.as_bytes());
        let run = suite.run(&["setup"]);
        assert_eq!(run.code, 0, "{text}{}{}", run.out, run.err);
    }
}

/// The rows of an inner DELETE would come back with a batch whose outer statement touches none.
#[test]
fn a_query_of_with_that_changes_rows_is_refused() {
    let suite = Suite::new(
        "-- supaproof: data: 5 rows\n\nwith moved as (delete from notes where id in (select id from notes limit :batch) returning *)
insert into log select 1, id from moved where false;\n",
    );
    let run = suite.run(&["setup"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    for words in [
        "cannot count what a query of WITH changes",
        "sql/shop/002_fill.sql:3:1",
        "write two statements",
    ] {
        assert!(run.err.contains(words), "{words}: {}", run.err);
    }
    // What INSERT passes over by itself is done.
    suite.project.write(
        "sql/shop/002_fill.sql",
        b"-- supaproof: data\ninsert into notes select id, body from notes on conflict (id) do nothing;
insert into notes select id, body from notes on conflict (id) do update set short = 'x' where notes.short is null;\n",
    );
    let run = suite.run(&["setup"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(suite.asked("select count(short) from notes"), json!(2500));
}

/// A session that holds `notes` for so long.
fn held(suite: &Suite, how: &'static str, time: Duration) -> std::thread::JoinHandle<()> {
    let mut other = suite.server.session("postgres", "postgres");
    let (ready, is_ready) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || {
        other(how).unwrap();
        ready.send(()).unwrap();
        std::thread::sleep(time);
        other("rollback").unwrap();
    });
    is_ready.recv().unwrap();
    holder
}

#[test]
fn a_lock_is_waited_for_and_its_holder_named() {
    let fill = FILL.replace(
        "-- supaproof: data",
        "-- supaproof: lock_timeout: 100ms\n-- supaproof: data",
    );
    for how in [
        "begin; update notes set body = body",
        "begin; lock table notes in access exclusive mode",
    ] {
        let suite = Suite::new(&fill);
        suite.project.write(
            "sql/shop/001_notes.sql",
            TABLE.replace(", check (short <> 'n13')", "").as_bytes(),
        );
        suite.first();
        let holder = held(&suite, how, Duration::from_secs(2));
        let run = suite.run(&["setup"]);
        assert_eq!(run.code, 0, "{how}: {}{}", run.out, run.err);
        assert!(
            run.err.contains("waiting for") && run.err.contains("notes: "),
            "{}",
            run.err
        );
        holder.join().unwrap();
        assert_eq!(suite.asked("select count(short) from notes"), json!(2500));
        assert_eq!(
            suite
                .asked("select count(*) from log where id > 0 group by id order by 1 desc limit 1"),
            json!(1)
        );
    }
}

#[test]
fn who_is_interrupted_is_told_that_batches_stay() {
    let slow = "-- supaproof: data: 50 rows\n
update notes set short = 'x' || pg_sleep(0.004) where id in (select id from notes where short is null limit :batch);\n";
    let suite = Suite::new(slow);
    let target = suite.server.target("postgres");
    let arguments = ["setup", "shop", "--yes", "--target", &target];
    let child = background(suite.project.path(), &arguments);
    let done = "select count(short) from notes";
    let began = Instant::now();
    while suite.asked("select coalesce(to_regclass('notes')::text, '')") == json!("")
        || suite.asked(done).as_u64() < Some(50)
    {
        assert!(began.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(300));
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let run = finished(child.wait_with_output().unwrap());
    assert_eq!(run.code, 130, "{}{}", run.out, run.err);
    assert!(
        run.err
            .contains("002_fill was cancelled: the batches that are done ("),
        "{}",
        run.err
    );
    assert!(
        run.err
            .contains(" rows at least) stay done, and the next run goes on from there"),
        "{}",
        run.err
    );
    assert!(!run.err.contains("nothing of it is"), "{}", run.err);
    // The ledger knows, though nobody wrote it down at the end.
    let gone = "select count(*) from pg_stat_activity where application_name = 'supaproof' and pid <> pg_backend_pid()";
    while suite.asked(gone) != json!(0) {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(50));
    }
    let rows = suite.asked(done).as_u64().unwrap();
    assert!(rows < 2500);
    let status = suite.run(&["status"]);
    assert_eq!(status.code, 1, "{}", status.out);
    let words = format!(
        "it did not come to its end; {} rows in {} batch",
        supaproof::words::grouped(rows),
        rows / 50
    );
    assert!(status.out.contains(&words), "{words}: {}", status.out);
    let run = suite.run(&["setup"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(
        suite.asked("select count(*) from log"),
        json!(2500),
        "each row once"
    );
    assert_eq!(
        suite.asked(
            "select array_agg(action order by id) from supaproof.history where version = '002'"
        ),
        json!(["failed", "applied"])
    );
}

#[test]
fn a_dry_run_says_that_it_tries_one_batch() {
    let suite = Suite::new(FILL);
    suite.first();
    let target = suite.server.target("postgres");
    let run = suite
        .project
        .run(["setup", "shop", "--dry-run", "--target", &target]);
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    for words in [
        "002_fill (sql/shop/002_fill.sql): 1 statement, ",
        ", tried in part",
        "Not tried",
        "002_fill: a data migration: one batch of each statement was tried (`:batch` is 500), not the batches behind it (sql/shop/002_fill.sql:3:1",
        "500 rows updated",
        "The rest works.",
    ] {
        assert!(run.out.contains(words), "{words}: {}", run.out);
    }
    assert!(!run.out.contains("tried without it"), "{}", run.out);
    // A rollback runs once, and is tried as a whole.
    let run = suite
        .project
        .run(["rollback", "shop", "--dry-run", "--target", &target]);
    assert!(!run.out.contains("tried in part"), "{}", run.out);
}
