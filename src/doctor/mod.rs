//! What has to be so before anything else works: one line for each precondition.
//!
//! Pure: what a server says of itself comes as [`Facts`], what became of the doors as lines.

mod facts;
mod grants;
mod helpers;
mod ledgers;
mod link;
mod render;
#[cfg(feature = "cli")]
pub mod services;

use serde::Serialize;

pub use facts::{Facts, examine, query};
pub use link::{Link, Proof};
pub use render::{abilities, text};

/// How it is with a precondition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It holds.
    Good,
    /// It holds, and somebody should know something of it.
    Warning,
    /// It does not hold.
    Bad,
    /// It was not looked at.
    Skipped,
}

/// One precondition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// How it is.
    pub state: State,
    /// What it is about.
    pub subject: String,
    /// What was found.
    pub found: String,
    /// Where a value comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Preconditions that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Their heading.
    pub title: String,
    /// They.
    pub lines: Vec<Line>,
}

impl Line {
    /// A line without more.
    pub fn new(state: State, subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            state,
            subject: subject.into(),
            found: found.into(),
            from: None,
            help: None,
        }
    }

    /// The same as something that was not looked at.
    #[must_use]
    pub fn skipped(mut self) -> Self {
        self.state = State::Skipped;
        self
    }

    /// Says where a value comes from.
    #[must_use]
    pub fn from(mut self, from: impl Into<String>) -> Self {
        self.from = Some(from.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Whether anything does not hold.
pub fn is_bad(groups: &[Group]) -> bool {
    let mut lines = groups.iter().flat_map(|group| &group.lines);
    lines.any(|line| line.state == State::Bad)
}
