//! Scripts as they run inside a function, and how a value comes back from them.

use serde_json::Value;

use crate::sql::{dollar_quote, quote_literal};

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

/// The search path of a session. Within the function it is empty.
const SEARCH_PATH: &str = "\"$user\", public, extensions";

fn usual_path() -> String {
    format!(
        "select pg_catalog.set_config('search_path', {}, true);\n",
        quote_literal(SEARCH_PATH)
    )
}

/// A script as it stands, but with the search path of a session.
pub(super) fn plain(script: &str) -> String {
    usual_path() + script
}

/// Reads the value of a SELECT, with `settings` before it.
pub(super) fn reading(settings: &str, select: &str, back: Back) -> String {
    let settings = match settings {
        "" => String::new(),
        some => format!("  {some};\n"),
    };
    block(
        &format!(
            "{settings}  execute {} into r;\n",
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
            dollar_quote(&(usual_path() + statements)),
            dollar_quote(&format!("select ({result})::text")),
        ),
        back,
    )
}

fn block(body: &str, back: Back) -> String {
    let end = match back {
        // As a JSON string: on its way as a document its numbers could suffer.
        Back::Setting => format!(
            "  perform pg_catalog.set_config('{SETTING}', pg_catalog.to_json(r)::text, true);\n"
        ),
        Back::Error => {
            format!("  raise exception using errcode = '{CARRIED}', message = '{MARK}' || r;\n")
        }
    };
    let block = format!("declare r text;\nbegin\n{body}{end}end\n");
    format!("do {}", dollar_quote(&block))
}

/// The value in what the function returned; `None` where it returns nothing of a script's.
pub(super) fn value(answer: &Value) -> Option<String> {
    match answer {
        Value::String(text) => Some(text.clone()),
        // A function that returns a table, or several rows.
        Value::Array(rows) if rows.len() == 1 => value(&rows[0]),
        _ => None,
    }
}

/// The value that the message of an error carries.
pub(super) fn carried(message: &str) -> Option<&str> {
    message.split_once(MARK).map(|(_, text)| text)
}
