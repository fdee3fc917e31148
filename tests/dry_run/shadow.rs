//! The trial on a private copy of the schema.

use supaproof::target::embedded;

use crate::support::root;
use crate::{Shop, says, section};

/// Whether there is a pg_dump for the server; without one, what is missing has to be said.
fn has_pg_dump(shop: &Shop) -> bool {
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
            "the target is protected: to do it takes --allow-destructive public.hers,public.items",
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
