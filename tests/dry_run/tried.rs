//! What a dry run shows, and that nothing of it stays.

use crate::{Shop, says, section};

#[test]
fn it_shows_what_happens_and_nothing_stays() {
    let shop = Shop::new();
    shop.second(
        "alter table orders alter column total type bigint;
insert into items values (6, 1, 'x'), (7, 1, 'y');
update items set name = 'z' where id = 6;
delete from items where id = 1;
create table payments (id bigint primary key, order_id bigint references orders);
drop function twice(int);
insert into orders (total) values (1);
do $$ begin raise notice 'said once'; raise warning 'said loudly'; end $$;
",
    );
    let before = shop.state();
    let run = shop.run(&["setup", "shop", "--dry-run"]);
    // `big` is a view of `orders`.
    says(
        &run,
        5,
        &[
            "cannot alter type of a column used by a view or rule",
            "--> sql/shop/002_second.sql:1:1",
            "nothing stayed",
        ],
    );
    shop.stays(&before);

    let text = "drop view big;\nalter table orders alter column total type bigint;\n";
    let rest =
        std::fs::read_to_string(shop.project.path().join("sql/shop/002_second.sql")).unwrap();
    let rest = rest.split_once('\n').unwrap().1;
    shop.second(&format!("{text}{rest}"));
    let run = shop.run(&["setup", "shop", "--dry-run"]);
    says(
        &run,
        0,
        &[
            "Dry run of setup on postgres@",
            "✅ shop: 002_second (sql/shop/002_second.sql): 9 statements, ",
            "✅ It works.",
        ],
    );
    assert_eq!(
        section(&run, "🔒 Locks"),
        [
            "🔴 public.big     blocks reads and writes       ACCESS EXCLUSIVE",
            "🔴 public.orders  blocks reads and writes       ACCESS EXCLUSIVE",
            "⚪ public.items   blocks changes of the schema  ROW EXCLUSIVE",
        ]
    );
    let tables = section(&run, "📊 Tables");
    assert!(
        tables[0].starts_with("public.orders (about 1,234 rows): written anew, read whole"),
        "{tables:?}"
    );
    assert!(tables[0].ends_with(", 1 row inserted"), "{tables:?}");
    assert!(
        tables[1].starts_with("public.items (about 5 rows): "),
        "{tables:?}"
    );
    assert!(
        tables[1].ends_with("2 rows inserted, 1 row updated, 1 row deleted"),
        "{tables:?}"
    );
    let schema = section(&run, "🏷️");
    assert_eq!(
        schema[..2],
        ["- function public.twice(integer)", "- view public.big"],
        "{schema:?}"
    );
    assert!(
        schema.contains(&"~ column public.orders.total: type integer → bigint"),
        "{schema:?}"
    );
    assert!(schema.contains(&"+ table public.payments"), "{schema:?}");
    assert_eq!(
        section(&run, "📣"),
        ["NOTICE: said once", "WARNING: said loudly"]
    );
    assert_eq!(
        section(&run, "⚠️  Not taken back"),
        [
            "the sequence public.orders_id_seq went on from 1234 to 1235: no rollback takes that back"
        ]
    );
    shop.stays(&before);
    // And it is what setup then does.
    says(
        &shop.run(&["setup", "shop", "--yes"]),
        0,
        &["002_second applied"],
    );
}

#[test]
fn what_it_counts_itself_is_no_work_of_the_migration() {
    let shop = Shop::new();
    // Its rows are counted before; dropping reads none.
    shop.second("drop table items;");
    let run = shop.run(&["setup", "shop", "--dry-run"]);
    says(&run, 0, &["drop table public.items: 5 rows are lost"]);
    assert_eq!(section(&run, "📊"), [""; 0], "{}", run.out);
}

#[test]
fn a_validation_reads_and_an_index_blocks_writes() {
    let shop = Shop::new();
    shop.second(
        "create index on orders (total); alter table items add constraint c check (id > 0);",
    );
    let run = shop.run(&["setup", "shop", "--dry-run"]);
    says(
        &run,
        0,
        &[
            "🟡 public.orders  blocks writes            SHARE",
            "🔴 public.items   blocks reads and writes  ACCESS EXCLUSIVE",
            "public.orders (about 1,234 rows): read whole",
            "public.items (about 5 rows): read whole",
        ],
    );
}

#[test]
fn a_harmless_one_is_said_to_be() {
    let shop = Shop::new();
    shop.second("create table fresh (id int);");
    says(
        &shop.run(&["setup", "shop", "--dry-run"]),
        0,
        &["✅ destroys nothing, and nobody has to wait for it"],
    );
    says(
        &shop.run(&["rollback", "shop", "--steps", "1", "--dry-run"]),
        2,
        &["the suite shop has no rollback for"],
    );
}

#[test]
fn what_cannot_be_tried_is_named_with_its_line() {
    let shop = Shop::new();
    shop.second("-- an index\ncreate index concurrently on orders (total);");
    for (name, sql) in [
        ("003_file.sql", "select 1;\ncopy orders to '/tmp/x';"),
        ("004_call.sql", "select dblink_exec('', 'x');"),
        ("005_off.sql", "-- supaproof: transaction: off\nselect 1;"),
        ("006_fine.sql", "create table fresh (id int);"),
    ] {
        shop.project
            .write(&format!("sql/shop/{name}"), sql.as_bytes());
    }
    let before = shop.state();
    let run = shop.run(&["setup", "shop", "--dry-run"]);
    says(
        &run,
        3,
        &[
            "⏭️  shop: 002_second (sql/shop/002_second.sql): not tried",
            "✅ shop: 006_fine",
            "⏭️  The rest works.",
        ],
    );
    assert_eq!(
        section(&run, "⏭️  Not tried"),
        [
            "002_second: create index concurrently on orders (total): cannot run in a transaction (sql/shop/002_second.sql:2:1)",
            "003_file: copy orders to '/tmp/x': writes where no rollback reaches (sql/shop/003_file.sql:2:1)",
            "004_call: dblink_exec() acts outside of the database, where no rollback reaches (sql/shop/004_call.sql:1:1)",
            "005_off: the file says that it runs outside of a transaction (sql/shop/005_off.sql:1:1)",
            "what comes behind it was tried without it",
        ]
    );
    shop.stays(&before);
}

#[test]
fn a_failure_is_told_at_its_statement() {
    let shop = Shop::new();
    shop.second("create table a (id int);\n\ninsert into a\n  values (1 / 0);");
    let before = shop.state();
    says(
        &shop.run(&["setup", "shop", "--dry-run"]),
        5,
        &[
            "error: 002_second.sql failed: division by zero (SQLSTATE 22012)",
            "--> sql/shop/002_second.sql:3:1",
            "statement 2 of 2: insert into a…",
            "a dry run: nothing was applied, and nothing stayed",
        ],
    );
    // A constraint that is checked at the end counts as well.
    shop.second("create table a (id int primary key, b int references a deferrable initially deferred);\ninsert into a values (1, 2);");
    says(
        &shop.run(&["setup", "shop", "--dry-run"]),
        5,
        &["002_second.sql failed at its end"],
    );
    shop.stays(&before);
}

#[test]
fn settings_and_roles_of_one_file_are_none_of_the_next() {
    let shop = Shop::new();
    shop.second("set search_path = app;\nset role anon;");
    shop.project
        .write("sql/shop/003_next.sql", b"create table fresh (id int);");
    let run = shop.run(&["setup", "shop", "--dry-run"]);
    says(&run, 0, &["+ table public.fresh"]);
}

#[test]
fn with_nothing_to_do_it_says_so() {
    let shop = Shop::new();
    says(
        &shop.run(&["setup", "shop", "--dry-run"]),
        0,
        &["✅ shop: nothing is pending"],
    );
}

#[test]
fn a_rollback_is_tried_too() {
    let shop = Shop::new();
    shop.project.write(
        "sql/shop/001_first.rollback.sql",
        b"drop table items; drop view big; drop table orders;",
    );
    let before = shop.state();
    let run = shop.run(&["rollback", "shop", "--all", "--dry-run"]);
    says(
        &run,
        0,
        &[
            "Dry run of rollback on",
            "✅ shop: roll back 001_first",
            "❌ 3 destructive statements, 1,239 rows lost or at risk",
        ],
    );
    shop.stays(&before);
}

#[test]
fn rows_that_go_are_no_harmless_thing() {
    let shop = Shop::new();
    shop.second("delete from items where id < 3; update orders set total = 30 where id = 7;");
    let run = shop.run(&["setup", "shop", "--dry-run"]);
    says(
        &run,
        0,
        &["⚠️  2 rows deleted, 1 row updated in tables that are there"],
    );
    assert!(!run.out.contains("destroys nothing"), "{}", run.out);
    shop.second("do $$ begin execute 'sel' || 'ect 1'; end $$;");
    let run = shop.run(&["setup", "shop", "--dry-run"]);
    says(&run, 0, &["⚠️  1 statement was not looked at"]);
    assert!(!run.out.contains("destroys nothing"), "{}", run.out);
}

#[test]
fn what_needs_a_commit_is_not_tried() {
    let shop = Shop::new();
    let before = shop.state();
    shop.second("alter type mood add value 'calm';");
    let third = |sql: &str| {
        shop.project.write("sql/shop/003_third.sql", sql.as_bytes());
    };
    third("select 1;\ninsert into moods values (2, 'calm');");
    shop.project
        .write("sql/shop/004_fine.sql", b"create table fresh (id int);");
    let run = shop.run(&["setup", "shop", "--dry-run"]);
    says(
        &run,
        3,
        &[
            "✅ shop: 002_second",
            "✅ shop: 004_fine",
            "⏭️  The rest works.",
        ],
    );
    let not_tried = section(&run, "⏭️  Not tried");
    assert!(
        not_tried[0]
            .starts_with("003_third: needs what 002_second commits: unsafe use of new value"),
        "{not_tried:?}"
    );
    assert!(
        not_tried[0].ends_with("(sql/shop/003_third.sql:2:30)"),
        "{not_tried:?}"
    );
    shop.stays(&before);

    shop.second("create unique index concurrently fresh_id on orders (id);");
    third("alter table orders add constraint fresh_id unique using index fresh_id;");
    let run = shop.run(&["setup", "shop", "--dry-run"]);
    says(
        &run,
        3,
        &[
            "003_third: seems to need what 002_second commits, which was not tried: index \"fresh_id\" does not exist",
            "✅ shop: 004_fine",
        ],
    );
    // Another failure is one, and what was left out is told.
    third("select 1 / 0;");
    says(
        &shop.run(&["setup", "shop", "--dry-run"]),
        5,
        &[
            "003_third.sql failed: division by zero",
            "002_second was left out: create unique index concurrently",
        ],
    );
    shop.stays(&before);
    third("alter table orders add constraint fresh_id unique using index fresh_id;");
    says(
        &shop.run(&["setup", "shop", "--yes"]),
        0,
        &["004_fine applied"],
    );
}

#[test]
fn what_no_rollback_takes_back_is_not_tried() {
    let shop = Shop::new();
    shop.server.sql(
        "postgres",
        "create function slot() returns void language plpgsql as $$ begin perform pg_create_physical_replication_slot('aa'); end $$",
    );
    for sql in [
        "select pg_create_physical_replication_slot('aa')",
        "do $$ begin perform pg_create_physical_replication_slot('aa'); end $$",
        "select slot()",
        "create function mine() returns text language sql as $$ select pg_create_physical_replication_slot('aa')::text $$; select mine()",
        "select pg_terminate_backend(0)",
        "select pg_switch_wal()",
    ] {
        shop.second(sql);
        let run = shop.run(&["setup", "shop", "--dry-run"]);
        says(
            &run,
            3,
            &["() acts outside of the database, where no rollback reaches"],
        );
    }
    assert_eq!(
        shop.server.json(
            "postgres",
            "select to_json(count(*)) from pg_replication_slots"
        ),
        0
    );
}
