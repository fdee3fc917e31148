use super::*;
use crate::checks::{Finding, Severity};
use crate::source::Source;

fn finding(severity: Severity) -> Finding {
    let source = Source::new("validations/s.yaml", "tables:\n  t: {}\n");
    Finding {
        code: "column-type",
        severity,
        kind: "column",
        subject: "column public.t.a".to_owned(),
        property: "type",
        expected: "uuid".to_owned(),
        found: "text\u{1b}[31m".to_owned(),
        origin: Some(source.origin(10..11)),
        note: None,
        help: Some("run it again".to_owned()),
    }
}

fn entry(label: &str, outcome: Outcome) -> Entry {
    Entry {
        subject: format!("table public.{label}"),
        label: format!("{label} table exists"),
        origin: None,
        quiet: false,
        ignored: Vec::new(),
        compared: 2,
        outcome,
    }
}

fn report() -> Report {
    let mut suite = SuiteReport::new("s", "Some Schema", "embedded Postgres 15.18");
    suite.group("📋 ", "Checking Tables", None).entries = vec![
        entry("a", Outcome::Pass(Vec::new())),
        entry("b", Outcome::Fail(vec![finding(Severity::Error)])),
        entry("c", Outcome::Pass(vec![finding(Severity::Warning)])),
        entry("d", Outcome::skip("the door has no roles")),
        entry("e", Outcome::Error("the query failed".to_owned())),
    ];
    suite
        .group("📊 ", "Checking Indexes", Some("Some indexes".to_owned()))
        .entries = vec![
        entry("i", Outcome::Pass(Vec::new())),
        entry("j", Outcome::Pass(Vec::new())),
    ];
    Report {
        suites: vec![suite],
        ..Report::default()
    }
}

fn rendered(format: Format, verbosity: Verbosity) -> String {
    colored::control::set_override(false);
    let mut out = Vec::new();
    format.write(&report(), verbosity, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn pretty_shows_every_kind_of_outcome() {
    insta::assert_snapshot!(rendered(Format::Pretty, Verbosity::Normal));
}

#[test]
fn verbose_shows_all_and_quiet_only_what_did_not_pass() {
    let verbose = rendered(Format::Pretty, Verbosity::Verbose);
    assert!(
        verbose.contains("✅ i table exists") && verbose.contains("14 properties compared"),
        "{verbose}"
    );
    let quiet = rendered(Format::Pretty, Verbosity::Quiet);
    assert!(
        !quiet.contains('✅')
            && !quiet.contains("====")
            && quiet.contains("❌ column public.t.a type"),
        "{quiet}"
    );
}

#[test]
fn json_holds_everything() {
    insta::assert_snapshot!(
        rendered(Format::Json, Verbosity::Normal).replace(env!("CARGO_PKG_VERSION"), "VERSION")
    );
}

#[test]
fn junit_tells_failures_from_errors() {
    insta::assert_snapshot!(rendered(Format::Junit, Verbosity::Normal));
}

#[test]
fn the_exit_code_follows_the_outcomes() {
    let code = |outcomes: Vec<Outcome>, strict, allow| {
        let mut suite = SuiteReport::new("s", "S", "t");
        suite.group("", "G", None).entries = outcomes.into_iter().map(|o| entry("x", o)).collect();
        suite.exit_code(strict, allow)
    };
    let warned = || Outcome::Pass(vec![finding(Severity::Warning)]);
    assert_eq!(code(vec![Outcome::Pass(vec![])], true, false), ExitCode::Ok);
    assert_eq!(code(vec![warned()], false, false), ExitCode::Ok);
    assert_eq!(code(vec![warned()], true, false), ExitCode::Failed);
    assert_eq!(code(vec![], false, true), ExitCode::NothingChecked);
    let skip = || Outcome::skip("r");
    assert_eq!(code(vec![skip()], false, true), ExitCode::NothingChecked);
    assert_eq!(
        code(vec![skip(), Outcome::Pass(vec![])], false, false),
        ExitCode::NothingChecked
    );
    assert_eq!(
        code(vec![skip(), Outcome::Pass(vec![])], false, true),
        ExitCode::Ok
    );
    assert_eq!(
        code(vec![Outcome::Fail(vec![]), skip()], false, false),
        ExitCode::Failed
    );
    assert_eq!(
        code(
            vec![Outcome::Error(String::new()), Outcome::Fail(vec![])],
            false,
            false
        ),
        ExitCode::Sql
    );
    assert_eq!(Report::default().exit_code(), ExitCode::NothingChecked);
}

#[test]
fn an_unknown_format_names_the_nearest() {
    assert!(
        "jnuit"
            .parse::<Format>()
            .unwrap_err()
            .contains("did you mean `junit`")
    );
}
