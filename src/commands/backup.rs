//! `supaproof backup`, and the backup before a change.

mod make;
mod restore;
mod verify;

use std::path::{Path, PathBuf};

use crate::backup::Store;
use crate::cli::{Backing, Backup, BackupCommand};
use crate::error::{Error, ExitCode};
use crate::migrate::Book;
use crate::target::embedded::{self, Clients};
use crate::words;

use super::Context;
use super::session::Session;

pub(super) async fn run(context: &Context, args: &Backup) -> Result<ExitCode, Error> {
    let store = store(context, args.backup_dir.as_deref());
    match &args.what {
        BackupCommand::Create(suites) => create(context, &store, &suites.suites).await,
        BackupCommand::List => list(context, &store),
        BackupCommand::Verify { file } => verify::run(context, &store, file.as_deref()).await,
        BackupCommand::Restore(args) => restore::run(context, &store, args).await,
    }
}

/// The folder of backups: what was said, what `supaproof.toml` says, or one in the project.
fn store(context: &Context, said: Option<&Path>) -> Store {
    let own = || context.config.backup_dir.clone();
    let default = || context.config.project.root().join(".supaproof/backups");
    Store::new(
        said.map(Path::to_owned)
            .or_else(own)
            .unwrap_or_else(default),
    )
}

/// Makes a backup before something is changed, where one was asked for. Says where it is.
pub(super) async fn before<'a>(
    context: &Context,
    session: &mut Session,
    books: impl Iterator<Item = &'a Book>,
    backing: &Backing,
) -> Result<Option<PathBuf>, Error> {
    if !backing.backup {
        return Ok(None);
    }
    if session.is_throwaway() {
        context
            .ui
            .note("no backup is made: the embedded target starts empty");
        return Ok(None);
    }
    let books: Vec<Book> = books.cloned().collect();
    let store = store(context, backing.backup_dir.as_deref());
    make::make(context, session, &store, &books)
        .await
        .map(Some)
        .map_err(|error| error.note("there is no backup, and nothing was changed"))
}

/// The error of a change that failed, with the way back.
pub(super) fn told(error: Error, backup: Option<&Path>) -> Error {
    match backup {
        None => error,
        Some(path) => error.note(format!(
            "the backup from before is {0}; `supaproof backup restore {0} --clean`, with the same --target, goes back to it",
            shown(path)
        )),
    }
}

async fn create(context: &Context, store: &Store, names: &[String]) -> Result<ExitCode, Error> {
    // A database may be copied without any suite of it.
    let known = context.config.project.suite_names().unwrap_or_default();
    let suites = match names.is_empty() && known.is_empty() {
        true => Vec::new(),
        false => context.suites(names)?,
    };
    let books = suites
        .iter()
        .map(|suite| Book::of(&suite.name, &suite.ledger));
    let books: Vec<Book> = books.collect();
    let mut session = Session::open(context).await?;
    let made = match session.is_throwaway() {
        true => Err(
            Error::usage("the embedded target starts empty: there is nothing to copy")
                .help("Name a target with --target."),
        ),
        false => make::make(context, &mut session, store, &books).await,
    };
    session.close();
    context.ui.clear();
    super::say(format!("{}\n", shown(&made?)).as_bytes());
    Ok(ExitCode::Ok)
}

fn list(context: &Context, store: &Store) -> Result<ExitCode, Error> {
    let all = store.all()?;
    context.ui.clear();
    if all.is_empty() {
        let folder = shown(store.folder());
        context.ui.note(&format!("there is no backup in {folder}"));
        return Ok(ExitCode::Ok);
    }
    let mut rows = vec![["when", "target", "size", "suites", "verified", "file"].map(String::from)];
    let mut wrong = String::new();
    for kept in &all {
        let name = kept.path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let manifest = match &kept.manifest {
            Ok(manifest) => manifest,
            Err(reason) => {
                wrong.push_str(&format!("❌ {name}: {reason}\n"));
                continue;
            }
        };
        let suites: Vec<String> = (manifest.suites.iter())
            .map(|suite| match suite.applied.last() {
                Some(last) => format!("{} {last}", suite.suite),
                None => format!("{} -", suite.suite),
            })
            .collect();
        rows.push([
            manifest.created_at.clone(),
            manifest.target.clone(),
            words::size(manifest.bytes),
            suites.join(", "),
            match &manifest.verified {
                None => "no".to_owned(),
                Some(verified) if verified.passed => format!("yes, {}", verified.at),
                Some(verified) => format!("failed, {}", verified.at),
            },
            name,
        ]);
    }
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    for row in &rows {
        let cells: Vec<String> = (row.iter().zip(&widths))
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        super::say(format!("{}\n", cells.join("  ").trim_end()).as_bytes());
    }
    super::say(wrong.as_bytes());
    Ok(match wrong.is_empty() {
        true => ExitCode::Ok,
        false => ExitCode::Failed,
    })
}

/// Programs of at least this major.
pub(super) async fn clients(context: &Context, major: u32) -> Result<Clients, Error> {
    let options = context.config.programs.clone();
    let found = tokio::task::spawn_blocking(move || embedded::find_clients(&options, major));
    found.await.map_err(|error| Error::bug(error.to_string()))?
}

/// A path as somebody in the working folder would type it.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(here).unwrap_or(path);
    path.display().to_string()
}
