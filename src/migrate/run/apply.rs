//! Runs a plan.

use std::time::{Duration, Instant};

use super::compose::{self, Job, Message, Role};
use super::explain::explain;
use super::held::pause_sql;
use super::options::{LONGEST_MESSAGE, Options};
use super::progress::{Done, Progress};
use crate::error::{Error, ExitCode};
use crate::migrate::ledger::lock::LOCK_SLICE;
use crate::migrate::ledger::sqlstate::{ALREADY, AT_WORK, BUSY, ELSEWHERE, GONE};
use crate::migrate::ledger::{self, Halfway, unfinished};
use crate::migrate::plan::Plan;
use crate::migrate::plan::resume::resume;
use crate::target::{Event, ServerError, Target, TargetError};
use crate::words;

/// Runs the steps of a plan: as many as fit in one message, each in a transaction of its own with its ledger row.
///
/// # Errors
///
/// Exit code 5 with the statement's place where the server refuses one; exit code 4 where the connection is lost. The
/// notes say what was applied and what was not. Either way each transactional migration is wholly there, with its row in the
/// ledger, or wholly absent.
pub async fn apply(
    target: &mut dyn Target,
    plan: &Plan,
    options: &Options,
    observer: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<Done, Error> {
    let abilities = target.capabilities().clone();
    if !abilities.ddl {
        let error = Error::usage(format!("{} cannot run migrations", target.describe()))
            .help("connect to the database itself, with a URL that begins with postgresql://");
        return Err(match target.read_only() {
            Some(reason) => error.note(reason),
            None => error,
        });
    }
    let jobs: Vec<Job<'_>> = plan
        .steps
        .iter()
        .map(|step| Job {
            book: &plan.book,
            backward: plan.backward,
            step,
            options,
            sessions: abilities.sessions,
            transactions: abilities.transactions,
        })
        .collect();
    let mut runner = Runner {
        target,
        limit: abilities.longest_message.unwrap_or(LONGEST_MESSAGE),
        // Where nobody counts statements, an error could be any file's.
        together: if abilities.events { usize::MAX } else { 1 },
        jobs: &jobs,
        left: (0..jobs.len()).collect(),
        halfway: plan.steps.iter().map(|step| step.halfway.clone()).collect(),
        done: Done::default(),
        waited: Duration::ZERO,
        attempt: 0,
        completed: 0,
        started: 0,
        finished: 0,
        began: Instant::now(),
        observer,
    };
    while !runner.left.is_empty() {
        runner.advance().await?;
    }
    Ok(runner.done)
}

pub(super) struct Runner<'a> {
    pub(super) target: &'a mut dyn Target,
    pub(super) limit: usize,
    /// How many steps may go out in one message.
    together: usize,
    pub(super) jobs: &'a [Job<'a>],
    /// What is left to do, as places in the plan.
    pub(super) left: Vec<usize>,
    /// How far each step is, where an attempt ended early.
    pub(super) halfway: Vec<Option<Halfway>>,
    pub(super) done: Done,
    pub(super) waited: Duration,
    /// How often a lock was not to be had in time.
    pub(super) attempt: u32,
    /// How many statements of the last message completed, and how many of its steps began, as far as we heard.
    pub(super) completed: usize,
    pub(super) started: usize,
    /// How many of its steps we said to be finished.
    finished: usize,
    /// When the running file began.
    pub(super) began: Instant,
    pub(super) observer: &'a mut (dyn FnMut(Progress<'_>) + Send),
}

impl Runner<'_> {
    /// Sends the next run of steps and deals with how it ends.
    async fn advance(&mut self) -> Result<(), Error> {
        let transactional = |&&index: &&usize| {
            let script = &self.jobs[index].step.script;
            script.transactional() && script.batch().is_none()
        };
        let run: Vec<Job<'_>> = self
            .left
            .iter()
            .take_while(transactional)
            .take(self.together)
            .map(|&index| self.jobs[index])
            .collect();
        if run.is_empty() {
            let batches = self.jobs[self.left[0]].step.script.batch().is_some();
            return match batches {
                true => self.batches().await,
                false => self.alone().await,
            };
        }
        let (message, taken) = compose::run_of(&run, self.limit);
        self.fits(&message, &run[0])?;
        let result = self.send(&message).await;
        let completed = match &result {
            Ok(()) => usize::MAX,
            Err(TargetError::Server(server)) => server.completed.unwrap_or(0),
            Err(TargetError::Lost { completed, .. }) => *completed,
            Err(TargetError::TimedOut { .. }) => self.completed,
            Err(_) => 0,
        };
        self.note_done(message.committed(completed).min(taken));
        match result {
            Ok(()) => Ok(()),
            Err(error) => {
                self.failed(&message, &run[..taken], message.committed(completed), error)
                    .await
            }
        }
    }

    /// Refuses a message that the target cannot carry, before any of it runs.
    pub(super) fn fits(&self, message: &Message, job: &Job<'_>) -> Result<(), Error> {
        if message.text.len() <= self.limit {
            return Ok(());
        }
        let source = job.step.script.source();
        let error = Error::usage(format!(
            "{} makes a message of {} bytes, and {} takes at most {}",
            job.step.script.file_name(),
            words::grouped(message.text.len()),
            self.target.describe(),
            words::grouped(self.limit)
        ))
        .at(source.origin(0..0));
        let notes = self.standing(0, true);
        Err(notes
            .into_iter()
            .fold(error, Error::note)
            .help("split the file into several migrations"))
    }

    /// Sends a message and reports what happens.
    pub(super) async fn send(&mut self, message: &Message) -> Result<(), TargetError> {
        let (jobs, left, observer) = (self.jobs, &self.left, &mut *self.observer);
        let began = &mut self.began;
        let (completed, started) = (&mut self.completed, &mut self.started);
        let finished = &mut self.finished;
        (*completed, *started, *finished) = (0, 0, 0);
        *began = Instant::now();
        let total = jobs.len();
        self.target
            .run(&message.text, &mut |event| match event {
                Event::Notice { severity, message } => {
                    let next = left.get(*started).map(|&index| (index, &jobs[index]));
                    match next {
                        Some((index, job)) if message == job.marker() => {
                            *started += 1;
                            *began = Instant::now();
                            let migration = &job.step.migration;
                            observer(Progress::Started {
                                index,
                                total,
                                migration,
                            });
                        }
                        _ => observer(Progress::Notice { severity, message }),
                    }
                }
                Event::Completed { index, .. } => {
                    *completed = index + 1;
                    let Some(part) = message.part_of(index) else {
                        return;
                    };
                    let Some(&index) = left.get(part.step) else {
                        return;
                    };
                    let migration = &jobs[index].step.migration;
                    // Notices may be switched off for the role.
                    if part.role == Role::Guard && *started <= part.step {
                        *started = part.step + 1;
                        *began = Instant::now();
                        observer(Progress::Started {
                            index,
                            total,
                            migration,
                        });
                    }
                    if let Role::Kept { done } = part.role {
                        let of = jobs[index].step.script.statements().len();
                        observer(Progress::Statements {
                            migration,
                            done,
                            of,
                        });
                    }
                    if part.role == Role::Commit {
                        *finished = part.step + 1;
                        observer(Progress::Finished {
                            index,
                            total,
                            migration,
                        });
                    }
                }
            })
            .await
    }

    /// Notes the next steps as done, and says so of those whose commit nobody told us.
    pub(super) fn note_done(&mut self, count: usize) {
        let total = self.jobs.len();
        for (step, index) in self.left.drain(..count).enumerate() {
            let migration = &self.jobs[index].step.migration;
            self.done.ran.push(migration.version.clone());
            if step >= self.finished {
                (self.observer)(Progress::Finished {
                    index,
                    total,
                    migration,
                });
            }
        }
        self.finished = 0;
    }

    /// Deals with a message that failed. The steps before the failing one are noted as done already.
    pub(super) async fn failed(
        &mut self,
        message: &Message,
        run: &[Job<'_>],
        committed: usize,
        error: TargetError,
    ) -> Result<(), Error> {
        let server = match error {
            TargetError::Server(server) => server,
            TargetError::TimedOut { .. } if self.together > 1 => {
                return Err(self.out_of_time(error, committed));
            }
            other => return Err(self.uncertain(other)),
        };
        // Best effort: what matters to the user is the first error.
        let cleaned = self.clean_up(&run[0]).await;
        let ours = match server.completed {
            Some(completed) => message
                .part_of(completed)
                .is_some_and(|part| part.role == Role::Guard),
            None => true,
        };
        match server.sqlstate.as_str() {
            BUSY if ours => {
                cleaned?;
                self.wait(&server, run[0].options.wait)
            }
            AT_WORK if ours => {
                cleaned?;
                self.wait(&server, run[0].options.wait)?;
                // Without the lock, which it may want.
                self.target
                    .run(&pause_sql(LOCK_SLICE), &mut |_| {})
                    .await
                    .map_err(|error| self.uncertain(error))
            }
            ALREADY | GONE | ELSEWHERE if ours => {
                cleaned?;
                self.look_again().await
            }
            _ => {
                let failure = explain(message, run, &server);
                let job = run.get(failure.step).filter(|_| failure.of_file);
                if let Some(job) = job
                    && self.another_try(job, failure.statement, &server).await
                {
                    return Ok(());
                }
                let mut error = failure.error;
                if let Some(job) = job {
                    self.keep(job, &error, None).await;
                    error = self
                        .name_holders(error, job, failure.statement, &server)
                        .await;
                }
                let standing =
                    self.standing(failure.step.saturating_sub(committed), failure.unread);
                let error = standing.into_iter().fold(error, Error::note);
                Err(self.next(error))
            }
        }
    }

    /// Keeps a failed attempt in the ledger. Best effort: what matters to the user is the first error.
    ///
    /// `far`: how far a file came that is not one transaction, in words, and what is put on top of its progress.
    pub(super) async fn keep(&mut self, job: &Job<'_>, error: &Error, far: Option<(&str, &str)>) {
        // Before the lock goes: whoever waits for it has to see this. The file's role may not be ours.
        let before = match far.is_some() && job.transactions {
            true => compose::put_back(job.options),
            false => String::new(),
        };
        if !job.options.keep_failures {
            if far.is_some() {
                let forget = unfinished::forget_sql(job.book, &job.step.migration, job.backward);
                let _ = self
                    .target
                    .run(&format!("{before}{forget}"), &mut |_| {})
                    .await;
            }
            return;
        }
        let at = error.origin().map_or(String::new(), |at| format!("{at}: "));
        let error = format!("{at}{}", error.message());
        let failure = unfinished::Failure {
            migration: &job.step.migration,
            backward: job.backward,
            error: &crate::redact::redact(&error),
            far: far.map(|far| far.0),
            progress: far.map(|far| far.1),
            duration_ms: self.began.elapsed().as_millis(),
        };
        let statement = unfinished::failed_sql(job.book, &failure, job.by());
        let _ = self
            .target
            .run(&format!("{before}{statement}"), &mut |_| {})
            .await;
    }

    /// Ends what a failed message left behind. A door without transactions leaves nothing.
    pub(super) async fn clean_up(&mut self, job: &Job<'_>) -> Result<(), TargetError> {
        if !job.transactions {
            return Ok(());
        }
        let script = compose::clean_up(job.options);
        self.target.run(&script, &mut |_| {}).await
    }

    fn wait(&mut self, server: &ServerError, limit: Duration) -> Result<(), Error> {
        let holder = server.detail.as_deref().unwrap_or("another session");
        self.waited += LOCK_SLICE;
        if self.waited > limit {
            let error = Error::new(
                ExitCode::Sql,
                format!("another run of migrations is at work on this database: {holder}"),
            );
            let error = self.standing(0, true).into_iter().fold(error, Error::note);
            return Err(error
                .note(format!("waited for it for {} s", limit.as_secs()))
                .help("wait until it is done, or end it, and run the same command again; --wait SECONDS waits longer"));
        }
        (self.observer)(Progress::Waiting { holder });
        Ok(())
    }

    /// Another runner was faster: takes what it did off the plan.
    async fn look_again(&mut self) -> Result<(), Error> {
        let Some(first) = self.left.first().map(|&index| self.jobs[index]) else {
            return Ok(());
        };
        let ledger = ledger::read(&mut *self.target, first.book).await?;
        let before = self.left.len();
        let (mut left, mut changed) = (Vec::new(), false);
        for &index in &self.left {
            let job = &self.jobs[index];
            let migration = &job.step.migration;
            let row = ledger
                .applied
                .iter()
                .find(|row| row.version == migration.version);
            if row.is_some() == job.backward {
                let found = ledger.halfway(&migration.version, job.backward);
                let found = found.filter(|halfway| !halfway.alive);
                resume(job.step, job.book.suite(), found)
                    .map_err(|error| self.nothing_more(error))?;
                changed |= self.halfway[index].as_ref() != found;
                self.halfway[index] = found.cloned();
                left.push(index);
                continue;
            }
            if let Some(row) = row.filter(|row| !row.has_text_of(migration)) {
                let message = format!(
                    "another run applied {} with another text",
                    migration.label()
                );
                return Err(Error::new(ExitCode::Sql, message)
                    .at(migration.setup.source().origin(0..0))
                    .note(format!(
                        "applied {}, here {} (SHA-256)",
                        row.checksum,
                        migration.setup.checksum()
                    ))
                    .help("bring the files of both together, then run `supaproof status`"));
            }
            self.done.skipped.push(migration.version.clone());
            (self.observer)(Progress::Skipped { migration });
        }
        if left.len() == before && !changed {
            // The row went away between the two looks: the next message sees.
            self.waited += LOCK_SLICE;
            if self.waited > first.options.wait {
                return Err(Error::new(
                    ExitCode::Sql,
                    "the ledger keeps changing: another run is at work",
                )
                .help("wait until it is done, and run the same command again"));
            }
        }
        self.left = left;
        Ok(())
    }
}
