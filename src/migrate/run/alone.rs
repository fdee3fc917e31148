//! A file that is not one transaction: each of its statements commits by itself, and the ledger knows how many are done.
//!
//! A statement that can run in a transaction shares one with the note that it is done, and many of them travel in one
//! message. What cannot goes alone, and its note with the next message: until then nothing tells whether it took effect.

use std::collections::BTreeSet;

use super::apply::Runner;
use super::compose::{self, Job, Message, Role};
use super::explain::explain;
use super::guard::Begin;
use super::progress::Progress;
use crate::error::{Error, ExitCode};
use crate::migrate::ledger::halfway::{self, Attempt};
use crate::migrate::ledger::unfinished;
use crate::migrate::plan::resume::{Ask, Resume, is_of_session, resume};
use crate::sql::{Statement, leading_words, quote_ident, quote_literal, runs_outside_transaction};
use crate::target::TargetError;
use crate::words;

/// The server wants no transaction around a statement: refused before it did anything, or taken back.
const NO_TRANSACTION: [&str; 2] = ["25001", "2D000"];

/// What a file that runs statement by statement is sent as.
struct Course<'a> {
    job: Job<'a>,
    attempt: Attempt,
    /// Statements that turned out to want no transaction.
    bare: BTreeSet<usize>,
    /// How many statements are done.
    done: usize,
    /// Whether the ledger knows that.
    noted: bool,
}

impl<'a> Course<'a> {
    fn statements(&self) -> &'a [Statement] {
        self.job.step.script.statements()
    }

    fn is_bare(&self, number: usize) -> bool {
        let script = &self.job.step.script;
        // The note would fail with it.
        let reads = script.mentions("read only") || script.mentions("read_only");
        let found = script.statements().get(number);
        reads || self.bare.contains(&number) || found.is_some_and(|it| !takes_transaction(it))
    }

    /// The statement that is next once so many are done, where it goes alone.
    fn under(&self, done: usize) -> Option<&'a Statement> {
        self.statements().get(done).filter(|_| self.is_bare(done))
    }

    /// Adds the note that so many statements are done, and the commit.
    fn note(&self, message: &mut Message, done: usize) {
        // What the file set holds on.
        let role = self.job.options.role.as_deref();
        let role = role.map_or_else(|| "none".to_owned(), quote_ident);
        message.push(
            0,
            Role::Restore,
            &[
                "set local session authorization default",
                &format!("set local role {role}"),
                "set local statement_timeout = 0",
            ],
        );
        let progress = halfway::goes_on(&self.statements()[..done], self.under(done));
        let migration = (&self.job.step.migration, self.job.backward);
        let note = unfinished::note_sql(self.job.book, migration, &self.attempt.run, &progress);
        message.push(0, Role::Record, &[&note]);
        message.push(0, Role::Kept { done }, &["commit"]);
    }

    /// The next message, and how many statements are done behind it.
    fn next(&self, limit: usize) -> (Message, usize) {
        let mut message = Message::default();
        let bare = self.is_bare(self.done);
        if bare && self.noted {
            if !self.job.sessions {
                message.text.push_str(&halfway::comment(&self.attempt.run));
            }
            message.statement(0, &self.job, self.done);
            return (message, self.done + 1);
        }
        if !self.noted {
            let begin = "begin isolation level read committed read write";
            message.push(0, Role::Begin, &[begin]);
            self.note(&mut message, self.done);
        }
        let mut end = self.done;
        while end < self.statements().len() && !self.is_bare(end) {
            let before = message.end();
            message.push(0, Role::Begin, &["begin"]);
            message.statement(0, &self.job, end);
            // A line of its own, as elsewhere.
            message.text.push_str("\n;\n");
            self.note(&mut message, end + 1);
            if end > self.done && message.text.len() > limit {
                message.truncate(before);
                break;
            }
            end += 1;
        }
        (message, end)
    }

    /// What the session has to be told once more that statements before told it.
    fn again(&self) -> Option<Message> {
        let done = &self.statements()[..self.done];
        let forgets = |it: &Statement| leading_words(it, 1) == ["DISCARD"];
        let from = done.iter().rposition(forgets).unwrap_or(0);
        let mut message = Message::default();
        for (number, statement) in done.iter().enumerate().skip(from) {
            if is_of_session(statement) {
                message.statement(0, &self.job, number);
                message.text.push_str("\n;\n");
            }
        }
        (message.count() > 0).then_some(message)
    }
}

/// Whether a statement does the same in a transaction as by itself, as far as its words tell.
fn takes_transaction(statement: &Statement) -> bool {
    let words = leading_words(statement, 1);
    let Some(first) = words.first() else {
        // `(select 1)`
        return false;
    };
    let says = |word: &str| {
        let text = statement.text().as_bytes();
        (text.windows(word.len())).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    match first.as_str() {
        // A procedure may commit.
        "DO" => !["commit", "rollback", "call", "execute"]
            .into_iter()
            .any(says),
        "CREATE" | "ALTER" | "DROP" | "COMMENT" | "GRANT" | "REVOKE" | "INSERT" | "UPDATE"
        | "DELETE" | "MERGE" | "SELECT" | "WITH" | "VALUES" | "TRUNCATE" | "SET" | "RESET"
        | "ANALYZE" | "REFRESH" | "REASSIGN" | "SECURITY" | "IMPORT" | "PREPARE" | "NOTIFY" => {
            !runs_outside_transaction(statement)
        }
        _ => false,
    }
}

/// Why a file stopped.
struct Stop {
    error: Error,
    /// The end of what is told.
    known: Known,
}

enum Known {
    /// The statement that was next did not take effect, or the server says why it failed.
    Failed,
    /// The index of the statement that is next is invalid, and the error says what to do.
    Invalid,
    /// Nothing is known of it.
    Lost,
}

impl Runner<'_> {
    /// A step whose file is not one transaction.
    pub(super) async fn alone(&mut self) -> Result<(), Error> {
        let index = self.left[0];
        let job = self.jobs[index];
        if !job.transactions {
            return Err(self.wants_transactions(&job));
        }
        let behind = self.halfway[index].clone();
        let found = resume(job.step, job.book.suite(), behind.as_ref());
        let Resume { mut done, ask } = found.map_err(|error| self.nothing_more(error))?;
        if let Some(ask) = ask
            && self.took_effect(&job, done, &ask).await?
        {
            done += 1;
        }
        let statements = job.step.script.statements();
        let mut course = Course {
            job,
            attempt: Attempt::new(job.backward, statements.len()),
            bare: BTreeSet::new(),
            done,
            noted: true,
        };
        for number in 0..statements.len() {
            let mut message = Message::default();
            message.statement(0, &job, number);
            self.fits(&message, &job)?;
        }
        let opening = compose::opening(
            &job,
            Begin {
                attempt: &course.attempt,
                behind: behind.as_ref(),
                done: &statements[..done],
                under: course.under(done),
            },
        );
        if let Err(error) = self.send(&opening).await {
            return self.failed(&opening, &[job], 0, error).await;
        }
        let began = self.began;
        if let Err(stop) = self.statements(&mut course).await {
            self.began = began;
            return Err(self.stopped_alone(&course, stop).await);
        }
        self.note_done(1);
        Ok(())
    }

    /// Runs what is left of a file, and records it.
    async fn statements(&mut self, course: &mut Course<'_>) -> Result<(), Stop> {
        let job = course.job;
        if let Some(message) = course.again()
            && let Err(error) = self.send(&message).await
        {
            return Err(self.stop(&job, &message, error, None).await);
        }
        let statements = course.statements();
        while course.done < statements.len() {
            let bare = course.noted && course.is_bare(course.done);
            let (message, end) = course.next(self.limit);
            let error = match self.send(&message).await {
                Ok(()) => {
                    (course.done, course.noted) = (end, !bare);
                    if bare {
                        self.tell(course);
                        self.look_at_index(course).await?;
                    }
                    continue;
                }
                Err(error) => error,
            };
            let completed = match &error {
                TargetError::Server(server) => server.completed.unwrap_or(0),
                TargetError::Lost { completed, .. } => *completed,
                _ => self.completed,
            };
            if let Some(kept) = message.kept(completed) {
                (course.done, course.noted) = (kept, true);
            }
            let TargetError::Server(server) = error else {
                return Err(self.stop(&job, &message, error, None).await);
            };
            if NO_TRANSACTION.contains(&server.sqlstate.as_str()) && course.bare.insert(course.done)
            {
                // The ledger is to know before that it goes alone.
                course.noted = false;
                let _ = self.target.run("rollback", &mut |_| {}).await;
                continue;
            }
            if !bare {
                let _ = self.target.run("rollback", &mut |_| {}).await;
            }
            if !self.another_try_alone(&job, course.done, &server).await {
                let (error, next) = (TargetError::Server(server), Some(course.done));
                return Err(self.stop(&job, &message, error, next).await);
            }
        }
        let closing = compose::closing(&job);
        match self.send(&closing).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.stop(&job, &closing, error, None).await),
        }
    }

    fn tell(&mut self, course: &Course<'_>) {
        (self.observer)(Progress::Statements {
            migration: &course.job.step.migration,
            done: course.done,
            of: course.statements().len(),
        });
    }

    async fn stop(
        &mut self,
        job: &Job<'_>,
        message: &Message,
        error: TargetError,
        next: Option<usize>,
    ) -> Stop {
        let TargetError::Server(server) = error else {
            return Stop {
                error: Error::from(error),
                known: Known::Lost,
            };
        };
        let failure = explain(message, &[*job], &server);
        let error = self.name_holders(failure.error, job, next, &server).await;
        Stop {
            error,
            known: Known::Failed,
        }
    }

    /// Whether the statement that is done made its index, where `if not exists` may have passed over an invalid one.
    async fn look_at_index(&mut self, course: &mut Course<'_>) -> Result<(), Stop> {
        let number = course.done - 1;
        let statement = &course.statements()[number];
        match self.invalid_index(&course.job, statement).await {
            Ok(None) => Ok(()),
            Ok(Some(error)) => {
                course.done = number;
                Err(Stop {
                    error,
                    known: Known::Invalid,
                })
            }
            Err(error) => Err(Stop {
                error: Error::from(error),
                known: Known::Lost,
            }),
        }
    }

    /// The error of a file that stopped; the ledger keeps how far it came.
    async fn stopped_alone(&mut self, course: &Course<'_>, stop: Stop) -> Error {
        let job = &course.job;
        let statements = course.statements();
        let mut stay = stay(course.done, statements.len());
        if matches!(stop.known, Known::Lost) {
            stay.push_str(" at least");
        }
        let done = &statements[..course.done];
        let progress = match stop.known {
            Known::Failed | Known::Invalid => halfway::stops(Some(done)),
            Known::Lost => halfway::goes_on(done, course.under(course.done)),
        };
        self.keep(job, &stop.error, Some((&stay, &progress))).await;
        // Best effort, as elsewhere.
        let _ = self.clean_up(job).await;
        let label = job.step.migration.label();
        let kept = job.options.keep_failures;
        let ledger = match job.backward {
            true => "the ledger has it as applied still",
            false => "the ledger does not have it",
        };
        let error = stop.error.note(format!(
            "{label} cannot run in a transaction: {stay}, and {ledger}"
        ));
        let at_end = course.done == statements.len();
        let lost = match stop.known {
            Known::Lost if at_end => Some("whether the ledger knows is not known".to_owned()),
            Known::Lost if course.under(course.done).is_some() => {
                Some("whether the next one was done is not known".to_owned())
            }
            Known::Lost => {
                Some("whether the next one was done the ledger knows: both or neither".to_owned())
            }
            Known::Failed | Known::Invalid => None,
        };
        let notes = lost.into_iter().chain(self.stays()).chain(self.untried(1));
        let error = notes.fold(error, Error::note);
        if matches!(stop.known, Known::Invalid) {
            return error;
        }
        let next = course.done + 1;
        error.help(match stop.known {
            _ if !kept => "undo by hand what it did, then run the same command again".to_owned(),
            Known::Lost => "run `supaproof status` to see what was done, then run the same command again: it goes on behind \
                            what is done, and stops where that is not known"
                .to_owned(),
            Known::Failed if at_end => {
                "mend what keeps the ledger from being written, then run the same command again: no statement runs twice"
                    .to_owned()
            }
            Known::Failed | Known::Invalid => format!(
                "mend statement {next} (CREATE INDEX CONCURRENTLY leaves an invalid index when it fails: drop it), then run \
                 the same command again: it goes on at statement {next}"
            ),
        })
    }

    /// Whether a statement that was under way when an attempt ended is done.
    async fn took_effect(
        &mut self,
        job: &Job<'_>,
        number: usize,
        ask: &Ask,
    ) -> Result<bool, Error> {
        let Some(statement) = job.step.script.statements().get(number) else {
            return Ok(false);
        };
        let select = match ask {
            Ask::Made(name) => super::invalid::made_sql(name, statement.text()),
            Ask::Gone(name) => format!(
                "select to_json((pg_catalog.to_regclass({}) is null)::text)",
                quote_literal(name)
            ),
        };
        let answer = self.target.read_json("", &select).await;
        let answer = answer.map_err(|error| self.nothing_more(Error::from(error)))?;
        match answer.as_str() {
            Some("true") => Ok(true),
            None if matches!(ask, Ask::Made(_)) => Ok(false),
            Some("false") if matches!(ask, Ask::Gone(_)) => Ok(false),
            _ => {
                let (Ask::Made(name) | Ask::Gone(name)) = ask;
                let error = Error::new(ExitCode::Sql, format!("the index {name} is invalid"))
                    .at(statement.origin())
                    .note("an earlier attempt stopped while it was being made")
                    .help(format!(
                        "drop it (`drop index concurrently {};`), then run the same command again: it goes on at statement {}",
                        quote_ident(name),
                        number + 1
                    ));
                Err(self.nothing_more(error))
            }
        }
    }

    /// An error before anything of what is left ran.
    pub(super) fn nothing_more(&self, error: Error) -> Error {
        let notes = self.stays().into_iter().chain(self.untried(1));
        notes.fold(error, Error::note)
    }

    fn wants_transactions(&self, job: &Job<'_>) -> Error {
        let error = Error::usage(format!(
            "{} cannot run in a transaction, and {} runs everything in one",
            job.step.script.file_name(),
            self.target.describe()
        ))
        .at(job.step.script.source().origin(0..0));
        let notes = self.standing(0, true);
        notes
            .into_iter()
            .fold(error, Error::note)
            .help("connect to the database itself, with a URL that begins with postgresql://")
    }
}

/// `1 of its 2 statements stays done`.
fn stay(done: usize, of: usize) -> String {
    let statements = words::part(done, of, "statement", "statements");
    format!("{statements} {} done", words::agree(done, "stays", "stay"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::files::fixture::migrations;

    #[test]
    fn what_may_commit_by_itself_goes_alone() {
        for (text, takes) in [
            ("insert into t values (1)", true),
            ("create index i on t (x)", true),
            ("create index concurrently i on t (x)", false),
            ("do $$begin perform 1; end$$", true),
            ("do $$begin insert into t values (1); Commit; end$$", false),
            ("do $$begin call p(); end$$", false),
            ("call p()", false),
            ("vacuum t", false),
            ("lock table t", false),
            ("savepoint a", false),
            ("set role weak", true),
        ] {
            let all = migrations(&[(
                "1_a.sql",
                &format!("-- supaproof: transaction: off\n{text}"),
            )]);
            let statement = &all.list()[0].setup.statements()[0];
            assert_eq!(takes_transaction(statement), takes, "{text}");
        }
    }
}
