//! A row of another tool's ledger, in our words.

use serde_json::Value;

use super::checksum::Checksum;
use crate::migrate::files::Version;

/// A migration that another ledger speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// What it is called there.
    pub(super) label: String,
    /// Its version, where it is a number.
    pub(super) version: Option<Version>,
    /// Its name, where that is kept.
    pub(super) name: Option<String>,
    /// Whether that name is the one of the file; else it is a text in somebody's words.
    pub(super) named_as_files: bool,
    pub(super) standing: Standing,
    pub(super) checksum: Checksum,
    pub(super) at: Option<String>,
    pub(super) duration_ms: Option<u64>,
    pub(super) by: Option<String>,
    pub(super) rollback: Option<String>,
}

/// Whether it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Applied,
    /// This one, and all below it.
    UpTo,
    Not {
        why: String,
        help: &'static str,
    },
}

impl Row {
    /// An applied migration, of which only this much is known.
    pub(super) fn applied(label: impl Into<String>, version: Option<Version>) -> Self {
        Self {
            label: label.into(),
            version,
            name: None,
            named_as_files: false,
            standing: Standing::Applied,
            checksum: Checksum::None,
            at: None,
            duration_ms: None,
            by: None,
            rollback: None,
        }
    }

    /// The same, not applied.
    pub(super) fn not(mut self, why: impl Into<String>, help: &'static str) -> Self {
        self.standing = Standing::Not {
            why: why.into(),
            help,
        };
        self
    }
}

/// A column as text, whatever its type; `None` for NULL and for a column that is not there.
pub(super) fn text(row: &Value, column: &str) -> Option<String> {
    match row.get(column)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn number(row: &Value, column: &str) -> Option<u64> {
    row.get(column)?.as_u64()
}

/// A boolean column; what is NULL or not there is not false.
pub(super) fn is_false(row: &Value, column: &str) -> bool {
    row.get(column) == Some(&Value::Bool(false))
}

/// The version at the start of a name, and what follows it: `001_create_users`.
pub(super) fn split(text: &str) -> (Option<Version>, Option<String>) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let rest = text[end..].strip_prefix(['_', '-']);
    match (Version::new(&text[..end]), rest) {
        (Some(version), Some(name)) => (Some(version), Some(name.to_owned())),
        (version, None) if end == text.len() => (version, None),
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_the_number_at_the_start() {
        let parts = |text| {
            let (version, name) = split(text);
            (version.map(|v| v.to_string()), name)
        };
        assert_eq!(
            parts("001_create_users"),
            (Some("001".into()), Some("create_users".into()))
        );
        assert_eq!(parts("20240101"), (Some("20240101".into()), None));
        assert_eq!(parts("add_users"), (None, None));
        assert_eq!(parts("1a_users"), (None, None));
    }
}
