//! What a file says of itself in comments at its head: `-- supaproof: depends: 003`.

use std::ops::Range;
use std::time::Duration;

use super::version::Version;
use crate::error::{Error, nearest};
use crate::source::{Origin, Source};
use crate::sql::{line_comments, tokens};

/// What a directive's line begins with, behind its `--`.
pub(in crate::migrate) const MARK: &str = "supaproof:";

/// Every directive.
const KNOWN: [&str; 7] = [
    "depends",
    "transaction",
    "timeout",
    "lock_timeout",
    "data",
    "author",
    "irreversible",
];

/// Those that speak of the migration as a whole, and so stand in its setup file.
const SETUP_ONLY: [&str; 4] = ["depends", "data", "author", "irreversible"];

/// How many rows a batch has where the file does not say.
const BATCH: u32 = 1000;

/// The most rows of a batch: the number takes the place of `:batch`, and moves nothing behind it.
const LARGEST_BATCH: u32 = 999_999;

/// The longest time that the server's settings can hold.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// What a file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directives {
    pub(super) depends: Vec<Dependency>,
    /// `transaction: off`.
    pub(super) no_transaction: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) lock_timeout: Option<Duration>,
    pub(super) data: Option<Data>,
    pub(super) author: Option<String>,
    pub(super) irreversible: Option<Irreversible>,
}

/// `data`: its statements are repeated until they find nothing more to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Data {
    /// What `:batch` stands for.
    pub(super) rows: u32,
    /// Whether the file says so itself.
    pub(super) said: bool,
    pub(super) origin: Origin,
}

/// Another migration that has to be applied before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::migrate) struct Dependency {
    pub(super) version: Version,
    /// Its name, where it is written too.
    pub(super) name: Option<String>,
    pub(super) origin: Origin,
}

/// Why a migration cannot be rolled back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Irreversible {
    /// The reason, as the file gives it.
    pub reason: String,
    /// Where it says so.
    pub origin: Origin,
}

/// The directives of a file.
///
/// # Errors
///
/// Exit code 2, with the line, where a directive is unknown, stands twice or behind SQL, or has no good value.
pub(super) fn directives(source: &Source, rollback: bool) -> Result<Directives, Error> {
    let text = source.text();
    let mut found = Directives::default();
    if !text.contains(MARK) {
        return Ok(found);
    }
    let head = tokens(text)
        .next()
        .map_or(text.len(), |first| first.span.start);
    let mut seen: Vec<&str> = Vec::new();
    for comment in line_comments(text) {
        let body = text[comment.clone()].trim_start_matches('-').trim();
        let Some(body) = body.strip_prefix(MARK) else {
            continue;
        };
        let line = Line::of(source, comment, body);
        if line.span.start > head {
            return Err(line
                .error("a directive stands behind the file's first statement".into())
                .help("move it to the head of the file"));
        }
        line.check(rollback, &seen)?;
        line.read(&mut found)?;
        seen.push(line.name);
    }
    Ok(found)
}

/// The line of one directive.
struct Line<'a> {
    source: &'a Source,
    span: Range<usize>,
    name: &'a str,
    value: &'a str,
}

impl<'a> Line<'a> {
    fn of(source: &'a Source, comment: Range<usize>, body: &'a str) -> Self {
        let (name, value) = body.split_once(':').unwrap_or((body, ""));
        let end = comment.start + source.text()[comment.clone()].trim_end().len();
        Self {
            source,
            span: comment.start..end,
            name: name.trim(),
            value: value.trim(),
        }
    }

    fn error(&self, message: String) -> Error {
        Error::usage(message).at(self.source.origin(self.span.clone()))
    }

    fn check(&self, rollback: bool, seen: &[&str]) -> Result<(), Error> {
        let name = self.name;
        if !KNOWN.contains(&name) {
            let error = self.error(format!("there is no directive `{name}`"));
            return Err(match nearest(name, KNOWN.iter()) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("the directives are {}", KNOWN.join(", "))),
            });
        }
        if rollback && SETUP_ONLY.contains(&name) {
            return Err(self
                .error(format!("`{name}` stands in a rollback"))
                .help("it speaks of the whole migration: write it into the setup file"));
        }
        if seen.contains(&name) {
            return Err(self
                .error(format!("the directive `{name}` stands here a second time"))
                .help("keep one of them; `depends` takes several versions, with commas between"));
        }
        if self.value.is_empty() && name != "data" {
            return Err(self
                .error(format!("the directive `{name}` has no value"))
                .help(format!("write it as `-- supaproof: {}`", example(name))));
        }
        Ok(())
    }

    fn read(&self, found: &mut Directives) -> Result<(), Error> {
        match self.name {
            "depends" => {
                for one in self.value.split(',') {
                    found.depends.push(self.dependency(one.trim())?);
                }
            }
            "transaction" if self.value == "off" => found.no_transaction = true,
            "transaction" => {
                return Err(self
                    .error(format!("`transaction` takes `off`, not `{}`", self.value))
                    .help("without the line, the file runs in a transaction"));
            }
            "timeout" => found.timeout = Some(self.duration()?),
            "lock_timeout" => found.lock_timeout = Some(self.duration()?),
            "data" => found.data = Some(self.data()?),
            "author" => found.author = Some(self.value.to_owned()),
            _ => {
                found.irreversible = Some(Irreversible {
                    reason: self.value.to_owned(),
                    origin: self.source.origin(self.span.clone()),
                });
            }
        }
        Ok(())
    }

    /// How many rows a batch has: nothing, a number, or a number with `rows` behind it.
    fn data(&self) -> Result<Data, Error> {
        let number = self.value.strip_suffix("rows").unwrap_or(self.value).trim();
        let rows = match self.value.is_empty() {
            true => Some(BATCH),
            false => number.parse().ok(),
        };
        let rows =
            rows.filter(|rows| (1..=LARGEST_BATCH).contains(rows))
                .ok_or_else(|| {
                    self.error(format!("`{}` is no number of rows", self.value)).help(format!(
                    "write how many rows a batch has, from 1 to {LARGEST_BATCH}: data: 500 rows"
                ))
                })?;
        Ok(Data {
            rows,
            said: !self.value.is_empty(),
            origin: self.source.origin(self.span.clone()),
        })
    }

    fn dependency(&self, text: &str) -> Result<Dependency, Error> {
        let (number, name) = match text.split_once('_') {
            Some((number, name)) => (number, Some(name.to_owned())),
            None => (text, None),
        };
        let version = Version::new(number).ok_or_else(|| {
            self.error(format!("`{text}` is no version"))
                .help("name versions, with commas between: depends: 003, 004")
        })?;
        Ok(Dependency {
            version,
            name,
            origin: self.source.origin(self.span.clone()),
        })
    }

    /// A time as the server writes it: a number with `ms`, `s`, `min` or `h`.
    fn duration(&self) -> Result<Duration, Error> {
        duration(self.value).ok_or_else(|| {
            self.error(format!("`{}` is no time", self.value))
                .help("write a number above 0 with its unit: 500ms, 30s, 5min, 1h; at most 596h")
        })
    }
}

/// A time as the server writes it: a number above 0 with `ms`, `s`, `min` or `h`, as long as a setting of its can hold.
pub fn duration(text: &str) -> Option<Duration> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    let time = Duration::from_millis(number.checked_mul(unit)?);
    (!time.is_zero() && time <= LONGEST).then_some(time)
}

fn example(name: &str) -> &'static str {
    match name {
        "depends" => "depends: 003, 004",
        "transaction" => "transaction: off",
        "timeout" => "timeout: 30s",
        "lock_timeout" => "lock_timeout: 2s",
        "author" => "author: who wrote it",
        _ => "irreversible: why it cannot be undone",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Directives, Error> {
        directives(&Source::new("1_a.sql", text), false)
    }

    fn refusal(text: &str) -> String {
        let error = read(text).unwrap_err();
        assert_eq!(error.code() as u8, 2);
        format!(
            "{}: {error} / {}",
            error.origin().unwrap(),
            error.help_text().unwrap()
        )
    }

    #[test]
    fn every_directive_is_read() {
        let found = read(
            "\u{feff}-- About it.\r\n-- supaproof: depends: 003, 4_users\r\n--supaproof:transaction:off\r\n\r\n\
             /* more */ -- supaproof: timeout: 5 min\r\n\
             -- supaproof: timeout: 30s\r\n-- supaproof: lock_timeout: 500ms\r\n\
             -- supaproof: author: É. Who: me\r\n-- supaproof: irreversible: it's gone\r\nselect 1;",
        )
        .unwrap();
        let depends: Vec<_> = found
            .depends
            .iter()
            .map(|one| (one.version.as_str(), one.name.as_deref()))
            .collect();
        assert_eq!(depends, [("003", None), ("4", Some("users"))]);
        assert!(found.no_transaction);
        // The one behind another comment does not begin its line.
        assert_eq!(found.timeout, Some(Duration::from_secs(30)));
        assert_eq!(found.lock_timeout, Some(Duration::from_millis(500)));
        assert_eq!(found.author.as_deref(), Some("É. Who: me"));
        let irreversible = found.irreversible.unwrap();
        assert_eq!(irreversible.reason, "it's gone");
        assert_eq!(irreversible.origin.to_string(), "1_a.sql:9:1");
    }

    #[test]
    fn a_data_migration_says_how_many_rows_a_batch_has() {
        for (text, rows, said) in [
            ("-- supaproof: data", 1000, false),
            ("-- supaproof: data:", 1000, false),
            ("-- supaproof: data: 500", 500, true),
            ("-- supaproof: data: 999999 rows", 999_999, true),
        ] {
            let data = read(text).unwrap().data.unwrap();
            assert_eq!((data.rows, data.said), (rows, said), "{text}");
        }
    }

    #[test]
    fn what_is_no_comment_is_no_directive() {
        let text = "select '\n-- supaproof: nonsense: 1\n', $a$\n-- supaproof: nonsense: 1\n$a$ /*\n-- supaproof: x: 1\n*/";
        assert_eq!(read(text).unwrap(), Directives::default());
    }

    #[test]
    fn a_directive_that_cannot_be_followed_is_refused_with_its_line() {
        for (text, words) in [
            (
                "-- a\n  -- supaproof: dependz: 1",
                "1_a.sql:2:3: there is no directive `dependz` / did you mean `depends`?",
            ),
            (
                "-- supaproof: elephants: 1",
                "1_a.sql:1:1: there is no directive `elephants` / the directives are depends, ",
            ),
            (
                "-- supaproof: depends",
                "`depends` has no value / write it as",
            ),
            ("-- supaproof: depends: a", "`a` is no version"),
            ("-- supaproof: depends: 1,", "`` is no version"),
            ("-- supaproof: transaction: on", "takes `off`, not `on`"),
            ("-- supaproof: timeout: 30", "`30` is no time"),
            ("-- supaproof: timeout: 0s", "`0s` is no time"),
            ("-- supaproof: timeout: 999999h", "`999999h` is no time"),
            ("-- supaproof: timeout: 99999999999999999999h", "is no time"),
            (
                "-- supaproof: author: a\n-- supaproof: author: b",
                "1_a.sql:2:1: the directive `author` stands here a second time",
            ),
            (
                "select 1;\n-- supaproof: timeout: 1s",
                "1_a.sql:2:1: a directive stands behind the file's first statement",
            ),
            (
                "-- supaproof: data: many",
                "`many` is no number of rows / write how many",
            ),
            ("-- supaproof: data: 0", "`0` is no number of rows"),
            (
                "-- supaproof: data: 1000000 rows",
                "`1000000 rows` is no number of rows",
            ),
        ] {
            let refusal = refusal(text);
            assert!(refusal.contains(words), "{text}: {refusal}");
        }
        let source = Source::new("1_a.rollback.sql", "-- supaproof: irreversible: no");
        let error = directives(&source, true).unwrap_err();
        assert_eq!(error.message(), "`irreversible` stands in a rollback");
    }
}
