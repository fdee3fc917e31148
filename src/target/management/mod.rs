//! The target `management`: a hosted project by the Management API, with an access token.
//!
//! A query is one simple-protocol message on a connection of its own, as `postgres`. What is not known of it: which
//! statement failed, and what was said on the way.
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

pub use self::api::{Api, BASE, Health, Pooler, ProjectKey};
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

/// A hosted project by the Management API.
#[derive(Debug)]
pub struct ManagementTarget {
    api: Api,
    name: String,
}

impl ManagementTarget {
    /// Nothing is sent yet.
    pub fn new(api: Api) -> Self {
        Self {
            name: format!("project {} by the Management API", api.reference()),
            api,
        }
    }

    async fn query(&self, script: &str, repeatable: bool) -> Result<Value, TargetError> {
        let body = wire::query(script);
        if body.len() > LONGEST_BODY {
            return Err(TargetError::TooLong {
                target: self.name.clone(),
                length: body.len(),
                limit: LONGEST_BODY,
            });
        }
        let sent = self.api.query(body, repeatable).await;
        let reply = sent.map_err(|failure| failure.into_target(&self.name))?;
        if !reply.is_success() {
            return Err(error::refused(&self.name, &reply, script, repeatable));
        }
        reply
            .json()
            .map_err(|reason| unexpected(&self.name, reason, repeatable))
    }

    /// The JSON text in the first column of the row.
    async fn value(&self, script: &str) -> Result<Value, TargetError> {
        let rows = self.query(script, true).await?;
        let text = wire::first(&rows).ok_or_else(|| self.unexpected("no value came back"))?;
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
        &ABILITIES
    }

    fn canceller(&self) -> Option<Box<dyn Cancel>> {
        None
    }

    async fn run(
        &mut self,
        script: &str,
        _on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<(), TargetError> {
        self.query(script, false).await.map(drop)
    }

    async fn read_json(&mut self, settings: &str, select: &str) -> Result<Value, TargetError> {
        self.value(&super::reading(settings, &wire::as_text(select)))
            .await
    }

    async fn try_json(&mut self, statements: &str, result: &str) -> Result<Value, TargetError> {
        self.value(&super::trial(
            statements,
            &format!("({result})::text as value"),
        ))
        .await
    }
}
