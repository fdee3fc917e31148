//! A private Postgres, made from the programs that the machine has: it starts in a moment, nobody
//! else can reach it, and it ends with us.
//!
//! `find` the programs, `template` their data directory once, then `copy` it and start a `server`
//! under its supervisor (a small shell script). It knows nothing of Supabase: what its databases
//! hold comes in as a [`Template`].

mod clients;
mod copy;
mod fetch;
mod find;
mod find_error;
mod folder;
mod help;
mod links;
mod lock;
mod paths;
mod privileges;
mod programs;
mod relocate;
mod scripts;
mod server;
mod start;
mod sweep;
mod template;

use std::path::{Path, PathBuf};

pub use clients::{Clients, find_clients};
pub use fetch::{NpmPackage, fetch, npm_package};
pub use find::{NEWEST_MAJOR, OLDEST_MAJOR, find};
pub use find_error::{FindError, Mismatch, NotFound};
pub use help::DEFAULT_MAJOR;
pub use programs::{FoundBy, Programs};
pub use start::start;

/// What the caller was told about the private Postgres.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder of the programs, or the program `postgres` in it. A relative path counts from
    /// `working_dir`.
    pub postgres_bin: Option<PathBuf>,
    /// The major that is wanted; any other is refused.
    pub major: Option<u32>,
    /// From here upward `node_modules` is looked for.
    pub working_dir: PathBuf,
    /// Our cache; `None`: `supaproof` in the user's cache folder.
    pub cache_dir: Option<PathBuf>,
}

/// What a fresh cluster holds.
#[derive(Clone, Debug, Default)]
pub struct Template<'a> {
    /// Anything that should make another template of it; the scripts themselves count already.
    pub revision: String,
    /// The superuser that initdb makes, and the only one.
    pub superuser: &'a str,
    /// The database for the scripts, made where it is not `postgres`.
    pub database: &'a str,
    /// Name and SQL. Each is one simple-protocol message by the superuser on the database.
    pub scripts: Vec<(&'a str, &'a str)>,
}

/// A private Postgres. It stops, and its folder goes, with [`Cluster::stop`] or [`Cluster::leave`],
/// when it is dropped, and when this process ends in any other way.
#[derive(Debug)]
pub struct Cluster {
    server: server::Server,
    version: String,
    major: u32,
}

impl Cluster {
    /// The folder with its socket: the `host` of a connection. Everybody who may reach it may be
    /// anybody on the server (`trust`).
    pub fn socket_dir(&self) -> &Path {
        self.server.folder().path()
    }

    /// The port in the socket's name; no TCP port is open.
    pub fn port(&self) -> u16 {
        paths::PORT
    }

    /// The version as Postgres writes it (`15.18`).
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The major version.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Stops it and removes its folder.
    pub async fn stop(self) {
        self.server.stop().await;
    }

    /// Stops it without waiting: its supervisor and its reaper end the server and remove the folder
    /// in the next moment, as they do where this process is killed.
    pub fn leave(self) {
        self.server.leave();
    }
}
