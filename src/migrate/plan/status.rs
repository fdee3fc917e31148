//! Where every migration stands, by its file and by the ledger.

use std::collections::BTreeMap;

use crate::migrate::files::{Migrations, Version};
use crate::migrate::ledger::halfway::{self, Halfway};
use crate::migrate::ledger::{Applied, Kept, Ledger};

/// Where a migration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is applied, and its file is as it was.
    Applied,
    /// Its file is there, and it is not applied.
    Pending,
    /// It is not applied, although a later one is.
    OutOfOrder,
    /// It is applied, and its file has changed since.
    Divergent {
        /// SHA-256 in hex of what was applied.
        applied: String,
        /// SHA-256 in hex of the file as it is now.
        file: String,
    },
    /// It is applied, and its file is gone.
    Missing {
        /// SHA-256 in hex of what was applied.
        applied: String,
    },
    /// It is being applied, or rolled back: by a session that is at work.
    Running,
    /// It is not applied: the last attempt failed, or ended without a word.
    Failed {
        /// Why.
        error: String,
    },
    /// It is applied: the last attempt to roll it back failed.
    RollbackFailed {
        /// Why.
        error: String,
    },
    /// Its file is there, the ledger does not have it, and the history says that it is applied.
    Lost {
        /// When, in UTC.
        at: String,
    },
    /// It is applied, and the Supabase CLI does not know it: it would push it once more.
    OutOfStep {
        /// SHA-256 in hex of what was applied.
        applied: String,
    },
}

impl State {
    /// Whether it is something that should not be.
    pub fn is_wrong(&self) -> bool {
        !matches!(self, Self::Applied | Self::Pending | Self::Running)
    }
}

/// One line of `status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The version.
    pub version: Version,
    /// The name: the file's, or the ledger's where there is no file.
    pub name: String,
    /// Where it stands.
    pub state: State,
    /// When it was applied, or the last attempt failed, in UTC.
    pub at: Option<String>,
    /// How long that took, where it was measured.
    pub duration_ms: Option<u64>,
    /// Who wrote it, where the file says so, or said so when it was applied.
    pub author: Option<String>,
    /// How far an attempt came that is not one transaction, where it did not come to its end.
    pub halfway: Option<Halfway>,
    /// Whether it can be rolled back: there is a rollback file, or the ledger keeps one.
    pub rollback: bool,
}

impl Status {
    /// Whether parts of it are done, or may be, and it is not one transaction.
    pub fn half_done(&self) -> bool {
        (self.halfway.as_ref()).is_some_and(|halfway| halfway.begun() || halfway.batches > 0)
    }
}

/// Where every migration stands that has a file or a row in the ledger, in the order in which they are applied.
pub fn status(ledger: &Ledger, files: &Migrations) -> Vec<Status> {
    let mut all = standing(&ledger.applied, files);
    for line in &mut all {
        line.state = match &line.state {
            State::Applied => match ledger.failed_rollback(&line.version) {
                Some(told) => State::RollbackFailed {
                    error: told.detail.clone(),
                },
                None => continue,
            },
            State::Pending | State::OutOfOrder => {
                match ledger.lost().find(|told| told.version == line.version) {
                    Some(told) => State::Lost {
                        at: told.at.clone(),
                    },
                    None => continue,
                }
            }
            _ => continue,
        };
    }
    if files.book().is_in_step() {
        let pushed = ledger.pushed.as_deref().unwrap_or_default();
        for line in &mut all {
            let row = ledger
                .applied
                .iter()
                .find(|row| row.version == line.version);
            if let Some(row) = row.filter(|_| line.state == State::Applied)
                && !pushed.contains(&row.version)
            {
                line.state = State::OutOfStep {
                    applied: row.checksum.clone(),
                };
            }
        }
    }
    for failed in &ledger.failed {
        let state = State::Failed {
            error: failed.error.clone(),
        };
        match all.iter_mut().find(|line| line.version == failed.version) {
            Some(line) if matches!(line.state, State::Pending | State::OutOfOrder) => {
                line.state = state;
                line.at = Some(failed.at.clone());
                line.duration_ms = failed.duration_ms;
            }
            // It was applied since.
            Some(_) => {}
            None => all.push(Status {
                version: failed.version.clone(),
                name: failed.name.clone(),
                state,
                at: Some(failed.at.clone()),
                duration_ms: failed.duration_ms,
                author: failed.author.clone(),
                halfway: None,
                rollback: false,
            }),
        }
    }
    for line in &mut all {
        half_done(line, ledger);
    }
    all
}

/// Says of an attempt that is under way, or that ended early, how far it is.
fn half_done(line: &mut Status, ledger: &Ledger) {
    let (found, error) = match &line.state {
        State::Failed { error } => (ledger.halfway(&line.version, false), error.clone()),
        State::RollbackFailed { error } => (ledger.halfway(&line.version, true), error.clone()),
        State::Applied | State::OutOfStep { .. } => {
            (ledger.halfway(&line.version, true), String::new())
        }
        _ => return,
    };
    let Some(halfway) = found else {
        return;
    };
    let told = match error.as_str() {
        // The history has how far it came.
        error if halfway.backward && !halfway.running => error.to_owned(),
        error if !halfway.backward && !error.is_empty() => format!("{error}; {}", halfway.words()),
        _ => format!("{}; {}", halfway::BEGUN, halfway.words()),
    };
    line.halfway = Some(halfway.clone());
    line.state = match (halfway.alive, halfway.backward) {
        (true, _) => State::Running,
        (false, true) => State::RollbackFailed { error: told },
        (false, false) => State::Failed { error: told },
    };
}

/// The same without attempts that failed, which do not count for a plan.
pub(super) fn standing(applied: &[Applied], files: &Migrations) -> Vec<Status> {
    let rows: BTreeMap<&Version, &Applied> =
        applied.iter().map(|row| (&row.version, row)).collect();
    let all = together(applied, files);
    let newest = all.iter().rposition(|version| rows.contains_key(version));
    let line = |(at, version): (usize, &Version)| {
        let row = rows.get(version).copied();
        let Some(migration) = files.get(version) else {
            return row.map(|row| Status {
                version: row.version.clone(),
                name: row.name.clone(),
                state: State::Missing {
                    applied: row.checksum.clone(),
                },
                at: when(row),
                duration_ms: row.duration_ms,
                author: row.author.clone(),
                halfway: None,
                rollback: row.rollback != Kept::Nothing,
            });
        };
        let state = match row {
            None if newest.is_some_and(|newest| newest > at) => State::OutOfOrder,
            None => State::Pending,
            Some(row) if row.has_text_of(migration) => State::Applied,
            Some(row) => State::Divergent {
                applied: row.checksum.clone(),
                file: row.checksum_of(migration),
            },
        };
        Some(Status {
            version: migration.version.clone(),
            name: migration.name.clone(),
            state,
            at: row.and_then(when),
            duration_ms: row.and_then(|row| row.duration_ms),
            author: (migration.author.clone()).or_else(|| row.and_then(|row| row.author.clone())),
            halfway: None,
            rollback: migration.rollback.is_some()
                || row.is_some_and(|row| row.rollback != Kept::Nothing),
        })
    };
    all.into_iter().enumerate().filter_map(line).collect()
}

fn when(row: &Applied) -> Option<String> {
    Some(row.applied_at.clone()).filter(|at| !at.is_empty())
}

/// Rows of the ledger and files together, each in its turn: the files' order, and a row without a file before the first
/// file of a higher version.
pub(super) fn together<'a>(applied: &'a [Applied], files: &'a Migrations) -> Vec<&'a Version> {
    let mut gone: Vec<&Version> = applied
        .iter()
        .map(|row| &row.version)
        .filter(|version| files.place(version).is_none())
        .collect();
    gone.sort_unstable_by(|one, two| two.cmp(one));
    let mut all = Vec::new();
    for migration in files.list() {
        while let Some(version) = gone.pop_if(|version| **version < migration.version) {
            all.push(version);
        }
        all.push(&migration.version);
    }
    all.extend(gone.into_iter().rev());
    all
}
