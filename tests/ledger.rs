//! `supaproof status`, `repair` and `baseline`, and what the other commands keep in the ledger.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::json;
use support::{Project, Run, Server};

fn shop() -> Project {
    Project::new(&[
        ("sql/shop/001_a.sql", "create table a (id int);\n"),
        ("sql/shop/001_a.rollback.sql", "drop table a;\n"),
        ("sql/shop/002_b.sql", "create table b (id int);\n"),
        ("sql/shop/002_b.rollback.sql", "drop table b;\n"),
    ])
}

fn go(project: &Project, server: &Server, code: i32, args: &[&str]) -> Run {
    let target = server.target("postgres");
    let run = project.run(args.iter().chain(&["--target", &target]));
    assert_eq!(run.code, code, "{args:?}\n{}{}", run.out, run.err);
    run
}

/// The states in the table of `status`, with whether there is a rollback.
fn states(run: &Run) -> Vec<String> {
    let lines = run.out.lines().filter(|line| line.starts_with("  00"));
    lines
        .map(|line| {
            let words: Vec<&str> = line
                .split("  ")
                .map(str::trim)
                .filter(|w| !w.is_empty())
                .collect();
            format!("{} {} {}", words[0], words[2], words.last().unwrap())
        })
        .collect()
}

#[test]
fn status_tells_what_is_wrong_and_repair_mends_it() {
    let server = Server::start();
    let project = shop();
    assert_eq!(
        states(&go(&project, &server, 0, &["status"])),
        ["001 pending yes", "002 pending yes"]
    );
    go(&project, &server, 1, &["status", "--exit-code"]);
    go(&project, &server, 0, &["setup", "--yes"]);
    let run = go(&project, &server, 0, &["status", "--exit-code"]);
    assert_eq!(states(&run), ["001 applied yes", "002 applied yes"]);
    assert!(run.out.contains(" s  yes"), "{}", run.out);
    let host = "select to_json(count(*)) from supaproof.migrations where host <> '' and applied_by = 'postgres'";
    assert_eq!(server.json("postgres", host), json!(2));

    project.write(
        "sql/shop/001_a.sql",
        b"create table a (id int); -- changed\n",
    );
    std::fs::remove_file(project.path().join("sql/shop/002_b.sql")).unwrap();
    std::fs::remove_file(project.path().join("sql/shop/002_b.rollback.sql")).unwrap();
    project.write(
        "sql/shop/003_c.sql",
        b"create table c (id int);\nselect 1 / 0;\n",
    );
    go(&project, &server, 5, &["setup", "--yes"]);
    let run = go(&project, &server, 1, &["status"]);
    assert_eq!(
        states(&run),
        ["001 divergent yes", "002 missing yes", "003 pending no"]
    );
    assert!(run.out.contains("the ledger keeps how"), "{}", run.out);

    // Without a terminal and --yes nothing is done.
    let run = go(&project, &server, 2, &["repair"]);
    assert!(
        run.err
            .contains("Take over the file as it is now, without running it (001_a of shop on"),
        "{}",
        run.err
    );
    assert_eq!(
        states(&go(&project, &server, 1, &["status"]))[0],
        "001 divergent yes"
    );
    let run = go(&project, &server, 0, &["repair", "--yes"]);
    assert_eq!(
        run.out,
        "✅ shop: 001_a has the checksum of its file now\n✅ shop: 002_b forgotten; what it made is still there\n"
    );
    assert_eq!(
        server.json("postgres", "select to_json(to_regclass('b'))"),
        json!("b")
    );
    go(&project, &server, 5, &["setup", "--yes"]);
    let run = go(&project, &server, 1, &["status"]);
    assert_eq!(states(&run), ["001 applied yes", "003 failed no"]);
    assert!(
        run.out.contains("❌ 003: the last attempt failed: sql/shop/003_c.sql:2:1: 003_c.sql failed: division by zero"),
        "{}",
        run.out
    );
    let run = go(&project, &server, 0, &["repair", "--yes"]);
    assert_eq!(run.out, "✅ shop: 003_c is no longer noted as failed\n");
    assert_eq!(
        states(&go(&project, &server, 0, &["status"])),
        ["001 applied yes", "003 pending no"]
    );
    let run = go(&project, &server, 0, &["repair", "--yes"]);
    assert_eq!(run.out, "✅ shop: nothing is to be mended\n");
}

#[test]
fn a_migration_without_its_files_is_rolled_back_from_the_ledger() {
    let server = Server::start();
    let project = shop();
    go(&project, &server, 0, &["setup", "--yes"]);
    for file in ["sql/shop/002_b.sql", "sql/shop/002_b.rollback.sql"] {
        std::fs::remove_file(project.path().join(file)).unwrap();
    }
    let run = go(&project, &server, 0, &["rollback", "--all", "--yes"]);
    assert_eq!(
        run.out,
        "✅ shop: 002_b rolled back\n✅ shop: 001_a rolled back\n"
    );
    assert!(
        run.err
            .contains("warning: 002_b: the file of its rollback is gone"),
        "{}",
        run.err
    );
    let left = "select to_json(count(*)) from pg_class where relname in ('a', 'b')";
    assert_eq!(server.json("postgres", left), json!(0));
}

#[test]
fn a_baseline_records_and_runs_nothing() {
    let server = Server::start();
    let project = shop();
    server.sql("postgres", "create table a (id int)");
    for (version, says) in [
        ("3", "shop has no migration with the version 3"),
        ("one", "`one` is no version"),
    ] {
        let run = go(&project, &server, 2, &["baseline", version, "--yes"]);
        assert!(run.err.contains(says), "{}", run.err);
    }
    let run = go(&project, &server, 2, &["baseline", "1"]);
    assert!(
        run.err.contains("Record 001_a of shop as applied on"),
        "{}",
        run.err
    );
    let run = go(&project, &server, 0, &["baseline", "1", "--yes"]);
    assert_eq!(
        run.out,
        "✅ shop: 001_a recorded as applied, without running it\n"
    );
    assert_eq!(
        states(&go(&project, &server, 0, &["status"])),
        ["001 applied yes", "002 pending yes"]
    );
    let run = go(&project, &server, 2, &["baseline", "2", "--yes"]);
    assert!(
        run.err
            .contains("the ledger has migrations of shop already"),
        "{}",
        run.err
    );
    let run = go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(run.out, "✅ shop: 002_b applied\n");
}

/// A ledger of an older version that others use is no leftover of ours, although it is brought up to date.
#[test]
fn verify_leaves_the_ledger_out_of_its_comparison() {
    let server = Server::start();
    let project = shop();
    go(&project, &server, 0, &["verify", "--yes"]);
    go(&project, &server, 0, &["rollback", "--all", "--yes"]);
    server.sql(
        "postgres",
        "drop schema supaproof cascade; create schema supaproof; \
         create table supaproof.migrations (suite text not null, version text not null, name text not null, \
         checksum text not null, applied_at timestamptz not null default now(), primary key (suite, version)); \
         insert into supaproof.migrations values ('other', '1', 'x', 'y')",
    );
    go(&project, &server, 0, &["verify", "--yes"]);
    let rows = "select to_json(count(*)) from supaproof.migrations where success";
    assert_eq!(server.json("postgres", rows), json!(3));
}

/// What `verify` tries is nobody's history. A temporary table lives through the rehearsal, and not from file to file.
#[test]
fn verify_keeps_no_failed_attempt() {
    let server = Server::start();
    let project = shop();
    project.write(
        "sql/shop/001_a.sql",
        b"create table a (id int);\ncreate temp table t (id int);\n",
    );
    project.write(
        "sql/shop/001_a.rollback.sql",
        b"drop table a;\ndrop table if exists t;\n",
    );
    project.write(
        "sql/shop/002_b.sql",
        b"create table b (id int);\ninsert into t values (1);\n",
    );
    go(&project, &server, 5, &["verify", "--yes"]);
    let kept = "select json_agg(action || version) from supaproof.history";
    assert_eq!(server.json("postgres", kept), json!(["applied001"]));
}
