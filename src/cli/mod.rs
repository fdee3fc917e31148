//! The command line: what can be said, and no logic.

mod migrations;

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use migrations::{
    Backing, Backup, BackupCommand, Baseline, Destructive, HowFar, Import, Repair, Restore,
    Rollback, Setup, Status, Trial,
};

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
    /// Where to run: `embedded` (a private Postgres that ends with us), a URL or key=value string of a Postgres, `local`, the
    /// reference of a project, or a name from supaproof.toml [default: what the environment leads to, or else `embedded`]
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

    /// The doors to try, in this order: direct, session, transaction, management, data-api [default: each that is known]
    #[arg(
        long,
        global = true,
        value_name = "DOOR",
        value_delimiter = ',',
        help_heading = "Target"
    )]
    pub door: Vec<crate::target::door::Door>,

    /// A PEM file with certificate authorities to trust
    #[arg(long, global = true, value_name = "FILE", help_heading = "Target")]
    pub ca: Option<PathBuf>,

    /// Give up on a run after so many seconds
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Target")]
    pub timeout: Option<u64>,

    /// How long a statement of a migration waits for a lock before it lets others pass and tries again; 0 for no limit
    /// [default: 5, where the server has no limit]
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Target")]
    pub lock_timeout: Option<u64>,

    /// How long migrations wait in all: for another run of them, and for locks [default: 60]
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Target")]
    pub wait: Option<u64>,

    /// How long a statement of a migration may take; 0 for no limit [default: what the server says]
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Target")]
    pub statement_timeout: Option<u64>,

    /// The project's folder [default: the nearest one with supaproof.toml, with sql/ and validations/, or with supabase/migrations/]
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

    /// The name of the protected target that this command may change
    #[arg(long, global = true, value_name = "NAME", help_heading = "Target")]
    pub confirm: Option<String>,

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
    Setup(Setup),
    /// Take migrations back, the newest first
    Rollback(Rollback),
    /// Copy a database with pg_dump, prove that a copy can be restored, bring one back
    Backup(Backup),
    /// Show which migrations are applied
    Status(Status),
    /// Bring the ledger in line with the files, one question each; the schema stays as it is
    Repair(Repair),
    /// Record migrations as applied without running them, for a database that has no ledger
    Baseline(Baseline),
    /// Take over what the ledger of another tool says: dbmate, Flyway, sqlx, the Supabase CLI and others; runs nothing
    Import(Import),
    /// Check expectations and behaviour; changes nothing
    Check(Check),
    /// Explain a finding: what its code means, with an example and how to mend it
    Explain {
        /// The code, as reports name it [default: list all codes]
        code: Option<String>,
    },
    /// Write expectations from a schema as it is
    Generate(Generate),
    /// Make a first suite, from the SQL that is there or from an example
    Init(Init),
    /// Create the functions by which the Data API runs SQL, and set suites up through them
    Bootstrap(Bootstrap),
    /// Print the JSON Schema of expectation files, for editors
    Schema,
    /// Say which door to the target opens, and whether everything is there that is needed; changes nothing
    Doctor(Doctor),
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

/// What is checked, and how that is reported.
#[derive(Debug, Args)]
#[command(after_help = CHOICE_HELP)]
pub struct Check {
    /// The suites and the report.
    #[command(flatten)]
    pub examined: Examined,

    /// The choice.
    #[command(flatten)]
    pub choice: Choice,
}

/// What of a suite is checked.
#[derive(Debug, Args)]
pub struct Choice {
    /// Check only what matches, besides preconditions; may be given several times
    #[arg(long, value_name = "PATTERN", help_heading = "Choice")]
    pub only: Vec<String>,

    /// Leave out what matches; may be given several times
    #[arg(long, value_name = "PATTERN", help_heading = "Choice")]
    pub skip: Vec<String>,

    /// Try no smoke step, for a login that may only read
    #[arg(long, help_heading = "Choice")]
    pub no_smoke: bool,

    /// Print what would be checked, each with its place, and connect to nothing
    #[arg(long, conflicts_with = "report", help_heading = "Choice")]
    pub list: bool,
}

const CHOICE_HELP: &str = "\
A PATTERN is a kind, a name, or both:
    tables           all tables; any section of the file will do, and smoke, and requires
    table:orders     the table orders
    orders           whatever is called orders, and what is on the table orders
    app.*            all in the schema app; * and ? are wildcards
    '/^idx_[0-9]+$/' names that the regular expression matches
    smoke:Order*     smoke steps by name
What is left out is told at the end. Where nothing is left, the exit code is 3.";

impl Command {
    /// Whether this command can work where no project is yet.
    pub fn needs_project(&self) -> bool {
        match self {
            Self::Generate(_) | Self::Init(_) | Self::Doctor(_) | Self::Backup(_) => false,
            Self::Bootstrap(args) => !args.suites.is_empty(),
            _ => true,
        }
    }

    /// How this command reports; the defaults where it makes no report.
    pub fn reporting(&self) -> Reporting {
        match self {
            Self::Verify(args) => args.reporting.clone(),
            Self::Check(args) => args.examined.reporting.clone(),
            Self::Setup(Setup { trial, .. }) | Self::Rollback(Rollback { trial, .. }) => {
                Reporting {
                    report: trial.report.clone(),
                    ..Reporting::default()
                }
            }
            _ => Reporting::default(),
        }
    }
}

/// How to say it.
#[derive(Debug, Args)]
pub struct Doctor {
    /// As JSON, for programs
    #[arg(long, help_heading = "Report")]
    pub json: bool,
}

/// What is written, and where.
#[derive(Debug, Args)]
pub struct Generate {
    /// The suite that it is for; on the embedded target it is set up first [default there: the only one of the project]
    #[arg(value_name = "SUITE")]
    pub suite: Option<String>,

    /// Write to this file, which must not be there yet [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Replace the file that --output names, with all that was written in it by hand
    #[arg(long, requires = "output")]
    pub overwrite: bool,

    /// Only objects of this schema; may be given several times [default: all that are not Supabase's]
    #[arg(long, value_name = "NAME")]
    pub schema: Vec<String>,

    /// Only this section, or its objects of these names: tables, or 'tables:tmp_*'; may be given several times
    #[arg(long, value_name = "KIND[:PATTERN]")]
    pub only: Vec<crate::generate::Only>,

    /// Close every list: an object that is not listed is a finding
    #[arg(long)]
    pub closed: bool,
}

/// What is begun.
#[derive(Debug, Args)]
pub struct Init {
    /// The suite, where there is none yet [default: the name of the folder]
    #[arg(value_name = "SUITE")]
    pub suite: Option<String>,

    /// Show the files and write none
    #[arg(long)]
    pub dry_run: bool,
}

/// What is done with the helper functions.
#[derive(Debug, Args)]
pub struct Bootstrap {
    /// The suites to set up through the functions, or directly where that fails [default: none]
    #[arg(value_name = "SUITE", conflicts_with_all = ["remove", "print_sql"])]
    pub suites: Vec<String>,

    /// Take the functions away instead
    #[arg(long)]
    pub remove: bool,

    /// Print the SQL that creates the functions, and connect to nothing
    #[arg(long)]
    pub print_sql: bool,

    /// What the suites may destroy.
    #[command(flatten)]
    pub destructive: Destructive,
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

    #[test]
    fn a_dry_run_reports_to_people_and_programs() {
        for command in ["setup", "rollback --all"] {
            for (form, taken) in [
                ("json", true),
                ("pretty", true),
                ("json=a --report pretty", true),
                ("junit", false),
                ("junit=a", false),
            ] {
                let line = format!("supaproof {command} --dry-run --report {form}");
                let parsed = super::Cli::command().try_get_matches_from(line.split(' '));
                assert_eq!(parsed.is_ok(), taken, "{line}");
            }
        }
    }
}
