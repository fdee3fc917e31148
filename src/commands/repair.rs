//! `supaproof repair`: brings the ledger in line with the files, and touches nothing else.

use crate::error::{Error, ExitCode};
use crate::migrate::{self, Mend, Migrations, State, Status};

use super::session::Session;
use super::status::short;
use super::{Context, migrations};

pub(super) async fn run(context: &Context, names: &[String]) -> Result<ExitCode, Error> {
    let mut all = Vec::new();
    for suite in context.suites(names)? {
        all.push(Migrations::from_suite(&suite)?);
    }
    let mut session = Session::open(context).await?;
    let mut out = String::new();
    let mut left = false;
    let mut ended = Ok(());
    for files in &all {
        match suite(context, &mut session, files, &mut out).await {
            Ok(whole) => left |= !whole,
            Err(error) => {
                ended = Err(error);
                break;
            }
        }
    }
    let label = session.label.clone();
    session.close();
    context.ui.clear();
    // What was done is done, whatever came after it.
    super::say(out.as_bytes());
    ended?;
    context
        .ui
        .note(&format!("{label}: done in {}", context.ui.elapsed()));
    Ok(if left { ExitCode::Failed } else { ExitCode::Ok })
}

/// Mends the ledger of a suite, and says whether nothing is wrong any more.
async fn suite(
    context: &Context,
    session: &mut Session,
    files: &Migrations,
    out: &mut String,
) -> Result<bool, Error> {
    let suite = files.suite();
    let ledger = migrate::ledger::read(&mut *session.target, files.book()).await?;
    let mut wrong = 0;
    let mut whole = true;
    for line in &migrate::status(&ledger, files) {
        let Some(repair) = repair(line, files) else {
            continue;
        };
        wrong += 1;
        let label = format!("{}_{}", line.version, line.name);
        context
            .ui
            .note(&format!("{suite}: {label} {}", repair.wrong));
        let question = format!(
            "{} ({label} of {suite} on {})?",
            repair.question, session.label
        );
        if !session.agrees(context, &question).await? {
            whole = false;
            out.push_str(&format!("⏭️ {suite}: {label} stays as it is\n"));
            continue;
        }
        let options = migrations::options_to_mend(context);
        migrate::mend(
            &mut *session.target,
            files.book(),
            &repair.mend,
            &options,
            &mut |holder| context.ui.note(&format!("waiting for {holder}")),
        )
        .await?;
        out.push_str(&format!("✅ {suite}: {label} {}\n", repair.done));
    }
    if wrong == 0 {
        out.push_str(&format!("✅ {suite}: nothing is to be mended\n"));
    }
    Ok(whole)
}

/// What is wrong with a line of the ledger, and how it is mended.
struct Repair<'a> {
    wrong: String,
    question: &'static str,
    mend: Mend<'a>,
    done: &'static str,
}

fn repair<'a>(line: &'a Status, files: &'a Migrations) -> Option<Repair<'a>> {
    let (version, name) = (&line.version, line.name.as_str());
    Some(match &line.state {
        State::Applied | State::Pending | State::OutOfOrder => return None,
        State::Divergent { applied, file } => Repair {
            wrong: format!(
                "was applied as {}…, and its file is {}… now (SHA-256)",
                short(applied),
                short(file)
            ),
            question: "Take over the file as it is now, without running it",
            mend: Mend::TakeOver {
                migration: files.get(version)?,
                applied,
            },
            done: "has the checksum of its file now",
        },
        State::Missing { applied } => Repair {
            wrong: "is applied, and its file is gone".to_owned(),
            question: "Forget it, and leave in the schema what it made",
            mend: Mend::Forget {
                version,
                name,
                checksum: applied,
            },
            done: "forgotten; what it made is still there",
        },
        State::OutOfStep { applied } => Repair {
            wrong: "is applied, and the Supabase CLI does not know it".to_owned(),
            question: "Record it in supabase_migrations.schema_migrations",
            mend: Mend::InStep {
                migration: files.get(version)?,
                applied,
            },
            done: "is recorded for the Supabase CLI, too",
        },
        State::RollbackFailed { error } => Repair {
            wrong: format!("could not be rolled back: {error}"),
            question: "Clear the failed attempt, and leave it as applied",
            mend: Mend::Note {
                version,
                name,
                detail: "failed rollback cleared",
            },
            done: "counts as applied, as before its rollback",
        },
        State::Lost { at } => Repair {
            wrong: format!(
                "was applied {at}, as supaproof.history says, and the ledger does not have it"
            ),
            question: "Note that it is not applied any more",
            mend: Mend::Note {
                version,
                name,
                detail: "no longer applied: the ledger does not have it",
            },
            done: "is noted as not applied",
        },
        State::Failed { error } => Repair {
            wrong: format!("failed: {error}"),
            question: "Clear the failed attempt",
            mend: Mend::Clear { version, name },
            done: "is no longer noted as failed",
        },
    })
}
