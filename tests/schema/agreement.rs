//! Random changes to expectation files: the schema and the program agree whether they can still be read.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{documented, parsed, validator, value};

static VALIDATOR: LazyLock<Validator> = LazyLock::new(validator);
static FILES: LazyLock<Vec<Value>> =
    LazyLock::new(|| documented().iter().map(|(_, yaml)| value(yaml)).collect());

/// What the program says of a file that no schema can say: it is about the text of a value, or about several values
/// together.
const BEYOND: &[&str] = &[
    "is not understood",
    "write what follows",
    "is no attribute of a role",
    "is no constraint: write",
    "is no rule as in CREATE RULE",
    "is no list of attributes",
    "is no cast as in CREATE CAST",
    "is no version: write",
    "name privileges below",
    "a list of types (",
    "is no column",
    "regular expression",
    "two places say",
    "no number is at least",
    "nothing is less than 0",
    "neither an SQLSTATE",
    // In quotes, a variable is literal.
    "${",
    "it is for the suite",
    "in a suite's own file",
    "is no name of a variable",
    "names no type",
    "expected `table (column, …)`",
    "beside a comma",
    "is no major version",
    "no patterns are taken here",
    "a parenthesis without its other one",
];

/// How many changes are tried.
const CASES: u32 = 4000;

/// Words of the language, which make a change a near miss.
const WORDS: [&str; 24] = [
    "absent", "present", "items", "title", "others", "refused", "allowed", "count", "severity",
    "warning", "help", "schema", "only_if", "columns", "rls", "table", "type", "command", "select",
    "name", "run", "labels", "at_least", "true",
];

#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    Rename(String),
    Add(String, Value),
    Remove,
}

fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!(3)),
        Just(json!(-1)),
        Just(json!(1.5)),
        Just(json!("")),
        prop::sample::select(&WORDS[..]).prop_map(Value::from),
    ];
    prop_oneof![
        3 => scalar.clone(),
        1 => Just(json!([])),
        1 => Just(json!({})),
        1 => scalar.clone().prop_map(|one| json!([one])),
        1 => (prop::sample::select(&WORDS[..]), scalar).prop_map(|(key, one)| json!({key: one})),
    ]
}

fn changes() -> impl Strategy<Value = Change> {
    let key = || prop::sample::select(&WORDS[..]).prop_map(ToOwned::to_owned);
    prop_oneof![
        3 => values().prop_map(Change::Replace),
        1 => key().prop_map(Change::Rename),
        2 => (key(), values()).prop_map(|(key, value)| Change::Add(key, value)),
        1 => Just(Change::Remove),
    ]
}

/// Changes the `at`th value below this one; gives back how many are left to go.
fn change(value: &mut Value, at: usize, how: &Change) -> Option<usize> {
    let mut left = at;
    match value {
        Value::Object(object) => {
            let keys: Vec<String> = object.keys().cloned().collect();
            for key in keys {
                if left == 0 {
                    apply(object, &key, how);
                    return None;
                }
                left = change(&mut object[&key], left - 1, how)?;
            }
        }
        Value::Array(items) => {
            for item in items {
                if left == 0 {
                    if let Change::Replace(new) = how {
                        *item = new.clone();
                    }
                    return None;
                }
                left = change(item, left - 1, how)?;
            }
        }
        _ => {}
    }
    Some(left)
}

fn apply(object: &mut Map<String, Value>, key: &str, how: &Change) {
    match how {
        Change::Replace(new) => {
            object.insert(key.to_owned(), new.clone());
        }
        Change::Remove => {
            object.shift_remove(key);
        }
        Change::Rename(name) if !object.contains_key(name) => {
            // In the same place: the order of keys decides nothing, and a file is easier to read so.
            let all = std::mem::take(object);
            let renamed = all.into_iter().map(|(old, value)| match old == key {
                true => (name.clone(), value),
                false => (old, value),
            });
            object.extend(renamed);
        }
        Change::Add(name, new) => {
            if let Value::Object(inner) = &mut object[key] {
                inner.entry(name.clone()).or_insert_with(|| new.clone());
            }
        }
        Change::Rename(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_schema_takes_what_the_program_takes(
        file in 0..FILES.len(), at in 0..60usize, how in changes(),
    ) {
        let mut value = FILES[file].clone();
        change(&mut value, at, &how);
        // JSON is YAML, and all its texts are in quotes.
        let yaml = value.to_string();
        let valid = VALIDATOR.validate(&value).map_err(|error| format!("{}: {error}", error.instance_path()));
        match (parsed(&yaml), valid) {
            // A path that YAML takes for something else is a path to the program alone, and a list of privileges with
            // nothing in it is empty.
            (Ok(()), Err(error)) => prop_assert!(
                error.starts_with("/include") || error.starts_with("/grants") && yaml.contains(":null"), "only the program takes {yaml}\n{error}"
            ),
            (Err(error), Ok(())) => prop_assert!(
                BEYOND.iter().any(|words| error.contains(words)),
                "only the schema takes {yaml}\n{error}"
            ),
            _ => {}
        }
    }
}
