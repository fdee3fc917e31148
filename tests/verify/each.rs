//! Each migration by itself: what one rollback leaves or takes, though the whole comes out even.

use serde_json::{Value, json};
use supaproof::diff::print::print_sql;
use supaproof::source::Source;

use crate::findings;
use crate::leftovers::EVERYTHING;
use crate::support::{Project, Run, Server, root, run};

/// A suite of these migrations: what each does, and what undoes it; `None` for one that is irreversible.
fn suite(migrations: &[(&str, Option<&str>)]) -> Project {
    let project = Project::new(&[]);
    for (number, (setup, rollback)) in migrations.iter().enumerate() {
        let name = format!("sql/shop/{:03}_m", number + 1);
        let head = match rollback {
            Some(_) => "",
            None => "-- supaproof: irreversible: nobody knows how\n",
        };
        project.write(
            &format!("{name}.sql"),
            format!("{head}{setup}\n").as_bytes(),
        );
        if let Some(rollback) = rollback {
            let path = format!("{name}.rollback.sql");
            project.write(&path, format!("{rollback}\n").as_bytes());
        }
    }
    project
}

fn verified(project: &Project) -> Run {
    project.run(["verify", "shop", "-v"])
}

/// What the report of a suite says of one part of the proof: its outcome.
fn outcome(project: &Project, label: &str) -> String {
    let run = project.run(["verify", "shop", "--report", "json"]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let groups = report["suites"][0]["groups"].as_array().unwrap();
    let results = groups.iter().flat_map(|g| g["results"].as_array().unwrap());
    let labels: Vec<_> = results.collect();
    let found = labels.iter().find(|r| r["subject"] == label);
    found.unwrap_or_else(|| panic!("{labels:#?}"))["outcome"]
        .as_str()
        .unwrap()
        .to_owned()
}

const EACH: &str = "Each migration is undone by its own rollback";

const A: (&str, Option<&str>) = (
    "create table a (id int primary key, b int);",
    Some("drop table a;"),
);

#[test]
fn what_another_rollback_takes_along_is_found() {
    for (title, second, rollback, found, place) in [
        (
            "an index",
            "create table c (id int);\ncreate index a_b on a (b);",
            "drop table c;",
            "rollback-left-behind index public.a_b",
            "sql/shop/002_m.sql:2:1",
        ),
        (
            "a constraint",
            "select 1;",
            "alter table a drop constraint a_pkey;",
            "rollback-took-away constraint a_pkey on public.a",
            "sql/shop/002_m.rollback.sql:1:1",
        ),
        (
            "a default",
            "alter table a alter column b set default 7;",
            "select 1;",
            "rollback-altered column public.a.b",
            "sql/shop/002_m.sql:1:1",
        ),
        (
            "a privilege",
            "revoke insert on a from anon;",
            "select 1;",
            "rollback-altered table public.a",
            "sql/shop/002_m.rollback.sql:1:1",
        ),
        (
            "rows",
            "insert into a values (1, 2);",
            "select 1;",
            "rollback-rows rows of public.a",
            "sql/shop/002_m.rollback.sql:1:1",
        ),
        (
            "a table made again",
            "select 1;",
            "drop table a; create table a (id int primary key, b int);",
            "rollback-rows rows of public.a",
            "sql/shop/002_m.rollback.sql:1:1",
        ),
    ] {
        // The third is clean, and comes before it on the way back.
        let third = ("create table z ();", Some("drop table z;"));
        let project = suite(&[A, (second, Some(rollback)), third]);
        let run = project.run(["verify", "shop", "--report", "json"]);
        assert_eq!(run.code, 1, "{title}: {}{}", run.out, run.err);
        let all = findings(&run.out);
        assert!(
            all.iter().any(|f| f.starts_with(found)),
            "{title}: {all:#?}"
        );
        let pretty = verified(&project);
        assert!(pretty.out.contains(place), "{title}: {}", pretty.out);
        let whole = "✅ Rollback leaves nothing behind";
        assert!(pretty.out.contains(whole), "{title}: {}", pretty.out);
        assert!(pretty.err.contains("looking closer"), "{title}");
    }
}

/// What stays in the end is named there, with the migration that it comes from, and not a second time.
#[test]
fn what_stays_in_the_end_is_named_once() {
    let project = suite(&[
        A,
        (
            "select 1;\ncreate type kept as enum ('x');",
            Some("select 1;"),
        ),
        ("create index a_b on a (b);", Some("select 1;")),
    ]);
    let run = project.run(["verify", "shop", "--report", "json"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let mut all = findings(&run.out);
    all.sort();
    assert_eq!(
        all,
        [
            "rollback-left-behind enum public.kept",
            "rollback-left-behind index public.a_b"
        ]
    );
    assert!(verified(&project).out.contains("(sql/shop/002_m.sql:2:1)"));
    let only = suite(&[A, ("create type kept as enum ('x');", Some("select 1;"))]);
    assert_eq!(outcome(&only, EACH), "skip");
}

/// A rollback that an earlier one's leftovers break: they are named beside the error.
#[test]
fn what_is_in_the_way_of_a_rollback_is_named() {
    let project = suite(&[A, ("create view v as select id from a;", Some("select 1;"))]);
    let run = verified(&project);
    assert_eq!(run.code, 5, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("view public.v: expected to be gone"),
        "{}",
        run.out
    );
    assert!(run.out.contains("001_m.rollback.sql failed"), "{}", run.out);
}

/// Changes to what was there before, undone: nothing is found, and one look after each suffices where nothing is made anew.
#[test]
fn what_is_undone_is_clean() {
    let project = suite(&[
        A,
        (
            "alter table a add column n text; create index a_n on a (n); create policy p on a using (true);
             create function f() returns trigger language plpgsql as 'begin return new; end';
             create trigger t before insert on a for each row execute function f(); comment on table a is 'x';
             create view v as select id from a; insert into a values (1, 2, 'x');",
            Some(
                "drop view v; comment on table a is null; drop trigger t on a; drop function f(); drop policy p on a;
                 delete from a; alter table a drop column n;",
            ),
        ),
        ("revoke select on a from anon;", Some("grant select on a to anon;")),
    ]);
    let run = verified(&project);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(outcome(&project, EACH), "pass");
    for own in ["archon-workflow", "exeserver", "taskflow"] {
        let run = self::run(&root(), ["verify", own, "-v"]);
        assert_eq!(run.code, 0, "{own}: {}{}", run.out, run.err);
        assert!(!run.err.contains("looking closer"), "{own}: {}", run.err);
    }
}

#[test]
fn what_is_irreversible_is_passed_over_with_its_reason() {
    let third = ("create index a_b on a (b);", "drop index a_b;");
    let project = suite(&[A, ("create table kept ();", None), (third.0, Some(third.1))]);
    let run = verified(&project);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let said = "002_m is undone by its rollback: skipped, it is irreversible: nobody knows how (sql/shop/002_m.sql:1:1)";
    assert!(run.out.contains(said), "{}", run.out);
    for (label, outcome) in [
        (EACH, "pass"),
        ("Rollback leaves nothing behind", "pass"),
        ("Setup works a second time, with the same result", "pass"),
    ] {
        assert_eq!(self::outcome(&project, label), outcome, "{label}");
    }
    // Those before it and behind it are proved.
    for (first, third) in [
        (
            (
                "create table a (b int); create type k as enum ();",
                Some("drop table a;"),
            ),
            (third.0, Some(third.1)),
        ),
        (A, (third.0, Some("select 1;"))),
    ] {
        let project = suite(&[first, ("create table kept ();", None), third]);
        let run = project.run(["verify", "shop", "--report", "json"]);
        assert_eq!(run.code, 1, "{}{}", run.out, run.err);
        assert_eq!(findings(&run.out).len(), 1, "{}", run.out);
    }
    let server = Server::start();
    let target = server.target("postgres");
    let run = project.run(["verify", "shop", "--yes", "--target", &target]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(
        run.err.contains("verified on the embedded target only"),
        "{}",
        run.err
    );
}

#[test]
fn a_real_target_is_looked_at_before_and_after_alone() {
    let server = Server::start();
    let project = suite(&[A, ("create index a_b on a (b);", Some("select 1;"))]);
    let target = server.target("postgres");
    let run = project.run(["verify", "shop", "--yes", "--target", &target]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let said = format!("{EACH}: skipped, that is proved on the embedded target only");
    assert!(run.out.contains(&said), "{}", run.out);
}

/// The fingerprint is another one after each thing that a migration can make.
#[test]
fn the_fingerprint_tells_of_everything() {
    let server = Server::start();
    let print = || server.json("postgres", &print_sql());
    let mut before = print();
    assert_eq!(print(), before);
    let mut missed = Vec::new();
    let more = "revoke select on left_table from anon; alter table left_table force row level security;
        alter table left_table alter column label set not null; alter sequence left_sequence increment 2;
        alter type left_enum add value 'b'; alter function left_function(int) stable; comment on function left_function(int) is 'x';
        alter view left_view set (security_invoker = true); alter table left_table replica identity full;
        alter policy left_policy on left_table to anon;
        drop index left_index; alter table left_table alter column label set statistics 7; revoke usage on schema public from public";
    let source = Source::new("everything", format!("{EVERYTHING};{more}"));
    for statement in supaproof::sql::statements(&source).unwrap() {
        server.sql("postgres", statement.text());
        let after = print();
        if after == before {
            missed.push(statement.text().to_owned());
        }
        before = after;
    }
    assert_eq!(missed, Vec::<String>::new());
    assert_ne!(before, json!(null));
}
