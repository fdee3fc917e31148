//! The doors to a project: which there are, what each takes, and which of them opens.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Instant;

use reqwest::Url;
use secrecy::SecretString;

use super::data_api::DataApiTarget;
use super::http::{self, Key};
use super::management::{Api, ManagementTarget, Pooler, Reference};
use super::postgres::supabase::{self, SESSION_PORT, TRANSACTION_PORT};
use super::postgres::{Limits, PostgresTarget, Settings};
use super::{Obstacle, Target, TargetError};
use crate::error::Error;

pub use super::fallback::{Access, Doors, NotOpened, Opened, Passed};

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

    /// Where Supabase's pooler listens for it.
    pub(crate) fn pooler_port(self) -> u16 {
        match self {
            Self::Transaction => TRANSACTION_PORT,
            _ => SESSION_PORT,
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

    /// Whether it opens without a request, so that the first question tells whether it does.
    pub(super) fn opens_unasked(&self) -> bool {
        matches!(self.how, How::Management(_) | How::DataApi { .. })
    }

    /// Opens it. A door over HTTP opens without a request. A login that is made for it may do no more than the purpose asks.
    ///
    /// # Errors
    /// Those of connecting.
    pub async fn open(&self, limits: Limits, purpose: Purpose) -> Result<Entered, Shut> {
        let start = Instant::now();
        let over_http = |target: Box<dyn Target>| Entered { target, wire: None };
        Ok(match &self.how {
            How::Postgres(settings) => Entered::by(settings, limits).await?,
            How::Pooler(pooler) => {
                let settings = pooler.settings(self.door, &limits).await?;
                Entered::by(&settings, limits).await?
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
                Entered {
                    target: Box::new(target),
                    wire: Some(settings),
                }
            }
            How::Management(api) => over_http(Box::new(ManagementTarget::new(api.api(&limits)?))),
            How::DataApi { at, key } => {
                let options = at.options(&limits, start);
                over_http(Box::new(DataApiTarget::new(options, key)?))
            }
        })
    }
}

/// What is behind a door that opened.
pub struct Entered {
    /// The target.
    pub target: Box<dyn Target>,
    /// How the wire protocol reached it, for Postgres's own programs; `None` behind other doors.
    pub wire: Option<Settings>,
}

impl Entered {
    async fn by(settings: &Settings, limits: Limits) -> Result<Self, TargetError> {
        let target = PostgresTarget::connect(settings, limits, false).await?;
        Ok(Self {
            target: Box::new(target),
            wire: Some(settings.clone()),
        })
    }
}

impl ApiOf {
    /// The settings for the pooler, at the host that the API names: hosts cannot be told from a project's reference. Both
    /// modes have the one host.
    async fn pooler(
        &self,
        door: Door,
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
            return Err(Shut::Door(TargetError::unreachable(
                format!("the pooler of {}", self.reference),
                Obstacle::Other,
                "the Management API names no host of a pooler".to_owned(),
            )));
        };
        let reference = self.reference.as_str();
        let port = door.pooler_port();
        let settings = Settings::supabase_pooler(reference, password.clone(), host, port)?;
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
            obstacle,
        } => TargetError::Unreachable {
            target,
            reason: format!("{what} was asked of the Management API: {reason}"),
            sqlstate,
            obstacle,
        },
        other => other,
    }
}

impl PoolerOf {
    async fn settings(&self, door: Door, limits: &Limits) -> Result<Settings, Shut> {
        let ca = self.ca.as_deref();
        self.api.pooler(door, &self.password, ca, limits).await
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
                let ca = self.ca.as_deref();
                self.api.pooler(door, &none, ca, limits).await?
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_named_by_its_word() {
        for door in Door::ALL {
            assert_eq!(door.word().parse(), Ok(door));
        }
        assert!("pooler".parse::<Door>().is_err());
    }
}
