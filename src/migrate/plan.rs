//! What is to be done, decided without a database.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::file::{Migration, Migrations, Script, Version};
use super::ledger::{Applied, Kept, Ledger};
use super::order;
use crate::error::{Error, ExitCode};
use crate::source::Source;
use crate::suite::MigrationFile;

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
    /// Whether migrations are rolled back.
    pub backward: bool,
    /// The steps; empty where there is nothing to do.
    pub steps: Vec<Step>,
    /// What is unusual, for people to read before it runs.
    pub warnings: Vec<String>,
}

/// One migration to apply, or to roll back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The migration.
    pub migration: Migration,
    /// The file to run: its setup, or its rollback.
    pub script: Arc<Script>,
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
    /// It is not applied: the last attempt failed.
    Failed {
        /// Why.
        error: String,
    },
}

impl State {
    /// Whether it is something that should not be.
    pub fn is_wrong(&self) -> bool {
        !matches!(self, Self::Applied | Self::Pending)
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
    /// Whether it can be rolled back: there is a rollback file, or the ledger keeps one.
    pub rollback: bool,
}

/// Where every migration stands that has a file or a row in the ledger, in the order in which they are applied.
pub fn status(ledger: &Ledger, files: &Migrations) -> Vec<Status> {
    let mut all = standing(&ledger.applied, files);
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
                rollback: false,
            }),
        }
    }
    all
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
                at: Some(row.applied_at.clone()),
                duration_ms: row.duration_ms,
                rollback: row.rollback != Kept::Nothing,
            });
        };
        let state = match row {
            None if newest.is_some_and(|newest| newest > at) => State::OutOfOrder,
            None => State::Pending,
            Some(row) if row.checksum == migration.setup.checksum() => State::Applied,
            Some(row) => State::Divergent {
                applied: row.checksum.clone(),
                file: migration.setup.checksum().to_owned(),
            },
        };
        Some(Status {
            version: migration.version.clone(),
            name: migration.name.clone(),
            state,
            at: row.map(|row| row.applied_at.clone()),
            duration_ms: row.and_then(|row| row.duration_ms),
            rollback: migration.rollback.is_some()
                || row.is_some_and(|row| row.rollback != Kept::Nothing),
        })
    };
    all.into_iter().enumerate().filter_map(line).collect()
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
        backward: *direction != Direction::Forward,
        steps: Vec::new(),
        warnings: Vec::new(),
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
        Direction::BackSteps(steps) if *steps <= newest_first.len() => Ok(*steps),
        Direction::BackSteps(steps) => Err(Error::usage(format!(
            "{steps} migrations cannot be rolled back: {} applied",
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
        return from_ledger(row, migration, text);
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
    })
}

/// A step back with the text that the ledger keeps.
fn from_ledger(row: &Applied, migration: Option<&Migration>, text: &str) -> Result<Step, Error> {
    let file_name = format!("{}_{}.rollback.sql", row.version, row.name);
    let script = Arc::new(Script::kept(&MigrationFile {
        source: Source::new(format!("{}/{file_name}", super::ledger::TABLE), text),
        file_name,
    })?);
    let migration = migration.cloned().unwrap_or_else(|| Migration {
        version: row.version.clone(),
        name: row.name.clone(),
        // Of a file that is gone no text is known, and a step back needs none.
        setup: Arc::clone(&script),
        rollback: Some(Arc::clone(&script)),
        author: None,
        irreversible: None,
        depends: Vec::new(),
    });
    Ok(Step { migration, script })
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
        .help("what comes after it can be rolled back, with --to or --steps; a suite with such a migration cannot be verified"));
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
/// Exit code 2 where a rollback is missing, or a migration says that it has none.
pub fn require_rollbacks(files: &Migrations) -> Result<(), Error> {
    files
        .list()
        .iter()
        .try_for_each(|migration| rollback(migration, files).map(drop))
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::migrations;
    use super::*;

    fn files(versions: &[&str]) -> Migrations {
        let mut all: Vec<(String, &str)> = Vec::new();
        for version in versions {
            all.push((format!("{version}_m.sql"), "select 1"));
            all.push((format!("{version}_m.rollback.sql"), "select 2"));
        }
        let all: Vec<(&str, &str)> = all
            .iter()
            .map(|(name, text)| (name.as_str(), *text))
            .collect();
        migrations(&all)
    }

    /// Rows of the ledger; `!` after a version is another checksum than the file has.
    fn applied(versions: &[&str]) -> Vec<Applied> {
        let good = files(&["1"]).list()[0].setup.checksum().to_owned();
        versions
            .iter()
            .map(|version| Applied {
                version: Version::new(version.trim_end_matches('!')).unwrap(),
                name: "m".into(),
                checksum: if version.ends_with('!') {
                    "other".into()
                } else {
                    good.clone()
                },
                applied_at: "2025-01-31T12:00:00Z".into(),
                duration_ms: None,
                rollback: Kept::Nothing,
            })
            .collect()
    }

    fn steps(rows: &[&str], names: &[&str], direction: Direction) -> String {
        match plan(&applied(rows), &files(names), &direction) {
            Ok(plan) => {
                let steps: Vec<_> = plan
                    .steps
                    .iter()
                    .map(|step| step.migration.version.as_str())
                    .collect();
                format!("{}{}", steps.join(" "), "!".repeat(plan.warnings.len()))
            }
            Err(error) => format!("{}: {error}", error.code() as u8),
        }
    }

    #[test]
    fn forward_applies_what_is_pending_in_order() {
        use Direction::Forward;
        assert_eq!(steps(&[], &["10", "9", "8"], Forward), "8 9 10");
        assert_eq!(steps(&[], &["10", "9", "1"], Forward), "1 9 10!");
        assert_eq!(steps(&["1", "9", "10"], &["10", "9", "1"], Forward), "");
        assert_eq!(steps(&["1"], &["1", "2"], Forward), "2");
        assert_eq!(steps(&["001"], &["1"], Forward), "");
        assert_eq!(steps(&["1", "3"], &["1", "2", "3", "4"], Forward), "2 4!");
        assert_eq!(
            steps(&["1!"], &["1", "2"], Forward),
            "5: 1_m has changed since it was applied"
        );
        assert_eq!(
            steps(&["1", "2"], &["2", "3"], Forward),
            "5: 1_m is applied, but its file is gone"
        );
        assert_eq!(
            steps(&["3"], &[], Forward),
            "5: 3_m is applied, but its file is gone"
        );
    }

    #[test]
    fn every_broken_line_is_named() {
        let error = plan(
            &applied(&["1!", "2", "3!"]),
            &files(&["1", "3"]),
            &Direction::Forward,
        )
        .unwrap_err();
        assert_eq!(error.notes().len(), 3);
        assert!(error.notes()[0].starts_with("1_m: applied other, now "));
        assert_eq!(error.notes()[1], "2_m: applied, no file");
        assert_eq!(error.origin().unwrap().to_string(), "sql/shop/1_m.sql:1:1");
    }

    #[test]
    fn backward_goes_from_the_newest() {
        let to = |version: &str| Direction::BackTo(Version::new(version).unwrap());
        let rows = ["1", "2", "10"];
        assert_eq!(steps(&rows, &rows, Direction::BackAll), "10 2 1");
        assert_eq!(steps(&rows, &rows, Direction::BackSteps(2)), "10 2");
        assert_eq!(steps(&rows, &rows, Direction::BackSteps(0)), "");
        assert_eq!(steps(&rows, &rows, to("01")), "10 2");
        assert_eq!(steps(&rows, &rows, to("10")), "");
        assert_eq!(steps(&[], &rows, Direction::BackAll), "");
        assert_eq!(
            steps(&rows, &rows, Direction::BackSteps(4)),
            "2: 4 migrations cannot be rolled back: only 3 are applied"
        );
        assert_eq!(
            steps(&rows, &rows, to("3")),
            "2: cannot roll back to 3: it is not applied"
        );
        // What has changed can still be taken away, but not without a word.
        assert_eq!(
            steps(&["1", "2!"], &["1", "2"], Direction::BackSteps(1)),
            "2!"
        );
        // A file that is gone matters only where its turn comes.
        assert_eq!(steps(&rows, &["2", "10"], Direction::BackSteps(2)), "10 2");
        assert_eq!(
            steps(&rows, &["2", "10"], Direction::BackAll),
            "5: 1_m is applied, but its file is gone: it cannot be rolled back"
        );
    }

    #[test]
    fn a_rollback_that_has_no_file_comes_from_the_ledger() {
        let mut rows = applied(&["1", "2"]);
        for row in &mut rows {
            row.rollback = Kept::Text(format!("select 4{}", row.version));
        }
        let texts = |files: &Migrations| {
            let plan = plan(&rows, files, &Direction::BackAll).unwrap();
            let texts: Vec<_> = plan
                .steps
                .iter()
                .map(|step| step.script.source().text().to_owned())
                .collect();
            (texts, plan.warnings.len())
        };
        let (kept, file) = ("select 42".to_owned(), "select 2".to_owned());
        // Where there is a file, it counts.
        assert_eq!(texts(&files(&["1", "2"])), (vec![file.clone(); 2], 0));
        assert_eq!(texts(&files(&["1"])), (vec![kept, file], 1));
    }

    #[test]
    fn a_missing_rollback_matters_only_when_it_is_asked_for() {
        let files = migrations(&[("1_m.sql", "select 1")]);
        assert!(plan(&[], &files, &Direction::Forward).is_ok());
        let error = plan(&applied(&["1"]), &files, &Direction::BackAll).unwrap_err();
        assert_eq!(
            error.message(),
            "the suite shop has no rollback for sql/shop/1_m.sql"
        );
        assert_eq!(
            error.help_text(),
            Some("write what undoes it as sql/shop/1_m.rollback.sql")
        );
        assert_eq!(error.code() as u8, 2);
    }

    #[test]
    fn dependencies_say_what_comes_first_and_what_goes_first() {
        let sql = "-- supaproof: depends: 3";
        let files = migrations(&[
            ("1_m.sql", "select 1"),
            ("1_m.down.sql", "select 1"),
            ("2_m.sql", sql),
            ("2_m.down.sql", "select 1"),
            ("3_m.sql", "select 1"),
            ("3_m.down.sql", "select 1"),
        ]);
        let row = |version: &str| Applied {
            version: Version::new(version).unwrap(),
            checksum: match version {
                "2" => files.list()[2].setup.checksum().into(),
                _ => files.list()[0].setup.checksum().into(),
            },
            name: "m".into(),
            applied_at: String::new(),
            duration_ms: None,
            rollback: Kept::Nothing,
        };
        let run = |rows: &[&str], direction: &Direction| {
            let rows: Vec<Applied> = rows.iter().map(|version| row(version)).collect();
            let plan = plan(&rows, &files, direction).unwrap();
            let steps: Vec<_> = plan
                .steps
                .iter()
                .map(|s| s.migration.version.as_str())
                .collect();
            (steps.join(" "), plan.warnings.len())
        };
        assert_eq!(run(&[], &Direction::Forward), ("1 3 2".into(), 0));
        // 2 comes after 3: it is not out of order.
        assert_eq!(run(&["1", "3"], &Direction::Forward), ("2".into(), 0));
        assert_eq!(
            run(&["1", "2", "3"], &Direction::BackAll),
            ("2 3 1".into(), 0)
        );
        let to = Direction::BackTo(Version::new("3").unwrap());
        assert_eq!(run(&["1", "2", "3"], &to), ("2".into(), 0));
    }

    #[test]
    fn an_irreversible_migration_is_not_rolled_back_nor_over() {
        let files = migrations(&[
            (
                "1_m.sql",
                "-- why\n-- supaproof: irreversible: the old hashes are gone",
            ),
            ("2_m.sql", "select 1;\n-- ROLLBACK:\n-- select 2;"),
        ]);
        let rows: Vec<Applied> = files
            .list()
            .iter()
            .map(|m| Applied {
                version: m.version.clone(),
                name: "m".into(),
                checksum: m.setup.checksum().into(),
                applied_at: String::new(),
                duration_ms: None,
                rollback: Kept::Nothing,
            })
            .collect();
        let error = plan(&rows, &files, &Direction::BackAll).unwrap_err();
        assert_eq!(
            error.message(),
            "1_m cannot be rolled back: the old hashes are gone"
        );
        assert_eq!(error.origin().unwrap().to_string(), "sql/shop/1_m.sql:2:1");
        assert_eq!(error.code() as u8, 2);
        assert_eq!(
            require_rollbacks(&files).unwrap_err().message(),
            error.message()
        );
        assert!(plan(&rows, &files, &Direction::BackSteps(1)).is_ok());
    }

    #[test]
    fn status_tells_every_state() {
        let failed = |version: &str| super::super::ledger::Failed {
            version: Version::new(version).unwrap(),
            name: "m".into(),
            at: "2025-01-31T12:00:00Z".into(),
            duration_ms: Some(1),
            error: "no".into(),
        };
        let ledger = Ledger {
            exists: true,
            applied: applied(&["1", "2!", "4", "5"]),
            // The fifth was applied since, the eighth has no file any more.
            failed: vec![failed("5"), failed("7"), failed("8")],
        };
        let states: Vec<_> = status(&ledger, &files(&["1", "2", "3", "5", "6", "7"]))
            .into_iter()
            .map(|line| {
                let state = match line.state {
                    State::Applied => "applied",
                    State::Pending => "pending",
                    State::OutOfOrder => "out of order",
                    State::Divergent { .. } => "divergent",
                    State::Missing { .. } => "missing",
                    State::Failed { .. } => "failed",
                };
                format!("{} {state} {}", line.version, line.at.is_some())
            })
            .collect();
        assert_eq!(
            states,
            [
                "1 applied true",
                "2 divergent true",
                "3 out of order false",
                "4 missing true",
                "5 applied true",
                "6 pending false",
                "7 failed true",
                "8 failed true"
            ]
        );
    }
}
