//! Copies a folder of many small files quickly.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, lchown, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::privileges::ServerUser;

/// More threads than this gain nothing: the file system is the limit.
const THREADS: usize = 4;

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
}

/// Copies what is in `from` into the new folder `to`.
///
/// The standard library's copy clones on file systems that can (APFS, Btrfs, XFS) and stays in the
/// kernel on Linux.
pub(super) fn tree(from: &Path, to: &Path, plan: Plan<'_>) -> io::Result<Extent> {
    let mut walk = Walk::default();
    walk.folder(from, PathBuf::new(), plan.links)?;
    let make = |folder: &Path| fs::DirBuilder::new().mode(plan.folders).create(folder);
    for folder in &walk.folders {
        make(&to.join(folder))?;
    }
    for link in &walk.links {
        symlink(fs::read_link(from.join(link))?, to.join(link))?;
    }
    let next = AtomicUsize::new(0);
    let bytes = AtomicU64::new(0);
    let files = &walk.files;
    let work = || -> io::Result<()> {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let target = to.join(file);
            let copied = fs::copy(from.join(file), &target)?;
            bytes.fetch_add(copied, Ordering::Relaxed);
            if let Some(owner) = plan.owner {
                lchown(&target, Some(owner.uid), Some(owner.gid))?;
            }
        }
        Ok(())
    };
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(THREADS));
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut result = work();
        for other in others {
            let ended = other
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a thread that copies panicked")));
            result = result.and(ended);
        }
        result
    })?;
    if let Some(owner) = plan.owner {
        for path in walk.folders.iter().chain(&walk.links) {
            lchown(to.join(path), Some(owner.uid), Some(owner.gid))?;
        }
    }
    Ok(Extent {
        files: files.len() as u64,
        bytes: bytes.into_inner(),
    })
}

/// How much is in `folder`, without copying it.
pub(super) fn extent(folder: &Path) -> io::Result<Extent> {
    let mut walk = Walk::default();
    walk.folder(folder, PathBuf::new(), true)?;
    let mut bytes = 0;
    for file in &walk.files {
        bytes += fs::symlink_metadata(folder.join(file))?.len();
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
    files: Vec<PathBuf>,
    links: Vec<PathBuf>,
}

impl Walk {
    fn folder(&mut self, root: &Path, below: PathBuf, links: bool) -> io::Result<()> {
        let path = root.join(&below);
        self.folders.push(below.clone());
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let name = below.join(entry.file_name());
            if kind.is_dir() {
                self.folder(root, name, links)?;
            } else if kind.is_file() {
                self.files.push(name);
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
