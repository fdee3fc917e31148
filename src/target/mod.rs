//! Where supaproof connects, behind one small trait. A target does not know what its SQL is for.

#[cfg(feature = "cli")]
pub mod by_function;
#[cfg(feature = "cli")]
pub mod data_api;
#[cfg(feature = "cli")]
pub mod door;
#[cfg(feature = "cli")]
pub mod embedded;
#[cfg(feature = "cli")]
mod fallback;
#[cfg(feature = "cli")]
pub mod http;
#[cfg(feature = "cli")]
pub mod management;
#[cfg(feature = "cli")]
pub mod postgres;

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::words;

/// A place where SQL can be run.
#[async_trait]
pub trait Target: Send {
    /// The target in a few words for people (`postgres at db.example.com:5432/app`). Never holds a secret.
    fn describe(&self) -> String;

    /// What kind of target it is, as suites name it in `only_if`: `embedded`, `postgres`, `management`, `data_api`.
    fn kind(&self) -> &'static str;

    /// Whether it ceases to exist with us, so that no step on it can cost anybody data.
    fn throwaway(&self) -> bool;

    /// What can be done through this door.
    fn capabilities(&self) -> &Capabilities;

    /// A statement that goes before each message, since the door's own surroundings are no session's; `reset all` takes back
    /// what it sets.
    fn opening(&self) -> Option<&'static str> {
        None
    }

    /// Why nothing can be changed or tried through this door, where it turned out so ([`Capabilities::ddl`] is then false).
    fn read_only(&self) -> Option<&str> {
        None
    }

    /// The role that the session took when it was opened: what `reset role` leaves has to be taken again.
    fn role(&self) -> Option<&str> {
        None
    }

    /// What cancels the statement that runs, for use while this is borrowed; `None` where the door has nothing of the kind.
    fn canceller(&self) -> Option<Box<dyn Cancel>>;

    /// Runs a script as one message and reports what happens while it runs.
    ///
    /// Rows are dropped. On an error [`TargetError::Server`] says how many statements had completed, where the door counts.
    async fn run(
        &mut self,
        script: &str,
        on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<(), TargetError>;

    /// Reads the one JSON value that a SELECT returns, in a read-only transaction where the door has them. `settings` are
    /// statements that go before it (`set local …`), with `;` between them; may be empty.
    async fn read_json(&mut self, settings: &str, select: &str) -> Result<Value, TargetError>;

    /// Reads the rows of a SELECT of a name and the text of a JSON value, of which none may be NULL, and hands them on in their
    /// order, where the door can as they arrive. `settings` as above.
    async fn read_pairs(
        &mut self,
        settings: &str,
        select: &str,
        on_pair: &mut (dyn for<'p> FnMut(&'p str, &'p str) + Send),
    ) -> Result<(), TargetError> {
        let whole = format!(
            "select json_agg(json_build_array(p.name, p.value)) from ({select}) p(name, value)"
        );
        let rows = self.read_json(settings, &whole).await?;
        for row in rows.as_array().into_iter().flatten() {
            let text = |at: usize| row[at].as_str().unwrap_or("null");
            on_pair(text(0), text(1));
        }
        Ok(())
    }

    /// Runs statements, each ended by `;`, reads the JSON value of an expression, and takes everything back, as one
    /// message.
    async fn try_json(&mut self, statements: &str, result: &str) -> Result<Value, TargetError>;

    /// The same, with what happens meanwhile, where the door reports it.
    async fn try_json_with(
        &mut self,
        statements: &str,
        result: &str,
        _on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<Value, TargetError> {
        self.try_json(statements, result).await
    }
}

/// Cancels what runs on a target, beside it.
#[async_trait]
pub trait Cancel: Send + Sync {
    /// Asks the server to cancel the statement that runs now. Whether it does, its answer tells: SQLSTATE 57014.
    ///
    /// Nothing that runs is no error. A statement that starts at the same moment may be hit instead.
    async fn cancel(&self) -> Result<(), TargetError>;
}

/// What a target can do. A thing that it cannot do is a skip with its reason, never a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Session state (settings, temporary tables) outlives a message.
    pub sessions: bool,
    /// A message may hold BEGIN, COMMIT and ROLLBACK. Without them each message is a transaction.
    pub transactions: bool,
    /// DDL is allowed.
    pub ddl: bool,
    /// SET ROLE is allowed.
    pub roles: bool,
    /// Completed statements and notices are reported while a message runs, and an error says how many had completed.
    pub events: bool,
    /// A statement that runs can be cancelled.
    pub cancel: bool,
    /// The longest message in bytes that it carries; `None` where only memory limits it.
    pub longest_message: Option<usize>,
    /// The longest that a message may run, where the door itself has a limit.
    pub longest_run: Option<Duration>,
}

impl Capabilities {
    /// A session on the wire protocol, which can do everything.
    pub const SESSION: Self = Self {
        sessions: true,
        transactions: true,
        ddl: true,
        roles: true,
        events: true,
        cancel: true,
        longest_message: None,
        longest_run: None,
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

/// The message that reads a JSON value in a transaction that changes nothing.
#[cfg(feature = "cli")]
fn reading(settings: &str, select: &str) -> String {
    match settings {
        "" => select.to_owned(),
        _ => format!(
            "begin transaction isolation level repeatable read read only;\n{settings};\n{select};\ncommit"
        ),
    }
}

/// The message that runs statements, reads a JSON value and takes everything back. It has no BEGIN: after an error the
/// session is idle again by itself.
#[cfg(feature = "cli")]
fn trial(statements: &str, result: &str) -> String {
    format!("{statements}select {result};\nrollback")
}

/// What a change ends in where nothing can be changed; nothing of it ran.
#[cfg(feature = "cli")]
fn may_only_read(reason: &str) -> TargetError {
    TargetError::Server(Box::new(ServerError {
        sqlstate: "25006".to_owned(),
        severity: "ERROR".to_owned(),
        message: reason.to_owned(),
        completed: Some(0),
        ..ServerError::default()
    }))
}

/// What keeps us out, as far as it decides what may be tried next. It is known where the error is made: its words hold names
/// of others, in which anything may stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Obstacle {
    /// Anything else: a network, a server that is not there, an answer that is none.
    #[default]
    Other,
    /// A login, a key or a token was refused: it is not to be tried again.
    Login,
    /// An access token may not do what was asked with it.
    Forbidden,
    /// The way could not be encrypted, or not to whom we meant.
    Encryption,
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
        /// What it was.
        obstacle: Obstacle,
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
    /// The message is longer than the door carries. Nothing of it ran.
    #[error("a message of {} bytes is too long for {target}, which takes {}", words::grouped(*length), words::grouped(*limit))]
    TooLong {
        /// The target, without a secret.
        target: String,
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
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

impl TargetError {
    /// No connection, for a reason of our own or of the network.
    #[cfg(feature = "cli")]
    fn unreachable(target: impl Into<String>, obstacle: Obstacle, reason: String) -> Self {
        Self::Unreachable {
            target: target.into(),
            reason,
            sqlstate: None,
            obstacle,
        }
    }

    /// Whether a login, a key or a token was refused: it is not to be tried again.
    pub fn is_login(&self) -> bool {
        self.obstacle() == Some(Obstacle::Login)
    }

    /// Whether an access token may not do what was asked with it.
    pub fn is_forbidden(&self) -> bool {
        self.obstacle() == Some(Obstacle::Forbidden)
    }

    /// Whether the way could not be encrypted, or not to whom we meant.
    pub fn is_encryption(&self) -> bool {
        self.obstacle() == Some(Obstacle::Encryption)
    }

    fn obstacle(&self) -> Option<Obstacle> {
        match self {
            Self::Unreachable { obstacle, .. } => Some(*obstacle),
            _ => None,
        }
    }
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
    /// Statements of the message that had completed before; `None` where the door does not count them.
    pub completed: Option<usize>,
}
