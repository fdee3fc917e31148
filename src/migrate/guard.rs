//! What goes before each file: the lock, another look at the ledger, limits of time, and the notice that the file begins.

use super::apply::Limit;
use super::book::Book;
use super::compose::{ALREADY, AT_WORK, ELSEWHERE, GONE, Job, STRINGS};
use super::halfway::{self, Attempt, Halfway};
use super::procedure::Procedure;
use super::{limits, lock, record, supabase};
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

/// What differs from file to file, as SQL: literals, or the parameters of the procedure.
struct Values {
    suite: String,
    number: String,
    marker: String,
    /// How long a statement may wait for a lock.
    lock_timeout: String,
    /// Whether that holds only where the session has no limit.
    unless: String,
    /// How long a statement may run; null leaves it to the server.
    statement_timeout: String,
}

impl Values {
    fn of(job: &Job<'_>) -> Self {
        let script = &job.step.script;
        let (lock_timeout, unless) = match limits::lock(script, job.options) {
            Limit::Of(limit) => (limit, false),
            Limit::Unless(limit) => (limit, true),
        };
        let statement_timeout = limits::statement(script, job.options);
        Self {
            suite: quote_literal(job.book.suite()),
            number: quote_literal(job.step.migration.version.number()),
            marker: quote_literal(&job.marker()),
            lock_timeout: limits::setting(lock_timeout),
            unless: unless.to_string(),
            statement_timeout: statement_timeout.map_or_else(|| "null".to_owned(), limits::setting),
        }
    }

    fn parameters() -> Self {
        let [
            suite,
            number,
            marker,
            lock_timeout,
            unless,
            statement_timeout,
        ] = ["$1", "$2", "$3", "$4", "$5", "$6"].map(str::to_owned);
        Self {
            suite,
            number,
            marker,
            lock_timeout,
            unless,
            statement_timeout,
        }
    }

    fn arguments(self) -> [String; 6] {
        [
            self.suite,
            self.number,
            self.marker,
            self.lock_timeout,
            self.unless,
            self.statement_timeout,
        ]
    }
}

/// One DO block, so that a migration costs few statements.
pub(super) fn block(job: &Job<'_>, create: bool, hold: Hold<'_>) -> String {
    let create = match create {
        true => record::create_block(job.book),
        false => String::new(),
    };
    let lock = match (hold, job.sessions) {
        (Hold::Session(_), true) => "pg_advisory_lock",
        _ => "pg_advisory_xact_lock",
    };
    let values = Values::of(job);
    let begin = match &hold {
        Hold::Transaction => None,
        Hold::Session(begin) => Some(begin),
    };
    let look = match job.backward {
        true => still_there(job.book, &create, &values, begin.is_some()),
        false => not_yet_there(job.book, &create, &values, begin.is_some()),
    };
    let note = begin.map_or_else(String::new, |begin| noted(job, begin));
    let look = format!("{look}{note}");
    let local = begin.is_none();
    // A session that is not kept is another's in the next message.
    let begin = record::begin_block(local || !job.sessions);
    format!(
        "do {}",
        dollar_quote(&body(lock, &look, local, &begin, &values))
    )
}

/// The procedure that does the same for a file that is applied in a transaction, where the ledger is there.
pub(super) fn procedure(book: &Book) -> Procedure {
    let values = Values::parameters();
    let look = not_yet_there(book, "", &values, false);
    let begin = record::begin_block(true);
    let body = body("pg_advisory_xact_lock", &look, true, &begin, &values);
    let parameters = ["text", "text", "text", "text", "boolean", "text"];
    Procedure::new("begin", &parameters, body)
}

/// The statement that calls it.
pub(super) fn call(job: &Job<'_>) -> String {
    procedure(job.book).call(&Values::of(job).arguments())
}

fn body(lock: &str, look: &str, local: bool, begin: &str, values: &Values) -> String {
    let Values {
        marker,
        lock_timeout,
        unless,
        statement_timeout,
        ..
    } = values;
    format!(
        "declare
  timeout_before text := current_setting('lock_timeout');
  known text;
  there boolean;
  halfway jsonb;
  grantee name;
begin
  if current_setting('standard_conforming_strings') <> 'on' then
    raise exception 'standard_conforming_strings is off' using errcode = '{STRINGS}';
  end if;
  begin
    perform set_config('client_connection_check_interval', '200ms', {local});
  exception when others then null;
  end;
  {take}
  {look}
  perform set_config('lock_timeout', case when {unless} and timeout_before <> '0' then timeout_before else {lock_timeout} end, {local});
  if {statement_timeout} is not null then
    perform set_config('statement_timeout', {statement_timeout}, {local});
  end if;
  {begin}
  raise notice '%', {marker};
end",
        take = lock::take(lock),
    )
}

/// PL/pgSQL that stops where a migration is applied, and clears a failed attempt at it.
fn not_yet_there(book: &Book, create: &str, values: &Values, alone: bool) -> String {
    let condition = record::row_where(&values.suite, &values.number);
    // The lock keeps the Supabase CLI from nothing, but what it did before is seen.
    let beside = match book.is_in_step() {
        true => format!(
            "\n  if {has} then
    raise exception 'already applied' using errcode = '{ALREADY}';
  end if;",
            has = supabase::has_number(&values.number)
        ),
        false => String::new(),
    };
    format!(
        "{create}
  select checksum, success into known, there from {table} where {condition};
  if there then
    raise exception 'already applied' using errcode = '{ALREADY}', detail = known;
  elsif not there then
    select progress into halfway from {table} where {condition};
    {elsewhere}
    delete from {table} where {condition};
  end if;{beside}",
        table = book.table(),
        elsewhere = at_work_or_half_done(alone)
    )
}

/// PL/pgSQL that stops where a migration is not applied any more.
fn still_there(book: &Book, create: &str, values: &Values, alone: bool) -> String {
    let beside = match book.is_in_step() {
        true => format!(
            "\n  if there is null and {exists} then
    there := nullif({has}, false);
  end if;",
            exists = supabase::exists_condition(),
            has = supabase::has_number(&values.number)
        ),
        false => String::new(),
    };
    format!(
        "if {exists} then
    {create}
    select true, progress into there, halfway from {table} where {condition} and success;
    {elsewhere}
  end if;{beside}
  if there is null then
    raise exception 'no longer applied' using errcode = '{GONE}';
  end if;",
        exists = record::exists_condition(book),
        table = book.table(),
        elsewhere = at_work_or_half_done(alone),
        condition = record::row_where(&values.suite, &values.number)
    )
}

/// PL/pgSQL that stops where another session is at the migration, though it lost the lock, and where parts of it are done and
/// it is to run as a whole.
fn at_work_or_half_done(alone: bool) -> String {
    let half_done = match alone {
        // That is looked at below.
        true => String::new(),
        false => format!(
            "\n    if (halfway ->> 'done')::bigint > 0 or halfway ->> 'under' is not null then
      raise exception 'half done' using errcode = '{ELSEWHERE}';
    end if;"
        ),
    };
    format!(
        "if {alive} then
      raise exception 'busy' using errcode = '{AT_WORK}', detail = format('a session without the lock (process %s)', halfway ->> 'pid');
    end if;{half_done}",
        alive = halfway::alive("halfway")
    )
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
            exists = record::exists_condition(job.book)
        ),
        false => record::unfinished_row(
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
