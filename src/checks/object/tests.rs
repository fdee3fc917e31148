//! What sections say of all that is in them.

use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::checks::{Facts, Outcome};
use crate::error::Error;
use crate::meaning::canon::Canon;
use crate::source::Source;

/// `code place` of every finding, on a catalog in which these kinds were read.
fn found(yaml: &str, kinds: Value) -> Vec<String> {
    let mut document = serde_json::to_value(Catalog::default()).unwrap();
    for kind in ["tables", "columns", "views", "signatures", "constraints"] {
        document[kind] = json!([]);
    }
    for (kind, rows) in kinds.as_object().unwrap() {
        document[kind] = rows.clone();
    }
    let catalog = Catalog::parse(document).unwrap();
    let source = Source::new("s.yaml", yaml);
    let expected = crate::expect::parse(&source, "s").unwrap().checks;
    let facts = Facts {
        catalog: &catalog,
        canon: &Canon::default(),
        target: "embedded",
    };
    let outcomes = expected
        .iter()
        .map(|expectation| expectation.examine(&facts).0);
    let findings = outcomes.flat_map(|outcome| match outcome {
        Outcome::Fail(findings) => findings,
        Outcome::Pass(_) => Vec::new(),
        other => panic!("{other:?}"),
    });
    findings
        .map(|f| format!("{} {}", f.code, f.origin.unwrap()))
        .collect()
}

fn error(yaml: &str) -> Error {
    let source = Source::new("s.yaml", yaml);
    match crate::expect::parse(&source, "s") {
        Ok(_) => panic!("it is taken: {yaml}"),
        Err(error) => error,
    }
}

/// The message with its place.
fn said(error: &Error) -> String {
    crate::report::render_error(error)
}

#[test]
fn a_section_refuses_other_properties_for_all_items_that_do_not_speak_of_them() {
    let state = |name: &str| {
        json!({"schema": "public", "name": name, "owner": "o", "labels": ["a"], "privileges": [], "extension": null,
            "comment": "Some"})
    };
    let kinds = || json!({"enums": [state("closed"), state("open"), state("short")]});
    let items = "  items:\n    closed: {labels: [a]}\n    open: {labels: [a], other_properties: allowed}\n    short: [a]\n";
    let refused = format!("enums:\n  other_properties: refused\n{items}");
    // At the object, not at the line that speaks of all.
    assert_eq!(
        found(&refused, kinds()),
        ["enum-comment s.yaml:4:5", "enum-comment s.yaml:6:5"]
    );
    let nothing = format!("enums:\n{items}");
    assert_eq!(found(&nothing, kinds()), [""; 0]);
    let allowed = format!("enums:\n  other_properties: allowed\n{items}");
    assert_eq!(found(&allowed, kinds()), [""; 0]);
}

#[test]
fn of_a_table_too_and_what_others_have_to_know_of_it() {
    let yaml = "triggers:\n  other_properties: refused\n  items:\n    t:\n      g:\n        timing: before\n        \
                events: [update]\n        function: f\n";
    let kinds = json!({"triggers": [{"schema": "public", "table": "t", "name": "g", "timing": "before",
        "events": ["update"], "columns": [], "level": "row", "when": null, "function_schema": "public",
        "function_name": "f", "arguments": [], "enabled": "always", "constraint": false, "deferrable": false,
        "initially_deferred": false, "inherited": false, "comment": "Some"}]});
    assert_eq!(
        found(yaml, kinds),
        ["trigger-enabled s.yaml:5:7", "trigger-comment s.yaml:5:7"]
    );
    // Policies say that row-level security is on unless the table does.
    let policies = "policies: {items: {t: {}}}\n";
    let subjects = |tables: &str| {
        let source = Source::new("s.yaml", format!("{tables}{policies}"));
        let expected = crate::expect::parse(&source, "s").unwrap().checks;
        let all: Vec<String> = expected.iter().map(|e| e.label.clone()).collect();
        all
    };
    let by_item = subjects("tables: {items: {t: {other_properties: refused}}}\n");
    let by_section = subjects("tables: {other_properties: refused, items: {t: present}}\n");
    assert_eq!(by_item, by_section);
}

#[test]
fn kinds_that_name_each_property_have_no_others_to_refuse() {
    for section in ["views", "sequences", "domains", "rules"] {
        let item = if section == "rules" {
            "{a: {b: on delete do nothing}}"
        } else {
            "{a: {owner: o}}"
        };
        let error = error(&format!(
            "{section}:\n  other_properties: refused\n  items: {item}\n"
        ));
        let said = said(&error);
        assert!(
            said.contains("do not take `other_properties`") && said.contains("s.yaml:2:21"),
            "{said}"
        );
    }
}

#[test]
fn what_lies_in_no_schema_has_none_to_say() {
    for (section, key) in [
        ("schemas", "a"),
        ("roles", "a"),
        ("casts", "text as a"),
        ("event_triggers", "a"),
        ("publications", "a"),
        ("foreign_data_wrappers", "a"),
        ("foreign_servers", "a"),
        ("user_mappings", "a on b"),
        ("security_labels", "a on table b"),
        ("default_privileges", "for role a on tables"),
        ("settings", "role a"),
        ("buckets", "a"),
        ("cron_jobs", "a"),
        ("vault_secrets", "a"),
    ] {
        let lines: [String; 4] = [
            format!("{section}:\n  {key}:\n    schema: app\n    help: x\n"),
            format!("{section}:\n  items:\n    {key}:\n      schema: app\n"),
            format!("{section}:\n  schema: app\n  items:\n    {key}: present\n"),
            format!("{section}:\n  {key}:\n    schema: app\n    absent: true\n"),
        ];
        for (yaml, place) in lines.iter().zip(["3:13", "4:15", "2:11", "3:13"]) {
            let source = Source::new("s.yaml", yaml.as_str());
            let said = match crate::expect::parse(&source, "s") {
                Ok(_) => format!("it is taken: {yaml}"),
                Err(error) => said(&error),
            };
            let has_no_schema =
                said.contains("lie in no schema") && said.contains(&format!("s.yaml:{place}"));
            assert!(has_no_schema, "{yaml}{said}");
        }
    }
    let said = said(&error("database:\n  schema: app\n"));
    assert!(
        said.contains("lie in no schema") && said.contains("s.yaml:2:11"),
        "{said}"
    );
}

#[test]
fn the_schema_of_an_extension_is_a_property() {
    let kinds = || {
        json!({"extensions": [{"name": "citext", "schema": "extensions", "version": "1.6", "owner": "o",
            "relocatable": true, "stand_in": false, "comment": null}]})
    };
    let of_item = "extensions:\n  citext:\n    schema: app\n";
    assert_eq!(found(of_item, kinds()), ["extension-schema s.yaml:3:13"]);
    let of_section = "extensions:\n  schema: app\n  items:\n    citext: present\n";
    assert_eq!(found(of_section, kinds()), ["extension-schema s.yaml:2:11"]);
    let right = "extensions:\n  schema: extensions\n  items:\n    citext: \">= 1.4\"\n";
    assert_eq!(found(right, kinds()), [""; 0]);
}

/// Triggers, rules and event triggers say with the same words whether they fire.
#[test]
fn whatever_fires_is_enabled_in_the_same_words() {
    let row = |state: &str| {
        json!({
            "triggers": [{"schema": "public", "table": "t", "name": "x", "timing": "before", "events": ["update"],
                "columns": [], "level": "row", "when": null, "function_schema": "public", "function_name": "f",
                "arguments": [], "enabled": state, "constraint": false, "deferrable": false,
                "initially_deferred": false, "inherited": false, "comment": null}],
            "rules": [{"schema": "public", "table": "t", "name": "x", "event": "delete", "instead": true,
                "enabled": state, "definition": "CREATE RULE x AS ON DELETE TO t DO INSTEAD NOTHING", "comment": null}],
            "event_triggers": [{"name": "x", "event": "sql_drop", "tags": [], "function_schema": "public",
                "function_name": "f", "enabled": state, "owner": "o", "extension": null, "comment": null}],
        })
    };
    let suites = |word: &str| {
        [
            format!(
                "triggers: {{items: {{t: {{x: {{timing: before, events: [update], enabled: {word}}}}}}}}}"
            ),
            format!("rules: {{items: {{t: {{x: {{enabled: {word}}}}}}}}}"),
            format!("event_triggers: {{x: {{enabled: {word}}}}}"),
        ]
    };
    let states = ["origin", "always", "replica", "disabled"];
    for (word, wanted) in [
        ("true", &states[..2]),
        ("false", &states[2..]),
        ("origin", &states[..1]),
        ("always", &states[1..2]),
        ("replica", &states[2..3]),
        ("disabled", &states[3..]),
    ] {
        for state in states {
            for yaml in suites(word) {
                let same = found(&yaml, row(state)).is_empty();
                assert_eq!(same, wanted.contains(&state), "{state}: {yaml}");
            }
        }
    }
    for yaml in suites("sometimes") {
        let said = said(&error(&yaml));
        assert!(
            said.contains("`always`") && said.contains("`disabled`"),
            "{said}"
        );
    }
}
