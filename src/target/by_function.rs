//! A target whose scripts run within the function that runs SQL, as they do over the Data API.
//!
//! What only reads goes past it: for that no function is needed.

use async_trait::async_trait;
use serde_json::Value;

use super::data_api::script;
use super::{Cancel, Capabilities, Event, ServerError, Target, TargetError};
use crate::sql::{self, dollar_quote};

/// Another target, by `public.exec_sql(text)` on it.
pub struct ByFunction<'a> {
    inner: &'a mut dyn Target,
    able: Capabilities,
}

impl<'a> ByFunction<'a> {
    /// Nothing is sent yet.
    pub fn new(inner: &'a mut dyn Target) -> Self {
        let able = Capabilities {
            sessions: false,
            transactions: false,
            // SET ROLE is refused within a SECURITY DEFINER function (42501).
            roles: false,
            events: false,
            ..inner.capabilities().clone()
        };
        Self { inner, able }
    }

    /// The message that runs a script. A setting that the script makes outlives the function, and would meet whatever runs
    /// next in this session.
    fn message(&self, script: &str) -> String {
        let call = format!(
            "select public.exec_sql({});\n",
            dollar_quote(&script::plain(script))
        );
        match self.inner.capabilities().transactions {
            true => format!("{call}reset all;\n{};\n", sql::DISCARD.join(";\n")),
            false => call,
        }
    }
}

#[async_trait]
impl Target for ByFunction<'_> {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    fn throwaway(&self) -> bool {
        self.inner.throwaway()
    }

    fn capabilities(&self) -> &Capabilities {
        &self.able
    }

    fn opening(&self) -> Option<&'static str> {
        Some(script::OPENING)
    }

    fn canceller(&self) -> Option<Box<dyn Cancel>> {
        self.inner.canceller()
    }

    async fn run(
        &mut self,
        script: &str,
        on_event: &mut (dyn for<'e> FnMut(Event<'e>) + Send),
    ) -> Result<(), TargetError> {
        let message = self.message(script);
        let ended = self
            .inner
            .run(&message, &mut |event| {
                // The statements of the message are ours, not those of the script.
                if matches!(event, Event::Notice { .. }) {
                    on_event(event);
                }
            })
            .await;
        ended.map_err(|error| match error {
            TargetError::Server(error) => TargetError::Server(Box::new(ServerError {
                position: None,
                completed: None,
                ..*error
            })),
            TargetError::Lost { target, reason, .. } => TargetError::Lost {
                target,
                reason,
                completed: 0,
            },
            other => other,
        })
    }

    async fn read_json(&mut self, settings: &str, select: &str) -> Result<Value, TargetError> {
        self.inner.read_json(settings, select).await
    }

    async fn try_json(&mut self, statements: &str, result: &str) -> Result<Value, TargetError> {
        self.inner.try_json(statements, result).await
    }
}
