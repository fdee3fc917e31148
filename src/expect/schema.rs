//! The JSON Schema of expectation files, for editors: made from the types that read them, so that an editor and the
//! program know the same keys.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::checks;

use super::document::Document;

/// A variable in a text. What comes of it is known only when the file is read.
const VARIABLE: &str = r"\$\{[A-Za-z_]";

/// The JSON Schema (draft 2020-12) of an expectation file.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Document>().to_value();
    for (section, refused) in checks::refused_options() {
        for option in refused {
            refuse(&mut schema, section, option);
        }
    }
    widen(&mut schema);
    let mut out = Map::new();
    // People read it from the top.
    for key in ["$schema", "title", "description"] {
        if let Some(value) = schema.as_object_mut().and_then(|all| all.remove(key)) {
            out.insert(key.to_owned(), value);
        }
    }
    if let Value::Object(rest) = schema {
        out.extend(rest);
    }
    out.into()
}

/// The schema as the file that is committed and printed.
pub fn schema_file() -> String {
    format!("{:#}\n", schema())
}

/// Takes an option away from a section that does not take it, and from its objects.
fn refuse(schema: &mut Value, section: &str, option: &str) {
    let defined = |node: &Value| -> Option<String> {
        let own = node["$ref"].as_str();
        let forms = node["anyOf"].as_array().into_iter().flatten();
        let path = own.or_else(|| forms.into_iter().find_map(|form| form["$ref"].as_str()))?;
        Some(path.strip_prefix('#')?.to_owned())
    };
    let Some(path) = defined(&schema["properties"][section]) else {
        return;
    };
    let Some(section) = schema.pointer_mut(&path) else {
        return;
    };
    without(&mut section["then"], option);
    let below = &section["then"]["properties"]["items"]["additionalProperties"];
    if let Some(path) = defined(below)
        && let Some(item) = schema.pointer_mut(&path)
    {
        without(item, option);
    }
}

/// A mapping, or the forms of a value, without a key.
fn without(schema: &mut Value, key: &str) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.shift_remove(key);
    }
    for forms in ["anyOf", "oneOf"] {
        let forms = schema.get_mut(forms).and_then(Value::as_array_mut);
        forms
            .into_iter()
            .flatten()
            .for_each(|form| without(form, key));
    }
}

/// YAML has one way to write a text and a number, and a variable may stand for a value of any type. A schema that is
/// made of types has to be told.
fn widen(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(widen),
        Value::Object(object) => {
            let closed = object.contains_key("enum") || object.contains_key("const");
            match (closed, object.get("type").map(types)) {
                (false, Some(types)) => scalars(object, &types),
                (true, Some(types)) if object.contains_key("enum") && types == ["string"] => {
                    let words = std::mem::take(object);
                    object.insert("anyOf".to_owned(), json!([words, variable()]));
                    return;
                }
                _ => {}
            }
            words(object);
            for (key, value) in object.iter_mut() {
                match (key.as_str(), value) {
                    ("properties", Value::Object(named)) => named.values_mut().for_each(|value| {
                        widen(value);
                        nothing(value);
                    }),
                    ("additionalProperties", value) => {
                        widen(value);
                        nothing(value);
                    }
                    ("$defs", Value::Object(named)) => named.values_mut().for_each(widen),
                    ("enum" | "const" | "default" | "required" | "if", _) => {}
                    (_, value) => widen(value),
                }
            }
        }
        _ => {}
    }
}

fn types(value: &Value) -> Vec<String> {
    let one = value.as_str().into_iter();
    let several = value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    one.chain(several).map(ToOwned::to_owned).collect()
}

fn scalars(object: &mut Map<String, Value>, types: &[String]) {
    let has = |name: &str| types.iter().any(|known| known == name);
    let mut all = types.to_vec();
    if has("string") {
        if let Some(pattern) = object.get("pattern").and_then(Value::as_str) {
            if !pattern.contains(VARIABLE) {
                let pattern = format!("{pattern}|{VARIABLE}");
                object.insert("pattern".to_owned(), pattern.into());
            }
        } else if !object.contains_key("minLength") {
            // Where a text has a meaning of its own, it has to be one.
            all.extend(["number", "boolean"].map(ToOwned::to_owned));
        }
    } else if has("boolean") || has("integer") {
        all.push("string".to_owned());
        let written = match has("boolean") {
            true => "true|false",
            false => r"\d+",
        };
        object.insert(
            "pattern".to_owned(),
            format!("^({written})$|{VARIABLE}").into(),
        );
        object.remove("format");
    } else {
        return;
    }
    object.insert("type".to_owned(), json!(all));
}

/// A key without a value is a list or a mapping with nothing in it.
fn nothing(schema: &mut Value) {
    let Some(kind) = schema.get_mut("type") else {
        return;
    };
    if matches!(kind.as_str(), Some("array" | "object")) {
        *kind = json!([kind, "null"]);
    }
}

/// A word of a list of documented ones may be a variable, too.
fn words(object: &mut Map<String, Value>) {
    if let Some(Value::Array(forms)) = object.get_mut("oneOf")
        && forms.iter().all(|form| form.get("const").is_some())
    {
        forms.push(variable());
    }
}

fn variable() -> Value {
    json!({"type": "string", "pattern": VARIABLE})
}
