//! `supaproof repair`: brings the ledger in line with the files, and touches nothing else.

use crate::cli;
use crate::error::{Error, ExitCode};
use crate::migrate::{self, Halfway, Mend, Migrations, Script, State, Status, Version};
use crate::words;

use super::session::Session;
use super::{Context, migrations};

pub(super) async fn run(context: &Context, args: &cli::Repair) -> Result<ExitCode, Error> {
    let resume = args.resume.as_deref().map(place).transpose()?;
    let mut all = Vec::new();
    for suite in context.suites(&args.suites.suites)? {
        all.push(Migrations::from_suite(&suite)?);
    }
    if let Some((version, _)) = &resume {
        all.retain(|files| files.get(version).is_some());
        if all.len() != 1 {
            let how = if all.is_empty() {
                "no suite has"
            } else {
                "several suites have"
            };
            return Err(Error::usage(format!("{how} a migration {version}"))
                .help("name the suite: supaproof repair SUITE --resume VERSION:STATEMENT"));
        }
    }
    let mut session = Session::open(context).await?;
    let mut out = String::new();
    let mut left = false;
    let mut ended = Ok(());
    for files in &all {
        let mended = match &resume {
            Some(place) => go_on(context, &mut session, files, place, &mut out).await,
            None => suite(context, &mut session, files, &mut out).await,
        };
        match mended {
            Ok(whole) => left |= !whole,
            Err(error) => {
                ended = Err(error);
                break;
            }
        }
    }
    let place = session.leave(&context.ui);
    // What was done is done, whatever came after it.
    super::say(out.as_bytes());
    ended?;
    context.ui.end(Some(&place.label));
    Ok(if left { ExitCode::Failed } else { ExitCode::Ok })
}

/// The version and the statement, from 1, that somebody typed.
fn place(text: &str) -> Result<(Version, usize), Error> {
    let (version, number) = text.split_once(':').unwrap_or((text, ""));
    match number.parse() {
        Ok(number) if number > 0 => Ok((migrations::version(version)?, number)),
        _ => Err(Error::usage(format!("`{text}` names no statement"))
            .help("--resume takes a version and the number of a statement in its file: 004:2")),
    }
}

/// Says where a migration goes on that is half done; whether that was agreed to.
async fn go_on(
    context: &Context,
    session: &mut Session,
    files: &Migrations,
    (version, next): &(Version, usize),
    out: &mut String,
) -> Result<bool, Error> {
    let Some(migration) = files.get(version) else {
        return Ok(false);
    };
    let (suite, label) = (files.suite(), migration.label());
    let ledger = migrate::ledger::read(&mut *session.target, files.book()).await?;
    let of = |backward: bool| ledger.halfway(version, backward);
    let found: Option<(&Halfway, &Script)> = match (of(false), of(true)) {
        (Some(halfway), _) => Some((halfway, &migration.setup)),
        (None, Some(halfway)) => migration
            .rollback
            .as_deref()
            .map(|script| (halfway, script)),
        (None, None) => None,
    };
    let by_itself = |script: &Script| script.transactional() || script.batch().is_some();
    let Some((halfway, script)) = found.filter(|(_, script)| !by_itself(script)) else {
        return Err(Error::usage(format!("{label} is not half done"))
            .note("that is what a file is that runs without a transaction, and stopped between two of its statements")
            .help(format!("`supaproof status {suite}` shows what is")));
    };
    let of = script.statements().len();
    if *next > of + 1 {
        return Err(Error::usage(format!("{label} has no statement {next}"))
            .at(script.source().origin(0..0))
            .help(format!(
                "its statements are 1 to {of}; {} says that all are done",
                of + 1
            )));
    }
    if halfway.alive {
        return Err(Error::new(
            ExitCode::Sql,
            format!("{label} runs now, in another session"),
        )
        .help("wait until it is done, or end it, and run the same command again"));
    }
    context.ui.note(&format!(
        "{suite}: {label} is half done: {}",
        halfway.words()
    ));
    let place = match script.statements().get(next - 1) {
        Some(statement) => format!("go on at statement {next}, {}", statement.first_line(60)),
        None => "be recorded without running more".to_owned(),
    };
    let question = format!("Let it {place} ({label} of {suite} on {})?", session.label);
    if !session.agrees(context, &question).await? {
        out.push_str(&format!("⏭️ {suite}: {label} stays as it is\n"));
        return Ok(false);
    }
    let mend = Mend::Resume {
        migration,
        script,
        halfway,
        done: next - 1,
    };
    let (options, book) = (migrations::options_to_mend(context), files.book());
    migrate::mend(&mut *session.target, book, &mend, &options, &mut |holder| {
        context.ui.note(&format!("waiting for {holder}"));
    })
    .await?;
    let how = if halfway.backward {
        "rollback"
    } else {
        "setup"
    };
    out.push_str(&format!(
        "✅ {suite}: {label} will {place}: run `supaproof {how} {suite}`\n"
    ));
    Ok(true)
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
        State::Applied | State::Pending | State::OutOfOrder | State::Running => return None,
        State::Divergent { applied, file } => Repair {
            wrong: format!(
                "was applied as {}, and its file is {} now (SHA-256)",
                words::checksum(applied),
                words::checksum(file)
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
        State::Failed { error } if line.half_done() => Repair {
            wrong: format!("failed: {error}"),
            question: "Forget how far it came, and let its file begin anew",
            mend: Mend::Clear { version, name },
            done: "begins anew with the next setup",
        },
        State::Failed { error } => Repair {
            wrong: format!("failed: {error}"),
            question: "Clear the failed attempt",
            mend: Mend::Clear { version, name },
            done: "is no longer noted as failed",
        },
    })
}
