//! Where to connect and as whom.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::config::{ChannelBinding, SslMode};

use super::conninfo;
use super::given::{Given, with_session_variables};
use super::host::{Host, socket_file};
use super::keys::{POOLED, SSLACCEPT};
use super::passfile::{self, Login};
use super::security::{Roots, Security, TlsMode};
use super::supabase::Endpoint;
use super::system::System;
use super::tls;
use crate::error::Error;
use crate::redact;

/// Where a password came from that stands in the connection string itself.
pub const FROM_STRING: &str = "the connection string";

/// The port where nothing says otherwise.
const PORT: u16 = 5432;

/// Where to connect and as whom: what a connection string, `PG*` variables, files and libpq's defaults come to.
#[derive(Clone, Debug)]
pub struct Settings {
    host: Host,
    port: u16,
    user: String,
    password: Option<SecretString>,
    password_source: Option<String>,
    database: String,
    security: Security,
    channel_binding: ChannelBinding,
    connect_timeout: Option<Duration>,
    application_name: String,
    options: Option<String>,
    keepalives: Keepalives,
    pooled: bool,
    warnings: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Keepalives {
    off: bool,
    idle: Option<Duration>,
    interval: Option<Duration>,
    count: Option<u32>,
    user_timeout: Option<Duration>,
}

impl Settings {
    /// Reads a connection string: a URL (`postgresql://` or `postgres://`) or `key=value` settings.
    ///
    /// `env` looks up `PG*` variables, which count where the string says nothing, and `HOME`. Between the two stands the
    /// service that `service` or `PGSERVICE` names. Then come libpq's defaults: the user of the system, a database named as
    /// the user, port 5432, the socket folder in which a server listens, otherwise `localhost`; the password file; the root
    /// certificate in the home folder. Without `HOME` nothing there is read. A setting that is not supported is refused by
    /// name unless it asks for what happens anyway; an empty one counts as not given.
    ///
    /// Unlike libpq's, a connection to another machine is always encrypted. `pgbouncer=true` says that a transaction pooler
    /// answers, as the port 6543 of a Supabase host does.
    ///
    /// # Errors
    /// Exit 2. No message holds the password or any other text of a malformed string.
    pub fn parse(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Self::parse_on(&System::real(), text, env, false)
    }

    /// The same for a string that was written for another program (`DATABASE_URL`): what only Prisma, a driver or a pool
    /// understands is set aside, and so are words of theirs for modes of TLS that there are here.
    ///
    /// # Errors
    /// Those of [`Self::parse`].
    pub fn parse_foreign(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Self::parse_on(&System::real(), text, env, true)
    }

    pub(super) fn parse_on(
        system: &System<'_>,
        text: &str,
        env: &dyn Fn(&str) -> Option<String>,
        lenient: bool,
    ) -> Result<Self, Error> {
        let mut parts = conninfo::parse(text, lenient)?;
        if lenient {
            for (key, value) in &mut parts.pairs {
                // The word of node-postgres.
                if key.name == "sslmode" && value == "no-verify" {
                    *value = TlsMode::Require.to_string();
                }
            }
        }
        let strict = parts
            .foreign()
            .iter()
            .any(|(name, value)| *name == SSLACCEPT && value == "strict");
        let given = Given::collect(system, parts.pairs, env)?;
        let mut settings = Self::from(system, &given, env)?;
        if strict && (settings.security.mode >= TlsMode::Require || !settings.security.given) {
            settings.security.check_everything();
        }
        Ok(settings)
    }

    fn from(
        system: &System<'_>,
        given: &Given,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let home = env("HOME")
            .filter(|home| !home.is_empty())
            .map(PathBuf::from);
        let port = given.port(PORT)?;
        let user = match given.value("user") {
            Some(user) => user,
            None => (system.user)().ok_or_else(|| {
                Error::usage("no user name is given and the system has none for us")
                    .help("Write user=… or set PGUSER.")
            })?,
        };
        let host = Host::from(given, port, system.exists)?;
        let security = Security::from(given, &host.shown(), host.is_local(), home.as_deref())?;
        let mut settings = Self {
            port,
            password: given.value("password").map(hidden),
            password_source: given.source("password"),
            database: given.value("dbname").unwrap_or_else(|| user.clone()),
            user,
            security,
            channel_binding: given.channel_binding()?,
            connect_timeout: given.number("connect_timeout")?.map(|seconds| {
                match u64::try_from(seconds) {
                    Ok(0) | Err(_) => Duration::MAX,
                    Ok(seconds) => Duration::from_secs(seconds),
                }
            }),
            application_name: given
                .value("application_name")
                .or_else(|| given.value("fallback_application_name"))
                .unwrap_or_else(|| "supaproof".to_owned()),
            options: given.value("options"),
            keepalives: Keepalives {
                off: given.number("keepalives")? == Some(0),
                idle: given.duration("keepalives_idle", Duration::from_secs)?,
                interval: given.duration("keepalives_interval", Duration::from_secs)?,
                count: given
                    .number("keepalives_count")?
                    .and_then(|count| u32::try_from(count).ok())
                    .filter(|count| *count > 0),
                user_timeout: given.duration("tcp_user_timeout", Duration::from_millis)?,
            },
            pooled: false,
            warnings: Vec::new(),
            host,
        };
        let endpoint = settings.place_at_supabase().map(|place| place.endpoint);
        settings.pooled = match given.flag(POOLED)? {
            Some(pooled) => pooled,
            None => endpoint.is_some_and(Endpoint::is_transaction_pooler),
        };
        // A transaction pooler would refuse them, or give them to whoever comes next. Supabase's overlooks the project's
        // reference in options that hold anything else.
        let tenant = |options: &str| options.contains("reference=");
        if settings.pooled {
            settings.warn_of_options();
        } else if endpoint == Some(Endpoint::SessionPooler) {
            settings.warn_of_lost_options();
        } else if !settings.options.as_deref().is_some_and(tenant) {
            settings.options = with_session_variables(settings.options.take(), env);
        }
        if settings.password.is_none() {
            settings.look_into_password_file(system, given.value("passfile"), home.as_deref());
        }
        Ok(settings)
    }

    /// A server that listens on a Unix socket in `dir` and asks for no password.
    pub fn socket(dir: &Path, port: u16, user: &str, database: &str) -> Self {
        Self::bare(Host::Socket(dir.to_owned()), port, user, database)
    }

    pub(super) fn bare(host: Host, port: u16, user: &str, database: &str) -> Self {
        Self {
            security: Security::default_for(host.is_local()),
            host,
            port,
            user: user.to_owned(),
            password: None,
            password_source: None,
            database: database.to_owned(),
            channel_binding: ChannelBinding::Prefer,
            connect_timeout: None,
            application_name: "supaproof".to_owned(),
            options: None,
            keepalives: Keepalives::default(),
            pooled: false,
            warnings: Vec::new(),
        }
    }

    /// With another password.
    #[must_use]
    pub fn with_password(mut self, password: SecretString) -> Self {
        self.password = Some(hidden(password));
        self.password_source = None;
        self
    }

    /// With another user and password.
    #[must_use]
    pub fn with_login(mut self, user: &str, password: SecretString) -> Self {
        user.clone_into(&mut self.user);
        self.with_password(password)
    }

    /// Trusts the authorities in a PEM file, and checks that they vouch for the host (`verify-full`), unless
    /// `sslmode=verify-ca` was asked for by name. A Unix socket carries no TLS and needs none.
    ///
    /// # Errors
    /// Exit 2 where the file cannot be read or holds no certificate, or where the settings ask for less than TLS.
    pub fn with_ca(mut self, file: &Path) -> Result<Self, Error> {
        self.security.with_ca(file.to_owned())?;
        self.check_trust()?;
        Ok(self)
    }

    /// Asks for at least this much of TLS.
    #[must_use]
    pub fn at_least(mut self, mode: TlsMode) -> Self {
        self.security.mode = self.security.mode.max(mode);
        self
    }

    /// Says whether a transaction pooler answers, where every transaction may meet another session.
    #[must_use]
    pub fn pooled(mut self, pooled: bool) -> Self {
        self.pooled = pooled;
        self
    }

    /// Whether a transaction pooler answers.
    pub fn is_pooled(&self) -> bool {
        self.pooled
    }

    /// How much TLS has to prove; over a Unix socket there is none.
    pub fn tls_mode(&self) -> TlsMode {
        match self.host {
            Host::Tcp { .. } => self.security.mode,
            Host::Socket(_) => TlsMode::Disable,
        }
    }

    /// Whether the authorities that have to vouch for the server are there to be asked. Connecting says the same, later.
    ///
    /// # Errors
    /// Exit 2: there is no root certificate, or its file cannot be read.
    pub fn check_trust(&self) -> Result<(), Error> {
        tls::connector(self).map(drop).map_err(|reason| {
            Error::usage(reason)
                .help("Name a file of certificates in sslrootcert, or write sslrootcert=system for those that this machine trusts.")
        })
    }

    /// What a person should know: a password file that was not used, options that get lost.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether there is a password to log in with.
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Where the password came from (`PGPASSWORD`, [`FROM_STRING`], `the password file …`), where settings were read.
    pub fn password_source(&self) -> Option<&str> {
        self.password_source.as_deref()
    }

    /// `postgres@db.example.com:5432/app`, for people. Holds no secret.
    pub fn describe(&self) -> String {
        let Self {
            host,
            port,
            user,
            database,
            ..
        } = self;
        format!("{user}@{}:{port}/{database}", host.shown())
    }

    /// Whether the server is on this machine: a Unix socket or a loopback address.
    pub fn is_local(&self) -> bool {
        self.host.is_local()
    }

    /// The same with a password, where it has none.
    #[must_use]
    pub fn or_password(mut self, password: &SecretString) -> Self {
        self.password
            .get_or_insert_with(|| hidden(password.clone()));
        self
    }

    /// The user to log in as.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The host name or address; `None` for a Unix socket.
    pub fn host(&self) -> Option<&str> {
        match &self.host {
            Host::Tcp { name, .. } => Some(name),
            Host::Socket(_) => None,
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn password(&self) -> Option<&SecretString> {
        self.password.as_ref()
    }

    pub(super) fn options(&self) -> Option<&str> {
        self.options.as_deref()
    }

    /// How long connecting may take, where the user said so; [`Duration::MAX`] for "without end".
    pub(super) fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout
    }

    pub(super) fn host_meant(&self) -> &Host {
        &self.host
    }

    pub(super) fn roots(&self) -> Option<Roots> {
        self.security.roots()
    }

    /// Where the socket file or the listening port is expected, for messages.
    pub fn listening_at(&self) -> String {
        match &self.host {
            Host::Tcp { .. } => format!("{}:{}", self.host.shown(), self.port),
            Host::Socket(dir) => socket_file(dir, self.port).display().to_string(),
        }
    }

    /// The same for tokio-postgres, without an address for the host.
    pub(super) fn config(&self) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config
            .port(self.port)
            .user(&self.user)
            .dbname(&self.database)
            .application_name(&self.application_name)
            .channel_binding(self.channel_binding)
            .keepalives(!self.keepalives.off)
            // Sockets carry no TLS; like libpq, do not even ask for it.
            .ssl_mode(match self.tls_mode() {
                TlsMode::Disable => SslMode::Disable,
                TlsMode::Prefer => SslMode::Prefer,
                TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
            });
        match &self.host {
            Host::Tcp { name, .. } => config.host(name),
            Host::Socket(dir) => config.host_path(dir),
        };
        if let Some(password) = &self.password {
            config.password(password.expose_secret());
        }
        if let Some(options) = &self.options {
            config.options(options);
        }
        let Keepalives {
            idle,
            interval,
            count,
            user_timeout,
            ..
        } = self.keepalives;
        idle.map(|idle| config.keepalives_idle(idle));
        interval.map(|interval| config.keepalives_interval(interval));
        count.map(|count| config.keepalives_retries(count));
        user_timeout.map(|timeout| config.tcp_user_timeout(timeout));
        config
    }

    fn look_into_password_file(
        &mut self,
        system: &System<'_>,
        named: Option<String>,
        home: Option<&Path>,
    ) {
        let named = named.map(PathBuf::from);
        let Some(file) = named.or_else(|| home.map(passfile::default_file)) else {
            return;
        };
        let login = Login {
            host: self.host.in_password_file(),
            port: self.port,
            database: &self.database,
            user: &self.user,
        };
        let found = passfile::look(system, &file, &login);
        self.warnings.extend(found.warning);
        self.password = found
            .password
            .filter(|password| !password.is_empty())
            .map(hidden);
        if self.password.is_some() {
            self.password_source = Some(format!("the password file {}", file.display()));
        }
    }

    /// Supabase's pooler hands on the search path, and nothing else of what options set.
    ///
    /// Source: Supavisor, `lib/supavisor/protocol/startup_options.ex`.
    fn warn_of_lost_options(&mut self) {
        let words = self.options.iter().flat_map(|text| text.split_whitespace());
        let names = words.filter_map(|word| {
            let setting = word.trim_start_matches('-');
            let setting = match word.starts_with("-c") {
                true => setting.strip_prefix('c')?,
                false => setting,
            };
            setting.split_once('=').map(|(name, _)| name)
        });
        let lost: Vec<&str> = names
            .filter(|name| !matches!(*name, "reference" | "search_path"))
            .collect();
        if !lost.is_empty() {
            self.warnings.push(format!(
                "the session pooler drops settings in options silently, all but search_path ({})",
                lost.join(", ")
            ));
        }
    }

    fn warn_of_options(&mut self) {
        let words = self
            .options
            .iter()
            .flat_map(|options| options.split_whitespace());
        let mut words = words.filter(|word| !word.starts_with("reference="));
        if words.next().is_some() {
            self.warnings.push(
                "a transaction pooler refuses session settings in options, or drops them silently"
                    .to_owned(),
            );
        }
    }
}

/// A password that no text shows from now on: a server that is sent it may say it again.
fn hidden(password: impl Into<SecretString>) -> SecretString {
    let password = password.into();
    redact::hide_password(password.expose_secret());
    password
}

#[cfg(test)]
#[path = "settings_tests/mod.rs"]
mod tests;
