//! Expectation files that are wrong in ways of their own: their names, their size, the files that they include.

use std::time::{Duration, Instant};

use supaproof::catalog::Selection;
use supaproof::expect;
use supaproof::source::Source;

use crate::support::Project;
use crate::transcript::{Transcript, nobody};

const SETUP: (&str, &str) = ("sql/shop/001_first.sql", "create table orders (id int);\n");
const BACK: (&str, &str) = ("sql/shop/001_first.rollback.sql", "drop table orders;\n");

fn project(files: &[(&str, &str)]) -> Project {
    Project::new(&[&[SETUP, BACK], files].concat())
}

#[test]
fn what_is_wrong_in_the_language_is_shown_at_its_place() {
    let mut transcript = Transcript::default();
    let deep = format!(
        "profiles: {{}}\nflavours: {}{}\n",
        "[".repeat(100),
        "]".repeat(100)
    );
    let columns: String = (0..400).map(|n| format!("c{n}: text, ")).collect();
    let tables: String = (0..400).map(|n| format!("  t{n}: *t\n")).collect();
    let bomb = format!("tables:\n  t: &t {{columns: {{{columns}}}}}\n{tables}");
    for (title, yaml) in [
        ("a key in upper case", "Tables:\n  orders: {}\n"),
        (
            "a key of a table in upper case",
            "tables:\n  orders:\n    Columns: {}\n",
        ),
        (
            "keys that differ by case alone",
            "tables:\n  orders:\n    rls: true\n    RLS: false\n",
        ),
        (
            "sections that differ by case alone",
            "tables: {orders: {}}\nTABLES: {items: {}}\n",
        ),
        (
            "a list where a name goes",
            "tables:\n  orders:\n    owner: [5]\n",
        ),
        (
            "a mark in front",
            "\u{feff}tables:\n  orders:\n    rls: perhaps\n",
        ),
        ("a number where a table goes", "tables:\n  orders: 5\n"),
        (
            "a list where a table goes",
            "tables:\n  orders: [postgres, true]\n",
        ),
        (
            "a regular expression that is not closed",
            "tables:\n  /^ord(/: absent\n",
        ),
        (
            "a regular expression that explodes",
            "tables:\n  /(o{900}){900}/: absent\n",
        ),
        ("too deep", &deep),
        ("aliases that multiply", &bomb),
        ("a merge of no mapping", "tables:\n  orders: {<<: 5}\n"),
        (
            "the same object twice",
            "tables:\n  orders: {}\n  public.orders: {}\n",
        ),
        (
            "a variable without a value",
            "tables:\n  orders:\n    owner: ${SHOP_OWNER}\n",
        ),
        (
            "a variable that is near one of the profile",
            "title: ${TENAMT}\nprofiles: {live: {TENANT: a}}\n",
        ),
        (
            "a secret",
            "tables:\n  orders:\n    comment: ${SHOP_PASSWORD}\n",
        ),
        (
            "a value that is none of a variable's",
            "tables:\n  orders:\n    rls: ${SHOP_RLS}\n",
        ),
        ("a variable in the wrong letters", "title: ${1shop}\n"),
        ("a file that is not there", "include: shop/tables.yaml\n"),
        (
            "a file outside of the project",
            "include: ../../other.yaml\n",
        ),
        ("a folder", "include:\n  - ../sql\n"),
        ("a file that includes itself", "include: shop.yaml\n"),
    ] {
        let project = project(&[("validations/shop.yaml", yaml)]);
        let env = [
            ("SHOP_PASSWORD", "s3cr3t"),
            ("SHOP_RLS", "s3cr3t"),
            ("SUPAPROOF_PROFILE", "live"),
        ];
        let run = transcript.run_with(
            title,
            &project,
            &["check", "shop", "--target", &nobody()],
            &env,
            2,
        );
        transcript.expect(run.err.contains("validations/shop.yaml"), title, &run);
    }
    let profiles = [(
        "validations/shop.yaml",
        "profiles: {staging: {}, live: {}}\n",
    )];
    let args = [
        "check",
        "shop",
        "--profile",
        "stagin",
        "--target",
        &nobody(),
    ];
    transcript.run("an unknown profile", &project(&profiles), &args, 2);
    let files = [
        (
            "validations/shop.yaml",
            "include: shop/tables.yaml\ntables:\n  orders: {}\n",
        ),
        (
            "validations/shop/tables.yaml",
            "tables:\n  orders: {rls: true}\n",
        ),
    ];
    let args = ["check", "shop", "--target", &nobody()];
    transcript.run("the same object in two files", &project(&files), &args, 2);
    let files = [
        ("validations/shop.yaml", "include: shop/tables.yaml\n"),
        (
            "validations/shop/tables.yaml",
            "tables:\n  orders:\n    colums: {}\n",
        ),
    ];
    let run = transcript.run("a mistake in an included file", &project(&files), &args, 2);
    let place = run.err.contains("validations/shop/tables.yaml:3:5");
    transcript.expect(place, "the place is in the included file", &run);
    transcript.accept("language");
}

/// The name of a section, and its lines about the n-th table.
type Section = (&'static str, fn(usize) -> String);

/// Reading a file of twice the size takes twice the work, whatever is in it: counted, since time tells less.
#[test]
fn what_a_file_costs_grows_as_its_size() {
    let sections: [Section; 7] = [
        ("tables", |n| {
            let columns = "{id: uuid not null, a: text, b: integer}";
            format!(
                "    t{n}:\n      rls: true\n      columns: {columns}\n      primary_key: [id]\n      foreign_keys: {{a: other (id)}}\n"
            )
        }),
        ("indexes", |n| {
            format!(
                "    t{n}_a: {{table: t{n}, columns: [a, b]}}\n    t{n}_b: {{table: t{n}, columns: [b]}}\n"
            )
        }),
        ("policies", |n| {
            format!(
                "    t{n}: {{own: {{command: select, using: a = b}}, other: {{command: all, using: 'true'}}}}\n"
            )
        }),
        ("triggers", |n| {
            format!("    t{n}: {{touch: {{timing: before, events: [update]}}}}\n")
        }),
        ("functions", |n| {
            format!("    f{n}(a integer, b text): {{returns: integer, language: sql}}\n")
        }),
        ("enums", |n| format!("    e{n}: [one, two, three]\n")),
        ("views", |n| {
            format!("    v{n}: {{columns: {{a: text}}, security_invoker: true}}\n")
        }),
    ];
    let all = |tables: usize| -> String {
        let text = |(name, one): &Section| {
            let items = (0..tables).map(one).collect::<String>();
            format!("{name}:\n  others: refused\n  items:\n{items}")
        };
        sections.iter().map(text).collect()
    };
    let cost = |tables: usize| {
        let source = Source::new("validations/shop.yaml", all(tables));
        let mut read = 0;
        let counted = allocation_counter::measure(|| {
            let expectations = expect::parse(&source, "shop").unwrap();
            let needs = expectations.checks.iter().map(|check| check.needs());
            let _ = needs.fold(Selection::default(), Selection::with);
            read = expectations.checks.len();
        });
        assert!(read > 8 * tables, "{read} of {tables}");
        (counted.count_total, counted.bytes_total)
    };
    let (once, twice) = (cost(200), cost(400));
    for (one, two) in [(once.0, twice.0), (once.1, twice.1)] {
        assert!(two < one * 9 / 4, "{one} and {two}");
    }
}

/// 50,000 lines are read, examined and reported in seconds: nothing takes the square of their number.
#[test]
fn a_large_file_takes_no_longer_than_its_size() {
    let lines = |tables: usize| -> String {
        let columns: String = (0..23)
            .map(|n| format!("      c{n}: text not null\n"))
            .collect();
        let tables = (0..tables).map(|n| format!("  t{n}:\n    columns:\n{columns}"));
        format!("tables:\n{}", tables.collect::<String>())
    };
    let taken = |tables: usize| {
        let project = Project::new(&[("validations/shop.yaml", &lines(tables))]);
        let start = Instant::now();
        let run = project.run(["check", "shop", "--report", "json"]);
        assert_eq!(run.code, 1, "{}", run.err);
        assert_eq!(run.out.matches("table-missing").count(), tables);
        start.elapsed()
    };
    let (small, large) = (taken(200), taken(2000));
    assert!(
        large < small * 10 + Duration::from_secs(10),
        "{small:?} and {large:?}"
    );
}
