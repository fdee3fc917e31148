//! The JSON Schema of expectation files says what the program says: what the one takes, the other takes.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "docs/page.rs"]
#[expect(dead_code, reason = "only the blocks are looked at")]
mod page;
mod support;

#[path = "schema/agreement.rs"]
mod agreement;
#[path = "schema/mistakes.rs"]
mod mistakes;

use jsonschema::Validator;
use serde_json::Value;
use supaproof::expect::{self, Given};
use supaproof::source::Source;

use page::Page;
use support::{Project, root};

fn validator() -> Validator {
    let schema = expect::schema();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .build(&schema)
        .unwrap()
}

/// A YAML text as an editor sees it: aliases and merge keys are replaced before it looks at the schema.
fn value(yaml: &str) -> Value {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(yaml, options).unwrap()
}

/// What the program says of it; variables and other files are not at hand.
fn parsed(yaml: &str) -> Result<(), String> {
    let nothing = |by: &Source, _: &str| Ok(Source::new(by.path().join("included.yaml"), ""));
    let given = Given {
        variable: &|_| Some("value".to_owned()),
        include: &nothing,
        ..Given::default()
    };
    expect::parse_with(&Source::new("shop.yaml", yaml), "shop", &given)
        .map(|_| ())
        .map_err(|error| error.message().to_owned())
}

/// Every expectation file of the documentation.
fn documented() -> Vec<(String, String)> {
    let pages = Page::all();
    let blocks = pages.iter().flat_map(|page| {
        let yaml = page.blocks.iter().filter(|b| b.language == "yaml");
        yaml.map(|b| (format!("docs/{}:{}", page.name, b.line), b.text.clone()))
    });
    blocks.collect()
}

/// `UPDATE=1 cargo test --test schema` writes it.
#[test]
fn the_committed_schema_is_the_one_that_is_printed() {
    let path = root().join("validations/schema.json");
    let run = Project::new(&[]).run(["schema"]);
    assert_eq!(
        (run.code, run.out.as_str()),
        (0, expect::schema_file().as_str())
    );
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &run.out).unwrap();
    }
    let is = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        is == run.out,
        "validations/schema.json is not up to date: run `make generate`"
    );
}

#[test]
fn everything_that_we_wrote_is_valid() {
    let validator = validator();
    let mut all = documented();
    for entry in std::fs::read_dir(root().join("validations")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "yaml") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(
                text.starts_with("# yaml-language-server: $schema=schema.json\n"),
                "{} does not name its schema",
                path.display()
            );
            all.push((path.display().to_string(), text));
        }
    }
    assert!(all.len() > 50, "{}", all.len());
    for (place, yaml) in all {
        let errors: Vec<String> = validator
            .iter_errors(&value(&yaml))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{place}: {}\n{yaml}", errors.join("\n"));
    }
}

/// An editor shows what a key means where the pointer rests on it.
#[test]
fn every_key_is_described() {
    fn walk(place: &str, schema: &Value, missing: &mut Vec<String>) {
        // A condition on some of the keys describes none.
        let described = schema.get("type").is_some();
        let properties = schema["properties"].as_object().filter(|_| described);
        for (key, inner) in properties.into_iter().flatten() {
            if inner.get("description").is_none() {
                missing.push(format!("{place}.{key}"));
            }
        }
        match schema {
            Value::Object(object) => object
                .iter()
                .for_each(|(key, inner)| walk(&format!("{place}/{key}"), inner, missing)),
            Value::Array(items) => items.iter().for_each(|inner| walk(place, inner, missing)),
            _ => {}
        }
    }
    let mut missing = Vec::new();
    walk("", &expect::schema(), &mut missing);
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
