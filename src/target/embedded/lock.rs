//! Locks between processes. The kernel lets go of them when their holder dies, however it dies.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a lock that another process holds is tried again.
const PAUSE: Duration = Duration::from_millis(5);

/// Who else may hold the lock at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Others that share it.
    Shared,
    /// Nobody.
    Exclusive,
}

/// Takes the lock on the file at `path`, which is made where it is missing. `None` where another
/// process held it for all of `limit`.
pub(super) fn take(path: &Path, mode: Mode, limit: Duration) -> io::Result<Option<File>> {
    let until = Instant::now() + limit;
    loop {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
            .open(path)?;
        if try_lock(&file, mode)? {
            // The holder before us may have removed the file: then this is a lock on nothing.
            if is_at(&file, path)? {
                return Ok(Some(file));
            }
            continue;
        }
        if Instant::now() >= until {
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Takes the lock if the file is there and nobody holds it.
pub(super) fn take_existing(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
        .open(path)?;
    Ok((try_lock(&file, Mode::Exclusive)? && is_at(&file, path)?).then_some(file))
}

fn try_lock(file: &File, mode: Mode) -> io::Result<bool> {
    let tried = match mode {
        Mode::Shared => file.try_lock_shared(),
        Mode::Exclusive => file.try_lock(),
    };
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(there) => Ok((held.dev(), held.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_excludes_the_other_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = take(&path, Mode::Exclusive, Duration::ZERO)
            .unwrap()
            .unwrap();
        assert!(
            take(&path, Mode::Shared, Duration::from_millis(20))
                .unwrap()
                .is_none()
        );
        assert!(take_existing(&path).unwrap().is_none());
        drop(held);
        let one = take(&path, Mode::Shared, Duration::ZERO).unwrap().unwrap();
        let two = take(&path, Mode::Shared, Duration::ZERO).unwrap().unwrap();
        assert!(take_existing(&path).unwrap().is_none());
        drop((one, two));
        assert!(take_existing(&path).unwrap().is_some());
    }

    #[test]
    fn a_lock_on_a_file_that_was_removed_meanwhile_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = take(&path, Mode::Exclusive, Duration::ZERO)
            .unwrap()
            .unwrap();
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || {
                take(&path, Mode::Exclusive, Duration::from_secs(10))
                    .unwrap()
                    .unwrap()
            }
        });
        std::thread::sleep(Duration::from_millis(50));
        fs::remove_file(&path).unwrap();
        drop(held);
        let lock = waiting.join().unwrap();
        assert!(is_at(&lock, &path).unwrap());
    }
}
