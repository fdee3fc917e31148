//! Jenkins' `junit-10.xsd`, as far as it says which elements and attributes there may be. With `xmllint` and the file
//! itself at hand (`SUPAPROOF_JUNIT_XSD`) that is asked too.

use std::io::Write;
use std::process::{Command, Stdio};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Element, attributes that it needs, attributes that it may have, elements that may be in it.
type Rule = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const RULES: &[Rule] = &[
    (
        "testsuites",
        &[],
        &["name", "time", "tests", "failures", "errors"],
        &["testsuite"],
    ),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &[
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        &[
            "testsuite",
            "properties",
            "testcase",
            "system-out",
            "system-err",
        ],
    ),
    (
        "testcase",
        &["name"],
        &["time", "classname", "group"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("skipped", &[], &["type", "message"], &[]),
    ("error", &[], &["type", "message"], &[]),
    ("failure", &[], &["type", "message"], &[]),
    ("system-out", &[], &[], &[]),
    ("system-err", &[], &[], &[]),
];

/// Panics where the document is not as the schema has it.
pub(super) fn valid(xml: &str) {
    let mut reader = Reader::from_str(xml);
    let mut open: Vec<String> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => open.push(element(&start, open.last(), xml)),
            Event::Empty(start) => drop(element(&start, open.last(), xml)),
            Event::End(_) => drop(open.pop().unwrap()),
            Event::Text(text) => {
                let bare = text.decode().unwrap();
                let inner = open.last().map(String::as_str);
                let may = matches!(inner, Some("failure" | "error" | "skipped" | "system-out"));
                assert!(may || bare.trim().is_empty(), "text {bare:?} in {inner:?}");
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?} is not closed");
    let bad = xml.chars().find(|c| {
        c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{fffe}' | '\u{ffff}')
    });
    assert_eq!(bad, None, "no such character may be in XML");
    ask_xmllint(xml);
}

fn element(start: &BytesStart<'_>, parent: Option<&String>, xml: &str) -> String {
    let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
    let rule = |name: &str| RULES.iter().find(|rule| rule.0 == name);
    let (_, needed, allowed, _) = rule(&name).unwrap_or_else(|| panic!("<{name}> in {xml}"));
    let in_place = match parent {
        Some(parent) => rule(parent).unwrap().3.contains(&name.as_str()),
        None => name == "testsuites",
    };
    assert!(in_place, "<{name}> in <{parent:?}>");
    let mut has = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.unwrap();
        let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
        let known = needed.contains(&key.as_str()) || allowed.contains(&key.as_str());
        assert!(known, "<{name}> has no attribute {key}");
        has.push(key);
    }
    for key in *needed {
        assert!(has.iter().any(|h| h == key), "<{name}> needs {key}");
    }
    name
}

fn ask_xmllint(xml: &str) {
    let Some(xsd) = std::env::var_os("SUPAPROOF_JUNIT_XSD") else {
        println!("skipped: SUPAPROOF_JUNIT_XSD names no junit-10.xsd for xmllint");
        return;
    };
    let mut xmllint = Command::new("xmllint")
        .args(["--noout", "--nonet", "--huge", "--schema"])
        .arg(xsd)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    xmllint
        .stdin
        .take()
        .unwrap()
        .write_all(xml.as_bytes())
        .unwrap();
    let output = xmllint.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{xml}");
}
