//! What the reports for programs have in common.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::source::Origin;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// The file, relative to the working folder.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl From<&Origin> for Place {
    fn from(origin: &Origin) -> Self {
        let position = origin.position();
        Self {
            file: origin.source.path().display().to_string(),
            line: position.line,
            column: position.column,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// An error that ended something early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Failure {
    /// What went wrong, in one line.
    pub message: String,
    /// The line of SQL or YAML that it is about.
    pub place: Option<Place>,
    /// Details.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            message: error.message().to_owned(),
            place: error.origin().map(Place::from),
            notes: error.notes().to_vec(),
            help: error.help_text().map(ToOwned::to_owned),
        }
    }
}
