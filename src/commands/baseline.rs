//! `supaproof baseline`: records migrations as applied without running them.

use crate::cli;
use crate::error::{Error, ExitCode};
use crate::migrate::{self, Book, Mend, Migration, Migrations};
use crate::words;

use super::session::Session;
use super::{Context, migrations};

pub(super) async fn run(context: &Context, args: &cli::Baseline) -> Result<ExitCode, Error> {
    let suite = context.the_suite(args.suite.as_deref(), "take the baseline of")?;
    let files = Migrations::from_suite(&suite)?;
    let chosen = up_to(&files, &args.version)?;
    let mut session = Session::open(context).await?;
    let ended = record(context, &mut session, files.book(), chosen).await;
    let left = session.leave(&context.ui);
    ended?;
    left.warn(&context.ui, "");
    let lines: String = chosen
        .iter()
        .map(|migration| {
            format!(
                "✅ {}: {} recorded as applied, without running it\n",
                files.suite(),
                migration.label()
            )
        })
        .collect();
    super::say(lines.as_bytes());
    context.ui.end(Some(&left.label));
    Ok(ExitCode::Ok)
}

/// The migrations up to a version, which has to be one of them.
fn up_to<'a>(files: &'a Migrations, version: &str) -> Result<&'a [Migration], Error> {
    let wanted = migrations::version(version)?;
    let list = files.list();
    let at = list.iter().position(|known| known.version == wanted);
    at.and_then(|at| list.get(..=at)).ok_or_else(|| {
        let error = Error::usage(format!(
            "{} has no migration with the version {version}",
            files.suite()
        ));
        match (list.first(), list.last()) {
            (Some(first), Some(last)) => error.help(format!(
                "its versions go from {} to {}; name the newest one that the database has",
                first.version, last.version
            )),
            _ => error.help("it has none at all"),
        }
    })
}

async fn record(
    context: &Context,
    session: &mut Session,
    book: &Book,
    chosen: &[Migration],
) -> Result<(), Error> {
    let suite = book.suite();
    let ledger = migrate::ledger::read(&mut *session.target, book).await?;
    if !ledger.applied.is_empty() {
        let known: Vec<_> = ledger
            .applied
            .iter()
            .map(|row| row.version.as_str())
            .collect();
        return Err(Error::usage(format!(
            "the ledger has migrations of {suite} already: a baseline is for a database without"
        ))
        .note(format!("applied are {}", known.join(", ")))
        .help("`supaproof status` shows where it stands, `supaproof repair` mends the ledger"));
    }
    if !session.is_throwaway() {
        let labels: Vec<String> = chosen.iter().map(Migration::label).collect();
        let question = format!(
            "Record {} of {suite} as applied on {}, without running {}?",
            labels.join(", "),
            session.label,
            words::agree(chosen.len(), "it", "them")
        );
        session.ask(context, &question).await?;
    }
    let options = migrations::options_to_mend(context);
    let mend = Mend::Baseline(chosen);
    migrate::mend(&mut *session.target, book, &mend, &options, &mut |holder| {
        context.ui.note(&format!("waiting for {holder}"));
    })
    .await
}
