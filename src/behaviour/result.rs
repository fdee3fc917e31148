//! What came of the steps.

use serde::Deserialize;
use serde_json::Value;

use crate::checks::{Code, Finding, Outcome};
use crate::hints;
use crate::source::Source;
use crate::sql;
use crate::words;

use super::{FAILED, NO_ERROR, OTHER_ERROR, ROWS, Step};

/// The transaction is read-only.
const READ_ONLY: &str = "25006";

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Failed {
        at: usize,
        /// The time limit of the step was reached.
        late: bool,
        sqlstate: String,
        message: String,
        detail: Option<String>,
        hint: Option<String>,
    },
    Ran {
        rows: u64,
    },
}

/// What the server says where a function that is SECURITY DEFINER takes a role (SQLSTATE 42501).
const NO_ROLE: &str = "within security-definer function";

/// Reads the answer to the message of [`super::plan`]: an outcome per step. `roles`: whether a role can be taken through this
/// target; where it cannot, a step that takes one is skipped, whatever error it expects.
pub fn outcomes(steps: &[Step], answer: Value, roles: bool) -> Vec<Outcome> {
    let answers: Vec<Value> = match answer {
        Value::Array(chunks) => chunks
            .into_iter()
            .flat_map(|chunk| match chunk {
                Value::Array(items) => items,
                other => vec![other],
            })
            .collect(),
        _ => Vec::new(),
    };
    steps
        .iter()
        .enumerate()
        .map(|(number, step)| {
            let answer = answers.get(number).cloned().unwrap_or(Value::Null);
            match serde_json::from_value::<Answer>(answer) {
                Ok(Answer::Failed {
                    sqlstate, message, ..
                }) if !roles && sqlstate == "42501" && message.contains(NO_ROLE) => Outcome::skip(
                    "no role can be taken through this target: its SQL runs within a SECURITY DEFINER function",
                ),
                Ok(answer) => judge(step, answer),
                Err(_) => Outcome::Error("the server gave no result for this step".to_owned()),
            }
        })
        .collect()
}

fn judge(Step { step, source }: &Step, answer: Answer) -> Outcome {
    let finding = |code: &Code, expected: String, found: String, hint: Option<String>| {
        let finding = Finding {
            code: code.name,
            severity: step.severity,
            kind: "smoke",
            subject: step.name.value.clone(),
            property: "",
            expected,
            found,
            origin: Some(source.origin(step.run.span.clone())),
            note: None,
            help: step.help.clone().or(hint),
        };
        Outcome::of(vec![finding])
    };
    match (answer, step.error.as_ref().map(|error| &error.value)) {
        (Answer::Ran { rows }, None) => {
            let enough = match step.rows {
                Some(wanted) => rows == wanted,
                None => rows > 0 || !writes_rows(&step.run.value),
            };
            if enough {
                return Outcome::Pass(Vec::new());
            }
            let wanted = step
                .rows
                .map_or_else(|| "at least 1 row".to_owned(), counted);
            finding(&ROWS, wanted, counted(rows), None)
        }
        (Answer::Ran { .. }, Some(error)) => finding(
            &NO_ERROR,
            format!("the error {error}"),
            "no error".to_owned(),
            None,
        ),
        (Answer::Failed { sqlstate, .. }, Some(error)) if sqlstate.starts_with(error.as_str()) => {
            Outcome::Pass(Vec::new())
        }
        (
            Answer::Failed {
                at,
                late,
                sqlstate,
                message,
                detail,
                hint,
            },
            wanted,
        ) => {
            let mut found = match late {
                true => format!("that it takes longer than {} s", step.timeout.max(1)),
                false => format!("{sqlstate}: {message}"),
            };
            if let Some(detail) = detail {
                found.push_str(&format!(" ({detail})"));
            }
            if at > 0 {
                found.push_str(&format!(", in statement {}", at + 1));
            }
            let hint = hint.or_else(|| {
                let words = match sqlstate == READ_ONLY {
                    true => Some("A login that may only read is checked with `check --no-smoke`."),
                    false => hints::help(Some(&sqlstate), &message),
                };
                words.map(ToOwned::to_owned)
            });
            match wanted {
                Some(error) => finding(&OTHER_ERROR, format!("the error {error}"), found, hint),
                None => finding(&FAILED, "to work".to_owned(), found, hint),
            }
        }
    }
}

fn counted(rows: u64) -> String {
    words::count(rows, "row", "rows")
}

/// Whether the last statement writes rows, so that none written is a failure.
fn writes_rows(text: &str) -> bool {
    let Ok(statements) = sql::statements(&Source::new("", text)) else {
        return false;
    };
    statements.last().is_some_and(|last| {
        last.tokens().any(|t| {
            ["insert", "update", "delete", "merge"]
                .iter()
                .any(|word| t.is_word(word))
        })
    })
}
