//! New files in somebody's project: none is written over.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::error::Error;

/// Says beforehand that a file cannot be written, as far as that can be seen: better now than after everything has run.
pub(super) fn may_write(path: &Path, overwrite: bool) -> Result<(), Error> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if path.is_dir() {
        return Err(failed(path, "it is a folder"));
    }
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(failed(
            path,
            &format!("there is no folder {}", folder.display()),
        ));
    }
    match overwrite {
        false if path.symlink_metadata().is_ok() => Err(there_already(path)),
        _ => Ok(()),
    }
}

/// Writes a file; over one that is there only with `overwrite`.
pub(super) fn write(path: &Path, text: &str, overwrite: bool) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true);
    match overwrite {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    let mut file = options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => there_already(path),
        _ => failed(path, &error.to_string()),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| {
        if !overwrite {
            // Half a file would be in the way of the next try.
            let _ = fs::remove_file(path);
        }
        failed(path, &error.to_string())
    })
}

fn there_already(path: &Path) -> Error {
    Error::usage(format!("{} is there already", path.display()))
        .help("Name another file, or say --overwrite to lose what is in it.")
}

fn failed(path: &Path, reason: &str) -> Error {
    Error::usage(format!("cannot write {}: {reason}", path.display()))
}
