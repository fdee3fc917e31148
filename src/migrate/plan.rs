//! What is to be done, decided without a database.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::book::Book;
use super::destructive::Fires;
use super::file::{Migration, Migrations, Script, Version};
use super::halfway::{self, Halfway};
use super::ledger::{Applied, Kept, Ledger};
use super::order;
use super::resume::resume;
use crate::error::{Error, ExitCode};
use crate::source::Source;
use crate::suite::MigrationFile;
use crate::words;

/// Where to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Apply what is pending.
    Forward,
    /// Roll back everything after this version, which stays.
    BackTo(Version),
    /// Roll back so many migrations, the newest first.
    BackSteps(usize),
    /// Roll back everything.
    BackAll,
}

/// What is to be done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The suite.
    pub suite: String,
    /// Its ledger.
    pub book: Book,
    /// Whether migrations are rolled back.
    pub backward: bool,
    /// The steps; empty where there is nothing to do.
    pub steps: Vec<Step>,
    /// What is unusual, for people to read before it runs.
    pub warnings: Vec<String>,
    /// Triggers of the database that may destroy something, for whoever looks at what the steps fire.
    pub triggers: Vec<Fires>,
}

/// One migration to apply, or to roll back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The migration.
    pub migration: Migration,
    /// The file to run: its setup, or its rollback.
    pub script: Arc<Script>,
    /// How far an earlier attempt came, behind which it goes on: see [`Plan::take_up`].
    pub halfway: Option<Halfway>,
}

impl Step {
    /// Where it goes on, where statements of it are done: `goes on at statement 3 of 5`.
    pub fn goes_on(&self) -> Option<String> {
        let halfway = self.halfway.as_ref().filter(|halfway| halfway.begun())?;
        let of = self.script.statements().len();
        Some(match halfway.done + 1 {
            next if next > of => format!("all of its {of} statements are done: it is recorded"),
            next => format!("goes on at statement {next} of {of}"),
        })
    }
}

impl Plan {
    /// Lets steps go on behind attempts that ended early, of which the ledger says how far they came.
    ///
    /// # Errors
    ///
    /// Exit code 5 where a step cannot go on so that nothing runs twice: the statements that are done are others in its file
    /// now, or nothing tells whether the one took effect that was under way.
    pub fn take_up(&mut self, ledger: &Ledger) -> Result<(), Error> {
        for step in &mut self.steps {
            let found = ledger.halfway(&step.migration.version, self.backward);
            // Another run is at it, for which ours waits.
            let found = found.filter(|halfway| !halfway.alive);
            resume(step, &self.suite, found)?;
            step.halfway = found.cloned();
            if let Some(goes_on) = step.goes_on() {
                let label = step.migration.label();
                let words = found.map(Halfway::words).unwrap_or_default();
                self.warnings.push(format!(
                    "{label} {goes_on}: an earlier attempt stopped, {words}"
                ));
            }
        }
        Ok(())
    }
}

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
fn standing(applied: &[Applied], files: &Migrations) -> Vec<Status> {
    let rows: BTreeMap<&Version, &Applied> =
        applied.iter().map(|row| (&row.version, row)).collect();
    let all = order::together(applied, files);
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

/// What is to be done to get from what is applied to where `direction` points.
///
/// # Errors
///
/// Exit code 5 where an applied migration's file has changed or is gone, exit code 2 where the direction cannot be
/// gone: a version that is not applied, more steps than there are, a rollback that has no file.
pub fn plan(applied: &[Applied], files: &Migrations, direction: &Direction) -> Result<Plan, Error> {
    let mut plan = Plan {
        suite: files.suite().to_owned(),
        book: files.book().clone(),
        backward: *direction != Direction::Forward,
        steps: Vec::new(),
        warnings: Vec::new(),
        triggers: Vec::new(),
    };
    let all = standing(applied, files);
    if plan.backward {
        let rows: BTreeMap<&Version, &Applied> =
            applied.iter().map(|row| (&row.version, row)).collect();
        let newest_first: Vec<&Applied> = order::together(applied, files)
            .into_iter()
            .rev()
            .filter_map(|version| rows.get(version).copied())
            .collect();
        let count = steps_back(&newest_first, direction)?;
        for row in newest_first.into_iter().take(count) {
            let step = back(row, files, &mut plan.warnings)?;
            plan.steps.push(step);
            if let Some(State::Divergent { .. }) = all
                .iter()
                .find(|line| line.version == row.version)
                .map(|line| &line.state)
            {
                plan.warnings.push(format!(
                    "{}_{} has changed since it was applied: its rollback may not fit what is there",
                    row.version, row.name
                ));
            }
        }
        return Ok(plan);
    }
    refuse_broken_history(&all, files)?;
    for line in &all {
        let Some(migration) = files.get(&line.version) else {
            continue;
        };
        match line.state {
            State::Pending => {}
            State::OutOfOrder => plan.warnings.push(format!(
                "{} is applied out of order: a later migration is applied already",
                migration.label()
            )),
            _ => continue,
        }
        plan.steps.push(Step {
            script: Arc::clone(&migration.setup),
            migration: migration.clone(),
            halfway: None,
        });
    }
    if !plan.steps.is_empty() {
        plan.warnings.extend_from_slice(files.warnings());
    }
    Ok(plan)
}

/// Refuses to go on where what was applied is not what the files say.
fn refuse_broken_history(all: &[Status], files: &Migrations) -> Result<(), Error> {
    let broken: Vec<&Status> = all
        .iter()
        .filter(|line| matches!(line.state, State::Divergent { .. } | State::Missing { .. }))
        .collect();
    let Some(first) = broken.first() else {
        return Ok(());
    };
    let label = format!("{}_{}", first.version, first.name);
    let mut error = match &first.state {
        State::Missing { .. } => Error::new(
            ExitCode::Sql,
            format!("{label} is applied, but its file is gone"),
        )
        .help("bring the file back; what is applied must stay in the repository. `supaproof repair` forgets it"),
        _ => Error::new(
            ExitCode::Sql,
            format!("{label} has changed since it was applied"),
        )
        .help(
            "bring the file back as it was, and write what is new as a new migration; \
             or roll it back and set it up again; where nothing else has to change, `supaproof repair` takes it over",
        ),
    };
    if let Some(migration) = files.get(&first.version) {
        error = error.at(migration.setup.source().origin(0..0));
    }
    for line in broken {
        error = error.note(match &line.state {
            State::Divergent { applied, file } => {
                format!(
                    "{}_{}: applied {applied}, now {file} (SHA-256)",
                    line.version, line.name
                )
            }
            _ => format!("{}_{}: applied, no file", line.version, line.name),
        });
    }
    Err(error)
}

fn steps_back(newest_first: &[&Applied], direction: &Direction) -> Result<usize, Error> {
    match direction {
        Direction::Forward => Ok(0),
        Direction::BackAll => Ok(newest_first.len()),
        Direction::BackSteps(0) => Err(Error::usage("no migrations are to be rolled back")
            .help("--steps takes the number of migrations to roll back, from 1")),
        Direction::BackSteps(steps) if *steps <= newest_first.len() => Ok(*steps),
        Direction::BackSteps(steps) => Err(Error::usage(format!(
            "{} cannot be rolled back: {} applied",
            words::count(*steps, "migration", "migrations"),
            match newest_first.len() {
                0 => "none is".to_owned(),
                1 => "only one is".to_owned(),
                count => format!("only {count} are"),
            }
        ))
        .help("give a smaller number, or --all")),
        Direction::BackTo(version) => {
            match newest_first.iter().position(|row| row.version == *version) {
                Some(count) => Ok(count),
                None => Err(Error::usage(format!(
                    "cannot roll back to {version}: it is not applied"
                ))
                .note(match newest_first.len() {
                    0 => "nothing is applied".to_owned(),
                    _ => {
                        let known: Vec<_> = newest_first
                            .iter()
                            .rev()
                            .map(|row| row.version.as_str())
                            .collect();
                        format!("applied are {}", known.join(", "))
                    }
                })
                .help(
                    "--to names the version that stays as the newest; --all rolls back everything",
                )),
            }
        }
    }
}

fn back(row: &Applied, files: &Migrations, warnings: &mut Vec<String>) -> Result<Step, Error> {
    let label = format!("{}_{}", row.version, row.name);
    let migration = files.get(&row.version);
    if migration.is_none_or(|migration| migration.rollback.is_none())
        && let Kept::Text(text) = &row.rollback
    {
        warnings.push(format!(
            "{label}: the file of its rollback is gone; what the ledger keeps of it runs"
        ));
        return from_ledger(row, migration, text, &files.book().shown());
    }
    let Some(migration) = migration else {
        return Err(Error::new(
            ExitCode::Sql,
            format!("{label} is applied, but its file is gone: it cannot be rolled back"),
        )
        .note("nor does the ledger keep its rollback")
        .help(format!(
            "bring back its setup and {}",
            files.rollback_path(&row.version, &row.name).display()
        )));
    };
    Ok(Step {
        migration: migration.clone(),
        script: Arc::clone(rollback(migration, files)?),
        halfway: None,
    })
}

/// A step back with the text that the ledger keeps.
fn from_ledger(
    row: &Applied,
    migration: Option<&Migration>,
    text: &str,
    ledger: &str,
) -> Result<Step, Error> {
    let file_name = format!("{}_{}.rollback.sql", row.version, row.name);
    let script = Arc::new(Script::kept(&MigrationFile {
        source: Source::new(format!("{ledger}/{file_name}"), text),
        file_name,
    })?);
    let migration = migration.cloned().unwrap_or_else(|| Migration {
        version: row.version.clone(),
        name: row.name.clone(),
        // Of a file that is gone no text is known, and a step back needs none.
        setup: Arc::clone(&script),
        rollback: Some(Arc::clone(&script)),
        author: row.author.clone(),
        irreversible: None,
        depends: Vec::new(),
    });
    Ok(Step {
        migration,
        script,
        halfway: None,
    })
}

/// The rollback of a migration.
fn rollback<'a>(migration: &'a Migration, files: &Migrations) -> Result<&'a Arc<Script>, Error> {
    if let Some(irreversible) = &migration.irreversible {
        return Err(Error::usage(format!(
            "{} cannot be rolled back: {}",
            migration.label(),
            irreversible.reason
        ))
        .at(irreversible.origin.clone())
        .help("what comes after it can be rolled back, with --to or --steps; a suite with such a migration is verified on the embedded target only"));
    }
    let path = files.rollback_path(&migration.version, &migration.name);
    migration.rollback.as_ref().ok_or_else(|| {
        let setup = migration.setup.source();
        Error::usage(format!(
            "the suite {} has no rollback for {}",
            files.suite(),
            setup.path().display()
        ))
        .at(setup.origin(0..0))
        .help(format!("write what undoes it as {}", path.display()))
    })
}

/// Sees to it that everything can be rolled back, before anything is applied.
///
/// # Errors
///
/// Exit code 2 where a rollback is missing, or a migration says that it has none and that is not `allowed`.
pub fn require_rollbacks(files: &Migrations, allowed: bool) -> Result<(), Error> {
    files
        .list()
        .iter()
        .filter(|migration| !(allowed && migration.irreversible.is_some()))
        .try_for_each(|migration| rollback(migration, files).map(drop))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
