//! `complete.sql`: what it lacks, has too much of, or makes otherwise than the migrations.

use serde_json::json;

use crate::findings;
use crate::support::{Project, Server};

const FIRST: &str = "create table shops (id uuid primary key default gen_random_uuid(), name text unique);
create table orders (id serial primary key, shop uuid references shops, made timestamptz default now(), note varchar(20) default 'x (y)');
insert into shops (name) values ('Mine'), ('Yours');
insert into orders (shop, note) select id, 'of ' || name from shops;
";
const SECOND: &str = "alter table orders add column total numeric(10, 2) not null default 0;
create index orders_total_idx on orders (total);
update orders set total = 7 where note = 'of Mine';
";
const UNDO: &str = "drop index orders_total_idx; alter table orders drop column total;";

const COMPLETE: &str = "create table shops (id uuid primary key default gen_random_uuid(), name text unique);
create table orders (id serial primary key, shop uuid references shops, made timestamptz default now(), note varchar(20) default 'x (y)',
  total numeric(10, 2) not null default 0);
create index orders_total_idx on orders (total);
insert into shops (name) values ('Yours'), ('Mine');
insert into orders (shop, note, total) select id, 'of ' || name, case name when 'Mine' then 7 else 0 end from shops order by name;
";

fn project(complete: &str) -> Project {
    Project::new(&[
        ("sql/shop/001_orders.sql", FIRST),
        (
            "sql/shop/001_orders.rollback.sql",
            "drop table orders; drop table shops;",
        ),
        ("sql/shop/002_totals.sql", SECOND),
        ("sql/shop/002_totals.rollback.sql", UNDO),
        ("sql/shop/complete.sql", complete),
    ])
}

#[test]
fn what_the_server_fills_is_no_difference() {
    let run = project(COMPLETE).run(["verify", "shop"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.out
            .contains("✅ complete.sql makes what the migrations make"),
        "{}",
        run.out
    );
}

#[test]
fn each_difference_is_found() {
    let server = Server::start();
    for (number, (from, to, found, place)) in [
        (
            "create index orders_total_idx on orders (total);\n",
            "",
            "complete-missing index public.orders_total_idx",
            "sql/shop/002_totals.sql:2:1",
        ),
        (
            "create index",
            "create type more as enum (); create index",
            "complete-extra enum public.more",
            "sql/shop/complete.sql:4:1",
        ),
        (
            "numeric(10, 2)",
            "numeric(12, 2)",
            "complete-differs column public.orders.total",
            "sql/shop/complete.sql:2:1",
        ),
        (
            "note varchar(20) default 'x (y)',\n  total numeric(10, 2) not null default 0",
            "total numeric(10, 2) not null default 0,\n note varchar(20) default 'x (y)'",
            "complete-differs column public.orders.note",
            "sql/shop/complete.sql:2:1",
        ),
        (
            "('Yours'), ",
            "",
            "complete-rows rows of public.shops",
            "found 1 row instead of 2: without (Yours)",
        ),
        (
            "then 7",
            "then 8",
            "complete-rows rows of public.orders",
            "other values: without (\"of Mine\",7.00); with (\"of Mine\",8.00)",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let text = COMPLETE.replace(from, to);
        assert_ne!(text, COMPLETE, "{from}");
        let project = project(&text);
        let run = project.run(["verify", "shop", "--report", "json"]);
        assert_eq!(run.code, 1, "{found}: {}{}", run.out, run.err);
        assert!(
            findings(&run.out).contains(&found.to_owned()),
            "{found}: {:#?}",
            findings(&run.out)
        );
        let pretty = project.run(["verify", "shop"]);
        assert!(pretty.out.contains(place), "{found}: {}", pretty.out);
        // The same on a real target, where nothing of it stays but what the migrations make.
        let database = format!("d{number}");
        server.copy("postgres", &database);
        let run = project.run([
            "verify",
            "shop",
            "--report",
            "json",
            "--yes",
            "--target",
            &server.target(&database),
        ]);
        assert_eq!(run.code, 1, "{found}: {}{}", run.out, run.err);
        assert!(
            findings(&run.out).contains(&found.to_owned()),
            "{found}: {:#?}",
            findings(&run.out)
        );
        let there = "select json_build_array(to_regtype('more') is null, to_regclass('orders_total_idx') is not null, (select count(*) from shops))";
        assert_eq!(
            server.json(&database, there),
            json!([true, true, 2]),
            "{found}"
        );
    }
}

/// The next insert works after the migrations, so it has to work after `complete.sql`; where a sequence stands is free.
#[test]
fn a_sequence_that_stays_behind_is_found() {
    let rows = "insert into a (id) overriding system value values (1), (2);\n";
    for (table, sequence) in [
        ("create table a (id serial primary key);\n", "a_id_seq"),
        (
            "create table a (id int generated always as identity primary key);\n",
            "a_id_seq",
        ),
        (
            "create sequence s increment -1; create table a (id bigint default nextval('s')); alter sequence s owned by a.id;\n",
            "s",
        ),
    ] {
        let rows = match sequence {
            "s" => rows.replace("(1), (2)", "(-1), (-2)"),
            _ => rows.to_owned(),
        };
        let past = |at: i32| {
            let at = if sequence == "s" { -at } else { at };
            format!("select setval('{sequence}', {at});\n")
        };
        let first = format!("{table}{rows}{}", past(2));
        for (complete, code) in [
            (format!("{table}{rows}"), 1),
            (format!("{table}{rows}{}", past(1)), 1),
            (format!("{table}{rows}{}", past(2)), 0),
            (format!("{table}{rows}{}", past(40)), 0),
        ] {
            let project = Project::new(&[
                ("sql/shop/001_a.sql", &first),
                (
                    "sql/shop/001_a.rollback.sql",
                    "drop table a; drop sequence if exists s;",
                ),
                ("sql/shop/complete.sql", &complete),
            ]);
            let run = project.run(["verify", "shop", "--report", "json"]);
            assert_eq!(run.code, code, "{complete}: {}{}", run.out, run.err);
            let found = findings(&run.out);
            let wanted = format!("complete-rows sequence public.{sequence}");
            assert_eq!(
                found,
                Vec::from_iter((code == 1).then_some(wanted)),
                "{complete}"
            );
        }
    }
}

#[test]
fn a_file_that_cannot_be_tried_is_told_with_its_line() {
    for (text, code, words) in [
        (
            "create table a ();\ncreate tabel b ();",
            5,
            "sql/shop/complete.sql:2:",
        ),
        (
            "create table a ();\ninsert into nowhere values (1);",
            5,
            "complete.sql:2:1: relation \"nowhere\" does not exist",
        ),
        (
            "create table shops ();\n\\c other",
            5,
            "sql/shop/complete.sql:2:1",
        ),
        // Its own transaction around all of it is understood.
        (
            "begin;\ncreate table shops ();\ncommit;",
            1,
            "column public.shops.id: expected to be made by complete.sql too",
        ),
        (
            "create table shops ();\ncommit;\ncreate table more ();",
            5,
            "sql/shop/complete.sql:2:1",
        ),
        ("", 2, "complete.sql is empty"),
        (
            "create table a ();\ncreate index concurrently i on a (b);",
            3,
            "cannot run in a transaction",
        ),
    ] {
        let run = project(text).run(["verify", "shop"]);
        assert_eq!(run.code, code, "{text}: {}{}", run.out, run.err);
        let said = format!("{}{}", run.out, run.err);
        assert!(said.contains(words), "{text}: {said}");
    }
}

/// No command takes it for a migration.
#[test]
fn it_is_no_migration() {
    let server = Server::start();
    let target = server.target("postgres");
    let project = project("create table nobody ();");
    let run = project.run(["setup", "shop", "--yes", "--target", &target]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(
        server.json("postgres", "select to_json(to_regclass('nobody') is null)"),
        json!(true)
    );
}
