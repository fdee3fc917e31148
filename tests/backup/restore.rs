//! `backup restore`: everything comes back, or nothing changes.

use serde_json::json;
use supaproof::catalog::{Catalog, Selection};
use supaproof::diff;

use super::{ODD, Shop};

fn catalog(shop: &Shop, database: &str) -> Catalog {
    shop.server
        .parts_as("supabase_admin", database, &Selection::all())
}

/// What differs; names of databases and of what is numbered by the server apart.
fn changes(before: &Catalog, after: &Catalog) -> Vec<String> {
    let all = diff::changes(before, after);
    all.into_iter()
        .map(|change| format!("{} {:?}", change.object, change.kind))
        .filter(|line| !line.starts_with("database "))
        .collect()
}

fn count(shop: &Shop, database: &str, table: &str) -> serde_json::Value {
    shop.server
        .json(database, &format!("select to_json(count(*)) from {table}"))
}

#[test]
fn after_a_failed_migration_the_way_back_is_named_and_leads_back() {
    let shop = Shop::new(ODD);
    shop.on("shop", 0, &["setup", "--yes"]);
    let before = catalog(&shop, "shop");
    shop.project.write(
        "sql/shop/002_more.sql",
        b"create table more (order_id int references orders);
create type \"new type\" as enum ('a');
alter table orders add column kind \"new type\";
drop policy own on orders; drop policy \"Own files\" on storage.objects;
delete from \"Odd \"\"Schema\"\" \xf0\x9f\x98\x80\".\"T'a.b*le\"; update orders set note = 'changed';
drop materialized view counted; alter publication supabase_realtime drop table orders;\n",
    );
    shop.project
        .write("sql/shop/003_bad.sql", b"select 1 / 0;\n");
    let run = shop.on("shop", 5, &["setup", "--yes", "--backup"]);
    let file = shop.files("dump").pop().unwrap();
    let name = format!(
        ".supaproof/backups/{}",
        file.file_name().unwrap().to_str().unwrap()
    );
    assert!(
        run.err
            .contains(&format!("the backup from before is {name}")),
        "{}",
        run.err
    );
    assert!(
        run.err
            .contains(&format!("`supaproof backup restore {name} --clean`")),
        "{}",
        run.err
    );
    assert!(!changes(&before, &catalog(&shop, "shop")).is_empty());

    let run = shop.on("shop", 2, &["backup", "restore", &name, "--yes"]);
    assert!(
        run.err.contains("holds something already in the schemas"),
        "{}",
        run.err
    );
    let run = shop.on("shop", 2, &["backup", "restore", &name, "--clean"]);
    assert!(run.err.contains("What came since is lost"), "{}", run.err);

    shop.on("shop", 0, &["backup", "restore", &name, "--clean", "--yes"]);
    assert_eq!(
        changes(&before, &catalog(&shop, "shop")),
        Vec::<String>::new()
    );
    assert_eq!(
        count(&shop, "shop", "orders where note <> 'changed'"),
        json!(10)
    );
    assert_eq!(
        count(&shop, "shop", "\"Odd \"\"Schema\"\" 😀\".\"T'a.b*le\""),
        json!(2)
    );
    assert_eq!(count(&shop, "shop", "auth.users"), json!(1));
    assert_eq!(
        shop.server
            .json("shop", "select to_json(nextval('orders_id_seq'))"),
        json!(21)
    );
    let published =
        "pg_publication_tables where pubname = 'supabase_realtime' and tablename = 'orders'";
    assert_eq!(count(&shop, "shop", published), json!(1));
    // The ledger came back with the rest.
    let run = shop.on("shop", 0, &["status"]);
    assert!(run.out.contains("002      more   pending"), "{}", run.out);
}

#[test]
fn into_an_empty_database_with_its_users() {
    let shop = Shop::new(ODD);
    shop.on("shop", 0, &["backup", "create"]);
    let before = catalog(&shop, "shop");
    let path = shop.files("dump").pop().unwrap();
    let path = path.to_str().unwrap();
    shop.server.copy(supaproof::platform::DATABASE, "other");
    let empty = catalog(&shop, "other");

    // The orders need their users: refused by the server, and nothing stays.
    let run = shop.on("other", 5, &["backup", "restore", path, "--yes"]);
    assert!(
        run.err.contains("violates foreign key constraint"),
        "{}",
        run.err
    );
    assert!(run.err.contains("the target is as it was"), "{}", run.err);
    assert_eq!(
        changes(&empty, &catalog(&shop, "other")),
        Vec::<String>::new()
    );

    shop.on(
        "other",
        0,
        &["backup", "restore", path, "--yes", "--with-users"],
    );
    let differing: Vec<String> = changes(&before, &catalog(&shop, "other"));
    assert_eq!(differing, Vec::<String>::new());
    for (table, rows) in [
        ("auth.users", 1),
        ("storage.buckets", 1),
        ("orders", 10),
        ("days", 2),
    ] {
        assert_eq!(count(&shop, "other", table), json!(rows), "{table}");
    }
    let run = shop.on(
        "other",
        2,
        &[
            "backup",
            "restore",
            path,
            "--yes",
            "--clean",
            "--with-users",
        ],
    );
    assert!(
        run.err.contains("auth.users, storage.buckets hold rows"),
        "{}",
        run.err
    );
    shop.on("other", 0, &["backup", "restore", path, "--yes", "--clean"]);
    assert_eq!(
        changes(&before, &catalog(&shop, "other")),
        Vec::<String>::new()
    );
}

#[test]
fn what_the_target_lacks_is_named() {
    let shop = Shop::new("create table t ();");
    shop.server
        .sql_as(
            "supabase_admin",
            "shop",
            "create extension citext schema public; create extension hstore schema extensions",
        )
        .unwrap();
    shop.on("shop", 0, &["backup", "create"]);
    let path = shop.files("dump").pop().unwrap();
    let path = path.to_str().unwrap();
    shop.server.copy(supaproof::platform::DATABASE, "other");
    let run = shop.on("other", 2, &["backup", "restore", path, "--yes"]);
    assert!(
        run.err
            .contains("create extension \"citext\" with schema \"public\";"),
        "{}",
        run.err
    );
    // What an extension brought stays where the rest is dropped.
    shop.on("shop", 0, &["backup", "restore", path, "--yes", "--clean"]);
    assert_eq!(count(&shop, "shop", "t"), json!(0));
    let run = shop
        .project
        .run(["backup", "restore", path, "--yes", "--target", "embedded"]);
    assert_eq!(run.code, 2, "{}", run.err);
    let run = shop
        .project
        .run(["backup", "restore", "nowhere.dump", "--yes"]);
    assert_eq!(run.code, 2, "{}", run.err);
}
