//! The migration files of a suite: `NNN_name.sql` and its rollback `NNN_name.rollback.sql`.

use std::cmp::Ordering;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::error::{Error, ExitCode};
use crate::source::Source;
use crate::sql::{Statement, runs_outside_transaction, statements, transaction_control};
use crate::suite::{MigrationFile, Suite};

/// The number that a migration's file name begins with. Keeps its text; `7`, `007` are one version.
#[derive(Clone, Debug)]
pub struct Version(String);

impl Version {
    /// A version from its digits; none where the text is anything else.
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without leading zeros, which do not count.
    pub(super) fn number(&self) -> &str {
        self.0.trim_start_matches('0')
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for Version {
    /// By number, of any length: a timestamp has more digits than a machine number might.
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, two) = (self.number(), other.number());
        one.len().cmp(&two.len()).then_with(|| one.cmp(two))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

/// One SQL file, split into its statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    file_name: String,
    source: Source,
    checksum: String,
    statements: Vec<Statement>,
    transactional: bool,
}

impl Script {
    pub(super) fn new(file: &MigrationFile) -> Result<Self, Error> {
        let source = file.source.clone();
        if source
            .text()
            .trim_start_matches('\u{feff}')
            .trim()
            .is_empty()
        {
            return Err(
                Error::usage(format!("{} is empty", source.path().display()))
                    .at(source.origin(0..0))
                    .help(
                        "write its SQL, or a comment that says why it has none, or remove the file",
                    ),
            );
        }
        let statements = statements(&source)?;
        for statement in &statements {
            if transaction_control(statement).is_some_and(crate::sql::Transaction::leaves)
                && !runs_outside_transaction(statement)
            {
                return Err(Error::new(
                    ExitCode::Sql,
                    format!("{} begins or ends a transaction by itself", statement.first_line(30)),
                )
                .at(statement.origin())
                .note("supaproof runs each file in a transaction of its own, together with its line in the ledger")
                .help("remove the file's own BEGIN and COMMIT"));
            }
        }
        Ok(Self {
            file_name: file.file_name.clone(),
            checksum: hex(&Sha256::digest(source.text().as_bytes())),
            transactional: !statements.iter().any(runs_outside_transaction),
            statements,
            source,
        })
    }

    /// The file's name, without its folder.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Its text.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// SHA-256 of the file's bytes, in lower-case hex.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// Its statements.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Whether all of it can run in one transaction. CREATE INDEX CONCURRENTLY and its like cannot.
    pub fn transactional(&self) -> bool {
        self.transactional
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
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
}

impl Migration {
    /// `002_name`, as its file is called.
    pub fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
}

/// All migrations of a suite, in the order of their versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrations {
    suite: String,
    folder: PathBuf,
    list: Vec<Migration>,
}

impl Migrations {
    /// The migrations of a suite.
    ///
    /// # Errors
    ///
    /// Exit code 2 where the files do not fit together (a name without a version, two with one version, a rollback
    /// without its setup, an empty file); exit code 5 where a file's SQL cannot be sent as it is.
    pub fn from_suite(suite: &Suite) -> Result<Self, Error> {
        let mut list: Vec<Migration> = Vec::new();
        let mut rollbacks = Vec::new();
        for file in &suite.migrations {
            let name = Name::of(file)?;
            if name.rollback {
                rollbacks.push((file, name));
                continue;
            }
            if let Some(twin) = list.iter().find(|known| known.version == name.version) {
                return Err(two_with_one_version(
                    twin.setup.source(),
                    &file.source,
                    &name.version,
                ));
            }
            list.push(Migration {
                version: name.version,
                name: name.name,
                setup: Arc::new(Script::new(file)?),
                rollback: None,
            });
        }
        for (file, name) in rollbacks {
            let path = file.source.path().display();
            let Some(setup) = list.iter_mut().find(|known| known.version == name.version) else {
                return Err(Error::usage(format!(
                    "{path} rolls back a migration that has no setup file"
                ))
                .at(file.source.origin(0..0))
                .help(format!(
                    "its setup should be {}_{}.sql: write it, or remove the rollback",
                    name.version, name.name
                )));
            };
            if setup.rollback.is_some() || setup.name != name.name {
                let other = setup.rollback.as_ref().unwrap_or(&setup.setup).source();
                return Err(two_with_one_version(other, &file.source, &name.version));
            }
            setup.rollback = Some(Arc::new(Script::new(file)?));
        }
        list.sort_by(|one, two| one.version.cmp(&two.version));
        Ok(Self {
            suite: suite.name.clone(),
            folder: suite.folder.clone(),
            list,
        })
    }

    /// The suite that they belong to.
    pub fn suite(&self) -> &str {
        &self.suite
    }

    /// All of them, by version.
    pub fn list(&self) -> &[Migration] {
        &self.list
    }

    /// The one with this version.
    pub fn get(&self, version: &Version) -> Option<&Migration> {
        self.list
            .iter()
            .find(|migration| migration.version == *version)
    }

    /// The rollback file that a migration has or should have, as it is shown to people.
    pub fn rollback_path(&self, version: &Version, name: &str) -> PathBuf {
        self.folder.join(format!("{version}_{name}.rollback.sql"))
    }
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

/// A file's name in its parts.
struct Name {
    version: Version,
    name: String,
    rollback: bool,
}

impl Name {
    fn of(file: &MigrationFile) -> Result<Self, Error> {
        let error = |message: String| Error::usage(message).at(file.source.origin(0..0));
        let path = file.source.path().display();
        // The suite has only files that end in .sql, in any case.
        let stem = file
            .file_name
            .get(..file.file_name.len().saturating_sub(4))
            .unwrap_or_default();
        let (stem, rollback) = match stem.strip_suffix(".rollback") {
            Some(stem) => (stem, true),
            None => (stem, false),
        };
        for other in [".up", ".down", ".undo"] {
            if stem.to_ascii_lowercase().ends_with(other) {
                return Err(error(format!(
                    "{path} ends in {other}.sql, which supaproof does not read"
                ))
                .help("call the setup 001_name.sql and its rollback 001_name.rollback.sql"));
            }
        }
        let parts = stem
            .split_once('_')
            .and_then(|(digits, name)| Some((Version::new(digits)?, name)));
        match parts {
            Some((version, name)) if !name.is_empty() => Ok(Self {
                version,
                name: name.to_owned(),
                rollback,
            }),
            _ => Err(error(format!("{path} has no version in its name")).help(
                "call it 001_name.sql or 20250131120000_name.sql; its number says when its turn is",
            )),
        }
    }
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
            expectations: None,
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
            "V1__a.sql",
            "1a_b.sql",
        ] {
            let (_, text) = refusal(&[(name, "select 1")]);
            assert!(text.contains("has no version in its name"), "{text}");
        }
        for text in ["", " \r\n", "\u{feff}\n"] {
            assert!(refusal(&[("1_a.sql", text)]).1.contains("1_a.sql is empty"));
        }
        let (_, text) = refusal(&[("1_a.down.sql", "select 1")]);
        assert!(text.contains("ends in .down.sql"), "{text}");
    }

    #[test]
    fn a_transaction_of_its_own_is_refused_with_the_line() {
        let (code, text) = refusal(&[("1_a.sql", "select 1;\nCOMMIT;\nselect 2")]);
        assert_eq!(code, 5);
        assert_eq!(
            text,
            "sql/shop/1_a.sql:2:1: COMMIT begins or ends a transaction by itself"
        );
        let all = migrations(&[(
            "1_a.sql",
            "savepoint a; rollback to a; do $$ begin end $$; release a",
        )]);
        assert!(all.list()[0].setup.transactional());
    }

    #[test]
    fn a_file_that_cannot_run_in_a_transaction_is_known() {
        let all = migrations(&[("1_a.sql", "set x = 1; create index concurrently i on t (a)")]);
        assert!(!all.list()[0].setup.transactional());
    }
}
