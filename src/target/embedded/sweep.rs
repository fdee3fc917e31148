//! Folders that nobody minds any more: their program and its supervisor were both killed.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

use super::lock;
use super::paths::{self, NAME_LENGTH, PORT, PREFIX};
use super::privileges::{self, ServerUser};

/// How long a server may take to end after SIGQUIT (Postgres gives its children 5 s).
const END_LIMIT: Duration = Duration::from_secs(7);

/// How old an empty folder must be: a younger one may be about to get its lock.
const EMPTY_FOR: Duration = Duration::from_secs(60);

/// Ends the servers and removes the folders that no living supaproof holds. Never one that is held,
/// never one of somebody else.
pub(super) fn all(user: Option<&ServerUser>) {
    for base in paths::all_bases() {
        for entry in fs::read_dir(&base).into_iter().flatten().flatten() {
            if is_name(&entry.file_name().to_string_lossy()) {
                one(&entry.path(), user);
            }
        }
    }
}

/// Names as we make them.
pub(super) fn is_name(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|random| {
        random.len() == NAME_LENGTH && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn one(path: &Path, user: Option<&ServerUser>) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return;
    };
    let uid = metadata.uid();
    let ours = uid == geteuid().as_raw() || uid == privileges::server_uid(user);
    if !metadata.is_dir() || !ours {
        return;
    }
    match lock::take_existing(&path.join("lock")) {
        // Held until the folder is gone, so that two sweeps do not meet.
        Ok(Some(_lock)) => end(path, uid),
        Ok(None) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let age = metadata
                .modified()
                .ok()
                .and_then(|time| SystemTime::now().duration_since(time).ok());
            if age.is_some_and(|age| age > EMPTY_FOR) {
                // Only an empty one.
                let _ = fs::remove_dir(path);
            }
        }
        Err(_) => {}
    }
}

/// Ends the server in a folder, whose account is `uid`, and removes the folder.
pub(super) fn end(path: &Path, uid: u32) {
    let socket = path.join(format!(".s.PGSQL.{PORT}"));
    if let Some(server) = listener(&socket, uid)
        && recorded(path) == Some(server)
        && kill(Pid::from_raw(server), Signal::SIGQUIT).is_ok()
    {
        let until = Instant::now() + END_LIMIT;
        while recorded(path) == Some(server) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    // A server that could not be told ends by itself within a minute after its folder is gone.
    for _ in 0..20 {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(10));
            }
            _ => break,
        }
    }
}

/// The process that listens on the socket, as the kernel knows it: a number from a file could be
/// anybody's by now.
fn listener(socket: &Path, uid: u32) -> Option<i32> {
    if !fs::symlink_metadata(socket).ok()?.file_type().is_socket() {
        return None;
    }
    let stream = UnixStream::connect(socket).ok()?;
    stream.set_nonblocking(true).ok()?;
    let runtime = tokio::runtime::Handle::try_current().ok()?;
    let _entered = runtime.enter();
    let peer = tokio::net::UnixStream::from_std(stream)
        .ok()?
        .peer_cred()
        .ok()?;
    peer.pid().filter(|&pid| pid > 1 && peer.uid() == uid)
}

/// The process that the server's own file names.
fn recorded(path: &Path) -> Option<i32> {
    let text = fs::read_to_string(path.join("data/postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_as_we_make_them() {
        assert!(is_name("supaproof-aB3dE6gH"));
        for name in [
            "supaproof-",
            "supaproof-cache-0",
            "supaproof-aB3dE6gHi",
            "supaproof-aB3dE6g_",
            "other-aB3dE6gH",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn a_held_folder_and_a_young_one_stay() {
        let base = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = base.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let (held, free, young) = (folder("held"), folder("free"), folder("young"));
        let lock = lock::take(&held.join("lock"), lock::Mode::Exclusive, Duration::ZERO).unwrap();
        fs::write(free.join("lock"), "").unwrap();
        for path in [&held, &free, &young] {
            one(path, None);
        }
        assert!(held.exists() && young.exists() && !free.exists());
        drop(lock);
        one(&held, None);
        assert!(!held.exists());
    }
}
