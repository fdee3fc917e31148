//! The tables of a ledger and its history: whether they are there, how they are made or brought up to date, and how they go.

use super::procedure::Procedure;
use super::record::done_procedure;
use super::sqlstate::REFUSED;
use super::{Book, Ledger, begin, lock, supabase};
use crate::sql::{dollar_quote, quote_literal};

/// The schema that is ours in a database that we set up.
pub const SCHEMA: &str = "supaproof";

/// The ledger's table in that schema, where a suite names no other.
pub(super) const NAME: &str = "migrations";

/// The columns without which a table is no ledger. Those that came later are looked up by name.
pub(super) const NEEDED: [&str; 5] = ["suite", "version", "name", "checksum", "applied_at"];

/// The table of all that ever happened to the ledger; a trigger refuses to change its rows.
pub const HISTORY: &str = "supaproof.history";

/// The function of that trigger.
pub(super) const REFUSE: &str = "supaproof.refuse_change";

/// The condition that a table is there, for use under the lock.
///
/// A query on the catalog sees what others committed while we waited for the lock; `to_regclass` may answer from
/// the session's cache, which taking an advisory lock does not refresh.
pub(super) fn there(schema: &str, table: &str) -> String {
    format!(
        "exists (select from pg_class as c join pg_namespace as n on n.oid = c.relnamespace \
         where n.nspname = {} and c.relname = {})",
        quote_literal(schema),
        quote_literal(table)
    )
}

/// The condition that a table lacks a column, in the same manner.
pub(super) fn lacks(schema: &str, table: &str, column: &str) -> String {
    format!(
        "not exists (select from pg_attribute as a join pg_class as c on c.oid = a.attrelid \
         join pg_namespace as n on n.oid = c.relnamespace \
         where n.nspname = {} and c.relname = {} and a.attname = {} and not a.attisdropped)",
        quote_literal(schema),
        quote_literal(table),
        quote_literal(column)
    )
}

/// The condition that the ledger's table is there, for use under the lock.
pub(in crate::migrate) fn exists_condition(book: &Book) -> String {
    there(book.schema(), book.name())
}

/// PL/pgSQL that creates the ledger where it is not there yet, and brings one of an older version up to date. Wants a
/// variable `grantee name`.
///
/// Nobody else may read it: a schema grants nothing by default, but default privileges of a project may. The history is
/// one for all ledgers of a database, in a schema of our own: a schema that the suite names keeps to one table of ours.
pub(in crate::migrate) fn create_block(book: &Book) -> String {
    let refuse = format!(
        "begin raise exception 'rows of supaproof.history are never changed or deleted' using errcode = '{REFUSED}'; end"
    );
    let table = book.table();
    let mut block = format!(
        "if not {history} then
    if to_regnamespace('{SCHEMA}') is null then
      create schema {SCHEMA};
      comment on schema {SCHEMA} is 'What supaproof keeps in this database';
    end if;
    create table {HISTORY} (
      id bigint generated always as identity primary key,
      at timestamptz not null default clock_timestamp(),
      action text not null
        check (action in ('applied', 'rolled back', 'failed', 'repaired', 'baselined', 'imported')),
      suite text not null,
      version text not null,
      name text not null,
      checksum text,
      duration_ms bigint,
      done_by text not null default current_user,
      host text,
      tool text,
      detail text,
      author text
    );
    create or replace function {REFUSE}() returns trigger language plpgsql set search_path = '' as {refuse};
    create trigger append_only before update or delete or truncate on {HISTORY}
      for each statement execute function {REFUSE}();
    comment on table {HISTORY} is 'All that supaproof did to the ledger: rows are added, never changed';
    revoke all on schema {SCHEMA} from public;
    revoke all on table {HISTORY} from public;
    revoke all on sequence {HISTORY}_id_seq from public;
    revoke all on function {REFUSE}() from public;
    for grantee in select rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
      execute format('revoke all on schema {SCHEMA} from %I', grantee);
      execute format('revoke all on table {HISTORY} from %I', grantee);
      execute format('revoke all on sequence {HISTORY}_id_seq from %I', grantee);
      execute format('revoke all on function {REFUSE}() from %I', grantee);
    end loop;
  end if;
  if not {exists} then
    create table {table} (
      suite text not null,
      version text not null,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default clock_timestamp(),
      statements integer,
      rollback text,
      duration_ms bigint,
      applied_by text,
      host text,
      tool text,
      success boolean not null default true,
      error text,
      author text,
      progress jsonb,
      primary key (suite, version)
    );
    create index on {table} (suite, ltrim(version, '0'));
    comment on table {table} is 'Migrations that supaproof applied';
    revoke all on table {table} from public;
    for grantee in select rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
      execute format('revoke all on table %s from %I', {table_literal}, grantee);
    end loop;
  elsif {old} then
    alter table {table}
      add column if not exists statements integer,
      add column if not exists rollback text,
      add column if not exists duration_ms bigint,
      add column if not exists applied_by text,
      add column if not exists host text,
      add column if not exists tool text,
      add column if not exists success boolean not null default true,
      add column if not exists error text,
      add column if not exists progress jsonb;
  end if;",
        exists = exists_condition(book),
        old = lacks(book.schema(), book.name(), "progress"),
        table_literal = quote_literal(&table),
        history = history_condition(),
        refuse = quote_literal(&refuse),
    );
    if book.is_in_step() {
        block.push_str("\n  ");
        block.push_str(&supabase::create_block());
    }
    block.push_str("\n  ");
    block.push_str(&later_block(book));
    for procedure in procedures(book) {
        block.push_str("\n  ");
        block.push_str(&procedure.create_block());
    }
    block
}

/// PL/pgSQL that gives ledgers of older versions what came later, whatever else they have. The trigger fires for who calls
/// himself a replica, too; only the history's owner may say so.
fn later_block(book: &Book) -> String {
    let (schema, name) = HISTORY.split_once('.').unwrap_or((SCHEMA, HISTORY));
    format!(
        "if {ledger} then
    alter table {table} add column if not exists author text;
  end if;
  if {history} then
    alter table {HISTORY} add column if not exists author text;
  end if;
  if exists (select from pg_trigger as t join pg_class as c on c.oid = t.tgrelid join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = {schema} and c.relname = {name} and t.tgname = 'append_only' and t.tgenabled <> 'A'
      and pg_has_role(c.relowner, 'USAGE')) then
    alter table {HISTORY} enable always trigger append_only;
  end if;",
        ledger = lacks(book.schema(), book.name(), "author"),
        history = lacks(schema, name, "author"),
        table = book.table(),
        schema = quote_literal(schema),
        name = quote_literal(name),
    )
}

/// What is called for each file of a run.
pub(super) fn procedures(book: &Book) -> [Procedure; 2] {
    [begin::procedure(book), done_procedure(book)]
}

/// The condition that the history is there, for use under the lock.
pub(super) fn history_condition() -> String {
    let (schema, table) = HISTORY.split_once('.').unwrap_or((SCHEMA, HISTORY));
    there(schema, table)
}

/// A statement that does this to the ledger under the lock, in a transaction of its own.
pub(super) fn under_lock(book: &Book, body: &str) -> String {
    let body = format!(
        "declare
  grantee name;
  halfway jsonb;
begin
  {}
  {}
  {body}
end",
        lock::take("pg_advisory_xact_lock"),
        create_block(book)
    );
    format!("do {}", dollar_quote(&body))
}

/// A script that removes what of the ledger was not there `before` and has no row in it: our schema too where nothing else
/// is in it.
///
/// For who created it and wants no trace to stay.
pub fn remove_if_empty_sql(book: &Book, before: &Ledger) -> String {
    let table = book.table();
    let mut blocks = Vec::new();
    if !before.exists {
        let drop = procedures(book).map(|procedure| procedure.drop_sql());
        blocks.push(format!(
            "if {exists} then
    lock table {table} in access exclusive mode;
    if exists (select from {table}) then
      return;
    end if;
    drop table {table};
  end if;
  {drop};",
            exists = exists_condition(book),
            drop = drop.join(";\n  ")
        ));
    }
    if book.is_in_step() && before.pushed.is_none() {
        blocks.push(supabase::remove_block());
    }
    if !before.history {
        // Another suite may have begun meanwhile.
        blocks.push(format!(
            "if {exists} then
    lock table {HISTORY} in access exclusive mode;
    if exists (select from {HISTORY} where suite <> {suite}) or {ours} then
      return;
    end if;
    drop table {HISTORY};
    drop function if exists {REFUSE}();
  end if;
  if to_regnamespace('{SCHEMA}') is not null then
    begin
      drop schema {SCHEMA};
    exception when dependent_objects_still_exist then null;
    end;
  end if;",
            exists = history_condition(),
            ours = there(SCHEMA, NAME),
            suite = quote_literal(book.suite()),
        ));
    }
    format!(
        "do {}",
        dollar_quote(&format!("begin\n  {}\nend", blocks.join("\n  ")))
    )
}
