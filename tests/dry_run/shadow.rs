//! The trial on a private copy of the schema.

use supaproof::target::embedded;

use crate::support::root;
use crate::{Shop, says, section};

/// Whether there is a pg_dump for the server; without one, what is missing has to be said.
pub(crate) fn has_pg_dump(shop: &Shop) -> bool {
    let options = embedded::Options {
        postgres_bin: std::env::var_os("SUPAPROOF_POSTGRES_BIN").map(Into::into),
        working_dir: root(),
        ..embedded::Options::default()
    };
    embedded::find_clients(&options, shop.server.major()).is_ok()
}

#[test]
fn a_protected_target_is_only_read() {
    let shop = Shop::new();
    shop.server.sql(
        "postgres",
        "create role carla; grant carla to postgres; grant all on schema public to carla; create table hers (id int); alter table hers owner to carla",
    );
    shop.second("drop table items;\nalter table orders add column at timestamptz default clock_timestamp();\ndrop table hers;");
    let before = shop.state();
    let run = shop.protected(&["setup", "shop", "--dry-run"]);
    if !has_pg_dump(&shop) {
        says(
            &run,
            2,
            &[
                "a private copy is made with pg_dump of Postgres",
                "--in-place",
            ],
        );
        return;
    }
    says(
        &run,
        0,
        &[
            "Dry run of setup on a private copy of production (",
            "drop table public.items: 5 rows are lost",
            "public.orders (about 1,234 rows): written anew",
            "- table public.items",
            "the target is protected: to do it takes --allow-destructive public.items\n",
            "✅ It works on the copy",
            "The target was only read.",
        ],
    );
    assert_eq!(
        section(&run, "⏭️  Not tried"),
        [""; 0],
        "all of the schema was copied"
    );
    shop.stays(&before);

    // Elsewhere it is asked for; a failure is told at its line.
    shop.second("drop table items;\ndrop table nowhere;");
    let run = shop.run(&["setup", "shop", "--dry-run", "--shadow"]);
    says(
        &run,
        5,
        &[
            "--> sql/shop/002_second.sql:2:1",
            "this was tried on a private copy of the schema",
        ],
    );
    shop.stays(&before);
}

#[test]
fn in_place_it_is_confirmed_on_a_protected_target() {
    let shop = Shop::new();
    shop.second("drop table items;");
    let before = shop.state();
    let run = shop.protected(&["setup", "shop", "--dry-run", "--in-place"]);
    says(&run, 2, &["say --confirm production to go on"]);
    let run = shop.protected(&[
        "setup",
        "shop",
        "--dry-run",
        "--in-place",
        "--confirm",
        "production",
    ]);
    says(&run, 0, &["✅ It works. It ran in"]);
    shop.stays(&before);
}

#[test]
fn what_the_copy_cannot_know_is_said() {
    let shop = Shop::new();
    if !has_pg_dump(&shop) {
        return;
    }
    let args = ["setup", "shop", "--dry-run", "--shadow"];
    shop.second("alter table orders alter note set not null;");
    let run = shop.run(&args);
    says(
        &run,
        5,
        &[
            "set not null on public.orders.note: fails: 1,234 of 1,234 rows are null",
            "❌ It works on the copy, and fails on the rows of the target",
        ],
    );
    // What may be filled before is not known to fail.
    shop.second("update orders set note = '' where note is null;\nalter table orders alter note set not null;");
    says(
        &shop.run(&args),
        0,
        &["1,234 of 1,234 rows are null: it fails where nothing before it changes that"],
    );
    shop.second(
        "alter table orders add check (total > 100);
alter table items add constraint once unique (order_id);
alter table items add constraint later check (id > 9) not valid;
create unique index on orders (total);
create table fresh (id int);
alter table fresh add unique (id);",
    );
    let run = shop.run(&args);
    says(&run, 0, &["✅ It works on the copy"]);
    assert_eq!(
        section(&run, "⚠️  Not known"),
        [
            "alter table orders add check (total > 100) (sql/shop/002_second.sql:1:1)",
            "alter table items add constraint once unique (order_id) (sql/shop/002_second.sql:2:1)",
            "create unique index on orders (total) (sql/shop/002_second.sql:4:1)",
        ]
    );
    // Whoever is there already is not sent there.
    shop.second("select pg_sleep(5);");
    let run = shop.run(&[&args[..], &["--max-hold", "300ms"]].concat());
    says(
        &run,
        5,
        &["not done within 300ms", "give it more time with --max-hold"],
    );
    assert!(!run.err.contains("--shadow"), "{}", run.err);
}
