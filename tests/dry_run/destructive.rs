//! Statements that destroy what is there: listed with their rows, asked about, refused.

use std::time::Duration;

use crate::destroying::CASES;
use crate::{Shop, says, section};

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
