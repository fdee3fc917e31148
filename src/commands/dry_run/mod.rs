//! `--dry-run`: everything runs in one transaction that is taken back, and what it would do is shown.

mod shadow;
mod show;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{self, Catalog, Selection};
use crate::cli::Trial;
use crate::diff::work::{self, Measured, Work};
use crate::diff::{self, Change};
use crate::error::{Error, ExitCode};
use crate::migrate::{self, LeftOut, Plan, Rehearsal, TrialLimits};
use crate::target::{Cancel, Event, Target, TargetError};

use super::destruction::Destruction;
use super::session::Session;
use super::{Context, destruction, migrations, prove};

/// How long a trial on a real target may hold locks, where nothing else is said.
const HOLD: Duration = Duration::from_secs(10);

/// How long one may run where nobody else waits.
const HOLD_ALONE: Duration = Duration::from_secs(600);

/// How long it waits for a lock: whoever comes behind it waits as long.
const LOCK: Duration = Duration::from_secs(1);

/// When it is cancelled again.
const AGAIN: Duration = Duration::from_millis(500);

/// How long a server may take to end what was cancelled.
const END: Duration = Duration::from_secs(5);

/// Where a trial is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Target,
    Copy,
}

/// What came of a trial.
#[derive(Debug, Default)]
struct Tried {
    /// How long each migration took, as far as it is known.
    files: Vec<Option<Duration>>,
    left_out: Vec<LeftOut>,
    changes: Vec<Change>,
    work: Vec<Work>,
    /// Sequences that went on, with their values before and after.
    advanced: Vec<(String, Option<i64>, Option<i64>)>,
    /// What the server said.
    notices: Vec<String>,
    took: Duration,
}

pub(super) async fn run(
    context: &Context,
    session: &mut Session,
    plans: &[Plan],
    trial: &Trial,
) -> Result<ExitCode, Error> {
    for warning in plans.iter().flat_map(|plan| &plan.warnings) {
        context.ui.note(&format!("warning: {warning}"));
    }
    if plans.iter().all(|plan| plan.steps.is_empty()) {
        context.ui.clear();
        let none = |plan: &Plan| match plan.backward {
            true => format!("✅ {}: nothing is applied\n", plan.suite),
            false => format!("✅ {}: nothing is pending\n", plan.suite),
        };
        super::say(plans.iter().map(none).collect::<String>().as_bytes());
        return Ok(ExitCode::Ok);
    }
    let destruction = destruction::of(&mut *session.target, plans).await?;
    let in_shadow = trial.shadow || (session.is_protected() && !trial.in_place);
    let (tried, copy) = if in_shadow {
        let limits = limits(trial, true);
        let (tried, copy) = shadow::rehearse(context, session, plans, &destruction, limits).await?;
        (tried, Some(copy))
    } else {
        if session.is_protected() {
            let question = format!(
                "Try {} on {}, in a transaction that is rolled back?",
                steps(plans),
                session.label
            );
            session.ask(context, &question).await?;
        }
        let limits = limits(trial, session.is_throwaway());
        (
            rehearse(
                context,
                &mut *session.target,
                plans,
                &destruction,
                limits,
                Place::Target,
            )
            .await?,
            None,
        )
    };
    context.ui.clear();
    let verdict = Verdict::of(&tried, copy.is_some(), &destruction);
    let shown = show::Shown {
        verdict,
        label: &session.label,
        plans,
        destruction: &destruction,
        tried: &tried,
        copy: copy.as_ref(),
        protected: session.is_protected(),
    };
    super::say(shown.text().as_bytes());
    context.ui.end(Some(&session.label));
    Ok(verdict.code())
}

/// What a trial says of the plans.
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

fn limits(trial: &Trial, alone: bool) -> TrialLimits {
    let usual = if alone { HOLD_ALONE } else { HOLD };
    let hold = trial.max_hold.unwrap_or(usual);
    TrialLimits {
        hold,
        lock: LOCK.min(hold),
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
    limits: TrialLimits,
    place: Place,
) -> Result<Tried, Error> {
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
        let mut tried = Tried {
            left_out: rehearsal.left_out().to_vec(),
            ..Tried::default()
        };
        if rehearsal.migrations().count() == 0 {
            return Ok(tried);
        }
        if found.is_none() {
            context.ui.progress("reading the schema as it is");
            let before = prove::read(target, &Selection::all()).await?;
            found = Some((before, measured(target).await?));
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
            notices: Vec::new(),
            needs_commit: None,
            place,
        };
        let began = Instant::now();
        let answer = bounded(target, &rehearsal, &query, limits.hold, &mut seen).await;
        tried.took = began.elapsed();
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
        tried.files = seen.durations(began + tried.took);
        tried.notices = seen.notices;
        tried.changes = diff::changes(&before, &answer.catalog);
        tried.work = work::done(&measured, &answer.work);
        tried.advanced = work::advanced(&measured, &answer.work);
        return Ok(tried);
    }
}

/// What there is before the trial.
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
