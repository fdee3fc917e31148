//! `supaproof generate`: what is written from a real schema passes on it, and is never written over what is there.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use support::{Project, Run, Server};

/// A project with one suite that makes types.
fn project(sql: &str) -> Project {
    Project::new(&[("sql/shop/001_types.sql", sql)])
}

fn ok(run: &Run) {
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

#[test]
fn what_is_written_passes_on_its_source_and_fails_after_a_change() {
    let project =
        project("create type state as enum ('on', 'off', '1.0', 'a, b: c #d', 'ünï 😀');");
    ok(&project.run(["generate", "-o", "validations/shop.yaml"]));
    let written = std::fs::read_to_string(project.path().join("validations/shop.yaml")).unwrap();
    assert!(
        written.contains("\nsuite: shop\ntitle: Shop\nschema: public\n"),
        "{written}"
    );
    assert!(
        written.contains("[\"on\", \"off\", \"1.0\", \"a, b: c #d\", ünï 😀]"),
        "{written}"
    );
    ok(&project.run(["check"]));
    for (from, to) in [
        ("'on', 'off'", "'off', 'on'"),
        ("'1.0'", "'1'"),
        ("😀", "😁"),
        (", 'ünï 😀'", ""),
    ] {
        let sql = "create type state as enum ('on', 'off', '1.0', 'a, b: c #d', 'ünï 😀');";
        assert!(sql.contains(from));
        project.write("sql/shop/001_types.sql", sql.replace(from, to).as_bytes());
        let run = project.run(["check"]);
        assert_eq!(run.code, 1, "{from}: {}{}", run.out, run.err);
        assert!(
            run.out.contains("enum public.state labels: expected"),
            "{}",
            run.out
        );
    }
}

/// Objects of kinds that no section speaks of are not left out without a word.
#[test]
fn what_cannot_be_written_is_named_in_the_first_lines() {
    let project = project(
        "create table t (a int, b int); create statistics together on a, b from t;
         create schema other; create table other.t (); create conversion other.latin for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1;",
    );
    let head = |args: &[&str]| {
        let run = project.run([&["generate", "shop"], args].concat());
        ok(&run);
        let lines = run.out.lines().filter(|line| line.starts_with("# Without"));
        lines.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let conversions = "# Without conversions, which cannot be written yet: other.latin.";
    assert_eq!(head(&[]), [conversions]);
    assert_eq!(head(&["--schema", "public"]), [""; 0]);
    assert_eq!(head(&["--schema", "other"]), [conversions]);
    assert_eq!(head(&["--only", "tables"]), [""; 0]);
}

/// And those that only a superuser makes.
#[test]
fn every_kind_without_a_section_is_named() {
    let server = Server::start();
    let made = server.sql_as(
        "supabase_admin",
        "postgres",
        "create table t (); create schema app;
         create operator class app.by_hash for type int4 using hash as operator 1 =, function 1 hashint4(int4);
         create text search parser app.words (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
           lextypes = prsd_lextype, headline = prsd_headline);
         create text search template app.simple (lexize = dsimple_lexize);
         create language mine handler plpgsql_call_handler;
         create access method heap2 type table handler heap_tableam_handler;
         create subscription far connection 'dbname=nowhere' publication p with (connect = false);",
    );
    made.unwrap();
    let project = Project::new(&[]);
    let run = project.run(["generate", "--target", &server.target("postgres")]);
    ok(&run);
    for line in [
        "# Without access methods, which cannot be written yet: heap2.",
        "# Without languages, which cannot be written yet: mine.",
        "# Without operator classes, which cannot be written yet: app.by_hash USING hash.",
        "# Without operator families, which cannot be written yet: app.by_hash USING hash.",
        "# Without subscriptions, which cannot be written yet: far.",
        "# Without text search parsers, which cannot be written yet: app.words.",
        "# Without text search templates, which cannot be written yet: app.simple.",
    ] {
        assert!(run.out.contains(line), "{line}\n{}", run.out);
    }
}

/// Names that mean something in YAML, in a key or in SQL.
const ODD: [&str; 27] = [
    "drop table",
    "Mixed",
    "a.b",
    "a\"b",
    "\"q\"",
    "*",
    "tmp_?",
    "/x/",
    " lead",
    "trail ",
    "on",
    "1.0",
    "~",
    "title",
    "items",
    "a: b",
    "a #b",
    "-",
    "😀",
    "f(x)",
    "select",
    "'",
    "\\",
    "{}",
    "[",
    "é\u{301}",
    "\u{202e}abc",
];

#[test]
fn odd_names_are_found_again() {
    let mut sql = String::from("create schema \"Odd. \"\"Schema\";\n");
    for (at, name) in ODD.iter().enumerate() {
        let schema = if at % 2 == 0 {
            "public"
        } else {
            "\"Odd. \"\"Schema\""
        };
        sql.push_str(&format!(
            "create type {schema}.\"{}\" as enum ('a');\n",
            name.replace('"', "\"\"")
        ));
    }
    let project = project(&sql);
    ok(&project.run([
        "generate",
        "shop",
        "--only",
        "enums",
        "-o",
        "validations/shop.yaml",
    ]));
    let run = project.run(["check", "--report", "json"]);
    ok(&run);
    let passed = run.out.matches("\"outcome\": \"pass\"").count();
    assert_eq!(passed, ODD.len(), "{}", run.out);
}

#[test]
fn grants_on_odd_names_are_found_again() {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let more = ["a, b", "database", "schema x", "table", "f(x), y"];
    let all = || ODD.iter().chain(&more).enumerate();
    let mut sql = String::from("create schema \"Odd, \"\"Schema\"; create role \"a, \"\"b\";\n");
    for (at, name) in all() {
        let name = quoted(name);
        let schema = ["public", "\"Odd, \"\"Schema\""][at % 2];
        sql.push_str(&format!(
            "create table {schema}.{name} ({name} int, b int); grant select ({name}) on {schema}.{name} to \"a, \"\"b\";
             create function {schema}.{name}(a int, b text) returns void language sql as '';\n"
        ));
    }
    let project = project(&sql);
    let options = [
        "generate",
        "--only",
        "grants",
        "-o",
        "validations/shop.yaml",
    ];
    ok(&project.run(options));
    let run = project.run(["check"]);
    ok(&run);
    // What is said of some objects says what may not be done with them, too.
    let some = [
        "generate",
        "--only",
        "grants:*",
        "-o",
        "validations/shop.yaml",
        "--overwrite",
    ];
    ok(&project.run(some));
    let written = std::fs::read_to_string(project.path().join("validations/shop.yaml")).unwrap();
    assert!(
        !written.contains("others:") && written.contains(": none"),
        "{written}"
    );
    ok(&project.run(["check"]));
    for (at, name) in all().step_by(5) {
        let name = quoted(name);
        let schema = ["public", "\"Odd, \"\"Schema\""][at % 2];
        let change = format!(
            "grant insert (b) on {schema}.{name} to \"a, \"\"b\"; revoke execute on function {schema}.{name} from public;"
        );
        project.write("sql/shop/002_more.sql", change.as_bytes());
        let run = project.run(["check"]);
        assert_eq!(run.code, 1, "{change}{}{}", run.out, run.err);
        assert!(
            run.out.contains("expected [execute], found none"),
            "{}",
            run.out
        );
    }
}

#[test]
fn a_database_that_is_there_needs_no_project() {
    let server = Server::start();
    server.copy("postgres", "shop");
    server.sql(
        "shop",
        "create schema app; create type app.state as enum ('a'); create type other as enum ('b');",
    );
    let folder = tempfile::tempdir().unwrap();
    let target = server.target("shop");
    let generate = |more: &[&str]| {
        let mut arguments = vec!["generate", "--target", target.as_str()];
        arguments.extend(more);
        support::run(folder.path(), arguments)
    };
    let run = generate(&["--only", "enums"]);
    ok(&run);
    assert!(
        run.out.contains("\n    other:") && run.out.contains("\n    app.state:"),
        "{}",
        run.out
    );
    assert!(!run.out.contains("suite:"), "{}", run.out);

    let run = generate(&["--only", "enums", "--schema", "app"]);
    ok(&run);
    assert!(
        run.out.contains("schema: app\n") && run.out.contains("\n  state:"),
        "{}",
        run.out
    );
    assert!(!run.out.contains("other:"), "{}", run.out);

    // A folder of validations says whose they are.
    std::fs::create_dir(folder.path().join("validations")).unwrap();
    ok(&generate(&[
        "--only",
        "enums",
        "-o",
        "validations/late-shop.yaml",
    ]));
    let written =
        std::fs::read_to_string(folder.path().join("validations/late-shop.yaml")).unwrap();
    assert!(
        written.contains("suite: late-shop\ntitle: Late Shop\n"),
        "{written}"
    );
    ok(&support::run(
        folder.path(),
        ["check", "-C", ".", "--target", &target],
    ));

    let run = generate(&["--schema", "ap"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(
        run.err.contains("there is no schema `ap`") && run.err.contains("Did you mean `app`?"),
        "{}",
        run.err
    );

    server.sql("shop", "create schema nothing_in_it");
    let run = generate(&["--only", "enums", "--schema", "nothing_in_it"]);
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(
        run.err
            .contains("the schema `nothing_in_it` has no object of its own"),
        "{}",
        run.err
    );
}

#[test]
fn nothing_is_written_over_unless_it_is_asked_for() {
    let project = project("create type state as enum ('a');");
    project.write("validations/shop.yaml", b"title: By hand");
    let run = project.run(["generate", "-o", "validations/shop.yaml"]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(
        run.err.contains("validations/shop.yaml is there already"),
        "{}",
        run.err
    );
    assert!(run.err.contains("--overwrite"), "{}", run.err);
    let file = project.path().join("validations/shop.yaml");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "title: By hand");
    ok(&project.run(["generate", "-o", "validations/shop.yaml", "--overwrite"]));
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(
        written.contains("title: By hand\n") && written.contains("state:"),
        "{written}"
    );
    let run = project.run(["generate", "--overwrite"]);
    assert_eq!(run.code, 2, "{}", run.err);
}

#[test]
fn a_file_that_cannot_be_written_is_known_before_anything_runs() {
    // A server would be missed.
    let project = project("this is no SQL");
    for (file, words) in [
        ("validations", "it is a folder"),
        ("nowhere/shop.yaml", "there is no folder nowhere"),
        (
            "sql/shop/001_types.sql/x.yaml",
            "there is no folder sql/shop/001_types.sql",
        ),
    ] {
        let run = project.run(["generate", "-o", file]);
        assert_eq!(run.code, 2, "{file}: {}", run.err);
        assert!(run.err.contains(words), "{file}: {}", run.err);
    }
    let run = project.run([
        "generate",
        "-o",
        "/dev/full",
        "--overwrite",
        "--only",
        "enumz",
    ]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("did you mean `enums`?"), "{}", run.err);
}

#[test]
fn a_full_disk_is_told() {
    let project = project("create type state as enum ('a');");
    let run = project.run(["generate", "-o", "/dev/full", "--overwrite"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(run.err.contains("cannot write /dev/full"), "{}", run.err);
}

#[test]
fn a_suite_has_to_be_meant() {
    let project = Project::new(&[]);
    let run = project.run(["generate"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("supaproof init"), "{}", run.err);
    project.write("sql/one/001_a.sql", b"create type a as enum ('a')");
    project.write("sql/two/001_a.sql", b"select 1");
    let run = project.run(["generate"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("one, two"), "{}", run.err);
    ok(&project.run(["generate", "one"]));
    let run = project.run(["generate", "two"]);
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(run.err.contains("there is nothing to write"), "{}", run.err);
    let run = project.run(["generate", "on"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("did you mean `one`?"), "{}", run.err);
}

#[test]
fn a_closed_list_notices_what_is_new() {
    let project = project("create type state as enum ('a');");
    let options = [
        "generate",
        "--closed",
        "--only",
        "enums",
        "-o",
        "validations/shop.yaml",
    ];
    ok(&project.run(options));
    ok(&project.run(["check"]));
    project.write("sql/shop/002_more.sql", b"create type more as enum ('a');");
    let run = project.run(["check"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.out.contains("enum public.more"), "{}", run.out);
}

/// Nobody lists what supaproof or the Supabase CLI keeps in the database.
#[test]
fn a_closed_list_is_met_wherever_the_ledger_is() {
    let sql = "create schema app; create table app.a (id int primary key); create table b ();\n\
               -- ROLLBACK:\n-- drop table b; drop schema app cascade;\n";
    for (suite, file, settings) in [
        ("shop", "sql/shop/001_a.sql", ""),
        (
            "shop",
            "sql/shop/001_a.sql",
            "[suites.shop]\nledger = \"public.schema_migrations\"\n",
        ),
        ("supabase", "supabase/migrations/20240101000000_a.sql", ""),
    ] {
        let project = Project::new(&[(file, sql)]);
        project.write("supaproof.toml", settings.as_bytes());
        let yaml = format!("validations/{suite}.yaml");
        ok(&project.run(["generate", "--closed", "-o", &yaml]));
        let written = std::fs::read_to_string(project.path().join(&yaml)).unwrap();
        for section in ["schemas", "tables", "functions", "triggers", "indexes"] {
            let closed = format!("\n{section}:\n  others: refused\n");
            assert!(written.contains(&closed), "{section}: {written}");
        }
        let speaks = written.lines().skip(2).any(|line| {
            ["supaproof", "schema_migrations", "supabase_migrations"]
                .iter()
                .any(|name| line.contains(name))
        });
        assert!(!speaks, "{written}");
        ok(&project.run(["check"]));
        let more = sql.replace(
            "create table b ();",
            "create table b (); create schema more;",
        );
        project.write(file, more.as_bytes());
        let run = project.run(["check"]);
        assert_eq!(run.code, 1, "{}{}", run.out, run.err);
        assert!(run.out.contains("schema more: expected"), "{}", run.out);
        assert_eq!(run.out.matches("❌").count(), 1, "{}", run.out);
    }
}
