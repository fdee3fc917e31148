//! What goes before each file: the lock, another look at the ledger, limits of time, and the notice that the file begins.

use std::time::Duration;

use super::apply::Limit;
use super::book::Book;
use super::compose::{ALREADY, GONE, Job, STRINGS};
use super::procedure::Procedure;
use super::{lock, record, supabase};
use crate::sql::{dollar_quote, quote_literal};

/// Who keeps the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// The transaction.
    Transaction,
    /// The session, for a file that has no transaction.
    Session,
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
        // The server's settings end at i32::MAX; zero is no limit.
        let literal = |limit: Duration| {
            let ms = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
            quote_literal(&format!("{}ms", ms.max(i32::from(!limit.is_zero()))))
        };
        let (lock_timeout, unless) = match (script.lock_timeout(), job.options.lock_timeout) {
            (Some(limit), _) | (None, Limit::Of(limit)) => (limit, false),
            (None, Limit::Unless(limit)) => (limit, true),
        };
        let statement_timeout = script.timeout().or(job.options.statement_timeout);
        Self {
            suite: quote_literal(job.book.suite()),
            number: quote_literal(job.step.migration.version.number()),
            marker: quote_literal(&job.marker()),
            lock_timeout: literal(lock_timeout),
            unless: unless.to_string(),
            statement_timeout: statement_timeout.map_or_else(|| "null".to_owned(), literal),
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
pub(super) fn block(job: &Job<'_>, create: bool, hold: Hold) -> String {
    let create = match create {
        true => record::create_block(job.book),
        false => String::new(),
    };
    let lock = match (hold, job.sessions) {
        (Hold::Session, true) => "pg_advisory_lock",
        _ => "pg_advisory_xact_lock",
    };
    let values = Values::of(job);
    let look = match job.backward {
        true => still_there(job.book, &create, &values),
        false => not_yet_there(job.book, &create, &values),
    };
    let local = hold == Hold::Transaction;
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
    let look = not_yet_there(book, "", &values);
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
fn not_yet_there(book: &Book, create: &str, values: &Values) -> String {
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
    delete from {table} where {condition};
  end if;{beside}",
        table = book.table()
    )
}

/// PL/pgSQL that stops where a migration is not applied any more.
fn still_there(book: &Book, create: &str, values: &Values) -> String {
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
    select true into there from {table} where {condition} and success;
  end if;{beside}
  if there is null then
    raise exception 'no longer applied' using errcode = '{GONE}';
  end if;",
        exists = record::exists_condition(book),
        table = book.table(),
        condition = record::row_where(&values.suite, &values.number)
    )
}
