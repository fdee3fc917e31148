//! What a database already has: one row per applied migration, in a schema of our own.

use serde_json::Value;

use super::file::{Migration, Version};
use crate::error::Error;
use crate::sql::{dollar_quote, quote_literal};
use crate::target::{Target, TargetError};

/// The schema that is ours in a database that we set up.
pub const SCHEMA: &str = "supaproof";

/// The ledger's table, with its schema.
pub const TABLE: &str = "supaproof.migrations";

/// A migration that the ledger has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// SHA-256 of the file that was applied, in hex.
    pub checksum: String,
    /// When, in UTC: `2025-01-31T12:00:00Z`.
    pub applied_at: String,
}

/// The ledger's rows of one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Whether the table is there. It is created with the first migration.
    pub exists: bool,
    /// The rows, by version.
    pub applied: Vec<Applied>,
}

/// The statement that reads a suite's rows: one SELECT that returns one JSON document, also where there is no ledger.
///
/// A table that may be absent cannot be named in a plain query: the server would refuse the whole. So the inner query is
/// a text that `query_to_xml` runs only where `to_regclass` finds the table. Its result passes through XML as hex,
/// so that no character of it means anything there.
pub fn read_sql(suite: &str) -> String {
    let rows = format!(
        "select encode(convert_to(coalesce(jsonb_agg(jsonb_build_object(\
         'version', m.version, 'name', m.name, 'checksum', m.checksum, \
         'applied_at', to_char(m.applied_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))), '[]')::text, \
         'UTF8'), 'hex') as hex from {TABLE} as m where m.suite = {}",
        quote_literal(suite)
    );
    format!(
        "select case when to_regclass('{TABLE}') is null then jsonb_build_object('exists', false, 'applied', \
         jsonb_build_array()) else jsonb_build_object('exists', true, 'applied', convert_from(decode(substring(\
         query_to_xml({}, false, false, '')::text from '<hex>([0-9a-f]*)</hex>'), 'hex'), 'UTF8')::jsonb) end",
        dollar_quote(&rows)
    )
}

/// Reads what a suite has in the ledger. One round trip.
///
/// # Errors
///
/// Those of the target; exit code 5 where the ledger's rows are not what supaproof writes.
pub async fn read(target: &mut dyn Target, suite: &str) -> Result<Ledger, Error> {
    let answer = target
        .read_json("", &read_sql(suite))
        .await
        .map_err(|error| {
            let state = match &error {
                TargetError::Server(server) => server.sqlstate.clone(),
                _ => return Error::from(error),
            };
            let error =
                Error::from(error).note(format!("while reading the ledger, the table {TABLE}"));
            match state.as_str() {
                "42501" => error
                    .help("connect as the role that applied the migrations: the ledger is its own"),
                "42703" => error.help(format!(
                    "{TABLE} lacks a column that supaproof writes: was it altered by hand?"
                )),
                _ => error,
            }
        })?;
    parse(&answer).ok_or_else(|| {
        Error::new(
            crate::error::ExitCode::Sql,
            format!("the ledger, the table {TABLE}, holds rows that supaproof did not write"),
        )
        .help("a version is a number, and no column is null: correct the rows by hand")
    })
}

fn parse(answer: &Value) -> Option<Ledger> {
    let mut applied = Vec::new();
    for row in answer.get("applied")?.as_array()? {
        let text = |name: &str| Some(row.get(name)?.as_str()?.to_owned());
        applied.push(Applied {
            version: Version::new(&text("version")?)?,
            name: text("name")?,
            checksum: text("checksum")?,
            applied_at: text("applied_at")?,
        });
    }
    applied.sort_by(|one, two| one.version.cmp(&two.version));
    Some(Ledger {
        exists: answer.get("exists")?.as_bool()?,
        applied,
    })
}

/// The condition that the table is there, for use under the lock.
///
/// A query on the catalog sees what others committed while we waited for the lock; `to_regclass` may answer from
/// the session's cache, which taking an advisory lock does not refresh.
pub(super) fn exists_condition() -> String {
    let (schema, table) = TABLE.split_once('.').unwrap_or((SCHEMA, TABLE));
    format!(
        "exists (select from pg_class as c join pg_namespace as n on n.oid = c.relnamespace \
         where n.nspname = {} and c.relname = {})",
        quote_literal(schema),
        quote_literal(table)
    )
}

/// PL/pgSQL that creates the ledger where it is not there yet. Runs under the lock.
///
/// Nobody else may read it: a schema grants nothing by default, but default privileges of a project may.
pub(super) fn create_block() -> String {
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
      applied_at timestamptz not null default now(),
      primary key (suite, version)
    );
    comment on schema {SCHEMA} is 'What supaproof keeps in this database';
    comment on table {TABLE} is 'Migrations that supaproof applied';
    revoke all on schema {SCHEMA} from public;
    revoke all on table {TABLE} from public;
    for grantee in select rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
      execute format('revoke all on schema {SCHEMA} from %I', grantee);
      execute format('revoke all on table {TABLE} from %I', grantee);
    end loop;
  end if;",
        exists = exists_condition()
    )
}

/// The condition that finds a migration's row. Zeros before a number do not count.
pub(super) fn row_condition(suite: &str, version: &Version) -> String {
    format!(
        "suite = {} and ltrim(version, '0') = {}",
        quote_literal(suite),
        quote_literal(version.number())
    )
}

/// The statement that notes a migration as applied.
pub(super) fn insert_sql(suite: &str, migration: &Migration) -> String {
    format!(
        "insert into {TABLE} (suite, version, name, checksum) values ({}, {}, {}, {})",
        quote_literal(suite),
        quote_literal(migration.version.as_str()),
        quote_literal(&migration.name),
        quote_literal(migration.setup.checksum())
    )
}

/// The statement that notes a migration as rolled back.
pub(super) fn delete_sql(suite: &str, version: &Version) -> String {
    format!(
        "delete from {TABLE} where {}",
        row_condition(suite, version)
    )
}

/// A script that removes the ledger where no suite has a row in it, and its schema where nothing else is in it.
///
/// For who created it and wants no trace to stay.
pub fn remove_if_empty_sql() -> String {
    let body = format!(
        "begin
  if to_regclass('{TABLE}') is not null then
    lock table {TABLE} in access exclusive mode;
    if exists (select from {TABLE}) then
      return;
    end if;
    drop table {TABLE};
  end if;
  if to_regnamespace('{SCHEMA}') is not null then
    begin
      drop schema {SCHEMA};
    exception when dependent_objects_still_exist then null;
    end;
  end if;
end"
    );
    format!("do {}", dollar_quote(&body))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_come_in_the_order_of_their_numbers() {
        let row = |version: &str| json!({"version": version, "name": "a", "checksum": "c", "applied_at": "t"});
        let ledger = parse(&json!({"exists": true, "applied": [row("10"), row("9")]})).unwrap();
        assert_eq!(ledger.applied[0].version.as_str(), "9");
        assert!(parse(&json!({"exists": true, "applied": [row("x")]})).is_none());
        assert!(parse(&json!([])).is_none());
    }
}
