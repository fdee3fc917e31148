//! `supaproof status`: which migrations are applied.

use std::time::Duration;

use crate::cli;
use crate::error::{Error, ExitCode};
use crate::migrate::{self, Migrations, State, Status};
use crate::report::Verbosity;
use crate::words;

use super::Context;
use super::session::Session;

pub(super) async fn run(context: &Context, args: &cli::Status) -> Result<ExitCode, Error> {
    let mut all = Vec::new();
    for suite in context.suites(&args.suites.suites)? {
        all.push(Migrations::from_suite(&suite)?);
    }
    let mut session = Session::open_to_read(context).await?;
    let mut out = String::new();
    let mut wrong = false;
    let mut ended = Ok(());
    for migrations in &all {
        match migrate::ledger::read(&mut *session.target, migrations.book()).await {
            Ok(ledger) => {
                let lines = migrate::status(&ledger, migrations);
                wrong |= lines.iter().any(|line| {
                    let waits = matches!(line.state, State::Pending | State::Running);
                    line.state.is_wrong() || args.exit_code && waits
                });
                let verbose = context.config.verbosity == Verbosity::Verbose;
                out.push_str(&table(migrations.suite(), &lines, verbose));
            }
            Err(error) => {
                ended = Err(error);
                break;
            }
        }
    }
    let left = session.leave(&context.ui);
    context.ui.note(&format!("target: {}", left.label));
    if left.throwaway {
        context
            .ui
            .note("the embedded target starts empty: name another with --target to see its state");
    }
    super::say(out.as_bytes());
    ended?;
    Ok(if wrong {
        ExitCode::Failed
    } else {
        ExitCode::Ok
    })
}

/// A state in a word, and what is wrong with it and what helps.
fn told(line: &Status) -> (&'static str, Option<(String, &'static str)>) {
    match &line.state {
        State::Applied => ("applied", None),
        State::Pending => ("pending", None),
        State::Running => ("running", None),
        State::OutOfOrder => (
            "out of order",
            Some((
                "not applied, and a later one is".to_owned(),
                "nothing if you know why: `supaproof setup` applies it with a warning",
            )),
        ),
        State::Divergent { applied, file } => (
            "divergent",
            Some((
                format!(
                    "applied as {}, the file is {} now (SHA-256)",
                    words::checksum(applied),
                    words::checksum(file)
                ),
                "bring the file back as it was, and put the change into a new migration; \
                 where nothing else has to change, `supaproof repair` takes it over",
            )),
        ),
        State::Missing { .. } => (
            "missing",
            Some((
                "applied, and its file is gone".to_owned(),
                if line.rollback {
                    "bring the file back; or roll it back, the ledger keeps how; `supaproof repair` forgets it"
                } else {
                    "bring the file back; `supaproof repair` forgets it"
                },
            )),
        ),
        State::OutOfStep { .. } => (
            "out of step",
            Some((
                "applied, and the Supabase CLI does not know it: `supabase db push` would run it once more".to_owned(),
                "`supaproof repair` records it in supabase_migrations.schema_migrations",
            )),
        ),
        State::RollbackFailed { error } => (
            "applied",
            Some((
                format!("the last attempt to roll it back failed: {error}"),
                "see what is left of it, mend its rollback, and run `supaproof rollback` again; `supaproof repair` clears the attempt",
            )),
        ),
        State::Lost { at } => (
            "lost",
            Some((
                format!("supaproof.history says that it was applied {at}, and the ledger does not have it"),
                "if the ledger was moved or emptied, bring it back, or record what is there with `supaproof baseline`; \
                 if the schema went with it, `supaproof setup` applies it again, and `supaproof repair` says that it is gone",
            )),
        ),
        State::Failed { error } if line.half_done() => (
            "failed",
            Some((
                format!("the last attempt failed: {error}"),
                "mend what is not done and run `supaproof setup` again: it goes on behind what is done; \
                 `supaproof repair` lets the file begin anew",
            )),
        ),
        State::Failed { error } => (
            "failed",
            Some((
                format!("the last attempt failed: {error}"),
                "mend the file and run `supaproof setup` again; if the file is gone for good, `supaproof repair` clears the attempt",
            )),
        ),
    }
}

/// A name that cannot break the table: a file's name may hold a line end.
fn on_a_line(name: &str) -> String {
    name.chars()
        .map(|c| match c.is_control() {
            true => c.escape_default().to_string(),
            false => c.to_string(),
        })
        .collect()
}

/// With who wrote each, where somebody wants to know it.
fn table(suite: &str, lines: &[Status], verbose: bool) -> String {
    let head = [
        "version", "name", "state", "when", "took", "rollback", "author",
    ];
    let columns = head.len() - usize::from(!verbose);
    let mut rows = vec![head.map(ToOwned::to_owned)];
    let mut below = String::new();
    for line in lines {
        let (state, wrong) = told(line);
        if let Some((what, help)) = wrong {
            below.push_str(&format!("❌ {}: {what}\n   help: {help}\n", line.version));
        }
        if let (State::Running, Some(halfway)) = (&line.state, &line.halfway) {
            below.push_str(&format!("⏳ {}: {}\n", line.version, halfway.words()));
        }
        let took = line.duration_ms.map(Duration::from_millis);
        rows.push([
            line.version.to_string(),
            on_a_line(&line.name),
            state.to_owned(),
            line.at.clone().unwrap_or_default(),
            took.map(words::duration).unwrap_or_default(),
            if line.rollback { "yes" } else { "no" }.to_owned(),
            on_a_line(line.author.as_deref().unwrap_or_default()),
        ]);
    }
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let width = |row: &[String; 7]| row[column].chars().count();
            rows.iter().map(width).max().unwrap_or(0)
        })
        .collect();
    let mut out = format!("{suite}\n");
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        out.push_str(&format!("  {}\n", cells.join("  ").trim_end()));
    }
    out + &below
}
