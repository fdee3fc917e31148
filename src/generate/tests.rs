use serde_json::json;

use super::*;
use crate::source::Source;

/// Enum types by schema and name, each with the same labels.
fn catalog(types: &[(&str, &str)]) -> Catalog {
    let mut document = serde_json::to_value(Catalog::default()).unwrap();
    for (key, _) in SECTIONS {
        document[*key] = json!([]);
    }
    let schema = |name| json!({"name": name, "owner": "postgres", "privileges": [], "extension": null, "comment": null});
    document["schemas"] = ["public", "app", "auth", "empty", "Odd.One"]
        .map(schema)
        .into();
    let row = |(schema, name): &(&str, &str)| {
        let extension = (*name == "brought").then_some("an_extension");
        json!({"schema": schema, "name": name, "owner": "postgres", "labels": ["on", "off"], "privileges": [],
            "extension": extension, "comment": null})
    };
    document["enums"] = types.iter().map(row).collect::<Vec<_>>().into();
    Catalog::parse(document).unwrap()
}

fn enums() -> Request {
    Request {
        only: vec!["enums".parse().unwrap()],
        made_by: "Written by a test.".to_owned(),
        ..Request::default()
    }
}

/// What a file expects, as a suite reads it.
fn expected(generated: &Generated) -> Vec<String> {
    let source = Source::new("generated.yaml", generated.yaml.clone());
    let read = crate::expect::parse(&source, "shop").unwrap_or_else(|error| {
        panic!("{error}\n{}", generated.yaml);
    });
    read.checks
        .iter()
        .map(|check| check.subject.to_string())
        .collect()
}

#[test]
fn what_is_nobody_elses_is_written_with_its_own_schema_first() {
    let catalog = catalog(&[
        ("app", "later"),
        ("app", "Mixed.Case"),
        ("auth", "platforms"),
        ("public", "state"),
        ("public", "brought"),
        ("public", "a state"),
        ("supaproof", "ours"),
    ]);
    let generated = generate(&catalog, &enums()).unwrap();
    assert_eq!(
        expected(&generated),
        [
            "enum public.a state",
            "enum public.state",
            "enum app.Mixed.Case",
            "enum app.later"
        ]
    );
    assert_eq!(generated.objects, 4);
    let lines: Vec<&str> = generated.yaml.lines().take(6).collect();
    assert_eq!(
        lines,
        [
            "# yaml-language-server: $schema=schema.json",
            "# Written by a test.",
            "title: public",
            "schema: public",
            "",
            "enums:",
        ]
    );
}

#[test]
fn the_schema_of_most_objects_is_not_written_with_each() {
    let catalog = catalog(&[("app", "a"), ("app", "b"), ("Odd.One", "c")]);
    let request = Request {
        suite: Some("work-flow".to_owned()),
        ..enums()
    };
    let generated = generate(&catalog, &request).unwrap();
    assert!(
        generated
            .yaml
            .contains("\nsuite: work-flow\ntitle: Work Flow\nschema: app\n")
    );
    for line in ["\n    a: ", "\n    b: ", "\n    '\"Odd.One\".c': "] {
        assert!(generated.yaml.contains(line), "{}", generated.yaml);
    }
}

#[test]
fn what_is_written_can_be_chosen() {
    let catalog = catalog(&[("app", "tmp_a"), ("public", "tmp_b"), ("public", "state")]);
    let written = |request: Request| expected(&generate(&catalog, &request).unwrap());
    let app = Request {
        schemas: vec!["app".to_owned()],
        ..enums()
    };
    assert_eq!(written(app), ["enum app.tmp_a"]);
    let only = |only: &str| Request {
        only: vec![only.parse().unwrap()],
        ..enums()
    };
    assert_eq!(
        written(only("enums:tmp_*")),
        ["enum public.tmp_b", "enum app.tmp_a"]
    );
    assert_eq!(written(only("enums/public.*_b")), ["enum public.tmp_b"]);
    assert_eq!(written(only("enums/state")), ["enum public.state"]);
    let error = "enum/x".parse::<Only>().unwrap_err();
    assert!(error.contains("did you mean `enums`?"), "{error}");
    assert!("tables:/(/".parse::<Only>().is_err() && "tables:(/".parse::<Only>().is_ok());
}

#[test]
fn a_closed_list_refuses_others_even_where_there_are_none_yet() {
    let catalog = catalog(&[("public", "state")]);
    let request = Request {
        closed: true,
        only: vec!["enums".parse().unwrap(), "indexes".parse().unwrap()],
        ..Request::default()
    };
    let generated = generate(&catalog, &request).unwrap();
    assert_eq!(
        expected(&generated),
        [
            "enum public.state",
            "enum types in public",
            "indexes in public"
        ]
    );
    assert!(
        generated
            .yaml
            .contains("enums:\n  others: refused\n  items:\n    state:")
    );
    assert!(generated.yaml.contains("indexes:\n  others: refused\n"));
    // Of a list that was written in part, others are no surprise.
    let part = Request {
        only: vec!["enums/state".parse().unwrap()],
        ..request
    };
    assert!(
        !generate(&catalog, &part)
            .unwrap()
            .yaml
            .contains("refused\n  items")
    );
}

#[test]
fn an_object_may_have_the_name_of_an_option() {
    let catalog = catalog(&[("public", "help"), ("public", "items"), ("public", "title")]);
    let generated = generate(&catalog, &enums()).unwrap();
    assert_eq!(
        expected(&generated),
        ["enum public.help", "enum public.items", "enum public.title"]
    );
}

#[test]
fn nothing_to_write_is_said() {
    let catalog = catalog(&[("auth", "platforms")]);
    let error = generate(&catalog, &enums()).unwrap_err();
    assert_eq!(error.code(), ExitCode::NothingChecked);
    let in_schema = |name: &str| Request {
        schemas: vec![name.to_owned()],
        ..enums()
    };
    let error = generate(&catalog, &in_schema("empty")).unwrap_err();
    assert_eq!(error.code(), ExitCode::NothingChecked);
    assert!(error.message().contains("`empty`"), "{error}");
    let error = generate(&catalog, &in_schema("ap")).unwrap_err();
    assert_eq!(error.code(), ExitCode::Usage);
    assert_eq!(error.help_text(), Some("Did you mean `app`?"));
}

#[test]
fn what_is_left_out_is_said() {
    let said = |draft: Draft| note("cron_jobs", &draft).unwrap_or_default();
    let unknown = Draft {
        unread: Some(Unread::Unknown("permission denied".to_owned())),
        ..Draft::default()
    };
    assert_eq!(said(unknown), "Without cron_jobs: permission denied.");
    let wordless = Draft {
        unwritten: 2,
        ..Draft::default()
    };
    assert_eq!(
        said(wordless),
        "Without cron_jobs, which cannot be written yet: there are 2."
    );
    assert_eq!(said(Draft::default()), "");
}

#[test]
fn a_comment_ends_where_its_line_does() {
    let request = Request {
        made_by: "a\nenums: {}".to_owned(),
        ..Request::default()
    };
    assert!(head(&request, &[]).ends_with("# a enums: {}\n"));
}
