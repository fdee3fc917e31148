//! One message and its answer: followed to the end, cut short by a limit, taken up again after a future was dropped.

use std::error::Error as _;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

use super::cancel::CANCEL_WAIT;
use super::session::Received;
use super::{PostgresTarget, error};
use crate::target::{Event, ServerError, TargetError};

/// How long an answer to `COPY` may stay silent before we take it that the server waits for data from us.
const COPY_WAIT: Duration = Duration::from_secs(2);

/// What a message brings, in the server's order.
pub(super) enum Part {
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
    /// Sends one message and hands on what it brings. Leaves the session idle, outside a transaction after an error.
    pub(super) async fn message(
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

    pub(super) fn protocol(&self, error: &tokio_postgres::Error) -> TargetError {
        self.unexpected(match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        })
    }

    pub(super) fn unexpected(&self, reason: impl Into<String>) -> TargetError {
        TargetError::Protocol {
            target: self.name.clone(),
            reason: reason.into(),
        }
    }
}

/// Hands on what others want to know of a part.
pub(super) fn report(part: &Part, on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send)) {
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
