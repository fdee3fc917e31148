//! Data directories that are initialised once and copied for each start.
//!
//! `templates/KEY/` in the cache holds `data` and the file `complete`, which says how much `data`
//! must hold. It is renamed into place when it is whole. `templates/KEY.lock` is shared by those
//! who copy and held alone by the one who builds or removes.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Template;
use super::copy::{self, Extent, Plan, Rest};
use super::folder::Folder;
use super::lock::{self, Mode};
use super::paths;
use super::privileges::ServerUser;
use super::programs::{self, Programs};

/// Changes with what we ourselves put into a data directory: settings, arguments of initdb.
const OUR_REVISION: &str = "2";

/// Building takes seconds; who waits this long waits for something that hangs.
const LOCK_LIMIT: Duration = Duration::from_secs(300);

/// A template that another revision of the same programs has left is removed when it was not used
/// for so long. Shorter, and whoever goes back and forth between two revisions builds one each
/// time.
const OTHERS_UNUSED: Duration = Duration::from_secs(60 * 60);

/// Any other template.
const ALL_UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

const PLAN: Plan<'static> = Plan {
    owner: None,
    folders: 0o700,
    links: false,
    later: &[],
};

/// The databases template1 and template0, which a server does not look at before somebody makes a
/// database: more than half of all files.
///
/// Source: `Template1DbOid` and `Template0DbOid` in Postgres's pg_database.dat, since 15.
const LATER: [&str; 2] = ["base/1", "base/4"];

/// The place of one template in the cache.
#[derive(Clone, Debug)]
pub(super) struct Store {
    folder: PathBuf,
    /// `PLACE-IDENTITY-REVISION`, where PLACE is the programs' folder and IDENTITY their state.
    key: String,
}

/// Which template was copied: the same path may hold another one by the time when the copy turns
/// out to be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Store {
    pub(super) fn new(
        cache: &Path,
        programs: &Programs,
        template: &Template<'_>,
    ) -> io::Result<Self> {
        let mut parts: Vec<&[u8]> = vec![
            OUR_REVISION.as_bytes(),
            template.revision.as_bytes(),
            template.superuser.as_bytes(),
            template.database.as_bytes(),
        ];
        for (name, sql) in &template.scripts {
            parts.extend([name.as_bytes(), sql.as_bytes()]);
        }
        let place = programs::digest(&[programs.bin.as_os_str().as_encoded_bytes()]);
        let folder = cache.join("templates");
        paths::make_private(&folder)?;
        Ok(Self {
            folder,
            key: format!(
                "{place}-{}-{}",
                programs::identity(programs)?,
                programs::digest(&parts)
            ),
        })
    }

    fn path(&self) -> PathBuf {
        self.folder.join(&self.key)
    }

    fn lock(&self, mode: Mode) -> io::Result<File> {
        let path = self.folder.join(format!("{}.lock", self.key));
        lock::take(&path, mode, LOCK_LIMIT)?.ok_or_else(|| {
            io::Error::other(format!(
                "another supaproof has held {} for {} s",
                path.display(),
                LOCK_LIMIT.as_secs()
            ))
        })
    }

    /// Copies enough of the template to `to` for a server to start; `None` where there is none.
    pub(super) fn copy(
        &self,
        to: &Path,
        owner: Option<&ServerUser>,
    ) -> io::Result<Option<Copying>> {
        let lock = self.lock(Mode::Shared)?;
        let Some((stamp, extent)) = self.complete() else {
            return Ok(None);
        };
        // When it was last used.
        let _ = lock.set_modified(SystemTime::now());
        let plan = Plan {
            owner,
            later: &LATER,
            ..PLAN
        };
        match copy::begin(&self.path().join("data"), to, plan) {
            Ok(rest) => Ok(Some(Copying {
                rest,
                stamp,
                extent,
                lock,
            })),
            // Something in it is missing or cut short, or the copy failed for a reason of its own.
            Err(error) if self.is_whole() => Err(error),
            Err(_) => {
                if to.exists() {
                    fs::remove_dir_all(to)?;
                }
                Ok(None)
            }
        }
    }

    /// The right to build: alone, and only while there is none that is whole.
    pub(super) fn claim(&self) -> io::Result<Option<Claim>> {
        let lock = self.lock(Mode::Exclusive)?;
        if self.is_whole() {
            return Ok(None);
        }
        Ok(Some(Claim {
            store: self.clone(),
            _lock: lock,
        }))
    }

    /// Removes the template if it is still the one with this stamp: a server did not start on its
    /// copy.
    pub(super) fn discard(&self, stamp: Stamp) -> io::Result<()> {
        let _lock = self.lock(Mode::Exclusive)?;
        if self.complete().is_some_and(|(now, _)| now == stamp) {
            fs::remove_dir_all(self.path())?;
        }
        Ok(())
    }

    /// What the file `complete` says.
    fn complete(&self) -> Option<(Stamp, Extent)> {
        let path = self.path().join("complete");
        let metadata = fs::metadata(&path).ok()?;
        let text = fs::read_to_string(&path).ok()?;
        let (files, bytes) = text.trim_end().split_once(' ')?;
        let stamp = Stamp {
            inode: metadata.ino(),
            seconds: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec(),
        };
        let extent = Extent {
            files: files.parse().ok()?,
            bytes: bytes.parse().ok()?,
        };
        Some((stamp, extent))
    }

    fn is_whole(&self) -> bool {
        self.complete().is_some_and(|(_, extent)| {
            copy::extent(&self.path().join("data")).is_ok_and(|there| there == extent)
        })
    }

    /// Removes templates that nobody has used lately and nobody uses now.
    fn remove_unused(&self) {
        let place = self.key.split('-').next().unwrap_or_default();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(key) = name.strip_suffix(".lock") else {
                continue;
            };
            let limit = if key.starts_with(place) {
                OTHERS_UNUSED
            } else {
                ALL_UNUSED
            };
            let unused = |file: &File| {
                file.metadata()
                    .and_then(|metadata| metadata.modified())
                    .is_ok_and(|time| {
                        SystemTime::now()
                            .duration_since(time)
                            .is_ok_and(|age| age >= limit)
                    })
            };
            if key == self.key {
                continue;
            }
            if let Ok(Some(lock)) = lock::take_existing(&entry.path())
                && unused(&lock)
            {
                let other = Self {
                    folder: self.folder.clone(),
                    key: key.to_owned(),
                };
                let _ = fs::remove_dir_all(other.path());
                let _ = fs::remove_dir_all(other.half());
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Where a template is put together. Only the holder of the lock touches it.
    fn half(&self) -> PathBuf {
        self.folder.join(format!(".{}", self.key))
    }
}

/// A copy that suffices for a server to start.
#[derive(Debug)]
pub(super) struct Copying {
    rest: Rest,
    stamp: Stamp,
    extent: Extent,
    /// Shared: nobody may remove the template meanwhile.
    lock: File,
}

impl Copying {
    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Copies the rest. Says whether the template was as whole as it was when it was built.
    pub(super) fn finish(self) -> io::Result<bool> {
        let copied = self.rest.finish()?;
        drop(self.lock);
        Ok(copied == self.extent)
    }
}

/// The right to build a template.
#[derive(Debug)]
pub(super) struct Claim {
    store: Store,
    _lock: File,
}

impl Claim {
    /// Keeps the data directory of a server that was stopped cleanly.
    pub(super) fn keep(self, folder: &Folder, user: Option<&ServerUser>) -> io::Result<()> {
        folder.take_back(user)?;
        let (half, whole) = (self.store.half(), self.store.path());
        for old in [&half, &whole] {
            if old.exists() {
                fs::remove_dir_all(old)?;
            }
        }
        paths::make_private(&half)?;
        let extent = copy::tree(&folder.path().join("data"), &half.join("data"), PLAN)?;
        fs::write(
            half.join("complete"),
            format!("{} {}\n", extent.files, extent.bytes),
        )?;
        fs::rename(&half, &whole)?;
        self.store.remove_unused();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(cache: &Path, key: &str) -> Store {
        let folder = cache.join("templates");
        paths::make_private(&folder).unwrap();
        Store {
            folder,
            key: key.to_owned(),
        }
    }

    fn build(store: &Store) {
        let folder = Folder::create(None).unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::write(folder.path().join("data/PG_VERSION"), "15\n").unwrap();
        store.claim().unwrap().unwrap().keep(&folder, None).unwrap();
    }

    #[test]
    fn what_is_cut_short_is_noticed_and_may_be_built_again() {
        let cache = tempfile::tempdir().unwrap();
        let store = store(cache.path(), "place-identity-one");
        let to = cache.path().join("copy");
        assert!(store.copy(&to, None).unwrap().is_none());
        build(&store);
        assert!(store.claim().unwrap().is_none());
        let copying = store.copy(&to, None).unwrap().unwrap();
        let stamp = copying.stamp();
        assert!(copying.finish().unwrap());
        fs::remove_dir_all(&to).unwrap();
        fs::write(store.path().join("data/PG_VERSION"), "").unwrap();
        let copying = store.copy(&to, None).unwrap().unwrap();
        assert!(!copying.finish().unwrap());
        build(&store);
        fs::remove_dir_all(&to).unwrap();
        let again = store.copy(&to, None).unwrap().unwrap().stamp();
        assert_ne!(stamp, again);
        // The stamp of the one before removes nothing.
        store.discard(stamp).unwrap();
        assert!(store.is_whole());
        store.discard(again).unwrap();
        assert!(!store.is_whole());
    }

    #[test]
    fn old_templates_go_when_nobody_uses_them() {
        let cache = tempfile::tempdir().unwrap();
        let hours_ago = SystemTime::now() - 2 * OTHERS_UNUSED;
        let [old, used, fresh, elsewhere, new] = [
            "place-a-old",
            "place-a-used",
            "place-a-fresh",
            "other-a-old",
            "place-a-new",
        ]
        .map(|key| store(cache.path(), key));
        for store in [&old, &used, &fresh, &elsewhere] {
            build(store);
        }
        for store in [&old, &used, &elsewhere] {
            store
                .lock(Mode::Shared)
                .unwrap()
                .set_modified(hours_ago)
                .unwrap();
        }
        let in_use = used.lock(Mode::Shared).unwrap();
        build(&new);
        let there = [&old, &used, &fresh, &elsewhere, &new].map(|store| store.is_whole());
        assert_eq!(there, [false, true, true, true, true]);
        drop(in_use);
    }
}
