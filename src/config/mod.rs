//! Flags, environment and `supaproof.toml` made into one validated configuration.

mod choice;
mod ignore;
mod known;
mod suites;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error as _};

use crate::cli::{Global, Reporting};
use crate::error::Error;
use crate::filter::IgnoreList;
use crate::report::{Format, Verbosity};
use crate::source::Source;
use crate::suite::{CONFIG_FILE, Project, read_text};
use crate::target::door::Access;
use crate::target::embedded::{self, NEWEST_MAJOR, OLDEST_MAJOR};

/// How long a connection may take where nothing else is said.
const CONNECT: Duration = Duration::from_secs(10);

/// Everything that a command needs to know.
#[derive(Debug)]
pub struct Config {
    /// The project.
    pub project: Project,
    /// Where to run.
    pub target: TargetChoice,
    /// What somebody should know of how the target was found.
    pub warnings: Vec<String>,
    /// The name of a protected target that may be changed.
    pub confirm: Option<String>,
    /// Limit on connecting.
    pub connect_timeout: Duration,
    /// Limit on the whole run.
    pub run_timeout: Option<Duration>,
    /// Limit on waiting for a lock in a migration.
    pub lock_timeout: Option<Duration>,
    /// Limit on waiting for other runs and for locks in all.
    pub wait: Option<Duration>,
    /// Limit on a statement of a migration.
    pub statement_timeout: Option<Duration>,
    /// The profile that gives variables their values.
    pub profile: Option<String>,
    /// Yes to every question.
    pub yes: bool,
    /// The reports to write; a path of `None` is standard output.
    pub reports: Vec<(Format, Option<PathBuf>)>,
    /// How much to show.
    pub verbosity: Verbosity,
    /// Warnings fail the run.
    pub strict: bool,
    /// Skipped expectations pass.
    pub allow_skips: bool,
    /// Findings that do not count.
    pub ignore: IgnoreList,
    /// The folder of backups, where `supaproof.toml` names one.
    pub backup_dir: Option<PathBuf>,
    /// Where the programs of Postgres are looked for, whatever the target is.
    pub programs: embedded::Options,
}

/// Where to run.
#[derive(Debug)]
pub enum TargetChoice {
    /// A private Postgres that ends with us, made by [`Config::programs`].
    Embedded,
    /// A database somewhere.
    Elsewhere(Box<Access>),
}

/// `supaproof.toml`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    target: Option<String>,
    embedded: Embedded,
    targets: BTreeMap<String, known::Target>,
    backup: Backup,
    ignore: Vec<toml::Spanned<ignore::Entry>>,
    suites: BTreeMap<toml::Spanned<String>, suites::Suite>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Embedded {
    postgres_bin: Option<PathBuf>,
    #[serde(deserialize_with = "major_in_file")]
    pg: Option<u32>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Backup {
    dir: Option<PathBuf>,
}

/// A major version of the embedded Postgres, one that supaproof was tried with.
pub(crate) fn major(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|major| (OLDEST_MAJOR..=NEWEST_MAJOR).contains(major))
        .ok_or_else(|| format!("expected {}", majors()))
}

fn majors() -> String {
    format!("a whole number from {OLDEST_MAJOR} to {NEWEST_MAJOR}")
}

fn major_in_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number = u32::deserialize(deserializer)?;
    match major(&number.to_string()) {
        Ok(major) => Ok(Some(major)),
        Err(expected) => Err(D::Error::custom(format!(
            "Postgres {number} cannot be chosen: {expected}"
        ))),
    }
}

impl Config {
    /// Resolves the configuration: a flag wins over the environment, and that over the file. Where there is no project
    /// and none is needed, the working folder is taken for one.
    ///
    /// # Errors
    /// Exit code 2 where something in it is not understood or contradicts itself.
    pub fn resolve(
        global: &Global,
        reporting: &Reporting,
        needs_project: bool,
        working_dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let project = match Project::find(working_dir, global.project.as_deref()) {
            Err(_) if !needs_project && global.project.is_none() => {
                Project::find(working_dir, Some(Path::new(".")))?
            }
            found => found?,
        };
        let (mut file, source) = read(&project.root().join(CONFIG_FILE))?;
        let ignore = ignore::list(std::mem::take(&mut file.ignore), &source, &project)?;
        let ledgers = suites::ledgers(std::mem::take(&mut file.suites), &source, &project)?;
        let project = project.with_ledgers(ledgers);
        let reports = reports(&reporting.report)?;
        if global.timeout == Some(0) {
            return Err(Error::usage("--timeout 0 leaves no time for anything")
                .help("Give a number of seconds, or leave it out for no limit."));
        }
        let choice = choice::Choice {
            global,
            file: &file,
            project: &project,
            env,
        };
        let (target, warnings) = choice.make()?;
        let programs = choice.programs();
        let backup_dir = file.backup.dir.as_ref().map(|dir| project.root().join(dir));
        Ok(Self {
            backup_dir,
            programs,
            target,
            warnings,
            confirm: global.confirm.clone(),
            project,
            connect_timeout: CONNECT,
            run_timeout: global.timeout.map(Duration::from_secs),
            lock_timeout: global.lock_timeout.map(Duration::from_secs),
            wait: global.wait.map(Duration::from_secs),
            statement_timeout: global.statement_timeout.map(Duration::from_secs),
            // A variable that is set to nothing is allowed.
            profile: global.profile.clone().filter(|name| !name.is_empty()),
            yes: global.yes,
            reports,
            verbosity: match (global.quiet, global.verbose) {
                (true, _) => Verbosity::Quiet,
                (false, true) => Verbosity::Verbose,
                (false, false) => Verbosity::Normal,
            },
            strict: reporting.strict,
            allow_skips: reporting.allow_skips,
            ignore,
        })
    }
}

fn read(path: &Path) -> Result<(File, Source), Error> {
    if path.symlink_metadata().is_err() {
        return Ok((File::default(), Source::new(CONFIG_FILE, "")));
    }
    let source = read_text(path, Path::new(CONFIG_FILE))?;
    let file = toml::from_str(source.text()).map_err(|error| {
        let out = wrong(error.message());
        match error.span() {
            Some(span) if !may_hold_a_secret(source.text(), &span) => out.at(source.origin(span)),
            Some(span) => out.note(format!("in {}", source.origin(span))),
            None => out.note(format!("in {CONFIG_FILE}")),
        }
    })?;
    Ok((file, source))
}

/// The parser's words as ours: an unknown key with the nearest known one.
fn wrong(message: &str) -> Error {
    let mut words = message.split('`').skip(1).step_by(2);
    match (message.starts_with("unknown field"), words.next()) {
        (true, Some(key)) => {
            let known: Vec<&str> = words.collect();
            let error = Error::usage(format!("unknown key `{key}`"));
            match crate::error::nearest(key, &known) {
                Some(near) => error.help(format!("Did you mean `{near}`?")),
                None => error.help(format!("Known here: {}.", known.join(", "))),
            }
        }
        _ => Error::usage(message.replace("u32", &majors())),
    }
}

/// What a target says may hold a password: the lines of such a place are not shown.
fn may_hold_a_secret(text: &str, span: &Range<usize>) -> bool {
    let start = text
        .get(..span.start)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    let end = text
        .get(span.end..)
        .and_then(|after| after.find('\n'))
        .map_or(text.len(), |at| span.end + at);
    let lines = text.get(start..end).unwrap_or(text).to_ascii_lowercase();
    // A text in several lines may have begun before these.
    let open = text.get(..start).unwrap_or_default();
    ["://", "password", "token", "key"]
        .iter()
        .any(|word| lines.contains(word))
        || open.matches("\"\"\"").count() % 2 == 1
        || open.matches("'''").count() % 2 == 1
}

fn writable(file: &Path) -> Result<(), Error> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let reason = if file.is_dir() {
        "it is a folder".to_owned()
    } else if !folder.as_os_str().is_empty() && !folder.is_dir() {
        format!("there is no folder {}", folder.display())
    } else {
        return Ok(());
    };
    Err(Error::usage(format!(
        "cannot write a report to {}: {reason}",
        file.display()
    )))
}

fn reports(texts: &[String]) -> Result<Vec<(Format, Option<PathBuf>)>, Error> {
    let mut out = Vec::new();
    for text in texts {
        let (format, file) = match text.split_once('=') {
            Some((format, file)) if !file.is_empty() => (format, Some(PathBuf::from(file))),
            Some((format, _)) => {
                return Err(Error::usage(format!("--report {format}= names no file")));
            }
            None => (text.as_str(), None),
        };
        let format = format.parse::<Format>().map_err(Error::usage)?;
        if file.is_some() && out.iter().any(|(_, other)| *other == file) {
            return Err(Error::usage(format!(
                "two reports cannot both go to {}",
                file.unwrap_or_default().display()
            ))
            .help("Give each a file of its own."));
        }
        if let Some(file) = &file {
            // Better now than after everything has run.
            writable(file)?;
        }
        out.push((format, file));
    }
    match out.iter().filter(|(_, file)| file.is_none()).count() {
        0 => out.push((Format::Pretty, None)),
        1 => {}
        _ => {
            return Err(
                Error::usage("two reports cannot both go to standard output")
                    .help("Send one to a file: --report json=report.json."),
            );
        }
    }
    Ok(out)
}
