//! Changes the ledger alone, never the schema: what `repair` and `baseline` do.

use std::time::Duration;

use super::options::{LONGEST_MESSAGE, Options};
use crate::error::{Error, ExitCode};
use crate::migrate::files::{Migration, Script, Version};
use crate::migrate::ledger::halfway::{self, Halfway};
use crate::migrate::ledger::import::{Imported, import_sql};
use crate::migrate::ledger::lock::LOCK_SLICE;
use crate::migrate::ledger::record::By;
use crate::migrate::ledger::sqlstate::{BUSY, CHANGED};
use crate::migrate::ledger::{Book, amend};
use crate::target::{Target, TargetError};
use crate::words;

/// A change of the ledger. Each says what it takes to be there, and is refused where that has changed meanwhile.
#[derive(Clone, Copy, Debug)]
pub enum Mend<'a> {
    /// Takes over the file of an applied migration as it is now.
    TakeOver {
        /// The migration, with the file.
        migration: &'a Migration,
        /// The checksum that the ledger has.
        applied: &'a str,
    },
    /// Forgets an applied migration whose file is gone.
    Forget {
        /// Its version.
        version: &'a Version,
        /// Its name.
        name: &'a str,
        /// The checksum that the ledger has.
        checksum: &'a str,
    },
    /// Clears a failed attempt.
    Clear {
        /// Its version.
        version: &'a Version,
        /// Its name.
        name: &'a str,
    },
    /// Says how many statements are done of a migration that is half done.
    Resume {
        /// The migration.
        migration: &'a Migration,
        /// The file that runs: its setup, or its rollback.
        script: &'a Script,
        /// What the ledger has of it.
        halfway: &'a Halfway,
        /// How many of the file's statements are done.
        done: usize,
    },
    /// Tells the history what counts; how far an attempt to roll it back came is forgotten.
    Note {
        /// Its version.
        version: &'a Version,
        /// Its name.
        name: &'a str,
        /// What counts.
        detail: &'a str,
    },
    /// Records an applied migration in the Supabase CLI's ledger.
    InStep {
        /// The migration.
        migration: &'a Migration,
        /// The checksum that our ledger has.
        applied: &'a str,
    },
    /// Notes as applied what another tool's ledger has. What ours has already stays as it is.
    Import {
        /// Which.
        migrations: &'a [Imported],
        /// Where it comes from, in words.
        from: &'a str,
    },
    /// Notes these as applied without running them, in a ledger that has nothing applied of the suite.
    Baseline(&'a [Migration]),
}

/// Changes the ledger of a suite, in one transaction that is wholly done or not at all. One round trip, and one more for
/// each time that another run holds the lock; `waiting` hears who.
///
/// # Errors
///
/// Exit code 5 where the ledger has changed meanwhile, where another run keeps the lock, and where the server refuses.
pub async fn mend(
    target: &mut dyn Target,
    book: &Book,
    mend: &Mend<'_>,
    options: &Options,
    waiting: &mut (dyn FnMut(&str) + Send),
) -> Result<(), Error> {
    let by = By {
        host: options.host.as_deref(),
        author: match *mend {
            Mend::TakeOver { migration, .. }
            | Mend::Resume { migration, .. }
            | Mend::InStep { migration, .. } => migration.author.as_deref(),
            _ => None,
        },
    };
    let statement = match *mend {
        Mend::TakeOver { migration, applied } => amend::take_over_sql(book, migration, applied, by),
        Mend::Forget {
            version,
            name,
            checksum,
        } => amend::forget_sql(book, (version, name), checksum, by),
        Mend::Clear { version, name } => amend::clear_sql(book, (version, name), by),
        Mend::Resume {
            migration,
            script,
            halfway,
            done,
        } => {
            let statements = script.statements();
            let done = &statements[..done.min(statements.len())];
            let progress = halfway::stops(Some(done));
            let at = (halfway.run.as_str(), progress.as_str(), done.len() + 1);
            amend::resume_sql(book, migration, at, by)
        }
        Mend::Note {
            version,
            name,
            detail,
        } => amend::note_sql(book, (version, name), detail, by),
        Mend::InStep { migration, applied } => amend::in_step_sql(book, migration, applied, by),
        Mend::Import { migrations, from } => import_sql(book, migrations, from, by),
        Mend::Baseline(migrations) => amend::baseline_sql(book, migrations, by),
    };
    let abilities = target.capabilities();
    let limit = abilities.longest_message.unwrap_or(LONGEST_MESSAGE);
    if !abilities.ddl || statement.len() > limit {
        let message = format!("{} cannot change the ledger", target.describe());
        let error = Error::usage(message)
            .help("connect to the database itself, with a URL that begins with postgresql://");
        return Err(match abilities.ddl {
            true => error.note(format!(
                "the message has {} bytes, and at most {} are taken",
                words::grouped(statement.len()),
                words::grouped(limit)
            )),
            false => error,
        });
    }
    let mut waited = Duration::ZERO;
    loop {
        let server = match target.run(&statement, &mut |_| {}).await {
            Ok(()) => return Ok(()),
            Err(TargetError::Server(server)) => server,
            Err(other) => return Err(Error::from(other)),
        };
        match server.sqlstate.as_str() {
            BUSY => {
                let holder = server.detail.as_deref().unwrap_or("another session");
                waited += LOCK_SLICE;
                if waited > options.wait {
                    let message =
                        format!("another run of migrations is at work on this database: {holder}");
                    return Err(Error::new(ExitCode::Sql, message)
                        .note("the ledger is as it was")
                        .help("wait until it is done, or end it, and run the same command again; --wait SECONDS waits longer"));
                }
                waiting(holder);
            }
            CHANGED => {
                return Err(Error::new(
                    ExitCode::Sql,
                    "the ledger has changed since it was read: another run was at work",
                )
                .note("the ledger is as that run left it")
                .help("run `supaproof status`, then the same command again"));
            }
            state => {
                let error = Error::new(
                    ExitCode::Sql,
                    format!("the ledger could not be changed: {server}"),
                )
                .note(format!("the ledger is the table {}", book.shown()));
                return Err(match state {
                    "42501" => error.help(
                        "the role needs CREATE on the database, or must be the one that made that table",
                    ),
                    "25006" => error.help(
                        "the server is read-only: a replica, or a project that is out of disk space",
                    ),
                    _ => error,
                });
            }
        }
    }
}
