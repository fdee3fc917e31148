//! Why there are no programs to start, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use super::help;
use super::programs::Programs;
use crate::error::{Error, ExitCode};

/// Why there are no programs to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindError {
    /// None on this machine.
    NotFound(NotFound),
    /// There are some, but not of the major that was asked for.
    Mismatch(Mismatch),
    /// The setting names something that is not a folder of Postgres programs.
    Setting {
        /// What the setting names.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// No programs on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// The major that was asked for.
    pub major: Option<u32>,
    /// Where we looked, and what was wrong with what lay there.
    pub looked: Vec<String>,
}

/// No programs of the major that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The major that was asked for.
    pub asked: u32,
    /// What there is instead.
    pub found: Vec<Programs>,
    /// The setting names exactly one installation, and it is of another major.
    pub by_setting: bool,
}

impl FindError {
    /// Whether fetching a Postgres would help (see [`super::fetch`]): not where a setting says
    /// which one to take.
    pub fn fetchable(&self) -> bool {
        match self {
            Self::NotFound(_) => true,
            Self::Mismatch(mismatch) => !mismatch.by_setting,
            Self::Setting { .. } => false,
        }
    }
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(NotFound { major: None, .. }) => {
                f.write_str("no Postgres was found on this machine")
            }
            Self::NotFound(NotFound {
                major: Some(major), ..
            }) => {
                write!(f, "no Postgres {major} was found on this machine")
            }
            Self::Mismatch(Mismatch { asked, found, .. }) => {
                write!(f, "Postgres {asked} was asked for, but there is only ")?;
                for (index, programs) in found.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(
                        f,
                        "{comma}{} in {}",
                        programs.version,
                        programs.bin.display()
                    )?;
                }
                Ok(())
            }
            Self::Setting { path, reason } => {
                write!(
                    f,
                    "{} does not hold the programs of Postgres: {reason}",
                    path.display()
                )
            }
        }
    }
}

impl std::error::Error for FindError {}

impl From<FindError> for Error {
    fn from(error: FindError) -> Self {
        let message = error.to_string();
        match error {
            FindError::NotFound(NotFound { major, looked }) => {
                let mut out = Self::new(ExitCode::Unreachable, message);
                for place in looked {
                    out = out.note(format!("looked in {place}"));
                }
                out.help(help::not_found(major))
            }
            FindError::Mismatch(Mismatch {
                by_setting: true, ..
            }) => Self::usage(message)
                .help("Let --pg and --postgres-bin name the same major, or leave one of them out."),
            FindError::Mismatch(Mismatch { asked, .. }) => {
                Self::usage(message).help(help::mismatch(asked))
            }
            FindError::Setting { .. } => Self::usage(message).help(
                "--postgres-bin (SUPAPROOF_POSTGRES_BIN, postgres_bin in supaproof.toml) \
                     names the folder with postgres and initdb.",
            ),
        }
    }
}
