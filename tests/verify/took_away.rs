//! Rollbacks that take away what was there before: reported, and on a target that is somebody's never done.

use serde_json::json;

use crate::findings;
use crate::support::{Project, Server};

/// A migration, a rollback that takes more than it, and what that would cost.
#[rustfmt::skip]
const CASES: &[(&str, &str, &str, &str)] = &[
    ("by a text", "create table orders (id int)", "drop table orders; do $$begin execute 'drop table legacy'; end$$", "table public.legacy"),
    ("by a loop", "create table orders (id int)",
        "do $$declare t text; begin for t in select tablename from pg_tables where schemaname = 'public' loop execute format('drop table %I cascade', t); end loop; end$$",
        "table public.legacy"),
    ("by CASCADE", "create function total() returns int language sql return 1; do $$begin execute 'alter table legacy alter column id set default total()'; end$$",
        "drop function total() cascade; alter table legacy drop column id", "column public.legacy.id"),
    ("a column that was there", "alter table legacy add column if not exists note text", "alter table legacy drop column note", "column public.legacy.note"),
    ("a column of another type", "select 1", "alter table legacy alter column note type int using null", "column public.legacy.note"),
    ("by its owner", "create role keeper; grant keeper to postgres; grant create on schema public to keeper; create table keeper_table (id int); do $$begin execute 'alter table legacy owner to keeper'; end$$",
        "drop owned by keeper; drop table keeper_table; drop role keeper", "table public.legacy"),
    ("by another name", "create table orders (id int)", "drop table orders; alter table legacy rename to modern", "table public.legacy"),
    ("by another schema", "create table orders (id int)", "drop table orders; alter table legacy set schema extensions", "table public.legacy"),
    ("an operator", "select 1", "drop operator === (int, int)", "operator public.===(integer,integer)"),
];

const THERE: &str =
    "create table legacy (id int, note text); insert into legacy values (1, 'one'), (2, 'two');
    create operator === (leftarg = int, rightarg = int, function = int4eq)";

#[test]
fn on_anothers_target_it_is_rehearsed_and_not_done() {
    let server = Server::start();
    let mut wrong = Vec::new();
    for (number, (title, setup, rollback, lost)) in CASES.iter().enumerate() {
        let database = format!("d{number}");
        server.copy("postgres", &database);
        server.sql(&database, THERE);
        let project = Project::new(&[
            ("sql/shop/001_first.sql", setup),
            ("sql/shop/001_first.rollback.sql", rollback),
        ]);
        let run = project.run([
            "verify",
            "shop",
            "--yes",
            "--report",
            "json",
            "--target",
            &server.target(&database),
        ]);
        let said = findings(&run.out)
            .iter()
            .any(|finding| finding.ends_with(lost));
        let rows = server.json(
            &database,
            "select to_json(array_agg(note order by id)) from public.legacy",
        );
        let ours = server.json(
            &database,
            "select to_json(to_regnamespace('supaproof') is null)",
        );
        if run.code != 1 || !said || rows != json!(["one", "two"]) || ours != json!(true) {
            wrong.push(format!(
                "{title}: exit {}, {rows}\n{}{}",
                run.code, run.out, run.err
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where a later file needs what an earlier one commits, the rehearsal comes after the setup.
#[test]
fn what_cannot_be_rehearsed_before_the_setup_is_rehearsed_after_it() {
    let server = Server::start();
    server.copy("postgres", "other");
    server.sql("postgres", THERE);
    let files = |back: &'static str| {
        Project::new(&[
            (
                "sql/shop/001_a.sql",
                "create table made as select pg_current_xact_id()::text as xid",
            ),
            ("sql/shop/001_a.rollback.sql", back),
            // Wants another transaction than the one before.
            (
                "sql/shop/002_b.sql",
                "create table b as select 1 / (case when xid = pg_current_xact_id()::text then 0 else 1 end) as later from made",
            ),
            ("sql/shop/002_b.rollback.sql", "drop table b"),
        ])
    };
    let target = server.target("postgres");
    let good = files("drop table made").run([
        "verify",
        "shop",
        "--yes",
        "--target",
        &server.target("other"),
    ]);
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    let project = files("drop table made; do $$begin execute 'drop table legacy'; end$$");
    let bad = project.run(["verify", "shop", "--yes", "--target", &target]);
    assert_eq!(bad.code, 1, "{}{}", bad.out, bad.err);
    assert!(
        bad.out.contains(
            "table public.legacy: expected to stay as it was before the setup, found it is gone"
        ),
        "{}",
        bad.out
    );
    assert!(bad.out.contains("the setup stays"), "{}", bad.out);
    assert_eq!(
        server.json("postgres", "select to_json(count(*)) from legacy"),
        json!(2)
    );
    let status = project.run(["status", "--target", &target]);
    assert_eq!(
        status.out.matches("  applied  20").count(),
        2,
        "{}",
        status.out
    );
}

/// A rollback that the server refuses is known before any of it is committed.
#[test]
fn a_rollback_that_fails_is_not_begun() {
    let server = Server::start();
    let project = Project::new(&[
        ("sql/shop/001_a.sql", "create table a (id int primary key)"),
        (
            "sql/shop/001_a.rollback.sql",
            "-- the view is in the way\ndrop table a",
        ),
        (
            "sql/shop/002_b.sql",
            "create table b (id int); create view c as select id from a",
        ),
        ("sql/shop/002_b.rollback.sql", "drop table b"),
    ]);
    let target = server.target("postgres");
    let run = project.run(["verify", "shop", "--yes", "--target", &target]);
    assert_eq!(run.code, 5, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("sql/shop/001_a.rollback.sql:2:1"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("nothing was rolled back; the setup stays"),
        "{}",
        run.out
    );
    let there = "select json_build_array(to_regclass('a'), to_regclass('b'), to_regclass('c'))";
    assert_eq!(server.json("postgres", there), json!(["a", "b", "c"]));
}

/// What runs outside a transaction cannot be rehearsed, which is said.
#[test]
fn what_cannot_be_rehearsed_is_said() {
    let server = Server::start();
    let project = Project::new(&[
        ("sql/shop/001_a.sql", "create table a (id int)"),
        ("sql/shop/001_a.rollback.sql", "drop table a"),
        (
            "sql/shop/002_i.sql",
            "create index concurrently by_id on a (id)",
        ),
        (
            "sql/shop/002_i.rollback.sql",
            "drop index concurrently by_id",
        ),
    ]);
    let run = project.run([
        "verify",
        "shop",
        "--yes",
        "--target",
        &server.target("postgres"),
    ]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.err.contains(
            "warning: the rollback is not rehearsed, since 002_i.sql cannot run in a transaction"
        ),
        "{}",
        run.err
    );
}

/// On the embedded target nobody loses anything: it is done and found.
#[test]
fn on_the_embedded_target_it_is_found_afterwards() {
    let project = Project::new(&[
        ("sql/shop/001_first.sql", "create table orders (id int)"),
        (
            "sql/shop/001_first.rollback.sql",
            "drop table orders; do $$begin execute 'drop publication supabase_realtime'; end$$",
        ),
    ]);
    let run = project.run(["verify", "shop", "--report", "json"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let found = findings(&run.out);
    assert!(
        found.contains(&"rollback-took-away publication supabase_realtime".to_owned()),
        "{found:#?}"
    );
}
