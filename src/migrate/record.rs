//! What is written into the ledger and its history. All of it is text that runs under the lock.

use super::book::Book;
use super::compose::ELSEWHERE;
use super::directive;
use super::file::{Migration, Version};
use super::guard;
use super::ledger::{HISTORY, REFUSE, SCHEMA};
use super::procedure::Procedure;
use super::supabase;
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
    pub(super) fn host(self) -> String {
        literal_or_null(self.host)
    }

    pub(super) fn tool() -> String {
        quote_literal(concat!("supaproof ", env!("CARGO_PKG_VERSION")))
    }
}

pub(super) fn literal_or_null(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), quote_literal)
}

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
pub(super) fn exists_condition(book: &Book) -> String {
    there(book.schema(), book.name())
}

/// PL/pgSQL that creates the ledger where it is not there yet, and brings one of an older version up to date. Wants a
/// variable `grantee name`.
///
/// Nobody else may read it: a schema grants nothing by default, but default privileges of a project may. The history is
/// one for all ledgers of a database, in a schema of our own: a schema that the suite names keeps to one table of ours.
pub(super) fn create_block(book: &Book) -> String {
    let refuse = "begin raise exception 'rows of supaproof.history are never changed or deleted' \
                  using errcode = 'SP006'; end";
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
      detail text
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
        refuse = quote_literal(refuse),
    );
    if book.is_in_step() {
        block.push_str("\n  ");
        block.push_str(&supabase::create_block());
    }
    for procedure in procedures(book) {
        block.push_str("\n  ");
        block.push_str(&procedure.create_block());
    }
    block
}

/// What is called for each file of a run.
pub(super) fn procedures(book: &Book) -> [Procedure; 2] {
    [guard::procedure(book), done_procedure(book)]
}

/// The condition that the history is there, for use under the lock.
pub(super) fn history_condition() -> String {
    let (schema, table) = HISTORY.split_once('.').unwrap_or((SCHEMA, HISTORY));
    there(schema, table)
}

/// The condition that finds a migration's row. Zeros before a number do not count.
pub(super) fn row_condition(book: &Book, version: &Version) -> String {
    row_where(
        &quote_literal(book.suite()),
        &quote_literal(version.number()),
    )
}

/// The same of a suite and a number that are SQL.
pub(super) fn row_where(suite: &str, number: &str) -> String {
    format!("suite = {suite} and {}", is_number(number))
}

/// The condition that a version is this number, which is SQL. The ledger's table has an index of it: each file asks under the
/// lock, so that a thousand of them ask a thousand times for one of a thousand.
pub(super) fn is_number(number: &str) -> String {
    format!("ltrim(version, '0') = {number}")
}

/// PL/pgSQL that notes when a file begins; `local` forgets it with the transaction.
pub(super) fn begin_block(local: bool) -> String {
    format!("perform set_config('{BEGAN}', extract(epoch from clock_timestamp())::text, {local});")
}

/// What a migration's row is made of, as SQL: literals, or the parameters of a procedure.
struct Row {
    suite: String,
    version: String,
    name: String,
    checksum: String,
    statements: String,
    rollback: String,
    host: String,
    tool: String,
    /// Its statements for the Supabase CLI, where its ledger is kept in step.
    pushed: Option<String>,
}

impl Row {
    fn of(book: &Book, migration: &Migration, from: By<'_>) -> Self {
        Self {
            suite: quote_literal(book.suite()),
            version: quote_literal(migration.version.as_str()),
            name: quote_literal(&migration.name),
            checksum: quote_literal(migration.setup.checksum()),
            statements: migration.setup.statements().len().to_string(),
            rollback: rollback_text(migration),
            host: from.host(),
            tool: By::tool(),
            pushed: book
                .is_in_step()
                .then(|| supabase::statements_array(migration)),
        }
    }

    fn parameters(book: &Book) -> Self {
        let [
            suite,
            version,
            name,
            checksum,
            statements,
            rollback,
            host,
            tool,
        ] = ["$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8"].map(str::to_owned);
        Self {
            suite,
            version,
            name,
            checksum,
            statements,
            rollback,
            host,
            tool,
            pushed: book.is_in_step().then(|| "$9".to_owned()),
        }
    }

    fn arguments(self) -> Vec<String> {
        let first = [
            self.suite,
            self.version,
            self.name,
            self.checksum,
            self.statements,
            self.rollback,
            self.host,
            self.tool,
        ];
        first.into_iter().chain(self.pushed).collect()
    }

    /// PL/pgSQL that inserts it, and its row in the ledger that is kept in step.
    fn insert(&self, book: &Book, took: &str) -> String {
        let Self {
            suite,
            version,
            name,
            checksum,
            statements,
            rollback,
            host,
            tool,
            pushed,
        } = self;
        let mut text = format!(
            "insert into {} (suite, version, name, checksum, applied_at, statements, rollback, duration_ms, applied_by, \
             host, tool) values ({suite}, {version}, {name}, {checksum}, clock_timestamp(), {statements}, {rollback}, {took}, \
             current_user, {host}, {tool});",
            book.table()
        );
        if let Some(pushed) = pushed {
            text.push_str("\n  ");
            text.push_str(&supabase::insert_sql(version, name, pushed));
        }
        text
    }

    /// PL/pgSQL that tells the history of it.
    fn tell(&self, action: &str, took: &str) -> String {
        history_sql(
            action,
            [&self.suite, &self.version, &self.name, &self.checksum],
            took,
            "null",
            [&self.host, &self.tool],
        )
    }
}

/// The body that ends with `steps`, which know how long the file `took`. Settings are put back here and not before, since one
/// of them says when it began.
fn measured(reset: bool, steps: &str) -> String {
    format!(
        "declare
  began text := pg_catalog.current_setting('{BEGAN}', true);
  took bigint;
begin
  {reset}
  took := greatest(0, round((extract(epoch from clock_timestamp())::numeric - nullif(began, '')::numeric) * 1000));
  {steps}
end",
        reset = if reset { "reset all;" } else { "" },
    )
}

/// The procedure that notes a migration as applied, and puts the session's settings back.
pub(super) fn done_procedure(book: &Book) -> Procedure {
    let row = Row::parameters(book);
    let steps = format!(
        "{}\n  {}",
        row.insert(book, "took"),
        row.tell("applied", "took")
    );
    let mut parameters = vec!["text"; 8];
    parameters[4] = "integer";
    parameters.extend(book.is_in_step().then_some("text[]"));
    Procedure::new("done", &parameters, measured(true, &steps))
}

/// The statement that calls it.
pub(super) fn done_call(book: &Book, migration: &Migration, from: By<'_>) -> String {
    done_procedure(book).call(&Row::of(book, migration, from).arguments())
}

/// The statement that notes a migration as applied where a message is a transaction, and so the end of the session.
pub(super) fn done_sql(book: &Book, migration: &Migration, from: By<'_>) -> String {
    let row = Row::of(book, migration, from);
    let steps = format!(
        "{}\n  {}",
        row.insert(book, "took"),
        row.tell("applied", "took")
    );
    format!("do {}", dollar_quote(&measured(false, &steps)))
}

/// The same behind a file that is not one transaction, whose row is there and says how far it is. Puts the session's settings
/// back where `reset`.
pub(super) fn ended_sql(book: &Book, migration: &Migration, reset: bool, from: By<'_>) -> String {
    let row = Row::of(book, migration, from);
    let steps = format!(
        "delete from {table} where {condition} and not success;
  {taken}
  {}
  {}",
        row.insert(book, "took"),
        row.tell("applied", "took"),
        table = book.table(),
        condition = row_condition(book, &migration.version),
        taken = unless_taken(),
    );
    format!("do {}", dollar_quote(&measured(reset, &steps)))
}

/// PL/pgSQL that stops where the statement before it found no row of the attempt.
fn unless_taken() -> String {
    format!(
        "if not found then
    raise exception 'its row is gone: another run was at it, or somebody mended the ledger' using errcode = '{ELSEWHERE}';
  end if;"
    )
}

/// The statement that notes how far a file is that is not one transaction, and stops where it is another attempt's.
pub(super) fn note_sql(book: &Book, job: (&Migration, bool), run: &str, progress: &str) -> String {
    let (migration, backward) = job;
    let update = format!(
        "update {} set progress = progress || {progress} where {} and progress ->> 'run' = {};",
        book.table(),
        row_condition(book, &migration.version),
        quote_literal(run)
    );
    let body = match backward {
        // The rollback may have taken the table away, and what another tool applied has no row.
        true => format!(
            "if {} then
    {update}
  end if;",
            exists_condition(book)
        ),
        false => format!("{update}\n  {}", unless_taken()),
    };
    format!("do {}", dollar_quote(&format!("begin\n  {body}\nend")))
}

/// PL/pgSQL that notes a batch of so many rows, which is a variable.
pub(super) fn batch_sql(book: &Book, migration: &Migration, rows: &str) -> String {
    format!(
        "update {} set progress = progress || jsonb_build_object('rows', coalesce((progress ->> 'rows')::bigint, 0) + {rows}, \
         'batches', coalesce((progress ->> 'batches')::bigint, 0) + 1) where {} and not success;",
        book.table(),
        row_condition(book, &migration.version)
    )
}

/// PL/pgSQL that inserts the row of an attempt that has not come to its end. How long it took, why, and how far it is are SQL.
pub(super) fn unfinished_row(
    book: &Book,
    migration: &Migration,
    (took, error, progress): (&str, &str, &str),
    from: By<'_>,
) -> String {
    format!(
        "insert into {} (suite, version, name, checksum, applied_at, statements, duration_ms, applied_by, host, tool, \
         success, error, progress) values ({}, {}, {}, {}, clock_timestamp(), {}, {took}, current_user, {}, {}, false, {error}, {progress});",
        book.table(),
        quote_literal(book.suite()),
        quote_literal(migration.version.as_str()),
        quote_literal(&migration.name),
        quote_literal(migration.setup.checksum()),
        migration.setup.statements().len(),
        from.host(),
        By::tool(),
    )
}

/// The statement that notes a migration as rolled back, and puts the session's settings back where `reset`.
pub(super) fn undone_sql(book: &Book, migration: &Migration, reset: bool, from: By<'_>) -> String {
    // The rollback may have taken the table away: a suite that speaks of it among its own.
    let mut delete = format!(
        "if {} then
    delete from {} where {};
  end if;",
        exists_condition(book),
        book.table(),
        row_condition(book, &migration.version)
    );
    if book.is_in_step() {
        delete.push_str("\n  ");
        delete.push_str(&supabase::delete(&migration.version));
    }
    let history = history_row(
        "rolled back",
        book,
        (&migration.version, &migration.name),
        // Of a file that is gone no checksum is known.
        None,
        "took",
        None,
        from,
    );
    let steps = format!("{delete}\n  {history}");
    format!("do {}", dollar_quote(&measured(reset, &steps)))
}

/// The migration's row, and its row in the ledger that is kept in step.
pub(super) fn insert_row(book: &Book, migration: &Migration, took: &str, from: By<'_>) -> String {
    Row::of(book, migration, from).insert(book, took)
}

pub(super) fn rollback_text(migration: &Migration) -> String {
    let rollback = migration.rollback.as_ref();
    // Of a file with sections only what undoes it.
    let text = rollback.map(|script| {
        let pieces: Vec<&str> = script.pieces().map(|piece| piece.text).collect();
        let text = pieces.join("\n;\n");
        // Of a file in sections the directives stand elsewhere.
        match text.contains(directive::MARK) {
            true => text,
            false => script.directives() + &text,
        }
    });
    literal_or_null(text.as_deref())
}

pub(super) fn history_row(
    action: &str,
    book: &Book,
    (version, name): (&Version, &str),
    checksum: Option<&str>,
    took: &str,
    detail: Option<&str>,
    from: By<'_>,
) -> String {
    history_sql(
        action,
        [
            &quote_literal(book.suite()),
            &quote_literal(version.as_str()),
            &quote_literal(name),
            &literal_or_null(checksum),
        ],
        took,
        &literal_or_null(detail),
        [&from.host(), &By::tool()],
    )
}

/// The same of what is SQL.
fn history_sql(
    action: &str,
    [suite, version, name, checksum]: [&str; 4],
    took: &str,
    detail: &str,
    [host, tool]: [&str; 2],
) -> String {
    format!(
        "insert into {HISTORY} (action, suite, version, name, checksum, duration_ms, host, tool, detail) \
         values ({}, {suite}, {version}, {name}, {checksum}, {took}, {host}, {tool}, {detail});",
        quote_literal(action),
    )
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
        super::lock::take("pg_advisory_xact_lock"),
        create_block(book)
    );
    format!("do {}", dollar_quote(&body))
}

/// An attempt that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure<'a> {
    pub(super) migration: &'a Migration,
    pub(super) backward: bool,
    pub(super) error: &'a str,
    /// What more the history is told.
    pub(super) far: Option<&'a str>,
    /// Where it is not one transaction: what is put on top of its progress.
    pub(super) progress: Option<&'a str>,
    pub(super) duration_ms: u128,
}

/// The statement that forgets an attempt of which no trace is to stay.
pub(super) fn forget_sql(book: &Book, migration: &Migration, backward: bool) -> String {
    let (table, condition) = (book.table(), row_condition(book, &migration.version));
    let forget = match backward {
        true => format!("update {table} set progress = null where {condition};"),
        false => format!("delete from {table} where {condition} and not success;"),
    };
    let body = format!(
        "begin
  if {} then
    {forget}
  end if;
end",
        exists_condition(book)
    );
    format!("do {}", dollar_quote(&body))
}

/// The statement that keeps a failed attempt. Says nothing where another run has applied the migration meanwhile.
pub(super) fn failed_sql(book: &Book, failure: &Failure<'_>, from: By<'_>) -> String {
    let Failure {
        migration, error, ..
    } = failure;
    let took = failure.duration_ms.to_string();
    let condition = row_condition(book, &migration.version);
    let table = book.table();
    let progress = match failure.progress {
        Some(progress) => format!("coalesce(halfway, '{{}}') || {progress}"),
        None => "null".to_owned(),
    };
    let row = match (failure.backward, failure.progress) {
        (true, None) => String::new(),
        // It stays applied.
        (true, Some(mark)) => format!(
            "update {table} set progress = progress || {mark} where {condition} and success and progress is not null;"
        ),
        (false, _) => format!(
            "if exists (select from {table} where {condition} and success) then
    return;
  end if;
  select m.progress into halfway from {table} as m where {condition};
  delete from {table} where {condition};
  {}",
            unfinished_row(
                book,
                migration,
                (&took, &quote_literal(error), &progress),
                from
            )
        ),
    };
    let detail = match failure.far {
        Some(far) => format!("{error}; {far}"),
        None => (*error).to_owned(),
    };
    let history = history_row(
        "failed",
        book,
        (&migration.version, &migration.name),
        (!failure.backward).then_some(migration.setup.checksum()),
        &took,
        Some(&detail),
        from,
    );
    under_lock(book, &format!("{row}\n  {history}"))
}
