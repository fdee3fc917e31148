//! Statements that destroy what is there: listed with their rows, asked about, refused.

use std::time::Duration;

use crate::{Shop, says, section};

/// What each statement destroys, as a dry run lists it; a dry run leaves nothing, so one database does for all.
const CASES: &[(&str, &[&str])] = &[
    (
        "drop table items",
        &["drop table public.items: 5 rows are lost"],
    ),
    (
        "drop table if exists nowhere, items",
        &["drop table public.items: 5 rows are lost"],
    ),
    (
        "drop table empty_one",
        &["drop table public.empty_one: it is empty"],
    ),
    (
        "drop table orders cascade",
        &["drop table public.orders: 1,234 rows are lost; what depends on it goes too"],
    ),
    (
        "drop table \"Od;d \"\"x\"",
        &["drop table public.Od;d \"x: 1 row is lost"],
    ),
    (
        "alter table \"Od;d \"\"x\" drop \"a b\"",
        &["drop column public.Od;d \"x.a b: 1 value is lost"],
    ),
    (
        "alter table items drop column name",
        &["drop column public.items.name: 5 values are lost"],
    ),
    (
        "alter table orders drop note",
        &["drop column public.orders.note: it is empty"],
    ),
    (
        "alter table orders rename to old; drop table old cascade",
        &["drop table public.orders: 1,234 rows are lost; what depends on it goes too"],
    ),
    (
        "truncate orders, items",
        &[
            "truncate public.orders: 1,234 rows are lost",
            "truncate public.items: 5 rows are lost",
        ],
    ),
    (
        "truncate orders cascade",
        &["truncate public.orders: 1,234 rows are lost, and with it 5 rows in public.items"],
    ),
    ("truncate empty_one", &[]),
    (
        "delete from items",
        &["delete all rows of public.items: 5 rows are lost"],
    ),
    ("delete from items where id = 1", &[]),
    (
        "update items set name = null",
        &["update all rows of public.items: name of 5 rows are overwritten"],
    ),
    (
        "drop schema app cascade",
        &["drop schema app: 2 rows in app.things are lost"],
    ),
    (
        "drop type mood cascade",
        &["drop type public.mood: columns go with it: 1 row in public.moods.mood"],
    ),
    (
        "drop view big",
        &["drop view public.big: its definition is lost"],
    ),
    ("drop view big; create view big as select 1 as id", &[]),
    (
        "drop function twice(int)",
        &["drop function public.twice: its definition is lost"],
    ),
    ("drop function if exists thrice(int)", &[]),
    (
        "drop policy own on orders",
        &[
            "drop policy own on public.orders: who may see or change which rows is another than before",
        ],
    ),
    ("drop policy if exists other on orders", &[]),
    (
        "drop policy own on orders; create policy own on orders using (false)",
        &[],
    ),
    (
        "alter table orders disable row level security",
        &["disable row level security on public.orders: whoever has a grant sees all of its rows"],
    ),
    ("alter table items disable row level security", &[]),
    (
        "alter table orders no force row level security",
        &[
            "no force row level security on public.orders: its policies do not hold for its owner any more",
        ],
    ),
    (
        "alter table orders drop constraint positive",
        &["drop constraint positive on public.orders: what it refused is allowed then"],
    ),
    (
        "drop index items_name",
        &["drop unique index public.items_name: nothing keeps its values unique any more"],
    ),
    ("drop index items_order", &[]),
    (
        "alter table items alter name type varchar(10)",
        &[
            "change the type of public.items.name: character varying(20) → varchar(10): 5 values may lose something",
        ],
    ),
    ("alter table items alter name type varchar(30)", &[]),
    (
        "alter table items alter name type text using upper(name)",
        &[
            "change the type of public.items.name: character varying(20) → text, by an expression: 5 values may lose something",
        ],
    ),
    (
        "alter table items alter name set not null",
        &[
            "set not null on public.items.name: all of 5 rows are read under a lock; none has a null",
        ],
    ),
    ("alter table items alter id set not null", &[]),
    ("alter table empty_one add column a int not null", &[]),
    (
        "do $$ begin if true then delete from app.things; end if; end $$",
        &["delete all rows of app.things: 2 rows are lost"],
    ),
    (
        "set search_path = app; drop table things",
        &["drop table app.things: 2 rows are lost"],
    ),
    (
        "create table fresh (id int); insert into fresh values (1); drop table fresh",
        &[],
    ),
    ("drop extension if exists nowhere", &[]),
    (
        "drop table parted",
        &["drop table public.parted: 2 rows are lost"],
    ),
    (
        "alter table parted detach partition parted_1",
        &["detach partition public.parted_1: 2 rows are no part of parted any more"],
    ),
    (
        "alter publication changes drop table items",
        &["drop table public.items from publication changes: nobody hears of its changes any more"],
    ),
    (
        "drop publication changes",
        &["drop publication changes: its definition is lost"],
    ),
    (
        "alter type pair drop attribute b",
        &["drop attribute public.pair.b: columns of this type lose it"],
    ),
    (
        "drop materialized view totals",
        &["drop materialized view public.totals: what it holds can be made again"],
    ),
    (
        "drop sequence numbers",
        &["drop sequence public.numbers: its value is lost"],
    ),
    (
        "drop domain short cascade",
        &["drop domain public.short: columns go with it: 1 row in public.shorts.it"],
    ),
    (
        "drop trigger touch on items",
        &["drop trigger touch on public.items: what it did is not done any more"],
    ),
    (
        "drop table items; drop table if exists items",
        &["drop table public.items: 5 rows are lost"],
    ),
    (
        "merge into items i using orders o on i.order_id = o.id when matched then delete",
        &["merge deletes from public.items: of 5 rows those that match are lost"],
    ),
    (
        "prepare p as delete from items; execute p; deallocate p",
        &["delete all rows of public.items: 5 rows are lost"],
    ),
    (
        "alter table items set schema app; drop schema app cascade",
        &[
            "drop table public.items: 5 rows are lost; what depends on it goes too",
            "drop schema app: 2 rows in app.things are lost",
        ],
    ),
    (
        "alter policy own on orders using (true)",
        &[
            "alter policy own on public.orders: who may see or change which rows is another than before",
        ],
    ),
    (
        "with gone as (delete from items returning *) select count(*) from gone",
        &["delete all rows of public.items: 5 rows are lost"],
    ),
    (
        "create function wipe() returns void language plpgsql as $$ begin delete from items; end $$; select wipe(); drop function wipe()",
        &["delete all rows of public.items: 5 rows are lost"],
    ),
];

#[test]
fn each_is_listed_with_its_rows() {
    let shop = Shop::new();
    let before = shop.state();
    for (sql, wanted) in CASES {
        shop.second(sql);
        let run = shop.run(&["setup", "shop", "--dry-run"]);
        assert_eq!(run.code, 0, "{sql}\n{}{}", run.out, run.err);
        let found: Vec<&str> = section(&run, "💥")
            .into_iter()
            .map(|line| line.rsplit_once(" (sql/").unwrap().0)
            .collect();
        let mut wanted: Vec<&str> = wanted.to_vec();
        let mut sorted = found.clone();
        wanted.sort_unstable();
        sorted.sort_unstable();
        assert_eq!(sorted, wanted, "{sql}");
    }
    shop.stays(&before);
}

#[test]
fn one_that_would_fail_is_foretold() {
    let shop = Shop::new();
    shop.second("alter table orders alter note set not null");
    says(
        &shop.run(&["setup", "shop"]),
        2,
        &["set not null on public.orders.note: fails: 1,234 of 1,234 rows are null"],
    );
    shop.second("alter table orders add column more int not null");
    says(
        &shop.run(&["setup", "shop"]),
        2,
        &[
            "set not null on public.orders.more: fails: the table has 1,234 rows, and the column no default",
        ],
    );
}

#[test]
fn what_nobody_would_try_is_counted_too() {
    let shop = Shop::new();
    shop.second("drop owned by postgres cascade; drop extension pgcrypto cascade; drop role anon; drop database postgres");
    let run = shop.run(&["setup", "shop"]);
    says(
        &run,
        2,
        &[
            "⚠️ drop owned by postgres: ",
            "1,234 rows in public.orders",
            "⚠️ drop extension pgcrypto: ",
            "⚠️ drop role anon: ",
            "⚠️ drop database postgres: all that is in it is lost",
        ],
    );
}

#[test]
fn setup_lists_and_asks() {
    let shop = Shop::new();
    shop.second("delete from app.things;\n\ndrop table items;");
    let before = shop.state();
    let listed = [
        "⚠️ drop table public.items: 5 rows are lost (sql/shop/002_second.sql:3:1)",
        "⚠️ delete all rows of app.things: 2 rows are lost (sql/shop/002_second.sql:1:1)",
    ];
    let run = shop.run(&["setup", "shop"]);
    says(&run, 2, &listed);
    says(
        &run,
        2,
        &["there is no terminal: Apply 002_second of shop to"],
    );
    shop.stays(&before);
    let run = shop.run(&["setup", "shop", "--yes"]);
    says(&run, 0, &listed);
    assert_eq!(
        shop.server
            .json("postgres", "select to_json(to_regclass('items') is null)"),
        true
    );
}

#[test]
fn a_protected_target_wants_the_names() {
    let shop = Shop::new();
    shop.second("delete from app.things;\n\ndrop table items;\ndrop policy own on orders;");
    let before = shop.state();
    let confirm = ["setup", "shop", "--yes", "--confirm", "production"];
    let run = shop.protected(&confirm);
    says(
        &run,
        2,
        &[
            "is protected, and 3 statements destroy what is there",
            "note: drop table public.items: 5 rows are lost (sql/shop/002_second.sql:3:1)",
            "add --allow-destructive app.things,public.items,public.orders.own",
        ],
    );
    let with =
        |names: &str| shop.protected(&[&confirm[..], &["--allow-destructive", names]].concat());
    says(
        &with("app.things,public.items"),
        2,
        &[
            "a statement destroys what is there",
            "add --allow-destructive public.orders.own",
        ],
    );
    says(&with("items"), 2, &["3 statements destroy"]);
    // Named, it still has to be confirmed.
    let all = "app.things,public.items,public.orders.own";
    let unconfirmed = shop.protected(&["setup", "shop", "--yes", "--allow-destructive", all]);
    says(&unconfirmed, 2, &["say --confirm production to go on"]);
    // The suites go the same way by the functions.
    says(
        &shop.protected(&["bootstrap", "shop", "--yes", "--confirm", "production"]),
        2,
        &["3 statements destroy what is there"],
    );
    shop.stays(&before);
    says(&with(all), 0, &["002_second applied"]);
}

/// Functions that are there already, and what their calls destroy.
const THERE: &str = "
create function wipe() returns void language plpgsql as $$ begin delete from items; end $$;
create function outer_wipe() returns void language sql as 'select public.WIPE()';
create procedure wipep() language plpgsql as $$ begin truncate items; end $$;
create function app.makes(what text) returns void language plpgsql as $$ begin execute 'delete from ' || what; end $$;
create function app.hers() returns void language sql set search_path = app as 'delete from things';
create function app.atomic() returns void language sql begin atomic delete from app.things; end;
create function reads() returns bigint language sql as 'select count(*) from items';
";

#[test]
fn what_functions_of_the_database_destroy_has_to_be_named() {
    let shop = Shop::new();
    shop.server.sql("postgres", THERE);
    let before = shop.state();
    let confirm = ["setup", "shop", "--yes", "--confirm", "production"];
    for (sql, wanted, names) in [
        (
            "select wipe()",
            "delete all rows of public.items: 5 rows are lost (sql/shop/002_second.sql:1:8)",
            "public.items",
        ),
        (
            "insert into orders (total) select 1 from outer_wipe()",
            "delete all rows of public.items: 5 rows are lost",
            "public.items",
        ),
        (
            "call wipep()",
            "truncate public.items: 5 rows are lost",
            "public.items",
        ),
        (
            "do $$ begin if true then perform wipe(); end if; end $$",
            "delete all rows of public.items: 5 rows are lost",
            "public.items",
        ),
        (
            "do $$ declare x text; begin x := wipe(); end $$",
            "delete all rows of public.items: 5 rows are lost",
            "public.items",
        ),
        (
            "select app.hers()",
            "delete all rows of app.things: 2 rows are lost",
            "app.things",
        ),
        (
            "create table fresh as select 1 as one from app.makes('items')",
            "execute 'delete from ' || what: what this runs nobody can read before it runs",
            "app.makes",
        ),
        (
            "select app.atomic()",
            "app.atomic(): what this runs nobody can read before it runs",
            "app.atomic",
        ),
        (
            "do $$ begin execute format('delete from %I', 'items'); end $$",
            "execute format('delete from %I', 'items'): what this runs nobody can read before it runs",
            "unseen",
        ),
    ] {
        shop.second(sql);
        let run = shop.protected(&confirm);
        says(
            &run,
            2,
            &[wanted, &format!("add --allow-destructive {names}\n")],
        );
        let run = shop.protected(&[
            "setup",
            "shop",
            "--dry-run",
            "--in-place",
            "--confirm",
            "production",
        ]);
        let run_says = format!("to do it takes --allow-destructive {names}\n");
        says(&run, 0, &[&run_says]);
    }
    shop.stays(&before);
    // Where it is no protected one, it is told and asked.
    says(
        &shop.run(&["setup", "shop"]),
        2,
        &[
            "what this runs nobody can read before it runs",
            "there is no terminal",
        ],
    );
    says(
        &shop.protected(&[&confirm[..], &["--allow-destructive", "unseen"]].concat()),
        0,
        &["002_second applied"],
    );
    // What only reads, and what the server or an extension has, is nobody's loss; nor is a table without rows.
    shop.project.write(
        "sql/shop/003_third.sql",
        b"select reads(), now(), gen_random_uuid(), digest('a', 'sha1'), pg_sleep(0); drop table empty_one;",
    );
    says(&shop.protected(&confirm), 0, &["003_third applied"]);
}

#[test]
fn a_name_that_a_shell_would_read_is_quoted() {
    let shop = Shop::new();
    shop.second("drop table \"Od;d \"\"x\"");
    let run = shop.protected(&["setup", "shop", "--confirm", "production"]);
    says(&run, 2, &["add --allow-destructive 'public.Od;d \"x'"]);
}

#[test]
fn a_rollback_counts_what_is_lost() {
    let shop = Shop::new();
    shop.project.write(
        "sql/shop/001_first.rollback.sql",
        b"drop table items; drop view big; drop table orders; drop table empty_one;",
    );
    let run = shop.run(&["rollback", "shop", "--all"]);
    says(
        &run,
        2,
        &[
            "⚠️ drop table public.orders: 1,234 rows are lost",
            "⚠️ drop table public.items: 5 rows are lost",
            "Roll back 001_first of shop on",
            "? 1,239 rows are lost.",
        ],
    );
    assert!(
        !run.err.contains("empty_one") && !run.err.contains("view"),
        "{}",
        run.err
    );
    let back = ["rollback", "shop", "--all", "--confirm", "production"];
    says(
        &shop.protected(&back),
        2,
        &["add --allow-destructive public.items,public.orders"],
    );
    let allowed = [
        &back[..],
        &[
            "--allow-destructive",
            "public.items",
            "--allow-destructive",
            "public.orders",
        ],
    ]
    .concat();
    says(&shop.protected(&allowed), 0, &["001_first rolled back"]);
}

#[test]
fn a_table_that_somebody_holds_is_estimated() {
    let shop = Shop::new();
    shop.second("drop table orders cascade");
    let mut other = shop.server.session("postgres", "postgres");
    let (ready, is_ready) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || {
        other("begin; lock table orders in access exclusive mode").unwrap();
        ready.send(()).unwrap();
        std::thread::sleep(Duration::from_secs(4));
        other("rollback").unwrap();
    });
    is_ready.recv().unwrap();
    let run = shop.run(&["setup", "shop"]);
    says(
        &run,
        2,
        &["drop table public.orders: about 1,234 rows are lost"],
    );
    holder.join().unwrap();
}

#[test]
fn a_throwaway_target_asks_nobody() {
    let shop = Shop::new();
    shop.second("drop table items");
    let run = shop.project.run(["setup", "shop", "--target", "embedded"]);
    says(&run, 0, &["002_second applied"]);
    assert!(!run.err.contains("drop table"), "{}", run.err);
}
