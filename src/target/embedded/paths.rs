//! Where things may lie: the cache, and the private folders of running clusters.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use nix::unistd::geteuid;

use super::privileges::{Bits, ServerUser};
use crate::error::Error;

/// What the names of our private folders begin with.
pub(super) const PREFIX: &str = "supaproof-";

/// Random characters after [`PREFIX`].
pub(super) const NAME_LENGTH: usize = 8;

/// The port in the socket's name. No TCP port is opened.
pub(super) const PORT: u16 = 5432;

/// Bytes that the path of a socket may have: `sun_path` of macOS and the BSDs holds 104 with the
/// closing zero (Linux 108).
const LONGEST_SOCKET: usize = 103;

/// Linux's folder in memory. A thousand small files are made and removed there several times faster
/// than on a disk, and no disk is written for what is thrown away.
const MEMORY: &str = "/dev/shm";

/// What must be free in [`MEMORY`]: a cluster takes 40 MB and what the schema fills it with.
/// Containers often have 64 MB in all.
const MEMORY_FREE: u64 = 1 << 30;

/// Folders for temporary files, in the order in which they are tried: what `TMPDIR` says, else
/// memory, then the usual ones.
pub(super) fn bases() -> Vec<PathBuf> {
    let told = std::env::var_os("TMPDIR").is_some_and(|told| !told.is_empty());
    let free = memory_free();
    let mut bases = all_bases();
    if told || free < MEMORY_FREE {
        bases.retain(|base| base != Path::new(MEMORY));
    }
    bases
}

#[cfg(target_os = "linux")]
fn memory_free() -> u64 {
    nix::sys::statvfs::statvfs(MEMORY).map_or(0, |memory| {
        memory
            .blocks_available()
            .saturating_mul(memory.fragment_size())
    })
}

#[cfg(not(target_os = "linux"))]
fn memory_free() -> u64 {
    0
}

/// All folders that may hold private folders of ours.
pub(super) fn all_bases() -> Vec<PathBuf> {
    let mut bases = vec![std::env::temp_dir()];
    if cfg!(target_os = "linux") {
        bases.insert(0, PathBuf::from(MEMORY));
    }
    for base in ["/tmp", "/var/tmp"] {
        if !bases.iter().any(|known| known == Path::new(base)) {
            bases.push(PathBuf::from(base));
        }
    }
    bases
}

/// Whether a socket in a private folder in `base` can be made and reached, else why not.
pub(super) fn suits(base: &Path, user: Option<&ServerUser>) -> Result<(), String> {
    let socket = format!("/{PREFIX}{}/.s.PGSQL.{PORT}", "x".repeat(NAME_LENGTH));
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
/// Without a setting it is `supaproof` in the user's own cache folder. Where there is none that
/// belongs to us (no home, a home that belongs to somebody else, as under `sudo` or in a container)
/// it is one in the folder for temporary files.
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
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

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
        let socket = PREFIX.len() + NAME_LENGTH + "//.s.PGSQL.5432".len();
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
