//! How a plan is run, and the ledger mended.

use std::time::Duration;

use super::limits::Limit;

/// The longest message that we send, where the target names no limit. The server's own is 1 GB, and it copies a
/// message more than once.
pub(super) const LONGEST_MESSAGE: usize = 64 * 1024 * 1024;

/// How a plan is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long a statement of a migration may wait for a lock, where its file does not say.
    pub lock_timeout: Limit,
    /// How long a statement of a migration may take, where its file does not say; `None` leaves it to the server.
    pub statement_timeout: Option<Duration>,
    /// How long to wait for others in all, before giving up: for another runner, and for locks that did not come in time.
    pub wait: Duration,
    /// The role to go back to after each file, where the target's session took one by SET ROLE.
    pub role: Option<String>,
    /// The machine that we run on, for the ledger.
    pub host: Option<String>,
    /// Whether the ledger keeps attempts that fail. It is made for that, where it is not there.
    pub keep_failures: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lock_timeout: Limit::Unless(Duration::from_secs(5)),
            statement_timeout: None,
            wait: Duration::from_secs(60),
            role: None,
            host: None,
            keep_failures: true,
        }
    }
}
