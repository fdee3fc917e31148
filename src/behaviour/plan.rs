//! One message of all steps.
//!
//! Each step is a DO with a time limit of its own: a `statement_timeout` set inside a DO has no effect. User SQL runs
//! only through EXECUTE, in a subtransaction that a private exception undoes. Results travel in transaction-local
//! settings, one SELECT reads them, and ROLLBACK takes away whatever else there was.

use crate::error::Error;
use crate::expect::Located;
use crate::source::{Origin, Source};
use crate::sql::{self, Statement};

use super::SmokeStep;

/// The SQLSTATE that undoes a step: no error of the server's or of a user's has it.
const UNDO: &str = "SPUND";

/// Smoke steps made ready to run.
#[derive(Debug)]
pub struct Plan {
    /// The message. Its only result is one JSON document.
    pub script: String,
    /// The statements of each step with their places.
    pub statements: Vec<Vec<Origin>>,
}

/// Makes one message of the steps; `None` where there are none.
///
/// # Errors
/// A step whose text is no SQL, is empty, or has transaction control in it.
pub fn plan(source: &Source, steps: &[Located<SmokeStep>]) -> Result<Option<Plan>, Error> {
    if steps.is_empty() {
        return Ok(None);
    }
    let mut script = String::from("set local standard_conforming_strings = on;\n");
    let mut all = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let statements = split(source, &step.value)?;
        script.push_str(&format!(
            "set local statement_timeout = '{}s';\n{};\n",
            step.value.timeout.max(1),
            block(number, &statements)
        ));
        all.push(vec![
            source.origin(step.value.run.span.clone());
            statements.len()
        ]);
    }
    let results: Vec<String> = (0..steps.len())
        .map(|n| format!("nullif(current_setting('supaproof.step_{n}', true), '')::json"))
        .collect();
    // Functions take 100 arguments at the most; arrays in arrays do not.
    let rows: Vec<String> = results
        .chunks(90)
        .map(|chunk| format!("json_build_array({})", chunk.join(", ")))
        .collect();
    script.push_str(&format!(
        "select json_build_array({});\nrollback",
        rows.join(",\n")
    ));
    Ok(Some(Plan {
        script,
        statements: all,
    }))
}

fn split(source: &Source, step: &SmokeStep) -> Result<Vec<Statement>, Error> {
    let at = source.origin(step.run.span.clone());
    // YAML has folded and unquoted the text: a place inside it is not a place in the file.
    let text = Source::new(
        format!("{} (step \"{}\")", source.path().display(), step.name.value),
        step.run.value.clone(),
    );
    let statements =
        sql::statements(&text).map_err(|e| Error::usage(e.message().to_owned()).at(at.clone()))?;
    if statements.is_empty() {
        return Err(Error::usage("this step runs no statement").at(at));
    }
    if let Some(control) = statements.iter().find(|s| sql::is_transaction_control(s)) {
        return Err(Error::usage(format!(
            "a smoke step cannot run `{}`",
            control.first_line(60)
        ))
        .at(place(&at, control))
        .help("Every step is rolled back anyway: leave transaction control out."));
    }
    Ok(statements)
}

/// The line of the file that a statement of a step begins on, where it is written there once as it is; else the step.
fn place(step: &Origin, statement: &Statement) -> Origin {
    let line = statement
        .text()
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end();
    let mut found = step.text().match_indices(line);
    match (found.next(), found.next()) {
        (Some((at, _)), None) if !line.is_empty() => {
            let start = step.span.start + at;
            step.source.origin(start..start + line.len())
        }
        _ => step.clone(),
    }
}

fn block(number: usize, statements: &[Statement]) -> String {
    let mut body = String::from(
        "declare n bigint := 0; at int := 0; detail text; hint text;\nbegin\n  begin\n",
    );
    for (at, statement) in statements.iter().enumerate() {
        body.push_str(&format!(
            "    at := {at}; execute {}; get diagnostics n = row_count;\n",
            sql::quote_literal(statement.text())
        ));
    }
    // Deferred constraints would never be looked at, since nothing is committed.
    body.push_str(&format!(
        "    set constraints all immediate;\n    raise exception using errcode = '{UNDO}';\n"
    ));
    // `others` leaves these two out.
    body.push_str(&format!(
        "  exception when query_canceled or assert_failure or others then\n\
         \x20   if sqlstate = '{UNDO}' then\n\
         \x20     perform set_config('supaproof.step_{number}', json_build_object('rows', n)::text, true);\n\
         \x20   else\n\
         \x20     get stacked diagnostics detail = pg_exception_detail, hint = pg_exception_hint;\n\
         \x20     perform set_config('supaproof.step_{number}', json_build_object('at', at, 'sqlstate', sqlstate,\n\
         \x20       'message', sqlerrm, 'detail', nullif(detail, ''), 'hint', nullif(hint, ''))::text, true);\n\
         \x20   end if;\n  end;\nend\n"
    ));
    format!("do {}", sql::dollar_quote(&body))
}
