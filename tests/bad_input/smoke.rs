//! Smoke steps that fail, cheat, leave something behind or do not end.

use std::time::{Duration, Instant};

use serde_json::Value;
use supaproof::catalog::{self, Selection};

use crate::support::{Project, Server};
use crate::transcript::SECRET;

const SETUP: &str = "
create table items (id int primary key);
create table orders (id int generated always as identity primary key, item int not null
  references items deferrable initially deferred, note text unique);
insert into items values (1);
insert into orders (item, note) values (1, 'first');
revoke all on items, orders from anon;
";

/// A step as it is written, and what has to come of it: `pass`, or the finding's code and a part of what was found.
struct Step {
    name: &'static str,
    yaml: &'static str,
    outcome: &'static str,
    found: &'static str,
}

const fn step(
    name: &'static str,
    yaml: &'static str,
    outcome: &'static str,
    found: &'static str,
) -> Step {
    Step {
        name,
        yaml,
        outcome,
        found,
    }
}

#[rustfmt::skip]
const STEPS: &[Step] = &[
    step("writes a row", "run: insert into items values (2)", "pass", ""),
    step("writes it again", "{run: insert into items values (2), rows: 1}", "pass", ""),
    step("writes nothing", "run: delete from items where id = 77", "smoke-rows", "0 rows"),
    step("is not the number of rows", "{run: 'insert into items values (3), (4)', rows: 1}", "smoke-rows", "2 rows"),
    step("reads nothing", "run: select from items where id = 77", "pass", ""),
    step("reads a row too many", "{run: select from items, rows: 0}", "smoke-rows", "1 row"),
    step("is refused as it should be", "{run: insert into items values (1), error: '23505'}", "pass", ""),
    step("is refused in the right class", "{run: insert into items values (1), error: '23'}", "pass", ""),
    step("is refused otherwise", "{run: insert into items values (null), error: '23505'}", "smoke-other-error", "23502: null value"),
    step("is not refused", "{run: insert into items values (5), error: '23'}", "smoke-no-error", "no error"),
    step("is no SQL", "run: inzert into items values (6)", "smoke-failed", "42601: syntax error"),
    step("fails in its second statement", "run: \"insert into items values (7); select 1 / 0\"", "smoke-failed", "22012: division by zero, in statement 2"),
    step("violates what is checked at the end", "run: insert into orders (item) values (99)", "smoke-failed", "23503"),
    step("violates it and is right to", "{run: insert into orders (item) values (99), error: '23503'}", "pass", ""),
    step("takes too long", "{run: select pg_sleep(60), timeout: 1}", "smoke-failed", "longer than 1 s"),
    step("is somebody else", "run: \"set role anon; insert into items values (8)\"", "smoke-failed", "42501"),
    step("is itself again", "run: \"reset role; insert into items values (8)\"", "pass", ""),
    step("drops a table", "run: drop table orders", "pass", ""),
    step("finds the table", "run: insert into orders (item) values (1)", "pass", ""),
    step("takes a number", "run: select nextval(pg_get_serial_sequence('orders', 'id'))", "pass", ""),
    step("locks, prepares and listens", "run: \"select pg_advisory_lock(5); prepare left_over as select 1; listen somebody\"", "pass", ""),
    step("would be a warning", "{run: select 1 / 0, severity: warning}", "pass", "22012"),
    // Exceptions that plpgsql's `others` leaves out, or that look like ours.
    step("asserts", "run: do $$begin assert false, 'no'; end$$", "smoke-failed", "P0004: no"),
    step("says that it was cancelled", "run: do $$begin raise exception 'x' using errcode = '57014'; end$$", "smoke-failed", "57014: x"),
    step("knows how steps are undone", "run: do $$begin raise exception 'undo'; end$$", "smoke-failed", "P0001: undo"),
    step("guesses a private error", "run: do $$begin raise exception 'x' using errcode = 'SPUND'; end$$", "smoke-failed", "SPUND: x"),
    step("expects an error of its own", "{run: \"do $$begin raise exception 'x' using errcode = 'SPUND'; end$$\", error: SPUND}", "pass", ""),
    // Whoever writes a result before us.
    step("forges its result", "run: \"select set_config('supaproof.step_' || n, '{\\\"rows\\\": 1}', false) from generate_series(0, 99) n; select 1 / 0\"", "smoke-failed", "22012"),
    step("forges the others' results", "run: \"select set_config('supaproof.step_' || n, 'no json', true) from generate_series(0, 99) n\"", "pass", ""),
    step("puts its functions in front of ours", "run: \"create schema evil; create function evil.set_config(text, text, boolean) returns text language sql return 'x'; \
        set search_path = evil, pg_catalog; select 1 / 0\"", "smoke-failed", "22012"),
    step("commits in a block", "run: do $$begin insert into public.items values (9); commit; end$$", "smoke-failed", "2D000"),
    step("commits by text", "run: do $$begin execute 'commit'; end$$", "smoke-failed", "0A000"),
    // What no transaction can hold.
    step("makes a database", "run: create database another", "smoke-failed", "25001"),
];

fn yaml(steps: &[Step]) -> String {
    let mut out = String::from("smoke:\n");
    for step in steps {
        // A step is written as a flow mapping or as a block, with its name in front.
        out.push_str(&match step.yaml.strip_prefix('{') {
            Some(rest) => format!("  - {{name: {}, {rest}\n", step.name),
            None => format!("  - name: {}\n    {}\n", step.name, step.yaml),
        });
    }
    out
}

fn results(report: &Value) -> Vec<(String, String)> {
    let all = report["groups"].as_array().unwrap().iter();
    all.flat_map(|group| group["results"].as_array().unwrap())
        .map(|result| {
            let finding = &result["findings"][0];
            let outcome = match result["outcome"].as_str().unwrap() {
                "fail" => finding["code"].as_str().unwrap(),
                other => other,
            };
            let found = finding["found"].as_str().or(result["reason"].as_str());
            (outcome.to_owned(), found.unwrap_or_default().to_owned())
        })
        .collect()
}

/// Everything that the catalog knows, and every row.
fn state(server: &Server) -> (Value, Value) {
    let rows = "select json_build_array((select json_agg(i) from public.items i), (select json_agg(o) from public.orders o))";
    (
        server.json("postgres", &catalog::statement(&Selection::all())),
        server.json("postgres", rows),
    )
}

#[test]
fn every_step_is_judged_by_what_it_did_and_undone() {
    let server = Server::start();
    server.sql("postgres", SETUP);
    let before = state(&server);
    let project = Project::new(&[("validations/shop.yaml", &yaml(STEPS))]);
    let target = format!("{} password={SECRET}", server.target("postgres"));
    let begun = Instant::now();
    let run = project.run(["check", "shop", "--target", &target, "--report", "json"]);
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "the limit of a step is its own"
    );
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(!run.out.contains("s3cr3t") && !run.err.contains("s3cr3t"));
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let results = results(&report["suites"][0]);
    assert_eq!(results.len(), STEPS.len());
    let wrong: Vec<String> = STEPS
        .iter()
        .zip(&results)
        .filter(|(step, (outcome, found))| *outcome != step.outcome || !found.contains(step.found))
        .map(|(step, (outcome, found))| {
            format!(
                "{}: {outcome} ({found}), not {} ({})",
                step.name, step.outcome, step.found
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(state(&server), before, "the database is as it was");
}

/// Suites share the connection to a target: what one leaves in the session would change what the next one sees.
#[test]
fn a_step_leaves_nothing_in_the_session() {
    let server = Server::start();
    let dirty = "smoke:
  - name: leaves what it can
    run: |
      select pg_advisory_lock(5);
      select pg_advisory_lock_shared(6);
      prepare left_over as select 1;
      listen somebody;
      create temporary table scratch (id int);
      declare cursor_of_mine cursor with hold for select 1;
      set search_path = pg_catalog;
      set role anon;
  - name: fails as a whole
    run: select pg_advisory_lock(7), 1 / 0
";
    let clean = "smoke:
  - {name: no lock, run: select from pg_locks where pid = pg_backend_pid() and locktype = 'advisory', rows: 0}
  - {name: nothing prepared, run: select from pg_prepared_statements, rows: 0}
  - {name: nobody listens, run: select pg_listening_channels(), rows: 0}
  - {name: no cursor, run: select from pg_cursors where name = 'cursor_of_mine', rows: 0}
  - {name: no table, run: select from pg_class where relname = 'scratch', rows: 0}
  - {name: the path of before, run: \"select where current_setting('search_path') = 'pg_catalog'\", rows: 0}
  - {name: the role of before, run: select where current_user = 'postgres', rows: 1}
  - {name: the limits of before, run: \"select where current_setting('client_connection_check_interval') = '200ms'\", rows: 1}
";
    let project = Project::new(&[("validations/a.yaml", dirty), ("validations/b.yaml", clean)]);
    let run = project.run(["check", "a", "b", "--target", &server.target("postgres")]);
    assert!(
        run.out.contains("✅ leaves what it can") && run.out.contains("❌ fails as a whole"),
        "{}",
        run.out
    );
    assert!(run.out.contains("✅ b: 8 passed"), "{}", run.out);
    assert_eq!(run.code, 1);
}

#[test]
fn a_step_that_ends_the_connection_ends_the_run() {
    let server = Server::start();
    let yaml =
        "smoke:\n  - {name: goes away, run: select pg_terminate_backend(pg_backend_pid())}\n";
    let project = Project::new(&[("validations/shop.yaml", yaml)]);
    let target = format!("{} password={SECRET}", server.target("postgres"));
    let run = project.run(["check", "shop", "--target", &target]);
    assert_eq!(run.code, 4, "{}{}", run.out, run.err);
    assert!(
        run.out
            .contains("was lost: terminating connection due to administrator command"),
        "{}",
        run.out
    );
    assert!(!run.out.contains("s3cr3t") && !run.err.contains("s3cr3t"));
}

#[test]
fn the_limit_on_the_whole_run_is_no_finding_of_a_step() {
    let yaml = "smoke:\n  - {name: slow, run: select pg_sleep(60), timeout: 50}\n";
    let project = Project::new(&[("validations/shop.yaml", yaml)]);
    let run = project.run(["check", "shop", "--timeout", "2"]);
    assert_eq!(run.code, 5, "{}{}", run.out, run.err);
    assert!(run.out.contains("did not finish within 2 s"), "{}", run.out);
    assert!(!run.out.contains("slow"), "{}", run.out);
}
