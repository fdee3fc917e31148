//! Values that would break a report: each form stays what it is, whatever a database says.

use super::*;
use crate::checks::{Finding, Severity};
use crate::source::Source;

const HOSTILE: &[&str] = &[
    "two\nlines\r\nand a third\rand a fourth",
    "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7} \u{9b}2J",
    "</failure></testcase>]]><!-- & \"quotes\" 'single'",
    "\u{202e}abc\u{202c} \u{2067}x\u{2069} \u{200f}y \u{61c}z",
    "שלום עולם مرحبا",
    "nul \u{0} and \u{fffe} \u{ffff} and \u{2028} \u{2029} \u{85} end",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿 \u{feff} \u{200b} e\u{301}",
    "",
];

fn all() -> Vec<String> {
    let long = "x".repeat(100_000);
    let wide = format!("begin{}end", "é".repeat(5_000));
    HOSTILE
        .iter()
        .map(ToString::to_string)
        .chain([long, wide])
        .collect()
}

/// A report in which a text stands wherever one can.
pub(super) fn report(text: &str) -> Report {
    let source = Source::new(text, text);
    let finding = |severity| Finding {
        code: "column-type",
        severity,
        kind: "column",
        subject: text.to_owned(),
        property: "type",
        expected: text.to_owned(),
        found: text.to_owned(),
        origin: Some(source.origin(0..text.len())),
        note: None,
        help: Some(text.to_owned()),
    };
    let entry = |outcome| Entry {
        subject: text.to_owned(),
        label: text.to_owned(),
        origin: Some(source.origin(0..0)),
        quiet: false,
        compared: 1,
        outcome,
        ignored: vec![Ignored {
            finding: finding(Severity::Error),
            reason: text.to_owned(),
            until: None,
        }],
    };
    let mut suite = SuiteReport::new(text, text, text);
    suite
        .group("", "Checking Tables", Some(text.to_owned()))
        .entries = vec![
        entry(Outcome::Pass(Vec::new())),
        entry(Outcome::Pass(vec![finding(Severity::Warning)])),
        entry(Outcome::Fail(vec![finding(Severity::Error)])),
        entry(Outcome::skip(text)),
        entry(Outcome::Error(text.to_owned())),
    ];
    suite.error = Some(Error::usage(text).note(text).help(text));
    suite.left_out.push(LeftOut {
        option: text.to_owned(),
        count: 1,
    });
    Report {
        suites: vec![suite, SuiteReport::new(text, text, text)],
        warnings: vec![Warning {
            message: text.to_owned(),
            origin: Some(source.origin(0..0)),
            help: Some(text.to_owned()),
        }],
        ..Report::default()
    }
}

fn rendered(format: Format, text: &str, verbosity: Verbosity) -> String {
    colored::control::set_override(false);
    let mut out = Vec::new();
    format.write(&report(text), verbosity, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn pretty_keeps_its_lines() {
    let verbosities = [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose];
    for verbosity in verbosities {
        let lines = |text: &str| rendered(Format::Pretty, text, verbosity).lines().count();
        let usual = lines("plain");
        for text in all() {
            let shown = rendered(Format::Pretty, &text, verbosity);
            let bad = shown.chars().find(|c| {
                c.is_control() && *c != '\n'
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{200b}' | '\u{200f}' | '\u{61c}')
            });
            assert_eq!(bad, None, "{text:?}");
            // A note or help in several lines goes on indented.
            let more = shown.lines().filter(|l| l.starts_with("        ")).count();
            if !text.is_empty() {
                assert_eq!(shown.lines().count() - more, usual, "{text:?}\n{shown}");
            }
        }
    }
}

#[test]
fn pretty_cuts_in_the_middle_and_json_never() {
    let wide = format!("begin{}end", "é".repeat(5_000));
    let pretty = rendered(Format::Pretty, &wide, Verbosity::Verbose);
    let cut = pretty
        .lines()
        .find(|line| line.contains("found begin"))
        .unwrap();
    assert!(cut.contains(" … ") && cut.contains("éend"), "{cut}");
    for line in pretty
        .lines()
        .filter(|line| line.contains("expected begin"))
    {
        assert!(line.chars().count() < 4_000, "{}", line.chars().count());
    }
    let json = rendered(Format::Json, &wide, Verbosity::Normal);
    assert!(json.contains(&format!("\"found\": \"{wide}\"")));
    let junit = rendered(Format::Junit, &wide, Verbosity::Normal);
    assert!(junit.contains(&format!("found {wide}")));
}

#[test]
fn json_gives_back_what_went_in() {
    for text in all() {
        let json = rendered(Format::Json, &text, Verbosity::Normal);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let result = &json["suites"][0]["groups"][0]["results"][2];
        assert_eq!(result["findings"][0]["found"], text.as_str());
        assert_eq!(result["label"], text.as_str());
        assert_eq!(result["ignored"][0]["ignored_because"], text.as_str());
        assert_eq!(json["warnings"][0]["message"], text.as_str());
    }
}

#[test]
fn long_lists_are_cut_with_a_count() {
    colored::control::set_override(false);
    let mut report = report("x");
    report.suites.truncate(1);
    let entry = &mut report.suites[0].groups[0].entries[2];
    let Outcome::Fail(findings) = &mut entry.outcome else {
        panic!("it fails");
    };
    let one = findings[0].clone();
    findings.extend((0..99).map(|n| Finding {
        subject: format!("number {n:03}"),
        ..one.clone()
    }));
    let shown = |format: Format, verbosity| {
        let mut out = Vec::new();
        format.write(&report, verbosity, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let normal = shown(Format::Pretty, Verbosity::Normal);
    assert!(normal.contains("number 018 ") && !normal.contains("number 019 "));
    assert!(normal.contains("… and 80 more (-v shows all)"), "{normal}");
    let verbose = shown(Format::Pretty, Verbosity::Verbose);
    assert!(verbose.contains("number 098 ") && !verbose.contains("more (-v"));
    for format in [Format::Json, Format::Junit] {
        assert!(shown(format, Verbosity::Normal).contains("number 098"));
    }
}

#[test]
fn junit_stays_valid() {
    for text in all() {
        super::junit10::valid(&rendered(Format::Junit, &text, Verbosity::Normal));
    }
}

#[test]
fn json_stays_as_its_schema_says() {
    let schema = serde_json::to_value(json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for text in all() {
        let json = rendered(Format::Json, &text, Verbosity::Normal);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        // The schema says something: each field is needed, and of its type.
        for (path, value) in [
            ("/version", serde_json::json!(2)),
            ("/exit_code", serde_json::json!(-1)),
            (
                "/suites/0/groups/0/results/0/outcome",
                serde_json::json!("odd"),
            ),
            (
                "/suites/0/groups/0/results/2/findings/0/found",
                serde_json::Value::Null,
            ),
            (
                "/suites/0/groups/0/results/0/ignored/0/ignored_because",
                serde_json::json!(1),
            ),
            ("/warnings/0/message", serde_json::Value::Null),
            ("/suites/0/left_out/0", serde_json::json!({})),
        ] {
            let mut other = json.clone();
            *other.pointer_mut(path).unwrap() = value;
            assert!(!validator.is_valid(&other), "{path}");
        }
    }
}
