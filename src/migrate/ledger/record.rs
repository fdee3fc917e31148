//! What is written into the ledger and its history. All of it is text that runs under the lock.

use super::Book;
use super::procedure::Procedure;
use super::supabase;
use super::tables::{HISTORY, exists_condition};
use super::unfinished::unless_taken;
use crate::migrate::files::{Migration, Version, directive};
use crate::sql::{dollar_quote, quote_literal};

/// The setting that carries the time at which a file began to the block that records it, as seconds.
const BEGAN: &str = "supaproof.began";

/// What is noted of each change besides itself: where it came from. The role and the time are the server's to say.
#[derive(Clone, Copy, Debug)]
pub(in crate::migrate) struct By<'a> {
    /// The machine that we run on, where it is known.
    pub(in crate::migrate) host: Option<&'a str>,
    /// Who wrote the migration, where its file says so.
    pub(in crate::migrate) author: Option<&'a str>,
}

impl By<'_> {
    pub(super) fn host(self) -> String {
        literal_or_null(self.host)
    }

    pub(super) fn author(self) -> String {
        literal_or_null(self.author)
    }

    pub(super) fn tool() -> String {
        quote_literal(concat!("supaproof ", env!("CARGO_PKG_VERSION")))
    }
}

pub(super) fn literal_or_null(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), quote_literal)
}

/// The condition that finds a migration's row. Zeros before a number do not count.
pub(in crate::migrate) fn row_condition(book: &Book, version: &Version) -> String {
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
pub(in crate::migrate) fn begin_block(local: bool) -> String {
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
    author: String,
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
            author: literal_or_null(migration.author.as_deref()),
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
            author,
        ] = ["$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9"].map(str::to_owned);
        Self {
            suite,
            version,
            name,
            checksum,
            statements,
            rollback,
            host,
            tool,
            author,
            pushed: book.is_in_step().then(|| "$10".to_owned()),
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
            self.author,
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
            author,
            pushed,
        } = self;
        let mut text = format!(
            "insert into {} (suite, version, name, checksum, applied_at, statements, rollback, duration_ms, applied_by, \
             host, tool, author) values ({suite}, {version}, {name}, {checksum}, clock_timestamp(), {statements}, {rollback}, \
             {took}, current_user, {host}, {tool}, {author});",
            book.table()
        );
        if let Some(pushed) = pushed {
            text.push_str("\n  ");
            text.push_str(&supabase::insert_sql(version, name, pushed));
        }
        text
    }

    /// PL/pgSQL that notes it as applied, in the history too; the time that it `took` is a variable.
    fn applied(&self, book: &Book) -> String {
        let told = history_sql(
            "applied",
            [&self.suite, &self.version, &self.name, &self.checksum],
            "took",
            "null",
            [&self.host, &self.tool, &self.author],
        );
        format!("{}\n  {told}", self.insert(book, "took"))
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
    let steps = Row::parameters(book).applied(book);
    let mut parameters = vec!["text"; 9];
    parameters[4] = "integer";
    parameters.extend(book.is_in_step().then_some("text[]"));
    Procedure::new("done", &parameters, measured(true, &steps))
}

/// The statement that calls it.
pub(in crate::migrate) fn done_call(book: &Book, migration: &Migration, from: By<'_>) -> String {
    done_procedure(book).call(&Row::of(book, migration, from).arguments())
}

/// The statement that notes a migration as applied where a message is a transaction, and so the end of the session.
pub(in crate::migrate) fn done_sql(book: &Book, migration: &Migration, from: By<'_>) -> String {
    let steps = Row::of(book, migration, from).applied(book);
    format!("do {}", dollar_quote(&measured(false, &steps)))
}

/// The same behind a file that is not one transaction, whose row is there and says how far it is. Puts the session's settings
/// back where `reset`.
pub(in crate::migrate) fn ended_sql(
    book: &Book,
    migration: &Migration,
    reset: bool,
    from: By<'_>,
) -> String {
    let steps = format!(
        "delete from {table} where {condition} and not success;
  {taken}
  {}",
        Row::of(book, migration, from).applied(book),
        table = book.table(),
        condition = row_condition(book, &migration.version),
        taken = unless_taken(),
    );
    format!("do {}", dollar_quote(&measured(reset, &steps)))
}

/// The statement that notes a migration as rolled back, and puts the session's settings back where `reset`.
pub(in crate::migrate) fn undone_sql(
    book: &Book,
    migration: &Migration,
    reset: bool,
    from: By<'_>,
) -> String {
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

pub(in crate::migrate) fn history_row(
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
        [&from.host(), &By::tool(), &from.author()],
    )
}

/// The same of what is SQL.
fn history_sql(
    action: &str,
    [suite, version, name, checksum]: [&str; 4],
    took: &str,
    detail: &str,
    [host, tool, author]: [&str; 3],
) -> String {
    format!(
        "insert into {HISTORY} (action, suite, version, name, checksum, duration_ms, host, tool, detail, author) \
         values ({}, {suite}, {version}, {name}, {checksum}, {took}, {host}, {tool}, {detail}, {author});",
        quote_literal(action),
    )
}
