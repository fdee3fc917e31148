//! What can go wrong, the exit code that it ends in, and what to do about it.

use std::fmt;

use crate::hints;
use crate::redact::redact;
use crate::source::Origin;
use crate::target::TargetError;
use crate::words;

/// How the program ends. The numbers are public API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything passed.
    Ok = 0,
    /// Something failed.
    Failed = 1,
    /// Usage or configuration.
    Usage = 2,
    /// Nothing was checked, or something was skipped that the suite did not allow to be.
    NothingChecked = 3,
    /// The target is not reachable.
    Unreachable = 4,
    /// SQL or a migration failed.
    Sql = 5,
    /// A bug of ours.
    Bug = 70,
    /// Interrupted.
    Interrupted = 130,
}

impl ExitCode {
    /// Of two, the one that a run over several suites ends with: 70, 130, 5, 4, 2, 1, 3, 0.
    pub fn worst(self, other: Self) -> Self {
        if self.rank() >= other.rank() {
            self
        } else {
            other
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Bug => 7,
            Self::Interrupted => 6,
            Self::Sql => 5,
            Self::Unreachable => 4,
            Self::Usage => 3,
            Self::Failed => 2,
            Self::NothingChecked => 1,
            Self::Ok => 0,
        }
    }
}

/// An error that a person reads: a message, the place it is about, and what to do. No text of it holds the password of a
/// connection string, wherever it came from.
#[derive(Debug)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    code: ExitCode,
    message: String,
    origin: Option<Origin>,
    notes: Vec<String>,
    help: Option<String>,
}

impl Error {
    /// An error that ends the program with `code`.
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                code,
                message: redact(&message.into()).into_owned(),
                origin: None,
                notes: Vec::new(),
                help: None,
            }),
        }
    }

    /// Usage or configuration (exit 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// A bug of ours (exit 70).
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Bug, message)
    }

    /// Points at the place in a file that the error is about.
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Self {
        self.inner.origin = Some(origin);
        self
    }

    /// Adds a line of detail.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.inner.notes.push(redact(&note.into()).into_owned());
        self
    }

    /// Adds the first of many notes, and one that says how many more there are.
    #[must_use]
    pub fn first_notes(self, all: &[String], most: usize) -> Self {
        let (shown, more) = words::first(all, most);
        shown.iter().chain(&more).cloned().fold(self, Self::note)
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.inner.help = Some(redact(&help.into()).into_owned());
        self
    }

    /// The exit code that it ends in.
    pub fn code(&self) -> ExitCode {
        self.inner.code
    }

    /// What went wrong, in one line.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// The place that it is about.
    pub fn origin(&self) -> Option<&Origin> {
        self.inner.origin.as_ref()
    }

    /// Lines of detail.
    pub fn notes(&self) -> &[String] {
        &self.inner.notes
    }

    /// What to do.
    pub fn help_text(&self) -> Option<&str> {
        self.inner.help.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl std::error::Error for Error {}

impl From<TargetError> for Error {
    fn from(error: TargetError) -> Self {
        let code = match &error {
            TargetError::Unreachable { .. } | TargetError::Lost { .. } => ExitCode::Unreachable,
            TargetError::Server(_) | TargetError::TimedOut { .. } => ExitCode::Sql,
            TargetError::TooLong { .. } => ExitCode::Usage,
            TargetError::Protocol { .. } => ExitCode::Bug,
        };
        let mut out = Self::new(code, error.to_string());
        if let Some(help) = help_for(&error) {
            out = out.help(help);
        }
        if let TargetError::Server(server) = &error {
            for (name, text) in [
                ("detail", &server.detail),
                ("server's hint", &server.hint),
                ("context", &server.context),
            ] {
                if let Some(text) = text {
                    out = out.note(format!("{name}: {text}"));
                }
            }
        }
        out
    }
}

fn help_for(error: &TargetError) -> Option<&'static str> {
    match error {
        TargetError::Unreachable {
            reason, sqlstate, ..
        } => hints::help(sqlstate.as_deref(), reason).or_else(|| {
            let words = "Is the server running, and is this its address? `supaproof doctor` shows where it comes from; with --target embedded a private Postgres is used.";
            sqlstate.is_none().then_some(words)
        }),
        TargetError::Lost { reason, .. } => hints::help(None, reason),
        TargetError::Server(error) => hints::help(Some(&error.sqlstate), &error.message),
        TargetError::TooLong { .. } => Some("Use a connection to the database, with a URL that begins with postgresql://."),
        TargetError::TimedOut { .. } | TargetError::Protocol { .. } => None,
    }
}

/// The known word nearest to a mistyped one, where one is near enough to be meant.
pub fn nearest<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>,
) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (distance(word, k.as_ref()), k.as_ref()))
        .filter(|(distance, k)| *distance <= 1.max(word.len().min(k.len()) / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

/// How many typing mistakes lie between two words; another case of all letters is one.
fn distance(word: &str, known: &str) -> usize {
    let typed = strsim::damerau_levenshtein(word, known);
    match word.to_lowercase() == known.to_lowercase() {
        true => typed.min(1),
        false => typed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_may_be_in_another_case() {
        assert_eq!(nearest("RLS", ["owner", "rls"]), Some("rls"));
        assert_eq!(nearest("Colums", ["columns", "comment"]), Some("columns"));
        assert_eq!(nearest("XYZ", ["owner", "rls"]), None);
    }

    #[test]
    fn the_worst_of_several_suites_wins() {
        use ExitCode::{Bug, Failed, NothingChecked, Ok, Sql, Unreachable};
        let order = [Ok, NothingChecked, Failed, Unreachable, Sql, Bug];
        for (rank, code) in order.into_iter().enumerate() {
            for milder in &order[..=rank] {
                assert_eq!(code.worst(*milder), code);
                assert_eq!(milder.worst(code), code);
            }
        }
    }
}
