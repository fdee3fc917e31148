//! Rollbacks that take away what was there before: reported, and on a target that is somebody's never done.

use serde_json::json;

use crate::findings;
use crate::support::{Project, Run, Server};

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
    ("rows, by TRUNCATE", "create table orders (id int)", "drop table orders; truncate legacy", "rows of public.legacy"),
    ("rows, by DELETE of more than was inserted", "insert into legacy values (3, 'ours')", "delete from legacy where id > 1", "rows of public.legacy"),
    ("rows, of an upsert", "insert into legacy values (1, 'x')", "delete from legacy where id = 1", "rows of public.legacy"),
    ("values, by UPDATE", "update legacy set note = upper(note)", "update legacy set note = lower(note) || '.'", "rows of public.legacy"),
    ("values, by a column made again", "alter table legacy drop column note; alter table legacy add column note text", "select 1", "rows of public.legacy"),
    ("rows, by a table made again", "do $$begin execute 'drop table legacy'; execute 'create table legacy (id int, note text)'; end$$", "select 1", "rows of public.legacy"),
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

fn verified(server: &Server, files: &[(&str, &str)]) -> Run {
    let target = server.target("postgres");
    Project::new(files).run(["verify", "shop", "--yes", "--target", &target])
}

fn nothing_of_ours(server: &Server) {
    let there = "select json_build_array(to_regclass('a'), to_regclass('made'), to_regnamespace('supaproof'))";
    assert_eq!(server.json("postgres", there), json!([null, null, null]));
}

/// Where a later file needs what an earlier one commits, nothing can be said before: so nothing is done.
#[test]
fn what_one_transaction_cannot_hold_is_refused() {
    let server = Server::start();
    let run = verified(
        &server,
        &[
            (
                "sql/shop/001_a.sql",
                "create table made as select pg_current_xact_id()::text as xid",
            ),
            ("sql/shop/001_a.rollback.sql", "drop table made"),
            // Wants another transaction than the one before.
            (
                "sql/shop/002_b.sql",
                "create table b as select 1 / (case when xid = pg_current_xact_id()::text then 0 else 1 end) as later from made",
            ),
            ("sql/shop/002_b.rollback.sql", "drop table b"),
        ],
    );
    assert_eq!(run.code, 5, "{}{}", run.out, run.err);
    for words in ["sql/shop/002_b.sql:1:1", "nothing was changed"] {
        assert!(run.out.contains(words), "{}", run.out);
    }
    nothing_of_ours(&server);
}

/// A rollback that the server refuses is known before any of it is committed.
#[test]
fn a_rollback_that_fails_is_not_begun() {
    let server = Server::start();
    let run = verified(
        &server,
        &[
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
        ],
    );
    assert_eq!(run.code, 5, "{}{}", run.out, run.err);
    for words in ["sql/shop/001_a.rollback.sql:2:1", "nothing was changed"] {
        assert!(run.out.contains(words), "{}", run.out);
    }
    nothing_of_ours(&server);
}

/// What runs outside a transaction cannot be rehearsed, and so not be verified where it could cost something.
#[test]
fn what_cannot_run_in_a_transaction_is_refused() {
    let server = Server::start();
    let run = verified(
        &server,
        &[
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
        ],
    );
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(
        run.out.contains(
            "002_i.sql cannot run in a transaction, so that setup and rollback cannot be rehearsed"
        ),
        "{}",
        run.out
    );
    nothing_of_ours(&server);
}

/// Rows that a setup makes in a table that was there, and its rollback deletes again, cost nobody anything.
#[test]
fn seeds_may_come_and_go() {
    let server = Server::start();
    server.sql("postgres", THERE);
    let run = verified(
        &server,
        &[
            (
                "sql/shop/001_a.sql",
                "insert into legacy values (9, 'ours'); insert into storage.buckets (id, name) values ('ours', 'ours')",
            ),
            (
                "sql/shop/001_a.rollback.sql",
                "set local storage.allow_delete_query = 'true'; delete from storage.buckets where id = 'ours'; delete from legacy where id = 9",
            ),
        ],
    );
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let rows = "select to_json(array_agg(note order by id)) from legacy";
    assert_eq!(server.json("postgres", rows), json!(["one", "two", "ours"]));
}

/// On the embedded target too: a row that stays is something that stays.
#[test]
fn rows_that_stay_are_found() {
    let project = Project::new(&[
        (
            "sql/shop/001_a.sql",
            "insert into auth.users (id) values (gen_random_uuid())",
        ),
        ("sql/shop/001_a.rollback.sql", "select 1"),
    ]);
    let run = project.run(["verify", "shop"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(
        run.out.contains(
            "rows of auth.users: expected to be as they were before the setup, found 1 row instead of 0"
        ),
        "{}",
        run.out
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
