//! `backup verify`: what is wrong with a backup is found.

use std::io::{Seek, SeekFrom, Write};

use serde_json::json;

use super::{ODD, Shop};

#[test]
fn a_sound_backup_comes_back_as_it_was() {
    let shop = Shop::new(ODD);
    shop.server
        .sql_as(
            "supabase_admin",
            "shop",
            "create role app; grant select on orders to app; create extension citext schema public",
        )
        .unwrap();
    shop.on("shop", 0, &["backup", "create"]);
    let run = shop.project.run(["backup", "verify", "-v"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    for words in [
        "✅ the file is as it was written",
        "✅ public.orders: 10 rows",
        "✅ auth.users: 1 row\n",
        "✅ sequence public.orders_id_seq: at 20",
        "✅ sequence public.down: at -2",
        "✅ large objects: 1",
        "came back as they were",
    ] {
        assert!(run.out.contains(words), "{words}\n{}{}", run.out, run.err);
    }
    assert!(!run.out.contains('❌'), "{}", run.out);
    let list = shop.project.run(["backup", "list"]);
    assert!(list.out.contains("yes, 20"), "{}", list.out);
}

#[test]
fn a_manifest_that_says_something_else_is_a_finding() {
    let shop = Shop::new(ODD);
    shop.on("shop", 0, &["backup", "create"]);
    let file = shop.files("json").pop().unwrap();
    let write = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut manifest = shop.manifest();
        change(&mut manifest);
        std::fs::write(&file, manifest.to_string()).unwrap();
        shop.project.run(["backup", "verify"])
    };
    let table = |manifest: &serde_json::Value, name: &str| -> usize {
        let tables = manifest["contents"]["tables"].as_array().unwrap();
        tables
            .iter()
            .position(|table| table["name"] == name)
            .unwrap()
    };
    let run = write(&|manifest| {
        let at = table(manifest, "orders");
        manifest["contents"]["tables"][at]["rows"] = json!(11);
    });
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(
        run.out
            .contains("❌ public.orders: expected 11 rows, found 10 rows"),
        "{}",
        run.out
    );
    let run = write(&|manifest| {
        let at = table(manifest, "orders");
        manifest["contents"]["tables"][at]["rows"] = json!(10);
        manifest["contents"]["tables"][at]["checksum"] = json!("1");
    });
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(
        run.out
            .contains("❌ public.orders: 10 rows, and other values in them"),
        "{}",
        run.out
    );
    assert!(
        shop.project
            .run(["backup", "list"])
            .out
            .contains("failed, 20")
    );
    // An extension that no Postgres has: what it is needed for is not a fault of the backup.
    let run = write(&|manifest| {
        let at = table(manifest, "orders");
        manifest["contents"]["tables"][at]["name"] = json!("gone");
        manifest["extensions"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": "nobody_has_it", "schema": "public"}));
    });
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(run.out.contains("extensions nobody_has_it"), "{}", run.out);
    assert!(
        run.out
            .contains("⏭️  public.gone: the table did not come back"),
        "{}",
        run.out
    );
    std::fs::write(&file, "{").unwrap();
    assert_eq!(shop.project.run(["backup", "verify"]).code, 2);
    assert_eq!(shop.project.run(["backup", "list"]).code, 1);
}

#[test]
fn what_verify_found_is_written_beside_the_dump_whatever_the_manifest_says() {
    let shop = Shop::new("create table t (id int); insert into t values (1)");
    shop.on("shop", 0, &["backup", "create"]);
    let (dump, json) = (
        shop.files("dump").pop().unwrap(),
        shop.files("json").pop().unwrap(),
    );
    let kept = shop.folder().join("kept.dump");
    std::fs::rename(&dump, &kept).unwrap();
    for name in [None, Some("../elsewhere.dump"), Some("/nowhere/else.dump")] {
        let file = kept.with_extension("json");
        if !file.exists() {
            std::fs::rename(&json, &file).unwrap();
        }
        let mut manifest = shop.manifest();
        manifest["verified"] = json!(null);
        if let Some(name) = name {
            manifest["file"] = json!(name);
        }
        std::fs::write(&file, manifest.to_string()).unwrap();
        let run = shop.project.run(["backup", "verify"]);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        assert_eq!(
            shop.files("json"),
            [file],
            "one manifest, where the dump is"
        );
        assert!(!shop.folder().join("../elsewhere.json").exists());
        let manifest = shop.manifest();
        assert_eq!(manifest["verified"]["passed"], true, "{name:?}");
        assert_eq!(manifest["file"], "kept.dump");
        let list = shop.project.run(["backup", "list"]);
        assert!(list.out.contains("yes, 20"), "{}", list.out);
    }
}

#[test]
fn a_corrupted_dump_is_found() {
    let shop = Shop::new(ODD);
    shop.on("shop", 0, &["backup", "create"]);
    let path = shop.files("dump").pop().unwrap();
    let whole = std::fs::read(&path).unwrap();
    // A byte somewhere, the beginning, half of it gone.
    for damage in 0..3 {
        std::fs::write(&path, &whole).unwrap();
        let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        match damage {
            0 => {
                file.seek(SeekFrom::Start(whole.len() as u64 - 200))
                    .unwrap();
                file.write_all(&[0xAA; 16]).unwrap();
            }
            1 => file.write_all(b"no dump").unwrap(),
            _ => file.set_len(whole.len() as u64 / 2).unwrap(),
        }
        drop(file);
        let run = shop.project.run(["backup", "verify"]);
        assert_eq!(run.code, 1, "{damage}: {}{}", run.out, run.err);
        assert!(
            run.out.contains("❌ the file is not as it was written"),
            "{}",
            run.out
        );
        let run = shop.on(
            "shop",
            5,
            &[
                "backup",
                "restore",
                path.to_str().unwrap(),
                "--clean",
                "--yes",
            ],
        );
        assert!(run.err.contains("not as it was written"), "{}", run.err);
    }
    std::fs::write(&path, &whole).unwrap();
    let run = shop.project.run(["backup", "verify"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}
