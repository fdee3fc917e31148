//! The number of a migration, and what a file's name says.

use std::cmp::Ordering;
use std::fmt;

use crate::error::Error;
use crate::suite::MigrationFile;

/// The number that a migration's file name begins with. Keeps its text; `7`, `007` are one version.
///
/// Flyway's `V1.2__name.sql` has a number in parts: `1.2` comes after `1` and before `1.10`.
#[derive(Clone, Debug)]
pub struct Version(String);

impl Version {
    /// A version from its digits, with dots between its parts; none where the text is anything else.
    pub fn new(text: &str) -> Option<Self> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !text.split('.').all(digits) {
            return None;
        }
        let mut parts = text.split('.');
        let mut kept = parts.next().unwrap_or_default().to_owned();
        // One spelling behind the first dot, so that a ledger can compare texts: `1.02` is `1.2`, `1.0` is `1`.
        let mut zeros = 0;
        for part in parts {
            match part.trim_start_matches('0') {
                "" => zeros += 1,
                number => {
                    kept.push_str(&".0".repeat(zeros));
                    zeros = 0;
                    kept.push('.');
                    kept.push_str(number);
                }
            }
        }
        Some(Self(kept))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without leading zeros, which do not count.
    pub(in crate::migrate) fn number(&self) -> &str {
        self.0.trim_start_matches('0')
    }

    /// The number, where it is one that people count with: no timestamp, and not in parts.
    pub(super) fn counted(&self) -> Option<u32> {
        (self.number().len() < 8)
            .then(|| self.0.parse().ok())
            .flatten()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for Version {
    /// By number, of any length: a timestamp has more digits than a machine number might.
    fn cmp(&self, other: &Self) -> Ordering {
        self.0
            .split('.')
            .map(by_size)
            .cmp(other.0.split('.').map(by_size))
    }
}

/// Compares as the number does.
fn by_size(part: &str) -> (usize, &str) {
    let part = part.trim_start_matches('0');
    (part.len(), part)
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

/// A file's name in its parts.
pub(super) struct Name {
    pub(super) version: Version,
    pub(super) name: String,
    pub(super) rollback: bool,
}

impl Name {
    pub(super) fn of(file: &MigrationFile) -> Result<Self, Error> {
        let error = |message: String| Error::usage(message).at(file.source.origin(0..0));
        let path = file.source.path().display();
        let stem = stem(&file.file_name);
        if stem.starts_with("R__") {
            return Err(error(format!(
                "{path} is a repeatable migration, which supaproof does not have"
            ))
            .help("give each change of it a file with a version of its own: 001_name.sql"));
        }
        if stem.to_ascii_lowercase().ends_with(".undo") {
            return Err(error(format!(
                "{path} ends in .undo.sql, which supaproof does not read"
            ))
            .help("call the setup 001_name.sql and its rollback 001_name.rollback.sql"));
        }
        flyway(stem).or_else(|| plain(stem)).ok_or_else(|| {
            error(format!("{path} has no version in its name")).help(
                "call it 001_name.sql, 20250131120000_name.sql or V1__name.sql; its number says when its turn is",
            )
        })
    }
}

/// The name of the rollback that belongs beside a setup file, in the same manner.
pub(super) fn rollback_name(setup: &str) -> String {
    let stem = stem(setup);
    match (stem.strip_prefix('V'), cut(stem, ".up")) {
        (Some(rest), _) => format!("U{rest}.sql"),
        (None, Some(stem)) => format!("{stem}.down.sql"),
        (None, None) => format!("{stem}.rollback.sql"),
    }
}

/// The name without its ending. A suite has only files that end in .sql, in any case.
fn stem(file_name: &str) -> &str {
    file_name
        .get(..file_name.len().saturating_sub(4))
        .unwrap_or_default()
}

/// `V1__name` and `U1__name`; the parts of a number have a dot or an underscore between them.
fn flyway(stem: &str) -> Option<Name> {
    let (rollback, rest) = match (stem.strip_prefix('V'), stem.strip_prefix('U')) {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) => return None,
    };
    let (version, name) = rest.split_once("__")?;
    named(&version.replace('_', "."), name, rollback)
}

/// `001_name`, with `.rollback`, `.down` or `.up` behind it.
fn plain(stem: &str) -> Option<Name> {
    let back = cut(stem, ".rollback").or_else(|| cut(stem, ".down"));
    let whole = back.or_else(|| cut(stem, ".up")).unwrap_or(stem);
    let (version, name) = whole.split_once('_')?;
    if version.contains('.') {
        return None;
    }
    named(version, name, back.is_some())
}

fn named(version: &str, name: &str, rollback: bool) -> Option<Name> {
    Some(Name {
        version: Version::new(version)?,
        name: (!name.is_empty()).then(|| name.to_owned())?,
        rollback,
    })
}

/// The text without this ending, in any case.
fn cut<'a>(text: &'a str, ending: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(ending.len())?;
    text.get(at..)?
        .eq_ignore_ascii_case(ending)
        .then(|| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::new(text).unwrap()
    }

    #[test]
    fn versions_compare_as_numbers_part_by_part() {
        for (less, more) in [
            ("9", "10"),
            ("1", "1.1"),
            ("1.2", "1.10"),
            ("1.9", "2"),
            ("0.1", "1"),
        ] {
            assert!(version(less) < version(more), "{less} {more}");
        }
        assert_eq!(version("007"), version("7"));
        assert_eq!(version("1.02.0").as_str(), "1.2");
        assert_eq!(version("1.0.2").as_str(), "1.0.2");
        for text in ["", "1.", ".1", "1..2", "v1", "1a", "-1"] {
            assert!(Version::new(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_rollback_is_called_as_its_setup_is() {
        assert_eq!(rollback_name("001_a.sql"), "001_a.rollback.sql");
        assert_eq!(rollback_name("001_a.up.sql"), "001_a.down.sql");
        assert_eq!(rollback_name("V1.2__a.sql"), "U1.2__a.sql");
    }
}
