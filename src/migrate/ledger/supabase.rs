//! The ledger of the Supabase CLI, which suites in `supabase/migrations/` share with it.
//!
//! What the CLI pushed is applied for us, and what we apply it takes for pushed: a row of its table comes and goes in the
//! transaction of ours.

use super::record::is_number;
use super::tables::{lacks, there};
use crate::digest::sha256;
use crate::migrate::files::{Migration, Version};
use crate::sql::{quote_ident, quote_literal};

/// Its schema.
pub(super) const SCHEMA: &str = "supabase_migrations";

/// Its table.
pub(super) const NAME: &str = "schema_migrations";

fn table() -> String {
    format!("{}.{}", quote_ident(SCHEMA), quote_ident(NAME))
}

/// What does not count where texts are compared: the CLI keeps statements with their comments, and not what is between them.
const BETWEEN: &[char] = &[' ', '\t', '\n', '\r', '\u{b}', '\u{c}', ';'];

/// SHA-256 of a file as the CLI's statements tell it, in hex: without what is between them.
pub(super) fn checksum(migration: &Migration) -> String {
    let text = migration.setup.source().text();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    sha256(text.replace(BETWEEN, "").as_bytes())
}

/// An expression that reads its rows as JSON: null where the table is not there.
///
/// Older versions of the CLI had no names and statements, so the columns are looked up first.
pub(super) fn read_expression() -> String {
    let rows = |name: &str, sum: &str| {
        quote_literal(&format!(
            "select encode(convert_to(coalesce(jsonb_agg(jsonb_build_object('version', version, 'name', {name}, 'sum', {sum})), \
             '[]')::text, 'UTF8'), 'hex') as hex from {}",
            table()
        ))
    };
    let sum = "encode(sha256(convert_to(translate(array_to_string(statements, ''), E' \\t\\n\\r\\x0b\\f;', ''), 'UTF8')), 'hex')";
    let table = quote_literal(&table());
    format!(
        "case when to_regclass({table}) is null then null else convert_from(decode(substring(query_to_xml(case when (\
         select count(*) from pg_attribute where attrelid = to_regclass({table}) and attname in ('name', 'statements') \
         and not attisdropped) = 2 then {} else {} end, false, false, '')::text from '<hex>([0-9a-f]*)</hex>'), 'hex'), 'UTF8')::jsonb end",
        rows("name", sum),
        rows("null", "null")
    )
}

/// PL/pgSQL that creates the table as the CLI does, where it is not there or is an older one.
pub(super) fn create_block() -> String {
    let table = table();
    format!(
        "if not {there} then
    if to_regnamespace('{SCHEMA}') is null then
      create schema {SCHEMA};
    end if;
    create table {table} (version text not null primary key, statements text[], name text);
  elsif {lacks_statements} or {lacks_name} then
    alter table {table} add column if not exists statements text[], add column if not exists name text;
  end if;",
        there = there(SCHEMA, NAME),
        lacks_statements = lacks(SCHEMA, NAME, "statements"),
        lacks_name = lacks(SCHEMA, NAME, "name"),
    )
}

fn condition(version: &Version) -> String {
    is_number(&quote_literal(version.number()))
}

/// The condition that the CLI has this version, for use where its table is there.
pub(super) fn has(version: &Version) -> String {
    has_number(&quote_literal(version.number()))
}

/// The same of a number that is SQL.
pub(super) fn has_number(number: &str) -> String {
    format!(
        "exists (select from {} where {})",
        table(),
        is_number(number)
    )
}

/// The condition that its table is there, for use under the lock.
pub(super) fn exists_condition() -> String {
    there(SCHEMA, NAME)
}

/// PL/pgSQL that records a migration there.
pub(super) fn insert(migration: &Migration) -> String {
    insert_sql(
        &quote_literal(migration.version.as_str()),
        &quote_literal(&migration.name),
        &statements_array(migration),
    )
}

/// The same of what is SQL.
pub(super) fn insert_sql(version: &str, name: &str, statements: &str) -> String {
    format!(
        "insert into {table} (version, name, statements) values ({version}, {name}, {statements}) \
         on conflict (version) do update set name = excluded.name, statements = excluded.statements;",
        table = table()
    )
}

/// The statements of a file as SQL.
pub(super) fn statements_array(migration: &Migration) -> String {
    let statements: Vec<String> = (statements(migration).into_iter())
        .map(quote_literal)
        .collect();
    format!("array[{}]::text[]", statements.join(", "))
}

/// The statements of a file as the CLI keeps them: each with the comments before it, and the comments at the end.
fn statements(migration: &Migration) -> Vec<&str> {
    let text = migration.setup.source().text();
    let mut from = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut out = Vec::new();
    for statement in migration.setup.statements() {
        let end = statement.span().end;
        out.extend(text.get(from..end));
        from = end;
    }
    // A rollback may follow, which is no part of what was applied; as comments it stays, as with the CLI.
    let rest = text.get(from..).unwrap_or_default().trim_matches(BETWEEN);
    out.push(
        match rest.lines().all(|line| line.trim_start().starts_with("--")) {
            true => rest,
            false => "",
        },
    );
    out.into_iter()
        .map(|part| part.trim_matches(BETWEEN))
        .filter(|part| !part.is_empty())
        .collect()
}

/// PL/pgSQL that forgets a migration there, where the table is there.
pub(super) fn delete(version: &Version) -> String {
    format!(
        "if {} then
    delete from {} where {};
  end if;",
        exists_condition(),
        table(),
        condition(version)
    )
}

/// PL/pgSQL that removes the table where nothing is in it, and its schema where nothing else is.
pub(super) fn remove_block() -> String {
    let table = table();
    format!(
        "if {there} then
    lock table {table} in access exclusive mode;
    if not exists (select from {table}) then
      drop table {table};
      begin
        drop schema {SCHEMA};
      exception when dependent_objects_still_exist then null;
      end;
    end if;
  end if;",
        there = exists_condition()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::files::fixture::migrations;

    #[test]
    fn statements_are_kept_as_the_cli_keeps_them() {
        // As `supabase db push` of version 3.1.0 wrote it.
        let text =
            "-- first\ncreate table a (id int); -- trailing\n\n/* c */ select ';';\n-- end\n";
        let files = migrations(&[("20240101000000_first.sql", text)]);
        let one = &files.list()[0];
        assert_eq!(
            statements(one),
            [
                "-- first\ncreate table a (id int)",
                "-- trailing\n\n/* c */ select ';'",
                "-- end"
            ]
        );
        // Whoever wrote the rows, the text is the same: `tr -d ' \t\n\r\v\f;' | sha256sum`.
        let joined = statements(one).concat().replace(BETWEEN, "");
        assert_eq!(sha256(joined.as_bytes()), checksum(one));
        let back = "create table a ();\n-- ROLLBACK:\n-- drop table a;\n";
        let files = migrations(&[
            ("1_a.sql", back),
            ("2_b.sql", "create table b ();\n-- ROLLBACK:\ndrop table b;"),
        ]);
        assert_eq!(statements(&files.list()[0]).len(), 2);
        assert_eq!(statements(&files.list()[1]), ["create table b ()"]);
    }
}
