//! The text of a message that applies migrations, and what each of its statements is for.
//!
//! Many files go out as one message, each in a transaction of its own together with its row in the ledger. What was
//! committed stays committed when a later file fails. The server says only how many statements completed and, for
//! some errors, a character of the message, so every statement must be known before it is sent.

use std::ops::Range;

use super::guard::{self, Begin, Hold};
use super::limits::{self, Limit};
use super::options::Options;
use crate::migrate::ledger::Book;
use crate::migrate::ledger::record::{self, By};
use crate::migrate::plan::Step;
use crate::sql::{DEALLOCATE, DISCARD, quote_ident};

/// What a part of a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Begin,
    /// Takes the lock, looks at the ledger again, says that the file begins.
    Guard,
    /// The file's own statements, or one of them from its index.
    File {
        first: usize,
    },
    /// Deferred constraints, checked while the file's settings still hold.
    Deferred,
    /// Back to the session's own role and settings.
    Restore,
    /// The ledger's row.
    Record,
    Commit,
    /// The same within a file that is not one transaction, with a note of how many of its statements are done.
    Kept {
        done: usize,
    },
    /// What outlives a transaction.
    Clean,
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) role: Role,
    /// The step it belongs to, counted in this message.
    pub(super) step: usize,
    /// Its statements, counted in this message.
    pub(super) statements: Range<usize>,
    /// Its bytes in the message.
    pub(super) bytes: Range<usize>,
    /// For a file: the byte of the file that the part starts with.
    pub(super) from: usize,
}

/// A message and its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) text: String,
    pub(super) parts: Vec<Part>,
    count: usize,
}

impl Message {
    pub(super) fn push(&mut self, step: usize, role: Role, statements: &[&str]) {
        let start = self.text.len();
        for statement in statements {
            self.text.push_str(statement);
            self.text.push_str(";\n");
        }
        self.part(step, role, statements.len(), start, 0);
    }

    fn part(&mut self, step: usize, role: Role, count: usize, start: usize, from: usize) {
        self.parts.push(Part {
            role,
            step,
            statements: self.count..self.count + count,
            bytes: start..self.text.len(),
            from,
        });
        self.count += count;
    }

    /// The part that holds the statement with this number.
    pub(super) fn part_of(&self, statement: usize) -> Option<&Part> {
        // The parts follow each other without a gap; asked for every reply, so not one by one.
        let index = self
            .parts
            .partition_point(|part| part.statements.end <= statement);
        self.parts.get(index)
    }

    /// The number of steps whose transaction is committed once so many statements have completed.
    pub(super) fn committed(&self, completed: usize) -> usize {
        let done = |part: &&Part| part.role == Role::Commit && part.statements.end <= completed;
        self.parts.iter().filter(done).count()
    }

    /// How many statements of the file are noted as done, once so many of the message have completed.
    pub(super) fn kept(&self, completed: usize) -> Option<usize> {
        let done = |part: &Part| match part.role {
            Role::Kept { done } if part.statements.end <= completed => Some(done),
            _ => None,
        };
        self.parts.iter().filter_map(done).max()
    }

    /// How many statements it has.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Takes away again what came behind its first `bytes` and `parts`.
    pub(super) fn truncate(&mut self, (bytes, parts, count): (usize, usize, usize)) {
        self.text.truncate(bytes);
        self.parts.truncate(parts);
        self.count = count;
    }

    /// Where it ends now, for [`Self::truncate`].
    pub(super) fn end(&self) -> (usize, usize, usize) {
        (self.text.len(), self.parts.len(), self.count)
    }

    /// Adds one statement of a step's file.
    pub(super) fn statement(&mut self, number: usize, job: &Job<'_>, first: usize) {
        let Some(statement) = job.step.script.statements().get(first) else {
            return;
        };
        let start = self.text.len();
        self.text.push_str(statement.text());
        self.part(
            number,
            Role::File { first },
            1,
            start,
            statement.span().start,
        );
    }

    /// Adds a step whose file runs in a transaction.
    fn transactional(&mut self, number: usize, job: &Job<'_>, create: bool) {
        if job.transactions {
            self.push(
                number,
                Role::Begin,
                &["begin isolation level read committed"],
            );
        }
        // The first creates what the others call.
        let guard = match job.calls() && !create {
            true => guard::call(job),
            false => guard::block(job, create, Hold::Transaction),
        };
        self.push(number, Role::Guard, &[&guard]);
        self.file(number, job);
        self.push(number, Role::Deferred, &["set constraints all immediate"]);
        self.finish(number, job, &job.record());
    }

    /// Adds the statements of a step's file.
    pub(super) fn file(&mut self, number: usize, job: &Job<'_>) {
        for piece in job.step.script.pieces() {
            let start = self.text.len();
            self.text.push_str(piece.text);
            // A line of its own: the piece may end in a comment.
            self.text.push_str("\n;\n");
            let role = Role::File { first: piece.first };
            self.part(number, role, piece.count, start, piece.from);
        }
    }

    /// The ledger's row, the commit, and a session as before.
    fn finish(&mut self, number: usize, job: &Job<'_>, record: &str) {
        if !job.transactions {
            // The message itself commits, and the session ends with it.
            self.push(number, Role::Record, &[record]);
            self.push(number, Role::Commit, &[]);
            return;
        }
        let role = job
            .options
            .role
            .as_ref()
            .map(|role| format!("set role {}", quote_ident(role)));
        let mut restore = vec!["reset session authorization", "reset role"];
        restore.extend(role.as_deref());
        // It may be so short that nothing more could be done; the ledger's row puts back every setting.
        restore.push("set local statement_timeout = 0");
        self.push(number, Role::Restore, &restore);
        self.push(number, Role::Record, &[record]);
        self.push(number, Role::Commit, &["commit"]);
        // Looking for prepared statements costs more than the rest: where a file may have made none, it waits for the end.
        let prepares = job.step.script.mentions("prepare");
        let discard: Vec<&str> = DISCARD
            .into_iter()
            .filter(|statement| prepares || *statement != DEALLOCATE)
            .collect();
        self.push(number, Role::Clean, &discard);
    }

    /// Takes away what any file of the message may have prepared: a function that it called, say.
    fn deallocate(&mut self, number: usize, job: &Job<'_>) {
        if job.transactions {
            self.push(number, Role::Clean, &[DEALLOCATE]);
        }
    }
}

/// Ends a transaction that failed, and puts role and settings back. The lock stays.
pub(super) fn put_back(options: &Options) -> String {
    let mut text = String::from("rollback;\nreset session authorization;\nreset role;\n");
    if let Some(role) = &options.role {
        text.push_str(&format!("set role {};\n", quote_ident(role)));
    }
    text.push_str("reset all;\n");
    text
}

/// Ends whatever a failed message left behind, so that the session is as it was.
pub(super) fn clean_up(options: &Options) -> String {
    let mut text = put_back(options);
    for statement in DISCARD {
        text.push_str(statement);
        text.push_str(";\n");
    }
    text
}

/// A step with all that its text depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job<'a> {
    pub(super) book: &'a Book,
    pub(super) backward: bool,
    pub(super) step: &'a Step,
    pub(super) options: &'a Options,
    /// Whether the target keeps a session, in which a lock can be held from message to message.
    pub(super) sessions: bool,
    /// Whether a message can begin and commit; else each message is a transaction.
    pub(super) transactions: bool,
}

impl Job<'_> {
    /// The notice that says that the step begins.
    pub(super) fn marker(&self) -> String {
        let verb = if self.backward {
            "rolling back"
        } else {
            "applying"
        };
        format!("supaproof: {verb} {}", self.step.migration.label())
    }

    pub(super) fn by(&self) -> By<'_> {
        By {
            host: self.options.host.as_deref(),
            author: self.step.migration.author.as_deref(),
        }
    }

    /// Whether the procedures are called: where one message has many files. A rollback may take the ledger away.
    fn calls(&self) -> bool {
        self.transactions && !self.backward
    }

    fn record(&self) -> String {
        let (migration, by) = (&self.step.migration, self.by());
        // Without transactions the session ends with the message, and its settings with it.
        match (self.backward, self.transactions) {
            (false, true) => record::done_call(self.book, migration, by),
            (false, false) => record::done_sql(self.book, migration, by),
            (true, reset) => record::undone_sql(self.book, migration, reset, by),
        }
    }

    /// The same behind a file that is not one transaction: its row is there.
    fn record_at_end(&self) -> String {
        let (migration, by) = (&self.step.migration, self.by());
        match self.backward {
            true => record::undone_sql(self.book, migration, self.transactions, by),
            false => record::ended_sql(self.book, migration, self.transactions, by),
        }
    }
}

/// One message of as many of the jobs as fit into `limit` bytes, at least one; says how many.
///
/// All of them must be transactional.
pub(super) fn run_of(jobs: &[Job<'_>], limit: usize) -> (Message, usize) {
    let mut message = Message::default();
    let mut taken = 0;
    for job in jobs {
        let before = message.end();
        message.transactional(taken, job, taken == 0);
        if taken > 0 && message.text.len() > limit {
            message.truncate(before);
            break;
        }
        taken += 1;
    }
    if let Some(last) = taken.checked_sub(1) {
        message.deallocate(last, &jobs[last]);
    }
    (message, taken)
}

/// The message that begins a step of several messages.
pub(super) fn opening(job: &Job<'_>, begin: Begin<'_>) -> Message {
    let mut message = Message::default();
    let block = guard::block(job, true, Hold::Session(begin));
    message.push(0, Role::Guard, &[&block]);
    message
}

/// The message that ends one, with the ledger's row.
pub(super) fn closing(job: &Job<'_>) -> Message {
    let mut message = Message::default();
    if job.transactions {
        message.push(
            0,
            Role::Begin,
            &["begin isolation level read committed read write"],
        );
    }
    message.finish(0, job, &job.record_at_end());
    message.deallocate(0, job);
    message
}

/// A message that runs a block so many times, each in a transaction of its own. `first`: the file's statement that it is.
pub(super) fn repeated(job: &Job<'_>, first: usize, block: &str, times: usize) -> Message {
    let mut message = Message::default();
    if !job.transactions {
        message.push(0, Role::File { first }, &[block]);
        return message;
    }
    let lock_timeout = match limits::lock(&job.step.script, job.options) {
        Limit::Of(limit) => Some(limit),
        // The session's own is not known here: the server's word stands.
        Limit::Unless(_) => None,
    };
    let statement_timeout = limits::statement(&job.step.script, job.options);
    let said = [
        ("statement_timeout", statement_timeout),
        ("lock_timeout", lock_timeout),
    ];
    let mut begin = vec!["begin isolation level read committed".to_owned()];
    // A pooler may hand each message to another session.
    begin.extend(said.iter().filter_map(|(name, limit)| {
        let limit = limit.filter(|_| !job.sessions)?;
        Some(format!("set local {name} = {}", limits::setting(limit)))
    }));
    let begin: Vec<&str> = begin.iter().map(String::as_str).collect();
    for _ in 0..times {
        message.push(0, Role::Begin, &begin);
        message.push(0, Role::File { first }, &[block]);
        message.push(0, Role::Commit, &["commit"]);
    }
    message
}
