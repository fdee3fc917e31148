//! The folder of backups: private files that are whole or not there.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::manifest::{Manifest, VERSION};
use crate::digest::hex;
use crate::error::{Error, ExitCode};

/// The longest that a part of a file's name gets.
const LONGEST: usize = 60;

/// The folder of backups.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// A backup in the folder.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The dump.
    pub path: PathBuf,
    /// Its manifest; why it cannot be read, where it cannot.
    pub manifest: Result<Manifest, String>,
}

/// A file that is being written. It goes with the drop.
#[derive(Debug)]
pub struct Part {
    file: NamedTempFile,
    hasher: Sha256,
    bytes: u64,
}

impl Store {
    /// The folder, which need not be there.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Begins a file. A folder that is not there is made, for nobody else to look into and for no repository to take in.
    ///
    /// # Errors
    /// Exit 2 where nothing can be written there.
    pub fn begin(&self) -> Result<Part, Error> {
        self.make()
            .and_then(|()| temporary(&self.folder))
            .map(|file| Part {
                file,
                hasher: Sha256::new(),
                bytes: 0,
            })
            .map_err(|error| self.failed(&error))
    }

    fn make(&self) -> io::Result<()> {
        if self.folder.is_dir() {
            return Ok(());
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        fs::write(self.folder.join(".gitignore"), "# Backups hold data.\n*\n")
    }

    /// Whether others of this machine may look into the folder, which was there before.
    pub fn is_open(&self) -> bool {
        fs::metadata(&self.folder).is_ok_and(|folder| folder.permissions().mode() & 0o077 != 0)
    }

    /// Ends a file under its name (without `.dump`), with its manifest beside it. Says where.
    ///
    /// # Errors
    /// Exit 2 where nothing can be written there.
    pub fn finish(
        &self,
        mut part: Part,
        name: &str,
        mut manifest: Manifest,
    ) -> Result<PathBuf, Error> {
        let end = |manifest: &mut Manifest| -> io::Result<PathBuf> {
            part.file.as_file_mut().sync_all()?;
            let mut file = part.file;
            for number in 1..100 {
                let name = match number {
                    1 => format!("{name}.dump"),
                    _ => format!("{name}-{number}.dump"),
                };
                let path = self.folder.join(&name);
                match file.persist_noclobber(&path) {
                    Ok(_) => {
                        manifest.file = name;
                        write_beside(&path, manifest)?;
                        return Ok(path);
                    }
                    Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                        file = error.file;
                    }
                    Err(error) => return Err(error.error),
                }
            }
            Err(io::ErrorKind::AlreadyExists.into())
        };
        manifest.bytes = part.bytes;
        manifest.sha256 = hex(&part.hasher.clone().finalize());
        end(&mut manifest).map_err(|error| self.failed(&error))
    }

    /// All backups, the oldest first.
    ///
    /// # Errors
    /// Exit 2 where the folder cannot be read; one that is not there has none.
    pub fn all(&self) -> Result<Vec<Kept>, Error> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed(&error)),
        };
        let mut out: Vec<Kept> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e == "dump"))
            .map(|path| Kept::read(&path))
            .collect();
        let when = |kept: &Kept| match &kept.manifest {
            Ok(manifest) => manifest.created_at.clone(),
            Err(_) => String::new(),
        };
        out.sort_by_key(|kept| (when(kept), kept.path.clone()));
        Ok(out)
    }

    /// The backup that was named: a path, or a name in the folder. Without one the newest.
    ///
    /// # Errors
    /// Exit 2 where there is none, or its manifest cannot be read.
    pub fn find(&self, name: Option<&Path>) -> Result<(Kept, Manifest), Error> {
        let kept = match name {
            None => self.all()?.pop().ok_or_else(|| {
                Error::usage(format!("there is no backup in {}", self.folder.display()))
                    .help("`supaproof backup create` makes one.")
            })?,
            Some(name) => {
                let path = [name.to_owned(), self.folder.join(name)]
                    .into_iter()
                    .find(|path| path.is_file())
                    .ok_or_else(|| {
                        Error::usage(format!("there is no backup {}", name.display()))
                            .help("`supaproof backup list` shows what there is.")
                    })?;
                Kept::read(&path)
            }
        };
        match kept.manifest.clone() {
            Ok(manifest) => Ok((kept, manifest)),
            Err(reason) => Err(Error::usage(format!(
                "{} cannot be used: {reason}",
                kept.path.display()
            ))
            .help("pg_restore reads the dump without it.")),
        }
    }

    fn failed(&self, error: &io::Error) -> Error {
        Error::usage(format!(
            "cannot use the folder of backups {}: {error}",
            self.folder.display()
        ))
        .help("--backup-dir names another.")
    }
}

impl Kept {
    fn read(path: &Path) -> Self {
        let file = path.with_extension("json");
        let manifest = fs::read(&file)
            .map_err(|error| format!("its manifest {}: {error}", file.display()))
            .and_then(|text| {
                serde_json::from_slice::<Manifest>(&text)
                    .map_err(|error| format!("its manifest {}: {error}", file.display()))
            })
            .and_then(|manifest| match manifest.version {
                VERSION => Ok(manifest),
                other => Err(format!("its manifest is of version {other}")),
            });
        Self {
            path: path.to_owned(),
            manifest,
        }
    }

    /// Writes its manifest anew, beside the dump: under the name that the dump has now, whatever the manifest says of it.
    ///
    /// # Errors
    /// Those of writing.
    pub fn write(&self, manifest: &Manifest) -> io::Result<()> {
        let name = self.path.file_name().unwrap_or_default();
        let manifest = Manifest {
            file: name.to_string_lossy().into_owned(),
            ..manifest.clone()
        };
        write_beside(&self.path, &manifest)
    }

    /// The SHA-256 of the dump as it is now.
    ///
    /// # Errors
    /// Those of reading.
    pub fn sha256(&self) -> io::Result<String> {
        let mut hasher = Sha256::new();
        let mut file = File::open(&self.path)?;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hex(&hasher.finalize())),
                length => hasher.update(&buffer[..length]),
            }
        }
    }
}

impl Part {
    /// Adds bytes.
    ///
    /// # Errors
    /// Exit 4 where they cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| {
            let message = format!("cannot write the backup: {error}");
            Error::new(ExitCode::Unreachable, message)
        })
    }

    /// How many there are.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// A file that only its owner reads (0600): so the library makes them.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".part-")
        .tempfile_in(folder)
}

/// Writes a manifest beside its dump, in the place of the one that was there.
fn write_beside(dump: &Path, manifest: &Manifest) -> io::Result<()> {
    let folder = match dump.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = temporary(folder)?;
    let mut text = serde_json::to_vec_pretty(manifest)?;
    text.push(b'\n');
    file.write_all(&text)?;
    file.as_file().sync_all()?;
    file.persist(dump.with_extension("json"))?;
    // A name lasts when its folder does.
    File::open(folder)?.sync_all()
}

/// The name of a backup: target, time and suites, of characters that every file system takes.
pub fn name_for(target: &str, at: &str, suites: &str) -> String {
    let plain = |text: &str| -> String {
        let plain = |c: char| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') => c,
            _ => '_',
        };
        let text: String = text.chars().map(plain).take(LONGEST).collect();
        let text = text.trim_matches(['.', '_']);
        if text.is_empty() { "database" } else { text }.to_owned()
    };
    let at: String = at.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    format!("{}-{at}-{}", plain(target), plain(suites))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_suit_every_file_system() {
        assert_eq!(
            name_for("db.example.com/my app", "2026-11-21T21:00:00Z", "shop+öl"),
            "db.example.com_my_app-20261121T210000Z-shop__l"
        );
        assert_eq!(name_for("../..", "2026", "…"), "database-2026-database");
        assert_eq!(name_for(&"x".repeat(500), "", "").len(), LONGEST + 10);
    }

    #[test]
    fn files_are_private_and_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("a/backups"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let mut part = store.begin().unwrap();
        part.write(b"data").unwrap();
        assert_eq!(mode(store.folder()), 0o700);
        assert_eq!(mode(part.file.path()), 0o600);
        assert!(store.folder().join(".gitignore").is_file());
        assert!(!store.is_open());
        let path = part.file.path().to_owned();
        drop(part);
        assert!(!path.exists());
        assert!(store.all().unwrap().is_empty());
        assert!(
            store
                .find(None)
                .unwrap_err()
                .message()
                .contains("no backup")
        );
    }
}
