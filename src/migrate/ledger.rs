//! What a database already has: one row per applied migration, in a schema of our own. Here it is read; what is
//! written stands in `record.rs`.

use serde_json::Value;

use super::file::{Migrations, Version};
use crate::error::Error;
use crate::sql::{dollar_quote, quote_literal};
use crate::target::{Target, TargetError};

/// The schema that is ours in a database that we set up.
pub const SCHEMA: &str = "supaproof";

/// The ledger's table, with its schema.
pub const TABLE: &str = "supaproof.migrations";

/// The table of all that ever happened to the ledger; a trigger refuses to change its rows.
pub const HISTORY: &str = "supaproof.history";

/// The function of that trigger.
pub(super) const REFUSE: &str = "supaproof.refuse_change";

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
    /// How long it took; `None` where it was not measured: recorded by an older version, or by `baseline`.
    pub duration_ms: Option<u64>,
    /// Its rollback, as it was when it was applied.
    pub rollback: Kept,
}

/// What the ledger keeps of a migration's rollback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// Nothing: there was no rollback, or an older version recorded it.
    #[default]
    Nothing,
    /// A text, which [`Ledger::fetch_rollbacks`] reads where it is needed.
    Unread,
    /// This text.
    Text(String),
}

/// An attempt that failed, of a migration that is not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// When the last attempt failed, in UTC.
    pub at: String,
    /// How long it ran.
    pub duration_ms: Option<u64>,
    /// Why.
    pub error: String,
}

/// The ledger's rows of one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Whether the table is there. It is created with the first migration.
    pub exists: bool,
    /// What is applied, by version.
    pub applied: Vec<Applied>,
    /// What was tried and is not applied, by version.
    pub failed: Vec<Failed>,
}

impl Ledger {
    /// Reads the rollbacks that the ledger keeps and that no file has. No round trip where there are none.
    ///
    /// # Errors
    ///
    /// Those of the target.
    pub async fn fetch_rollbacks(
        &mut self,
        target: &mut dyn Target,
        files: &Migrations,
    ) -> Result<(), Error> {
        let has_file = |version: &Version| {
            files
                .get(version)
                .is_some_and(|file| file.rollback.is_some())
        };
        let mut wanted: Vec<&mut Applied> = self
            .applied
            .iter_mut()
            .filter(|row| row.rollback == Kept::Unread && !has_file(&row.version))
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let versions: Vec<String> = wanted
            .iter()
            .map(|row| quote_literal(row.version.as_str()))
            .collect();
        let select = format!(
            "select coalesce(jsonb_object_agg(m.version, m.rollback), '{{}}') from {TABLE} as m \
             where m.suite = {} and m.success and m.version in ({})",
            quote_literal(files.suite()),
            versions.join(", ")
        );
        let texts = target.read_json("", &select).await.map_err(|error| {
            Error::from(error).note(format!("while reading rollbacks from the table {TABLE}"))
        })?;
        for row in &mut wanted {
            if let Some(text) = texts.get(row.version.as_str()).and_then(Value::as_str) {
                row.rollback = Kept::Text(text.to_owned());
            }
        }
        Ok(())
    }
}

/// The statement that reads a suite's rows: one SELECT that returns one JSON document, also where there is no ledger.
///
/// A table that may be absent cannot be named in a plain query: the server would refuse the whole. So the inner query is
/// a text that `query_to_xml` runs only where `to_regclass` finds the table. Its result passes through XML as hex,
/// so that no character of it means anything there. A ledger of an older version lacks columns, so they are looked up by
/// name in the row.
pub fn read_sql(suite: &str) -> String {
    let rows = format!(
        "select encode(convert_to(coalesce(jsonb_agg(jsonb_build_object(\
         'version', m.version, 'name', m.name, 'checksum', m.checksum, \
         'applied_at', to_char(m.applied_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), \
         'duration_ms', r.j -> 'duration_ms', 'success', coalesce(r.j -> 'success', 'true'), \
         'error', r.j -> 'error', 'rollback', coalesce(r.j ->> 'rollback', '') <> '')), '[]')::text, \
         'UTF8'), 'hex') as hex from {TABLE} as m, lateral (select to_jsonb(m) as j) as r where m.suite = {}",
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
    let mut ledger = Ledger {
        exists: answer.get("exists")?.as_bool()?,
        ..Ledger::default()
    };
    for row in answer.get("applied")?.as_array()? {
        let text = |name: &str| Some(row.get(name)?.as_str()?.to_owned());
        let version = Version::new(&text("version")?)?;
        let (name, at) = (text("name")?, text("applied_at")?);
        let duration_ms = row.get("duration_ms").and_then(Value::as_u64);
        let flag = |name: &str, default| row.get(name).map_or(Some(default), Value::as_bool);
        if !flag("success", true)? {
            ledger.failed.push(Failed {
                version,
                name,
                at,
                duration_ms,
                error: text("error").unwrap_or_default(),
            });
            continue;
        }
        ledger.applied.push(Applied {
            version,
            name,
            checksum: text("checksum")?,
            applied_at: at,
            duration_ms,
            rollback: if flag("rollback", false)? {
                Kept::Unread
            } else {
                Kept::Nothing
            },
        });
    }
    ledger
        .applied
        .sort_by(|one, two| one.version.cmp(&two.version));
    ledger
        .failed
        .sort_by(|one, two| one.version.cmp(&two.version));
    Some(ledger)
}

/// Whether this object, as a comparison names it (`table public.orders`), is a part of the ledger.
pub fn owns(object: &str) -> bool {
    let schema = format!("{SCHEMA}.");
    object
        .split([' ', ','])
        .any(|word| word == SCHEMA || word.starts_with(&schema))
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
    drop table if exists {HISTORY};
    drop function if exists {REFUSE}();
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

    #[test]
    fn a_failed_attempt_is_not_applied() {
        let row = json!({"version": "1", "name": "a", "checksum": "c", "applied_at": "t",
            "success": false, "error": "no", "duration_ms": 7, "rollback": true});
        let ledger = parse(&json!({"exists": true, "applied": [row]})).unwrap();
        assert!(ledger.applied.is_empty());
        assert_eq!(
            (
                ledger.failed[0].error.as_str(),
                ledger.failed[0].duration_ms
            ),
            ("no", Some(7))
        );
    }

    #[test]
    fn the_ledgers_own_objects_are_known_by_their_schema() {
        assert!(owns("table supaproof.history"));
        assert!(owns("trigger a on supaproof.history"));
        assert!(owns("schema supaproof"));
        assert!(!owns("table public.supaproof"));
        assert!(!owns("table supaproofs.history"));
    }
}
