//! What mends the ledger by itself: each is one statement under the lock, and stops where the ledger has become another.

use super::Book;
use super::record::{By, history_row, insert_row, rollback_text, row_condition};
use super::sqlstate::CHANGED;
use super::supabase;
use super::tables::under_lock;
use crate::migrate::files::{Migration, Version};
use crate::sql::quote_literal;

/// PL/pgSQL that stops where the statement before it found no row.
fn unless_found() -> String {
    format!(
        "if not found then
    raise exception 'the ledger is another than it was' using errcode = '{CHANGED}';
  end if;"
    )
}

/// The same, where a migration that our ledger does not have may be in the Supabase CLI's alone.
fn unless_found_or_pushed(book: &Book, version: &Version) -> String {
    if !book.is_in_step() {
        return unless_found();
    }
    format!(
        "if not found and (not {has} or exists (select from {table} where {condition} and success)) then
    raise exception 'the ledger is another than it was' using errcode = '{CHANGED}';
  end if;",
        has = supabase::has(version),
        table = book.table(),
        condition = row_condition(book, version)
    )
}

/// The statement that takes over the file of a migration as it is now, where the ledger still has the checksum `applied`.
pub(in crate::migrate) fn take_over_sql(
    book: &Book,
    migration: &Migration,
    applied: &str,
    from: By<'_>,
) -> String {
    let checksum = migration.setup.checksum();
    let table = book.table();
    let update = format!(
        "update {table} set checksum = {}, name = {}, statements = {}, rollback = {}, author = {} where {} and success and checksum = {};",
        quote_literal(checksum),
        quote_literal(&migration.name),
        migration.setup.statements().len(),
        rollback_text(migration),
        from.author(),
        row_condition(book, &migration.version),
        quote_literal(applied)
    );
    let detail = format!("checksum {applied} replaced");
    let history = repaired(
        book,
        (&migration.version, &migration.name),
        Some(checksum),
        &detail,
        from,
    );
    let beside = match book.is_in_step() {
        true => supabase::insert(migration),
        false => String::new(),
    };
    under_lock(
        book,
        &format!(
            "{update}\n  {}\n  {beside}\n  {history}",
            unless_found_or_pushed(book, &migration.version)
        ),
    )
}

/// The statement that forgets a migration whose file is gone.
pub(in crate::migrate) fn forget_sql(
    book: &Book,
    migration: (&Version, &str),
    checksum: &str,
    from: By<'_>,
) -> String {
    let table = book.table();
    let beside = match book.is_in_step() {
        true => supabase::delete(migration.0),
        false => String::new(),
    };
    let delete = format!(
        "delete from {table} where {} and success and checksum = {};\n  {}",
        row_condition(book, migration.0),
        quote_literal(checksum),
        unless_found_or_pushed(book, migration.0)
    );
    let detail = "forgotten: its file is gone";
    let history = repaired(book, migration, Some(checksum), detail, from);
    under_lock(book, &format!("{delete}\n  {beside}\n  {history}"))
}

/// The statement that records an applied migration in the Supabase CLI's ledger, where ours has it with this checksum.
pub(in crate::migrate) fn in_step_sql(
    book: &Book,
    migration: &Migration,
    checksum: &str,
    from: By<'_>,
) -> String {
    let look = format!(
        "perform from {} where {} and success and checksum = {};",
        book.table(),
        row_condition(book, &migration.version),
        quote_literal(checksum)
    );
    let history = repaired(
        book,
        (&migration.version, &migration.name),
        Some(checksum),
        "recorded in supabase_migrations.schema_migrations",
        from,
    );
    let insert = supabase::insert(migration);
    under_lock(
        book,
        &format!("{look}\n  {}\n  {insert}\n  {history}", unless_found()),
    )
}

/// The statement that clears a failed attempt.
pub(in crate::migrate) fn clear_sql(
    book: &Book,
    migration: (&Version, &str),
    from: By<'_>,
) -> String {
    let table = book.table();
    let delete = format!(
        "delete from {table} where {} and not success;",
        row_condition(book, migration.0)
    );
    let history = repaired(book, migration, None, "failed attempt cleared", from);
    under_lock(
        book,
        &format!("{delete}\n  {}\n  {history}", unless_found()),
    )
}

/// The statement that says how many statements of a migration are done, which is half done, where the ledger still has that
/// attempt.
pub(in crate::migrate) fn resume_sql(
    book: &Book,
    migration: &Migration,
    (run, progress, next): (&str, &str, usize),
    from: By<'_>,
) -> String {
    let update = format!(
        "update {} set progress = progress || {progress} where {} and progress ->> 'run' = {};",
        book.table(),
        row_condition(book, &migration.version),
        quote_literal(run)
    );
    let detail = format!("goes on at statement {next}");
    let history = repaired(
        book,
        (&migration.version, &migration.name),
        None,
        &detail,
        from,
    );
    under_lock(
        book,
        &format!("{update}\n  {}\n  {history}", unless_found()),
    )
}

/// The statement that tells the history what counts of a migration; how far an attempt to roll it back came does not.
pub(in crate::migrate) fn note_sql(
    book: &Book,
    migration: (&Version, &str),
    detail: &str,
    from: By<'_>,
) -> String {
    let history = repaired(book, migration, None, detail, from);
    let forget = format!(
        "update {} set progress = null where {} and success and progress is not null;",
        book.table(),
        row_condition(book, migration.0)
    );
    under_lock(book, &format!("{forget}\n  {history}"))
}

fn repaired(
    book: &Book,
    migration: (&Version, &str),
    checksum: Option<&str>,
    detail: &str,
    from: By<'_>,
) -> String {
    history_row(
        "repaired",
        book,
        migration,
        checksum,
        "null",
        Some(detail),
        from,
    )
}

/// The statement that notes migrations as applied that were not run, where the suite has none in the ledger.
pub(in crate::migrate) fn baseline_sql(
    book: &Book,
    migrations: &[Migration],
    from: By<'_>,
) -> String {
    let table = book.table();
    let mut body = format!(
        "if exists (select from {table} where suite = {} and success) then
    raise exception 'the ledger is another than it was' using errcode = '{CHANGED}';
  end if;",
        quote_literal(book.suite())
    );
    for migration in migrations {
        let from = By {
            author: migration.author.as_deref(),
            ..from
        };
        body.push_str(&format!(
            "\n  delete from {table} where {};\n  {}\n  {}",
            row_condition(book, &migration.version),
            insert_row(book, migration, "null", from),
            history_row(
                "baselined",
                book,
                (&migration.version, &migration.name),
                Some(migration.setup.checksum()),
                "null",
                None,
                from
            )
        ));
    }
    under_lock(book, &body)
}
