//! One running server under its supervisor.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::net::unix::pipe;

use super::folder::{self, Folder};
use super::privileges::ServerUser;
use crate::error::{Error, ExitCode};

const SUPERVISOR: &str = include_str!("supervisor.sh");

/// How often the server is asked whether it is ready, and the supervisor whether it has ended.
const PAUSE: Duration = Duration::from_millis(1);

/// Postgres kills its own children after 5 s of an immediate shutdown.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// Lines of the log that an error shows.
const LOG_LINES: usize = 15;

/// What of our environment reaches the server. Everything else could be read by the SQL that runs
/// in it, secrets among it.
const ENVIRONMENT: [&str; 6] = [
    "PATH",
    "HOME",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "LOCALE_ARCHIVE",
];

/// A server in its private folder. Dropping it stops the server and removes the folder.
#[derive(Debug)]
pub(super) struct Server {
    folder: Folder,
    supervisor: Child,
    /// Its end tells the supervisor that we are gone.
    alive: Option<ChildStdin>,
    /// Ends when the server has.
    ended: pipe::Receiver,
}

/// The server ended, or was not ready in time.
#[derive(Debug)]
pub(super) struct NotReady {
    pub(super) reason: String,
    /// The last lines of its log.
    pub(super) log: Vec<String>,
}

impl NotReady {
    /// Whether a line of the log has this word.
    pub(super) fn mentions(&self, word: &str) -> bool {
        self.log.iter().any(|line| line.contains(word))
    }

    /// As an error: the private Postgres did not do `what`.
    pub(super) fn into_error(self, what: &str, bin: &Path) -> Error {
        let message = format!("the private Postgres did not {what}: {}", self.reason);
        let mut error =
            Error::new(ExitCode::Unreachable, message).note(format!("programs: {}", bin.display()));
        for line in self.log {
            error = error.note(format!("log: {line}"));
        }
        error
    }
}

impl Server {
    /// Starts a server on `folder/data`, which `initdb` with these arguments makes first where
    /// there are any.
    ///
    /// Everything in the folder but the folder itself belongs to the server's account already.
    pub(super) fn launch(
        folder: Folder,
        bin: &Path,
        initdb: &[String],
        user: Option<&ServerUser>,
    ) -> Result<Self, Error> {
        Self::spawn(folder, bin, initdb, user).map_err(|error| {
            let mut failed = Error::new(
                ExitCode::Unreachable,
                format!("cannot start the supervisor of the private Postgres: {error}"),
            );
            if let Some(user) = user {
                failed = failed
                    .note(format!(
                        "it runs as the account {}, because Postgres refuses to run as root",
                        user.name
                    ))
                    .help("Run supaproof as an ordinary user.");
            }
            failed
        })
    }

    fn spawn(
        folder: Folder,
        bin: &Path,
        initdb: &[String],
        user: Option<&ServerUser>,
    ) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command
            .arg0("supaproof-supervisor")
            .args(["-c", SUPERVISOR, "supaproof-supervisor"])
            .args([folder.path().as_os_str(), bin.as_os_str()])
            .args(initdb)
            .current_dir("/")
            .env_clear()
            .envs(environment(user))
            // Ctrl-C goes to all of the terminal's foreground group, which it must outlive.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(folder.needed()?);
        if let Some(user) = user {
            user.runs(&mut command);
        }
        folder.hand_over(user)?;
        let mut supervisor = command.spawn()?;
        let alive = supervisor.stdin.take();
        let ended = supervisor
            .stdout
            .take()
            .ok_or_else(|| io::Error::other("it has no output"))
            .and_then(|pipe| pipe::Receiver::from_owned_fd(OwnedFd::from(pipe)));
        match ended {
            Ok(ended) => Ok(Self {
                folder,
                supervisor,
                alive,
                ended,
            }),
            Err(error) => {
                drop(alive);
                let _ = supervisor.wait();
                Err(error)
            }
        }
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Waits until the server accepts connections.
    pub(super) async fn ready(&self, limit: Duration) -> Result<(), NotReady> {
        let until = Instant::now() + limit;
        let state = self.folder.path().join("data/postmaster.pid");
        let reason = loop {
            // The eighth line is the postmaster's state, padded with blanks.
            if let Ok(text) = fs::read_to_string(&state)
                && text
                    .lines()
                    .nth(7)
                    .is_some_and(|line| line.trim_end() == "ready")
            {
                return Ok(());
            }
            if self.has_ended(PAUSE).await {
                break "it ended at once".to_owned();
            }
            if Instant::now() >= until {
                break format!("it was not ready within {} s", limit.as_secs());
            }
        };
        Err(NotReady {
            reason,
            log: self.log(),
        })
    }

    /// Stops the server cleanly, so that its data is complete, and keeps the folder until the drop.
    pub(super) async fn shut_down(&mut self, limit: Duration) -> Result<(), NotReady> {
        let asked = match &mut self.alive {
            Some(pipe) => pipe.write_all(b"stop\n"),
            None => Ok(()),
        };
        let until = Instant::now() + limit;
        let reason = match asked {
            Err(error) => format!("its supervisor is gone: {error}"),
            Ok(()) => loop {
                if self.has_ended(Duration::from_millis(20)).await {
                    return Ok(());
                }
                if Instant::now() >= until {
                    break format!("it did not stop within {} s", limit.as_secs());
                }
            },
        };
        Err(NotReady {
            reason,
            log: self.log(),
        })
    }

    /// Waits a moment for the end of the server and of all its children.
    async fn has_ended(&self, moment: Duration) -> bool {
        let Ok(readable) = tokio::time::timeout(moment, self.ended.readable()).await else {
            return false;
        };
        readable.is_err()
            || self
                .ended
                .try_read(&mut [0; 64])
                .is_ok_and(|bytes| bytes == 0)
    }

    fn log(&self) -> Vec<String> {
        let file = fs::OpenOptions::new()
            .read(true)
            .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
            .open(self.folder.path().join("server.log"));
        let text = file.and_then(io::read_to_string).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(LOG_LINES);
        lines[from..].iter().map(|&line| line.to_owned()).collect()
    }

    /// Stops the server and removes its folder, without blocking the runtime.
    pub(super) async fn stop(self) {
        // It fails only where the runtime shuts down; then the drop has done it.
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }

    /// Lets the supervisor and the reaper do that, and does not wait for them.
    pub(super) fn leave(mut self) {
        self.folder.leave();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.alive.take());
        if !self.folder.is_left() {
            folder::wait(&mut self.supervisor, STOP_LIMIT);
        }
        // The folder goes after this.
    }
}

/// Writes a file of ours into the folder, for the server's account to read.
pub(super) fn write_for(user: Option<&ServerUser>, path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    match user {
        Some(user) => chown(path, Some(user.uid), Some(user.gid)),
        None => Ok(()),
    }
}

fn environment(user: Option<&ServerUser>) -> Vec<(&'static str, OsString)> {
    let mut out = vec![("LC_ALL", OsString::from("C"))];
    for name in ENVIRONMENT {
        // Root's home is closed to the server's account.
        if let Some(value) = std::env::var_os(name)
            && !(name == "HOME" && user.is_some())
        {
            out.push((name, value));
        }
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let known = std::env::split_paths(&path).chain(["/usr/bin".into(), "/bin".into()]);
    if let Ok(path) = std::env::join_paths(known) {
        out.push(("PATH", path));
    }
    out
}
