//! A dry run for programs: `--report json`, valid by its schema, with all that people are shown.

use serde_json::{Value, json};

use crate::support::{Run, dry_run_faults};
use crate::{Shop, says};

/// The report on standard output.
#[track_caller]
fn report(run: &Run) -> Value {
    assert_eq!(dry_run_faults(&run.out), None, "{}", run.err);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["exit_code"], json!(run.code), "{}", run.err);
    report
}

/// One field of each element.
fn each(list: &Value, field: &str) -> Vec<Value> {
    let list = list.as_array().unwrap();
    list.iter().map(|it| it[field].clone()).collect()
}

/// The element whose field has this value.
#[track_caller]
fn one<'a>(list: &'a Value, field: &str, value: &str) -> &'a Value {
    let mut all = list.as_array().unwrap().iter();
    let found = all.find(|it| it[field] == value);
    found.unwrap_or_else(|| panic!("no {value} in {list:#}"))
}

#[test]
fn what_works_is_told_whole() {
    let shop = Shop::new();
    shop.second(
        "-- supaproof: author: Ada\nalter table orders add column at timestamptz default clock_timestamp();\nalter table empty_one alter id type int;\n\
         update orders set note = 'x' where id <= 10;\ncreate table fresh (id int);\n\
         do $$ begin raise notice 'hello'; end $$;",
    );
    shop.project.write(
        "sql/shop/003_third.sql",
        b"truncate items;\nlock table orders in share mode;\nlock table moods in share mode;\nselect nextval('numbers');",
    );
    let before = shop.state();
    let run = shop.run(&["setup", "shop", "--dry-run", "--report", "json"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let report = report(&run);
    assert_eq!(report["version"], 1);
    assert_eq!(report["command"], "setup");
    assert_eq!(report["outcome"], "works");
    assert_eq!(report["tried_on"], "target");
    assert_eq!(report["protected"], false);
    assert!(report["target"].as_str().unwrap().ends_with("/postgres"));
    assert!(report["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(report["error"], Value::Null);

    let suite = &report["suites"][0];
    assert_eq!(suite["suite"], "shop");
    assert_eq!(
        suite["warnings"],
        json!(["002_second, 003_third have no rollback"])
    );
    let step = &suite["steps"][0];
    assert!(step["seconds"].as_f64().unwrap() > 0.0);
    let mut step = step.clone();
    step["seconds"] = Value::Null;
    assert_eq!(
        step,
        json!({"version": "002", "name": "second", "file": "sql/shop/002_second.sql", "author": "Ada", "statements": 5,
               "outcome": "works", "not_tried": null, "seconds": null})
    );
    assert_eq!(each(&suite["steps"], "version"), ["002", "003"]);

    // The strongest lock, and the first migration that takes it: the weaker one comes later.
    let held =
        |version: &str, name: &str| json!({"suite": "shop", "version": version, "name": name});
    let orders = one(&report["locks"], "relation", "public.orders");
    assert_eq!(orders["mode"], "ACCESS EXCLUSIVE");
    assert_eq!(orders["blocks"], "blocks reads and writes");
    assert_eq!(
        (&orders["blocks_reads"], &orders["blocks_writes"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(orders["held_by"], held("002", "second"));
    let moods = one(&report["locks"], "relation", "public.moods");
    assert_eq!(
        (&moods["mode"], &moods["blocks_reads"]),
        (&json!("SHARE"), &json!(false))
    );
    assert_eq!(moods["held_by"], held("003", "third"));
    let items = one(&report["locks"], "relation", "public.items");
    assert_eq!(items["held_by"], held("003", "third"));

    let orders = one(&report["tables"], "table", "public.orders");
    assert_eq!(orders["rows_estimate"], 1234);
    assert_eq!(orders["rewritten"], true);
    assert_eq!(orders["updated"], 10);
    assert_eq!(
        (&orders["inserted"], &orders["deleted"]),
        (&json!(0), &json!(0))
    );
    assert!(orders["full_scans"].as_u64().unwrap() > 0);
    let items = one(&report["tables"], "table", "public.items");
    assert_eq!(
        (&items["rewritten"], &items["emptied"]),
        (&json!(false), &json!(true))
    );

    let fresh = one(&report["schema_changes"], "object", "table public.fresh");
    assert_eq!(fresh["change"], "added");
    let altered = one(
        &report["schema_changes"],
        "object",
        "column public.empty_one.id",
    );
    assert_eq!(altered["change"], "altered");
    assert_eq!(
        altered["properties"][0],
        json!({"property": "type", "before": "bigint", "after": "integer"})
    );
    assert_eq!(report["notices"], json!(["NOTICE: hello"]));
    assert_eq!(
        report["sequences_advanced"],
        json!([{"sequence": "public.numbers", "before": null, "after": 1}])
    );
    let loss = one(&report["destructive"], "action", "truncate public.items");
    assert_eq!((&loss["rows"], &loss["takes"]), (&json!(5), &json!("rows")));
    assert_eq!(
        (&loss["must_be_named"], &report["allow_destructive"]),
        (&json!(false), &json!([]))
    );
    shop.stays(&before);

    // Beside it, for people: the same value, so the same words.
    let both = [
        "setup",
        "shop",
        "--dry-run",
        "--report",
        "json=plan.json",
        "--report",
        "pretty",
    ];
    let shown = shop.run(&both);
    says(
        &shown,
        0,
        &[
            "✅ shop: 002_second (sql/shop/002_second.sql, by Ada): 5 statements",
            "NOTICE: hello",
        ],
    );
    let file = std::fs::read_to_string(shop.project.path().join("plan.json")).unwrap();
    assert_eq!(dry_run_faults(&file), None);
}

#[test]
fn what_destroys_is_told_with_its_place_and_its_name() {
    let shop = Shop::new();
    let mut sql = "drop table items;\n  drop policy own on orders;\ndrop table empty_one;\ndo $$ begin execute 'select ' || 1; end $$;\n".to_owned();
    for at in 1..=40 {
        sql.push_str(&format!(
            "create function wide_{at}() returns int language sql as 'select 1';\n"
        ));
    }
    shop.second(&sql);
    let before = shop.state();
    let args = [
        "setup",
        "shop",
        "--dry-run",
        "--in-place",
        "--confirm",
        "production",
        "--report",
        "json",
    ];
    let run = shop.protected(&args);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let report = report(&run);
    assert_eq!(
        (&report["protected"], &report["tried_on"]),
        (&json!(true), &json!("target"))
    );
    let loss = one(&report["destructive"], "action", "drop table public.items");
    assert_eq!(
        *loss,
        json!({"action": "drop table public.items", "object": "public.items", "means": loss["means"], "takes": "rows",
               "rows": 5, "fails": false, "names": ["public.items"], "must_be_named": true,
               "place": {"file": "sql/shop/002_second.sql", "line": 1, "column": 1}})
    );
    let policy = one(&report["destructive"], "object", "public.orders");
    assert_eq!(policy["takes"], "protection");
    assert_eq!(
        (&policy["place"]["line"], &policy["place"]["column"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(policy["must_be_named"], true);
    // Where no row is, nothing has to be named.
    let empty = one(&report["destructive"], "object", "public.empty_one");
    assert_eq!(empty["must_be_named"], false);
    assert_eq!(report["rows_at_risk"], 5);
    assert_eq!(report["not_looked_at"][0]["name"], "unseen");
    assert_eq!(report["not_looked_at"][0]["must_be_named"], true);
    assert_eq!(report["not_looked_at"][0]["place"]["line"], 4);
    assert_eq!(
        report["allow_destructive"],
        json!(["public.items", "public.orders.own", "unseen"])
    );
    // People are shown 30.
    let added = each(&report["schema_changes"], "change");
    assert_eq!(added.iter().filter(|it| **it == "added").count(), 40);
    shop.stays(&before);
}

#[test]
fn what_fails_is_told_with_what_was_before_it() {
    let shop = Shop::new();
    shop.second("create table a (id int);");
    let third = "create table b (id int);\n\n  insert into orders (total) values (null);";
    shop.project
        .write("sql/shop/003_third.sql", third.as_bytes());
    shop.project
        .write("sql/shop/004_fourth.sql", b"create table c (id int);");
    let before = shop.state();
    let run = shop.run(&["setup", "shop", "--dry-run", "--report", "json"]);
    says(&run, 5, &["--> sql/shop/003_third.sql:3:3"]);
    let failed = report(&run);
    assert_eq!(
        (&failed["outcome"], &failed["tried_on"]),
        (&json!("failed"), &json!("target"))
    );
    assert_eq!(
        each(&failed["suites"][0]["steps"], "outcome"),
        ["works", "failed", "not_reached"]
    );
    assert_eq!(
        failed["error"]["place"],
        json!({"file": "sql/shop/003_third.sql", "line": 3, "column": 3})
    );
    assert!(
        failed["error"]["message"]
            .as_str()
            .unwrap()
            .contains("23502")
    );
    assert!(
        failed["error"]["notes"]
            .to_string()
            .contains("nothing was applied")
    );
    shop.stays(&before);

    // What the server does not understand it says before it runs anything.
    shop.project
        .write("sql/shop/003_third.sql", b"create tabel b (id int);");
    let run = shop.run(&["setup", "shop", "--dry-run", "--report", "json"]);
    assert_eq!(
        each(&report(&run)["suites"][0]["steps"], "outcome"),
        ["not_reached", "failed", "not_reached"]
    );

    // It did not come to a trial.
    let run = shop.project.run([
        "setup",
        "shop",
        "--dry-run",
        "--report",
        "json",
        "--target",
        "postgresql://postgres:hunter2hunter2@localhost:1/shop",
    ]);
    let none = report(&run);
    assert_eq!(
        (run.code, &none["suites"], &none["tried_on"]),
        (4, &json!([]), &Value::Null)
    );
    assert!(!run.out.contains("hunter2"), "{}", run.out);
}

#[test]
fn what_cannot_be_tried_has_its_reason() {
    let shop = Shop::new();
    shop.second("create table a (id int);\ncreate index concurrently on orders (note);");
    shop.project
        .write("sql/shop/003_third.sql", b"create table b (id int);");
    let run = shop.run(&["setup", "shop", "--dry-run", "--report", "json"]);
    let partly = report(&run);
    assert_eq!((run.code, &partly["outcome"]), (3, &json!("partly")));
    let steps = &partly["suites"][0]["steps"];
    assert_eq!(each(steps, "outcome"), ["not_tried", "works"]);
    assert_eq!(steps[0]["seconds"], Value::Null);
    assert_eq!(steps[0]["not_tried"]["place"]["line"], 2);
    let reason = steps[0]["not_tried"]["reason"].as_str().unwrap();
    assert!(reason.ends_with("cannot run in a transaction"), "{reason}");
}

#[test]
fn nothing_to_do_is_told_and_so_is_a_rollback() {
    let shop = Shop::new();
    let run = shop.run(&["setup", "shop", "--dry-run", "--report", "json"]);
    let nothing = report(&run);
    assert_eq!(
        (run.code, &nothing["outcome"]),
        (0, &json!("nothing_to_do"))
    );
    assert_eq!(nothing["suites"][0]["nothing_to_do"], "nothing is pending");

    let line = "rollback shop --all --dry-run --report json";
    let args: Vec<&str> = line.split(' ').collect();
    let run = shop.run(&args);
    assert_ne!(run.code, 0);
    let refused = report(&run);
    assert_eq!(
        (&refused["command"], &refused["outcome"]),
        (&json!("rollback"), &json!("failed"))
    );
    let why = refused["error"]["message"].as_str().unwrap();
    assert!(run.err.contains(why) && why.contains("rollback"), "{why}");
    shop.project
        .write("sql/shop/001_first.rollback.sql", b"drop table items;");
    let run = shop.run(&args);
    let back = report(&run);
    assert_eq!((run.code, &back["command"]), (0, &json!("rollback")));
    assert_eq!(
        back["suites"][0]["steps"][0]["file"],
        "sql/shop/001_first.rollback.sql"
    );
    assert_eq!(back["rows_at_risk"], 5);
}

#[test]
fn no_secret_is_in_it() {
    let shop = Shop::new();
    shop.second(
        "do $$ begin raise notice 'postgresql://me:hunter2hunter2@db/x'; end $$;\n\
         comment on table orders is 'postgresql://me:hunter2hunter2@db/x';",
    );
    let run = shop.run(&["setup", "shop", "--dry-run", "--report", "json=plan.json"]);
    let file = std::fs::read_to_string(shop.project.path().join("plan.json")).unwrap();
    assert_eq!(dry_run_faults(&file), None);
    for text in [&file, &run.out] {
        assert!(text.contains("postgresql://me:…@db/x"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn other_forms_are_refused_before_anything_runs() {
    let shop = Shop::new();
    shop.second("create table a (id int);");
    for form in ["junit", "junit=a.xml"] {
        let run = shop.run(&["setup", "shop", "--dry-run", "--report", form]);
        says(
            &run,
            2,
            &["a dry run has no tests to report: there are pretty and json"],
        );
        assert_eq!(run.out, "");
    }
    // Nor is one promised where none is made.
    let run = shop.run(&["setup", "shop", "--yes", "--report", "json"]);
    says(&run, 2, &["--dry-run"]);
    let run = shop.run(&[
        "setup",
        "shop",
        "--dry-run",
        "--report",
        "json=nowhere/a.json",
    ]);
    says(&run, 2, &["there is no folder nowhere"]);
    assert_eq!(
        shop.run(&["status", "--exit-code"]).code,
        1,
        "002 is pending still"
    );
}

#[test]
fn what_a_copy_cannot_say_is_told() {
    let shop = Shop::new();
    if !crate::shadow::has_pg_dump(&shop) {
        return;
    }
    shop.second("alter table orders add constraint small check (total < 100);\nalter table orders alter note set not null;");
    let run = shop.protected(&["setup", "shop", "--dry-run", "--report", "json"]);
    let copied = report(&run);
    assert_eq!(
        (run.code, &copied["outcome"], &copied["tried_on"]),
        (5, &json!("fails_on_rows"), &json!("copy"))
    );
    assert!(copied["copy"].is_string());
    assert!(
        copied["target"]
            .as_str()
            .unwrap()
            .starts_with("production (")
    );
    assert_eq!(copied["destructive"][0]["fails"], true);
    let unknown = &copied["not_known"][0];
    assert_eq!(unknown["table"], "public.orders");
    assert_eq!(unknown["place"]["line"], 1);
    // The copy has no rows: these are the target's.
    let orders = one(&copied["tables"], "table", "public.orders");
    assert_eq!(orders["rows_estimate"], 1234);

    shop.second("drop table items;\ndrop table nowhere;");
    let run = shop.protected(&["setup", "shop", "--dry-run", "--report", "json"]);
    let failed = report(&run);
    assert_eq!(
        (run.code, &failed["outcome"], &failed["tried_on"]),
        (5, &json!("failed"), &json!("copy"))
    );
    assert_eq!(failed["error"]["place"]["line"], 2);
    assert_eq!(failed["rows_at_risk"], 5);
}
