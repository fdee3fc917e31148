//! The command line: what can be said, and no logic.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Proves a Supabase project: sets a schema up, checks everything in it, uses it, takes it away again, and proves
/// that nothing stayed.
#[derive(Debug, Parser)]
#[command(name = "supaproof", version, max_term_width = 100)]
#[command(after_help = "\
Exit codes:
    0  everything passed                   4  the target is not reachable
    1  something failed                    5  SQL or a migration failed
    2  usage or configuration             70  a bug of ours
    3  nothing was checked, or skipped   130  interrupted")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Where to run: `embedded` (a private Postgres that ends with us), or a URL or key=value string of a Postgres
    #[arg(
        long,
        global = true,
        value_name = "TARGET",
        env = "SUPAPROOF_TARGET",
        hide_env_values = true
    )]
    #[arg(help_heading = "Target")]
    pub target: Option<String>,

    /// The major version of the embedded Postgres: 15, 16, 17 or 18
    #[arg(
        long,
        global = true,
        value_name = "MAJOR",
        value_parser = crate::config::major,
        help_heading = "Target"
    )]
    pub pg: Option<u32>,

    /// The folder of the Postgres programs for the embedded target
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "SUPAPROOF_POSTGRES_BIN",
        hide_env_values = true,
        // A variable that is set to nothing is allowed.
        value_parser = OsStringValueParser::new().map(PathBuf::from),
        help_heading = "Target"
    )]
    pub postgres_bin: Option<PathBuf>,

    /// Give up on a run after so many seconds
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Target")]
    pub timeout: Option<u64>,

    /// The project's folder [default: the nearest one with supaproof.toml, or with sql/ and validations/]
    #[arg(
        long,
        short = 'C',
        global = true,
        value_name = "DIR",
        help_heading = "Target"
    )]
    pub project: Option<PathBuf>,

    /// The profile that gives the variables in expectations their values
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "SUPAPROOF_PROFILE",
        hide_env_values = true,
        help_heading = "Target"
    )]
    pub profile: Option<String>,

    /// Yes to every question
    #[arg(long, short = 'y', global = true, help_heading = "Target")]
    pub yes: bool,

    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Report"
    )]
    pub color: Color,

    /// Show every expectation
    #[arg(
        long,
        short,
        global = true,
        conflicts_with = "quiet",
        help_heading = "Report"
    )]
    pub verbose: bool,

    /// Show only what did not pass
    #[arg(long, short, global = true, help_heading = "Report")]
    pub quiet: bool,
}

/// Options of the commands that make a report.
#[derive(Clone, Debug, Default, Args)]
pub struct Reporting {
    /// The form of the report: pretty, json or junit; to a file with FORMAT=FILE; may be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", help_heading = "Report")]
    pub report: Vec<String>,

    /// Let warnings fail the run
    #[arg(long, help_heading = "Report")]
    pub strict: bool,

    /// Let skipped expectations pass
    #[arg(long, help_heading = "Report")]
    pub allow_skips: bool,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up, check, roll back, prove that nothing stayed, set up again, prove the same state
    Verify(Examined),
    /// Apply what is pending
    #[command(visible_alias = "migrate")]
    Setup(Suites),
    /// Take migrations back, the newest first
    Rollback(Rollback),
    /// Show which migrations are applied
    Status(Suites),
    /// Check expectations and behaviour; changes nothing
    Check(Examined),
    /// Print the JSON Schema of expectation files, for editors
    Schema,
    /// Print completions for a shell
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// The suites that a command is for.
#[derive(Debug, Args)]
pub struct Suites {
    /// The suites [default: all of the project]
    #[arg(value_name = "SUITE")]
    pub suites: Vec<String>,
}

/// The suites that are examined, and how that is reported.
#[derive(Debug, Args)]
pub struct Examined {
    /// The suites.
    #[command(flatten)]
    pub suites: Suites,

    /// The report.
    #[command(flatten)]
    pub reporting: Reporting,
}

impl Command {
    /// How this command reports; the defaults where it makes no report.
    pub fn reporting(&self) -> Reporting {
        match self {
            Self::Verify(args) | Self::Check(args) => args.reporting.clone(),
            _ => Reporting::default(),
        }
    }
}

/// How far back.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The suite [default: the only one of the project]
    #[arg(value_name = "SUITE")]
    pub suite: Option<String>,

    /// How far back; one of these is needed
    #[command(flatten)]
    pub how_far: HowFar,
}

/// How far back.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct HowFar {
    /// Back to this version, which stays
    #[arg(long, value_name = "VERSION")]
    pub to: Option<String>,

    /// So many migrations
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,

    /// All of them
    #[arg(long)]
    pub all: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn only_what_makes_a_report_takes_its_options() {
        for command in ["verify", "check", "setup", "status", "rollback --all"] {
            for option in ["--report json", "--strict", "--allow-skips"] {
                let line = format!("supaproof {command} {option}");
                let taken = super::Cli::command()
                    .try_get_matches_from(line.split(' '))
                    .is_ok();
                assert_eq!(taken, matches!(command, "verify" | "check"), "{line}");
            }
        }
    }
}
