//! Where to connect and as whom.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::config::{ChannelBinding, SslMode};

use super::conninfo;
use super::keys::{KEYS, Support};
use crate::error::Error;

/// Where a server listens by default: Debian and Red Hat, then what Postgres itself was made with.
const SOCKET_DIRS: [&str; 3] = ["/var/run/postgresql", "/run/postgresql", "/tmp"];

/// The port where nothing says otherwise.
const PORT: u16 = 5432;

/// Where to connect and as whom: what a connection string, `PG*` variables and libpq's defaults come to.
#[derive(Clone, Debug)]
pub struct Settings {
    host: Host,
    port: u16,
    user: String,
    password: Option<SecretString>,
    database: String,
    ssl_mode: SslMode,
    channel_binding: ChannelBinding,
    connect_timeout: Option<Duration>,
    application_name: String,
    options: Option<String>,
    keepalives: Keepalives,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// A name, and the address to use for it where that was given.
    Tcp {
        name: String,
        address: Option<IpAddr>,
    },
    /// The folder of a Unix socket.
    Socket(PathBuf),
}

#[derive(Clone, Copy, Debug, Default)]
struct Keepalives {
    off: bool,
    idle: Option<Duration>,
    interval: Option<Duration>,
    count: Option<u32>,
    user_timeout: Option<Duration>,
}

/// What libpq asks of the system, so that tests can answer instead.
struct System<'a> {
    user: &'a dyn Fn() -> Option<String>,
    exists: &'a dyn Fn(&Path) -> bool,
}

impl Settings {
    /// Reads a connection string: a URL (`postgresql://` or `postgres://`) or `key=value` settings.
    ///
    /// `env` looks up `PG*` variables, which count where the string says nothing. Then come libpq's defaults: the user of
    /// the system, a database named as the user, port 5432, the socket folder in which a server listens, otherwise
    /// `localhost`. A setting that is not supported is refused by name unless it asks for what happens anyway; an empty
    /// one counts as not given. Unlike libpq, no password file, service file or certificate in the home folder is read.
    ///
    /// # Errors
    /// Exit 2. No message holds the password or any other text of a malformed string.
    pub fn parse(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Self::parse_on(
            &System {
                user: &|| {
                    let user = nix::unistd::User::from_uid(nix::unistd::geteuid());
                    user.ok().flatten().map(|user| user.name)
                },
                exists: &|path| path.exists(),
            },
            text,
            env,
        )
    }

    fn parse_on(
        system: &System<'_>,
        text: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let given = Given::collect(conninfo::parse(text)?, env)?;
        let port = match given.get("port") {
            None => PORT,
            Some((name, port)) if port.contains(',') => {
                return Err(conninfo::several_hosts().note(format!("{name} names several ports")));
            }
            Some((name, port)) => port
                .trim()
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| {
                    Error::usage(format!("{name} has to be a number from 1 to 65535"))
                        .help("Where the password holds one of @ : / ? # %, it has to be percent-encoded in a URL.")
                })?,
        };
        let user = match given.value("user") {
            Some(user) => user,
            None => (system.user)().ok_or_else(|| {
                Error::usage("no user name is given and the system has none for us")
                    .help("Write user=… or set PGUSER.")
            })?,
        };
        Ok(Self {
            host: host(&given, port, system.exists)?,
            port,
            password: given.value("password").map(SecretString::from),
            database: given.value("dbname").unwrap_or_else(|| user.clone()),
            user,
            ssl_mode: given.ssl_mode()?,
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
            options: options(given.value("options"), env),
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
        })
    }

    /// A server that listens on a Unix socket in `dir` and asks for no password.
    pub fn socket(dir: &Path, port: u16, user: &str, database: &str) -> Self {
        Self {
            host: Host::Socket(dir.to_owned()),
            port,
            user: user.to_owned(),
            password: None,
            database: database.to_owned(),
            ssl_mode: SslMode::Disable,
            channel_binding: ChannelBinding::Prefer,
            connect_timeout: None,
            application_name: "supaproof".to_owned(),
            options: None,
            keepalives: Keepalives::default(),
        }
    }

    /// `postgres@db.example.com:5432/app`, for people. Holds no secret.
    pub fn describe(&self) -> String {
        let Self {
            user,
            port,
            database,
            ..
        } = self;
        match &self.host {
            Host::Tcp { name, .. } if name.contains(':') => {
                format!("{user}@[{name}]:{port}/{database}")
            }
            Host::Tcp { name, .. } => format!("{user}@{name}:{port}/{database}"),
            Host::Socket(dir) => format!("{user}@{}:{port}/{database}", dir.display()),
        }
    }

    /// Whether the server is on this machine: a Unix socket or a loopback address.
    pub fn is_local(&self) -> bool {
        match &self.host {
            Host::Socket(_) => true,
            Host::Tcp {
                address: Some(address),
                ..
            } => address.to_canonical().is_loopback(),
            Host::Tcp { name, .. } => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                name == "localhost"
                    || name.ends_with(".localhost")
                    || name
                        .parse::<IpAddr>()
                        .is_ok_and(|address| address.to_canonical().is_loopback())
            }
        }
    }

    /// The same at a host of Supabase, encrypted.
    pub(super) fn of_supabase(host: &str, port: u16, user: &str, password: &SecretString) -> Self {
        Self {
            host: Host::Tcp {
                name: host.to_owned(),
                address: None,
            },
            password: Some(password.clone()),
            ssl_mode: SslMode::Require,
            ..Self::socket(Path::new(""), port, user, "postgres")
        }
    }

    /// The same with a password, where it has none.
    #[must_use]
    pub fn or_password(mut self, password: &SecretString) -> Self {
        self.password.get_or_insert_with(|| password.clone());
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

    /// How long connecting may take, where the user said so; [`Duration::MAX`] for "without end".
    pub(super) fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout
    }

    /// Where the socket file or the listening port is expected, for messages.
    pub(super) fn place(&self) -> String {
        match &self.host {
            Host::Tcp { name, .. } if name.contains(':') => format!("[{name}]:{}", self.port),
            Host::Tcp { name, .. } => format!("{name}:{}", self.port),
            Host::Socket(dir) => socket_file(dir, self.port).display().to_string(),
        }
    }

    /// The same for tokio-postgres.
    pub(super) fn config(&self) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config
            .port(self.port)
            .user(&self.user)
            .dbname(&self.database)
            .application_name(&self.application_name)
            .channel_binding(self.channel_binding)
            .keepalives(!self.keepalives.off);
        match &self.host {
            Host::Tcp { name, address } => {
                config.host(name).ssl_mode(self.ssl_mode);
                if let Some(address) = address {
                    config.hostaddr(*address);
                }
            }
            // Sockets carry no TLS; like libpq, do not even ask for it.
            Host::Socket(dir) => {
                config.host_path(dir).ssl_mode(SslMode::Disable);
            }
        }
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
}

fn socket_file(dir: &Path, port: u16) -> PathBuf {
    dir.join(format!(".s.PGSQL.{port}"))
}

fn host(given: &Given, port: u16, exists: &dyn Fn(&Path) -> bool) -> Result<Host, Error> {
    let name = given.get("host");
    let address = given.get("hostaddr");
    for (_, value) in [name, address].into_iter().flatten() {
        if value.contains(',') {
            return Err(conninfo::several_hosts());
        }
    }
    if let Some((setting, address)) = address {
        let address = address.trim().parse::<IpAddr>().map_err(|_| {
            Error::usage(format!("{setting} has to be an IP address"))
                .help("A name goes into host.")
        })?;
        return Ok(Host::Tcp {
            name: name.map_or_else(|| address.to_string(), |(_, name)| name.to_owned()),
            address: Some(address),
        });
    }
    match name {
        Some((_, dir)) if dir.starts_with('/') => Ok(Host::Socket(dir.into())),
        Some((setting, abstract_)) if abstract_.starts_with('@') => Err(Error::usage(format!(
            "{setting} names an abstract Unix socket, which is not supported"
        ))
        .help("Name the folder of a socket (it starts with /) or a host.")),
        // No host has an @ in its name; a URL that was cut at the wrong one has.
        Some((setting, name))
            if name.contains(['@', '/', '?']) || name.contains(char::is_whitespace) =>
        {
            Err(Error::usage(format!("{setting} is not a host name")).help(
                "Name a host, an IP address, or the folder of a Unix socket, which starts with /.",
            ))
        }
        Some((_, name)) => Ok(Host::Tcp {
            name: name.to_owned(),
            address: None,
        }),
        None => Ok(SOCKET_DIRS
            .iter()
            .map(Path::new)
            .find(|dir| exists(&socket_file(dir, port)))
            .map_or_else(
                || Host::Tcp {
                    name: "localhost".to_owned(),
                    address: None,
                },
                |dir| Host::Socket(dir.to_owned()),
            )),
    }
}

/// libpq hands `PGTZ`, `PGDATESTYLE` and `PGGEQO` over as session settings when it connects. So do we, as options, and
/// before those that were given, which win.
fn options(given: Option<String>, env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let session = [
        ("PGTZ", "timezone"),
        ("PGDATESTYLE", "datestyle"),
        ("PGGEQO", "geqo"),
    ];
    let mut options: Vec<String> = Vec::new();
    for (variable, setting) in session {
        if let Some(value) = env(variable).filter(|value| !value.is_empty()) {
            let mut option = format!("-c {setting}=");
            for c in value.chars() {
                if c.is_whitespace() || c == '\\' {
                    option.push('\\');
                }
                option.push(c);
            }
            options.push(option);
        }
    }
    options.extend(given);
    (!options.is_empty()).then(|| options.join(" "))
}

/// The settings that count, each with the name under which it was given.
struct Given {
    values: HashMap<&'static str, (&'static str, String)>,
}

impl Given {
    /// The variables, then the string over them; refuses what we do not support.
    fn collect(
        pairs: conninfo::Pairs,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let mut values = HashMap::new();
        for key in KEYS {
            if let Some((variable, value)) = key.env.and_then(|name| Some((name, env(name)?))) {
                values.insert(key.name, (variable, value));
            }
        }
        for (key, value) in pairs {
            values.insert(key.name, (key.name, value));
        }
        values.retain(|_, (_, value)| !value.is_empty());
        // A password file is read only where no password is given.
        if values.contains_key("password") {
            values.remove("passfile");
        }
        for key in KEYS {
            let Some((name, value)) = values.get(key.name) else {
                continue;
            };
            if value.contains('\0') {
                return Err(Error::usage(format!("{name} holds a zero byte")));
            }
            match key.support {
                Support::Used => {}
                Support::Refused(advice) => {
                    return Err(Error::usage(format!("{name} is not supported")).help(advice));
                }
                Support::Only(accepted, advice) => {
                    if !accepted.contains(&value.to_ascii_lowercase().as_str()) {
                        return Err(Error::usage(format!(
                            "this value of {name} is not supported (only {})",
                            accepted.join(", ")
                        ))
                        .help(advice));
                    }
                }
            }
        }
        Ok(Self { values })
    }

    /// The name under which it was given, and its value.
    fn get(&self, key: &str) -> Option<(&'static str, &str)> {
        self.values
            .get(key)
            .map(|(name, value)| (*name, value.as_str()))
    }

    fn value(&self, key: &str) -> Option<String> {
        self.get(key).map(|(_, value)| value.to_owned())
    }

    fn number(&self, key: &str) -> Result<Option<i64>, Error> {
        self.get(key)
            .map(|(name, value)| {
                value
                    .trim()
                    .parse::<i32>()
                    .map(i64::from)
                    .map_err(|_| Error::usage(format!("{name} has to be a whole number")))
            })
            .transpose()
    }

    /// A length of time; 0 leaves it to the system, as in libpq.
    fn duration(&self, key: &str, unit: fn(u64) -> Duration) -> Result<Option<Duration>, Error> {
        let number = self.number(key)?;
        Ok(number
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| *number > 0)
            .map(unit))
    }

    fn ssl_mode(&self) -> Result<SslMode, Error> {
        let Some((name, value)) = self.get("sslmode") else {
            return Ok(SslMode::Prefer);
        };
        match value {
            "disable" => Ok(SslMode::Disable),
            "prefer" => Ok(SslMode::Prefer),
            "require" => Ok(SslMode::Require),
            "allow" => Err(Error::usage(format!("{name}=allow is not supported"))
                .help("Use prefer, which takes TLS where the server has it, or disable.")),
            "verify-ca" | "verify-full" => Err(Error::usage(format!("{name}={value} is not supported yet"))
                .help("Use require, which encrypts without checking the server's certificate. With SCRAM passwords, channel_binding=require also proves that nobody sits in between.")),
            _ => Err(Error::usage(format!("{name} has to be disable, prefer or require"))),
        }
    }

    fn channel_binding(&self) -> Result<ChannelBinding, Error> {
        match self.get("channel_binding") {
            None | Some((_, "prefer")) => Ok(ChannelBinding::Prefer),
            Some((_, "disable")) => Ok(ChannelBinding::Disable),
            Some((_, "require")) => Ok(ChannelBinding::Require),
            Some((name, _)) => Err(Error::usage(format!(
                "{name} has to be disable, prefer or require"
            ))),
        }
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
