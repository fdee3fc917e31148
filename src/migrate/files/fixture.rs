//! Suites for tests.

use super::Migrations;
use crate::source::Source;
use crate::suite::{MigrationFile, Suite};

/// A suite of these files, in the folder `sql/shop`.
pub(in crate::migrate) fn suite(files: &[(&str, &str)]) -> Suite {
    Suite {
        name: "shop".into(),
        folder: "sql/shop".into(),
        migrations: files
            .iter()
            .map(|(name, text)| MigrationFile {
                file_name: (*name).into(),
                source: Source::new(format!("sql/shop/{name}"), *text),
            })
            .collect(),
        complete: None,
        expectations: None,
        ledger: Default::default(),
    }
}

/// The migrations of such a suite.
pub(in crate::migrate) fn migrations(files: &[(&str, &str)]) -> Migrations {
    Migrations::from_suite(&suite(files)).unwrap()
}
