//! `--dry-run`: everything runs in one transaction that is taken back, and what it would do is shown.

mod gather;
mod shadow;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{self, Catalog, Selection};
use crate::cli::Trial;
use crate::diff::work::{self, Measured, Work};
use crate::diff::{self, Change};
use crate::error::{Error, ExitCode};
use crate::migrate::{self, LeftOut, Plan, Rehearsal, RehearsalLimits};
use crate::target::{Cancel, Event, Target, TargetError};

use super::destruction::Destruction;
use super::session::Session;
use super::{Context, destruction, migrations, prove};
use crate::report::Format;
use crate::report::dry_run::{DryRun, TriedOn};

/// How long a rehearsal on a real target may hold locks, where nothing else is said.
const HOLD: Duration = Duration::from_secs(10);

/// How long one may run where nobody else waits.
const HOLD_ALONE: Duration = Duration::from_secs(600);

/// How long it waits for a lock: whoever comes behind it waits as long.
const LOCK: Duration = Duration::from_secs(1);

/// When it is cancelled again.
const AGAIN: Duration = Duration::from_millis(500);

/// How long a server may take to end what was cancelled.
const END: Duration = Duration::from_secs(5);

/// Where a rehearsal is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Target,
    Copy,
}

/// What came of a rehearsal.
#[derive(Debug, Default)]
struct Tried {
    /// How long each migration took, as far as it is known.
    files: Vec<Option<Duration>>,
    left_out: Vec<LeftOut>,
    changes: Vec<Change>,
    work: Vec<Work>,
    /// The migration that first holds a lock, by relation and mode, as far as the door tells.
    locked_in: BTreeMap<(u32, &'static str), usize>,
    /// Sequences that went on, with their values before and after.
    advanced: Vec<(String, Option<i64>, Option<i64>)>,
    /// What the server said.
    notices: Vec<String>,
    took: Duration,
}

/// Tries plans and writes what came of it. `nothing` says why a plan has no step.
pub(super) async fn run(
    context: &Context,
    session: &mut Session,
    plans: &[Plan],
    trial: &Trial,
    nothing: &str,
) -> Result<ExitCode, Error> {
    for warning in plans.iter().flat_map(|plan| &plan.warnings) {
        context.ui.note(&format!("warning: {warning}"));
    }
    let mut run = gather::planned(plans, nothing);
    run.target = session.label.to_string();
    run.protected = session.is_protected();
    if plans.iter().all(|plan| plan.steps.is_empty()) {
        write(context, &run)?;
        return Ok(ExitCode::Ok);
    }
    let mut tried = Tried::default();
    let ended = attempt(context, session, plans, trial, &mut run, &mut tried).await;
    // The first question may have found another door.
    run.target = session.label.to_string();
    let code = match ended {
        Ok(code) => code,
        Err(error) => {
            gather::failed(&mut run, &tried, &error);
            return Err(failed(context, &run, error));
        }
    };
    write(context, &run)?;
    context.ui.end(Some(&session.label));
    Ok(code)
}

async fn attempt(
    context: &Context,
    session: &mut Session,
    plans: &[Plan],
    trial: &Trial,
    run: &mut DryRun,
    tried: &mut Tried,
) -> Result<ExitCode, Error> {
    let destruction = destruction::of(&mut *session.target, plans).await?;
    let protected = session.is_protected();
    gather::destroying(run, &destruction, protected);
    let in_shadow = trial.shadow || (protected && !trial.in_place);
    let copy = if in_shadow {
        let limits = limits(trial, true);
        let copy = shadow::rehearse(context, session, plans, &destruction, limits, run, tried);
        Some(copy.await?)
    } else {
        if protected {
            let question = format!(
                "Try {} on {}, in a transaction that is rolled back?",
                steps(plans),
                session.label
            );
            session.ask(context, &question).await?;
        }
        let limits = limits(trial, session.is_throwaway());
        run.tried_on = Some(TriedOn::Target);
        let target = &mut *session.target;
        let place = Place::Target;
        rehearse(context, target, plans, &destruction, limits, place, tried).await?;
        None
    };
    gather::worked(run, tried, copy.as_ref(), &destruction);
    Ok(Verdict::of(tried, copy.is_some(), &destruction).code())
}

/// Writes that it did not come to a trial, where that is for programs; a person reads the error.
pub(super) fn ended_before(context: &Context, backward: bool, error: Error) -> Error {
    let mut run = DryRun::new(gather::command(backward));
    gather::failed(&mut run, &Tried::default(), &error);
    failed(context, &run, error)
}

/// The error itself, whatever becomes of the reports.
fn failed(context: &Context, run: &DryRun, error: Error) -> Error {
    match write(context, run) {
        Ok(()) => error,
        Err(unwritten) => error.note(unwritten.message()),
    }
}

/// Writes every report that was asked for.
fn write(context: &Context, run: &DryRun) -> Result<(), Error> {
    context.ui.clear();
    context.write_reports(|format, out| match format {
        Format::Pretty => run.pretty(out),
        Format::Json => run.json(out),
        // The command line refuses it.
        Format::Junit => Err(std::io::Error::other("a dry run has no junit form")),
    })
}

/// What a rehearsal says of the plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Works,
    /// What was tried of them works.
    Partly,
    /// It works on the copy, and is known to fail on rows that the copy does not have.
    FailsOnRows,
    /// Nothing could be tried.
    Untried,
}

impl Verdict {
    fn of(tried: &Tried, on_copy: bool, destruction: &Destruction) -> Self {
        if on_copy && destruction.losses.iter().any(|loss| loss.cost.fails) {
            Self::FailsOnRows
        } else if tried.files.is_empty() {
            Self::Untried
        } else if tried.left_out.is_empty() {
            Self::Works
        } else {
            Self::Partly
        }
    }

    fn code(self) -> ExitCode {
        match self {
            Self::Works => ExitCode::Ok,
            Self::FailsOnRows => ExitCode::Sql,
            // What was not tried is not known to work.
            Self::Partly | Self::Untried => ExitCode::NothingChecked,
        }
    }
}

fn steps(plans: &[Plan]) -> String {
    let labels = plans.iter().flat_map(|plan| &plan.steps);
    let labels: Vec<String> = labels.map(|step| step.migration.label()).collect();
    labels.join(", ")
}

fn limits(trial: &Trial, alone: bool) -> RehearsalLimits {
    let usual = if alone { HOLD_ALONE } else { HOLD };
    let hold = trial.max_hold.unwrap_or(usual);
    RehearsalLimits {
        hold,
        lock: LOCK.min(hold),
        known: None,
    }
}

#[derive(Deserialize)]
struct Answer {
    work: Measured,
    catalog: Catalog,
}

/// Runs the plans on a target and takes everything back.
async fn rehearse(
    context: &Context,
    target: &mut dyn Target,
    plans: &[Plan],
    destruction: &Destruction,
    mut limits: RehearsalLimits,
    place: Place,
    tried: &mut Tried,
) -> Result<(), Error> {
    if !target.capabilities().ddl {
        let error = Error::usage(format!(
            "{} cannot run migrations, nor try them",
            target.describe()
        ))
        .help("connect to the database itself, with a URL that begins with postgresql://");
        return Err(match target.read_only() {
            Some(reason) => error.note(reason),
            None => error,
        });
    }
    let options = migrate::Options {
        role: target.role().map(str::to_owned),
        ..migrations::options()
    };
    let mut without = Vec::new();
    let mut found: Option<(Catalog, Measured)> = None;
    loop {
        let rehearsal = Rehearsal::new(
            plans,
            &destruction.calls,
            &without,
            &options,
            target.capabilities(),
            target.opening(),
            limits,
        );
        *tried = Tried {
            left_out: rehearsal.left_out().to_vec(),
            ..Tried::default()
        };
        if rehearsal.migrations().count() == 0 {
            return Ok(());
        }
        if found.is_none() {
            context.ui.progress("reading the schema as it is");
            let before = prove::read(target, &Selection::all()).await?;
            let measured = measured(target).await?;
            limits.known = measured.relations.iter().map(|it| it.id).max();
            found = Some((before, measured));
            // Once more, with the locks on these.
            continue;
        }
        let query = format!(
            "json_build_object('work', {}, 'catalog', ({}))",
            work::measure(false),
            catalog::query(&Selection::all())
        );
        let mut seen = Seen {
            context,
            rehearsal: &rehearsal,
            started: vec![None; rehearsal.migrations().count()],
            held: Vec::new(),
            notices: Vec::new(),
            needs_commit: None,
            place,
        };
        let began = Instant::now();
        let answer = bounded(target, &rehearsal, &query, limits.hold, &mut seen).await;
        tried.took = began.elapsed();
        tried.files = seen.durations(began + tried.took);
        tried.notices = std::mem::take(&mut seen.notices);
        // A rollback does not undo these, and the session goes on. What matters is what came before.
        let _ = target.run(&crate::behaviour::clean(), &mut |_| {}).await;
        let answer = match (answer, seen.needs_commit.take()) {
            (Ok(answer), _) => answer,
            // Tried once more without it.
            (Err(_), Some(needs)) => {
                without.push(needs);
                // So that nothing of the first time counts; what sequences did then stays.
                let again = measured(target).await?;
                if let Some((_, before)) = &mut found {
                    let sequences = std::mem::take(&mut before.sequences);
                    *before = Measured { sequences, ..again };
                }
                continue;
            }
            (Err(error), None) => {
                let out = rehearsal.left_out().iter();
                return Err(out.fold(error, |error, out| {
                    error.note(format!("{} was left out: {}", out.label, out.reason))
                }));
            }
        };
        let Some((before, measured)) = found else {
            return Err(Error::bug("the schema was not read before the trial"));
        };
        let answer = Answer::deserialize(answer).map_err(|error| {
            Error::new(
                ExitCode::Sql,
                format!("the state of the database could not be read whole: {error}"),
            )
        })?;
        // Where the server or a login is told to keep notices to itself, none of them comes.
        let before_last = rehearsal.migrations().count() - 1;
        if seen.held.len() != before_last {
            seen.held = vec![None; before_last];
        }
        seen.held.push(Some(answer.work.locks.clone()));
        tried.locked_in = gather::locked_in(&seen.held);
        tried.changes = diff::changes(&before, &answer.catalog);
        tried.work = work::done(&measured, &answer.work);
        tried.advanced = work::advanced(&measured, &answer.work);
        return Ok(());
    }
}

/// What there is before the rehearsal.
async fn measured(target: &mut dyn Target) -> Result<Measured, Error> {
    let document = target
        .read_json("", &format!("select {}", work::measure(true)))
        .await?;
    Measured::deserialize(document).map_err(|error| {
        Error::new(
            ExitCode::Bug,
            format!("the tables could not be measured: {error}"),
        )
    })
}

/// What is heard of while the message runs.
struct Seen<'a> {
    context: &'a Context,
    rehearsal: &'a Rehearsal<'a>,
    started: Vec<Option<Instant>>,
    /// The locks at the end of each migration but the last.
    held: Vec<Option<Vec<work::Lock>>>,
    notices: Vec<String>,
    /// The migration that failed, where that is only for want of another one's commit.
    needs_commit: Option<LeftOut>,
    place: Place,
}

impl Seen<'_> {
    fn event(&mut self, event: Event<'_>) {
        let Event::Notice { severity, message } = event else {
            return;
        };
        if let Some(locks) = message.strip_prefix(migrate::HELD_LOCKS) {
            self.held.push(serde_json::from_str(locks).ok());
            return;
        }
        let Some(at) = self.rehearsal.begins(message) else {
            // That of our own ROLLBACK, where we did not begin.
            if message != "there is no transaction in progress" {
                self.notices.push(format!("{severity}: {message}"));
            }
            return;
        };
        self.started[at] = Some(Instant::now());
        if let Some((migration, _)) = self.rehearsal.migrations().nth(at) {
            self.context.ui.progress(&format!(
                "trying {} ({} of {})",
                migration.label(),
                at + 1,
                self.started.len()
            ));
        }
    }

    fn durations(&self, end: Instant) -> Vec<Option<Duration>> {
        let ends = self.started.iter().skip(1).copied().chain([Some(end)]);
        let both = self.started.iter().zip(ends);
        both.map(|(start, end)| Some(end?.saturating_duration_since((*start)?)))
            .collect()
    }
}

/// Sends the message, and cancels it on the server when its time is over.
async fn bounded(
    target: &mut dyn Target,
    rehearsal: &Rehearsal<'_>,
    query: &str,
    hold: Duration,
    seen: &mut Seen<'_>,
) -> Result<Value, Error> {
    let canceller: Option<Arc<dyn Cancel>> = target.canceller().map(Arc::from);
    let describe = target.describe();
    let mut on_event = |event: Event<'_>| seen.event(event);
    let mut over = false;
    let answer = {
        let mut work = target.try_json_with(rehearsal.statements(), query, &mut on_event);
        match tokio::time::timeout(hold, &mut work).await {
            Ok(answer) => answer,
            Err(_) => {
                over = true;
                // A block of the file may catch the first.
                let end = async {
                    loop {
                        if let Some(canceller) = &canceller {
                            let _ = canceller.cancel().await;
                        }
                        if let Ok(answer) = tokio::time::timeout(AGAIN, &mut work).await {
                            break answer;
                        }
                    }
                };
                // Whoever does not listen is left: the connection ends with us.
                tokio::time::timeout(END, end).await.unwrap_or_else(|_| {
                    Err(TargetError::TimedOut {
                        target: describe,
                        limit: hold,
                    })
                })
            }
        }
    };
    let error = match answer {
        // It was done in the last moment.
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    let error = match error {
        TargetError::Server(server) => {
            seen.needs_commit = rehearsal.needs_commit(&server);
            let explained = match rehearsal.explain(&server) {
                Some(error) => error,
                None if catalog::changed_meanwhile(&server.sqlstate, &server.message) => {
                    prove::changed(&server)
                }
                None => Error::from(TargetError::Server(server.clone()))
                    .note("the migrations ran; this is from looking at what they did"),
            };
            match server.sqlstate.as_str() {
                "57014" if over => return Err(too_long(&explained, hold, seen.place)),
                "55P03" => match rehearsal.holders(target, &server).await {
                    Some(holder) => explained.note(format!("locks are held by {holder}")),
                    None => explained,
                }
                    .note("a dry run waits no longer for a lock: whoever comes behind it would wait as long")
                    .help("try again when the table is free, or try it on a private copy of the schema: --shadow"),
                _ => explained,
            }
        }
        TargetError::TimedOut { .. } => {
            return Err(too_long(&Error::from(error), hold, seen.place));
        }
        other => Error::from(other),
    };
    Err(error.note("a dry run: nothing was applied, and nothing stayed"))
}

fn too_long(explained: &Error, hold: Duration, place: Place) -> Error {
    let error = Error::new(
        ExitCode::Sql,
        format!(
            "not done within {hold:?}: the dry run was cancelled on the server and holds no lock any more"
        ),
    );
    let error = match explained.origin() {
        Some(origin) => error.at(origin.clone()),
        None => error,
    };
    let notes = explained.notes().iter().cloned();
    notes
        .fold(error, Error::note)
        .note("nothing was applied, and nothing stayed")
        .help(match place {
            Place::Target => "give it more time with --max-hold, where its locks hurt nobody, or try it on a private copy: --shadow",
            Place::Copy => "give it more time with --max-hold: on the private copy nobody waits for its locks",
        })
}
