//! What a backup is made of, and where it lies.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use super::support::{finished, supaproof};
use super::{ODD, Shop};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_backup_is_private_and_says_what_is_in_it() {
    let shop = Shop::new(ODD);
    let run = shop.on("shop", 0, &["setup", "--yes", "--backup"]);
    assert!(run.out.contains("001_items applied"), "{}", run.out);
    for words in [
        "backup: .supaproof/backups/local_shop-",
        "in it: Odd \"Schema\" 😀, public; the rows of auth, storage",
        "not in it: the schemas extensions",
        "it holds data",
    ] {
        assert!(run.err.contains(words), "{words}\n{}", run.err);
    }
    assert_eq!(mode(&shop.folder()), 0o700);
    let (dumps, manifests) = (shop.files("dump"), shop.files("json"));
    assert_eq!((dumps.len(), manifests.len()), (1, 1));
    assert_eq!((mode(&dumps[0]), mode(&manifests[0])), (0o600, 0o600));
    assert!(shop.folder().join(".gitignore").is_file());
    // Nothing else stays there.
    assert_eq!(std::fs::read_dir(shop.folder()).unwrap().count(), 3);

    let manifest = shop.manifest();
    assert_eq!(
        manifest["suites"],
        json!([{"suite": "shop", "applied": []}])
    );
    let row = |name: &str| -> Value {
        let tables = manifest["contents"]["tables"].as_array().unwrap();
        let found = tables.iter().find(|table| table["name"] == name);
        found.map_or(Value::Null, |table| table["rows"].clone())
    };
    for (name, rows) in [
        ("T'a.b*le", json!(2)),
        ("orders", json!(10)),
        ("days_1", json!(2)),
        ("days", Value::Null),
        ("users", json!(1)),
        ("buckets", json!(1)),
        ("schema_migrations", Value::Null),
        ("without columns", json!(1)),
        // Made after it.
        ("items", Value::Null),
    ] {
        assert_eq!(row(name), rows, "{name}");
    }
    let sequences = manifest["contents"]["sequences"].as_array().unwrap();
    let found = sequences.iter().find(|s| s["name"] == "orders_id_seq");
    assert_eq!(found.unwrap()["last_value"], 20);
    assert_eq!(manifest["contents"]["large_objects"]["count"], 1);

    let run = shop.on("shop", 0, &["setup", "--yes", "--backup"]);
    assert!(run.out.contains("nothing is pending"), "{}", run.out);
    assert_eq!(shop.files("dump").len(), 1, "nothing was to be changed");

    shop.on("shop", 0, &["rollback", "--all", "--yes", "--backup"]);
    assert_eq!(shop.files("dump").len(), 2);
    let run = shop.on("shop", 0, &["backup", "list"]);
    assert_eq!(run.out.lines().count(), 3, "{}", run.out);
    assert!(run.out.contains("shop 001"), "{}", run.out);
}

#[test]
fn the_folder_may_be_another() {
    let shop = Shop::new("create table t ();");
    let run = shop.on("shop", 0, &["backup", "create", "--backup-dir", "flag"]);
    assert!(run.out.starts_with("flag/"), "{}", run.out);
    shop.project
        .write("supaproof.toml", b"[backup]\ndir = \"file\"\n");
    let run = shop.on("shop", 0, &["backup", "create"]);
    assert!(run.out.starts_with("file/"), "{}", run.out);
    assert!(shop.files("dump").is_empty());
}

#[test]
fn a_target_without_a_name_gives_its_backup_none() {
    let shop = Shop::new("create table t ();");
    let target = shop.server.target("shop");
    // Found by a variable, it is told with it; the file and the manifest are for others too.
    let part = |key| target.split(' ').find_map(|part| part.strip_prefix(key));
    let (host, port) = (part("host=").unwrap(), part("port=").unwrap());
    let url = format!("postgresql://postgres@/shop?host={host}&port={port}");
    let output = supaproof(shop.project.path())
        .env("SUPABASE_DB_URL", url)
        .args(["backup", "create"])
        .output()
        .unwrap();
    let run = finished(output);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.out.starts_with(".supaproof/backups/local_shop-"),
        "{}",
        run.out
    );
    let manifest = shop.manifest();
    let told = manifest["target"].as_str().unwrap();
    assert!(
        told.contains("shop") && !told.contains("SUPABASE_DB_URL"),
        "{told}"
    );
    // One that has a name gives it.
    shop.project.write(
        "supaproof.toml",
        format!("[targets.mine]\nurl = \"{target}\"\n").as_bytes(),
    );
    let run = shop.project.run([
        "backup",
        "create",
        "--target",
        "mine",
        "--backup-dir",
        "named",
    ]);
    assert!(run.out.starts_with("named/mine-"), "{}{}", run.out, run.err);
}

/// A role that may not read one table, and not all rows of another.
#[test]
fn a_backup_that_would_not_be_whole_is_refused_before_anything_is_applied() {
    let shop = Shop::new("create table open ();");
    shop.server
        .sql_as(
            "supabase_admin",
            "shop",
            "create role limited login; grant usage, create on schema public to limited; grant create on database shop to limited;
             create table closed (); revoke all on closed from public;
             create table hidden (id int); alter table hidden enable row level security; grant select on hidden, open to limited;",
        )
        .unwrap();
    let target = shop
        .server
        .target("shop")
        .replace("user=postgres", "user=limited");
    let run = shop
        .project
        .run(["setup", "--yes", "--backup", "--target", &target]);
    assert_eq!(run.code, 5, "{}", run.err);
    for words in [
        "public.closed may not be read by the role limited",
        "public.hidden hides rows by row-level security from the role limited",
        "nothing was changed",
        "BYPASSRLS",
    ] {
        assert!(run.err.contains(words), "{words}\n{}", run.err);
    }
    assert!(!run.err.contains("public.open"), "{}", run.err);
    let there = "select to_json(to_regclass('public.items') is not null)";
    assert_eq!(shop.server.json("shop", there), json!(false));
    assert!(shop.files("dump").is_empty());
}

#[test]
fn doors_without_a_session_are_refused() {
    let shop = Shop::new("");
    let target = format!("{} pgbouncer=true", shop.server.target("shop"));
    let run = shop
        .project
        .run(["setup", "--yes", "--backup", "--target", &target]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(
        run.err.contains("behind a transaction pooler"),
        "{}",
        run.err
    );
    assert!(
        run.err.contains("session pooler, on port 5432"),
        "{}",
        run.err
    );
    let there = "select to_json(to_regclass('public.items') is not null)";
    assert_eq!(shop.server.json("shop", there), json!(false));

    let run = shop
        .project
        .run(["setup", "--yes", "--backup", "--target", "embedded"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("no backup is made"), "{}", run.err);
    let run = shop
        .project
        .run(["backup", "create", "--target", "embedded"]);
    assert_eq!(run.code, 2, "{}", run.err);

    // No request is made before the door is refused.
    let mut command = supaproof(shop.project.path());
    let token = format!("sbp_{}", "0123456789".repeat(4));
    let project = "abcdefghijklmnopqrst";
    command.env("SUPABASE_ACCESS_TOKEN", token).args([
        "backup",
        "create",
        "--door",
        "management",
        "--target",
        project,
    ]);
    let run = finished(command.output().unwrap());
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("is reached over HTTP"), "{}", run.err);
}
