//! The target `postgres`: a server reached over the wire protocol, by TCP or a Unix socket.
//!
//! Every script goes out as one simple-protocol message. Nothing is ever prepared, because behind a transaction pooler the
//! next message may meet another session.

mod any_certificate;
mod authorities;
mod cancel;
mod conninfo;
mod dial;
mod error;
mod given;
mod host;
mod keys;
mod libpq;
mod passfile;
mod project;
mod security;
mod service;
mod session;
mod settings;
pub mod supabase;
mod system;
mod tls;

pub use self::cancel::Canceller;
pub use self::security::TlsMode;
pub use self::settings::{FROM_STRING, Settings};

use std::error::Error as _;
use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

use self::cancel::CANCEL_WAIT;
use self::session::{Received, Session};
use super::{Cancel, Capabilities, Event, ServerError, Target, TargetError};

/// How long an answer to `COPY` may stay silent before we take it that the server waits for data from us.
const COPY_WAIT: Duration = Duration::from_secs(2);

/// The longest message that a server takes.
///
/// Source: `PQ_LARGE_MESSAGE_LIMIT` in Postgres' libpq.h (15 to 18), one byte below 1 GiB, less the length word and the final zero.
const LONGEST_MESSAGE: usize = 0x3fff_fffe - 5;

/// Limits of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long connecting may take, name lookup and login included. A `connect_timeout` in the settings wins.
    pub connect: Duration,
    /// How long everything may take that runs on the connection, counted from the start of connecting.
    pub run: Option<Duration>,
}

/// A connection to a Postgres server.
pub struct PostgresTarget {
    name: String,
    throwaway: bool,
    capabilities: Capabilities,
    deadline: Option<(Instant, Duration)>,
    canceller: Canceller,
    /// `None` once the connection is lost.
    session: Option<Session>,
    /// The role that was taken after the login.
    role: Option<String>,
    /// Why nothing is to be changed.
    read_only: Option<&'static str>,
    /// A message was cut short: the server may still be at it, or in an open transaction.
    unsettled: bool,
}

/// What a message brings, in the server's order.
enum Part {
    Completed { index: usize, rows: u64 },
    Row(SimpleQueryRow),
    Notice(Box<DbError>),
}

/// How far the answer to a message has come.
#[derive(Default)]
struct Progress {
    completed: usize,
    failed: Option<tokio_postgres::Error>,
    /// Messages of a COPY since the last answer.
    copying: usize,
}

/// How the answer to a message ended.
enum End {
    /// The server is ready for the next.
    Ready,
    /// The connection is gone.
    Lost(Option<tokio_postgres::Error>),
    /// The server waits for the data of a `COPY … FROM STDIN`.
    WantsData,
}

impl PostgresTarget {
    /// Connects and logs in. `throwaway`: the server ceases to exist with us.
    ///
    /// Nothing is asked of the server after the login. A refused login is not tried again, at no other address of the host
    /// either. Behind a transaction pooler ([`Settings::pooled`]) the capabilities say that no session is kept.
    ///
    /// # Errors
    /// [`TargetError::Unreachable`], whatever the reason.
    pub async fn connect(
        settings: &Settings,
        limits: Limits,
        throwaway: bool,
    ) -> Result<Self, TargetError> {
        let start = Instant::now();
        // The place of a private server says nothing to anybody.
        let name = match throwaway {
            true => "the private Postgres".to_owned(),
            false => settings.describe(),
        };
        let limit = settings.connect_timeout().unwrap_or(limits.connect);
        let tls = tls::connector(settings).map_err(|reason| error::insecure(settings, reason))?;
        let dial::Connected {
            client,
            connection,
            route,
        } = timeout(limit, dial::dial(settings, &tls, limit))
            .await
            .map_err(|_| error::no_answer(settings, limit))??;
        Ok(Self {
            canceller: Canceller {
                target: name.clone(),
                token: client.cancel_token(),
                tls,
                route,
                host: settings.host().unwrap_or_default().to_owned(),
            },
            name,
            throwaway,
            capabilities: Capabilities {
                sessions: !settings.is_pooled(),
                longest_message: Some(LONGEST_MESSAGE),
                ..Capabilities::SESSION
            },
            deadline: limits
                .run
                .and_then(|limit| Some((start.checked_add(limit)?, limit))),
            session: Some(Session::new(client, connection)),
            role: None,
            read_only: None,
            unsettled: false,
        })
    }

    /// Takes a role for the whole session, as a login does that is only a member of it.
    ///
    /// # Errors
    /// Those of [`Target::run`].
    pub async fn take_role(&mut self, role: &str) -> Result<(), TargetError> {
        let script = format!("set session role {}", crate::sql::quote_ident(role));
        self.run(&script, &mut |_| {}).await?;
        self.role = Some(role.to_owned());
        Ok(())
    }

    /// Says that the login is one for reading alone, and why.
    pub fn only_reads(&mut self, reason: &'static str) {
        self.read_only = Some(reason);
        self.capabilities.ddl = false;
        self.capabilities.roles = false;
    }

    /// Cancels what a dropped future left running.
    ///
    /// # Errors
    /// The server was not reached.
    pub fn cancel(&self) -> impl Future<Output = Result<(), TargetError>> + Send + use<> {
        let canceller = self.canceller.clone();
        async move { canceller.cancel().await }
    }

    /// Runs a script as one message and reads the JSON in the first column of its last row.
    ///
    /// # Errors
    /// Those of [`Target::run`]; [`TargetError::Protocol`] where there is no such value.
    pub async fn last_json(&mut self, script: &str) -> Result<Value, TargetError> {
        self.last_json_with(script, &mut |_| {}).await
    }

    /// The same, with what happens meanwhile.
    async fn last_json_with(
        &mut self,
        script: &str,
        on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<Value, TargetError> {
        let mut last = None;
        self.message(script, &mut |part| match part {
            Part::Row(row) => last = Some(row),
            other => report(&other, on_event),
        })
        .await?;
        let row = last.ok_or_else(|| self.unexpected("no row came back"))?;
        let text = row
            .try_get(0)
            .map_err(|error| self.protocol(&error))?
            .ok_or_else(|| self.unexpected("the value is NULL"))?;
        serde_json::from_str(text)
            .map_err(|error| self.unexpected(format!("the value is not JSON: {error}")))
    }

    /// Sets another limit on the rest of the run, counted from now: cleaning up after a run that took too long needs one.
    pub fn limit_run(&mut self, limit: Option<Duration>) {
        self.deadline = limit.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
    }

    /// The version as the server reports it when we connect (`17.4 (Debian …)`).
    pub fn server_version(&self) -> Option<&str> {
        self.session.as_ref()?.parameter("server_version")
    }

    /// Sends one message and hands on what it brings. Leaves the session idle, outside a transaction after an error.
    async fn message(
        &mut self,
        script: &str,
        on_part: &mut (dyn FnMut(Part) + Send),
    ) -> Result<(), TargetError> {
        refuse_zero_bytes(script)?;
        self.settle().await?;
        if let Some((deadline, limit)) = self.deadline
            && deadline <= Instant::now()
        {
            return Err(self.timed_out(limit));
        }
        let mut progress = Progress::default();
        self.send(script).await?;
        let Some((deadline, limit)) = self.deadline else {
            let end = self.drive(&mut progress, on_part).await;
            return self.finish(progress, end).await;
        };
        if let Ok(end) = timeout_at(deadline, self.drive(&mut progress, on_part)).await {
            return self.finish(progress, end).await;
        }
        // Unreachable for a second connection: both waits then run out together, and the connection is closed.
        let cancelled = self.cancel();
        let ended = timeout(CANCEL_WAIT, self.drive(&mut progress, on_part));
        match tokio::join!(cancelled, ended).1 {
            Ok(end) => match self.finish(progress, end).await {
                Err(TargetError::Server(error))
                    if error.sqlstate == SqlState::QUERY_CANCELED.code() =>
                {
                    Err(self.timed_out(limit))
                }
                // It ended by itself at the last moment.
                other => other,
            },
            Err(_) => {
                self.session = None;
                Err(self.timed_out(limit))
            }
        }
    }

    async fn send(&mut self, script: &str) -> Result<(), TargetError> {
        let Some(session) = &mut self.session else {
            return Err(self.lost("it was closed before".to_owned(), 0));
        };
        self.unsettled = true;
        match session.send(script).await {
            Ok(()) => Ok(()),
            Err(Some(error)) if !error.is_closed() => {
                self.unsettled = false;
                Err(self.protocol(&error))
            }
            Err(error) => Err(self.close(error.as_ref(), 0)),
        }
    }

    /// Follows an answer to its end. May be dropped and called again.
    async fn drive(
        &mut self,
        progress: &mut Progress,
        on_part: &mut (dyn FnMut(Part) + Send),
    ) -> End {
        let Some(session) = &mut self.session else {
            return End::Lost(None);
        };
        loop {
            // COPY FROM STDIN sends one message and then waits, for ever; COPY TO STDOUT goes on.
            let step = if progress.copying == 1 {
                match timeout(COPY_WAIT, session.next()).await {
                    Ok(step) => step,
                    Err(_) => return End::WantsData,
                }
            } else {
                session.next().await
            };
            match step {
                None => return End::Ready,
                Some(Received::Answer(answer)) => {
                    progress.copying = 0;
                    match answer {
                        SimpleQueryMessage::CommandComplete(rows) => {
                            on_part(Part::Completed {
                                index: progress.completed,
                                rows,
                            });
                            progress.completed += 1;
                        }
                        SimpleQueryMessage::Row(row) => on_part(Part::Row(row)),
                        _ => {}
                    }
                }
                Some(Received::Notice(notice)) => on_part(Part::Notice(notice)),
                Some(Received::Failed(error))
                    if error.as_db_error().is_some_and(error::is_fatal) =>
                {
                    return End::Lost(Some(error));
                }
                Some(Received::Failed(error)) if is_copy(&error) => progress.copying += 1,
                Some(Received::Failed(error)) => {
                    progress.failed.get_or_insert(error);
                }
                Some(Received::Ended(error)) => return End::Lost(error),
            }
        }
    }

    async fn finish(&mut self, progress: Progress, end: End) -> Result<(), TargetError> {
        match end {
            End::Lost(error) => Err(self.close(error.as_ref(), progress.completed)),
            End::WantsData => {
                self.session = None;
                Err(TargetError::Server(Box::new(ServerError {
                    sqlstate: SqlState::FEATURE_NOT_SUPPORTED.code().to_owned(),
                    severity: "ERROR".to_owned(),
                    message: "COPY … FROM STDIN has no data: a script cannot carry it".to_owned(),
                    hint: Some(
                        "Use INSERT (pg_dump writes it with --inserts). The connection was closed."
                            .to_owned(),
                    ),
                    completed: Some(progress.completed),
                    ..ServerError::default()
                })))
            }
            End::Ready => {
                let Some(failed) = progress.failed else {
                    self.unsettled = false;
                    return Ok(());
                };
                // The error that we report is this one, however the rollback ends.
                let _ = self.rollback().await;
                Err(match failed.as_db_error() {
                    Some(error) => {
                        TargetError::Server(Box::new(error::server(error, progress.completed)))
                    }
                    None => self.protocol(&failed),
                })
            }
        }
    }

    /// Makes the session idle again after a future of ours was dropped in the middle.
    async fn settle(&mut self) -> Result<(), TargetError> {
        let Some(session) = &self.session else {
            return Ok(());
        };
        if !self.unsettled {
            return Ok(());
        }
        if session.is_running() {
            let cancelled = self.cancel();
            let (_, drained) = tokio::join!(cancelled, self.drain());
            drained?;
        }
        self.rollback().await
    }

    /// Leaves whatever transaction is open.
    async fn rollback(&mut self) -> Result<(), TargetError> {
        // A cancellation that comes late may hit the first.
        for _ in 0..2 {
            self.send("rollback").await?;
            if self.drain().await? {
                self.unsettled = false;
                return Ok(());
            }
        }
        Err(self.close(None, 0))
    }

    /// Follows the answer that is still to come and drops it. False where it was an error.
    async fn drain(&mut self) -> Result<bool, TargetError> {
        let mut progress = Progress::default();
        match timeout(CANCEL_WAIT, self.drive(&mut progress, &mut |_| {})).await {
            Ok(End::Ready) => Ok(progress.failed.is_none()),
            Ok(End::Lost(error)) => Err(self.close(error.as_ref(), 0)),
            Ok(End::WantsData) | Err(_) => {
                self.session = None;
                Err(self.lost("an earlier statement did not end".to_owned(), 0))
            }
        }
    }

    fn close(&mut self, error: Option<&tokio_postgres::Error>, completed: usize) -> TargetError {
        self.session = None;
        self.lost(error::lost_reason(error), completed)
    }

    fn lost(&self, reason: String, completed: usize) -> TargetError {
        TargetError::Lost {
            target: self.name.clone(),
            reason,
            completed,
        }
    }

    fn timed_out(&self, limit: Duration) -> TargetError {
        TargetError::TimedOut {
            target: self.name.clone(),
            limit,
        }
    }

    fn protocol(&self, error: &tokio_postgres::Error) -> TargetError {
        self.unexpected(match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        })
    }

    fn unexpected(&self, reason: impl Into<String>) -> TargetError {
        TargetError::Protocol {
            target: self.name.clone(),
            reason: reason.into(),
        }
    }
}

#[async_trait]
impl Target for PostgresTarget {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn kind(&self) -> &'static str {
        match self.throwaway {
            true => "embedded",
            false => "postgres",
        }
    }

    fn throwaway(&self) -> bool {
        self.throwaway
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    fn read_only(&self) -> Option<&str> {
        self.read_only
    }

    async fn run(
        &mut self,
        script: &str,
        on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<(), TargetError> {
        self.message(script, &mut |part| report(&part, on_event))
            .await
    }

    async fn read_json(&mut self, settings: &str, select: &str) -> Result<Value, TargetError> {
        self.last_json(&super::reading(settings, select)).await
    }

    async fn try_json(&mut self, statements: &str, result: &str) -> Result<Value, TargetError> {
        self.last_json(&super::trial(statements, result)).await
    }

    async fn try_json_with(
        &mut self,
        statements: &str,
        result: &str,
        on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<Value, TargetError> {
        self.last_json_with(&super::trial(statements, result), on_event)
            .await
    }

    fn canceller(&self) -> Option<Box<dyn Cancel>> {
        Some(Box::new(self.canceller.clone()))
    }

    async fn read_pairs(
        &mut self,
        settings: &str,
        select: &str,
        on_pair: &mut (dyn for<'p> FnMut(&'p str, &'p str) + Send),
    ) -> Result<(), TargetError> {
        let mut whole = true;
        self.message(&super::reading(settings, select), &mut |part| {
            if let Part::Row(row) = part {
                match (row.try_get(0), row.try_get(1)) {
                    (Ok(Some(name)), Ok(Some(value))) => on_pair(name, value),
                    _ => whole = false,
                }
            }
        })
        .await?;
        match whole {
            true => Ok(()),
            false => Err(self.unexpected("a row is not a pair of values")),
        }
    }
}

/// Hands on what others want to know of a part.
fn report(part: &Part, on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send)) {
    match part {
        Part::Completed { index, rows } => on_event(Event::Completed {
            index: *index,
            rows: *rows,
        }),
        Part::Notice(notice) => on_event(Event::Notice {
            severity: notice.severity(),
            message: notice.message(),
        }),
        Part::Row(_) => {}
    }
}

/// A statement that still runs would go on without us.
impl Drop for PostgresTarget {
    fn drop(&mut self) {
        if self.session.as_ref().is_some_and(Session::is_running)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let (session, cancelled) = (self.session.take(), self.cancel());
            runtime.spawn(async move {
                let _ = cancelled.await;
                // Not before: a pooler knows nothing to cancel for a client that is gone.
                drop(session);
            });
        }
    }
}

/// tokio-postgres knows no COPY in the simple protocol and reports each of its messages so.
fn is_copy(error: &tokio_postgres::Error) -> bool {
    error.source().is_none() && error.to_string() == "unexpected message from server"
}

/// The protocol ends a script at a zero byte. The error is the one that the server has for it elsewhere.
fn refuse_zero_bytes(script: &str) -> Result<(), TargetError> {
    let Some(at) = script.find('\0') else {
        return Ok(());
    };
    Err(TargetError::Server(Box::new(ServerError {
        sqlstate: SqlState::CHARACTER_NOT_IN_REPERTOIRE.code().to_owned(),
        severity: "ERROR".to_owned(),
        message: "invalid byte sequence for encoding \"UTF8\": 0x00".to_owned(),
        position: Some(script[..at].chars().count() + 1),
        completed: Some(0),
        ..ServerError::default()
    })))
}
