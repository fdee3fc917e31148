//! The calls of the Management API that we make.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::wire::Reference;
use crate::error::Error;
use crate::target::TargetError;
use crate::target::http::{Failure, Http, Key, Options, Reply, Request, unexpected};

/// Where the API is.
pub const BASE: &str = "https://api.supabase.com";

/// The services whose health is asked for.
const SERVICES: [&str; 4] = ["db", "pooler", "rest", "auth"];

/// The Management API for one project.
#[derive(Clone, Debug)]
pub struct Api {
    http: Http,
    reference: Reference,
    token: Key,
}

/// The health of a service.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Health {
    /// `db`, `pooler`, `rest`, `auth`, …
    pub name: String,
    /// `ACTIVE_HEALTHY`, `COMING_UP`, `UNHEALTHY`, …
    pub status: String,
    /// What is wrong with it.
    #[serde(default)]
    pub error: Option<String>,
}

/// How a pooler is reached.
#[derive(Clone, Debug, Deserialize)]
pub struct Pooler {
    /// `PRIMARY`, `READ_REPLICA`.
    #[serde(default)]
    pub database_type: Option<String>,
    /// The URL, with a placeholder for the password.
    #[serde(default)]
    pub connection_string: Option<String>,
    /// The host.
    #[serde(default)]
    pub db_host: Option<String>,
    /// The port.
    #[serde(default)]
    pub db_port: Option<u16>,
    /// The user, with the project's reference in it.
    #[serde(default)]
    pub db_user: Option<String>,
    /// `transaction`, `session`.
    #[serde(default)]
    pub pool_mode: Option<String>,
}

/// A key of the project.
#[derive(Clone, Deserialize)]
pub struct ProjectKey {
    /// `anon`, `service_role`; the new ones are both called `default`.
    #[serde(default)]
    pub name: String,
    /// `legacy`, `publishable`, `secret`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
}

impl Pooler {
    /// The host: said by itself, or in the URL.
    pub fn host(&self) -> Option<&str> {
        let in_url = || {
            let (_, place) = self.connection_string.as_deref()?.rsplit_once('@')?;
            let end = place.find([':', '/', '?']).unwrap_or(place.len());
            place.get(..end)
        };
        let host = self.db_host.as_deref().or_else(in_url)?;
        (!host.is_empty()).then_some(host)
    }
}

impl Api {
    /// The API at an address. Nothing is sent yet.
    ///
    /// # Errors
    /// Exit 2 where the address or the file of authorities cannot be used.
    pub fn new(options: Options, reference: Reference, token: Key) -> Result<Self, Error> {
        Ok(Self {
            http: Http::new(options)?,
            reference,
            token,
        })
    }

    /// The project.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Runs SQL; `body` is the JSON of the call.
    pub(super) async fn query(&self, body: String, repeatable: bool) -> Result<Reply, Failure> {
        let path = format!("/v1/projects/{}/database/query", self.reference);
        self.http
            .send(&self.request(Method::POST, path, Some(body), repeatable))
            .await
    }

    /// How the services of the project are.
    ///
    /// # Errors
    /// Where the API cannot be asked.
    pub async fn health(&self) -> Result<Vec<Health>, TargetError> {
        self.get(&format!("/health?services={}", SERVICES.join(",")))
            .await
    }

    /// How the poolers of the project are reached.
    ///
    /// # Errors
    /// Where the API cannot be asked.
    pub async fn poolers(&self) -> Result<Vec<Pooler>, TargetError> {
        self.get("/config/database/pooler").await
    }

    /// Which keys the project has, without the keys themselves.
    ///
    /// # Errors
    /// Where the API cannot be asked.
    pub async fn keys(&self) -> Result<Vec<ProjectKey>, TargetError> {
        self.get("/api-keys?reveal=false").await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, TargetError> {
        let name = format!("the Management API ({})", self.http.place());
        let path = format!("/v1/projects/{}{path}", self.reference);
        let request = self.request(Method::GET, path, None, true);
        let sent = self.http.send(&request).await;
        let reply = sent.map_err(|failure| failure.into_target(&name))?;
        if !reply.is_success() {
            return Err(super::error::refused(&name, &reply, "", true));
        }
        let unexpected = |reason: String| unexpected(&name, reason, true);
        let json = reply.json().map_err(unexpected)?;
        serde_json::from_value(json).map_err(|error| unexpected(error.to_string()))
    }

    fn request(
        &self,
        method: Method,
        path: String,
        body: Option<String>,
        repeatable: bool,
    ) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, self.token.header("Bearer "));
        Request {
            method,
            path,
            headers,
            body,
            repeatable,
        }
    }
}
