//! What can be said to the commands that have to do with migrations and backups.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Suites;

/// What is applied, and how.
#[derive(Debug, Args)]
pub struct Setup {
    /// The suites.
    #[command(flatten)]
    pub suites: Suites,

    /// Whether it is only tried.
    #[command(flatten)]
    pub trial: Trial,

    /// What may be destroyed.
    #[command(flatten)]
    pub destructive: Destructive,

    /// The backup.
    #[command(flatten)]
    pub backing: Backing,
}

/// What may be destroyed.
#[derive(Clone, Debug, Default, Args)]
pub struct Destructive {
    /// What may be destroyed on a protected target: tables, columns (public.orders.note), schemas, …, with commas between;
    /// may be given several times
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub allow_destructive: Vec<String>,
}

/// Whether and how it is only tried.
#[derive(Clone, Debug, Default, Args)]
pub struct Trial {
    /// Run everything, show what it does, and take it back
    #[arg(long, help_heading = "Dry run")]
    pub dry_run: bool,

    /// Try it on a private copy of the target's schema, which holds no rows and no locks [default on protected targets]
    #[arg(long, requires = "dry_run", help_heading = "Dry run")]
    pub shadow: bool,

    /// Try it on the target itself, in a transaction that is rolled back [default on other targets]
    #[arg(
        long,
        requires = "dry_run",
        conflicts_with = "shadow",
        help_heading = "Dry run"
    )]
    pub in_place: bool,

    /// How long the trial may run and hold locks [default: 10s on a real target]
    #[arg(
        long,
        requires = "dry_run",
        value_name = "TIME",
        value_parser = hold,
        help_heading = "Dry run"
    )]
    pub max_hold: Option<std::time::Duration>,

    /// The form of what it shows: pretty or json; to a file with FORMAT=FILE; may be given several times
    #[arg(
        long,
        requires = "dry_run",
        value_name = "FORMAT[=FILE]",
        value_parser = form,
        help_heading = "Dry run"
    )]
    pub report: Vec<String>,
}

fn form(text: &str) -> Result<String, String> {
    match text.split('=').next() {
        Some("junit") => {
            Err("a dry run has no tests to report: there are pretty and json".to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}

fn hold(text: &str) -> Result<std::time::Duration, String> {
    crate::migrate::duration(text)
        .ok_or_else(|| "expected a number above 0 with its unit: 500ms, 5s, 2min".to_owned())
}

/// Whether a backup is made first.
#[derive(Clone, Debug, Default, Args)]
pub struct Backing {
    /// Dump the database with pg_dump before anything is changed, and stop where that fails
    #[arg(long, help_heading = "Backup")]
    pub backup: bool,

    /// The folder of backups [default: .supaproof/backups in the project]
    #[arg(long, value_name = "DIR", help_heading = "Backup")]
    pub backup_dir: Option<PathBuf>,
}

/// What is done with backups.
#[derive(Debug, Args)]
pub struct Backup {
    /// What to do.
    #[command(subcommand)]
    pub what: BackupCommand,

    /// The folder of backups [default: .supaproof/backups in the project]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Backup")]
    pub backup_dir: Option<PathBuf>,
}

/// What is done with backups.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Dump the target: the user's schemas, and the rows of auth and storage
    Create(Suites),
    /// Show the backups that there are
    List,
    /// Restore a backup into a private Postgres, and compare rows and checksums with what was there
    Verify {
        /// The backup [default: the newest]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Bring a backup back to the target, in one transaction
    Restore(Restore),
}

/// What is brought back.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Drop what the schemas of the backup hold on the target first
    #[arg(long)]
    pub clean: bool,

    /// Bring back the rows of auth and storage too, where their tables are empty
    #[arg(long)]
    pub with_users: bool,
}

/// What is shown, and what it means for the exit code.
#[derive(Debug, Args)]
pub struct Status {
    /// The suites.
    #[command(flatten)]
    pub suites: Suites,

    /// Exit with 1 where a migration is pending, too
    #[arg(long)]
    pub exit_code: bool,
}

/// What is mended.
#[derive(Debug, Args)]
pub struct Repair {
    /// The suites.
    #[command(flatten)]
    pub suites: Suites,

    /// Mend only this: a file that runs without a transaction and is half done goes on at this statement, which is a number
    /// from 1; what stands before it counts as done
    #[arg(long, value_name = "VERSION:STATEMENT")]
    pub resume: Option<String>,
}

/// What is recorded.
#[derive(Debug, Args)]
pub struct Baseline {
    /// The newest version that the database has
    #[arg(value_name = "VERSION")]
    pub version: String,

    /// The suite [default: the only one of the project]
    #[arg(value_name = "SUITE")]
    pub suite: Option<String>,
}

/// What is taken over.
#[derive(Debug, Args)]
pub struct Import {
    /// The suite [default: the only one of the project]
    #[arg(value_name = "SUITE")]
    pub suite: Option<String>,

    /// Whose ledger it is [default: the one that is found]
    #[arg(long, value_name = "TOOL", value_enum)]
    pub from: Option<crate::migrate::import::Tool>,

    /// The table, where it has another name than the tool gives it
    #[arg(long, value_name = "SCHEMA.TABLE")]
    pub table: Option<String>,

    /// Record those as well whose file has changed since it was applied
    #[arg(long)]
    pub changed: bool,
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

    /// Whether it is only tried.
    #[command(flatten)]
    pub trial: Trial,

    /// What may be destroyed.
    #[command(flatten)]
    pub destructive: Destructive,

    /// The backup.
    #[command(flatten)]
    pub backing: Backing,
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
