use super::*;
use crate::checks::{Finding, Outcome, Severity};
use crate::report::{Entry, SuiteReport};
use crate::source::Source;

fn choice(text: &str) -> Pattern {
    Pattern::choice(text, &kinds()).unwrap()
}

#[test]
fn a_pattern_names_kinds_and_names() {
    let table = |pattern: &str| choice(pattern).matches(&["tables", "table"], "public.orders");
    for pattern in [
        "tables",
        "table",
        "table:orders",
        "tables:orders",
        "*:orders",
        "orders",
        "public.orders",
        "public.*",
        "ord*",
        "order?",
        "/^ord/",
        "table:/s$/",
        "*",
    ] {
        assert!(table(pattern), "{pattern}");
    }
    for pattern in [
        "indexes",
        "index:orders",
        "order",
        "rders",
        "app.*",
        "app.orders",
        "order??",
        "/^rd/",
        "smoke",
        "requires",
        "table:tables",
        "Orders",
    ] {
        assert!(!table(pattern), "{pattern}");
    }
}

#[test]
fn names_are_matched_as_a_report_or_a_suite_writes_them() {
    let matches = |pattern: &str, kind: &str, name: &str| choice(pattern).matches(&[kind], name);
    let policy = "\"read all\" on public.orders";
    for pattern in [
        "read all",
        "\"read all\"",
        "orders",
        "public.orders",
        "policies:read*",
    ] {
        assert!(matches(pattern, "policy", policy), "{pattern}");
    }
    assert!(!matches("read", "policy", policy) && !matches("all", "policy", policy));
    for pattern in [
        "total",
        "public.total",
        "total(uuid, text)",
        "functions:total",
    ] {
        assert!(
            matches(pattern, "function", "public.total(uuid, text)"),
            "{pattern}"
        );
    }
    for pattern in ["a.b", "odd.a.b", "\"a.b\"", "*:a.b"] {
        assert!(matches(pattern, "table", "odd.\"a.b\""), "{pattern}");
    }
    assert!(!matches("b", "table", "odd.\"a.b\""));
    assert!(matches("say \"hi\"", "table", "public.\"say \"\"hi\"\"\""));
    assert!(matches("smoke:Order*", "smoke", "Order insertion works"));
    assert!(matches("*:Order: works", "smoke", "Order: works"));
    let column = |pattern: &str| {
        Pattern::object(pattern)
            .unwrap()
            .matches(&["column"], "public.orders.note")
    };
    assert!(column("orders.note") && column("column:orders.*") && column("public.orders.*"));
    assert!(!column("orders") && !column("note") && !column("table:orders.note"));
    // A word that is a kind is a name where the code says the kind already.
    assert!(!column("columns"));
}

#[test]
fn a_kind_is_singular_or_plural_and_its_words_may_be_joined() {
    let same = |pattern: &str, kind: &str| {
        Pattern::object(&format!("{pattern}:x"))
            .unwrap()
            .matches(&[kind], "x")
    };
    assert!(same("foreign_tables", "foreign table") && same("policies", "policy"));
    assert!(same("Indexes", "index") && same("cron-job", "cron_jobs"));
    assert!(!same("table", "foreign table"));
}

#[test]
fn what_cannot_be_read_says_why() {
    let error = |text: &str| Pattern::choice(text, &kinds()).unwrap_err();
    assert!(error("tabels:orders").contains("did you mean `tables`?"));
    assert!(error("Order: works").contains("`*:Order: works`"));
    assert!(error("").contains("names nothing") && error("table:").contains("names nothing"));
    assert!(error("/(/").contains("unclosed group"));
    assert!(error("/(a{900}){900}/").contains("size limit"));
}

const SUITE: &str = "
requires:
  schemas: {auth: present}
tables: {orders: {}, items: {}}
indexes: {orders_idx: {table: orders, columns: [id]}}
smoke:
  - {name: Orders can be made, run: select 1}
  - {name: Items can be made, run: select 1}
";

/// What is left of the suite, and what is said of the rest.
fn left(only: &[&str], skip: &[&str], no_smoke: bool) -> (String, String) {
    let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let filter = Filter::new(&owned(only), &owned(skip), no_smoke).unwrap();
    let mut suite = crate::expect::parse(&Source::new("s.yaml", SUITE), "s").unwrap();
    let left_out = filter.apply(&mut suite);
    let checks = suite.checks.iter().map(|check| check.subject.to_string());
    let steps = suite.smoke.iter().map(|step| step.step.name.value.clone());
    let said = left_out
        .iter()
        .map(|left| format!("{} by {}", left.count, left.option));
    (
        checks.chain(steps).collect::<Vec<_>>().join(", "),
        said.collect::<Vec<_>>().join(", "),
    )
}

#[test]
fn what_is_left_out_is_counted_by_option() {
    let all = "schema auth, table public.orders, table public.items, index public.orders_idx, Orders can be made, \
               Items can be made";
    assert_eq!(left(&[], &[], false), (all.to_owned(), String::new()));
    let only = left(&["orders", "smoke:Items*"], &[], false);
    assert_eq!(
        only.0,
        "schema auth, table public.orders, Items can be made"
    );
    assert_eq!(only.1, "3 by --only orders --only smoke:Items*");
    let skip = left(&[], &["tables", "orders*", "requires"], false);
    assert_eq!(skip.0, "Orders can be made, Items can be made");
    assert_eq!(
        skip.1,
        "1 by --skip requires, 2 by --skip tables, 1 by --skip orders*"
    );
    let both = left(&["tables", "smoke"], &["items"], true);
    assert_eq!(both.0, "schema auth, table public.orders");
    assert_eq!(
        both.1,
        "1 by --skip items, 1 by --only tables --only smoke, 2 by --no-smoke"
    );
}

#[test]
fn what_matches_nothing_is_told() {
    let suite = crate::expect::parse(&Source::new("s.yaml", SUITE), "s").unwrap();
    let texts = |texts: [&str; 2]| texts.map(ToOwned::to_owned);
    let filter = Filter::new(
        &texts(["orders", "ordres"]),
        &texts(["views*", "smoke"]),
        false,
    )
    .unwrap();
    let unmatched = filter.unmatched(std::iter::once(&suite));
    assert_eq!(unmatched.only, ["--only ordres"]);
    assert_eq!(unmatched.skip, ["--skip views*"]);
}

fn finding(code: &'static str, kind: &'static str, subject: &str, severity: Severity) -> Finding {
    Finding {
        code,
        severity,
        kind,
        subject: subject.to_owned(),
        property: "",
        expected: String::new(),
        found: String::new(),
        origin: None,
        note: None,
        help: None,
    }
}

fn suite(name: &str, findings: Vec<Finding>) -> SuiteReport {
    let mut suite = SuiteReport::new(name, name, "t");
    suite.group("", "G", None).entries = vec![Entry {
        subject: "table public.t".to_owned(),
        label: "t".to_owned(),
        origin: None,
        quiet: false,
        compared: 2,
        outcome: Outcome::of(findings),
        ignored: Vec::new(),
    }];
    suite
}

fn ignore(suite: Option<&str>, code: &str, object: &str, until: Option<&str>) -> Ignore {
    Ignore {
        suite: suite.map(ToOwned::to_owned),
        code: code.to_owned(),
        object: Pattern::object(object).unwrap(),
        reason: "known".to_owned(),
        until: until.map(|date| date.parse().unwrap()),
        origin: Source::new("supaproof.toml", "").origin(0..0),
    }
}

fn apply(entries: Vec<Ignore>, suites: &mut [SuiteReport], whole: bool) -> Vec<String> {
    let today = "2026-05-01".parse().unwrap();
    let list = IgnoreList { entries, today };
    let warnings = list.apply(suites, whole);
    warnings.into_iter().map(|w| w.message).collect()
}

fn two() -> Vec<Finding> {
    vec![
        finding(
            "column-type",
            "column",
            "column public.t.a",
            Severity::Error,
        ),
        finding(
            "column-default",
            "column",
            "column public.t.a",
            Severity::Warning,
        ),
    ]
}

/// Findings that count and those that do not.
fn counted(suite: &SuiteReport) -> (usize, usize, bool) {
    let entry = &suite.groups[0].entries[0];
    match &entry.outcome {
        Outcome::Pass(findings) => (findings.len(), entry.ignored.len(), true),
        Outcome::Fail(findings) => (findings.len(), entry.ignored.len(), false),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_entry_takes_just_its_findings() {
    for (entry, expected) in [
        (ignore(None, "column-type", "t.a", None), (1, 1, true)),
        (
            ignore(Some("s"), "column-default", "t.*", None),
            (1, 1, false),
        ),
        (
            ignore(Some("other"), "column-type", "t.a", None),
            (2, 0, false),
        ),
        (ignore(None, "column-type", "t.b", None), (2, 0, false)),
        (
            ignore(None, "column-nullability", "t.a", None),
            (2, 0, false),
        ),
        (
            ignore(None, "column-type", "table:t.a", None),
            (2, 0, false),
        ),
        // The last day counts, the day after does not.
        (
            ignore(None, "column-type", "t.a", Some("2026-05-01")),
            (1, 1, true),
        ),
        (
            ignore(None, "column-type", "t.a", Some("2026-04-30")),
            (2, 0, false),
        ),
    ] {
        let mut suites = [suite("s", two())];
        apply(vec![entry.clone()], &mut suites, true);
        assert_eq!(counted(&suites[0]), expected, "{entry:?}");
    }
}

#[test]
fn an_entry_without_a_finding_is_told_where_that_is_certain() {
    let unused = || vec![ignore(None, "column-type", "t.b", None)];
    let own = || vec![ignore(Some("s"), "column-type", "t.b", None)];
    let said = |entries, whole| apply(entries, &mut [suite("s", two())], whole).len();
    assert_eq!(said(unused(), true), 1);
    assert_eq!(
        said(unused(), false),
        0,
        "another suite may have the finding"
    );
    assert_eq!(said(own(), false), 1);
    assert_eq!(
        said(
            vec![ignore(Some("other"), "column-type", "t.b", None)],
            true
        ),
        0
    );
    assert_eq!(
        said(vec![ignore(None, "column-type", "t.a", None)], true),
        0
    );
    let mut partial = [suite("s", two())];
    partial[0].left_out.push(LeftOut {
        option: "--skip x".to_owned(),
        count: 1,
    });
    assert!(apply(own(), &mut partial, true).is_empty());
    let mut ended = [suite("s", two())];
    ended[0].error = Some(crate::error::Error::usage("x"));
    assert!(apply(own(), &mut ended, true).is_empty());
    // That it has expired is told in any case.
    let expired = vec![ignore(None, "column-type", "t.a", Some("2026-04-30"))];
    let said = apply(expired, &mut partial, false);
    assert!(said[0].contains("held until 2026-04-30"), "{said:?}");
}
