//! Suites that a test writes in place.

use supaproof::error::Error;
use supaproof::migrate::{Direction, Done, Migrations, Options, Plan, apply, ledger, plan};
use supaproof::source::Source;
use supaproof::suite::{LedgerChoice, MigrationFile, Suite};

use crate::door::Door;

/// Files of a suite.
pub(crate) struct Fixture {
    pub(crate) suite: String,
    pub(crate) ledger: LedgerChoice,
    files: Vec<(String, String)>,
}

impl Fixture {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self {
            suite: "shop".into(),
            ledger: LedgerChoice::default(),
            files: files
                .iter()
                .map(|(name, text)| ((*name).into(), (*text).into()))
                .collect(),
        }
    }

    pub(crate) fn migrations(&self) -> Migrations {
        let file = |(name, text): &(String, String)| MigrationFile {
            file_name: name.clone(),
            source: Source::new(format!("sql/{name}"), text.clone()),
        };
        Migrations::from_suite(&Suite {
            name: self.suite.clone(),
            folder: "sql".into(),
            migrations: self.files.iter().map(file).collect(),
            complete: None,
            expectations: None,
            ledger: self.ledger.clone(),
        })
        .unwrap()
    }
}

pub(crate) async fn planned(
    door: &mut Door,
    files: &Fixture,
    direction: Direction,
) -> Result<Plan, Error> {
    let ledger = ledger::read(door, files.migrations().book()).await?;
    plan(&ledger.applied, &files.migrations(), &direction)
}

pub(crate) async fn go(
    door: &mut Door,
    files: &Fixture,
    direction: Direction,
) -> Result<Done, Error> {
    let plan = planned(door, files, direction).await?;
    apply(door, &plan, &Options::default(), &mut |_| {}).await
}

pub(crate) async fn set_up(door: &mut Door, files: &Fixture) -> Result<Done, Error> {
    go(door, files, Direction::Forward).await
}

/// The versions in the ledger.
pub(crate) async fn versions(door: &mut Door, files: &Fixture) -> String {
    let ledger = ledger::read(door, files.migrations().book()).await.unwrap();
    ledger
        .applied
        .iter()
        .map(|row| row.version.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}
