//! The migration files of a suite: `NNN_name.sql` and its rollback, in a file of its own or in the same.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::directive::{Dependency, Directives, Irreversible, directives};
use super::order;
use super::script::{Script, refuse_empty};
use super::section::{sections, whole};
use super::version::{Name, Version, rollback_name};
use crate::error::Error;
use crate::migrate::ledger::Book;
use crate::parallel;
use crate::source::Source;
use crate::suite::{MigrationFile, Suite};

/// A migration: its setup file, and its rollback where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its version.
    pub version: Version,
    /// The file's name without version and ending.
    pub name: String,
    /// What it does.
    pub setup: Arc<Script>,
    /// What undoes it.
    pub rollback: Option<Arc<Script>>,
    /// Who wrote it, where the file says so.
    pub author: Option<String>,
    /// Why nothing undoes it, where the file says so.
    pub irreversible: Option<Irreversible>,
    pub(in crate::migrate) depends: Vec<Dependency>,
}

impl Migration {
    /// `002_name`, as its file is called.
    pub fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
}

/// All migrations of a suite, in the order in which they are applied: by version, but each behind those it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrations {
    book: Book,
    folder: PathBuf,
    list: Vec<Migration>,
    /// Where in the list each is.
    places: BTreeMap<Version, usize>,
    warnings: Vec<String>,
}

impl Migrations {
    /// The migrations of a suite.
    ///
    /// # Errors
    ///
    /// Exit code 2 where the files do not fit together (a name without a version, two with one version, a rollback
    /// without its setup, an empty file, a dependency that is not there or goes in a circle, markers in the wrong order,
    /// an unknown directive); exit code 5 where a file's SQL cannot be sent as it is.
    pub fn from_suite(suite: &Suite) -> Result<Self, Error> {
        let (mut files, mut rollbacks) = (Vec::new(), Vec::new());
        let mut places = BTreeMap::new();
        for file in &suite.migrations {
            let name = Name::of(file)?;
            if name.rollback {
                rollbacks.push((file, name));
                continue;
            }
            if let Some(twin) = places.insert(name.version.clone(), files.len()) {
                let (twin, _): &(&MigrationFile, Name) = &files[twin];
                return Err(two_with_one_version(
                    &twin.source,
                    &file.source,
                    &name.version,
                ));
            }
            files.push((file, name));
        }
        // Reading SQL is most of what a suite costs before it is connected.
        let list = parallel::map(&files, |(file, name)| setup(file, name));
        let mut list: Vec<Migration> = list.into_iter().collect::<Result<_, _>>()?;
        let scripts = parallel::map(&rollbacks, |(file, _)| rollback(file));
        for ((file, name), script) in rollbacks.into_iter().zip(scripts) {
            let path = file.source.path().display();
            let Some(setup) = places.get(&name.version).map(|&at| &mut list[at]) else {
                return Err(Error::usage(format!(
                    "{path} rolls back a migration that has no setup file"
                ))
                .at(file.source.origin(0..0))
                .help(format!(
                    "its setup should be {}_{}.sql: write it, or remove the rollback",
                    name.version, name.name
                )));
            };
            if setup.name != name.name {
                return Err(two_with_one_version(
                    setup.setup.source(),
                    &file.source,
                    &name.version,
                ));
            }
            if let Some(other) = &setup.rollback {
                return Err(two_rollbacks(setup, other, file));
            }
            setup.rollback = Some(Arc::new(script?));
        }
        for migration in &list {
            refuse_contradiction(migration)?;
        }
        let list = order::sorted(list)?;
        let place = |(at, migration): (usize, &Migration)| (migration.version.clone(), at);
        Ok(Self {
            places: list.iter().enumerate().map(place).collect(),
            book: Book::of(&suite.name, &suite.ledger),
            folder: suite.folder.clone(),
            warnings: order::gaps(&list),
            list,
        })
    }

    /// The suite that they belong to.
    pub fn suite(&self) -> &str {
        self.book.suite()
    }

    /// Its ledger.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// What is unusual about the files, though nothing forbids it.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// All of them, in the order in which they are applied.
    pub fn list(&self) -> &[Migration] {
        &self.list
    }

    /// The one with this version.
    pub fn get(&self, version: &Version) -> Option<&Migration> {
        self.place(version).and_then(|at| self.list.get(at))
    }

    /// Its place in the list.
    pub(in crate::migrate) fn place(&self, version: &Version) -> Option<usize> {
        self.places.get(version).copied()
    }

    /// The rollback file that a migration should have, as it is shown to people.
    pub fn rollback_path(&self, version: &Version, name: &str) -> PathBuf {
        self.folder.join(match self.get(version) {
            Some(migration) => rollback_name(migration.setup.file_name()),
            None => format!("{version}_{name}.rollback.sql"),
        })
    }
}

/// A migration from its setup file, with the rollback that the file may hold.
fn setup(file: &MigrationFile, name: &Name) -> Result<Migration, Error> {
    refuse_empty(file)?;
    let said = directives(&file.source, false)?;
    let sections = sections(&file.source)?;
    let undone = Directives {
        data: None,
        ..said.clone()
    };
    let rollback = sections
        .rollback
        .map(|section| Script::of_section(file, section, &undone))
        .transpose()
        .map_err(
            |error| match error.origin().map(|origin| origin.span.clone()) {
                // The line as it is written, with its `--`.
                Some(span) => error.at(file.source.origin(span)),
                None => error,
            },
        )?;
    Ok(Migration {
        version: name.version.clone(),
        name: name.name.clone(),
        setup: Arc::new(Script::of_section(file, sections.setup, &said)?),
        // An empty section is what a template leaves.
        rollback: rollback
            .filter(|script| !script.statements().is_empty())
            .map(Arc::new),
        author: said.author,
        irreversible: said.irreversible,
        depends: said.depends,
    })
}

/// The file that rolls a migration back.
fn rollback(file: &MigrationFile) -> Result<Script, Error> {
    refuse_empty(file)?;
    let said = directives(&file.source, true)?;
    Script::of_section(file, whole(&file.source), &said)
}

fn refuse_contradiction(migration: &Migration) -> Result<(), Error> {
    match (&migration.irreversible, &migration.rollback) {
        (Some(irreversible), Some(rollback)) => Err(Error::usage(format!(
            "{} is called irreversible, and has a rollback in {}",
            migration.label(),
            rollback.source().path().display()
        ))
        .at(irreversible.origin.clone())
        .help("remove the directive or the rollback")),
        _ => Ok(()),
    }
}

fn two_rollbacks(migration: &Migration, one: &Script, two: &MigrationFile) -> Error {
    let two_path = two.source.path().display();
    let one_path = one.source().path().display();
    Error::usage(format!(
        "{} has two rollbacks: {one_path} and {two_path}",
        migration.label()
    ))
    .at(two.source.origin(0..0))
    .help("keep one of them")
}

fn two_with_one_version(one: &Source, two: &Source, version: &Version) -> Error {
    Error::usage(format!(
        "two files have the version {version}: {} and {}",
        one.path().display(),
        two.path().display()
    ))
    .at(two.origin(0..0))
    .help("give one of them another version; a rollback bears its setup's whole name: 001_name.rollback.sql")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{migrations, suite};
    use super::*;

    fn refusal(files: &[(&str, &str)]) -> (u8, String) {
        let error = Migrations::from_suite(&suite(files)).unwrap_err();
        assert!(error.help_text().is_some(), "{error}");
        (
            error.code() as u8,
            format!("{}: {error}", error.origin().unwrap()),
        )
    }

    #[test]
    fn files_become_migrations_in_the_order_of_their_numbers() {
        let all = migrations(&[
            ("10_ten.sql", "select 1"),
            ("20250131120000_late.sql", "-- nothing to do"),
            ("9_nine.rollback.sql", "select 2"),
            ("9_nine.sql", "\u{feff}abc"),
        ]);
        let labels: Vec<_> = all.list().iter().map(Migration::label).collect();
        assert_eq!(labels, ["9_nine", "10_ten", "20250131120000_late"]);
        assert!(all.list()[0].rollback.is_some() && all.list()[1].rollback.is_none());
        // `printf '\xef\xbb\xbfabc' | sha256sum`: the bytes of the file, its mark included.
        assert!(
            all.list()[0].setup.checksum().starts_with(SUM),
            "{}",
            all.list()[0].setup.checksum()
        );
        assert_eq!(all.list()[2].setup.statements().len(), 0);
        assert_eq!(all.get(&Version::new("0010").unwrap()).unwrap().name, "ten");
    }

    const SUM: &str = "1c28dc3f1f804a1a";

    #[test]
    fn files_that_do_not_fit_are_refused_before_anything_runs() {
        let (code, text) = refusal(&[("01_a.sql", "select 1"), ("1_b.sql", "select 1")]);
        assert_eq!(code, 2);
        assert_eq!(
            text,
            "sql/shop/1_b.sql:1:1: two files have the version 1: sql/shop/01_a.sql and sql/shop/1_b.sql"
        );
        let (_, text) = refusal(&[("1_a.sql", "select 1"), ("1_b.rollback.sql", "select 1")]);
        assert!(text.contains("two files have the version 1"), "{text}");
        let (_, text) = refusal(&[("1_a.rollback.sql", "select 1")]);
        assert!(text.contains("has no setup file"), "{text}");
        for name in [
            "a.sql",
            "_a.sql",
            "1.sql",
            "1_.sql",
            "V1_a.sql",
            "Va__a.sql",
            "V1__.sql",
            "1.2_a.sql",
            "1a_b.sql",
        ] {
            let (_, text) = refusal(&[(name, "select 1")]);
            assert!(text.contains("has no version in its name"), "{text}");
        }
        for text in ["", " \r\n", "\u{feff}\n"] {
            assert!(refusal(&[("1_a.sql", text)]).1.contains("1_a.sql is empty"));
        }
        let (_, text) = refusal(&[("1_a.undo.sql", "select 1")]);
        assert!(text.contains("ends in .undo.sql"), "{text}");
        let (_, text) = refusal(&[("R__views.sql", "select 1")]);
        assert!(text.contains("is a repeatable migration"), "{text}");
    }

    #[test]
    fn a_file_that_cannot_run_in_a_transaction_is_known() {
        let all = migrations(&[("1_a.sql", "set x = 1; create index concurrently i on t (a)")]);
        assert!(!all.list()[0].setup.transactional());
    }
}
