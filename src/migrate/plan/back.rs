//! Steps back: the rollback of a migration, from its file or from the ledger.

use std::sync::Arc;

use super::Step;
use crate::error::{Error, ExitCode};
use crate::migrate::files::{Migration, Migrations, Script};
use crate::migrate::ledger::{Applied, Kept};
use crate::source::Source;
use crate::suite::MigrationFile;

/// The step that rolls back what is applied.
pub(super) fn back(
    row: &Applied,
    files: &Migrations,
    warnings: &mut Vec<String>,
) -> Result<Step, Error> {
    let label = format!("{}_{}", row.version, row.name);
    let migration = files.get(&row.version);
    if migration.is_none_or(|migration| migration.rollback.is_none())
        && let Kept::Text(text) = &row.rollback
    {
        warnings.push(format!(
            "{label}: the file of its rollback is gone; what the ledger keeps of it runs"
        ));
        return from_ledger(row, migration, text, &files.book().shown());
    }
    let Some(migration) = migration else {
        return Err(Error::new(
            ExitCode::Sql,
            format!("{label} is applied, but its file is gone: it cannot be rolled back"),
        )
        .note("nor does the ledger keep its rollback")
        .help(format!(
            "bring back its setup and {}",
            files.rollback_path(&row.version, &row.name).display()
        )));
    };
    Ok(Step {
        migration: migration.clone(),
        script: Arc::clone(rollback(migration, files)?),
        halfway: None,
    })
}

/// A step back with the text that the ledger keeps.
fn from_ledger(
    row: &Applied,
    migration: Option<&Migration>,
    text: &str,
    ledger: &str,
) -> Result<Step, Error> {
    let file_name = format!("{}_{}.rollback.sql", row.version, row.name);
    let script = Arc::new(Script::kept(&MigrationFile {
        source: Source::new(format!("{ledger}/{file_name}"), text),
        file_name,
    })?);
    let migration = migration.cloned().unwrap_or_else(|| Migration {
        version: row.version.clone(),
        name: row.name.clone(),
        // Of a file that is gone no text is known, and a step back needs none.
        setup: Arc::clone(&script),
        rollback: Some(Arc::clone(&script)),
        author: row.author.clone(),
        irreversible: None,
        depends: Vec::new(),
    });
    Ok(Step {
        migration,
        script,
        halfway: None,
    })
}

/// The rollback of a migration.
fn rollback<'a>(migration: &'a Migration, files: &Migrations) -> Result<&'a Arc<Script>, Error> {
    if let Some(irreversible) = &migration.irreversible {
        return Err(Error::usage(format!(
            "{} cannot be rolled back: {}",
            migration.label(),
            irreversible.reason
        ))
        .at(irreversible.origin.clone())
        .help("what comes after it can be rolled back, with --to or --steps; a suite with such a migration is verified on the embedded target only"));
    }
    let path = files.rollback_path(&migration.version, &migration.name);
    migration.rollback.as_ref().ok_or_else(|| {
        let setup = migration.setup.source();
        Error::usage(format!(
            "the suite {} has no rollback for {}",
            files.suite(),
            setup.path().display()
        ))
        .at(setup.origin(0..0))
        .help(format!("write what undoes it as {}", path.display()))
    })
}

/// Sees to it that everything can be rolled back, before anything is applied.
///
/// # Errors
///
/// Exit code 2 where a rollback is missing, or a migration says that it has none and that is not `allowed`.
pub fn require_rollbacks(files: &Migrations, allowed: bool) -> Result<(), Error> {
    files
        .list()
        .iter()
        .filter(|migration| !(allowed && migration.irreversible.is_some()))
        .try_for_each(|migration| rollback(migration, files).map(drop))
}
