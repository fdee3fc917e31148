//! Mutants of the suite archon-workflow: each changes one thing in a copy of the database that the suite set up, and
//! the program must report that thing and nothing else.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod constraints;
mod relations;
mod rules;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;

use serde_json::Value;
use support::{Run, Server, root, run};

/// A change and what must be said about it. `{T}`, `{E}`, `{S}` and `{V}` stand for the four tables.
struct Mutant {
    name: &'static str,
    sql: &'static str,
    /// Code, subject and property of every finding, and no other is allowed.
    findings: &'static [(&'static str, &'static str, &'static str)],
    /// A piece of expected, found or help of the findings.
    says: &'static [&'static str],
    /// What cannot be checked any more.
    skips: usize,
    /// Who makes the change.
    role: &'static str,
}

const DEFAULT: Mutant = Mutant {
    name: "",
    sql: "",
    findings: &[],
    says: &[],
    skips: 0,
    role: "postgres",
};

const TABLES: [(&str, &str); 4] = [
    ("{T}", "public.archon_workflow_templates"),
    ("{E}", "public.archon_workflow_executions"),
    ("{S}", "public.archon_workflow_step_executions"),
    ("{V}", "public.archon_workflow_template_versions"),
];

fn fill(text: &str) -> String {
    TABLES.iter().fold(text.to_owned(), |text, (mark, table)| {
        text.replace(mark, table)
    })
}

fn mutants() -> impl Iterator<Item = &'static Mutant> {
    relations::MUTANTS
        .iter()
        .chain(constraints::MUTANTS)
        .chain(rules::MUTANTS)
}

/// What the program says about a database, as JSON and for people.
fn check(server: &Server, database: &str, json: &Path) -> (Run, Value) {
    let target = server.target(database);
    let report = format!("json={}", json.display());
    let args = [
        "check",
        "archon-workflow",
        "--target",
        &target,
        "--report",
        "pretty",
        "--report",
        &report,
    ];
    let run = run(&root(), args);
    let text = std::fs::read_to_string(json)
        .unwrap_or_else(|error| panic!("no report: {error}\n{}\n{}", run.out, run.err));
    (run, serde_json::from_str(&text).unwrap())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Everything wrong with what was said about a mutant, and the line of the table.
fn judge(mutant: &Mutant, run: &Run, report: &Value) -> (Vec<String>, String) {
    let mut wrong = Vec::new();
    let suite = &report["suites"][0];
    let results: Vec<&Value> = suite["groups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["results"].as_array().unwrap())
        .collect();
    let findings: Vec<&Value> = results
        .iter()
        .flat_map(|result| result["findings"].as_array().unwrap())
        .collect();
    let mut found: Vec<(String, String, String)> = findings
        .iter()
        .map(|f| {
            (
                text(&f["code"]).to_owned(),
                text(&f["subject"]).to_owned(),
                text(&f["property"]).to_owned(),
            )
        })
        .collect();
    let mut expected: Vec<(String, String, String)> = mutant
        .findings
        .iter()
        .map(|(code, subject, property)| {
            ((*code).to_owned(), fill(subject), (*property).to_owned())
        })
        .collect();
    found.sort();
    expected.sort();
    if found != expected {
        wrong.push(format!("findings {found:#?}\nexpected {expected:#?}"));
    }
    let skips = results.iter().filter(|r| r["outcome"] == "skip").count();
    if skips != mutant.skips {
        wrong.push(format!("{skips} skips, expected {}", mutant.skips));
    }
    // An entry that fails without a finding would be a smoke step or a query.
    let odd: Vec<&str> = results
        .iter()
        .filter(|r| {
            r["outcome"] == "error"
                || r["outcome"] == "fail" && r["findings"] == serde_json::json!([])
        })
        .map(|r| text(&r["subject"]))
        .collect();
    if !odd.is_empty() {
        wrong.push(format!("also failed: {odd:?}"));
    }
    if run.code != 1 {
        wrong.push(format!("exit code {}\n{}", run.code, run.err));
    }
    let said: Vec<String> = findings
        .iter()
        .flat_map(|f| [text(&f["expected"]), text(&f["found"]), text(&f["help"])])
        .map(ToOwned::to_owned)
        .collect();
    for piece in mutant.says {
        if !said.iter().any(|s| s.contains(&fill(piece))) {
            wrong.push(format!("nothing says {piece:?}: {said:?}"));
        }
    }
    let mut line = String::new();
    for finding in &findings {
        let sentence = sentence(finding);
        let place = format!(
            "{}:{}:{}",
            text(&finding["place"]["file"]),
            finding["place"]["line"],
            finding["place"]["column"]
        );
        // The report for people names the object and the line that asks for it.
        if !run.out.contains(&sentence) || !run.out.contains(&place) {
            wrong.push(format!(
                "the pretty report lacks `{sentence}` or `{place}`:\n{}",
                run.out
            ));
        }
        line.push_str(&format!(
            "\n    {sentence} ({}, {place})",
            text(&finding["code"])
        ));
    }
    if skips > 0 {
        line.push_str(&format!("\n    and {skips} skipped"));
    }
    (wrong, format!("{}{line}\n", mutant.name))
}

fn sentence(finding: &Value) -> String {
    let property = match text(&finding["property"]) {
        "" => String::new(),
        property => format!(" {property}"),
    };
    format!(
        "{}{property}: expected {}, found {}",
        text(&finding["subject"]),
        text(&finding["expected"]),
        text(&finding["found"])
    )
}

/// Tries all mutants on one server and gives the table back.
fn try_all(server: &Server) -> (u32, String) {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("report.json");
    let setup = run(
        &root(),
        [
            "setup",
            "archon-workflow",
            "--yes",
            "--target",
            &server.target("postgres"),
        ],
    );
    assert_eq!(setup.code, 0, "{}\n{}", setup.out, setup.err);

    // What is reported later is reported because of the change.
    server.copy("postgres", "unchanged");
    let (unchanged, _) = check(server, "unchanged", &json);
    assert_eq!(unchanged.code, 0, "{}\n{}", unchanged.out, unchanged.err);

    let (mut wrong, mut table) = (Vec::new(), String::new());
    for (number, mutant) in mutants().enumerate() {
        let database = format!("mutant_{number}");
        server.copy("postgres", &database);
        if let Err(error) = server.sql_as(mutant.role, &database, &fill(mutant.sql)) {
            wrong.push(format!("{}: {error}", mutant.name));
            continue;
        }
        let (run, report) = check(server, &database, &json);
        let (complaints, line) = judge(mutant, &run, &report);
        wrong.extend(complaints.iter().map(|c| format!("{}: {c}", mutant.name)));
        table.push_str(&line);
        let drop = format!("drop database {database}");
        server.sql_as("supabase_admin", "template1", &drop).unwrap();
    }
    let major = server.major();
    assert!(
        wrong.is_empty(),
        "on Postgres {major}:\n{}",
        wrong.join("\n")
    );
    (major, table)
}

#[test]
fn every_mutant_is_caught_and_nothing_else_is_said() {
    let names: Vec<&str> = mutants().map(|m| m.name).collect();
    let unique: std::collections::BTreeSet<&&str> = names.iter().collect();
    assert_eq!(names.len(), unique.len(), "a mutant's name is used twice");

    let mut majors = Vec::new();
    for server in Server::each() {
        let (major, table) = try_all(&server);
        majors.push(major);
        insta::assert_snapshot!("what_the_report_says", table);
    }
    println!("{} mutants on Postgres {majors:?}", names.len());
}
