//! Flags, environment and `supaproof.toml` made into one validated configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::cli::Global;
use crate::error::Error;
use crate::report::{Format, Verbosity};
use crate::source::Source;
use crate::suite::{CONFIG_FILE, Project};
use crate::target::postgres::Settings;

/// How long a connection may take where nothing else is said.
const CONNECT: Duration = Duration::from_secs(10);

/// Everything that a command needs to know.
#[derive(Debug)]
pub struct Config {
    /// The project.
    pub project: Project,
    /// Where to run.
    pub target: TargetChoice,
    /// Limit on connecting.
    pub connect_timeout: Duration,
    /// Limit on the whole run.
    pub run_timeout: Option<Duration>,
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
}

/// Where to run.
#[derive(Debug)]
pub enum TargetChoice {
    /// A private Postgres that ends with us.
    Embedded {
        /// The folder of its programs.
        postgres_bin: Option<PathBuf>,
        /// Its major version.
        major: Option<u32>,
        /// Our cache.
        cache_dir: Option<PathBuf>,
    },
    /// A Postgres somewhere.
    Postgres(Box<Settings>),
}

/// `supaproof.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    target: Option<String>,
    embedded: Embedded,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Embedded {
    postgres_bin: Option<PathBuf>,
    pg: Option<u32>,
}

impl Config {
    /// Resolves the configuration: a flag wins over the environment, and that over the file.
    ///
    /// # Errors
    /// Exit code 2 where something in it is not understood or contradicts itself.
    pub fn resolve(
        global: &Global,
        working_dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let project = Project::find(working_dir, global.project.as_deref())?;
        let file = read(&project.root().join(CONFIG_FILE))?;
        let reports = reports(&global.report)?;
        let target = global
            .target
            .clone()
            .or_else(|| file.target.clone())
            .unwrap_or_else(|| "embedded".to_owned());
        Ok(Self {
            target: choose(&target, global, file.embedded, &project, env)?,
            project,
            connect_timeout: CONNECT,
            run_timeout: global.timeout.map(Duration::from_secs),
            yes: global.yes,
            reports,
            verbosity: match (global.quiet, global.verbose) {
                (true, _) => Verbosity::Quiet,
                (false, true) => Verbosity::Verbose,
                (false, false) => Verbosity::Normal,
            },
            strict: global.strict,
            allow_skips: global.allow_skips,
        })
    }
}

fn choose(
    target: &str,
    global: &Global,
    file: Embedded,
    project: &Project,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<TargetChoice, Error> {
    if target == "embedded" {
        return Ok(TargetChoice::Embedded {
            postgres_bin: global
                .postgres_bin
                .clone()
                .or_else(|| file.postgres_bin.map(|bin| project.root().join(bin))),
            major: global.pg.or(file.pg),
            cache_dir: env("SUPAPROOF_CACHE_DIR")
                .filter(|dir| !dir.is_empty())
                .map(PathBuf::from),
        });
    }
    if let Some(major) = global.pg {
        return Err(Error::usage(format!(
            "--pg {major} chooses the major of the embedded Postgres, and the target is another"
        ))
        .help("Leave one of --pg and --target out."));
    }
    let looks_like_one = target.starts_with("postgres://")
        || target.starts_with("postgresql://")
        || target.contains('=');
    if !looks_like_one {
        // It may be a mistyped URL with a password in it: it is not repeated.
        return Err(Error::usage("the target is neither `embedded` nor a Postgres URL nor a key=value string")
            .help("Write --target embedded, --target postgresql://user@host:5432/database or --target \"host=… dbname=…\"."));
    }
    Ok(TargetChoice::Postgres(Box::new(Settings::parse(
        target, env,
    )?)))
}

fn read(path: &Path) -> Result<File, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => {
            return Err(Error::usage(format!(
                "cannot read {}: {error}",
                path.display()
            )));
        }
    };
    toml::from_str(&text).map_err(|error| {
        let source = Source::new(CONFIG_FILE, text.as_str());
        let out = Error::usage(error.message().to_owned());
        match error.span() {
            // What a target says may hold a password: its line is not shown.
            Some(span) if !source.origin(span.clone()).text().contains("://") => {
                out.at(source.origin(span))
            }
            _ => out.note(format!("in {}", path.display())),
        }
    })
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
        out.push((format.parse::<Format>().map_err(Error::usage)?, file));
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
