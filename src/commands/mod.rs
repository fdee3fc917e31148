//! One file per subcommand: wiring, and nothing else.

mod backup;
mod baseline;
mod bootstrap;
mod check;
mod completions;
mod destruction;
mod doctor;
mod dry_run;
mod explain;
mod files;
mod generate;
mod import;
mod init;
mod list;
mod migrations;
mod opening;
mod prove;
mod questions;
mod rehearse;
mod repair;
mod rollback;
mod schema;
mod session;
mod setup;
mod status;
mod ui;
mod verify;

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{Cli, Color, Command};
use crate::config::Config;
use crate::error::{Error, ExitCode};
use crate::report::{Format, Report, SuiteReport, Warning, render_error};
use crate::suite::{Project, Suite};

use session::Interrupt;
use ui::Ui;

/// Everything that a command works with.
struct Context {
    config: Config,
    ui: Ui,
    interrupt: Interrupt,
}

/// Runs the command and says how it ended.
pub fn run(mut cli: Cli) -> ExitCode {
    match cli.global.color {
        Color::Always => colored::control::set_override(true),
        Color::Never => colored::control::set_override(false),
        Color::Auto => colored::control::set_override(
            std::io::stdout().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        ),
    }
    let done = match &cli.command {
        Command::Completions { shell } => Some(Ok(completions::run(*shell))),
        Command::Explain { code } => Some(explain::run(code.as_deref())),
        Command::Schema => Some(Ok(schema::run())),
        Command::Bootstrap(args) if args.print_sql => Some(Ok(bootstrap::print(args))),
        _ => None,
    };
    if let Some(done) = done {
        return ended(done);
    }
    ended(prepare(&mut cli).and_then(|context| execute(cli.command, Arc::new(context))))
}

fn ended(ended: Result<ExitCode, Error>) -> ExitCode {
    match ended {
        Ok(code) => code,
        Err(error) => {
            complain(&render_error(&error));
            error.code()
        }
    }
}

fn prepare(cli: &mut Cli) -> Result<Context, Error> {
    if matches!(cli.command, Command::Init(_)) {
        init::embed(&mut cli.global.target)?;
    }
    let working_dir = std::env::current_dir()
        .map_err(|error| Error::usage(format!("cannot read the working folder: {error}")))?;
    let reporting = cli.command.reporting();
    let needs_project = cli.command.needs_project();
    let config = Config::resolve(
        &cli.global,
        &reporting,
        needs_project,
        &working_dir,
        &|name| std::env::var(name).ok(),
    )?;
    Ok(Context {
        ui: Ui::new(config.verbosity),
        config,
        interrupt: Interrupt::default(),
    })
}

fn execute(command: Command, context: Arc<Context>) -> Result<ExitCode, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::bug(format!("the runtime did not start: {error}")))?;
    let interrupt = context.interrupt.clone();
    let ended = runtime.block_on(async {
        let (mut term, mut int) = match (
            signal(SignalKind::terminate()),
            signal(SignalKind::interrupt()),
        ) {
            (Ok(term), Ok(int)) => (term, int),
            (Err(error), _) | (_, Err(error)) => {
                return Err(Error::bug(format!("signals cannot be caught: {error}")));
            }
        };
        tokio::select! {
            ended = dispatch(command, &context) => ended,
            _ = term.recv() => interrupted(&interrupt).await,
            _ = int.recv() => interrupted(&interrupt).await,
        }
    });
    // A blocked read of a terminal must not keep us.
    runtime.shutdown_timeout(Duration::from_millis(200));
    ended
}

/// Stops what runs on the server; what was started is dropped with the command's future.
async fn interrupted(interrupt: &Interrupt) -> Result<ExitCode, Error> {
    let _ = tokio::time::timeout(Duration::from_secs(2), interrupt.cancel()).await;
    Err(interrupt.error())
}

async fn dispatch(command: Command, context: &Arc<Context>) -> Result<ExitCode, Error> {
    match command {
        Command::Verify(args) => verify::run(context, &args.suites.suites).await,
        Command::Setup(args) => setup::run(context, &args).await,
        Command::Rollback(args) => rollback::run(context, &args).await,
        Command::Backup(args) => backup::run(context, &args).await,
        Command::Status(args) => status::run(context, &args).await,
        Command::Repair(args) => repair::run(context, &args).await,
        Command::Baseline(args) => baseline::run(context, &args).await,
        Command::Import(args) => import::run(context, &args).await,
        Command::Check(args) => check::run(context, &args).await,
        Command::Generate(args) => generate::run(context, &args).await,
        Command::Init(args) => init::run(context, &args).await,
        Command::Doctor(args) => doctor::run(context, &args).await,
        Command::Bootstrap(args) => bootstrap::run(context, &args).await,
        Command::Completions { shell } => Ok(completions::run(shell)),
        Command::Explain { code } => explain::run(code.as_deref()),
        Command::Schema => Ok(schema::run()),
    }
}

impl Context {
    /// The suites that were asked for; all of them where none was.
    fn suites(&self, names: &[String]) -> Result<Vec<Suite>, Error> {
        self.suites_by(names, Project::suite)
    }

    fn suites_by(
        &self,
        names: &[String],
        read: fn(&Project, &str) -> Result<Suite, Error>,
    ) -> Result<Vec<Suite>, Error> {
        self.names(names)?
            .iter()
            .map(|name| read(&self.config.project, name))
            .collect()
    }

    /// The names of the suites that were asked for; of all of them where none was. One that is named twice is meant once.
    fn names(&self, names: &[String]) -> Result<Vec<String>, Error> {
        let mut names = match names.is_empty() {
            true => self.config.project.suite_names()?,
            false => names.to_vec(),
        };
        if names.is_empty() {
            return Err(Error::new(ExitCode::NothingChecked, "the project has no suite")
                .help("A suite is a folder sql/<name>/ with files like 001_first.sql, and validations/<name>.yaml."));
        }
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Ok(names)
    }

    /// The suite that was named, or the only one of the project. `verb` says what it is for.
    fn the_suite(&self, name: Option<&str>, verb: &str) -> Result<Suite, Error> {
        let names: Vec<String> = name.map(ToOwned::to_owned).into_iter().collect();
        let mut suites = self.suites(&names)?;
        match (suites.pop(), suites.pop()) {
            (Some(suite), None) => Ok(suite),
            _ => Err(Error::usage(format!(
                "the project has several suites: say which one to {verb}"
            ))
            .help(format!(
                "One of {}.",
                self.config.project.suite_names()?.join(", ")
            ))),
        }
    }

    /// Writes every report that was asked for and says how the run ends.
    fn finish(
        &self,
        mut suites: Vec<SuiteReport>,
        mut warnings: Vec<Warning>,
    ) -> Result<ExitCode, Error> {
        self.ui.clear();
        let ran: Vec<&str> = suites.iter().map(|s| s.suite.as_str()).collect();
        let whole = (self.config.project.suite_names()?.iter()).all(|s| ran.contains(&s.as_str()));
        warnings.extend(self.config.ignore.apply(&mut suites, whole));
        let report = Report {
            suites,
            warnings,
            strict: self.config.strict,
            allow_skips: self.config.allow_skips,
        };
        let written =
            self.write_reports(|format, out| format.write(&report, self.config.verbosity, out));
        self.ui.end(None);
        written.map(|()| report.exit_code())
    }

    /// Writes each form that was asked for to its place.
    fn write_reports(
        &self,
        write: impl Fn(Format, &mut dyn Write) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let mut unwritten = None;
        for (format, file) in &self.config.reports {
            let mut bytes = Vec::new();
            write(*format, &mut bytes)
                .map_err(|error| Error::bug(format!("the report could not be written: {error}")))?;
            match file {
                Some(path) => {
                    if let Err(error) = std::fs::write(path, &bytes) {
                        let message =
                            format!("cannot write the report to {}: {error}", path.display());
                        unwritten.get_or_insert(Error::usage(message));
                    }
                }
                None => say(&bytes),
            }
        }
        // The other reports are written all the same.
        unwritten.map_or(Ok(()), Err)
    }
}

/// Writes to standard output. Whoever reads may have gone away (`| head`), which is no error.
fn say(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

/// Writes to standard error.
pub fn complain(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
