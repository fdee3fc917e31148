//! Reads what a suite has in the ledger.

use serde::Deserialize as _;
use serde_json::Value;

use super::import::Tool;
use super::tables::{self, HISTORY, NEEDED};
use super::{Applied, Book, Failed, Halfway, Kept, Ledger, Told, halfway, supabase, triggers};
use crate::error::{Error, ExitCode};
use crate::migrate::files::{Migrations, Version};
use crate::sql::{dollar_quote, quote_literal};
use crate::target::{Target, TargetError};

/// The statement that reads a suite's rows: one SELECT that returns one JSON document, also where there is no ledger.
///
/// A table that may be absent cannot be named in a plain query: the server would refuse the whole. So the inner query is
/// a text that `query_to_xml` runs only where `to_regclass` finds the table. Its result passes through XML as hex,
/// so that no character of it means anything there. A ledger of an older version lacks columns, so they are looked up by
/// name in the row; a table that lacks what every ledger has is another's, and its columns are told.
pub fn read_sql(book: &Book) -> String {
    let table = book.table();
    let rows = format!(
        "select encode(convert_to(coalesce(jsonb_agg(jsonb_build_object(\
         'version', m.version, 'name', m.name, 'checksum', m.checksum, \
         'applied_at', to_char(m.applied_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), \
         'duration_ms', r.j -> 'duration_ms', 'success', coalesce(r.j -> 'success', 'true'), \
         'error', r.j -> 'error', 'author', r.j -> 'author', 'progress', r.j -> 'progress', 'alive', {alive}, \
         'rollback', coalesce(r.j ->> 'rollback', '') <> '')), '[]')::text, \
         'UTF8'), 'hex') as hex from {table} as m, lateral (select to_jsonb(m) as j) as r where m.suite = {suite}",
        suite = quote_literal(book.suite()),
        alive = halfway::alive("(r.j -> 'progress')"),
    );
    let told = format!(
        "select encode(convert_to(coalesce(jsonb_agg(jsonb_build_object('version', h.version, 'action', h.action, \
         'backward', h.checksum is null, 'detail', h.detail, \
         'at', to_char(h.at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')) order by h.id), '[]')::text, \
         'UTF8'), 'hex') as hex from (select distinct on (version) * from {HISTORY} where suite = {} \
         order by version, id desc) as h",
        quote_literal(book.suite())
    );
    let needed: Vec<String> = NEEDED.iter().map(|name| quote_literal(name)).collect();
    format!(
        "select case when t.there is null then jsonb_build_object('exists', false, 'applied', jsonb_build_array()) \
         when (select count(*) from pg_attribute as a where a.attrelid = t.there and not a.attisdropped \
         and a.attname in ({needed})) < {count} then jsonb_build_object('exists', true, 'columns', (select jsonb_agg(a.attname \
         order by a.attnum) from pg_attribute as a where a.attrelid = t.there and a.attnum > 0 and not a.attisdropped)) \
         else jsonb_build_object('exists', true, 'applied', convert_from(decode(substring(\
         query_to_xml({rows}, false, false, '')::text from '<hex>([0-9a-f]*)</hex>'), 'hex'), 'UTF8')::jsonb) end \
         || jsonb_build_object('history', {history}, 'told', case when has_table_privilege(to_regclass('{HISTORY}'), \
         'select') then convert_from(decode(substring(query_to_xml({told}, false, false, '')::text \
         from '<hex>([0-9a-f]*)</hex>'), 'hex'), 'UTF8')::jsonb end, 'pushed', {pushed}, 'triggers', {triggers}) from (select to_regclass({name}) as there) as t",
        needed = needed.join(", "),
        count = NEEDED.len(),
        rows = dollar_quote(&rows),
        told = dollar_quote(&told),
        history = tables::history_condition(),
        triggers = triggers::expression(),
        pushed = match book.is_in_step() {
            true => supabase::read_expression(),
            false => "null".to_owned(),
        },
        name = quote_literal(&table),
    )
}

/// Reads what a suite has in the ledger. One round trip.
///
/// # Errors
///
/// Those of the target; exit code 5 where the ledger's rows are not what supaproof writes, or the table is another's.
pub async fn read(target: &mut dyn Target, book: &Book) -> Result<Ledger, Error> {
    let table = book.shown();
    let answer = target
        .read_json("", &read_sql(book))
        .await
        .map_err(|error| {
            let state = match &error {
                TargetError::Server(server) => server.sqlstate.clone(),
                _ => return Error::from(error),
            };
            let beside = match book.is_in_step() {
                true => format!(", and {}.{}", supabase::SCHEMA, supabase::NAME),
                false => String::new(),
            };
            let error = Error::from(error).note(format!(
                "while reading the ledger, the table {table}{beside}"
            ));
            match state.as_str() {
                "42501" => error
                    .help("connect as the role that applied the migrations: the ledger is its own"),
                _ => error,
            }
        })?;
    if let Some(columns) = answer.get("columns").and_then(Value::as_array) {
        let columns: Vec<&str> = columns.iter().filter_map(Value::as_str).collect();
        return Err(of_another(book, &columns));
    }
    parse(&answer).map_err(|which| {
        Error::new(
            ExitCode::Sql,
            format!("the ledger, the table {table}, holds rows that supaproof did not write"),
        )
        .note(which)
        .help("a version is a number, and no column is null: correct the rows by hand")
    })
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
        let table = files.book().table();
        let select = format!(
            "select coalesce(jsonb_object_agg(m.version, m.rollback), '{{}}') from {table} as m \
             where m.suite = {} and m.success and m.version in ({})",
            quote_literal(files.suite()),
            versions.join(", ")
        );
        let texts = target.read_json("", &select).await.map_err(|error| {
            let table = files.book().shown();
            Error::from(error).note(format!("while reading rollbacks from the table {table}"))
        })?;
        for row in &mut wanted {
            if let Some(text) = texts.get(row.version.as_str()).and_then(Value::as_str) {
                row.rollback = Kept::Text(text.to_owned());
            }
        }
        Ok(())
    }
}

/// The error of a table that is no ledger of ours.
fn of_another(book: &Book, columns: &[&str]) -> Error {
    let table = book.shown();
    let lacking: Vec<&str> = (NEEDED.iter().copied())
        .filter(|name| !columns.contains(name))
        .collect();
    let error = Error::new(
        ExitCode::Sql,
        format!("the table {table} is no ledger of supaproof"),
    )
    .note(format!("it has the columns {}", columns.join(", ")))
    .note(format!("it lacks {}", lacking.join(", ")));
    if book.is_our_own() {
        return error.help(format!(
            "{table} lacks a column that supaproof writes: was it altered by hand? Put it back as it was"
        ));
    }
    match Tool::of(book.schema(), book.name(), columns) {
        Some(tool) => error
            .note(format!("it looks like the ledger of {}", tool.named()))
            .help(format!(
                "name another table for this suite in supaproof.toml, or give this one another name, and take it over: \
                 `supaproof import {} --from {} --table {table}`",
                book.suite(),
                tool.word()
            )),
        None => error.help(
            "name another table for this suite in supaproof.toml: supaproof makes it with the first migration",
        ),
    }
}

/// The ledger, or the row that is none of ours.
fn parse(answer: &Value) -> Result<Ledger, String> {
    let no_answer = || "the answer is not what was asked for".to_owned();
    let flag =
        |row: &Value, name: &str, default| (row.get(name)).map_or(Some(default), Value::as_bool);
    let mut ledger = Ledger {
        exists: flag(answer, "exists", false).ok_or_else(no_answer)?,
        history: flag(answer, "history", false).ok_or_else(no_answer)?,
        ..Ledger::default()
    };
    let rows = answer.get("applied").and_then(Value::as_array);
    for row in rows.ok_or_else(no_answer)? {
        take_row(&mut ledger, row).ok_or_else(|| foreign(row))?;
    }
    for row in answer
        .get("told")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if let Some(told) = told(row) {
            // The same number may be written in several ways.
            ledger.told.retain(|known| known.version != told.version);
            ledger.told.push(told);
        }
    }
    take_pushed(&mut ledger, answer).ok_or_else(|| {
        format!(
            "a row of {}.{} has a version that is no number",
            supabase::SCHEMA,
            supabase::NAME
        )
    })?;
    let triggers = answer.get("triggers").map(Vec::deserialize).transpose();
    ledger.triggers = triggers.map_err(|_| no_answer())?.unwrap_or_default();
    ledger
        .applied
        .sort_by(|one, two| one.version.cmp(&two.version));
    ledger
        .failed
        .sort_by(|one, two| one.version.cmp(&two.version));
    Ok(ledger)
}

/// Which row is none of ours, and why.
fn foreign(row: &Value) -> String {
    let shown = |name: &str| match row.get(name) {
        Some(Value::String(text)) => format!("{name} {text:?}"),
        _ => format!("{name} null"),
    };
    let empty: Vec<&str> = ["version", "name", "checksum", "applied_at"]
        .into_iter()
        .filter(|name| row.get(name).is_none_or(Value::is_null))
        .collect();
    let why = match empty.as_slice() {
        [] => "its version is no number".to_owned(),
        empty => format!("null is its {}", empty.join(", ")),
    };
    format!(
        "the row with {}, {}: {why}",
        shown("version"),
        shown("name")
    )
}

fn take_row(ledger: &mut Ledger, row: &Value) -> Option<()> {
    let text = |name: &str| Some(row.get(name)?.as_str()?.to_owned());
    let version = Version::new(&text("version")?)?;
    let (name, at) = (text("name")?, text("applied_at")?);
    let duration_ms = row.get("duration_ms").and_then(Value::as_u64);
    let flag = |name: &str, default| row.get(name).map_or(Some(default), Value::as_bool);
    let alive = flag("alive", false).unwrap_or(false);
    let progress = row.get("progress");
    let halfway = progress.and_then(|progress| Halfway::parse(progress, alive));
    let applied = flag("success", true)?;
    if let Some(halfway) = halfway.filter(|halfway| halfway.backward == applied) {
        ledger.half_done.push((version.clone(), halfway));
    }
    if !applied {
        ledger.failed.push(Failed {
            version,
            name,
            at,
            duration_ms,
            error: text("error").unwrap_or_default(),
            author: text("author"),
        });
        return Some(());
    }
    ledger.applied.push(Applied {
        version,
        name,
        checksum: text("checksum")?,
        pushed: false,
        applied_at: at,
        duration_ms,
        author: text("author"),
        rollback: if flag("rollback", false)? {
            Kept::Unread
        } else {
            Kept::Nothing
        },
    });
    Some(())
}

/// A row of the history; none where it is not one of ours.
fn told(row: &Value) -> Option<Told> {
    let text = |name: &str| Some(row.get(name)?.as_str()?.to_owned());
    Some(Told {
        version: Version::new(&text("version")?)?,
        action: text("action")?,
        backward: row.get("backward").and_then(Value::as_bool)?,
        at: text("at").unwrap_or_default(),
        detail: text("detail").unwrap_or_default(),
    })
}

/// Takes what the Supabase CLI pushed for applied.
fn take_pushed(ledger: &mut Ledger, answer: &Value) -> Option<()> {
    let Some(rows) = answer.get("pushed").and_then(Value::as_array) else {
        return Some(());
    };
    let mut pushed = Vec::new();
    for row in rows {
        let version = Version::new(row.get("version")?.as_str()?)?;
        let name = row.get("name").and_then(Value::as_str);
        if !ledger.applied.iter().any(|known| known.version == version) {
            ledger.applied.push(Applied {
                version: version.clone(),
                name: name.unwrap_or_default().to_owned(),
                checksum: (row.get("sum").and_then(Value::as_str))
                    .unwrap_or_default()
                    .to_owned(),
                pushed: true,
                applied_at: String::new(),
                duration_ms: None,
                author: None,
                rollback: Kept::Nothing,
            });
        }
        pushed.push(version);
    }
    ledger.pushed = Some(pushed);
    Some(())
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
        assert!(parse(&json!({"exists": true, "applied": [row("x")]})).is_err());
        assert!(parse(&json!([])).is_err());
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
}
