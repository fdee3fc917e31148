//! What is to be done, decided without a database.

mod back;
pub(super) mod resume;
mod status;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Error, ExitCode};
use crate::migrate::files::{Migration, Migrations, Script, Version};
use crate::migrate::ledger::{Applied, Book, Fires, Halfway, Ledger};
use crate::words;

use back::back;
pub use back::require_rollbacks;
use resume::resume;
pub use status::{State, Status, status};
use status::{standing, together};

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
        let newest_first: Vec<&Applied> = together(applied, files)
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
