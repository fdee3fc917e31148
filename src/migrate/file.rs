//! The migration files of a suite: `NNN_name.sql` and its rollback, in a file of its own or in the same.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::book::Book;
use super::data;
use super::directive::{Directives, Irreversible, directives};
use super::section::{Section, sections, whole};
use super::version::{Name, rollback_name};
use super::{order, own};
use crate::error::Error;
use crate::parallel;
use crate::source::Source;
use crate::sql::{Statement, runs_outside_transaction, statements_in};
use crate::suite::{MigrationFile, Suite};

pub use super::version::Version;

/// What runs for one direction of a migration: an SQL file or a section of one, split into its statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    file_name: String,
    source: Source,
    sent: Source,
    checksum: String,
    pieces: Vec<Range<usize>>,
    /// How many statements each piece has.
    counts: Vec<usize>,
    statements: Vec<Statement>,
    transactional: bool,
    /// How many rows a batch has, where the statements run in batches.
    batch: Option<u32>,
    timeout: Option<Duration>,
    lock_timeout: Option<Duration>,
}

/// A part of a script that is sent as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Its text.
    pub text: &'a str,
    /// The byte of the file that it starts with.
    pub from: usize,
    /// The index of its first statement.
    pub first: usize,
    /// How many statements it has.
    pub count: usize,
}

impl Script {
    /// The rollback that the ledger keeps, with the directives that its file had.
    pub(super) fn kept(file: &MigrationFile) -> Result<Self, Error> {
        refuse_empty(file)?;
        let said = directives(&file.source, true).unwrap_or_default();
        Self::new(file, whole(&file.source), &said)
    }

    /// What of it is not in its statements, as directives in lines of their own.
    pub(super) fn directives(&self) -> String {
        let mut lines = String::new();
        if !self.transactional && !self.statements.iter().any(runs_outside_transaction) {
            lines.push_str("-- supaproof: transaction: off\n");
        }
        for (name, limit) in [
            ("timeout", self.timeout),
            ("lock_timeout", self.lock_timeout),
        ] {
            if let Some(limit) = limit {
                lines.push_str(&format!("-- supaproof: {name}: {}ms\n", limit.as_millis()));
            }
        }
        lines
    }

    /// A file that is no migration and runs as a whole: `complete.sql`.
    ///
    /// # Errors
    ///
    /// Exit code 2 where it is empty; exit code 5, with the line, where its SQL cannot be sent as it is.
    pub fn of_file(file: &MigrationFile) -> Result<Self, Error> {
        refuse_empty(file)?;
        Self::new(file, whole(&file.source), &Directives::default())
    }

    fn new(file: &MigrationFile, mut section: Section, said: &Directives) -> Result<Self, Error> {
        let (mut found, mut counts) = (Vec::new(), Vec::new());
        for piece in &section.pieces {
            let statements = statements_in(&section.source, piece.clone())?;
            counts.push(statements.len());
            found.extend(statements);
        }
        let transactional = !section.no_transaction
            && !said.no_transaction
            && !found.iter().any(runs_outside_transaction);
        own::unwrap(&mut section, &mut found, &mut counts, transactional)?;
        let sent = match &said.data {
            None => section.source,
            Some(data) => data::in_batches(&section.source, &found, data)?,
        };
        Ok(Self {
            file_name: file.file_name.clone(),
            checksum: hex(&Sha256::digest(file.source.text().as_bytes())),
            transactional,
            batch: said.data.as_ref().map(|data| data.rows),
            pieces: section.pieces,
            counts,
            statements: found,
            source: file.source.clone(),
            sent,
            timeout: said.timeout,
            lock_timeout: said.lock_timeout,
        })
    }

    /// The file's name, without its folder.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The file as it is written, other sections included.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What is sent, part by part. A comment may end each, and a statement may lack its semicolon there.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut first = 0;
        self.pieces
            .iter()
            .zip(&self.counts)
            .map(move |(piece, &count)| {
                let found = Piece {
                    text: self.sent.text().get(piece.clone()).unwrap_or_default(),
                    from: piece.start,
                    first,
                    count,
                };
                first += count;
                found
            })
    }

    /// How many rows a batch has, where the file is a data migration: each of its statements is then repeated, every time in
    /// a transaction of its own, until it finds no row.
    pub fn batch(&self) -> Option<u32> {
        self.batch
    }

    /// A statement of it as it is sent.
    pub(super) fn sent(&self, statement: &Statement) -> &str {
        self.sent.text().get(statement.span()).unwrap_or_default()
    }

    /// How long each of its statements may take, where the file says so.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// How long each of its statements may wait for a lock, where the file says so.
    pub fn lock_timeout(&self) -> Option<Duration> {
        self.lock_timeout
    }

    /// SHA-256 of the file's bytes, in lower-case hex.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// Its statements.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Whether all of it runs in one transaction. CREATE INDEX CONCURRENTLY and its like cannot, and a file may say that
    /// it does not want to.
    pub fn transactional(&self) -> bool {
        self.transactional
    }

    /// Whether a word (in ASCII) stands anywhere in the file, in strings and comments too.
    pub(super) fn mentions(&self, word: &str) -> bool {
        let text = self.source().text().as_bytes();
        text.windows(word.len())
            .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// Bytes in lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

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
    pub(super) depends: Vec<super::directive::Dependency>,
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
    pub(super) fn place(&self, version: &Version) -> Option<usize> {
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
        .map(|section| Script::new(file, section, &undone))
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
        setup: Arc::new(Script::new(file, sections.setup, &said)?),
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
    Script::new(file, whole(&file.source), &said)
}

fn refuse_empty(file: &MigrationFile) -> Result<(), Error> {
    let source = &file.source;
    if !source
        .text()
        .trim_start_matches('\u{feff}')
        .trim()
        .is_empty()
    {
        return Ok(());
    }
    Err(
        Error::usage(format!("{} is empty", source.path().display()))
            .at(source.origin(0..0))
            .help("write its SQL, or a comment that says why it has none, or remove the file"),
    )
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
pub(super) mod tests {
    use super::*;

    /// A suite of these files, in the folder `sql/shop`.
    pub(in crate::migrate) fn suite(files: &[(&str, &str)]) -> Suite {
        Suite {
            name: "shop".into(),
            folder: "sql/shop".into(),
            migrations: files
                .iter()
                .map(|(name, text)| MigrationFile {
                    file_name: (*name).into(),
                    source: Source::new(format!("sql/shop/{name}"), *text),
                })
                .collect(),
            complete: None,
            expectations: None,
            ledger: Default::default(),
        }
    }

    pub(in crate::migrate) fn migrations(files: &[(&str, &str)]) -> Migrations {
        Migrations::from_suite(&suite(files)).unwrap()
    }

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
