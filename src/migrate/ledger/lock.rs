//! The advisory lock of whoever changes a database, so that runs wait for each other.

use std::time::Duration;

use super::sqlstate::BUSY;

/// How long the server waits for the lock before it answers. Shorter than `deadlock_timeout`'s default of 1 s: who
/// waits inside a statement holds a snapshot, and CREATE INDEX CONCURRENTLY of the lock's holder waits for it.
pub(in crate::migrate) const LOCK_SLICE: Duration = Duration::from_millis(500);

/// The lock's key: `supa` and `proo` as numbers.
pub(super) const LOCK: &str = "1937076321, 1886547823";

/// PL/pgSQL that takes the lock with this function, or raises [`BUSY`] with who holds it.
///
/// Leaves `lock_timeout` changed until the transaction ends.
pub(super) fn take(function: &str) -> String {
    format!(
        "begin
    perform set_config('lock_timeout', '{slice}ms', true);
    perform {function}({LOCK});
  exception when lock_not_available then
    raise exception 'busy' using errcode = '{BUSY}', detail = coalesce((
      select string_agg(format('%s (process %s, %s)', coalesce(nullif(a.application_name, ''), 'a session'),
        l.pid, coalesce(a.usename, '?')), ', ')
      from pg_locks as l left join pg_stat_activity as a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and (l.classid, l.objid) = ({LOCK}) and l.objsubid = 2
        and l.database = (select oid from pg_database where datname = current_database())), 'a session that has ended');
  end;",
        slice = LOCK_SLICE.as_millis()
    )
}
