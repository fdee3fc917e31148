//! Where things lie: the cache, and the private folder of a running cluster.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy as _;
use nix::unistd::geteuid;

use super::lock::{self, Mode};
use super::privileges::{Bits, ServerUser};
use crate::error::{Error, ExitCode};

/// What the names of our private folders begin with.
pub(super) const PREFIX: &str = "supaproof-";

/// Random characters after [`PREFIX`].
const RANDOM: usize = 8;

/// The port in the socket's name. No TCP port is opened.
pub(super) const PORT: u16 = 5432;

/// Bytes that the path of a socket may have: `sun_path` of macOS and the BSDs holds 104 with the closing zero (Linux 108).
const LONGEST_SOCKET: usize = 103;

/// The private folder of one cluster: socket, data and log, for the server's account only. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// Held as long as we live, and by the supervisor as long as it lives. Free means stale.
    pub(super) lock: File,
}

impl Folder {
    /// Makes one, owned by us. [`Folder::hand_over`] gives it to the server's account.
    pub(super) fn create(user: Option<&ServerUser>) -> Result<Self, Error> {
        let mut refused = Vec::new();
        for base in bases() {
            match suits(&base, user).and_then(|()| Self::create_in(&base)) {
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

    fn create_in(base: &Path) -> Result<Self, String> {
        // A sweep can meet the folder between its making and its locking.
        for _ in 0..8 {
            let path = tempfile::Builder::new()
                .prefix(PREFIX)
                .rand_bytes(RANDOM)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(base)
                .map_err(|error| error.to_string())?
                .keep();
            if let Ok(Some(lock)) = lock::take(&path.join("lock"), Mode::Exclusive, Duration::ZERO)
            {
                return Ok(Self { path, lock });
            }
            let _ = fs::remove_dir_all(&path);
        }
        Err("cannot lock a file in it".to_owned())
    }

    /// Gives the folder itself to the server's account: the last step before the server starts, because from then on nothing
    /// under it can be trusted by root.
    pub(super) fn hand_over(&self, user: Option<&ServerUser>) -> io::Result<()> {
        match user {
            Some(user) => chown(&self.path, Some(user.uid), Some(user.gid)),
            None => Ok(()),
        }
    }

    /// Takes the folder back, so that root can read what lies under it and the account that wrote it can no longer change it.
    pub(super) fn take_back(&self, user: Option<&ServerUser>) -> io::Result<()> {
        match user {
            Some(_) => chown(&self.path, Some(0), Some(0)),
            None => Ok(()),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The supervisor has removed it, unless none was started.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Folders for temporary files, in the order in which they are tried.
pub(super) fn bases() -> Vec<PathBuf> {
    let mut bases = vec![std::env::temp_dir()];
    for base in ["/tmp", "/var/tmp"] {
        if !bases.iter().any(|known| known == Path::new(base)) {
            bases.push(PathBuf::from(base));
        }
    }
    bases
}

/// Whether a socket in a private folder in `base` can be made and reached, else why not.
fn suits(base: &Path, user: Option<&ServerUser>) -> Result<(), String> {
    let socket = format!("/{PREFIX}{}/.s.PGSQL.{PORT}", "x".repeat(RANDOM));
    let text = base.to_str().ok_or("its path is not UTF-8")?;
    if !base.is_absolute() {
        return Err("its path is relative".to_owned());
    }
    // `unix_socket_directories` is a list separated by commas.
    if text.contains([',', '"', '\n']) {
        return Err("its path has a comma, a quotation mark or a line break".to_owned());
    }
    let length = text.trim_end_matches('/').len() + socket.len();
    if length > LONGEST_SOCKET {
        return Err(format!(
            "the path of the socket would have {length} bytes, and {LONGEST_SOCKET} is the limit"
        ));
    }
    let metadata = fs::metadata(base).map_err(|error| error.to_string())?;
    if !metadata.is_dir() {
        return Err("not a folder".to_owned());
    }
    if let Some(user) = user {
        let stopped = user.stopped_at(base).map_err(|error| error.to_string())?;
        if stopped.is_some() || !user.may(Bits::WRITE_TRAVERSE, &metadata) {
            return Err(format!(
                "the account {}, which runs the server in root's place, cannot write there",
                user.name
            ));
        }
    }
    Ok(())
}

/// The cache folder, made where it is missing.
///
/// Without a setting it is `supaproof` in the user's own cache folder. Where there is none that belongs to us (no home, a home that belongs to
/// somebody else, as under `sudo` or in a container) it is one in the folder for temporary files.
pub(super) fn cache_dir(setting: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(setting) = setting {
        let made = make_private(setting).and_then(|()| setting.canonicalize());
        return made.map_err(|error| {
            Error::usage(format!(
                "cannot use the cache folder {}: {error}",
                setting.display()
            ))
            .help("Set SUPAPROOF_CACHE_DIR to a folder that you can write to.")
        });
    }
    if let Ok(strategy) = etcetera::choose_base_strategy() {
        let cache = strategy.cache_dir().join("supaproof");
        if ours(&cache) && make_private(&cache).is_ok() {
            return Ok(cache);
        }
    }
    let uid = geteuid().as_raw();
    let cache = std::env::temp_dir().join(format!("supaproof-cache-{uid}"));
    let made = make_private(&cache).and_then(|()| fs::symlink_metadata(&cache));
    match made {
        // Anybody can make a folder of this name there.
        Ok(there) if there.is_dir() && there.uid() == uid && there.mode() & 0o077 == 0 => Ok(cache),
        Ok(_) => Err(Error::usage(format!(
            "the cache folder {} belongs to somebody else",
            cache.display()
        ))),
        Err(error) => Err(Error::usage(format!(
            "cannot make the cache folder {}: {error}",
            cache.display()
        ))),
    }
    .map_err(|error| error.help("Set SUPAPROOF_CACHE_DIR to a folder that you can write to."))
}

/// Makes a folder, and those above it, for us alone.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Whether the nearest folder that exists belongs to us.
fn ours(path: &Path) -> bool {
    path.ancestors()
        .find_map(|folder| fs::metadata(folder).ok())
        .is_some_and(|metadata| metadata.uid() == geteuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_refused_by_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(suits(folder.path(), None), Ok(()));
        let long = folder.path().join("x".repeat(80));
        assert!(suits(&long, None).unwrap_err().contains("is the limit"));
        assert!(
            suits(&folder.path().join("a,b"), None)
                .unwrap_err()
                .contains("comma")
        );
        assert!(
            suits(Path::new("tmp"), None)
                .unwrap_err()
                .contains("relative")
        );
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(suits(&file, None).unwrap_err(), "not a folder");
    }

    #[test]
    fn the_longest_base_still_fits_a_socket() {
        let socket = PREFIX.len() + RANDOM + "//.s.PGSQL.5432".len();
        let base = format!("/{}", "x".repeat(LONGEST_SOCKET - socket - 1));
        // It does not exist: any other reason than its length.
        assert!(!suits(Path::new(&base), None).unwrap_err().contains("limit"));
        assert!(
            suits(Path::new(&format!("{base}x")), None)
                .unwrap_err()
                .contains("limit")
        );
    }

    #[test]
    fn the_server_account_must_be_able_to_write() {
        let folder = tempfile::tempdir().unwrap();
        let stranger = ServerUser {
            name: "stranger".to_owned(),
            uid: 54_321,
            gid: 54_321,
        };
        let reason = suits(folder.path(), Some(&stranger)).unwrap_err();
        assert!(reason.contains("stranger"), "{reason}");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(suits(folder.path(), Some(&stranger)), Ok(()));
    }
}
