//! Where supaproof connects, behind one small trait. A target does not know what its SQL is for.

#[cfg(feature = "cli")]
pub mod embedded;
#[cfg(feature = "cli")]
pub mod postgres;

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

/// A place where SQL can be run.
#[async_trait]
pub trait Target: Send {
    /// The target in a few words for people (`postgres at db.example.com:5432/app`). Never holds a secret.
    fn describe(&self) -> String;

    /// What kind of target it is, as suites name it in `only_if`: `embedded`, `postgres`.
    fn kind(&self) -> &'static str;

    /// Whether it ceases to exist with us, so that no step on it can cost anybody data.
    fn throwaway(&self) -> bool;

    /// What can be done through this door.
    fn capabilities(&self) -> &Capabilities;

    /// Runs a script as one simple-protocol message and reports what happens while it runs.
    ///
    /// Rows are dropped. On an error [`TargetError::Server`] says how many statements had completed.
    async fn run(
        &mut self,
        script: &str,
        on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<(), TargetError>;

    /// Runs a script as one message and reads the JSON in the first column of its last row.
    async fn read_json(&mut self, script: &str) -> Result<Value, TargetError>;

    /// Runs a script as one message and hands on its rows as they arrive: the texts of the first two columns, of which
    /// none may be NULL.
    async fn read_pairs(
        &mut self,
        script: &str,
        on_pair: &mut (dyn for<'p> FnMut(&'p str, &'p str) + Send),
    ) -> Result<(), TargetError>;
}

/// What a target can do. A thing that it cannot do is a skip with its reason, never a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Session state (settings, temporary tables) outlives a message.
    pub sessions: bool,
    /// A message may hold BEGIN and ROLLBACK.
    pub transactions: bool,
    /// DDL is allowed.
    pub ddl: bool,
    /// The longest message in bytes that it carries; `None` where only memory limits it.
    pub longest_message: Option<usize>,
}

impl Capabilities {
    /// A session on the wire protocol, which can do everything.
    pub const SESSION: Self = Self {
        sessions: true,
        transactions: true,
        ddl: true,
        longest_message: None,
    };
}

/// What happens while a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The statement with this number, from 0, completed and affected so many rows.
    Completed {
        /// Its place in the message, from 0.
        index: usize,
        /// Rows returned or affected; 0 for statements that have none.
        rows: u64,
    },
    /// The server said something (`RAISE NOTICE`, a warning).
    Notice {
        /// `NOTICE`, `WARNING`, …
        severity: &'a str,
        /// What it said.
        message: &'a str,
    },
}

/// Why something could not be run.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// No connection could be made.
    #[error("cannot connect to {target}: {reason}")]
    Unreachable {
        /// The target, without a secret.
        target: String,
        /// What went wrong, without a secret.
        reason: String,
        /// SQLSTATE where the server itself refused (28P01, 3D000, 53300, …).
        sqlstate: Option<String>,
    },
    /// The connection ended while we worked.
    #[error("the connection to {target} was lost: {reason}")]
    Lost {
        /// The target, without a secret.
        target: String,
        /// What went wrong, without a secret.
        reason: String,
        /// Statements of the message that had completed.
        completed: usize,
    },
    /// The server refused a statement.
    #[error("{0}")]
    Server(Box<ServerError>),
    /// Our own limit on the whole run was reached.
    #[error("{target} did not finish within {} s", limit.as_secs())]
    TimedOut {
        /// The target, without a secret.
        target: String,
        /// The limit.
        limit: Duration,
    },
    /// The server's answer was not what was asked for.
    #[error("unexpected answer from {target}: {reason}")]
    Protocol {
        /// The target, without a secret.
        target: String,
        /// What was wrong with it.
        reason: String,
    },
}

/// An error as Postgres reports it.
///
/// Source: the fields of ErrorResponse, chapter "Error and Notice Message Fields" of the Postgres manual.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message} (SQLSTATE {sqlstate})")]
pub struct ServerError {
    /// Five characters.
    pub sqlstate: String,
    /// `ERROR`, `FATAL`, `PANIC`.
    pub severity: String,
    /// What it says.
    pub message: String,
    /// More of it.
    pub detail: Option<String>,
    /// The server's own advice.
    pub hint: Option<String>,
    /// The call stack (`PL/pgSQL function … line 3`).
    pub context: Option<String>,
    /// Where in the message, in characters from 1. Most run-time errors have none.
    pub position: Option<usize>,
    /// Statements of the message that had completed before.
    pub completed: usize,
}
