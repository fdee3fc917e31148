//! All steps as statements of one message.
//!
//! Each step is a DO with a time limit of its own: a `statement_timeout` set inside a DO has no effect. User SQL runs
//! only through EXECUTE, in a subtransaction that an exception undoes. Results travel in transaction-local
//! settings, one SELECT reads them, and a ROLLBACK takes away whatever else there was.
//!
//! A step cannot forge a result. Whether it ran to its end is a variable of our block, which no SQL inside EXECUTE can
//! reach, and settings are written only after the subtransaction is undone, together with whatever the step set.

use crate::error::Error;
use crate::source::{Origin, Source};
use crate::sql::{self, Statement};

use super::{SmokeStep, Step};

/// The message that takes away what a rollback does not: prepared statements and session-wide locks.
pub fn clean() -> String {
    format!("{};\n{};\n", sql::DEALLOCATE, sql::UNLOCK)
}

/// Ends the steps where nobody waits for them any more: a step may catch the cancellation that Ctrl-C sends.
const NOTICE_OUR_END: &str = "do $$begin
  perform pg_catalog.set_config('client_connection_check_interval', '200ms', true);
exception when others then null;
end$$;\n";

/// Smoke steps made ready to run.
#[derive(Debug)]
pub struct SmokePlan {
    /// Statements without a result and without a transaction around them: whoever sends them ends with ROLLBACK.
    pub script: String,
    /// An expression for the results, once the statements have run.
    pub result: String,
    /// The statements of each step with their places.
    pub statements: Vec<Vec<Origin>>,
}

/// Makes one message of the steps; `None` where there are none.
///
/// # Errors
/// A step whose text is no SQL, is empty, or has transaction control in it.
pub fn plan(steps: &[Step]) -> Result<Option<SmokePlan>, Error> {
    if steps.is_empty() {
        return Ok(None);
    }
    let mut script = String::from("set local standard_conforming_strings = on;\n");
    script.push_str(NOTICE_OUR_END);
    let mut all = Vec::new();
    for (number, Step { step, source }) in steps.iter().enumerate() {
        let statements = split(source, step)?;
        script.push_str(&format!(
            "set local statement_timeout = '{}s';\n{};\n",
            step.timeout.max(1),
            block(number, step.timeout.max(1), &statements)
        ));
        all.push(vec![source.origin(step.run.span.clone()); statements.len()]);
    }
    let results: Vec<String> = (0..steps.len())
        .map(|n| {
            format!("nullif(pg_catalog.current_setting('supaproof.step_{n}', true), '')::pg_catalog.json")
        })
        .collect();
    // Functions take 100 arguments at the most; arrays in arrays do not.
    let rows: Vec<String> = results
        .chunks(90)
        .map(|chunk| format!("pg_catalog.json_build_array({})", chunk.join(", ")))
        .collect();
    script.push_str(&format!("set local statement_timeout = 0;\n{}", clean()));
    Ok(Some(SmokePlan {
        script,
        result: format!("pg_catalog.json_build_array({})", rows.join(",\n")),
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

fn block(number: usize, seconds: u32, statements: &[Statement]) -> String {
    let mut body = String::from(
        "declare n bigint := 0; at int := 0; done boolean := false; detail text; hint text; context text;\n\
         \x20 cancelled boolean; late boolean;\n\
         \x20 started timestamptz := pg_catalog.clock_timestamp();\nbegin\n  begin\n",
    );
    for (at, statement) in statements.iter().enumerate() {
        body.push_str(&format!(
            "    at := {at}; execute {}; get diagnostics n = row_count;\n",
            sql::quote_literal(statement.text())
        ));
    }
    // Deferred constraints would never be looked at, since nothing is committed.
    body.push_str(
        "    set constraints all immediate;\n    done := true;\n    raise exception 'undo';\n",
    );
    // `others` leaves these two out. A cancellation before the step's own limit is not the step's, unless it raised it:
    // the run was ended.
    body.push_str(&format!(
        "  exception when query_canceled or assert_failure or others then\n\
         \x20   get stacked diagnostics context = pg_exception_context;\n\
         \x20   cancelled := not done and sqlstate = '57014' and context not like '%RAISE%';\n\
         \x20   late := pg_catalog.clock_timestamp() >= started + interval '{seconds} s' - interval '100 ms';\n\
         \x20   if cancelled and not late then\n      raise;\n    end if;\n"
    ));
    // The search path is that from before the step: what it set is undone.
    body.push_str(&format!(
        "    if done then\n\
         \x20     perform pg_catalog.set_config('supaproof.step_{number}', pg_catalog.json_build_object('rows', n)::text, true);\n\
         \x20   else\n\
         \x20     get stacked diagnostics detail = pg_exception_detail, hint = pg_exception_hint;\n\
         \x20     perform pg_catalog.set_config('supaproof.step_{number}', pg_catalog.json_build_object('at', at, 'late', cancelled, 'sqlstate', sqlstate,\n\
         \x20       'message', sqlerrm, 'detail', nullif(detail, ''), 'hint', nullif(hint, ''))::text, true);\n\
         \x20   end if;\n  end;\nend\n"
    ));
    format!("do {}", sql::dollar_quote(&body))
}
