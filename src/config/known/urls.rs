//! URLs of databases in variables: which of them are Postgres's, and which another program's.

use super::unusable::{self, DATABASE};
use super::{Known, Variables};
use crate::error::Error;
use crate::target::door::Unusable;
use crate::target::postgres::Settings;

/// The one that is ours: whatever stands in it is meant for a Postgres.
const OURS: &str = "SUPABASE_DB_URL";

/// All, from the one that names Supabase. The others are written for other programs as well.
const NAMES: [&str; 3] = [OURS, "DATABASE_URL", "DIRECT_URL"];

/// Schemes that are written without `//`.
const WITHOUT_SLASHES: [&str; 4] = ["file", "sqlite", "sqlite3", "jdbc"];

/// A connection string.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) text: String,
    /// Other programs read it too, and it may hold settings of theirs.
    pub(super) shared: bool,
}

impl Connection {
    /// One that was written for us.
    pub(super) fn ours(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            shared: false,
        }
    }

    /// What it says.
    ///
    /// # Errors
    /// Exit 2 where it is not understood.
    pub(super) fn settings(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Settings, Error> {
        let text = self.text.trim();
        match self.shared {
            true => Settings::parse_foreign(text, env),
            false => Settings::parse(text, env),
        }
    }
}

/// Those that variables hold.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The nearest source first.
    pub(super) urls: Vec<Known<Connection>>,
    /// One for each that is about no Postgres.
    pub(super) warnings: Vec<String>,
    /// The same where the variable is ours.
    pub(super) unusable: Vec<Unusable>,
}

/// Looks for them.
pub(super) fn find(variables: &Variables<'_>) -> Found {
    let mut found = Found::default();
    for (name, Known { value, from }) in variables.all(&NAMES) {
        let text = value.trim();
        match scheme_of_another(text) {
            Some(scheme) if name == OURS => {
                let error =
                    Error::usage(format!("{from} is a URL of another database ({scheme}:)"))
                        .help("It has to start with postgresql://.");
                found
                    .unusable
                    .push(unusable::because(DATABASE, from, &error, true));
            }
            Some(scheme) => found.warnings.push(format!(
                "{from} is left out: it is a URL of another database ({scheme}:)"
            )),
            None => {
                let connection = Connection {
                    text: without_driver(text).unwrap_or_else(|| text.to_owned()),
                    shared: name != OURS,
                };
                found.urls.push(Known::new(connection, from));
            }
        }
    }
    found
}

/// The scheme of a URL that is another database's. What has none, or Postgres's with a mistake in it, is judged where it is
/// read: nothing that may be meant for a Postgres is passed over.
fn scheme_of_another(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    let is_one = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.len() <= 30
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let another = match scheme.as_str() {
        "jdbc" => !rest.to_ascii_lowercase().starts_with("postgres"),
        scheme => !matches!(scheme.split('+').next(), Some("postgres" | "postgresql")),
    };
    let whole = rest.starts_with("//") || WITHOUT_SLASHES.contains(&scheme.as_str());
    (is_one && another && whole).then_some(scheme)
}

/// A URL in whose scheme SQLAlchemy's word for a driver stands (`postgresql+psycopg://`), without it.
fn without_driver(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let (base, driver) = scheme.split_once('+')?;
    let fits = matches!(
        base.to_ascii_lowercase().as_str(),
        "postgres" | "postgresql"
    ) && driver.chars().all(|c| c.is_ascii_alphanumeric());
    fits.then(|| format!("postgresql://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_databases_are_told_from_mistakes() {
        for text in [
            "mysql://u:p@h/d",
            "MySQL+pymysql://u@h/d",
            "file:./dev.db",
            "sqlite:///x",
            "prisma://accelerate.example.com/?api_key=x",
            "prisma+postgres://accelerate.example.com",
            "jdbc:mysql://h/d",
            "mongodb+srv://u:p@h/d",
        ] {
            assert!(scheme_of_another(text).is_some(), "{text}");
        }
        for text in [
            "postgresql://u@h/d",
            "Postgres://u@h/d",
            "postgresql+psycopg://u@h/d",
            "postgres:/u:p@h/d",
            "\"postgres://u:p@h/d\"",
            "jdbc:postgresql://h/d",
            "host=h port=1",
            "db.example.com",
            "db.example.com:5432/app",
            "u:p@h",
        ] {
            assert_eq!(scheme_of_another(text), None, "{text}");
        }
    }

    #[test]
    fn a_driver_is_no_part_of_the_place() {
        let plain = |text| without_driver(text);
        assert_eq!(
            plain("Postgresql+psycopg2://u:p+q@h/d").as_deref(),
            Some("postgresql://u:p+q@h/d")
        );
        assert_eq!(plain("postgresql://u:p+q@h/d"), None);
        assert_eq!(plain("postgresql://u:postgres+x@h/d"), None);
    }
}
