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
        &[
            "drop table public.orders: 1,234 rows are lost, and with it constraint items_order_id_fkey on public.items, view public.big",
        ],
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
        &[
            "drop table public.orders: 1,234 rows are lost, and with it constraint items_order_id_fkey on public.items, view public.big",
        ],
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
        &[
            "drop type public.mood: its definition is lost, and with it column public.moods.mood with 1 value",
        ],
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
    // What guards rows comes back as it was, or as another.
    (
        "drop policy own on orders; create policy own on orders using (true)",
        &[],
    ),
    (
        "drop policy own on orders; create policy own on orders for select using (true)",
        &["drop policy own on public.orders: it is made again, and may be another than before"],
    ),
    (
        "drop trigger touch on items; create trigger touch before update on items for each row execute function suppress_redundant_updates_trigger()",
        &[],
    ),
    (
        "drop trigger touch on items; create trigger touch before update on items for each row when (false) execute function suppress_redundant_updates_trigger()",
        &["drop trigger touch on public.items: it is made again, and may be another than before"],
    ),
    (
        "alter table orders drop constraint positive; alter table orders add constraint positive check (total > 0)",
        &[],
    ),
    (
        "alter table orders drop constraint positive; alter table orders add constraint positive check (total > -9)",
        &[
            "drop constraint positive on public.orders: it is made again, and may be another than before",
        ],
    ),
    (
        "drop index items_name; create unique index items_name on public.items using btree (name)",
        &[],
    ),
    (
        "drop index items_name; create index items_name on items (name)",
        &["drop unique index public.items_name: it is made again, and may be another than before"],
    ),
    // Under another name it is the same thing.
    (
        "alter schema app rename to application; drop schema application cascade",
        &["drop schema app: 2 rows in app.things are lost"],
    ),
    (
        "alter schema app rename to application; drop table application.things",
        &["drop table app.things: 2 rows are lost"],
    ),
    (
        "alter policy own on orders rename to mine; drop policy mine on orders",
        &[
            "drop policy own on public.orders: who may see or change which rows is another than before",
        ],
    ),
    (
        "alter trigger touch on items rename to touched; drop trigger touched on items",
        &["drop trigger touch on public.items: what it did is not done any more"],
    ),
    (
        "alter table orders rename constraint positive to p; alter table orders drop constraint p",
        &["drop constraint positive on public.orders: what it refused is allowed then"],
    ),
    (
        "alter index items_name rename to n; drop index n",
        &["drop unique index public.items_name: nothing keeps its values unique any more"],
    ),
    (
        "alter type mood rename to humour; drop type humour cascade",
        &[
            "drop type public.mood: its definition is lost, and with it column public.moods.mood with 1 value",
        ],
    ),
    (
        "alter function twice(int) rename to double; drop function double(int)",
        &["drop function public.twice: its definition is lost"],
    ),
    (
        "alter publication changes rename to news; drop publication news",
        &["drop publication changes: its definition is lost"],
    ),
    // A view of the plan's own, and one that was there.
    (
        "create view vi as select * from items; delete from vi",
        &["delete all rows of public.items: 5 rows are lost"],
    ),
    (
        "delete from big",
        &[
            "delete all rows of public.orders through public.big: 1,234 rows are lost, and with it 5 rows in public.items",
        ],
    ),
    (
        "create view joined as select i.id from items i join orders o on o.id = i.order_id where false; \
         create rule gone as on delete to joined do instead nothing; delete from joined",
        &[
            "delete from joined: what this runs nobody can read before it runs, so it was not looked at",
        ],
    ),
    // What goes with rows, and with CASCADE.
    (
        "delete from orders",
        &[
            "delete all rows of public.orders: 1,234 rows are lost, and with it 5 rows in public.items",
        ],
    ),
    (
        "delete from moods",
        &[
            "delete all rows of public.moods: 1 row is lost; what refers to them is cleared: 1 row in public.told.mood_id",
        ],
    ),
    (
        "drop function allowed() cascade",
        &[
            "drop function public.allowed: its definition is lost, and with it constraint sane on public.told, policy called on public.told",
        ],
    ),
    (
        "alter table moods drop column id cascade",
        &[
            "drop column public.moods.id: 1 value is lost, and with it constraint told_mood_id_fkey on public.told",
        ],
    ),
    (
        "drop view wide cascade; create view wide as select 1 as id",
        &["drop view public.wide: it comes back, and view public.wider does not"],
    ),
    (
        "drop view wide cascade; create view wide as select 1 as id; create view wider as select * from wide",
        &[],
    ),
    // What goes by itself too is told once.
    (
        "drop table orders, items cascade",
        &[
            "drop table public.orders: 1,234 rows are lost, and with it view public.big",
            "drop table public.items: 5 rows are lost",
        ],
    ),
    (
        "drop table told cascade",
        &["drop table public.told: 1 row is lost"],
    ),
    (
        "drop table empty_one cascade",
        &["drop table public.empty_one: it is empty"],
    ),
    // Which columns.
    (
        "update items set (order_id, name) = (order_id, name)",
        &["update all rows of public.items: order_id, name of 5 rows are overwritten"],
    ),
    ("update orders set note = 'x'", &[]),
    (
        "insert into items (id) select id from items on conflict (id) do update set name = null",
        &[
            "insert overwrites rows of public.items: name of those of 5 rows that match are overwritten",
        ],
    ),
    (
        "insert into items (id) values (1) on conflict (id) do update set name = 'i1'",
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
        &[
            "drop domain public.short: its definition is lost, and with it column public.shorts.it with 1 value",
        ],
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
            "drop table public.items: 5 rows are lost",
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
    let mut wrong = Vec::new();
    for (sql, wanted) in CASES {
        shop.second(sql);
        let run = shop.run(&["setup", "shop", "--dry-run"]);
        if run.code != 0 {
            wrong.push(format!("{sql}\n{}{}", run.out, run.err));
        }
        let found: Vec<&str> = section(&run, "💥")
            .into_iter()
            .map(|line| line.rsplit_once(" (sql/").unwrap().0)
            .collect();
        let mut wanted: Vec<&str> = wanted.to_vec();
        let mut sorted = found.clone();
        wanted.sort_unstable();
        sorted.sort_unstable();
        if sorted != wanted {
            wrong.push(format!("{sql}\n  found {sorted:?}\n  wanted {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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

#[test]
fn the_batches_of_a_data_migration_are_counted() {
    let shop = Shop::new();
    let before = shop.state();
    let data = |sql: &str| shop.second(&format!("-- supaproof: data: 500\n{sql}"));
    for (sql, wanted) in [
        (
            "delete from items where id in (select id from items limit :batch)",
            "delete rows of public.items in batches: up to 5 rows are lost, until it finds none",
        ),
        (
            "update orders set note = 'x', total = 7 where id in (select id from orders where note is null limit :batch)",
            "update rows of public.orders in batches: total of up to 1,234 rows are overwritten, until it finds none",
        ),
    ] {
        data(sql);
        let run = shop.run(&["setup", "shop", "--dry-run"]);
        assert_eq!(section(&run, "💥").len(), 1, "{}{}", run.out, run.err);
        // Only a batch of it can be tried.
        says(&run, 3, &[wanted]);
        let run = shop.protected(&["setup", "shop", "--yes", "--confirm", "production"]);
        says(&run, 2, &[wanted]);
    }
    shop.stays(&before);
    // What was not there yet is only filled in.
    data(
        "update orders set note = 'x' where id in (select id from orders where note is null limit :batch)",
    );
    says(
        &shop.protected(&["setup", "shop", "--yes", "--confirm", "production"]),
        0,
        &["002_second applied"],
    );
}

#[test]
fn what_goes_along_has_to_be_named() {
    let shop = Shop::new();
    let before = shop.state();
    let confirm = ["setup", "shop", "--yes", "--confirm", "production"];
    for (sql, names) in [
        ("delete from orders", "public.items,public.orders"),
        ("truncate orders cascade", "public.items,public.orders"),
        ("delete from moods", "public.moods,public.told.mood_id"),
        ("delete from big", "public.items,public.orders"),
        (
            "drop function allowed() cascade",
            "public.allowed,public.told.called,public.told.sane",
        ),
        (
            "drop view wide cascade; create view wide as select 1 as id",
            "public.wider",
        ),
        (
            "alter table moods drop column id cascade",
            "public.moods.id,public.told.told_mood_id_fkey",
        ),
    ] {
        shop.second(sql);
        let run = shop.protected(&confirm);
        says(&run, 2, &[&format!("add --allow-destructive {names}\n")]);
        // One of them alone is not enough.
        let (one, _) = names.split_once(',').unwrap_or(("public.wide", ""));
        let run = shop.protected(&[&confirm[..], &["--allow-destructive", one]].concat());
        assert_eq!(run.code, 2, "{sql} with {one}: {}", run.err);
    }
    shop.stays(&before);
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
fn what_a_trigger_destroys_has_to_be_named() {
    let shop = Shop::new();
    shop.server.sql(
        "postgres",
        "create function clears() returns trigger language plpgsql as $$ begin delete from moods; return new; end $$;
         create trigger clears after insert on app.things for each row execute function clears();
         create function stamps() returns trigger language plpgsql as $$ begin new.name := 'x'; return new; end $$;
         create trigger stamps before insert on items for each row execute function stamps();",
    );
    let before = shop.state();
    let confirm = ["setup", "shop", "--yes", "--confirm", "production"];
    for sql in [
        "insert into app.things values (3)",
        "with x as (insert into app.things values (3) returning id) select * from x",
        "create function adds() returns void language sql as 'insert into app.things values (3)'; select adds()",
    ] {
        shop.second(sql);
        says(
            &shop.protected(&confirm),
            2,
            &[
                "delete all rows of public.moods: 1 row is lost",
                "add --allow-destructive public.moods,public.told.mood_id\n",
            ],
        );
    }
    shop.stays(&before);
    shop.second("update app.things set id = 9 where id = 1; insert into items values (77)");
    says(&shop.protected(&confirm), 0, &["002_second applied"]);
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
        b"drop table items; drop table orders cascade; drop table empty_one;",
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
    assert!(!run.err.contains("empty_one"), "{}", run.err);
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
