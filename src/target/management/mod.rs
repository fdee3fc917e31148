//! The target `management`: a hosted project by the Management API, with an access token.
//!
//! A query is one simple-protocol message on a connection of its own, as `postgres`. What is not known of it: which
//! statement failed, and what was said on the way. A token that may only read is refused there; it reads by another path, as
//! `supabase_read_only_user`, which can take no role and create nothing.
//!
//! Source: the API's reference, and the text that postgres-meta makes of an error (its `src/lib/db.ts`).

mod api;
mod error;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::http::unexpected;
use super::{Cancel, Capabilities, Event, Target, TargetError};

use self::api::As;
pub use self::api::{Api, BASE, Health, Lint, Login, Migration, Pooler, ProjectKey};
pub use self::wire::Reference;

/// The longest body that the API takes, in bytes.
///
/// Source: postgres-meta's default, `PG_META_MAX_BODY_LIMIT_MB`.
const LONGEST_BODY: usize = 3 * 1024 * 1024;

/// How long a query may run.
///
/// Source: postgres-meta's default, `PG_QUERY_TIMEOUT_SECS`.
const LONGEST_RUN: Duration = Duration::from_secs(55);

const ABILITIES: Capabilities = Capabilities {
    sessions: false,
    transactions: true,
    ddl: true,
    roles: true,
    events: false,
    cancel: false,
    // Line ends and quotes take two bytes in the body.
    longest_message: Some(LONGEST_BODY / 10 * 9),
    longest_run: Some(LONGEST_RUN),
};

/// The token may not do what was asked.
struct Forbidden {
    said: String,
    error: TargetError,
}

/// A hosted project by the Management API.
#[derive(Debug)]
pub struct ManagementTarget {
    api: Api,
    name: String,
    capabilities: Capabilities,
    /// What the API said when it refused more than reading.
    read_only: Option<String>,
}

impl ManagementTarget {
    /// Nothing is sent yet.
    pub fn new(api: Api) -> Self {
        Self {
            name: format!("project {} by the Management API", api.reference()),
            api,
            capabilities: ABILITIES,
            read_only: None,
        }
    }

    async fn query(
        &self,
        script: &str,
        who: As,
        repeatable: bool,
    ) -> Result<Result<Value, Forbidden>, TargetError> {
        let body = wire::query(script);
        if body.len() > LONGEST_BODY {
            return Err(TargetError::TooLong {
                target: self.name.clone(),
                length: body.len(),
                limit: LONGEST_BODY,
            });
        }
        let sent = self.api.query(body, who, repeatable).await;
        let reply = sent.map_err(|failure| failure.into_target(&self.name))?;
        if !reply.is_success() {
            let error = error::refused(&self.name, &reply, script, repeatable);
            return match error::is_forbidden(&reply, &error) {
                true => Ok(Err(Forbidden {
                    said: reply.words(),
                    error,
                })),
                false => Err(error),
            };
        }
        let json = reply.json();
        json.map(Ok)
            .map_err(|reason| unexpected(&self.name, reason, repeatable))
    }

    /// The rows of a reading, by the path for those who may only read where the other is closed to the token.
    async fn rows(&mut self, script: &str) -> Result<Value, TargetError> {
        if self.read_only.is_some() {
            let rows = self.query(script, As::Reader, true).await?;
            return rows.map_err(|forbidden| forbidden.error);
        }
        let Forbidden { said, error } = match self.query(script, As::Owner, true).await? {
            Ok(rows) => return Ok(rows),
            Err(forbidden) => forbidden,
        };
        match self.query(script, As::Reader, true).await {
            Ok(Err(_)) => Err(error),
            answer => {
                // The SQL may be refused; that it was looked at says enough.
                if matches!(&answer, Ok(_) | Err(TargetError::Server(_))) {
                    self.read_only = Some(format!("the access token may only read ({said})"));
                    self.capabilities.ddl = false;
                    self.capabilities.roles = false;
                }
                answer?.map_err(|forbidden| forbidden.error)
            }
        }
    }

    /// What a change ends in where only reading is allowed.
    fn refuse(&self) -> Result<(), TargetError> {
        match &self.read_only {
            Some(reason) => Err(super::may_only_read(reason)),
            None => Ok(()),
        }
    }

    /// The JSON text in the first column of the row.
    async fn value(&mut self, script: &str) -> Result<Value, TargetError> {
        let rows = self.rows(script).await?;
        self.first(&rows)
    }

    fn first(&self, rows: &Value) -> Result<Value, TargetError> {
        let text = wire::first(rows).ok_or_else(|| self.unexpected("no value came back"))?;
        serde_json::from_str(text)
            .map_err(|error| self.unexpected(format!("the value is not JSON: {error}")))
    }

    /// Of a reading, which may be asked for again.
    fn unexpected(&self, reason: impl Into<String>) -> TargetError {
        unexpected(&self.name, reason.into(), true)
    }
}

#[async_trait]
impl Target for ManagementTarget {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn kind(&self) -> &'static str {
        "management"
    }

    fn throwaway(&self) -> bool {
        false
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    fn canceller(&self) -> Option<Box<dyn Cancel>> {
        None
    }

    async fn run(
        &mut self,
        script: &str,
        _on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<(), TargetError> {
        self.refuse()?;
        let rows = self.query(script, As::Owner, false).await?;
        rows.map(drop).map_err(|forbidden| forbidden.error)
    }

    async fn read_json(&mut self, settings: &str, select: &str) -> Result<Value, TargetError> {
        self.value(&super::reading(settings, &wire::as_text(select)))
            .await
    }

    async fn try_json(&mut self, statements: &str, result: &str) -> Result<Value, TargetError> {
        self.refuse()?;
        let script = super::trial(statements, &format!("({result})::text as value"));
        match self.query(&script, As::Owner, true).await? {
            Ok(rows) => self.first(&rows),
            Err(forbidden) => {
                // Whether it is the trying or everything that the token may not do, a reading tells.
                let _ = self.value(&wire::as_text("select '1'::json")).await;
                self.refuse()?;
                Err(forbidden.error)
            }
        }
    }
}
