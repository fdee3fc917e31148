//! The calls of the Management API that we make.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::wire::Reference;
use crate::error::Error;
use crate::redact;
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

/// A finding of an advisor.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Lint {
    /// What it is about.
    #[serde(default)]
    pub title: String,
    /// `ERROR`, `WARN`, `INFO`.
    #[serde(default)]
    pub level: String,
}

/// A migration that the platform has recorded.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Migration {
    /// Its version.
    pub version: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
}

/// A login to the database that lasts for some minutes.
#[derive(Clone, Debug)]
pub struct Login {
    /// The role that logs in.
    pub role: String,
    /// Its password.
    pub password: SecretString,
}

/// Whom a query runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum As {
    /// `postgres`.
    Owner,
    /// `supabase_read_only_user`.
    Reader,
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
    pub(super) async fn query(
        &self,
        body: String,
        who: As,
        repeatable: bool,
    ) -> Result<Reply, Failure> {
        let more = match who {
            As::Owner => "",
            As::Reader => "/read-only",
        };
        let path = format!("/v1/projects/{}/database/query{more}", self.reference);
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

    /// Whether the legacy keys (`anon`, `service_role`) are accepted.
    ///
    /// # Errors
    /// Where the API cannot be asked.
    pub async fn legacy_keys(&self) -> Result<bool, TargetError> {
        #[derive(Deserialize)]
        struct Legacy {
            enabled: bool,
        }
        let legacy: Legacy = self.get("/api-keys/legacy").await?;
        Ok(legacy.enabled)
    }

    /// What the advisor of security finds.
    ///
    /// # Errors
    /// Where the API cannot be asked.
    pub async fn security_lints(&self) -> Result<Vec<Lint>, TargetError> {
        #[derive(Deserialize)]
        struct Lints {
            lints: Vec<Lint>,
        }
        let found: Lints = self.get("/advisors/security").await?;
        Ok(found.lints)
    }

    /// The migrations that the platform has recorded.
    ///
    /// # Errors
    /// Where the API cannot be asked.
    pub async fn migrations(&self) -> Result<Vec<Migration>, TargetError> {
        self.get("/database/migrations").await
    }

    /// The schemas that the Data API shows, with commas between them. The same answer holds the project's JWT secret: no word
    /// of it but this is kept.
    ///
    /// # Errors
    /// Where the API cannot be asked.
    pub async fn exposed_schemas(&self) -> Result<String, TargetError> {
        let answer = self.call(Method::GET, "/postgrest", None).await?;
        match answer.get("db_schema").and_then(Value::as_str) {
            Some(schemas) => Ok(schemas.to_owned()),
            None => Err(unexpected(
                &self.name(),
                "the answer names no schemas".to_owned(),
                true,
            )),
        }
    }

    /// Makes a role that can log in for some minutes and is a member of `postgres`, or of one that may only read. It is the
    /// project's own for these uses, and gets a new password each time.
    ///
    /// # Errors
    /// Where the API cannot be asked or refuses.
    pub async fn login(&self, read_only: bool) -> Result<Login, TargetError> {
        let body = json!({ "read_only": read_only }).to_string();
        let answer = self
            .call(Method::POST, "/cli/login-role", Some(body))
            .await?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        match (text("role"), text("password")) {
            (Some(role), Some(password)) => {
                redact::hide(password);
                Ok(Login {
                    role: role.to_owned(),
                    password: SecretString::from(password),
                })
            }
            // No word of what came: it may hold the password.
            _ => Err(unexpected(
                &self.name(),
                "the answer has no login in it".to_owned(),
                true,
            )),
        }
    }

    fn name(&self) -> String {
        format!("the Management API ({})", self.http.place())
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, TargetError> {
        let json = self.call(Method::GET, path, None).await?;
        serde_json::from_value(json)
            .map_err(|error| unexpected(&self.name(), error.to_string(), true))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<Value, TargetError> {
        let name = self.name();
        let path = format!("/v1/projects/{}{path}", self.reference);
        let repeatable = method == Method::GET;
        let request = self.request(method, path, body, repeatable);
        let sent = self.http.send(&request).await;
        let reply = sent.map_err(|failure| failure.into_target(&name))?;
        if !reply.is_success() {
            return Err(super::error::refused(&name, &reply, "", true));
        }
        let json = reply.json();
        json.map_err(|reason| unexpected(&name, reason, true))
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
