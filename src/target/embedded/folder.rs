//! The private folder of one cluster, and the reaper that removes it.

use std::fs::{self, DirBuilder, File};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, PipeWriter};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::lock::{self, Mode};
use super::paths::{self, NAME_LENGTH, PREFIX};
use super::privileges::{self, ServerUser};
use super::sweep;
use crate::error::{Error, ExitCode};

const REAPER: &str = include_str!("reaper.sh");

/// How often a process that should end is looked at.
const PAUSE: Duration = Duration::from_millis(1);

/// Removing takes milliseconds; its own retries take 5 s.
const REAP_LIMIT: Duration = Duration::from_secs(10);

/// The private folder of one cluster: data, socket and log, for the server's account only. Dropping
/// it removes it; where we are killed, the reaper does.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Held as long as we live. Free means stale.
    _lock: File,
    reaper: Child,
    /// Its end, in all who hold it, tells the reaper that the folder is no longer needed.
    needed: Option<PipeWriter>,
    /// The drop does not wait for the reaper.
    left: bool,
    uid: u32,
}

impl Folder {
    /// Makes one, owned by us. [`Folder::hand_over`] gives it to the server's account.
    pub(super) fn create(user: Option<&ServerUser>) -> Result<Self, Error> {
        let mut refused = Vec::new();
        for base in paths::bases() {
            let made = paths::suits(&base, user)
                .and_then(|()| Self::create_in(&base, user).map_err(|error| error.to_string()));
            match made {
                Ok(folder) => return Ok(folder),
                Err(reason) => refused.push(format!("{}: {reason}", base.display())),
            }
        }
        let mut error = Error::new(
            ExitCode::Unreachable,
            "no folder for temporary files suits a private Postgres",
        );
        for reason in refused {
            error = error.note(reason);
        }
        Err(error.help("Set TMPDIR to a writable folder with a short path."))
    }

    fn create_in(base: &Path, user: Option<&ServerUser>) -> io::Result<Self> {
        let path = base.join(random_name());
        if fs::symlink_metadata(&path).is_ok() {
            return Err(io::Error::other(format!(
                "{} is there already",
                path.display()
            )));
        }
        // The reaper first: there is no moment in which our end would leave the folder.
        let (end, needed) = io::pipe()?;
        let mut reaper = Command::new("/bin/sh")
            .arg0("supaproof-reaper")
            .args(["-c", REAPER, "supaproof-reaper"])
            .arg(&path)
            .current_dir("/")
            // Ctrl-C goes to all of the terminal's foreground group, which it must outlive.
            .process_group(0)
            .stdin(end)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let made = DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .and_then(|()| lock::take(&path.join("lock"), Mode::Exclusive, Duration::ZERO))
            .and_then(|lock| lock.ok_or_else(|| io::Error::other("somebody else has locked it")));
        match made {
            Ok(lock) => Ok(Self {
                path,
                _lock: lock,
                reaper,
                needed: Some(needed),
                left: false,
                uid: privileges::server_uid(user),
            }),
            Err(error) => {
                drop(needed);
                let _ = reaper.wait();
                Err(error)
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// From now on the reaper alone sees to the folder's end.
    pub(super) fn leave(&mut self) {
        self.left = true;
    }

    pub(super) fn is_left(&self) -> bool {
        self.left
    }

    /// Another holder of the pipe to the reaper.
    pub(super) fn needed(&self) -> io::Result<Stdio> {
        match &self.needed {
            Some(pipe) => Ok(pipe.try_clone()?.into()),
            None => Ok(Stdio::null()),
        }
    }

    /// Gives the folder itself to the server's account: the last step before the server starts,
    /// because from then on nothing under it can be trusted by root.
    pub(super) fn hand_over(&self, user: Option<&ServerUser>) -> io::Result<()> {
        match user {
            Some(user) => chown(&self.path, Some(user.uid), Some(user.gid)),
            None => Ok(()),
        }
    }

    /// Takes the folder back, so that root can read what lies under it and the account that wrote
    /// it can no longer change it.
    pub(super) fn take_back(&self, user: Option<&ServerUser>) -> io::Result<()> {
        match user {
            Some(_) => chown(&self.path, Some(0), Some(0)),
            None => Ok(()),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.needed.take());
        if self.left {
            return;
        }
        wait(&mut self.reaper, REAP_LIMIT);
        // Still there if somebody killed the reaper.
        if fs::symlink_metadata(&self.path).is_ok() {
            sweep::end(&self.path, self.uid);
        }
    }
}

/// Waits for the end of a process, within limits.
pub(super) fn wait(process: &mut Child, limit: Duration) {
    let until = Instant::now() + limit;
    while let Ok(None) = process.try_wait() {
        if Instant::now() >= until {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

/// The hasher's keys are random in each process, and different each time.
fn random_name() -> String {
    let mut number = RandomState::new().build_hasher().finish();
    let mut name = String::from(PREFIX);
    for _ in 0..NAME_LENGTH {
        let digits = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let digit = usize::try_from(number % digits.len() as u64).unwrap_or_default();
        name.push(char::from(digits[digit]));
        number /= digits.len() as u64;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ours_and_differ() {
        let names = [random_name(), random_name(), random_name()];
        assert!(names.iter().all(|name| sweep::is_name(name)), "{names:?}");
        assert!(names[0] != names[1] && names[1] != names[2], "{names:?}");
    }

    #[test]
    fn it_goes_when_it_is_dropped_even_if_the_reaper_was_killed() {
        let folder = Folder::create(None).unwrap();
        let path = folder.path().to_owned();
        fs::write(path.join("file"), "").unwrap();
        drop(folder);
        assert!(!path.exists());
        let mut folder = Folder::create(None).unwrap();
        let path = folder.path().to_owned();
        folder.reaper.kill().unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
