//! `verify` starts only where nothing of the suite is there.

use serde_json::json;

use crate::support::{Project, Run, Server};

struct Case {
    title: &'static str,
    /// What is in the database already.
    there: &'static str,
    setup: &'static str,
    rollback: &'static str,
    yaml: &'static str,
    /// The object that the refusal names.
    named: &'static str,
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { title: "a table with rows", there: "create table orders (id int); insert into orders values (1), (2)",
        setup: "create table orders (id int)", rollback: "drop table orders", yaml: "tables: {orders: {}}", named: "table public.orders" },
    Case { title: "a table that the setup would leave as it is", there: "create table orders (id int); insert into orders values (1)",
        setup: "create table if not exists orders (id int)", rollback: "drop table if exists orders cascade", yaml: "", named: "table public.orders" },
    Case { title: "a table that only the rollback names", there: "create table legacy (id int); insert into legacy values (1)",
        setup: "create table orders (id int)", rollback: "drop table orders; drop table if exists legacy", yaml: "", named: "table public.legacy" },
    Case { title: "a table that only the expectations name", there: "create table orders (id int); insert into orders values (1)",
        setup: "do $$begin execute 'create table if not exists orders (id int)'; end$$", rollback: "do $$begin execute 'drop table orders'; end$$",
        yaml: "tables: {orders: {}}", named: "table public.orders" },
    Case { title: "a table in another schema", there: "create schema shop; create table shop.orders (id int)",
        setup: "create table shop.orders (id int)", rollback: "drop table shop.orders", yaml: "", named: "table shop.orders" },
    Case { title: "a table with an odd name", there: "create table \"My \"\"Orders\" (id int)",
        setup: "create table if not exists \"My \"\"Orders\" (id int)", rollback: "drop table \"My \"\"Orders\"", yaml: "", named: "table public." },
    Case { title: "a function that would be replaced", there: "create function total() returns int language sql return 1",
        setup: "create or replace function total() returns int language sql return 2", rollback: "drop function total()", yaml: "", named: "function public.total()" },
    Case { title: "a leftover of an earlier try", there: "create type status as enum ('new')",
        setup: "create type status as enum ('new'); create table orders (s status)", rollback: "drop table orders; drop type status", yaml: "", named: "type public.status" },
    Case { title: "a domain", there: "create domain amount as int", setup: "select 1", rollback: "drop domain if exists amount", yaml: "", named: "type public.amount" },
    Case { title: "a view", there: "create view report as select 1 as one", setup: "create or replace view report as select 2 as one",
        rollback: "drop view report", yaml: "", named: "view public.report" },
    Case { title: "a materialized view", there: "create materialized view totals as select 1 as one", setup: "create materialized view if not exists totals as select 1 as one",
        rollback: "drop materialized view totals", yaml: "", named: "materialized view public.totals" },
    Case { title: "a sequence", there: "create sequence numbers", setup: "create sequence if not exists numbers", rollback: "drop sequence numbers", yaml: "", named: "sequence public.numbers" },
    Case { title: "an index", there: "create table base (id int); create index by_id on base (id)", setup: "create index if not exists by_id on base (id)",
        rollback: "drop index by_id", yaml: "", named: "index public.by_id" },
    Case { title: "a table under the name of an index", there: "create table by_id (id int); create table base (id int)", setup: "create index if not exists by_id on base (id)",
        rollback: "drop index if exists by_id", yaml: "", named: "table public.by_id" },
    Case { title: "a policy", there: "create table base (id int); create policy \"All of it\" on base using (true)",
        setup: "drop policy if exists \"All of it\" on base; create policy \"All of it\" on base using (true)", rollback: "drop policy \"All of it\" on base", yaml: "", named: "policy All of it on public.base" },
    Case { title: "a trigger on somebody else's table", there: "create function f() returns trigger language plpgsql as 'begin return new; end'; \
        create trigger on_signup after insert on auth.users for each row execute function f()",
        setup: "create or replace trigger on_signup after insert on auth.users for each row execute function f()", rollback: "drop trigger on_signup on auth.users", yaml: "", named: "trigger on_signup on auth.users" },
    Case { title: "a schema that the rollback drops", there: "create schema shop; create table shop.customers (id int)",
        setup: "create schema if not exists shop", rollback: "drop schema shop cascade", yaml: "", named: "schema shop" },
    Case { title: "an extension that the rollback drops", there: "select 1",
        setup: "create extension if not exists pgcrypto with schema extensions", rollback: "drop extension pgcrypto", yaml: "", named: "extension pgcrypto" },
    Case { title: "a role that the rollback drops", there: "select 1", setup: "select 1", rollback: "drop role if exists anon", yaml: "", named: "role anon" },
    Case { title: "a publication", there: "create publication feed", setup: "select 1", rollback: "drop publication if exists feed", yaml: "", named: "publication feed" },
    Case { title: "a collation", there: "create collation german (locale = 'C')", setup: "create collation if not exists german (locale = 'C')", rollback: "drop collation german", yaml: "", named: "collation public.german" },
    Case { title: "a text search configuration", there: "create text search configuration plain (copy = pg_catalog.simple)",
        setup: "select 1", rollback: "drop text search configuration if exists plain", yaml: "", named: "text search configuration public.plain" },
    Case { title: "statistics", there: "create table base (a int, b int); create statistics together on a, b from base",
        setup: "create statistics if not exists together on a, b from base", rollback: "drop statistics together", yaml: "", named: "statistics object public.together" },
    Case { title: "an aggregate", there: "create aggregate total(int) (sfunc = int4pl, stype = int)",
        setup: "select 1", rollback: "drop aggregate if exists total(int)", yaml: "", named: "public.total(" },
];

fn verify(project: &Project, server: &Server, database: &str) -> Run {
    project.run([
        "verify",
        "shop",
        "--yes",
        "--target",
        &server.target(database),
    ])
}

#[test]
fn it_refuses_where_something_of_the_suite_is_there() {
    let server = Server::start();
    let mut wrong = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        let database = format!("d{number}");
        server.copy("postgres", &database);
        server.sql(&database, case.there);
        let project = Project::new(&[
            ("sql/shop/001_first.sql", case.setup),
            ("sql/shop/001_first.rollback.sql", case.rollback),
            ("validations/shop.yaml", case.yaml),
        ]);
        let run = verify(&project, &server, &database);
        let good = run.code == 2
            && run.out.contains(case.named)
            && run.out.contains("use `supaproof check shop`");
        if !good {
            wrong.push(format!(
                "{}: exit {}\n{}{}",
                case.title, run.code, run.out, run.err
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let rows =
        |database, table| server.json(database, &format!("select to_json(count(*)) from {table}"));
    assert_eq!(
        [
            rows("d0", "orders"),
            rows("d1", "orders"),
            rows("d2", "legacy"),
            rows("d3", "orders")
        ],
        [2, 1, 1, 1]
    );
}

#[test]
fn it_refuses_where_the_ledger_has_the_suite() {
    let server = Server::start();
    let project = Project::new(&[
        (
            "sql/shop/001_first.sql",
            "do $$begin execute 'create table hidden (id int)'; end$$",
        ),
        (
            "sql/shop/001_first.rollback.sql",
            "do $$begin execute 'drop table hidden'; end$$",
        ),
    ]);
    let target = server.target("postgres");
    let setup = project.run(["setup", "shop", "--yes", "--target", &target]);
    assert_eq!(setup.code, 0, "{}", setup.err);
    let run = verify(&project, &server, "postgres");
    assert_eq!(run.code, 2);
    assert!(
        run.out.contains("the ledger's row of 001_first"),
        "{}",
        run.out
    );
    assert_eq!(
        server.json("postgres", "select to_json(to_regclass('hidden'))"),
        json!("hidden")
    );
}

/// What is not the suite's may be there: other tables, other suites, what a setup passes over and nobody drops.
#[test]
fn it_starts_beside_what_is_not_the_suites() {
    let server = Server::start();
    server.sql(
        "postgres",
        "create table other (id int); insert into other values (1); create schema shop",
    );
    let project = Project::new(&[
        ("sql/first/001_a.sql", "create table a (id int)"),
        ("sql/first/001_a.rollback.sql", "drop table a"),
        (
            "sql/shop/001_b.sql",
            "create schema if not exists shop; create extension if not exists pgcrypto; create table shop.a (id int)",
        ),
        ("sql/shop/001_b.rollback.sql", "drop table shop.a"),
    ]);
    let target = server.target("postgres");
    let setup = project.run(["setup", "first", "--yes", "--target", &target]);
    assert_eq!(setup.code, 0, "{}", setup.err);
    let run = verify(&project, &server, "postgres");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

/// Nobody can be asked, and nobody said yes.
#[test]
fn it_does_not_touch_a_target_without_a_yes() {
    let server = Server::start();
    let project = Project::new(&[
        ("sql/shop/001_first.sql", "create table orders (id int)"),
        ("sql/shop/001_first.rollback.sql", "drop table orders"),
    ]);
    for command in [&["verify", "shop"][..], &["setup", "shop"]] {
        let run = project.run([command, &["--target", &server.target("postgres")]].concat());
        assert_eq!(run.code, 2, "{}{}", run.out, run.err);
        assert!(
            format!("{}{}", run.out, run.err).contains("Say --yes"),
            "{}{}",
            run.out,
            run.err
        );
    }
    assert_eq!(
        server.json("postgres", "select to_json(to_regclass('orders') is null)"),
        json!(true)
    );
}
