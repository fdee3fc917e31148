//! The smallest target over tokio-postgres, so that these tests depend on no other room.

use std::path::Path;

use async_trait::async_trait;
use futures_util::{StreamExt, future::poll_fn};
use serde_json::Value;
use supaproof::target::{Cancel, Capabilities, Event, ServerError, Target, TargetError};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::AbortHandle;
use tokio_postgres::{AsyncMessage, Client, NoTls, SimpleQueryMessage, error::ErrorPosition};

pub(crate) struct Door {
    client: Client,
    notices: UnboundedReceiver<(String, String)>,
    connection: AbortHandle,
    pub(crate) capabilities: Capabilities,
    /// Messages sent.
    pub(crate) messages: usize,
}

impl Door {
    pub(crate) async fn try_open(
        socket: &Path,
        settings: &str,
    ) -> Result<Self, tokio_postgres::Error> {
        let config = format!(
            "host={} user=postgres dbname=postgres {settings}",
            socket.display()
        );
        let (client, mut connection) = tokio_postgres::connect(&config, NoTls).await?;
        let (sender, notices) = unbounded_channel();
        let connection = tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notice(notice) = message {
                    let _ =
                        sender.send((notice.severity().to_owned(), notice.message().to_owned()));
                }
            }
        })
        .abort_handle();
        Ok(Self {
            client,
            notices,
            connection,
            capabilities: Capabilities::SESSION,
            messages: 0,
        })
    }

    async fn send(
        &mut self,
        script: &str,
        on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<Option<String>, TargetError> {
        self.messages += 1;
        let mut completed = 0;
        let mut last = None;
        let mut replies = Box::pin(
            self.client
                .simple_query_raw(script)
                .await
                .map_err(|error| translated(&error, completed))?,
        );
        loop {
            let reply = tokio::select! {
                biased;
                Some((severity, message)) = self.notices.recv() => {
                    on_event(Event::Notice { severity: &severity, message: &message });
                    continue;
                }
                reply = replies.next() => reply,
            };
            match reply {
                None => return Ok(last),
                Some(Ok(SimpleQueryMessage::CommandComplete(rows))) => {
                    on_event(Event::Completed {
                        index: completed,
                        rows,
                    });
                    completed += 1;
                }
                Some(Ok(SimpleQueryMessage::Row(row))) => {
                    last = row.try_get(0).ok().flatten().map(str::to_owned)
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(translated(&error, completed)),
            }
        }
    }

    /// Closes the socket without a word when it is called, as the end of a process does.
    pub(crate) fn cutter(&self) -> AbortHandle {
        self.connection.clone()
    }

    /// The first column of the last row, as text.
    pub(crate) async fn value(&mut self, script: &str) -> String {
        self.send(script, &mut |_| {})
            .await
            .unwrap()
            .unwrap_or_default()
    }
}

fn translated(error: &tokio_postgres::Error, completed: usize) -> TargetError {
    let Some(db) = error
        .as_db_error()
        .filter(|db| !db.severity().starts_with("FATAL"))
    else {
        return TargetError::Lost {
            target: "test".into(),
            reason: error.to_string(),
            completed,
        };
    };
    TargetError::Server(Box::new(ServerError {
        sqlstate: db.code().code().into(),
        severity: db.severity().into(),
        message: db.message().into(),
        detail: db.detail().map(Into::into),
        hint: db.hint().map(Into::into),
        context: db.where_().map(Into::into),
        position: match db.position() {
            Some(ErrorPosition::Original(position)) => Some(*position as usize),
            _ => None,
        },
        completed: Some(completed),
    }))
}

#[async_trait]
impl Target for Door {
    fn kind(&self) -> &'static str {
        "embedded"
    }

    fn describe(&self) -> String {
        "test".into()
    }

    fn throwaway(&self) -> bool {
        false
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn run(
        &mut self,
        script: &str,
        on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<(), TargetError> {
        self.send(script, on_event).await.map(|_| ())
    }

    fn canceller(&self) -> Option<Box<dyn Cancel>> {
        None
    }

    async fn read_json(&mut self, settings: &str, select: &str) -> Result<Value, TargetError> {
        let script = format!("{settings};{select}");
        let text = self.send(&script, &mut |_| {}).await?.unwrap_or_default();
        Ok(serde_json::from_str(&text).unwrap())
    }

    async fn try_json(&mut self, statements: &str, result: &str) -> Result<Value, TargetError> {
        let script = format!("{statements}select {result};rollback");
        let text = self.send(&script, &mut |_| {}).await?.unwrap_or_default();
        Ok(serde_json::from_str(&text).unwrap())
    }
}
