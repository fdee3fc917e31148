//! One connection, driven by hand so that notices arrive between the answers where the server put them.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::Stream;
use tokio_postgres::error::DbError;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{
    AsyncMessage, Client, Connection, Error, SimpleQueryMessage, SimpleQueryStream, Socket,
};
use tokio_postgres_rustls::MakeRustlsConnect;

type Tls = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// What the server sends while a message runs.
pub(super) enum Received {
    /// A part of an answer.
    Answer(SimpleQueryMessage),
    /// A notice or warning.
    Notice(Box<DbError>),
    /// An error; the answer still goes on to its end.
    Failed(Error),
    /// The connection ended.
    Ended(Option<Error>),
}

/// A connection and the one message that runs on it.
pub(super) struct Session {
    client: Option<Client>,
    connection: Connection<Socket, Tls>,
    running: Option<Pin<Box<SimpleQueryStream>>>,
    notice: Option<Box<DbError>>,
    ended: Option<Option<Error>>,
    /// The connection ended and may not be polled again.
    over: bool,
}

impl Session {
    pub(super) fn new(client: Client, connection: Connection<Socket, Tls>) -> Self {
        Self {
            client: Some(client),
            connection,
            running: None,
            notice: None,
            ended: None,
            over: false,
        }
    }

    /// Sends a script as one Query message. The one before has to be over.
    pub(super) async fn send(&mut self, script: &str) -> Result<(), Option<Error>> {
        let client = self.client.as_ref().ok_or(None)?;
        self.running = Some(Box::pin(
            client.simple_query_raw(script).await.map_err(Some)?,
        ));
        Ok(())
    }

    /// Whether an answer is still to come.
    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// What happens next; `None` once the server is ready for another message.
    pub(super) async fn next(&mut self) -> Option<Received> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// What the server said of itself when we connected.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.connection.parameter(name)
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        loop {
            // The connection hands over what came before a notice first, so the answer's stream is emptied first.
            let Some(running) = &mut self.running else {
                return Poll::Ready(None);
            };
            match running.as_mut().poll_next(cx) {
                Poll::Ready(Some(Ok(answer))) => {
                    return Poll::Ready(Some(Received::Answer(answer)));
                }
                Poll::Ready(Some(Err(error))) if !error.is_closed() => {
                    return Poll::Ready(Some(Received::Failed(error)));
                }
                Poll::Ready(Some(Err(_))) => {
                    self.running = None;
                    let error = self.ended.take().flatten();
                    return Poll::Ready(Some(Received::Ended(error)));
                }
                Poll::Ready(None) => {
                    self.running = None;
                    return Poll::Ready(None);
                }
                Poll::Pending => {}
            }
            if let Some(notice) = self.notice.take() {
                return Poll::Ready(Some(Received::Notice(notice)));
            }
            if let Some(error) = self.ended.take() {
                self.running = None;
                return Poll::Ready(Some(Received::Ended(error)));
            }
            let message = self.connection.poll_message(cx);
            self.over = matches!(message, Poll::Ready(None | Some(Err(_))));
            match message {
                Poll::Ready(Some(Ok(AsyncMessage::Notice(notice)))) => {
                    self.notice = Some(Box::new(notice));
                }
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(error))) => self.ended = Some(Some(error)),
                Poll::Ready(None) => self.ended = Some(None),
                // If it handed something over, the stream has already woken us.
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// Says goodbye, so that the server's log stays quiet: one write that never waits.
impl Drop for Session {
    fn drop(&mut self) {
        self.client = None;
        self.running = None;
        if !self.over {
            let mut cx = Context::from_waker(Waker::noop());
            while let Poll::Ready(Some(Ok(_))) = self.connection.poll_message(&mut cx) {}
        }
    }
}
