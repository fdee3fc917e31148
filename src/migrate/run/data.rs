//! Data migrations: statements that are repeated, a batch of rows at a time, until they find nothing more to do.
//!
//! Each batch commits by itself, so that a migration over a large table holds no lock for long, and a run that ends early
//! is taken up where it stopped: what is done is not found again. The ledger has its row when the last batch is done.

use std::time::{Duration, Instant};

use super::apply::Runner;
use super::batch;
use super::compose::{self, Job, Message};
use super::explain::explain;
use super::guard::Begin;
use super::progress::Progress;
use crate::error::{Error, ExitCode};
use crate::migrate::ledger::halfway::{self, Attempt};
use crate::migrate::ledger::unfinished;
use crate::migrate::plan::resume::resume;
use crate::sql::{Statement, TokenKind, quote_literal};
use crate::target::{Event, TargetError};
use crate::words;

/// What a batch says that found no more rows. As an error it takes back nothing, since nothing was done, and leaves out the
/// batches behind it in the message. It is known by its text, since not everything before a server hands on a SQLSTATE.
const NOTHING_LEFT: &str = "supaproof: nothing is left to do";

/// What a batch says of itself.
const SAYS: &str = "supaproof: rows ";

/// A message grows until it takes about as long, and to so many batches at the most: a place to stop, and to tell how far
/// it is.
const ABOUT: Duration = Duration::from_millis(500);
const MOST: usize = 64;

/// How often in a row a statement may choose rows and change none.
const IN_VAIN: u32 = 3;

/// How many rows more than a table can hold a statement may deal with: others go on writing.
const SLACK: u64 = 10_000;
/// The same for statements of which no table is known that bounds them.
const WIDE_SLACK: u64 = 10_000_000;

/// How far a data migration has come.
#[derive(Default)]
struct Far {
    rows: u64,
    /// Batches, where the door says when they are done.
    batches: u64,
}

impl Far {
    /// `550 rows in 11 batches stay done`.
    fn stay(&self) -> Option<String> {
        (self.batches > 0).then(|| halfway::in_batches(self.rows, self.batches, "stays", "stay"))
    }
}

impl Runner<'_> {
    /// The first step that is left: a data migration.
    pub(super) async fn batches(&mut self) -> Result<(), Error> {
        let index = self.left[0];
        let job = self.jobs[index];
        let behind = self.halfway[index].clone();
        resume(job.step, job.book.suite(), behind.as_ref())
            .map_err(|error| self.nothing_more(error))?;
        let attempt = Attempt::new(job.backward, job.step.script.statements().len());
        let opening = compose::opening(
            &job,
            Begin {
                attempt: &attempt,
                behind: behind.as_ref(),
                done: &[],
                under: None,
            },
        );
        if let Err(error) = self.send(&opening).await {
            return self.failed(&opening, &[job], 0, error).await;
        }
        let began = Instant::now();
        let mut far = Far::default();
        let statements = job.step.script.statements();
        for (number, statement) in statements.iter().enumerate() {
            if let Err(error) = self.repeat(&job, (number, statement), &mut far).await {
                self.began = began;
                return Err(self.stopped(&job, error, &far).await);
            }
        }
        let closing = compose::closing(&job);
        if let Err(error) = self.send(&closing).await {
            let error = Stop::Target(Box::new(closing), error);
            return Err(self.stopped(&job, error, &far).await);
        }
        self.note_done(1);
        Ok(())
    }

    /// Repeats a statement until it finds no row.
    async fn repeat(
        &mut self,
        job: &Job<'_>,
        (number, statement): (usize, &Statement),
        far: &mut Far,
    ) -> Result<(), Stop> {
        let sent = job.step.script.sent(statement);
        // In the transaction of each batch, so that it costs no message.
        let note = unfinished::batch_sql(job.book, &job.step.migration, "touched");
        let block = batch::block(sent, NOTHING_LEFT, SAYS, &note);
        let most = loop {
            self.began = Instant::now();
            match self.most(statement).await {
                Ok(most) => break most,
                Err(TargetError::Server(error))
                    if self.another_try(job, Some(number), &error).await => {}
                Err(error) => return Err(Stop::Asking(number, error)),
            }
        };
        let (mut times, mut touched, mut in_vain) = (1, 0, 0);
        loop {
            let message = compose::repeated(job, number, &block, times);
            self.fits(&message, job).map_err(Stop::Ours)?;
            let began = Instant::now();
            self.began = began;
            let before = (far.rows, far.batches);
            let ended = self.send_batches(&message, job, far).await;
            let rows = far.rows - before.0;
            // Each has touched a row at least, where nobody says how many.
            touched += rows.max(far.batches - before.1);
            if far.batches > before.1 {
                in_vain = 0;
                // How long it waits in all counts from where it went on.
                (self.waited, self.attempt) = (Duration::ZERO, 0);
            }
            match ended {
                Ok(()) => {}
                Err(TargetError::Server(error)) if error.message.ends_with(NOTHING_LEFT) => {
                    let look = batch::look(sent, NOTHING_LEFT);
                    let look = compose::repeated(job, number, &look, 1);
                    let kept = match self.kept(&look).await {
                        Ok(Some(kept)) => kept,
                        Ok(None) => return Ok(()),
                        Err(TargetError::Server(error))
                            if self.another_try(job, Some(number), &error).await =>
                        {
                            continue;
                        }
                        Err(error) => return Err(Stop::Target(Box::new(look), error)),
                    };
                    // Another session may have been at the same rows.
                    in_vain += 1;
                    if in_vain == IN_VAIN {
                        return Err(Stop::Ours(passed_over(job, statement, kept)));
                    }
                    times = 1;
                    continue;
                }
                Err(TargetError::Server(error))
                    if self.another_try(job, Some(number), &error).await =>
                {
                    times = 1;
                    continue;
                }
                Err(error) => return Err(Stop::Target(Box::new(message), error)),
            }
            if touched > most {
                return Err(Stop::Ours(endless(job, statement, touched, most)));
            }
            if job.transactions && began.elapsed() < ABOUT {
                times = (times * 2).min(MOST);
            }
        }
    }

    /// How many rows a statement chooses that touches none; `None` where it has come to its end.
    async fn kept(&mut self, look: &Message) -> Result<Option<u64>, TargetError> {
        match self.target.run(&look.text, &mut |_| {}).await {
            Ok(()) => Ok(None),
            Err(TargetError::Server(error)) if error.message.ends_with(NOTHING_LEFT) => Ok(None),
            Err(TargetError::Server(error)) if batch::kept(&error.message).is_some() => {
                Ok(batch::kept(&error.message))
            }
            Err(error) => Err(error),
        }
    }

    async fn send_batches(
        &mut self,
        message: &Message,
        job: &Job<'_>,
        far: &mut Far,
    ) -> Result<(), TargetError> {
        let migration = &job.step.migration;
        let observer = &mut *self.observer;
        let (mut said, mut kept, mut committed) = (0, 0, 0);
        let ended = self
            .target
            .run(&message.text, &mut |event| match event {
                Event::Notice { severity, message } => {
                    match message
                        .strip_prefix(SAYS)
                        .and_then(|rows| rows.parse::<u64>().ok())
                    {
                        Some(rows) => said += rows,
                        None => observer(Progress::Notice { severity, message }),
                    }
                }
                Event::Completed { index, .. } => {
                    let done = message.committed(index + 1) as u64;
                    if done > committed {
                        (committed, kept) = (done, said);
                        let rows = far.rows + kept;
                        observer(Progress::Batch { migration, rows });
                    }
                }
            })
            .await;
        if ended.is_ok() {
            // Where nobody counts, the message was one batch.
            (committed, kept) = (committed.max(1), said);
        }
        far.batches += committed;
        far.rows += kept;
        ended
    }

    /// How many rows a statement can deal with before it must be finding some of them again.
    async fn most(&mut self, statement: &Statement) -> Result<u64, TargetError> {
        let table = touched_table(statement);
        let slack = if table.is_some() { SLACK } else { WIDE_SLACK };
        let table = table.map_or_else(|| "null".to_owned(), |table| quote_literal(&table));
        // A row takes 28 bytes at least. Of a partitioned table, or of none that is known, all tables are the bound.
        let select = format!(
            "select to_json(coalesce((select pg_relation_size(c.oid) from pg_class c where c.oid = to_regclass({table}) \
               and c.relkind = 'r' and not exists (select from pg_inherits i where i.inhparent = c.oid)), \
             (select sum(pg_relation_size(c.oid)) from pg_class c where c.relkind in ('r', 'm') and c.oid >= 16384), 0)::bigint / 28)"
        );
        let answer = self.target.read_json("", &select).await?;
        let most = answer
            .as_u64()
            .or(answer.as_str().and_then(|most| most.parse().ok()));
        Ok(most.unwrap_or(u64::MAX / 2) + slack)
    }

    /// The error of a data migration that did not come to its end; the ledger keeps how far it came.
    async fn stopped(&mut self, job: &Job<'_>, stop: Stop, far: &Far) -> Error {
        let mut refused = None;
        let mut error = match stop {
            Stop::Ours(error) => error,
            Stop::Target(message, TargetError::Server(server)) => {
                let failure = explain(&message, &[*job], &server);
                refused = Some((failure.statement, server));
                failure.error
            }
            Stop::Asking(number, TargetError::Server(server)) => {
                let name = job.step.script.file_name();
                let statement = job.step.script.statements().get(number);
                let error = Error::new(ExitCode::Sql, format!("{name} failed: {server}"));
                refused = Some((Some(number), server));
                match statement {
                    Some(statement) => error.at(statement.origin()),
                    None => error,
                }
            }
            Stop::Target(_, other) | Stop::Asking(_, other) => {
                let error = self.uncertain(other);
                return match far.stay() {
                    Some(stay) => error.note(format!("{stay} at least")),
                    None => error,
                };
            }
        };
        let done = far.stay();
        let words = done.as_deref().unwrap_or("no batch is done");
        self.keep(job, &error, Some((words, &halfway::stops(None))))
            .await;
        // Best effort, as elsewhere.
        let _ = self.clean_up(job).await;
        if let Some((statement, server)) = refused {
            error = self.name_holders(error, job, statement, &server).await;
        }
        let resumed = done.map(|done| format!("{done}, and the next run goes on from there"));
        let not = format!("the ledger does not have {}", job.step.migration.label());
        let notes = resumed.into_iter().chain([not]).chain(self.stays());
        notes.chain(self.untried(1)).fold(error, Error::note)
    }
}

/// Why a data migration stopped.
enum Stop {
    Ours(Error),
    Target(Box<Message>, TargetError),
    /// From what is asked before the statement with this number.
    Asking(usize, TargetError),
}

/// The table of an UPDATE, DELETE or MERGE, as it is written.
fn touched_table(statement: &Statement) -> Option<String> {
    let mut tokens = statement.tokens().peekable();
    let first = tokens.next()?;
    let then = match () {
        () if first.is_word("update") => None,
        () if first.is_word("delete") => Some("from"),
        () if first.is_word("merge") => Some("into"),
        () => return None,
    };
    if then.is_some_and(|word| !tokens.next().is_some_and(|token| token.is_word(word))) {
        return None;
    }
    tokens.next_if(|token| token.is_word("only"));
    let mut name = String::new();
    while let Some(token) =
        tokens.next_if(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent))
    {
        name.push_str(token.text);
        match tokens.next_if(|token| token.is_symbol(".")) {
            Some(_) => name.push('.'),
            None => break,
        }
    }
    (!name.is_empty()).then_some(name)
}

fn passed_over(job: &Job<'_>, statement: &Statement, kept: u64) -> Error {
    let name = job.step.script.file_name();
    let rows = words::count(kept, "row", "rows");
    Error::new(
        ExitCode::Sql,
        format!("{name} does not come to its end: a statement chooses {rows} and changes none"),
    )
    .at(statement.origin())
    .help("a BEFORE trigger that returns NULL passes over rows: leave them out by WHERE, or disable the trigger meanwhile")
}

fn endless(job: &Job<'_>, statement: &Statement, touched: u64, most: u64) -> Error {
    let name = job.step.script.file_name();
    let touched = words::count(touched, "row", "rows");
    let most = words::grouped(most);
    Error::new(
        ExitCode::Sql,
        format!("{name} does not end: a statement has touched {touched}, of at most {most} that there can be"),
    )
    .at(statement.origin())
    .help("what a batch does must keep its rows from being found again: `where new_column is null`, for example")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::files::fixture::migrations;

    #[test]
    fn the_table_that_bounds_a_statement_is_known() {
        for (text, table) in [
            (
                "update only public.\"T t\" set a = 1",
                Some("public.\"T t\""),
            ),
            ("delete from t where a", Some("t")),
            (
                "merge into a.b using c on true when matched then delete",
                Some("a.b"),
            ),
            ("insert into t select 1", None),
            ("with x as (select 1) update t set a = 1", None),
        ] {
            let all = migrations(&[("1_a.sql", text)]);
            let found = touched_table(&all.list()[0].setup.statements()[0]);
            assert_eq!(found.as_deref(), table, "{text}");
        }
    }
}
