//! What a run of migrations says before it begins, and when it does not come to its end.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::json;
use support::{Project, Run, Server};

const A: (&str, &str) = ("sql/shop/001_a.sql", "create table a (id int);\n");
const A_BACK: (&str, &str) = ("sql/shop/001_a.rollback.sql", "drop table a;\n");

fn go(project: &Project, server: &Server, code: i32, args: &[&str]) -> Run {
    let target = server.target("postgres");
    let run = project.run(args.iter().chain(&["--target", &target]));
    assert_eq!(run.code, code, "{args:?}\n{}{}", run.out, run.err);
    run
}

/// Whether all of these stand in it.
#[track_caller]
fn says(run: &Run, words: &[&str]) {
    for words in words {
        let all = format!("{}{}", run.out, run.err);
        assert!(all.contains(words), "{words:?} is not in\n{all}");
    }
}

#[test]
fn a_question_can_be_interrupted() {
    let server = Server::start();
    let project = Project::new(&[A, A_BACK]);
    let terminal = nix::pty::openpty(None, None).unwrap();
    let slave = || Stdio::from(terminal.slave.try_clone().unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_supaproof"))
        .current_dir(project.path())
        .args(["setup", "--target", &server.target("postgres")])
        .stdin(slave())
        .stdout(slave())
        .stderr(slave())
        .spawn()
        .unwrap();
    let mut screen = std::fs::File::from(terminal.master);
    let mut seen = String::new();
    while !seen.contains("[y/N]") {
        let mut bytes = [0; 1024];
        let count = screen.read(&mut bytes).unwrap();
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let ended = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        child.try_wait().unwrap()
    });
    if ended.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(ended.map(|status| status.code()), Some(Some(130)));
    let there = "select to_json(to_regclass('a') is not null)";
    assert_eq!(server.json("postgres", there), json!(false));
}

#[test]
fn an_invalid_index_is_not_applied() {
    let server = Server::start();
    server.sql("postgres", "create table t (x int)");
    server.sql("postgres", "insert into t values (1), (1)");
    let made = server.sql_as(
        "postgres",
        "postgres",
        "create unique index concurrently tx on t (x)",
    );
    assert!(made.is_err());
    let project = Project::new(&[(
        "sql/shop/001_i.sql",
        "create unique index concurrently if not exists tx on t (x);\n",
    )]);
    let run = go(&project, &server, 5, &["setup", "--yes"]);
    says(
        &run,
        &[
            "the index public.tx is invalid",
            "001_i.sql:1",
            "drop index concurrently public.tx;",
            "the ledger does not have it",
        ],
    );
    says(&go(&project, &server, 1, &["status"]), &["failed"]);
    server.sql("postgres", "drop index tx");
    server.sql("postgres", "delete from t");
    go(&project, &server, 0, &["setup", "--yes"]);
    go(&project, &server, 0, &["status", "--exit-code"]);
}

#[test]
fn a_rollback_that_stops_midway_is_told() {
    let server = Server::start();
    let project = Project::new(&[
        (
            "sql/shop/001_d.sql",
            "create table d (x int); create index di on d (x);\n",
        ),
        (
            "sql/shop/001_d.rollback.sql",
            "drop index concurrently di;\nselect 1 / 0;\ndrop table d;\n",
        ),
    ]);
    go(&project, &server, 0, &["setup", "--yes"]);
    let run = go(&project, &server, 5, &["rollback", "--all", "--yes"]);
    says(
        &run,
        &[
            "1 of its 3 statements stays done, and the ledger has it as applied still",
            "it goes on at statement 2",
        ],
    );
    let run = go(&project, &server, 1, &["status"]);
    says(
        &run,
        &[
            "the last attempt to roll it back failed",
            "1 of its 3 statements stays done",
        ],
    );
    go(&project, &server, 0, &["repair", "--yes"]);
    go(&project, &server, 0, &["status", "--exit-code"]);
}

#[test]
fn what_the_limit_of_time_leaves_is_told() {
    let server = Server::start();
    let project = Project::new(&[
        A,
        ("sql/shop/002_b.sql", "select pg_sleep(9);\n"),
        ("sql/shop/003_c.sql", "create table c (id int);\n"),
    ]);
    let run = go(&project, &server, 5, &["setup", "--yes", "--timeout", "2"]);
    says(
        &run,
        &[
            "001 stays applied",
            "whether 002 was applied is not known",
            "nothing of 003 had begun",
        ],
    );
    let run = go(&project, &server, 0, &["status"]);
    says(&run, &["001      a     applied"]);

    project.write(
        "sql/shop/002_b.sql",
        b"-- supaproof: transaction: off\ncreate table b (id int);\nselect pg_sleep(9);\nselect 1;\n",
    );
    let run = go(&project, &server, 5, &["setup", "--yes", "--timeout", "2"]);
    says(
        &run,
        &[
            "1 of its 3 statements stays done at least, and the ledger does not have it",
            "whether the next one was done the ledger knows",
            "003 was not tried",
            "it goes on behind what is done",
        ],
    );
    says(
        &go(&project, &server, 1, &["status"]),
        &["failed", "1 of its 3 statements is done"],
    );
    project.write(
        "sql/shop/002_b.sql",
        b"-- supaproof: transaction: off\ncreate table b (id int);\nselect 2;\n",
    );
    let run = go(&project, &server, 0, &["setup", "--yes"]);
    says(
        &run,
        &[
            "warning: 002_b goes on at statement 2 of 2: an earlier attempt stopped, 1 of its 3 statements is done",
            "002_b applied; 1 of its statements had been before",
        ],
    );
}

#[test]
fn a_session_that_ends_within_a_file_without_a_transaction_leaves_parts() {
    let server = Server::start();
    let project = Project::new(&[(
        "sql/shop/001_b.sql",
        "-- supaproof: transaction: off\ncreate table b (id int);\nselect pg_terminate_backend(pg_backend_pid());\n",
    )]);
    let run = go(&project, &server, 4, &["setup", "--yes"]);
    says(
        &run,
        &[
            "1 of its 2 statements stays done",
            "it goes on behind what is done",
        ],
    );
    assert!(!run.err.contains("help: run the same"), "{}", run.err);
}

/// What nobody can know, somebody has to say.
#[test]
fn a_statement_of_which_nothing_is_known_is_settled_by_repair() {
    let server = Server::start();
    server.sql(
        "postgres",
        "create procedure ends() language plpgsql as $$begin perform pg_terminate_backend(pg_backend_pid()); end$$",
    );
    let text = "-- supaproof: transaction: off\ncreate table b (id int);\ncall ends();\ninsert into b values (1);\n";
    let project = Project::new(&[("sql/shop/001_b.sql", text)]);
    let run = go(&project, &server, 4, &["setup", "--yes"]);
    says(&run, &["whether the next one was done is not known"]);
    let unknown = "1 of its 3 statements is done; whether statement 2 took effect is not known";
    says(&go(&project, &server, 1, &["status"]), &["failed", unknown]);
    for args in [&["setup", "--yes"][..], &["setup", "--dry-run"]] {
        says(
            &go(&project, &server, 5, args),
            &[
                "error: 001_b stopped while statement 2 ran, and whether that took effect is not known",
                "--> sql/shop/001_b.sql:3:1",
                "statement 2 of 3: call ends()",
                "supaproof repair shop --resume 001:3",
            ],
        );
    }
    for (place, code, words) in [
        ("001", 2, "names no statement"),
        ("001:0", 2, "names no statement"),
        ("001:5", 2, "001_b has no statement 5"),
        ("002:1", 2, "no suite has a migration 002"),
    ] {
        let run = go(
            &project,
            &server,
            code,
            &["repair", "--yes", "--resume", place],
        );
        says(&run, &[words]);
    }
    let run = go(
        &project,
        &server,
        0,
        &["repair", "--yes", "--resume", "1:3"],
    );
    says(
        &run,
        &[
            unknown,
            "001_b will go on at statement 3, insert into b values (1)",
        ],
    );
    go(&project, &server, 0, &["setup", "--yes"]);
    let rows = "select to_json(array_agg(id)) from b";
    assert_eq!(server.json("postgres", rows), json!([1]));
    let run = go(
        &project,
        &server,
        2,
        &["repair", "--yes", "--resume", "1:3"],
    );
    says(&run, &["001_b is not half done"]);
    // Forgotten, it begins anew.
    let project = Project::new(&[(
        "sql/shop/002_c.sql",
        "-- supaproof: transaction: off\ncreate table c (id int);\ncall ends();\n",
    )]);
    server.sql("postgres", "truncate supaproof.migrations");
    go(&project, &server, 4, &["setup", "--yes"]);
    server.sql("postgres", "drop table c");
    let run = go(&project, &server, 0, &["repair", "--yes"]);
    says(&run, &["begins anew with the next setup"]);
    project.write(
        "sql/shop/002_c.sql",
        b"-- supaproof: transaction: off\ncreate table c (id int);\n",
    );
    go(&project, &server, 0, &["setup", "--yes"]);
    go(&project, &server, 0, &["status", "--exit-code"]);
}

#[test]
fn nothing_to_roll_back_is_told_as_what_it_is() {
    let server = Server::start();
    let project = Project::new(&[A, A_BACK]);
    go(&project, &server, 0, &["setup", "--yes"]);
    let run = go(&project, &server, 2, &["rollback", "--steps", "0", "--yes"]);
    says(&run, &["--steps takes the number of migrations"]);
    for dry in [&[][..], &["--dry-run"]] {
        let args = [&["rollback", "--to", "001", "--yes"], dry].concat();
        says(
            &go(&project, &server, 0, &args),
            &["shop: 001 is the newest already"],
        );
    }
}

#[test]
fn a_suite_that_is_named_twice_runs_once() {
    let server = Server::start();
    let project = Project::new(&[A, A_BACK]);
    let run = go(&project, &server, 0, &["setup", "shop", "shop", "--yes"]);
    assert_eq!(run.out, "✅ shop: 001_a applied\n");
}

#[test]
fn a_ledger_that_was_emptied_is_noticed() {
    let server = Server::start();
    let project = Project::new(&[
        (
            "sql/shop/001_a.sql",
            "create table if not exists a (id int);\n",
        ),
        A_BACK,
    ]);
    go(&project, &server, 0, &["setup", "--yes"]);
    server.sql("postgres", "drop table supaproof.migrations");
    let run = go(&project, &server, 1, &["status"]);
    says(
        &run,
        &[
            "001      a     lost",
            "supaproof.history says that it was applied",
            "supaproof baseline",
        ],
    );
    let run = go(&project, &server, 0, &["setup", "--yes"]);
    says(
        &run,
        &[
            "warning: supaproof.history says that these are applied",
            "001_a (",
        ],
    );
    go(&project, &server, 0, &["status", "--exit-code"]);
    server.sql("postgres", "delete from supaproof.migrations");
    go(&project, &server, 0, &["repair", "--yes"]);
    let run = go(&project, &server, 0, &["status"]);
    says(&run, &["001      a     pending"]);
}

#[test]
fn what_has_no_rollback_is_named_before_it_runs() {
    let server = Server::start();
    let project = Project::new(&[
        A,
        A_BACK,
        ("sql/shop/002_b.sql", "create table b (id int);\n"),
        (
            "sql/shop/003_c.sql",
            "-- supaproof: irreversible: no\ncreate table c (id int);\n",
        ),
        ("sql/shop/004_d.sql", "create table d (id int);\n"),
    ]);
    let run = go(&project, &server, 2, &["setup"]);
    says(&run, &["warning: 002_b, 004_d have no rollback"]);
    let run = go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(run.err.matches("no rollback").count(), 1, "{}", run.err);
}

#[test]
fn a_row_that_is_none_of_ours_is_named() {
    let server = Server::start();
    let project = Project::new(&[A, A_BACK]);
    go(&project, &server, 0, &["setup", "--yes"]);
    server.sql(
        "postgres",
        "update supaproof.migrations set version = 'first'",
    );
    let run = go(&project, &server, 5, &["status"]);
    says(
        &run,
        &["the row with version \"first\", name \"a\": its version is no number"],
    );
}

#[test]
fn an_empty_ledger_beside_another_does_not_count() {
    let server = Server::start();
    server.sql(
        "postgres",
        "create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text); \
         create table schema_migrations (version varchar primary key); insert into schema_migrations values ('001')",
    );
    let project = Project::new(&[A, A_BACK]);
    let run = go(
        &project,
        &server,
        2,
        &["import", "--yes", "--table", "nope.nope"],
    );
    says(&run, &["there is no table nope.nope"]);
    let run = go(&project, &server, 0, &["import", "--yes"]);
    says(&run, &["001_a recorded as applied"]);
}

#[test]
fn a_kept_rollback_keeps_its_directives() {
    let server = Server::start();
    let project = Project::new(&[
        A,
        (
            "sql/shop/001_a.rollback.sql",
            "-- supaproof: transaction: off\ncall two();\ndrop procedure two();\ndrop table a;\n",
        ),
    ]);
    server.sql(
        "postgres",
        "create procedure two() language plpgsql as $$ begin commit; end $$",
    );
    go(&project, &server, 0, &["setup", "--yes"]);
    std::fs::remove_file(project.path().join("sql/shop/001_a.rollback.sql")).unwrap();
    go(&project, &server, 0, &["rollback", "--all", "--yes"]);
}

#[test]
fn errors_around_a_file_are_told_without_our_own_sql() {
    let server = Server::start();
    let project = Project::new(&[
        (
            "sql/shop/001_a.sql",
            "create table a (id int);\nset transaction read only;\n",
        ),
        A_BACK,
    ]);
    let run = go(&project, &server, 5, &["setup", "--yes"]);
    says(
        &run,
        &[
            "001_a.sql makes its transaction read-only",
            "take `set transaction read only` out",
        ],
    );
    assert!(!run.err.contains("replica"), "{}", run.err);
    says(&go(&project, &server, 1, &["status"]), &["failed"]);
    project.write("supaproof.toml", b"[suites.shop]\nledger = \"nosuch.x\"\n");
    let run = go(&project, &server, 5, &["setup", "--yes"]);
    says(&run, &["create the schema first"]);
    assert!(!run.err.contains("create table nosuch"), "{}", run.err);
}

/// Into a pipe, too, and whatever becomes of the later ones.
#[test]
fn each_file_is_told_as_soon_as_it_is_committed() {
    let server = Server::start();
    let target = server.target("postgres");
    let slow = "select pg_sleep(7);\nselect 1 / 0;\n";
    let project = Project::new(&[A, A_BACK, ("sql/shop/002_slow.sql", slow)]);
    let go = ["setup", "shop", "--yes", "--target", &target];
    let mut child = support::background(project.path(), &go);
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = out.next().unwrap().unwrap();
    assert_eq!(first, "✅ shop: 001_a applied");
    let there = "select to_json(count(*)) from supaproof.migrations";
    assert_eq!(server.json("postgres", there), json!(1));
    assert!(child.try_wait().unwrap().is_none());
    assert!(out.next().is_none());
    let run = support::finished(child.wait_with_output().unwrap());
    assert_eq!(run.code, 5, "{}", run.err);
    let at = |words: &str| {
        run.err
            .find(words)
            .unwrap_or_else(|| panic!("{words}: {}", run.err))
    };
    assert!(at("\napplying 002_slow (2 of 2)\n") < at("division by zero"));
    assert!(!run.err.contains("applying 001_a"), "{}", run.err);
    // And back.
    project.write("sql/shop/002_slow.sql", b"select 1;\n");
    project.write("sql/shop/002_slow.rollback.sql", b"select 1;\n");
    let run = project.run(go);
    assert_eq!(
        (run.code, run.out.as_str()),
        (0, "✅ shop: 002_slow applied\n"),
        "{}",
        run.err
    );
    let back = ["rollback", "shop", "--all", "--yes", "--target", &target];
    let run = project.run(back);
    let lines = "✅ shop: 002_slow rolled back\n✅ shop: 001_a rolled back\n";
    assert_eq!((run.code, run.out.as_str()), (0, lines), "{}", run.err);
}

#[test]
fn how_long_others_are_waited_for_can_be_said() {
    let server = Server::start();
    let project = Project::new(&[A, A_BACK]);
    let mut other = server.session("postgres", "postgres");
    other("select pg_advisory_lock(1937076321, 1886547823)").unwrap();
    let began = std::time::Instant::now();
    for command in [&["setup", "shop"][..], &["baseline", "001", "shop"]] {
        let run = go(
            &project,
            &server,
            5,
            &[command, &["--yes", "--wait", "1"]].concat(),
        );
        says(
            &run,
            &[
                "another run of migrations is at work on this database: ",
                "--wait SECONDS waits longer",
            ],
        );
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(40));
    // The statement's own lock counts in it.
    other("select pg_advisory_unlock_all(); create table a ()").unwrap();
    other("begin; lock table a").unwrap();
    let project = Project::new(&[("sql/shop/001_b.sql", "alter table a add column b int;\n")]);
    let began = std::time::Instant::now();
    let run = go(
        &project,
        &server,
        5,
        &[
            "setup",
            "shop",
            "--yes",
            "--lock-timeout",
            "1",
            "--wait",
            "1",
        ],
    );
    says(
        &run,
        &["001_b.sql failed: canceling statement due to lock timeout"],
    );
    assert!(began.elapsed() < std::time::Duration::from_secs(20));
}

#[test]
fn who_wrote_a_migration_is_shown() {
    let server = Server::start();
    let text = "-- supaproof: author: É. Who\ncreate table a (id int);\n";
    let project = Project::new(&[("sql/shop/001_a.sql", text), A_BACK]);
    let run = go(&project, &server, 0, &["setup", "shop", "--dry-run"]);
    says(
        &run,
        &["001_a (sql/shop/001_a.sql, by É. Who): 1 statement"],
    );
    go(&project, &server, 0, &["setup", "shop", "--yes"]);
    let run = go(&project, &server, 0, &["status", "shop", "-v"]);
    says(&run, &["rollback  author\n", "yes       É. Who\n"]);
    let run = go(&project, &server, 0, &["status", "shop"]);
    assert!(!run.out.contains("author"), "{}", run.out);
}
