//! Where the tests find the programs of Postgres.
#![expect(dead_code, reason = "every test binary uses another part of it")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders that `SUPAPROOF_TEST_POSTGRES_BINS` names, separated by colons: those of other majors.
pub(crate) fn named() -> Vec<PathBuf> {
    let named = std::env::var_os("SUPAPROOF_TEST_POSTGRES_BINS").unwrap_or_default();
    std::env::split_paths(&named)
        .filter(|bin| !bin.as_os_str().is_empty())
        .collect()
}

/// For tests of every major: `None` for what is found where nothing is named, and the named ones.
pub(crate) fn all() -> impl Iterator<Item = Option<PathBuf>> {
    std::iter::once(None).chain(named().into_iter().map(Some))
}

/// The folder that has all of these: the one that `SUPAPROOF_POSTGRES_BIN` names, else the newest of Debian's, else one
/// of PATH. The packages of npm lack some.
pub(crate) fn with(programs: &[&str]) -> Option<PathBuf> {
    let set = std::env::var_os("SUPAPROOF_POSTGRES_BIN").map(PathBuf::from);
    let mut debian: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    set.into_iter()
        .chain(debian.into_iter().rev().map(|(_, bin)| bin))
        .chain(std::env::split_paths(&path))
        .find(|bin| programs.iter().all(|program| bin.join(program).is_file()))
}

/// The folder of a major: a named one, or Debian's.
pub(crate) fn of_major(major: u32) -> Option<PathBuf> {
    let debian = PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"));
    named()
        .into_iter()
        .chain([debian])
        .find(|bin| major_of(bin) == Some(major))
}

fn major_of(bin: &Path) -> Option<u32> {
    let version = Command::new(bin.join("postgres")).arg("--version").output();
    let text = String::from_utf8_lossy(&version.ok()?.stdout).into_owned();
    text.split_whitespace()
        .find_map(|word| word.split('.').next()?.parse().ok())
}
