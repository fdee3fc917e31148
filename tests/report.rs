//! Reports on what a database says that would break them.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::Value;
use support::{Project, Server, report_faults};

/// Comments, labels and messages of a database are anyone's text.
const TEXT: &str = "two\nlines \u{1b}[31mred\u{1b}[0m \u{202e}drawkcab ]]></failure> \"&' \u{7}end";
const POLICY: &str = "p\n✅ all is well";

#[test]
fn no_value_breaks_a_report() {
    let server = Server::start();
    server.copy(supaproof::platform::DATABASE, "odd");
    let long = "é".repeat(50_000);
    let text = TEXT.replace('\'', "''");
    server.sql(
        "odd",
        &format!(
            "create table t (a int); comment on table t is '{text}{long}';
             alter table t enable row level security;
             create policy \"{POLICY}\" on t;
             create function raise() returns void language plpgsql as $$begin raise '%', '{text}'; end$$;",
        ),
    );
    let project = Project::new(&[("validations/odd.yaml", "")]);
    let yaml = "tables:\n  t: {comment: plain}\npolicies:\n  items:\n    t: {}\nsmoke:\n  - {name: It works, run: select raise()}\n";
    project.write("validations/odd.yaml", yaml.as_bytes());
    let run = project.run([
        "check",
        "odd",
        "--target",
        &server.target("odd"),
        "--report",
        "json=out.json",
        "--report",
        "junit=out.xml",
    ]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    // The pretty report is shown where both of the others go to files.
    let bad = run
        .out
        .chars()
        .find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
    assert_eq!(bad, None, "{}", run.out);
    let findings: Vec<&str> = run.out.lines().filter(|l| l.starts_with('❌')).collect();
    assert_eq!(findings.len(), 3, "{}", run.out);
    let passes = run.out.lines().filter(|line| line.starts_with("✅"));
    assert_eq!(passes.count(), 0, "{}", run.out);
    assert!(run.out.len() < 4_000, "{}", run.out.len());

    let file = |name: &str| std::fs::read_to_string(project.path().join(name)).unwrap();
    let json = file("out.json");
    assert_eq!(report_faults(&json), None);
    let json: Value = serde_json::from_str(&json).unwrap();
    let found = |group: usize| {
        let result = &json["suites"][0]["groups"][group]["results"][0];
        result["findings"][0]["found"].as_str().unwrap().to_owned()
    };
    // Whole: `{:?}` is how a report writes a text in quotes.
    assert_eq!(found(0), format!("{:?}", format!("{TEXT}{long}")));
    assert!(found(2).contains(TEXT), "{}", found(2));
    let xml = file("out.xml");
    let mut reader = quick_xml::Reader::from_str(&xml);
    let mut failures = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(s) if s.name().as_ref() == b"failure" => failures += 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(failures, 3);
    assert!(xml.contains(&long) && !xml.contains('\u{1b}'));
}
