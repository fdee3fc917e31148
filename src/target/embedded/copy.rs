//! Copies a folder of many small files quickly, and a part of it beside other work.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown, lchown,
    symlink,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

use super::privileges::ServerUser;

/// More threads than this gain nothing: the file system is the limit.
const THREADS: usize = 4;

/// Most files of a data directory are one or two pages of 8 KiB.
const BUFFER: usize = 64 * 1024;

/// How much a folder holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// How to copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan<'a> {
    /// Who is to own the copy; `None`: we.
    pub(super) owner: Option<&'a ServerUser>,
    /// The mode of its folders.
    pub(super) folders: u32,
    /// Whether links may be in it. Else the first one is an error.
    pub(super) links: bool,
    /// Folders, by their paths in it, whose files [`Rest::finish`] copies.
    pub(super) later: &'a [&'a str],
}

/// The files that are still to be copied, into folders that are there already.
///
/// Somebody else may own those folders by now: they are held open, and nothing is followed.
#[must_use = "the copy is not whole before it is finished"]
#[derive(Debug)]
pub(super) struct Rest {
    folders: Vec<(PathBuf, OwnedFd)>,
    /// The place of its folder, and its name.
    files: Vec<(usize, OsString)>,
    owner: Option<(u32, u32)>,
    done: Extent,
}

/// Copies what is in `from` into the new folder `to`.
pub(super) fn tree(from: &Path, to: &Path, plan: Plan<'_>) -> io::Result<Extent> {
    begin(from, to, Plan { later: &[], ..plan })?.finish()
}

/// Copies all but the files of the folders that have time, and makes those folders.
pub(super) fn begin(from: &Path, to: &Path, plan: Plan<'_>) -> io::Result<Rest> {
    let mut walk = Walk::default();
    walk.folder(from, PathBuf::new(), plan.links)?;
    let owner = plan.owner.map(|owner| (owner.uid, owner.gid));
    for folder in &walk.folders {
        DirBuilder::new()
            .mode(plan.folders)
            .create(to.join(folder))?;
    }
    for link in &walk.links {
        symlink(fs::read_link(from.join(link))?, to.join(link))?;
    }
    let mut rest = Rest {
        folders: Vec::new(),
        files: Vec::new(),
        owner,
        done: Extent::default(),
    };
    for folder in plan.later {
        let Some(place) = walk.folders.iter().position(|f| f == Path::new(folder)) else {
            continue;
        };
        let made = OpenOptions::new()
            .read(true)
            .custom_flags((OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW).bits())
            .open(to.join(folder))?;
        let held = rest.folders.len();
        rest.folders.push((from.join(folder), made.into()));
        let later = walk.files.extract_if(.., |(of, _)| *of == place);
        rest.files.extend(later.map(|(_, name)| (held, name)));
    }
    rest.done = each(&walk.files, |(folder, name), buffer| {
        let path = walk.folders[*folder].join(name);
        copy_file(&from.join(&path), owner, buffer, |mode| {
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(mode)
                .open(to.join(&path))
        })
    })?;
    if let Some((uid, gid)) = owner {
        for path in walk.folders.iter().chain(&walk.links) {
            lchown(to.join(path), Some(uid), Some(gid))?;
        }
    }
    Ok(rest)
}

impl Rest {
    /// Copies what was left, and says how much the whole copy holds.
    pub(super) fn finish(self) -> io::Result<Extent> {
        let rest = each(&self.files, |(place, name), buffer| {
            let (from, to) = &self.folders[*place];
            copy_file(&from.join(name), self.owner, buffer, |mode| {
                let flags = OFlag::O_WRONLY
                    | OFlag::O_CREAT
                    | OFlag::O_EXCL
                    | OFlag::O_NOFOLLOW
                    | OFlag::O_CLOEXEC;
                let mode = Mode::from_bits_truncate(mode);
                Ok(File::from(openat(to, name.as_os_str(), flags, mode)?))
            })
        })?;
        Ok(Extent {
            files: self.done.files + rest.files,
            bytes: self.done.bytes + rest.bytes,
        })
    }
}

/// Does the work of every file, in a few threads, and adds up the bytes.
fn each<T: Sync>(
    files: &[T],
    copy: impl Fn(&T, &mut [u8]) -> io::Result<u64> + Sync,
) -> io::Result<Extent> {
    let next = AtomicUsize::new(0);
    let bytes = AtomicU64::new(0);
    let work = || -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            bytes.fetch_add(copy(file, &mut buffer)?, Ordering::Relaxed);
        }
        Ok(())
    };
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(THREADS));
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(files.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let mut result = work();
        for other in others {
            let ended = other
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a thread that copies panicked")));
            result = result.and(ended);
        }
        result
    })?;
    Ok(Extent {
        files: files.len() as u64,
        bytes: bytes.into_inner(),
    })
}

/// Copies one file with its mode, and says how many bytes it has.
fn copy_file(
    from: &Path,
    owner: Option<(u32, u32)>,
    buffer: &mut [u8],
    create: impl FnOnce(u32) -> io::Result<File>,
) -> io::Result<u64> {
    let mut source = File::open(from)?;
    let metadata = source.metadata()?;
    let mode = metadata.mode() & 0o777;
    let mut target = create(mode)?;
    let mut bytes = 0;
    // A file that is as long as it says needs no read to learn that it ends.
    while bytes < metadata.len() {
        let read = match source.read(buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        target.write_all(&buffer[..read])?;
        bytes += read as u64;
    }
    // Our umask may have taken something away.
    if mode & 0o077 != 0 {
        target.set_permissions(fs::Permissions::from_mode(mode))?;
    }
    if let Some((uid, gid)) = owner {
        fchown(&target, Some(uid), Some(gid))?;
    }
    Ok(bytes)
}

/// How much is in `folder`, without copying it.
pub(super) fn extent(folder: &Path) -> io::Result<Extent> {
    let mut walk = Walk::default();
    walk.folder(folder, PathBuf::new(), true)?;
    let mut bytes = 0;
    for file in &walk.files {
        let path = folder.join(&walk.folders[file.0]).join(&file.1);
        bytes += fs::symlink_metadata(path)?.len();
    }
    Ok(Extent {
        files: walk.files.len() as u64,
        bytes,
    })
}

/// Paths below a folder, each folder before what is in it.
#[derive(Default)]
struct Walk {
    folders: Vec<PathBuf>,
    /// The place of their folder, and their name.
    files: Vec<(usize, OsString)>,
    links: Vec<PathBuf>,
}

impl Walk {
    fn folder(&mut self, root: &Path, below: PathBuf, links: bool) -> io::Result<()> {
        let path = root.join(&below);
        let place = self.folders.len();
        self.folders.push(below.clone());
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let name = below.join(entry.file_name());
            if kind.is_dir() {
                self.folder(root, name, links)?;
            } else if kind.is_file() {
                self.files.push((place, entry.file_name()));
            } else if kind.is_symlink() && links {
                self.links.push(name);
            } else {
                return Err(io::Error::other(format!(
                    "{} is neither a file nor a folder",
                    entry.path().display()
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Plan<'static> = Plan {
        owner: None,
        folders: 0o700,
        links: false,
        later: &[],
    };

    #[test]
    fn copies_everything_and_counts_it() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        fs::create_dir_all(from.join("a/b/empty")).unwrap();
        for number in 0..50 {
            fs::write(from.join(format!("a/b/{number}")), "x".repeat(number)).unwrap();
        }
        let to = folder.path().join("to");
        let copied = tree(&from, &to, PLAN).unwrap();
        assert_eq!(
            copied,
            Extent {
                files: 50,
                bytes: 49 * 50 / 2
            }
        );
        assert_eq!(extent(&to).unwrap(), copied);
        assert_eq!(fs::read(to.join("a/b/7")).unwrap(), b"xxxxxxx");
        assert!(to.join("a/b/empty").is_dir());
    }

    #[test]
    fn what_has_time_is_copied_into_the_folder_that_was_made() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for below in ["base/1", "base/5"] {
            fs::create_dir_all(from.join(below)).unwrap();
            fs::write(from.join(below).join("file"), below).unwrap();
        }
        let plan = Plan {
            later: &["base/1", "absent"],
            ..PLAN
        };
        let rest = begin(&from, &to, plan).unwrap();
        assert_eq!(
            fs::read_to_string(to.join("base/5/file")).unwrap(),
            "base/5"
        );
        assert_eq!(fs::read_dir(to.join("base/1")).unwrap().count(), 0);
        // Who owns the copy by now may put anything in the folder's place.
        fs::rename(to.join("base/1"), to.join("moved")).unwrap();
        let trap = folder.path().join("trap");
        fs::create_dir(&trap).unwrap();
        symlink(&trap, to.join("base/1")).unwrap();
        assert_eq!(rest.finish().unwrap(), extent(&from).unwrap());
        assert_eq!(fs::read_to_string(to.join("moved/file")).unwrap(), "base/1");
        assert_eq!(fs::read_dir(&trap).unwrap().count(), 0);
    }

    #[test]
    fn nothing_that_lies_in_the_way_is_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("later")).unwrap();
        fs::write(from.join("later/file"), "new").unwrap();
        let plan = Plan {
            later: &["later"],
            ..PLAN
        };
        let rest = begin(&from, &to, plan).unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, "old").unwrap();
        symlink(&victim, to.join("later/file")).unwrap();
        let refused = rest.finish().unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "old");
    }

    #[test]
    fn modes_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        fs::create_dir(&from).unwrap();
        for (name, mode) in [("program", 0o755), ("secret", 0o600)] {
            fs::write(from.join(name), name).unwrap();
            fs::set_permissions(from.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        let to = folder.path().join("to");
        tree(&from, &to, PLAN).unwrap();
        for (name, mode) in [("program", 0o755), ("secret", 0o600)] {
            let copied = fs::metadata(to.join(name)).unwrap();
            assert_eq!(copied.mode() & 0o777, mode, "{name}");
        }
    }

    #[test]
    fn a_link_is_followed_by_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        fs::create_dir(&from).unwrap();
        symlink("/etc/passwd", from.join("link")).unwrap();
        let refused = tree(&from, &folder.path().join("to"), PLAN).unwrap_err();
        assert!(refused.to_string().contains("neither a file"), "{refused}");
        let plan = Plan {
            links: true,
            ..PLAN
        };
        tree(&from, &folder.path().join("linked"), plan).unwrap();
        let link = fs::read_link(folder.path().join("linked/link")).unwrap();
        assert_eq!(link, Path::new("/etc/passwd"));
    }
}
