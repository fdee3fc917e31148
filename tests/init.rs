//! `supaproof init`: a first suite that passes, from nothing or from the SQL that is there, and nothing lost.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use support::{Run, run};

/// A folder with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join(name);
    std::fs::create_dir(&folder).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    (outer, folder)
}

/// Every file below a folder with its text.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                out.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    out
}

fn names(folder: &Path) -> Vec<String> {
    files(folder).into_keys().collect()
}

fn ok(run: &Run) {
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

#[test]
fn an_empty_folder_gets_a_suite_that_passes() {
    let (_outer, folder) = folder("My Shop!", &[]);
    let dry = run(&folder, ["init", "--dry-run"]);
    ok(&dry);
    assert!(
        dry.out.contains("── validations/my-shop.yaml"),
        "{}",
        dry.out
    );
    assert!(dry.out.contains("create table notes"), "{}", dry.out);
    assert_eq!(names(&folder), Vec::<String>::new());

    let init = run(&folder, ["init"]);
    ok(&init);
    assert_eq!(
        names(&folder),
        [
            "sql/my-shop/001_notes.rollback.sql",
            "sql/my-shop/001_notes.sql",
            "validations/my-shop.yaml"
        ]
    );
    for line in [
        "✅ sql/my-shop/001_notes.sql\n",
        "supaproof verify my-shop ",
        "--target \"$DATABASE_URL\"",
    ] {
        assert!(init.out.contains(line), "{line}: {}", init.out);
    }
    ok(&run(&folder, ["verify"]));
    // The example holds what it says it does.
    let sql = folder.join("sql/my-shop/001_notes.sql");
    let text = std::fs::read_to_string(&sql).unwrap();
    for (from, to, says) in [
        (
            "'draft', 'published'",
            "'published', 'draft'",
            "enum public.note_status labels",
        ),
        (
            " check (body <> '')",
            " check (true)",
            "Nobody writes an empty note",
        ),
        (
            "(select auth.uid()) = user_id)\n",
            "true)\n",
            "Users see their own notes and no others",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        std::fs::write(&sql, text.replace(from, to)).unwrap();
        let check = run(&folder, ["check"]);
        assert_eq!(check.code, 1, "{from}: {}{}", check.out, check.err);
        assert!(check.out.contains(says), "{from}: {}", check.out);
    }
}

#[test]
fn what_is_there_stays_as_it_is() {
    let (_outer, folder) = folder("shop", &[]);
    ok(&run(&folder, ["init", "first"]));
    let before = files(&folder);
    let again = run(&folder, ["init"]);
    ok(&again);
    assert!(
        again
            .out
            .contains("➖ validations/first.yaml: is there already"),
        "{}",
        again.out
    );
    assert!(
        again
            .out
            .contains("Nothing was written. The suites are first."),
        "{}",
        again.out
    );
    ok(&run(&folder, ["init", "first"]));
    assert_eq!(files(&folder), before);
    // Another suite stands beside it.
    ok(&run(&folder, ["init", "second"]));
    let after = files(&folder);
    assert!(
        before
            .iter()
            .all(|(name, text)| after.get(name) == Some(text))
    );
    assert_eq!(after.len(), before.len() + 3);
    ok(&run(&folder, ["check"]));

    // A file in the way of a new suite.
    std::fs::create_dir_all(folder.join("sql/third")).unwrap();
    std::fs::write(folder.join("sql/third/001_notes.rollback.sql"), "mine").unwrap();
    std::fs::write(folder.join("sql/third/notes.txt"), "mine").unwrap();
    let before = files(&folder);
    let third = run(&folder, ["init", "fourth/../third"]);
    assert_eq!(third.code, 2, "{}", third.err);
    assert!(third.err.contains("cannot be called"), "{}", third.err);
    assert_eq!(files(&folder), before);
}

#[test]
fn migrations_of_the_supabase_cli_are_a_suite() {
    let migrations = [
        ("supabase/config.toml", "project_id = \"shop\"\n"),
        (
            "supabase/migrations/20240101000000_types.sql",
            "create type state as enum ('a', 'b');",
        ),
        (
            "supabase/migrations/20240102000000_more.sql",
            "alter type state add value 'c';",
        ),
        ("supabase/migrations/notes.sql", "this is no SQL"),
    ];
    let (_outer, folder) = folder("shop", &migrations[..3]);
    // From any folder of the repository.
    let init = run(&folder.join("supabase"), ["init"]);
    ok(&init);
    assert!(
        init.out
            .contains("✅ ../validations/supabase.yaml: 1 object, as on embedded Postgres "),
        "{}",
        init.out
    );
    assert!(
        init.out.contains("supaproof check supabase "),
        "{}",
        init.out
    );
    assert!(
        !init.out.contains("supaproof verify supabase "),
        "{}",
        init.out
    );
    assert_eq!(names(&folder).len(), 4);
    ok(&run(&folder, ["check"]));
    std::fs::write(folder.join(migrations[2].0), "select 1").unwrap();
    assert_eq!(run(&folder, ["check"]).code, 1);

    std::fs::write(folder.join(migrations[3].0), migrations[3].1).unwrap();
    let init = run(&folder, ["init"]);
    ok(&init);
    assert!(
        init.out
            .contains("➖ supabase/migrations/notes.sql: is no migration by its name"),
        "{}",
        init.out
    );
}

#[test]
fn sql_without_a_folder_per_suite_is_a_suite_too() {
    let (_outer, folder) = folder(
        "shop",
        &[("sql/001_types.sql", "create type state as enum ('a', 'b');")],
    );
    let init = run(&folder, ["init"]);
    ok(&init);
    assert_eq!(
        names(&folder),
        ["sql/001_types.sql", "validations/sql.yaml"]
    );
    ok(&run(&folder, ["check", "sql"]));
}

#[test]
fn a_suite_that_does_not_set_up_keeps_no_other_from_it() {
    let (_outer, folder) = folder(
        "shop",
        &[
            (
                "sql/bad/001_a.sql",
                "create type broken as enum ('a');\ncreate tabel x ();",
            ),
            ("sql/good/001_a.sql", "create type state as enum ('a');"),
            ("sql/nothing/001_a.sql", "select 1"),
        ],
    );
    let init = run(&folder, ["init"]);
    assert_eq!(init.code, 5, "{}{}", init.out, init.err);
    for words in [
        "sql/bad/001_a.sql:2:",
        "in the suite `bad`",
        "there is nothing to write",
        "in the suite `nothing`",
    ] {
        assert!(init.err.contains(words), "{words}: {}", init.err);
    }
    assert!(
        init.out.contains("✅ validations/good.yaml"),
        "{}",
        init.out
    );
    assert_eq!(names(&folder).len(), 4);
}

#[test]
fn bad_input_is_told() {
    let (_outer, folder) = folder("shop", &[]);
    for name in ["a/b", "", "..", "-x", "catalog", "a b"] {
        let init = run(&folder, ["init", "--", name]);
        assert_eq!(init.code, 2, "{name}: {}", init.err);
    }
    let init = run(
        &folder,
        ["init", "--target", "postgresql://postgres@127.0.0.1:1/x"],
    );
    assert_eq!(init.code, 2, "{}", init.err);
    assert!(
        init.err.contains("supaproof generate --target"),
        "{}",
        init.err
    );
    std::fs::write(folder.join("validations"), "a file").unwrap();
    let init = run(&folder, ["init"]);
    assert_eq!(init.code, 2, "{}{}", init.out, init.err);
    assert!(init.err.contains("validations"), "{}", init.err);
}
