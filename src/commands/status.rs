//! `supaproof status`: which migrations are applied.

use crate::error::{Error, ExitCode};
use crate::migrate::{self, Migrations, State, Status};

use super::Context;
use super::session::Session;

pub(super) async fn run(context: &Context, names: &[String]) -> Result<ExitCode, Error> {
    let mut all = Vec::new();
    for suite in context.suites(names)? {
        all.push(Migrations::from_suite(&suite)?);
    }
    let mut session = Session::open(context).await?;
    let mut out = String::new();
    let mut wrong = false;
    let mut ended = Ok(());
    for migrations in &all {
        match migrate::ledger::read(&mut *session.target, migrations.suite()).await {
            Ok(ledger) => {
                let lines = migrate::status(&ledger.applied, migrations);
                wrong |= lines.iter().any(|line| is_wrong(&line.state));
                out.push_str(&table(migrations.suite(), &lines));
            }
            Err(error) => {
                ended = Err(error);
                break;
            }
        }
    }
    let label = session.label.clone();
    let throwaway = session.is_throwaway();
    session.close();
    context.ui.clear();
    context.ui.note(&format!("target: {label}"));
    if throwaway {
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

fn is_wrong(state: &State) -> bool {
    matches!(
        state,
        State::Divergent { .. } | State::Missing | State::OutOfOrder
    )
}

/// Enough of a checksum to tell two apart.
fn short(checksum: &str) -> &str {
    checksum.get(..12).unwrap_or(checksum)
}

fn table(suite: &str, lines: &[Status]) -> String {
    let mut rows =
        vec![["version", "name", "state", "applied at", "rollback"].map(ToOwned::to_owned)];
    let mut below = String::new();
    for line in lines {
        let state = match &line.state {
            State::Applied => "applied",
            State::Pending => "pending",
            State::OutOfOrder => "out of order",
            State::Divergent { applied, file } => {
                below.push_str(&format!(
                    "❌ {}: applied as {}…, the file is {}… now (SHA-256)\n   \
                     help: bring the file back as it was, and put the change into a new migration\n",
                    line.version,
                    short(applied),
                    short(file)
                ));
                "divergent"
            }
            State::Missing => {
                below.push_str(&format!(
                    "❌ {}: applied, and its file is gone\n   help: bring the file back\n",
                    line.version
                ));
                "missing"
            }
        };
        rows.push([
            line.version.to_string(),
            line.name.clone(),
            state.to_owned(),
            line.applied_at.clone().unwrap_or_default(),
            if line.rollback { "yes" } else { "no" }.to_owned(),
        ]);
    }
    let mut out = format!("{suite}\n");
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let width = rows
                    .iter()
                    .map(|r| r[column].chars().count())
                    .max()
                    .unwrap_or(0);
                format!("{cell:<width$}")
            })
            .collect();
        out.push_str(&format!("  {}\n", cells.join("  ").trim_end()));
    }
    out + &below
}
