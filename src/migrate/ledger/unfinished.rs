//! What the ledger is told of an attempt that has not come to its end: how far it is, and why it failed.

use super::Book;
use super::record::{By, history_row, row_condition};
use super::sqlstate::ELSEWHERE;
use super::tables::{exists_condition, under_lock};
use crate::migrate::files::Migration;
use crate::sql::{dollar_quote, quote_literal};

/// PL/pgSQL that stops where the statement before it found no row of the attempt.
pub(super) fn unless_taken() -> String {
    format!(
        "if not found then
    raise exception 'its row is gone: another run was at it, or somebody mended the ledger' using errcode = '{ELSEWHERE}';
  end if;"
    )
}

/// The statement that notes how far a file is that is not one transaction, and stops where it is another attempt's.
pub(in crate::migrate) fn note_sql(
    book: &Book,
    job: (&Migration, bool),
    run: &str,
    progress: &str,
) -> String {
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
pub(in crate::migrate) fn batch_sql(book: &Book, migration: &Migration, rows: &str) -> String {
    format!(
        "update {} set progress = progress || jsonb_build_object('rows', coalesce((progress ->> 'rows')::bigint, 0) + {rows}, \
         'batches', coalesce((progress ->> 'batches')::bigint, 0) + 1) where {} and not success;",
        book.table(),
        row_condition(book, &migration.version)
    )
}

/// PL/pgSQL that inserts the row of an attempt that has not come to its end. How long it took, why, and how far it is are SQL.
pub(in crate::migrate) fn unfinished_row(
    book: &Book,
    migration: &Migration,
    (took, error, progress): (&str, &str, &str),
    from: By<'_>,
) -> String {
    format!(
        "insert into {} (suite, version, name, checksum, applied_at, statements, duration_ms, applied_by, host, tool, author, \
         success, error, progress) values ({}, {}, {}, {}, clock_timestamp(), {}, {took}, current_user, {}, {}, {}, false, \
         {error}, {progress});",
        book.table(),
        quote_literal(book.suite()),
        quote_literal(migration.version.as_str()),
        quote_literal(&migration.name),
        quote_literal(migration.setup.checksum()),
        migration.setup.statements().len(),
        from.host(),
        By::tool(),
        from.author(),
    )
}

/// An attempt that failed.
#[derive(Clone, Copy, Debug)]
pub(in crate::migrate) struct Failure<'a> {
    pub(in crate::migrate) migration: &'a Migration,
    pub(in crate::migrate) backward: bool,
    pub(in crate::migrate) error: &'a str,
    /// What more the history is told.
    pub(in crate::migrate) far: Option<&'a str>,
    /// Where it is not one transaction: what is put on top of its progress.
    pub(in crate::migrate) progress: Option<&'a str>,
    pub(in crate::migrate) duration_ms: u128,
}

/// The statement that forgets an attempt of which no trace is to stay.
pub(in crate::migrate) fn forget_sql(book: &Book, migration: &Migration, backward: bool) -> String {
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
pub(in crate::migrate) fn failed_sql(book: &Book, failure: &Failure<'_>, from: By<'_>) -> String {
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
