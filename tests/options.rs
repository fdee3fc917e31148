//! What is checked of a suite and what of its findings counts: the options of `check`, and the ignore list.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::Value;
use support::{Project, Run, Server, report_faults};

const SQL: &str = "create table orders (id bigint primary key, note text);
create table items (id bigint primary key);
create index items_note on items (id);
";
const SHOP: &str = "title: Shop
requires:
  schemas:
    auth: present
tables:
  orders:
    columns:
      id: bigint not null
      note: text
  items: {}
indexes:
  items_note: {table: items, columns: [id]}
smoke:
  - name: Orders can be made
    run: insert into orders values (1)
";
const STEPS: &str = "smoke:
  - name: One is one
    run: select 1
";

/// Two suites on one database that has what they expect.
struct Shop {
    server: Server,
    project: Project,
}

impl Shop {
    fn new() -> Self {
        let server = Server::start();
        server.copy(supaproof::platform::DATABASE, "shop");
        server.sql("shop", SQL);
        let project = Project::new(&[
            ("validations/shop.yaml", SHOP),
            ("validations/steps.yaml", STEPS),
        ]);
        Self { server, project }
    }

    fn check(&self, line: &str) -> Run {
        let target = self.server.target("shop");
        let args = ["check", "--target", &target];
        self.project.run(
            args.into_iter()
                .chain(line.split(' ').filter(|w| !w.is_empty())),
        )
    }

    /// Its JSON report beside the pretty one and JUnit's, at once.
    fn reports(&self, line: &str) -> (Run, Value) {
        let run = self.check(&format!(
            "{line} --report pretty --report json=out.json --report junit=out.xml"
        ));
        let file = |name: &str| std::fs::read_to_string(self.project.path().join(name)).unwrap();
        let json = file("out.json");
        assert_eq!(report_faults(&json), None);
        assert!(file("out.xml").starts_with("<?xml"), "{}", file("out.xml"));
        let json = serde_json::from_str(&json).unwrap();
        (run, json)
    }

    fn ignore(&self, entries: &str) {
        self.project.write("supaproof.toml", entries.as_bytes());
    }
}

#[track_caller]
fn says(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{}{}", run.out, run.err);
    for word in words {
        assert!(run.out.contains(word), "{word}\n{}{}", run.out, run.err);
    }
}

#[test]
fn a_choice_is_checked_and_the_rest_is_told() {
    let shop = Shop::new();
    let whole = shop.check("shop");
    says(&whole, 0, &["✅ orders table exists", "Orders can be made"]);
    assert!(!whole.out.contains("left out"), "{}", whole.out);

    let (run, json) = shop.reports("shop --only table:orders");
    says(
        &run,
        0,
        &[
            "✅ orders table exists",
            "2 passed, 3 left out\n⏭️  left out: 3 by --only table:orders\n",
        ],
    );
    assert!(!run.out.contains("items") && !run.out.contains("Orders can be made"));
    let suite = &json["suites"][0];
    assert_eq!(suite["left_out"][0]["option"], "--only table:orders");
    assert_eq!(suite["left_out"][0]["count"], 3);
    let xml = std::fs::read_to_string(shop.project.path().join("out.xml")).unwrap();
    assert!(
        xml.contains("<system-out>3 left out by --only table:orders</system-out>"),
        "{xml}"
    );

    let run = shop.check("shop --skip tables --skip index:items* -q");
    says(
        &run,
        0,
        &["⏭️  left out: 2 by --skip tables, 1 by --skip index:items*\n"],
    );
    // What is left out is not looked at: it may be wrong.
    shop.server.sql("shop", "drop table items cascade");
    says(
        &shop.check("shop --skip items --skip items_note"),
        0,
        &["3 passed, 2 left out\n"],
    );
    says(
        &shop.check("shop --skip items"),
        3,
        &["⏭️  index public.items_note: skipped, its table items is not there"],
    );
}

#[test]
fn without_smoke_steps_a_login_that_may_only_read_will_do() {
    let shop = Shop::new();
    shop.server.sql(
        "shop",
        "alter database shop set default_transaction_read_only = on",
    );
    says(
        &shop.check("shop"),
        1,
        &["read-only transaction", "`check --no-smoke`"],
    );
    let (run, json) = shop.reports("shop --no-smoke");
    says(
        &run,
        0,
        &["4 passed, 1 left out", "⏭️  left out: 1 by --no-smoke\n"],
    );
    assert_eq!(json["suites"][0]["left_out"][0]["option"], "--no-smoke");
    // Of steps alone nothing is left.
    let run = shop.check("steps --no-smoke");
    says(
        &run,
        3,
        &["❌ nothing was checked: nothing is left of the suite (left out: 1 by --no-smoke)"],
    );
    // The worst of several suites.
    says(
        &shop.check("--no-smoke"),
        3,
        &["✅ shop", "❌ steps: nothing was checked"],
    );
}

#[test]
fn a_choice_that_leaves_nothing_is_no_pass() {
    let shop = Shop::new();
    // Nobody waits for a connection for this.
    let nowhere = |line: &str| {
        let words = line.split(' ').filter(|w| !w.is_empty());
        let start = ["check", "--target", "postgresql://nobody@127.0.0.1:1/x"];
        shop.project.run(start.into_iter().chain(words))
    };
    for line in [
        "--only ordres",
        "shop --only orders --only ordres",
        "--only steps",
    ] {
        let run = nowhere(line);
        assert_eq!((run.code, run.out.as_str()), (3, ""), "{line}");
        assert!(run.err.contains("nothing matches --only"), "{}", run.err);
    }
    for line in [
        "shop --only tabels:orders",
        "shop --skip /(/",
        "--only=",
        "--list --report json",
    ] {
        assert_eq!(nowhere(line).code, 2, "{line}");
    }
    let run = nowhere("shop --skip *");
    says(&run, 3, &["nothing is left of the suite (left out: "]);
    let run = shop.check("shop --only requires");
    says(&run, 3, &["only preconditions are left (left out: "]);
    // A suite with nothing of what was asked for is no part of the run.
    let (run, json) = shop.reports("--only tables");
    says(
        &run,
        0,
        &["✅ shop: ", "⏭️  steps: left out: 1 by --only tables\n"],
    );
    assert_eq!(json["suites"][1]["exit_code"], 0);
    let quiet = shop.check("--only tables -q");
    says(&quiet, 0, &["⏭️  steps: left out: 1 by --only tables\n"]);
    // What is mistyped leaves nothing out, and that is told.
    let warned = "⚠️  nothing matches --skip ordres: nothing is left out by it\n";
    says(&shop.check("--skip ordres"), 0, &[warned]);
    says(&shop.check("--skip ordres -q --strict"), 1, &[warned]);
}

#[test]
fn a_list_connects_to_nothing() {
    let shop = Shop::new();
    let run = shop.project.run([
        "check",
        "--list",
        "--skip",
        "index:*",
        "--target",
        "postgresql://nobody@127.0.0.1:1/x",
    ]);
    let expected = "\
shop: Shop
  requires schema auth      validations/shop.yaml:4:5
  table public.orders       validations/shop.yaml:6:3
  table public.items        validations/shop.yaml:10:3
  smoke Orders can be made  validations/shop.yaml:14:11
  4 to check, 1 left out by --skip index:*

steps: steps
  smoke One is one  validations/steps.yaml:2:11
  1 to check
";
    assert_eq!(
        (run.code, run.out.as_str(), run.err.as_str()),
        (0, expected, "")
    );
    let run = shop.project.run(["check", "steps", "--list", "--no-smoke"]);
    says(&run, 3, &["  0 to check, 1 left out by --no-smoke\n"]);
}

const WRONG: &str = "tables:
  orders:
    columns:
      id: text not null
      note: {type: text, severity: warning, default: \"'x'\"}
  items: {}
";

#[test]
fn an_ignored_finding_is_shown_and_does_not_count() {
    let shop = Shop::new();
    shop.project
        .write("validations/shop.yaml", WRONG.as_bytes());
    let entry = |more: &str| {
        format!(
            "[[ignore]]\ncode = \"column-type\"\nobject = \"orders.id\"\nreason = \"moves in May\"\n{more}"
        )
    };
    says(&shop.check("shop"), 1, &["❌ column public.orders.id type"]);

    shop.ignore(&entry("suite = \"shop\"\nuntil = 2999-12-31\n"));
    let (run, json) = shop.reports("shop --strict --skip nothing_");
    says(&run, 1, &["⚠️  column public.orders.note default"]);
    let (run, json_again) = shop.reports("shop");
    let line = "⏭️  column public.orders.id type: expected text, found bigint (validations/shop.yaml:4:11); \
                ignored: moves in May (until 2999-12-31)\n";
    says(&run, 0, &[line, "2 passed, 1 warning, 1 ignored\n"]);
    assert!(
        !run.out.contains('❌') && !run.out.contains("✅ orders"),
        "{}",
        run.out
    );
    for json in [json, json_again] {
        let suite = &json["suites"][0];
        assert_eq!(suite["ignored"], 1);
        let result = &suite["groups"][0]["results"][0];
        let ignored = &result["ignored"][0];
        assert_eq!(ignored["code"], "column-type");
        assert_eq!(ignored["ignored_because"], "moves in May");
        assert_eq!(ignored["ignored_until"], "2999-12-31");
        assert_eq!(result["findings"][0]["code"], "column-default");
    }
    let xml = std::fs::read_to_string(shop.project.path().join("out.xml")).unwrap();
    assert!(
        xml.contains("ignored, moves in May: column public.orders.id type: expected text"),
        "{xml}"
    );
    // Another suite's, another object's, another code's.
    for (from, to) in [
        ("suite = \"shop\"", "suite = \"steps\""),
        ("orders.id", "orders.note"),
        ("column-type", "column-nullability"),
    ] {
        shop.ignore(&entry("suite = \"shop\"\n").replace(from, to));
        says(&shop.check("shop"), 1, &["❌ column public.orders.id type"]);
    }
    // An entry that has expired counts no more, and is told.
    shop.ignore(&entry("until = \"2020-02-29\"\n"));
    let told = "⚠️  this entry of the ignore list held until 2020-02-29 and counts no more (supaproof.toml:1:1)\n";
    says(
        &shop.check("shop -q"),
        1,
        &["❌ column public.orders.id type", told],
    );
}

#[test]
fn an_entry_that_matches_nothing_is_told() {
    let shop = Shop::new();
    shop.ignore(
        "\n[[ignore]]\ncode = \"column-type\"\nobject = \"orders.*\"\nreason = \"known\"\n",
    );
    let told = "⚠️  this entry of the ignore list matches no finding: column-type on orders.* (supaproof.toml:2:1)\n   help: Take it out.\n";
    let (run, json) = shop.reports("");
    says(&run, 0, &[told]);
    assert_eq!(json["warnings"][0]["place"]["line"], 2);
    says(&shop.check("--strict"), 1, &[told]);
    // Of a part of the project nobody can say that.
    for line in ["shop", "--skip indexes", "--only tables"] {
        let run = shop.check(line);
        says(&run, 0, &[]);
        assert!(
            !run.out.contains("matches no finding"),
            "{line}\n{}",
            run.out
        );
    }
}

#[test]
fn an_entry_that_is_not_understood_is_refused_with_its_place() {
    let project = Project::new(&[("validations/shop.yaml", SHOP)]);
    let good = "[[ignore]]\ncode = \"column-type\"\nobject = \"orders.*\"\nreason = \"known\"\nsuite = \"shop\"\nuntil = 2030-01-31\n";
    for (from, to, says) in [
        ("column-type", "colum-type", "Did you mean `column-type`?"),
        ("column-type", "rollback-rows", "cannot be ignored"),
        ("orders.*", "/(/", "unclosed group"),
        ("orders.*", "", "names nothing"),
        ("known", " ", "an entry needs a reason"),
        ("reason = \"known\"\n", "", "missing field `reason`"),
        ("object = \"orders.*\"\n", "", "missing field `object`"),
        (
            "suite = \"shop\"",
            "suite = \"shpo\"",
            "Did you mean `shop`?",
        ),
        ("2030-01-31", "2030-02-30", "2030-02-30"),
        ("2030-01-31", "\"2030-02-30\"", "2030-02-30"),
        ("2030-01-31", "\"tomorrow\"", "tomorrow is none"),
        ("2030-01-31", "2030-01-31T10:00:00Z", "`until` is a day"),
        ("2030-01-31", "2030", "`until` is a day"),
        ("until", "untill", "Did you mean `until`?"),
    ] {
        assert!(good.contains(from));
        project.write("supaproof.toml", good.replace(from, to).as_bytes());
        let run = project.run(["check", "--list"]);
        assert_eq!(run.code, 2, "{to}: {}{}", run.out, run.err);
        assert!(run.err.contains(says), "{to}: {}", run.err);
        assert!(run.err.contains("supaproof.toml:"), "{to}: {}", run.err);
    }
    project.write("supaproof.toml", good.as_bytes());
    assert_eq!(project.run(["check", "--list"]).code, 0);
}

#[test]
fn verbose_shows_what_was_compared_and_where_to_read_on() {
    let shop = Shop::new();
    shop.project
        .write("validations/shop.yaml", WRONG.as_bytes());
    let run = shop.check("shop -v");
    says(
        &run,
        1,
        &[
            "✅ items table exists (1 property compared)\n",
            "   see: supaproof explain column-type\n",
            "   see: supaproof explain column-default\n",
        ],
    );
    assert!(!shop.check("shop").out.contains("supaproof explain"));
    let quiet = shop.check("shop -q");
    assert!(!quiet.out.contains('✅'), "{}", quiet.out);
}
