//! Scripts as they run inside a function, and how a value comes back from them.

use serde_json::Value;

use crate::sql::{DEALLOCATE, UNLOCK, dollar_quote, quote_literal};

/// How a value comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Back {
    /// In the setting [`SETTING`], which our own function returns.
    Setting,
    /// As the message of an error, which also undoes what ran.
    Error,
}

/// The setting in which a script leaves its value for our function.
pub(crate) const SETTING: &str = "supaproof.result";

/// The SQLSTATE of what is no error.
const CARRIED: &str = "SP100";

/// What stands before a value in a message.
const MARK: &str = "supaproof value: ";

/// Sets the search path of a session. Within the function it is empty.
pub(in crate::target) const OPENING: &str =
    r#"select pg_catalog.set_config('search_path', '"$user", public, extensions', true)"#;

/// Settings for the transaction that a SELECT itself makes before it reads a value: for a function that takes no other
/// statement. What a planner looks at comes too late so. `cast`: what makes a value of the text that the function can return.
/// `None` where `settings` are more than values for names.
pub(super) fn query(settings: &str, select: &str, cast: &str) -> Option<String> {
    let opening = OPENING.strip_prefix("select ")?;
    let mut calls = vec![opening.to_owned()];
    for setting in settings.split(';').map(str::trim) {
        if setting.is_empty() {
            continue;
        }
        let (name, value) = setting.strip_prefix("set local ")?.split_once('=')?;
        let value = value.trim().trim_matches('\'');
        calls.push(format!(
            "pg_catalog.set_config({}, {}, true)",
            quote_literal(name.trim()),
            quote_literal(value)
        ));
    }
    // The server settles the inner query before it comes to the outer one's value.
    Some(format!(
        "select {cast}('{MARK}' || coalesce(({select}\n)::text, 'null')) as value \
         from (select {} as done) as settings where settings.done is not null",
        calls.join(" || ")
    ))
}

/// A script as it stands, but with the search path of a session.
pub(in crate::target) fn plain(script: &str) -> String {
    format!("{OPENING};\n{script}")
}

/// The same, with nothing left on the connection, which PostgREST keeps.
pub(super) fn tidy(script: &str) -> String {
    format!("{}\n;\nreset all;\n{DEALLOCATE};\n{UNLOCK}", plain(script))
}

/// Reads the value of a SELECT, with `settings` before it.
pub(super) fn reading(settings: &str, select: &str, back: Back) -> String {
    let settings = match settings {
        "" => String::new(),
        some => format!("  {some};\n"),
    };
    block(
        &format!(
            "  execute {};\n{settings}  execute {} into r;\n",
            dollar_quote(OPENING),
            dollar_quote(&format!("select ({select})::text"))
        ),
        back,
    )
}

/// Runs statements and reads the value of an expression, in a subtransaction that is undone.
pub(super) fn trial(statements: &str, result: &str, back: Back) -> String {
    block(
        &format!(
            "  begin\n    execute {};\n    execute {} into r;\n    raise exception 'undo' using errcode = '{CARRIED}';\n  \
         exception when sqlstate '{CARRIED}' then null;\n  end;\n",
            dollar_quote(&plain(statements)),
            dollar_quote(&format!("select ({result})::text")),
        ),
        back,
    )
}

fn block(body: &str, back: Back) -> String {
    let value = format!("'{MARK}' || coalesce(r, 'null')");
    let end = match back {
        // As a JSON string: on its way as a document its numbers could suffer.
        Back::Setting => format!(
            "  perform pg_catalog.set_config('{SETTING}', pg_catalog.to_json({value})::text, true);\n"
        ),
        Back::Error => {
            format!("  raise exception using errcode = '{CARRIED}', message = {value};\n")
        }
    };
    let block = format!("declare r text;\nbegin\n{body}{end}end\n");
    format!("do {}", dollar_quote(&block))
}

/// The value in what the function returned; `None` where it returns nothing of a script's.
pub(super) fn value(answer: &Value) -> Option<&str> {
    match answer {
        Value::String(text) => carried(text),
        // A function that returns a table, or several rows.
        Value::Array(rows) if rows.len() == 1 => value(&rows[0]),
        Value::Object(row) if row.len() == 1 => value(row.values().next()?),
        _ => None,
    }
}

/// The value that a text carries.
pub(super) fn carried(message: &str) -> Option<&str> {
    message.split_once(MARK).map(|(_, text)| text)
}

/// The JSON that a text begins with: functions that hand an error on may add words of their own to it.
pub(super) fn json(text: &str) -> serde_json::Result<Value> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    values.next().unwrap_or_else(|| serde_json::from_str(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_found_in_what_comes_back() {
        let ours = json!(format!("{MARK}[1]"));
        assert_eq!(value(&ours), Some("[1]"));
        assert_eq!(value(&json!([ours])), Some("[1]"));
        assert_eq!(value(&json!([{"value": ours}])), Some("[1]"));
        for answer in [
            json!(null),
            json!({"success": true}),
            json!([]),
            json!(1),
            json!("OK"),
        ] {
            assert_eq!(value(&answer), None, "{answer}");
        }
        let message = format!("Error: {MARK}[1, \"a\"] in function");
        assert_eq!(json(carried(&message).unwrap()).unwrap(), json!([1, "a"]));
        for text in ["", "[1", "x"] {
            assert!(json(text).is_err(), "{text}");
        }
        assert_eq!(carried("relation \"supaproof\" does not exist"), None);
    }
}
