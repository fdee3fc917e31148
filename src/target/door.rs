//! The doors to a project: which there are, what each takes, and which of them opens.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use reqwest::Url;
use secrecy::SecretString;

use super::data_api::DataApiTarget;
use super::http::{self, Key};
use super::management::{Api, ManagementTarget, Pooler, Reference};
use super::postgres::supabase::{self, SESSION_PORT};
use super::postgres::{Limits, PostgresTarget, Settings};
use super::{Target, TargetError};
use crate::error::Error;

/// A way to run SQL on a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Door {
    /// The database itself: over IPv6 at Supabase, or with the IPv4 add-on.
    Direct,
    /// The pooler in session mode.
    Session,
    /// The pooler in transaction mode.
    Transaction,
    /// The Management API.
    Management,
    /// The Data API.
    DataApi,
}

impl Door {
    /// All, in the order in which they are tried.
    pub const ALL: [Self; 5] = [
        Self::Direct,
        Self::Session,
        Self::Transaction,
        Self::Management,
        Self::DataApi,
    ];

    /// The word that `--door` and `doors` in `supaproof.toml` take.
    pub fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Session => "session",
            Self::Transaction => "transaction",
            Self::Management => "management",
            Self::DataApi => "data-api",
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "direct connection",
            Self::Session => "session pooler",
            Self::Transaction => "transaction pooler",
            Self::Management => "Management API",
            Self::DataApi => "Data API",
        })
    }
}

impl FromStr for Door {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|door| door.word() == text);
        known.ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|door| door.word()).collect();
            format!("no door is called `{text}`; there are {}", words.join(", "))
        })
    }
}

/// What a door asks for, from the one that may do least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credential {
    /// A secret key: the rows of one project, and its functions.
    Key,
    /// The password of the database.
    Password,
    /// An access token: everything that its owner may do, in all of their projects.
    Token,
}

/// What a door is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To read: nothing is changed or tried.
    Read,
    /// To change something, or to try something that is taken back.
    Change,
}

/// A door with all that it takes.
#[derive(Clone, Debug)]
pub struct Way {
    /// The door.
    pub door: Door,
    /// What it leads to.
    pub how: How,
    /// Where what it takes comes from (`SUPABASE_DB_URL in .env`).
    pub from: String,
}

/// How a door is opened.
#[derive(Clone, Debug)]
pub enum How {
    /// By the wire protocol.
    Postgres(Box<Settings>),
    /// By the wire protocol, at the place that the Management API names.
    Pooler(Box<PoolerOf>),
    /// By the wire protocol, with a login that the Management API makes for some minutes.
    Login(Box<LoginOf>),
    /// By the Management API.
    Management(Box<ApiOf>),
    /// By the Data API.
    DataApi {
        /// The file of further certificate authorities, and where the API is.
        at: Box<Place>,
        /// The key.
        key: Key,
    },
}

/// An HTTP server, before the limits of a run are known.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where its paths begin.
    pub base: Url,
    /// A file of further certificate authorities, PEM.
    pub ca: Option<std::path::PathBuf>,
}

/// The Management API for a project.
#[derive(Clone, Debug)]
pub struct ApiOf {
    /// Where it is.
    pub at: Place,
    /// The project.
    pub reference: Reference,
    /// The access token.
    pub token: Key,
}

/// A pooler whose place has to be asked for.
#[derive(Clone, Debug)]
pub struct PoolerOf {
    /// Whom to ask.
    pub api: ApiOf,
    /// The password of the database.
    pub password: SecretString,
    /// A file of further certificate authorities, PEM.
    pub ca: Option<std::path::PathBuf>,
}

/// A login that has to be made.
#[derive(Clone, Debug)]
pub struct LoginOf {
    /// Who makes it.
    pub api: ApiOf,
    /// Where it is used; `None` for the session pooler that the API names.
    pub at: Option<Settings>,
    /// A file of further certificate authorities, PEM.
    pub ca: Option<std::path::PathBuf>,
}

impl Place {
    fn options(&self, limits: &Limits, start: Instant) -> http::Options {
        http::Options {
            base: self.base.clone(),
            ca: self.ca.clone(),
            connect: limits.connect,
            deadline: limits
                .run
                .and_then(|limit| Some((start.checked_add(limit)?, limit))),
            repetition: http::Repetition::default(),
        }
    }
}

impl ApiOf {
    /// The API, with the limits of a run.
    ///
    /// # Errors
    /// Exit 2 where its address cannot be used.
    pub fn api(&self, limits: &Limits) -> Result<Api, Error> {
        let options = self.at.options(limits, Instant::now());
        Api::new(options, self.reference.clone(), self.token.clone())
    }
}

impl Way {
    /// What it takes.
    pub fn credential(&self) -> Credential {
        match self.how {
            How::Postgres(_) | How::Pooler(_) => Credential::Password,
            How::Management(_) | How::Login(_) => Credential::Token,
            How::DataApi { .. } => Credential::Key,
        }
    }

    /// Where it leads, for people. Holds no secret.
    pub fn describe(&self) -> String {
        match &self.how {
            How::Postgres(settings) => settings.describe(),
            How::Pooler(pooler) => format!("the pooler of {}", pooler.api.reference),
            How::Login(login) => format!("{} by a temporary login", login.describe()),
            How::Management(api) => format!("project {} by the Management API", api.reference),
            How::DataApi { at, .. } => format!("the Data API at {}", http::place(&at.base)),
        }
    }

    /// Opens it. A door over HTTP opens without a request. A login that is made for it may do no more than the purpose asks.
    ///
    /// # Errors
    /// Those of connecting.
    pub async fn open(&self, limits: Limits, purpose: Purpose) -> Result<Box<dyn Target>, Shut> {
        let start = Instant::now();
        Ok(match &self.how {
            How::Postgres(settings) => {
                Box::new(PostgresTarget::connect(settings, limits, false).await?)
            }
            How::Pooler(pooler) => {
                let settings = pooler.settings(&limits).await?;
                Box::new(PostgresTarget::connect(&settings, limits, false).await?)
            }
            How::Login(login) => {
                let settings = login.settings(self.door, &limits, purpose).await?;
                let mut target = PostgresTarget::connect(&settings, limits, false).await?;
                match purpose {
                    // Whatever is made is to belong to whom it would with the password.
                    Purpose::Change => target.take_role(supabase::USER).await?,
                    Purpose::Read => {
                        target.only_reads("its temporary login was made for reading");
                        match target.take_role(supabase::READER).await {
                            // It may do so by itself.
                            Err(TargetError::Server(_)) | Ok(()) => {}
                            Err(error) => return Err(error.into()),
                        }
                    }
                }
                Box::new(target)
            }
            How::Management(api) => Box::new(ManagementTarget::new(api.api(&limits)?)),
            How::DataApi { at, key } => {
                Box::new(DataApiTarget::new(at.options(&limits, start), key)?)
            }
        })
    }
}

impl ApiOf {
    /// The settings for the pooler's session mode, at the host that the API names: hosts cannot be told from a project's
    /// reference.
    async fn pooler(
        &self,
        password: &SecretString,
        ca: Option<&Path>,
        limits: &Limits,
    ) -> Result<Settings, Shut> {
        let poolers = self.api(limits)?.poolers().await;
        let poolers = poolers.map_err(|error| asked(error, "its host"))?;
        let primary = |pooler: &&Pooler| {
            let kind = pooler.database_type.as_deref();
            kind.is_none_or(|kind| kind.eq_ignore_ascii_case("primary"))
        };
        let host = poolers.iter().find(primary).and_then(Pooler::host);
        let Some(host) = host else {
            return Err(Shut::Door(TargetError::Unreachable {
                target: format!("the pooler of {}", self.reference),
                reason: "the Management API names no host of a pooler".to_owned(),
                sqlstate: None,
            }));
        };
        let reference = self.reference.as_str();
        let settings = Settings::supabase_pooler(reference, password.clone(), host, SESSION_PORT)?;
        Ok(match ca {
            Some(ca) => settings.with_ca(ca)?,
            None => settings,
        })
    }
}

/// It was not the door that did not open, but the Management API, which was asked for what it takes.
fn asked(error: TargetError, what: &str) -> TargetError {
    match error {
        TargetError::Unreachable {
            target,
            reason,
            sqlstate,
        } => TargetError::Unreachable {
            target,
            reason: format!("{what} was asked of the Management API: {reason}"),
            sqlstate,
        },
        other => other,
    }
}

impl PoolerOf {
    async fn settings(&self, limits: &Limits) -> Result<Settings, Shut> {
        let ca = self.ca.as_deref();
        self.api.pooler(&self.password, ca, limits).await
    }
}

impl LoginOf {
    /// Has the login made, once it is known where it is used.
    async fn settings(
        &self,
        door: Door,
        limits: &Limits,
        purpose: Purpose,
    ) -> Result<Settings, Shut> {
        let settings = match &self.at {
            Some(settings) => settings.clone(),
            None => {
                let none = SecretString::default();
                self.api.pooler(&none, self.ca.as_deref(), limits).await?
            }
        };
        let login = self
            .api
            .api(limits)?
            .login(purpose == Purpose::Read)
            .await
            .map_err(|error| asked(error, "a login"))?;
        let user = match door {
            // A pooler finds the project by the user.
            Door::Session => format!("{}.{}", login.role, self.api.reference),
            _ => login.role,
        };
        Ok(settings.with_login(&user, login.password))
    }

    fn describe(&self) -> String {
        match &self.at {
            Some(settings) => settings.describe(),
            None => format!("the pooler of {}", self.api.reference),
        }
    }
}

/// Why a door did not open.
#[derive(Debug)]
pub enum Shut {
    /// It is shut.
    Door(TargetError),
    /// It cannot be tried.
    Error(Error),
}

impl From<TargetError> for Shut {
    fn from(error: TargetError) -> Self {
        Self::Door(error)
    }
}

impl From<Error> for Shut {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A value that cannot be used. It closes the doors that take it, and no other.
#[derive(Clone, Debug)]
pub struct Unusable {
    /// What it would be: `secret key`.
    pub what: &'static str,
    /// Where it comes from.
    pub from: String,
    /// What is wrong with it, without the value.
    pub message: String,
    /// More of it.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// Whether it says which database is meant: in its place no other is taken.
    pub names_target: bool,
}

impl Unusable {
    /// The same as what ends a command.
    pub fn error(&self) -> Error {
        let error = self
            .notes
            .iter()
            .fold(Error::usage(&self.message), Error::note);
        match &self.help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}

/// What is known of the way to a database: the doors that can be tried, in order, and why not the others.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The name of the target in `supaproof.toml`.
    pub name: Option<String>,
    /// Nobody named a target: this one was found in variables, `.env` files or what the Supabase CLI left.
    pub found: bool,
    /// The project.
    pub project: Option<Reference>,
    /// Whom to ask about the project besides, where an access token is known.
    pub api: Option<ApiOf>,
    /// Whether changes need more than a yes.
    pub protected: bool,
    /// The doors to try, in order.
    pub ways: Vec<Way>,
    /// Those that cannot be tried, and why.
    pub closed: Vec<(Door, String)>,
    /// The values that cannot be used.
    pub unusable: Vec<Unusable>,
    /// Every value that counts, with where it comes from, for `doctor`. No secret is among them.
    pub values: Vec<(&'static str, String, String)>,
    /// What somebody should know of where the values come from.
    pub warnings: Vec<String>,
}

/// An open door.
pub struct Opened {
    /// The target behind it.
    pub target: Box<dyn Target>,
    /// Its place among the ways.
    pub at: usize,
    /// The doors that were tried before it, and why they did not open.
    pub shut: Vec<(Door, TargetError)>,
}

impl Access {
    /// Opens the first door that opens. Each is tried once; after a refused login no door is tried with the same
    /// credential, and where encryption failed none at all.
    ///
    /// # Errors
    /// Where none opens: each that was tried, and why it did not.
    pub async fn open(&self, limits: Limits, purpose: Purpose) -> Result<Opened, NotOpened> {
        let mut shut: Vec<(Door, TargetError)> = Vec::new();
        let mut refused: Vec<Credential> = Vec::new();
        for (at, way) in self.ways.iter().enumerate() {
            if refused.contains(&way.credential()) {
                continue;
            }
            let more = self.ways.len() > at + 1;
            let mut limits = limits;
            if more {
                // A network that drops packets must not keep us from the next door for long.
                limits.connect = limits.connect.min(Duration::from_secs(5));
            }
            match way.open(limits, purpose).await {
                Ok(target) => return Ok(Opened { target, at, shut }),
                Err(Shut::Error(error)) => return Err(NotOpened::Error(error)),
                Err(Shut::Door(error)) => {
                    if error.is_login() {
                        refused.push(way.credential());
                    }
                    let stop = error.is_encryption();
                    shut.push((way.door, error));
                    if stop {
                        break;
                    }
                }
            }
        }
        Err(NotOpened::Shut(shut))
    }
}

/// Why no door opened.
#[derive(Debug)]
pub enum NotOpened {
    /// Each that was tried, and why it is shut.
    Shut(Vec<(Door, TargetError)>),
    /// Something is wrong with the configuration.
    Error(Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable(reason: &str, sqlstate: Option<&str>) -> TargetError {
        TargetError::Unreachable {
            target: "t".to_owned(),
            reason: reason.to_owned(),
            sqlstate: sqlstate.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn what_keeps_us_out_decides_which_door_is_next() {
        for (reason, state) in [
            (
                "password authentication failed for user \"postgres\"",
                Some("28P01"),
            ),
            ("SCRAM exchange: Wrong password", Some("XX000")),
            (
                "(ECIRCUITBREAKER) too many authentication failures",
                Some("XX000"),
            ),
            (
                "the access token was refused (HTTP 401: Unauthorized)",
                None,
            ),
        ] {
            assert!(unreachable(reason, state).is_login(), "{reason}");
        }
        for reason in ["TLS failed: unknown authority", "the server refuses TLS"] {
            assert!(unreachable(reason, None).is_encryption(), "{reason}");
        }
        for reason in [
            "the network is unreachable",
            "(ENOTFOUND) tenant/user not found",
        ] {
            let error = unreachable(reason, None);
            assert!(!error.is_login() && !error.is_encryption(), "{reason}");
        }
    }

    #[test]
    fn a_door_is_named_by_its_word() {
        for door in Door::ALL {
            assert_eq!(door.word().parse(), Ok(door));
        }
        assert!("pooler".parse::<Door>().is_err());
    }
}
