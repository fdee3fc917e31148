//! Several suites in one run, setups that do not repeat, and a run that is killed.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::findings;
use crate::processes::{children_of, exists};
use crate::support::{Project, Server, background};

#[test]
fn one_suite_that_fails_does_not_stop_the_others() {
    let mut files = Vec::new();
    for (suite, setup, rollback) in [
        ("a_bad", "create table a (id int)", "select 1"),
        ("b_good", "create table b (id int)", "drop table b"),
        (
            "c_broken",
            "create table c (id int); select 1 / 0",
            "drop table c",
        ),
        ("d_good", "create table a (id int)", "drop table a"),
    ] {
        files.push((format!("sql/{suite}/001_first.sql"), setup));
        files.push((format!("sql/{suite}/001_first.rollback.sql"), rollback));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), *text))
        .collect();
    let project = Project::new(&files);
    let run = project.run(["verify"]);
    assert_eq!(
        run.code, 5,
        "SQL that failed is worse than a check that did: {}{}",
        run.out, run.err
    );
    let summary: Vec<&str> = run.out.lines().rev().take(4).collect();
    assert_eq!(
        summary,
        [
            "✅ d_good: 2 passed",
            "❌ c_broken: 001_first.sql failed: division by zero (SQLSTATE 22012)",
            "✅ b_good: 2 passed",
            "❌ a_bad: 0 passed, 1 failed, 1 skipped",
        ],
        "{}",
        run.out
    );
    let two = project.run(["verify", "a_bad", "b_good"]);
    assert_eq!(two.code, 1, "{}{}", two.out, two.err);
}

/// On one target the suites share a database. At the end all of them are set up.
#[test]
fn suites_follow_each_other_on_a_target() {
    let server = Server::start();
    let project = Project::new(&[
        ("sql/one/001_a.sql", "create table one (id int)"),
        ("sql/one/001_a.rollback.sql", "drop table one"),
        (
            "sql/two/001_a.sql",
            "create table two as select count(*) as rows from one",
        ),
        ("sql/two/001_a.rollback.sql", "drop table two"),
    ]);
    let verify = ["verify", "--yes", "--target", &server.target("postgres")];
    let run = project.run(verify);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let there = "select json_build_array(to_regclass('one'), to_regclass('two'))";
    assert_eq!(server.json("postgres", there), json!(["one", "two"]));
    let again = project.run(verify);
    assert_eq!(again.code, 2, "{}{}", again.out, again.err);
}

#[test]
fn a_setup_that_does_not_repeat_is_found() {
    for (title, setup, rollback, found) in [
        (
            "a random name",
            "do $$begin execute format('create table %I (id int)', 't_' || replace(gen_random_uuid()::text, '-', '')); end$$",
            "do $$declare t text; begin for t in select relname from pg_class where relname like 't\\_%' and relkind = 'r' loop execute format('drop table %I', t); end loop; end$$",
            "table public.t_",
        ),
        (
            "a state that nobody sees",
            "do $$begin
               if nextval('auth.refresh_tokens_id_seq') > 1 then execute 'create table second ()';
               else execute 'create table first ()';
               end if; end$$",
            "drop table if exists first, second",
            "table public.second",
        ),
    ] {
        let project = Project::new(&[
            ("sql/shop/001_first.sql", setup),
            ("sql/shop/001_first.rollback.sql", rollback),
        ]);
        let run = project.run(["verify", "shop", "--report", "json"]);
        assert_eq!(run.code, 1, "{title}: {}{}", run.out, run.err);
        let findings = findings(&run.out);
        assert_eq!(
            findings.len(),
            2,
            "{title}: one gone, one new: {findings:#?}"
        );
        assert!(
            findings
                .iter()
                .all(|f| f.starts_with("setup-not-repeated table public.")),
            "{findings:#?}"
        );
        assert!(
            findings.iter().any(|f| f.contains(found)),
            "{title}: {findings:#?}"
        );
    }
}

/// Where we are killed with no chance to clean up, the private server ends by itself and its folder goes.
#[test]
fn killing_the_program_leaves_no_server() {
    let project = Project::new(&[
        ("sql/shop/001_slow.sql", "select pg_sleep(60)"),
        ("sql/shop/001_slow.rollback.sql", "select 1"),
    ]);
    let mut child = background(project.path(), &["verify", "shop", "-v"]);
    let supervisor = until("a server is there", || {
        // The postmaster, the session that sleeps, and others: it is at work.
        children_of(child.id().cast_signed())
            .into_iter()
            .find(|pid| {
                let servers = children_of(*pid);
                servers.iter().any(|server| children_of(*server).len() > 3)
            })
    });
    let servers: Vec<i32> = children_of(supervisor)
        .into_iter()
        .flat_map(|pid| {
            let mut all = children_of(pid);
            all.push(pid);
            all
        })
        .collect();
    assert!(!servers.is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    until("the server is gone", || {
        servers.iter().all(|pid| !exists(*pid)).then_some(())
    });
    until("the supervisor is gone", || {
        (!exists(supervisor)).then_some(())
    });
}

fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
