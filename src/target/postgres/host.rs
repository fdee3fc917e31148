//! Which host is meant, and whether it is this machine.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::conninfo;
use super::given::Given;
use crate::error::Error;

/// Where a server listens by default: Debian and Red Hat, then what Postgres itself was made with.
const SOCKET_DIRS: [&str; 3] = ["/var/run/postgresql", "/run/postgresql", "/tmp"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// A name, and the address to use for it where that was given.
    Tcp {
        name: String,
        address: Option<IpAddr>,
    },
    /// The folder of a Unix socket.
    Socket(PathBuf),
}

impl Host {
    pub(super) fn from(
        given: &Given,
        port: u16,
        exists: &dyn Fn(&Path) -> bool,
    ) -> Result<Self, Error> {
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
            return Ok(Self::Tcp {
                name: name.map_or_else(|| address.to_string(), |(_, name)| name.to_owned()),
                address: Some(address),
            });
        }
        match name {
            Some((_, dir)) if dir.starts_with('/') => Ok(Self::Socket(dir.into())),
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
            Some((_, name)) => Ok(Self::named(name)),
            None => Ok(SOCKET_DIRS
                .iter()
                .map(Path::new)
                .find(|dir| exists(&socket_file(dir, port)))
                .map_or_else(
                    || Self::named("localhost"),
                    |dir| Self::Socket(dir.to_owned()),
                )),
        }
    }

    pub(super) fn named(name: &str) -> Self {
        Self::Tcp {
            name: name.to_owned(),
            address: None,
        }
    }

    /// A Unix socket, a loopback address or a name that means one.
    pub(super) fn is_local(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Tcp {
                address: Some(address),
                ..
            } => is_loopback(*address),
            Self::Tcp { name, .. } => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                name == "localhost"
                    || name.ends_with(".localhost")
                    || name.parse::<IpAddr>().is_ok_and(is_loopback)
            }
        }
    }

    /// As messages say it: `db.example.com`, `[::1]`, `/tmp`.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Tcp { name, .. } if name.contains(':') => format!("[{name}]"),
            Self::Tcp { name, .. } => name.clone(),
            Self::Socket(dir) => dir.display().to_string(),
        }
    }

    /// As a password file names it.
    pub(super) fn in_password_file(&self) -> &str {
        match self {
            Self::Tcp { name, .. } => name,
            Self::Socket(dir) => match dir.to_str() {
                Some(dir) if SOCKET_DIRS.contains(&dir) => "localhost",
                Some(dir) => dir,
                None => "",
            },
        }
    }
}

pub(super) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

pub(super) fn socket_file(dir: &Path, port: u16) -> PathBuf {
    dir.join(format!(".s.PGSQL.{port}"))
}
