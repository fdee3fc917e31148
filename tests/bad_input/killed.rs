//! The server goes away while we work, or a person ends us.

use std::time::{Duration, Instant};

use serde_json::json;
use supaproof::migrate::{Book, ledger};

use crate::support::{Project, Run, Server, background, finished};
use crate::transcript::SECRET;

const SLEEPS: &[(&str, &str)] = &[
    ("sql/shop/001_first.sql", "create table orders (id int);\n"),
    ("sql/shop/001_first.rollback.sql", "drop table orders;\n"),
    (
        "sql/shop/002_slow.sql",
        "create table slow (id int);\nselect pg_sleep(60);\n",
    ),
    ("sql/shop/002_slow.rollback.sql", "drop table slow;\n"),
];

/// Waits until the server is in the migration that sleeps, at most ten seconds.
fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn asleep(server: &Server, database: &str) -> u64 {
    let sql = format!(
        "select to_json(count(*)) from pg_stat_activity where datname = '{database}' and wait_event = 'PgSleep'"
    );
    server.json("template1", &sql).as_u64().unwrap()
}

/// Runs a command until its migration sleeps, does something to it, and waits for its end.
fn meanwhile(server: &Server, command: &str, act: impl FnOnce(u32)) -> (Run, Duration) {
    let project = Project::new(SLEEPS);
    let target = format!("{} password={SECRET}", server.target("postgres"));
    let child = background(
        project.path(),
        &[command, "shop", "--yes", "--target", &target],
    );
    wait_until("the migration sleeps", || asleep(server, "postgres") == 1);
    let begun = Instant::now();
    act(child.id());
    let run = finished(child.wait_with_output().unwrap());
    for text in [&run.out, &run.err] {
        assert!(
            !text.contains("s3cr3t") && !text.contains("has a bug"),
            "{text}"
        );
    }
    (run, begun.elapsed())
}

/// Each file is there whole, with its row in the ledger, or not at all; says how many are.
fn whole_files(server: &Server) -> usize {
    let there = "select json_build_array(to_regclass('public.orders') is not null, to_regclass('public.slow') is not null)";
    let applied = &server.json("postgres", &ledger::read_sql(&Book::new("shop")))["applied"];
    let applied = applied.as_array().unwrap().len();
    assert_eq!(server.json("postgres", there), json!([applied == 1, false]));
    applied
}

#[test]
fn the_connection_is_ended_by_the_server() {
    let server = Server::start();
    let (run, _) = meanwhile(&server, "setup", |_| {
        server.sql(
            "template1",
            "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'",
        );
    });
    assert_eq!(run.code, 4, "{}", run.err);
    insta::with_settings!({
        omit_expression => true,
        prepend_module_to_snapshot => false,
        filters => [(r"postgres@\S+/postgres", "[target]")],
    }, {
        insta::assert_snapshot!("connection_ended", run.err);
    });
    assert_eq!(whole_files(&server), 1);
}

#[test]
fn the_server_crashes() {
    let server = Server::start();
    let (run, _) = meanwhile(&server, "setup", |_| server.crash());
    assert_eq!(run.code, 4, "{}", run.err);
    assert!(
        run.err.contains("whether 002 was applied is not known"),
        "{}",
        run.err
    );
}

#[test]
fn a_person_ends_the_run() {
    for (signal, command) in [("INT", "verify"), ("TERM", "verify"), ("INT", "setup")] {
        let server = Server::start();
        let (run, took) = meanwhile(&server, command, |pid| send(signal, pid));
        assert_eq!(run.code, 130, "{signal}: {}", run.err);
        assert!(run.err.contains("interrupted"), "{}", run.err);
        assert!(took < Duration::from_secs(3), "{took:?}");
        wait_until("the server is at rest", || asleep(&server, "postgres") == 0);
        // What `verify` would do is rehearsed first.
        let applied = if command == "verify" { 0 } else { 1 };
        assert_eq!(whole_files(&server), applied, "{signal} {command}");
        // Where the database stands, and the next command; of a private one nothing is left.
        let told = [
            "001_first and what came before it stay applied",
            "002_slow was cancelled: it is applied as a whole, or nothing of it is",
            "`supaproof status shop` shows where the database stands; run the same command again",
        ];
        for words in told {
            assert_eq!(
                run.err.contains(words),
                command == "setup",
                "{words}: {}",
                run.err
            );
        }
    }
}

/// What was asked of the server before us must not go on when a step swallows the cancellation.
#[test]
fn a_person_ends_a_check_whose_step_does_not_want_to_end() {
    let server = Server::start();
    let stubborn = "smoke:
  - name: goes on
    timeout: 60
    run: |
      do $$begin
        loop
          begin perform pg_sleep(60);
          exception when query_canceled then null;
          end;
        end loop;
      end$$
";
    let project = Project::new(&[("validations/shop.yaml", stubborn)]);
    let child = background(
        project.path(),
        &["check", "shop", "--target", &server.target("postgres")],
    );
    wait_until("the step sleeps", || asleep(&server, "postgres") == 1);
    let begun = Instant::now();
    send("INT", child.id());
    let run = finished(child.wait_with_output().unwrap());
    assert_eq!(run.code, 130, "{}", run.err);
    assert!(begun.elapsed() < Duration::from_secs(3));
    wait_until("the server is at rest", || asleep(&server, "postgres") == 0);
}

fn send(signal: &str, pid: u32) {
    let signal = format!("SIG{signal}")
        .parse::<nix::sys::signal::Signal>()
        .unwrap();
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap());
    nix::sys::signal::kill(pid, signal).unwrap();
}
