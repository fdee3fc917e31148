//! Finds suites and reads their text with its origins. Parses nothing.
//!
//! A suite is one system under proof. `sql/<suite>/*.sql` and `validations/<suite>.yaml` below the project's root
//! make it; everything after this room sees one [`Suite`] value and does not ask where it came from. A repository that
//! is laid out in another way has its migrations in `supabase/migrations/` or in
//! `sql/` itself, which are the suites `supabase` and `sql`.

mod read;

#[cfg(feature = "cli")]
pub(crate) use read::text as read_text;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::parallel;
use crate::source::Source;
use crate::sql::QualifiedName;

/// Folders of `sql/` that hold supaproof's own SQL and are never a suite.
const RESERVED: [&str; 3] = ["platform", "catalog", "bootstrap"];

/// Folders with migrations of the whole project, and the name of their suite: where the Supabase CLI keeps them, and
/// `sql/` where it has no folder per suite.
const WHOLE: [(&str, &str); 2] = [("supabase", "supabase/migrations"), ("sql", "sql")];

/// The whole schema for new installations, in a suite's folder beside its migrations: no migration itself.
pub const COMPLETE_FILE: &str = "complete.sql";

/// Files of a suite's folder that are no migrations.
const OTHER_FILES: [&str; 2] = ["seed.sql", COMPLETE_FILE];

/// The file that marks a project's root and says what differs from convention.
pub const CONFIG_FILE: &str = "supaproof.toml";

/// A folder that holds suites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
    /// What paths are shown relative to.
    working_dir: PathBuf,
    /// The tables that suites name for their ledgers.
    ledgers: BTreeMap<String, QualifiedName>,
}

/// One system under proof, read but not parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its name: that of its folder and of its validation.
    pub name: String,
    /// The folder of its migrations, as it is shown to people. It need not exist.
    pub folder: PathBuf,
    /// Its SQL files, by file name.
    pub migrations: Vec<MigrationFile>,
    /// The file that makes at once what the migrations make together.
    pub complete: Option<MigrationFile>,
    /// Its validation.
    pub expectations: Option<Source>,
    /// Where it is noted what of it is applied.
    pub ledger: LedgerChoice,
}

/// Where it is noted what of a suite is applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerChoice {
    /// The table that the project names; our own where it names none.
    pub table: Option<QualifiedName>,
    /// Whether the Supabase CLI applies the same files, so that its ledger is kept in step.
    pub supabase: bool,
}

/// A file that may be a migration or its rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationFile {
    /// The name of the file without its folder.
    pub file_name: String,
    /// Its text.
    pub source: Source,
}

impl Project {
    /// The project to work in: the folder given, or else the nearest one from `start` upward that has
    /// `supaproof.toml`, both `sql/` and `validations/`, or `supabase/migrations/`; where there is none, the nearest with
    /// expectations in `validations/`, which is all that `check` needs.
    ///
    /// # Errors
    ///
    /// Exit code 2 where there is no such folder.
    pub fn find(start: &Path, explicit_root: Option<&Path>) -> Result<Self, Error> {
        let working_dir = std::path::absolute(start)
            .map_err(|error| Error::usage(format!("cannot read the working folder: {error}")))?;
        if let Some(given) = explicit_root {
            let root = plain(&working_dir.join(given));
            if !root.is_dir() {
                return Err(Error::usage(format!(
                    "the project folder {} does not exist or is no folder",
                    given.display()
                ))
                .help("give the folder that holds `sql/` and `validations/`"));
            }
            return Ok(Self {
                root,
                working_dir,
                ledgers: BTreeMap::new(),
            });
        }
        let is_root = |folder: &&Path| {
            folder.join(CONFIG_FILE).is_file()
                || (folder.join("sql").is_dir() && folder.join("validations").is_dir())
                || folder.join("supabase/migrations").is_dir()
        };
        let has_expectations = |folder: &&Path| {
            let files = std::fs::read_dir(folder.join("validations")).into_iter();
            let mut files = files.flatten().flatten();
            files.any(|file| file.path().extension().is_some_and(|end| end == "yaml"))
        };
        let folders = || working_dir.ancestors();
        let root = folders()
            .find(is_root)
            .or_else(|| folders().find(has_expectations));
        match root {
            Some(root) => Ok(Self {
                root: root.to_owned(),
                working_dir,
                ledgers: BTreeMap::new(),
            }),
            None => Err(Error::usage("there is no project here, nor in a folder above").help(format!(
                "a project has the folders `sql/` and `validations/`, or `supabase/migrations/`, or a {CONFIG_FILE}: \
                 go there, say where it is, or begin one with `supaproof init`"
            ))),
        }
    }

    /// The project's folder, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The names of all suites, sorted.
    ///
    /// # Errors
    ///
    /// Exit code 2 where a folder cannot be read.
    pub fn suite_names(&self) -> Result<Vec<String>, Error> {
        let mut names = BTreeSet::new();
        for entry in self.entries(&self.root.join("sql"))? {
            if entry.path.is_dir()
                && self
                    .entries(&entry.path)?
                    .iter()
                    .any(|file| is_versioned(&file.name))
            {
                names.insert(entry.name);
            }
        }
        for (name, folder) in WHOLE {
            let files = self.entries(&self.root.join(folder))?;
            if files.iter().any(|file| is_versioned(&file.name)) {
                names.insert(name.to_owned());
            }
        }
        for entry in self.entries(&self.root.join("validations"))? {
            if let Some(name) = ["yaml", "yml"]
                .iter()
                .find_map(|end| without_ending(&entry.name, end))
            {
                names.insert(name.to_owned());
            }
        }
        Ok(names
            .into_iter()
            .filter(|name| !is_reserved(name))
            .collect())
    }

    /// The folder of a suite's migrations.
    fn folder(&self, name: &str) -> PathBuf {
        let own = self.root.join("sql").join(name);
        let whole = WHOLE.iter().find(|(suite, _)| *suite == name);
        match whole {
            Some((_, folder)) if !own.is_dir() => self.root.join(folder),
            _ => own,
        }
    }

    /// Reads a suite.
    ///
    /// # Errors
    ///
    /// Exit code 2 where there is no such suite, or a file of it cannot be read as UTF-8 text.
    pub fn suite(&self, name: &str) -> Result<Suite, Error> {
        self.read(name, Part::All)
    }

    /// Reads of a suite what a database is checked with that is there already: not its SQL.
    ///
    /// # Errors
    ///
    /// As above, of its expectations alone.
    pub fn suite_without_sql(&self, name: &str) -> Result<Suite, Error> {
        self.read(name, Part::Expectations)
    }

    fn read(&self, name: &str, part: Part) -> Result<Suite, Error> {
        let names = self.suite_names()?;
        if !names.iter().any(|known| known == name) {
            return Err(self.unknown(name, &names));
        }
        let folder = self.folder(name);
        let mut entries = match part {
            Part::All => self.entries(&folder)?,
            Part::Expectations => Vec::new(),
        };
        entries.retain(|entry| {
            let other = OTHER_FILES.contains(&entry.name.as_str()) && entry.name != COMPLETE_FILE;
            without_ending(&entry.name, "sql").is_some() && !other
        });
        let files = parallel::map(&entries, |entry| {
            read::text(&entry.path, &self.shown(&entry.path)).map(|source| MigrationFile {
                file_name: entry.name.clone(),
                source,
            })
        });
        let files: Vec<MigrationFile> = files.into_iter().collect::<Result<_, _>>()?;
        let (complete, migrations): (Vec<_>, Vec<_>) = files
            .into_iter()
            .partition(|file| file.file_name == COMPLETE_FILE);
        Ok(Suite {
            name: name.to_owned(),
            folder: self.shown(&folder),
            migrations,
            complete: complete.into_iter().next(),
            expectations: self.expectations(name)?,
            ledger: self.ledger_of(name),
        })
    }

    /// Where it is noted what of a suite is applied.
    pub fn ledger_of(&self, name: &str) -> LedgerChoice {
        LedgerChoice {
            table: self.ledgers.get(name).cloned(),
            // The folder that the Supabase CLI reads, and no suite of the same name in `sql/`.
            supabase: self.folder(name) == self.root.join(WHOLE[0].1),
        }
    }

    /// The tables that suites name for their ledgers, by suite.
    pub fn ledgers(&self) -> &BTreeMap<String, QualifiedName> {
        &self.ledgers
    }

    /// The same project, where suites name tables for their ledgers.
    #[must_use]
    pub fn with_ledgers(mut self, ledgers: BTreeMap<String, QualifiedName>) -> Self {
        self.ledgers = ledgers;
        self
    }

    fn expectations(&self, name: &str) -> Result<Option<Source>, Error> {
        let folder = self.root.join("validations");
        let paths = ["yaml", "yml"].map(|end| folder.join(format!("{name}.{end}")));
        let mut found = paths.iter().filter(|path| path.symlink_metadata().is_ok());
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(path), None) => read::yaml(path, &self.shown(path)).map(Some),
            (Some(one), Some(two)) => Err(Error::usage(format!(
                "the suite `{name}` has two validations: {} and {}",
                self.shown(one).display(),
                self.shown(two).display()
            ))
            .help("keep one of them")),
        }
    }

    /// The file that an expectation file includes by its path as it stands there, relative to that file.
    ///
    /// # Errors
    ///
    /// Exit code 2 where it cannot be read, or lies outside of the project: a suite means the same wherever the
    /// project's folder is.
    pub fn included(&self, by: &Source, path: &str) -> Result<Source, Error> {
        let file = self.working_dir.join(by.path());
        let folder = file.parent().unwrap_or(&self.root);
        let wanted = plain(&folder.join(path));
        if Path::new(path).is_absolute() || !wanted.starts_with(plain(&self.root)) {
            return Err(
                Error::usage(format!("`{path}` lies outside of the project's folder")).help(
                    "An included file is named relative to this one, and lies in the same project.",
                ),
            );
        }
        read::yaml(&wanted, &self.shown(&wanted))
    }

    fn unknown(&self, name: &str, names: &[String]) -> Error {
        let mut error = Error::usage(format!("there is no suite `{name}`"));
        if name.contains("://") || name.contains('=') {
            return error.help("a target stands behind --target");
        }
        if names.is_empty() {
            return error.help(format!(
                "there is no suite at all in {}: a suite is a folder `sql/<name>/` with files like 001_tables.sql, \
                 or a file `validations/<name>.yaml`",
                self.shown(&self.root).display()
            ));
        }
        error = error.note(format!("the suites here are {}", names.join(", ")));
        match crate::error::nearest(name, names) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("give one of their names, or none for all of them"),
        }
    }

    /// The entries of a folder by name, without hidden ones; none where it does not exist.
    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, Error> {
        let failed = |error: std::io::Error| {
            Error::usage(format!(
                "cannot read the folder {}: {error}",
                self.shown(folder).display()
            ))
        };
        let list = match fs::read_dir(folder) {
            Ok(list) => list,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut entries = Vec::new();
        for entry in list {
            let path = entry.map_err(failed)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                return Err(Error::usage(format!(
                    "the name of {} is not UTF-8",
                    self.shown(&path).display()
                ))
                .help("rename it"));
            };
            if !name.starts_with('.') {
                entries.push(Entry {
                    name: name.to_owned(),
                    path,
                });
            }
        }
        entries.sort_by(|one, two| one.name.cmp(&two.name));
        Ok(entries)
    }

    /// A path as it is shown to people: relative to the working folder.
    pub fn shown(&self, path: &Path) -> PathBuf {
        relative(path, &self.working_dir)
    }
}

/// What of a suite to read.
#[derive(Clone, Copy)]
enum Part {
    All,
    Expectations,
}

struct Entry {
    name: String,
    path: PathBuf,
}

/// Whether a suite cannot be called so.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Whether a file is named as a migration is: `001_name.sql`, `V1__name.sql`.
pub fn is_versioned(name: &str) -> bool {
    let flyway = name
        .strip_prefix(['V', 'U'])
        .and_then(|rest| rest.split_once("__"));
    let version = match flyway {
        Some((version, _)) => version.replace(['_', '.'], ""),
        None => name.split('_').next().unwrap_or_default().to_owned(),
    };
    !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_digit())
        && name.contains('_')
        && without_ending(name, "sql").is_some()
}

/// The name without `.ending`, in any case.
fn without_ending<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let (stem, found) = name.rsplit_once('.')?;
    (!stem.is_empty() && found.eq_ignore_ascii_case(ending)).then_some(stem)
}

/// Resolves `.` and `..` by their text, so that shown paths stay short.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// `path` as seen from `base`; both absolute.
fn relative(path: &Path, base: &Path) -> PathBuf {
    for (up, ancestor) in base.ancestors().enumerate() {
        let Ok(rest) = path.strip_prefix(ancestor) else {
            continue;
        };
        if ancestor.parent().is_none() {
            // Nothing in common: the absolute path says more than a row of `..`.
            return path.to_owned();
        }
        let out: PathBuf = std::iter::repeat_n("..", up)
            .collect::<PathBuf>()
            .join(rest);
        return if out.as_os_str().is_empty() {
            ".".into()
        } else {
            out
        };
    }
    path.to_owned()
}

#[cfg(test)]
mod tests;
