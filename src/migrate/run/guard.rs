//! What goes before each file: the lock, another look at the ledger, limits of time, and the notice that the file begins.

use super::compose::Job;
use super::limits::{self, Limit};
use crate::migrate::ledger::begin::{self, Values};
use crate::migrate::ledger::halfway::{self, Attempt, Halfway};
use crate::migrate::ledger::sqlstate::ELSEWHERE;
use crate::migrate::ledger::{record, tables, unfinished};
use crate::sql::{Statement, dollar_quote, quote_literal};

/// Who keeps the lock.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hold<'a> {
    /// The transaction.
    Transaction,
    /// The session, for a file that is not one transaction: its row in the ledger says how far it is.
    Session(Begin<'a>),
}

/// How a file begins that is not one transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begin<'a> {
    pub(super) attempt: &'a Attempt,
    /// What the ledger had of it when we looked, unless that does not matter: a data migration finds what is left.
    pub(super) behind: Option<&'a Halfway>,
    /// The statements that are done.
    pub(super) done: &'a [Statement],
    /// The first that runs, where it cannot be recorded together with what it does.
    pub(super) under: Option<&'a Statement>,
}

/// What differs from file to file, of this one.
fn values(job: &Job<'_>) -> Values {
    let script = &job.step.script;
    let (lock_timeout, unless) = match limits::lock(script, job.options) {
        Limit::Of(limit) => (limit, false),
        Limit::Unless(limit) => (limit, true),
    };
    let statement_timeout = limits::statement(script, job.options);
    Values {
        suite: quote_literal(job.book.suite()),
        number: quote_literal(job.step.migration.version.number()),
        marker: quote_literal(&job.marker()),
        lock_timeout: limits::setting(lock_timeout),
        unless: unless.to_string(),
        statement_timeout: statement_timeout.map_or_else(|| "null".to_owned(), limits::setting),
    }
}

/// One DO block, so that a migration costs few statements.
pub(super) fn block(job: &Job<'_>, create: bool, hold: Hold<'_>) -> String {
    let create = match create {
        true => tables::create_block(job.book),
        false => String::new(),
    };
    let lock = match (hold, job.sessions) {
        (Hold::Session(_), true) => "pg_advisory_lock",
        _ => "pg_advisory_xact_lock",
    };
    let values = values(job);
    let begin = match &hold {
        Hold::Transaction => None,
        Hold::Session(begin) => Some(begin),
    };
    let look = match job.backward {
        true => begin::still_there(job.book, &create, &values, begin.is_some()),
        false => begin::not_yet_there(job.book, &create, &values, begin.is_some()),
    };
    let note = begin.map_or_else(String::new, |begin| noted(job, begin));
    let look = format!("{look}{note}");
    let local = begin.is_none();
    // A session that is not kept is another's in the next message.
    let begin = record::begin_block(local || !job.sessions);
    format!(
        "do {}",
        dollar_quote(&begin::body(lock, &look, local, &begin, &values))
    )
}

/// The statement that calls the procedure that does the same for a file that is applied in a transaction, where the ledger
/// is there.
pub(super) fn call(job: &Job<'_>) -> String {
    begin::call(job.book, values(job))
}

/// PL/pgSQL that stops where the migration is elsewhere than when we looked, and else notes that it begins.
fn noted(job: &Job<'_>, begin: &Begin<'_>) -> String {
    let migration = &job.step.migration;
    let table = job.book.table();
    let condition = record::row_condition(job.book, &migration.version);
    let batches = job.step.script.batch().is_some();
    let expected = match begin.behind {
        Some(behind) => format!("{} {}", behind.run, behind.done),
        None => " 0".to_owned(),
    };
    let elsewhere = match batches {
        true => "(halfway ->> 'done')::bigint > 0 or halfway ->> 'under' is not null".to_owned(),
        false => format!(
            "coalesce(halfway ->> 'run', '') || ' ' || coalesce(halfway ->> 'done', '0') <> {}",
            quote_literal(&expected)
        ),
    };
    let session = match job.sessions {
        true => halfway::SESSION,
        false => "'{}'",
    };
    // What other attempts at it have done counts.
    let progress = format!(
        "{} || {session} || jsonb_build_object('rows', coalesce((halfway ->> 'rows')::bigint, 0), \
         'batches', coalesce((halfway ->> 'batches')::bigint, 0))",
        begin.attempt.begins(begin.done, begin.under)
    );
    let stopped = begin.behind.filter(|behind| behind.running);
    let before = record::history_row(
        "failed",
        job.book,
        (&migration.version, &migration.name),
        (!job.backward).then_some(migration.setup.checksum()),
        "null",
        Some(&match stopped {
            Some(behind) => format!("{}; {}", halfway::BEGUN, behind.words()),
            None => halfway::BEGUN.to_owned(),
        }),
        job.by(),
    );
    let note = match job.backward {
        true => format!(
            "if {exists} then
    update {table} set progress = {progress} where {condition} and success;
  end if;",
            exists = tables::exists_condition(job.book)
        ),
        false => unfinished::unfinished_row(
            job.book,
            migration,
            ("null", &quote_literal(halfway::BEGUN), &progress),
            job.by(),
        ),
    };
    format!(
        "
  if {elsewhere} then
    raise exception 'elsewhere' using errcode = '{ELSEWHERE}';
  end if;
  if halfway ->> 'running' = 'true' then
    {before}
  end if;
  {note}"
    )
}
