//! What is written into the ledger and its history. All of it is text that runs under the lock.

use super::file::{Migration, Version};
use super::ledger::{HISTORY, REFUSE, SCHEMA, TABLE};
use crate::sql::{dollar_quote, quote_literal};

/// The setting that carries the time at which a file began to the block that records it, as seconds.
const BEGAN: &str = "supaproof.began";

/// What is noted of each change besides itself: where it came from. The role and the time are the server's to say.
#[derive(Clone, Copy, Debug)]
pub(super) struct By<'a> {
    /// The machine that we run on, where it is known.
    pub(super) host: Option<&'a str>,
}

impl By<'_> {
    fn host(self) -> String {
        literal_or_null(self.host)
    }

    fn tool() -> String {
        quote_literal(concat!("supaproof ", env!("CARGO_PKG_VERSION")))
    }
}

fn literal_or_null(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), quote_literal)
}

/// The condition that a table is there, for use under the lock.
///
/// A query on the catalog sees what others committed while we waited for the lock; `to_regclass` may answer from
/// the session's cache, which taking an advisory lock does not refresh.
fn there(table: &str) -> String {
    let (schema, table) = table.split_once('.').unwrap_or((SCHEMA, table));
    format!(
        "exists (select from pg_class as c join pg_namespace as n on n.oid = c.relnamespace \
         where n.nspname = {} and c.relname = {})",
        quote_literal(schema),
        quote_literal(table)
    )
}

/// The condition that the ledger's table is there, for use under the lock.
pub(super) fn exists_condition() -> String {
    there(TABLE)
}

/// PL/pgSQL that creates the ledger where it is not there yet, and brings one of an older version up to date. Wants a
/// variable `grantee name`.
///
/// Nobody else may read it: a schema grants nothing by default, but default privileges of a project may.
pub(super) fn create_block() -> String {
    let refuse = "begin raise exception 'rows of supaproof.history are never changed or deleted' \
                  using errcode = 'SP006'; end";
    format!(
        "if not {exists} then
    if to_regnamespace('{SCHEMA}') is null then
      create schema {SCHEMA};
    end if;
    create table {TABLE} (
      suite text not null,
      version text not null,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default clock_timestamp(),
      primary key (suite, version)
    );
    comment on schema {SCHEMA} is 'What supaproof keeps in this database';
    comment on table {TABLE} is 'Migrations that supaproof applied';
    revoke all on schema {SCHEMA} from public;
    for grantee in select rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
      execute format('revoke all on schema {SCHEMA} from %I', grantee);
    end loop;
  end if;
  if not {history} then
    alter table {TABLE}
      add column if not exists statements integer,
      add column if not exists rollback text,
      add column if not exists duration_ms bigint,
      add column if not exists applied_by text,
      add column if not exists host text,
      add column if not exists tool text,
      add column if not exists success boolean not null default true,
      add column if not exists error text;
    create table {HISTORY} (
      id bigint generated always as identity primary key,
      at timestamptz not null default clock_timestamp(),
      action text not null check (action in ('applied', 'rolled back', 'failed', 'repaired', 'baselined')),
      suite text not null,
      version text not null,
      name text not null,
      checksum text,
      duration_ms bigint,
      done_by text not null default current_user,
      host text,
      tool text,
      detail text
    );
    create or replace function {REFUSE}() returns trigger language plpgsql set search_path = '' as {refuse};
    create trigger append_only before update or delete or truncate on {HISTORY}
      for each statement execute function {REFUSE}();
    comment on table {HISTORY} is 'All that supaproof did to the ledger: rows are added, never changed';
    revoke all on table {TABLE}, {HISTORY} from public;
    revoke all on sequence {HISTORY}_id_seq from public;
    revoke all on function {REFUSE}() from public;
    for grantee in select rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
      execute format('revoke all on table {TABLE}, {HISTORY} from %I', grantee);
      execute format('revoke all on sequence {HISTORY}_id_seq from %I', grantee);
      execute format('revoke all on function {REFUSE}() from %I', grantee);
    end loop;
  end if;",
        exists = exists_condition(),
        history = there(HISTORY),
        refuse = quote_literal(refuse),
    )
}

/// The condition that finds a migration's row. Zeros before a number do not count.
///
/// Each file asks under the lock, so that a thousand of them ask a thousand times for one of a thousand: LIKE comes first
/// since it costs a tenth of the exact comparison.
pub(super) fn row_condition(suite: &str, version: &Version) -> String {
    format!(
        "suite = {} and version like {} and ltrim(version, '0') = {}",
        quote_literal(suite),
        quote_literal(&format!("%{}", version.number())),
        quote_literal(version.number())
    )
}

/// PL/pgSQL that notes when a file begins; `local` forgets it with the transaction.
pub(super) fn begin_block(local: bool) -> String {
    format!("perform set_config('{BEGAN}', extract(epoch from clock_timestamp())::text, {local});")
}

/// The statement that notes a migration as applied, or as rolled back, and puts the session's settings back where `reset`.
///
/// Settings are put back here and not before, since one of them says when the file began.
pub(super) fn done_sql(
    suite: &str,
    migration: &Migration,
    backward: bool,
    reset: bool,
    from: By<'_>,
) -> String {
    let row = if backward {
        format!(
            "delete from {TABLE} where {};",
            row_condition(suite, &migration.version)
        )
    } else {
        insert_row(suite, migration, "took", from)
    };
    let action = if backward { "rolled back" } else { "applied" };
    let body = format!(
        "declare
  began text := pg_catalog.current_setting('{BEGAN}', true);
  took bigint;
begin
  {reset}
  took := greatest(0, round((extract(epoch from clock_timestamp())::numeric - nullif(began, '')::numeric) * 1000));
  {row}
  {history}
end",
        reset = if reset { "reset all;" } else { "" },
        history = history_row(
            action,
            suite,
            (&migration.version, &migration.name),
            // Of a file that is gone no checksum is known.
            (!backward).then_some(migration.setup.checksum()),
            "took",
            None,
            from
        ),
    );
    format!("do {}", dollar_quote(&body))
}

fn insert_row(suite: &str, migration: &Migration, took: &str, from: By<'_>) -> String {
    format!(
        "insert into {TABLE} (suite, version, name, checksum, applied_at, statements, rollback, duration_ms, applied_by, \
         host, tool) values ({}, {}, {}, {}, clock_timestamp(), {}, {}, {took}, current_user, {}, {});",
        quote_literal(suite),
        quote_literal(migration.version.as_str()),
        quote_literal(&migration.name),
        quote_literal(migration.setup.checksum()),
        migration.setup.statements().len(),
        rollback_text(migration),
        from.host(),
        By::tool()
    )
}

fn rollback_text(migration: &Migration) -> String {
    let rollback = migration.rollback.as_ref();
    // Of a file with sections only what undoes it.
    let text = rollback.map(|script| {
        let pieces: Vec<&str> = script.pieces().map(|piece| piece.text).collect();
        pieces.join("\n;\n")
    });
    literal_or_null(text.as_deref())
}

fn history_row(
    action: &str,
    suite: &str,
    (version, name): (&Version, &str),
    checksum: Option<&str>,
    took: &str,
    detail: Option<&str>,
    from: By<'_>,
) -> String {
    format!(
        "insert into {HISTORY} (action, suite, version, name, checksum, duration_ms, host, tool, detail) \
         values ({}, {}, {}, {}, {}, {took}, {}, {}, {});",
        quote_literal(action),
        quote_literal(suite),
        quote_literal(version.as_str()),
        quote_literal(name),
        literal_or_null(checksum),
        from.host(),
        By::tool(),
        literal_or_null(detail)
    )
}

/// A statement that does this to the ledger under the lock, in a transaction of its own.
fn under_lock(body: &str) -> String {
    let body = format!(
        "declare
  grantee name;
begin
  {}
  {}
  {body}
end",
        super::lock::take("pg_advisory_xact_lock"),
        create_block()
    );
    format!("do {}", dollar_quote(&body))
}

/// An attempt that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure<'a> {
    pub(super) migration: &'a Migration,
    pub(super) backward: bool,
    pub(super) error: &'a str,
    pub(super) duration_ms: u128,
}

/// The statement that keeps a failed attempt. Says nothing where another run has applied the migration meanwhile.
pub(super) fn failed_sql(suite: &str, failure: &Failure<'_>, from: By<'_>) -> String {
    let Failure {
        migration, error, ..
    } = failure;
    let took = failure.duration_ms.to_string();
    let condition = row_condition(suite, &migration.version);
    let row = if failure.backward {
        // It stays applied.
        String::new()
    } else {
        format!(
            "if exists (select from {TABLE} where {condition} and success) then
    return;
  end if;
  delete from {TABLE} where {condition};
  insert into {TABLE} (suite, version, name, checksum, applied_at, statements, duration_ms, applied_by, host, tool, \
   success, error) values ({}, {}, {}, {}, clock_timestamp(), {}, {took}, current_user, {}, {}, false, {});",
            quote_literal(suite),
            quote_literal(migration.version.as_str()),
            quote_literal(&migration.name),
            quote_literal(migration.setup.checksum()),
            migration.setup.statements().len(),
            from.host(),
            By::tool(),
            quote_literal(error)
        )
    };
    let history = history_row(
        "failed",
        suite,
        (&migration.version, &migration.name),
        (!failure.backward).then_some(migration.setup.checksum()),
        &took,
        Some(error),
        from,
    );
    under_lock(&format!("{row}\n  {history}"))
}

/// What became otherwise while we asked. A SQLSTATE of our own.
pub(super) const CHANGED: &str = "SP005";

/// PL/pgSQL that stops where the statement before it found no row.
fn unless_found() -> String {
    format!(
        "if not found then
    raise exception 'the ledger is another than it was' using errcode = '{CHANGED}';
  end if;"
    )
}

/// The statement that takes over the file of a migration as it is now, where the ledger still has the checksum `applied`.
pub(super) fn take_over_sql(
    suite: &str,
    migration: &Migration,
    applied: &str,
    from: By<'_>,
) -> String {
    let checksum = migration.setup.checksum();
    let update = format!(
        "update {TABLE} set checksum = {}, name = {}, statements = {}, rollback = {} where {} and success and checksum = {};",
        quote_literal(checksum),
        quote_literal(&migration.name),
        migration.setup.statements().len(),
        rollback_text(migration),
        row_condition(suite, &migration.version),
        quote_literal(applied)
    );
    let detail = format!("checksum {applied} replaced");
    let history = repaired(
        suite,
        (&migration.version, &migration.name),
        Some(checksum),
        &detail,
        from,
    );
    under_lock(&format!("{update}\n  {}\n  {history}", unless_found()))
}

/// The statement that forgets a migration whose file is gone.
pub(super) fn forget_sql(
    suite: &str,
    migration: (&Version, &str),
    checksum: &str,
    from: By<'_>,
) -> String {
    let delete = format!(
        "delete from {TABLE} where {} and success and checksum = {};",
        row_condition(suite, migration.0),
        quote_literal(checksum)
    );
    let detail = "forgotten: its file is gone";
    let history = repaired(suite, migration, Some(checksum), detail, from);
    under_lock(&format!("{delete}\n  {}\n  {history}", unless_found()))
}

/// The statement that clears a failed attempt.
pub(super) fn clear_sql(suite: &str, migration: (&Version, &str), from: By<'_>) -> String {
    let delete = format!(
        "delete from {TABLE} where {} and not success;",
        row_condition(suite, migration.0)
    );
    let history = repaired(suite, migration, None, "failed attempt cleared", from);
    under_lock(&format!("{delete}\n  {}\n  {history}", unless_found()))
}

fn repaired(
    suite: &str,
    migration: (&Version, &str),
    checksum: Option<&str>,
    detail: &str,
    from: By<'_>,
) -> String {
    history_row(
        "repaired",
        suite,
        migration,
        checksum,
        "null",
        Some(detail),
        from,
    )
}

/// The statement that notes migrations as applied that were not run, where the suite has none in the ledger.
pub(super) fn baseline_sql(suite: &str, migrations: &[Migration], from: By<'_>) -> String {
    let mut body = format!(
        "if exists (select from {TABLE} where suite = {} and success) then
    raise exception 'the ledger is another than it was' using errcode = '{CHANGED}';
  end if;",
        quote_literal(suite)
    );
    for migration in migrations {
        body.push_str(&format!(
            "\n  delete from {TABLE} where {};\n  {}\n  {}",
            row_condition(suite, &migration.version),
            insert_row(suite, migration, "null", from),
            history_row(
                "baselined",
                suite,
                (&migration.version, &migration.name),
                Some(migration.setup.checksum()),
                "null",
                None,
                from
            )
        ));
    }
    under_lock(&body)
}
