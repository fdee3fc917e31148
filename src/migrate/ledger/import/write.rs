//! What is written of another tool's ledger into ours.

use super::super::Book;
use super::super::record::{By, history_row, literal_or_null, rollback_text, row_condition};
use super::super::supabase;
use super::super::tables::under_lock;
use super::{Checked, Imported};
use crate::sql::quote_literal;

/// The statement that notes migrations as applied that another tool applied: all of them or none. What our ledger has
/// meanwhile stays as it is.
pub(in crate::migrate) fn import_sql(
    book: &Book,
    migrations: &[Imported],
    whence: &str,
    from: By<'_>,
) -> String {
    let table = book.table();
    let mut body = String::new();
    for one in migrations {
        let migration = &one.migration;
        let from = By {
            author: migration.author.as_deref(),
            ..from
        };
        let condition = row_condition(book, &migration.version);
        let took = one
            .duration_ms
            .map_or_else(|| "null".to_owned(), |ms| ms.to_string());
        let rollback = match &one.rollback {
            Some(text) => quote_literal(text),
            None => rollback_text(migration),
        };
        let beside = match book.is_in_step() {
            true => supabase::insert(migration),
            false => String::new(),
        };
        let detail = match &one.checked {
            Checked::Changed(theirs, ours) => {
                format!("from {whence}; its file has changed: {theirs} there, {ours} here")
            }
            Checked::Same | Checked::Unknown => format!("from {whence}"),
        };
        body.push_str(&format!(
            "if not exists (select from {table} where {condition} and success) then
    delete from {table} where {condition};
    insert into {table} (suite, version, name, checksum, applied_at, statements, rollback, duration_ms, applied_by, host, tool, author)
      values ({suite}, {version}, {name}, {checksum}, coalesce({at}::timestamptz, clock_timestamp()), {statements}, {rollback},
        {took}, coalesce({by}, current_user), {host}, {tool}, {author});
    {beside}
    {history}
  end if;\n  ",
            suite = quote_literal(book.suite()),
            version = quote_literal(migration.version.as_str()),
            name = quote_literal(&migration.name),
            checksum = quote_literal(migration.setup.checksum()),
            at = literal_or_null(one.at.as_deref()),
            statements = migration.setup.statements().len(),
            by = literal_or_null(one.by.as_deref()),
            host = from.host(),
            tool = By::tool(),
            author = from.author(),
            history = history_row(
                "imported",
                book,
                (&migration.version, &migration.name),
                Some(migration.setup.checksum()),
                &took,
                Some(&detail),
                from
            ),
        ));
    }
    under_lock(book, &body)
}
