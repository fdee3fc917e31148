//! What libpq asks of the system, so that tests can answer instead.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// The answers.
pub(super) struct System<'a> {
    /// The name of the user whom we run as.
    pub(super) user: &'a dyn Fn() -> Option<String>,
    pub(super) exists: &'a dyn Fn(&Path) -> bool,
    pub(super) read: &'a dyn Fn(&Path) -> io::Result<TextFile>,
}

/// A file that was read.
pub(super) struct TextFile {
    pub(super) text: String,
    /// Its permissions.
    pub(super) mode: u32,
}

/// No settings file is that long.
const LONGEST: u64 = 16 << 20;

impl System<'static> {
    /// This machine.
    pub(super) fn real() -> Self {
        Self {
            user: &|| {
                let user = nix::unistd::User::from_uid(nix::unistd::geteuid());
                user.ok().flatten().map(|user| user.name)
            },
            exists: &|path| path.exists(),
            read: &read,
        }
    }
}

/// Reads a plain file: a pipe or a device might never end.
fn read(path: &Path) -> io::Result<TextFile> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a plain file"));
    }
    if metadata.size() > LONGEST {
        return Err(io::Error::other("it is too long"));
    }
    Ok(TextFile {
        text: String::from_utf8_lossy(&fs::read(path)?).into_owned(),
        mode: metadata.permissions().mode(),
    })
}
