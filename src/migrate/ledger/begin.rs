//! What a file finds in the ledger before it begins, under the lock: one text for a DO block and for a procedure, which other
//! files of a message call.

use super::procedure::Procedure;
use super::sqlstate::{ALREADY, AT_WORK, ELSEWHERE, GONE, STRINGS};
use super::{Book, halfway, lock, record, supabase, tables};

/// What differs from file to file, as SQL: literals, or the parameters of the procedure.
pub(in crate::migrate) struct Values {
    pub(in crate::migrate) suite: String,
    pub(in crate::migrate) number: String,
    pub(in crate::migrate) marker: String,
    /// How long a statement may wait for a lock.
    pub(in crate::migrate) lock_timeout: String,
    /// Whether that holds only where the session has no limit.
    pub(in crate::migrate) unless: String,
    /// How long a statement may run; null leaves it to the server.
    pub(in crate::migrate) statement_timeout: String,
}

impl Values {
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

/// The procedure that begins a file that is applied in a transaction, where the ledger is there.
pub(super) fn procedure(book: &Book) -> Procedure {
    let values = Values::parameters();
    let look = not_yet_there(book, "", &values, false);
    let begin = record::begin_block(true);
    let body = body("pg_advisory_xact_lock", &look, true, &begin, &values);
    let parameters = ["text", "text", "text", "text", "boolean", "text"];
    Procedure::new("begin", &parameters, body)
}

/// The statement that calls it.
pub(in crate::migrate) fn call(book: &Book, values: Values) -> String {
    procedure(book).call(&values.arguments())
}

/// PL/pgSQL of all that goes before a file, with what it looks at in the ledger.
pub(in crate::migrate) fn body(
    lock: &str,
    look: &str,
    local: bool,
    begin: &str,
    values: &Values,
) -> String {
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
pub(in crate::migrate) fn not_yet_there(
    book: &Book,
    create: &str,
    values: &Values,
    alone: bool,
) -> String {
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
pub(in crate::migrate) fn still_there(
    book: &Book,
    create: &str,
    values: &Values,
    alone: bool,
) -> String {
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
        exists = tables::exists_condition(book),
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
