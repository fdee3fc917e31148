//! Starts a cluster: from the template where there is one, else builds it first.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::folder::Folder;
use super::paths;
use super::privileges::{self, ServerUser};
use super::programs::Programs;
use super::server::{self, Server};
use super::template::{Copying, Store};
use super::{Cluster, Options, Template};
use super::{relocate, scripts, sweep};
use crate::error::{Error, ExitCode};

/// A start takes a tenth of a second; a machine under load takes longer.
const START_LIMIT: Duration = Duration::from_secs(60);

/// initdb takes half a second.
const BUILD_LIMIT: Duration = Duration::from_secs(180);

/// A copy, a build, a copy; and again after a template that was broken.
const ROUNDS: u32 = 6;

/// Nothing here outlives us, so nothing is made to survive a crash of the machine. The rest is what
/// a Supabase project has and a schema can notice, or saves a process.
const SETTINGS: &str = "
# supaproof
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 50
# One transaction that makes a thousand tables with their indexes runs out of 64.
max_locks_per_transaction = 1024
shared_preload_libraries = ''
# In the data directory, which goes with us; the default leaves files elsewhere after a kill.
dynamic_shared_memory_type = mmap
fsync = off
synchronous_commit = off
full_page_writes = off
# Without it CREATE PUBLICATION warns.
wal_level = logical
max_wal_size = 1GB
autovacuum = off
max_logical_replication_workers = 0
logging_collector = off
log_destination = stderr
log_checkpoints = off
# Whole migrations would go to the log with each error.
log_min_error_statement = panic
timezone = 'UTC'
log_timezone = 'UTC'
";

/// From 18 on reads go through worker processes, which a small cluster does not need.
const SETTINGS_FROM_18: &str = "io_method = sync\n";

/// Starts a private Postgres that holds what the template says.
///
/// The first start with these programs and this template initialises a data directory in the cache;
/// every other one copies it. Several processes may do so at the same time. Folders that killed
/// ones left are removed in passing.
pub async fn start(
    programs: &Programs,
    options: &Options,
    template: &Template<'_>,
) -> Result<Cluster, Error> {
    let user = privileges::server_user()?;
    let sweeping = spawn_blocking({
        let user = user.clone();
        move || sweep::all(user.as_ref())
    });
    let started = match Start::new(programs, options, template, user).await {
        Ok(start) => start.run().await,
        Err(error) => Err(error),
    };
    // Bounded, as is all that it does; a sweep that panicked is no reason to fail.
    let _ = sweeping.await;
    Ok(Cluster {
        server: started?,
        version: programs.version.clone(),
        major: programs.major,
    })
}

struct Start<'a> {
    /// As found.
    programs: &'a Programs,
    /// Where they can be run.
    bin: PathBuf,
    template: &'a Template<'a>,
    store: Store,
    user: Option<ServerUser>,
}

impl<'a> Start<'a> {
    async fn new(
        programs: &'a Programs,
        options: &Options,
        template: &'a Template<'a>,
        user: Option<ServerUser>,
    ) -> Result<Self, Error> {
        let cache = paths::cache_dir(options.cache_dir.as_deref())?;
        let bin = spawn_blocking({
            let (found, cache, user) = (programs.clone(), cache.clone(), user.clone());
            move || relocate::prepare(&found, &cache, user.as_ref())
        });
        let bin = bin.await.map_err(|error| Error::bug(error.to_string()))??;
        Ok(Self {
            bin,
            store: Store::new(&cache, programs, template).map_err(|error| cache_failed(&error))?,
            programs,
            template,
            user,
        })
    }

    async fn run(&self) -> Result<Server, Error> {
        let mut built = false;
        let mut discarded = false;
        for _ in 0..ROUNDS {
            let folder = Folder::create(self.user.as_ref())?;
            let Some(copying) = self.copy(&folder).await? else {
                built = self.build().await?;
                continue;
            };
            let stamp = copying.stamp();
            let server = Server::launch(folder, &self.bin, &[], self.user.as_ref())?;
            let (ready, whole) = tokio::join!(
                server.ready(START_LIMIT),
                blocking(move || copying.finish())
            );
            let failed = match (ready, whole) {
                (Ok(()), Ok(true)) => return Ok(server),
                // Something in the template is missing or cut short, or wrong in a way that only
                // the server sees. Once: what is wrong may be elsewhere.
                (_, Ok(false)) | (Err(_), Ok(true)) if !built && !discarded => None,
                (_, Ok(false)) => Some(copy_failed(
                    server.folder(),
                    &io::Error::other("it is not as long as it was"),
                )),
                (_, Err(error)) => Some(copy_failed(server.folder(), &error)),
                (Err(error), Ok(true)) => Some(error.into_error("start", &self.bin)),
            };
            server.stop().await;
            if let Some(error) = failed {
                return Err(error);
            }
            discarded = true;
            let store = self.store.clone();
            blocking(move || store.discard(stamp))
                .await
                .map_err(|error| cache_failed(&error))?;
        }
        Err(cache_failed(&io::Error::other(
            "the template in it keeps being changed by somebody else",
        )))
    }

    /// Copies the template into the folder, as far as a server needs it to start; without one the
    /// folder stays empty.
    async fn copy(&self, folder: &Folder) -> Result<Option<Copying>, Error> {
        let (store, user) = (self.store.clone(), self.user.clone());
        let to = folder.path().join("data");
        blocking(move || store.copy(&to, user.as_ref()))
            .await
            .map_err(|error| copy_failed(folder, &error))
    }

    /// Builds the template, unless somebody else has done so while we waited. Says whether we did.
    async fn build(&self) -> Result<bool, Error> {
        let store = self.store.clone();
        let claim = blocking(move || store.claim())
            .await
            .map_err(|error| cache_failed(&error))?;
        let Some(claim) = claim else {
            return Ok(false);
        };
        let mut server = self.initialise().await?;
        scripts::run(server.folder().path(), self.template).await?;
        if let Err(error) = server.shut_down(START_LIMIT).await {
            let failed = error.into_error("stop cleanly", &self.bin);
            server.stop().await;
            return Err(failed);
        }
        let user = self.user.clone();
        blocking(move || {
            claim.keep(server.folder(), user.as_ref())?;
            drop(server);
            Ok(())
        })
        .await
        .map_err(|error| cache_failed(&error))?;
        Ok(true)
    }

    /// A server on a data directory that initdb has just made.
    async fn initialise(&self) -> Result<Server, Error> {
        let mut locales = locales(self.programs.major).into_iter().peekable();
        loop {
            let locale = locales.next().unwrap_or_default();
            let folder = Folder::create(self.user.as_ref())?;
            let mut settings = SETTINGS.to_owned();
            if self.programs.major >= 18 {
                settings.push_str(SETTINGS_FROM_18);
            }
            server::write_for(
                self.user.as_ref(),
                &folder.path().join("settings"),
                &settings,
            )
            .map_err(|error| {
                Error::new(
                    ExitCode::Unreachable,
                    format!("cannot write in {}: {error}", folder.path().display()),
                )
            })?;
            let mut initdb = vec![
                "--no-sync".to_owned(),
                "--no-instructions".to_owned(),
                "--auth=trust".to_owned(),
                "--encoding=UTF8".to_owned(),
                // A copy starts with one segment: 1 MB, not 16.
                "--wal-segsize=1".to_owned(),
                format!("--username={}", self.template.superuser),
            ];
            initdb.extend(locale.iter().map(|&argument| argument.to_owned()));
            let server = Server::launch(folder, &self.bin, &initdb, self.user.as_ref())?;
            match server.ready(BUILD_LIMIT).await {
                Ok(()) => return Ok(server),
                Err(error) if locales.peek().is_some() && error.mentions("locale") => {
                    server.stop().await
                }
                Err(error) => {
                    server.stop().await;
                    return Err(error.into_error("start", &self.bin));
                }
            }
        }
    }
}

/// What initdb is told of the locale, best first: UTF-8, and the same sorting on every system. Only
/// from 17 on does Postgres bring that itself; before, C.UTF-8 is the system's (macOS has none),
/// and C knows letters of ASCII only.
fn locales(major: u32) -> Vec<&'static [&'static str]> {
    if major >= 17 {
        vec![&[
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]]
    } else {
        vec![&["--locale=C.UTF-8"], &["--locale=C"]]
    }
}

fn copy_failed(folder: &Folder, error: &io::Error) -> Error {
    Error::new(
        ExitCode::Unreachable,
        format!(
            "cannot copy the template of the private Postgres to {}: {error}",
            folder.path().display()
        ),
    )
}

fn cache_failed(error: &io::Error) -> Error {
    Error::new(
        ExitCode::Unreachable,
        format!("cannot use the cache of the private Postgres: {error}"),
    )
    .help("Set SUPAPROOF_CACHE_DIR to another folder, or remove the cache folder.")
}

/// Runs what blocks beside the runtime.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}
