//! Finds the programs that copy a database: `pg_dump`, `pg_restore`, `psql`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Options;
use super::find;
use super::help;
use super::paths;
use super::programs;
use crate::error::{Error, ExitCode};

/// Programs of one installation that connect to servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    /// The folder with `pg_dump`, `pg_restore` and `psql`.
    pub bin: PathBuf,
    /// The version of `pg_dump`.
    pub version: String,
    /// Its major.
    pub major: u32,
}

/// Finds them where the programs of a server are looked for ([`super::find`]): of those that are at least of this major the
/// nearest to it, and of equal ones the first. Packages that hold only a server are passed over.
///
/// # Errors
/// Exit 4 where there are none: what was found instead, and the command that gets them.
pub fn find_clients(options: &Options, at_least: u32) -> Result<Clients, Error> {
    let cache = paths::cache_dir(options.cache_dir.as_deref()).ok();
    let named = options.postgres_bin.as_ref().map(|setting| {
        let path = options.working_dir.join(setting);
        match path.parent() {
            Some(parent) if path.is_file() => parent.to_owned(),
            _ => path,
        }
    });
    let places = find::places(&options.working_dir, cache.as_deref());
    let bins = places.into_iter().flat_map(|place| place.bins);
    choose(named.into_iter().chain(bins), at_least)
}

fn choose(bins: impl Iterator<Item = PathBuf>, at_least: u32) -> Result<Clients, Error> {
    let mut best: Option<Clients> = None;
    let mut others: Vec<String> = Vec::new();
    for bin in bins {
        let Some(examined) = examine(&bin) else {
            continue;
        };
        match examined {
            Ok(found) if found.major < at_least => {
                let line = format!("{} is of {}", shown(&found.bin), found.version);
                if !others.contains(&line) {
                    others.push(line);
                }
            }
            Ok(found) if found.major == at_least => return Ok(found),
            Ok(found) => {
                if best.as_ref().is_none_or(|best| found.major < best.major) {
                    best = Some(found);
                }
            }
            Err(reason) => others.push(reason),
        }
    }
    best.ok_or_else(|| {
        let error = Error::new(
            ExitCode::Unreachable,
            format!(
                "Postgres {at_least} needs a pg_dump of {at_least} or newer, and there is none on this machine"
            ),
        );
        let error = others.into_iter().fold(error, Error::note);
        error.help(help::no_clients(at_least))
    })
}

fn shown(bin: &Path) -> String {
    bin.join("pg_dump").display().to_string()
}

/// What is in the folder; `None` where no `pg_dump` is.
fn examine(bin: &Path) -> Option<Result<Clients, String>> {
    let real = bin.join("pg_dump").canonicalize().ok()?;
    // Debian's stand-in picks a version by rules of its own; the real ones have folders of theirs.
    if real.file_name() == Some(OsStr::new("pg_wrapper")) {
        return None;
    }
    let bin = match real.parent() {
        Some(parent) if parent.join("pg_restore").is_file() => parent.to_owned(),
        _ => bin.to_owned(),
    };
    Some(version(&bin))
}

fn version(bin: &Path) -> Result<Clients, String> {
    for program in ["pg_dump", "pg_restore", "psql"] {
        programs::runnable(&bin.join(program))?;
    }
    let mut command = Command::new(bin.join("pg_dump"));
    let output = programs::run(command.arg("--version"), programs::VERSION_LIMIT)?;
    let version = output.strip_prefix("pg_dump (PostgreSQL) ");
    let version = version.and_then(|rest| rest.split_whitespace().next());
    let known = version.and_then(|version| Some((version, programs::major_of(version)?)));
    match known {
        Some((version, major)) => Ok(Clients {
            bin: bin.to_owned(),
            version: version.to_owned(),
            major,
        }),
        None => Err(format!("{} --version said {output:?}", shown(bin))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    fn install(bin: &Path, version: &str) -> PathBuf {
        fs::create_dir_all(bin).unwrap();
        for name in ["pg_dump", "pg_restore", "psql"] {
            let text = format!("#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n");
            fs::write(bin.join(name), text).unwrap();
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        bin.to_owned()
    }

    #[test]
    fn the_nearest_major_that_is_new_enough() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("server")).unwrap();
        let bins = vec![
            at("missing"),
            at("server"),
            install(&at("a"), "15.2 (Debian 15.2-1)"),
            install(&at("b"), "18.1"),
            install(&at("c"), "16.3"),
        ];
        let look = |major| choose(bins.clone().into_iter(), major);
        for (major, version) in [(14, "15.2"), (15, "15.2"), (16, "16.3"), (17, "18.1")] {
            assert_eq!(look(major).unwrap().version, version, "{major}");
        }
        let error = look(19).unwrap_err();
        assert_eq!(error.code(), ExitCode::Unreachable);
        assert!(error.notes().join("\n").contains("is of 18.1"), "{error:?}");
        assert!(error.help_text().unwrap().contains("19"), "{error:?}");
    }
}
