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
mod exchange;
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

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use self::exchange::{Part, report};
use self::session::Session;
use super::{Cancel, Capabilities, Event, Target, TargetError};

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

    /// The version as the server reports it when we connect (`17.4 (Debian …)`).
    pub fn server_version(&self) -> Option<&str> {
        self.session.as_ref()?.parameter("server_version")
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
