//! Programs that cannot run where they are: the server's account cannot reach them (root's home is
//! closed to it), or the links of their package are missing. A copy in a cache folder serves
//! instead; what is in its place stays as it is.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::copy::{self, Plan};
use super::links;
use super::lock::{self, Mode};
use super::privileges::{Bits, ServerUser};
use super::programs::{self, Programs};
use crate::error::{Error, ExitCode};

/// More than this is not an installation of Postgres alone (60 to 300 MB), but one of everything.
const LARGEST: u64 = 1 << 30;

/// Copying takes seconds.
const LOCK_LIMIT: Duration = Duration::from_secs(120);

/// Where a cache lies that other accounts may read.
const SHARED_CACHE: &str = if cfg!(target_os = "macos") {
    "/Library/Caches/supaproof"
} else {
    "/var/cache/supaproof"
};

/// The folder of programs that `user` (or we) can run: the one that was found, or a copy.
pub(super) fn prepare(
    found: &Programs,
    cache: &Path,
    user: Option<&ServerUser>,
) -> Result<PathBuf, Error> {
    let failed = |error: io::Error| {
        Error::new(
            ExitCode::Unreachable,
            format!(
                "cannot use the Postgres programs in {}: {error}",
                found.bin.display()
            ),
        )
    };
    let package = programs::npm_root(&found.bin);
    let unlinked = match package {
        Some(root) => links::missing(root).map_err(failed)?,
        None => false,
    };
    let closed = match user {
        Some(user) => closed(&found.bin, user).map_err(failed)?,
        None => None,
    };
    if !unlinked && closed.is_none() {
        return Ok(found.bin.clone());
    }
    let why = closed.map(|folder| {
        let name = user.map_or("", |user| &user.name);
        format!(
            "the account {name}, which runs the server in root's place, cannot pass {}",
            folder.display()
        )
    });
    let shared = shared_cache(cache, user).map_err(failed)?;
    copied(found, package, &shared, user).map_err(|error| {
        let mut error = failed(error);
        if let Some(why) = why {
            error = error
                .note(why)
                .help("Run supaproof as an ordinary user, or keep Postgres in a folder that everybody may \
             read, such as /opt.");
        }
        error
    })
}

/// The folder or program that stops the account.
fn closed(bin: &Path, user: &ServerUser) -> io::Result<Option<PathBuf>> {
    let postgres = bin.join("postgres");
    if let Some(folder) = user.stopped_at(&postgres)? {
        return Ok(Some(folder));
    }
    Ok((!user.may(Bits::READ_RUN, &fs::metadata(&postgres)?)).then_some(postgres))
}

/// Our cache where the account can reach it, else the system's.
fn shared_cache(cache: &Path, user: Option<&ServerUser>) -> io::Result<PathBuf> {
    let Some(user) = user else {
        return Ok(cache.to_owned());
    };
    let reachable = user.stopped_at(&cache.join("programs"));
    match reachable {
        Ok(None) => return Ok(cache.to_owned()),
        // Not there yet: then what is above it decides.
        Err(_)
            if user.stopped_at(cache)?.is_none()
                && user.may(Bits::TRAVERSE, &fs::metadata(cache)?) =>
        {
            return Ok(cache.to_owned());
        }
        _ => {}
    }
    fs::create_dir_all(SHARED_CACHE)?;
    open_to_all(Path::new(SHARED_CACHE))?;
    Ok(PathBuf::from(SHARED_CACHE))
}

fn open_to_all(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

fn copied(
    found: &Programs,
    package: Option<&Path>,
    cache: &Path,
    user: Option<&ServerUser>,
) -> io::Result<PathBuf> {
    let store = cache.join("programs");
    fs::create_dir_all(&store)?;
    open_to_all(&store)?;
    let place = programs::digest(&[found.bin.as_os_str().as_encoded_bytes()]);
    let name = format!("{place}-{}", programs::identity(found)?);
    let copy = store.join(&name);
    // A folder of this name is whole, because it was renamed into place.
    let bin = copy.join(if package.is_some() {
        "native/bin"
    } else {
        "bin"
    });
    if bin.join("postgres").exists() {
        return Ok(bin);
    }
    let lock_path = store.join(format!("{place}.lock"));
    let _lock = lock::take(&lock_path, Mode::Exclusive, LOCK_LIMIT)?.ok_or_else(|| {
        io::Error::other("another supaproof has been copying them for two minutes")
    })?;
    if bin.join("postgres").exists() {
        return Ok(bin);
    }
    let half = store.join(format!(".{name}"));
    if half.exists() {
        fs::remove_dir_all(&half)?;
    }
    fs::create_dir(&half)?;
    open_to_all(&half)?;
    let (from, below) = match package {
        Some(root) => (root.join("native"), half.join("native")),
        None => (prefix(&found.bin)?.to_owned(), half.clone()),
    };
    if package.is_some() {
        fs::create_dir(&below)?;
        open_to_all(&below)?;
    }
    let plan = Plan {
        owner: None,
        folders: 0o755,
        links: true,
        later: &[],
    };
    for part in ["bin", "lib", "share"] {
        if copy::extent(&from.join(part))?.bytes > LARGEST {
            return Err(io::Error::other(format!(
                "{} holds more than Postgres, too much to copy",
                from.join(part).display()
            )));
        }
        copy::tree(&from.join(part), &below.join(part), plan)?;
    }
    if let Some(root) = package {
        let list = Path::new("native/pg-symlinks.json");
        if root.join(list).exists() {
            fs::copy(root.join(list), half.join(list))?;
        }
        links::make(&half)?;
    }
    let mut version = Command::new(
        half.join(bin.strip_prefix(&copy).unwrap_or(&bin))
            .join("postgres"),
    );
    version.arg("--version");
    if let Some(user) = user {
        user.runs(&mut version);
    }
    programs::run(&mut version, Duration::from_secs(20)).map_err(io::Error::other)?;
    fs::rename(&half, &copy)?;
    remove_older(&store, &place, &name);
    Ok(bin)
}

/// The folder above `bin` that holds the rest of the installation, and little else.
fn prefix(bin: &Path) -> io::Result<&Path> {
    bin.parent()
        .filter(|prefix| {
            bin.ends_with("bin") && prefix.join("lib").is_dir() && prefix.join("share").is_dir()
        })
        .ok_or_else(|| {
            io::Error::other("what belongs to them is not beside them, so they cannot be copied")
        })
}

/// Copies of what was in the same place before. A server that still runs from one has its files
/// open; the next one takes the new copy.
fn remove_older(store: &Path, place: &str, name: &str) {
    for entry in fs::read_dir(store).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let file = file.to_string_lossy();
        if file.starts_with(&format!("{place}-")) && file != name {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
