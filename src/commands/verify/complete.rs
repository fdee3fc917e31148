//! `complete.sql`, the file for new installations: whether it makes what the migrations make together. It runs in a
//! transaction that is rolled back, before anything is set up.

use std::slice;
use std::sync::Arc;

use serde::Deserialize;

use crate::catalog::{self, Catalog, Selection};
use crate::checks::{Finding, Outcome};
use crate::codes::{COMPLETE_DIFFERS, COMPLETE_EXTRA, COMPLETE_MISSING, COMPLETE_ROWS};
use crate::diff::seeded::{self, Held};
use crate::diff::sequences::{self, Standing};
use crate::diff::{self, ChangeKind};
use crate::error::Error;
use crate::migrate::{Migrations, Script};
use crate::report::Entry;
use crate::target::Target;

use super::super::{prove, rehearse};
use super::entries::{self, Words, bare, entry, skipped};

const LABEL: &str = "complete.sql makes what the migrations make";

/// What came of the file.
pub(super) struct Complete {
    script: Arc<Script>,
    /// Tables whose rows are not compared.
    without: Vec<u32>,
    made: Made,
}

enum Made {
    /// This.
    All(Box<Answer>),
    /// It was not tried, and why.
    Untried(String),
    /// The server refused it.
    Refused(String),
}

#[derive(Deserialize)]
struct Answer {
    catalog: Catalog,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    held: Vec<Held>,
    sequences: Vec<Standing>,
}

impl Complete {
    /// Tries the file on a database that has nothing of the suite. Where the database is somebody's, rows of tables that
    /// are there already are let alone: they may be many.
    pub(super) async fn try_out(
        target: &mut dyn Target,
        script: &Arc<Script>,
        throwaway: bool,
    ) -> Result<Self, Error> {
        let without = match throwaway {
            true => Vec::new(),
            false => {
                let tables = rehearse::relations(target).await?;
                tables.iter().map(|table| table.id).collect()
            }
        };
        let made = match script.transactional() {
            false => Made::Untried(format!(
                "{} has a statement that cannot run in a transaction",
                script.source().path().display()
            )),
            true => made(target, script, &without).await?,
        };
        Ok(Self {
            script: Arc::clone(script),
            without,
            made,
        })
    }

    /// Compares it with what the migrations have made by now.
    pub(super) async fn compare(
        &self,
        target: &mut dyn Target,
        migrations: &Migrations,
    ) -> Result<Entry, Error> {
        Ok(match &self.made {
            Made::Untried(reason) => skipped(LABEL, reason),
            Made::Refused(error) => entry(LABEL, 0, Outcome::Error(error.clone())),
            Made::All(made) => {
                let wanted = Answer {
                    catalog: prove::read(target, &Selection::all()).await?,
                    data: data(target, &self.without).await?,
                };
                self.judged(&wanted, made, migrations)
            }
        })
    }

    fn judged(&self, wanted: &Answer, made: &Answer, migrations: &Migrations) -> Entry {
        let changes = diff::changes(&wanted.catalog, &made.catalog);
        let book = migrations.book();
        let changes = changes.iter().filter(|change| !book.owns(&change.object));
        let mut findings: Vec<Finding> = changes
            .map(|change| {
                let setups = migrations.list().iter().map(|m| &*m.setup);
                let mine = slice::from_ref(&self.script).iter().map(|s| &**s);
                let place = match change.kind {
                    ChangeKind::Removed => entries::naming(setups, &change.object),
                    ChangeKind::Added | ChangeKind::Altered(_) => {
                        entries::naming(mine, &change.object)
                    }
                };
                entries::changed(change, words, place)
            })
            .collect();
        let ours = |held: &&Held| !book.owns(&format!("table {}.{}", held.schema, held.name));
        let (wanted_data, made) = (&wanted.data, &made.data);
        let tables: Vec<Held> = wanted_data.held.iter().filter(ours).cloned().collect();
        let rows = seeded::differing(&tables, &made.held);
        findings.extend(rows.into_iter().map(|(subject, found)| Finding {
            expected: "to be those that the migrations leave".to_owned(),
            found,
            origin: Some(self.script.source().origin(0..0)),
            ..bare(&COMPLETE_ROWS, subject)
        }));
        let behind = sequences::behind(&wanted_data.sequences, &made.sequences);
        findings.extend(behind.into_iter().map(|(subject, found)| Finding {
            expected: "to be past the rows, as the migrations leave it".to_owned(),
            found,
            origin: Some(self.script.source().origin(0..0)),
            ..bare(&COMPLETE_ROWS, subject)
        }));
        let compared = super::count(&wanted.catalog) + tables.len() + wanted_data.sequences.len();
        entry(LABEL, compared, Outcome::of(findings))
    }
}

/// What a difference from the migrations' catalog to the file's means.
fn words(change: &ChangeKind) -> Words {
    match change {
        ChangeKind::Removed => (
            &COMPLETE_MISSING,
            "to be made by complete.sql too",
            "only the migrations make it".to_owned(),
        ),
        ChangeKind::Added => (
            &COMPLETE_EXTRA,
            "to be made by the migrations too",
            "only complete.sql makes it".to_owned(),
        ),
        ChangeKind::Altered(properties) => (
            &COMPLETE_DIFFERS,
            "to be as the migrations make it",
            entries::altered(properties),
        ),
    }
}

async fn made(
    target: &mut dyn Target,
    script: &Arc<Script>,
    without: &[u32],
) -> Result<Made, Error> {
    let query = format!(
        "json_build_object('catalog', ({}), 'data', {})",
        catalog::query(&Selection::all()),
        data_sql(without)
    );
    let document = match rehearse::run(target, slice::from_ref(script), &query).await? {
        Ok(document) => document,
        Err((error, place)) => {
            let at = place.map_or(String::new(), |place| format!("{place}: "));
            return Ok(Made::Refused(format!("{at}{error}")));
        }
    };
    let answer = diff::rows::parse(document).map_err(rehearse::unreadable)?;
    Ok(Made::All(Box::new(answer)))
}

/// The rows of tables, and where their sequences stand, as an expression.
fn data_sql(without: &[u32]) -> String {
    format!(
        "json_build_object('held', ({}), 'sequences', ({}))",
        seeded::seeded_sql(without),
        sequences::standing_sql(without)
    )
}

async fn data(target: &mut dyn Target, without: &[u32]) -> Result<Data, Error> {
    let select = format!("select {}", data_sql(without));
    let document = target.read_json(diff::rows::SETTINGS, &select).await?;
    diff::rows::parse(document).map_err(rehearse::unreadable)
}
