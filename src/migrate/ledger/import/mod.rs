//! Takes over what another tool's ledger says: which migrations are applied already.
//!
//! [`read`] finds the tables, [`plan`] decides, purely, what of them can be taken over, and a
//! [`Mend::Import`](crate::migrate::Mend) writes that. The other tool's table stays as it is.

mod checksum;
mod row;
mod tool;
mod write;

use serde_json::Value;

use super::Ledger;
use crate::error::{Error, ExitCode};
use crate::migrate::files::{Migration, Migrations};
use crate::platform::facts;
use crate::sql::{QualifiedName, quote_ident, quote_literal};
use crate::target::{Target, TargetError};

use row::{Row, Standing};
pub use tool::Tool;
pub(in crate::migrate) use write::import_sql;

/// The ledger of another tool, as it was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Whose it is.
    pub tool: Tool,
    /// The table, as it is shown to people.
    pub table: String,
    /// Its rows, in an order in which a later one counts more.
    rows: Vec<Row>,
}

/// A migration that is to be recorded as applied.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The migration, with its file.
    pub migration: Migration,
    /// When it was applied, as the other ledger has it.
    pub at: Option<String>,
    /// How long it took.
    pub duration_ms: Option<u64>,
    /// Who applied it.
    pub by: Option<String>,
    /// How it is rolled back, where the other ledger keeps that and no file has it.
    pub rollback: Option<String>,
    /// What is known of the file that was applied.
    pub checked: Checked,
}

/// What is known of the file that another tool applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is the file that is there now.
    Same,
    /// It is another one, and is taken for this one all the same: checksums there and here.
    Changed(String, String),
    /// The other ledger keeps no checksum.
    Unknown,
}

/// What becomes of a ledger, migration by migration.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What is recorded as applied, in the order of the files.
    pub record: Vec<Imported>,
    /// What our ledger has already.
    pub known: usize,
    /// What stays out: which, why, and what to do about it.
    pub left: Vec<Left>,
    /// Files that the other tool has not applied.
    pub pending: usize,
}

/// What of another ledger cannot be taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// What the other ledger calls it.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do about it.
    pub help: &'static str,
}

/// Decides what of another ledger is recorded in ours. With `changed`, a file that is not the one that was applied counts too.
pub fn plan(found: &Found, files: &Migrations, ledger: &Ledger, changed: bool) -> Plan {
    let mut plan = Plan::default();
    let mut there = Vec::new();
    for row in &found.rows {
        let left = |why: String, help| Left {
            what: row.label.clone(),
            why,
            help,
        };
        let version = match (&row.standing, &row.version) {
            (Standing::Not { why, help }, _) => {
                plan.left.push(left(why.clone(), help));
                continue;
            }
            (Standing::UpTo | Standing::Applied, None) => {
                let why = "its version is no number".to_owned();
                let help = "give the file a number, and record it with `supaproof baseline`";
                plan.left.push(left(why, help));
                continue;
            }
            (_, Some(version)) => version,
        };
        if row.standing == Standing::UpTo {
            let below = files.list().iter().filter(|m| m.version <= *version);
            let known = below.clone().count();
            for migration in below {
                take(&mut plan, row, migration, ledger, changed);
                there.push(migration.version.clone());
            }
            if known == 0 {
                plan.left.push(left(
                    "no file has this version or a lower one".to_owned(),
                    NO_FILE,
                ));
            }
            continue;
        }
        match files.get(version) {
            Some(migration) => {
                there.push(version.clone());
                take(&mut plan, row, migration, ledger, changed);
            }
            None => plan.left.push(left(
                "it is applied there, and the suite has no file of it".to_owned(),
                NO_FILE,
            )),
        }
    }
    plan.record
        .sort_by_key(|one| files.place(&one.migration.version));
    let applied = |m: &&Migration| {
        !there.contains(&m.version) && !ledger.applied.iter().any(|row| row.version == m.version)
    };
    plan.pending = files.list().iter().filter(applied).count();
    plan
}

const NO_FILE: &str = "bring its file back, and import again";

fn take(plan: &mut Plan, row: &Row, migration: &Migration, ledger: &Ledger, changed: bool) {
    let known =
        (ledger.applied.iter()).any(|known| known.version == migration.version && !known.pushed);
    if known {
        plan.known += 1;
        return;
    }
    if let (Some(theirs), true) = (&row.name, row.named_as_files)
        && *theirs != migration.name
    {
        plan.left.push(Left {
            what: row.label.clone(),
            why: format!(
                "the file with this version is another: {}",
                migration.label()
            ),
            help: "give one of the two another version, and import again",
        });
        return;
    }
    let checked = match row.checksum.differs(migration.setup.source().text()) {
        None => Checked::Unknown,
        Some(None) => Checked::Same,
        Some(Some((theirs, ours))) if changed => Checked::Changed(theirs, ours),
        Some(Some((theirs, ours))) => {
            plan.left.push(Left {
                what: row.label.clone(),
                why: format!(
                    "its file has changed since it was applied: {theirs} there, {ours} here ({})",
                    row.checksum.algorithm()
                ),
                help: "bring the file back as it was, and import again; or take it as it is now with --changed",
            });
            return;
        }
    };
    plan.record.push(Imported {
        migration: migration.clone(),
        at: row.at.clone(),
        duration_ms: row.duration_ms,
        by: row.by.clone(),
        rollback: row
            .rollback
            .clone()
            .filter(|_| migration.rollback.is_none()),
        checked,
    });
}

/// The statement that finds ledgers of other tools, with all of their rows: one SELECT that returns one JSON document.
///
/// Without `table` they are looked for by their names, in all schemas that are not the platform's: services of Supabase
/// have such tables of their own.
pub fn read_sql(table: Option<&QualifiedName>) -> String {
    let which = match table {
        Some(QualifiedName { schema, name }) => format!(
            "n.nspname = {} and c.relname = {}",
            quote_literal(schema.as_deref().unwrap_or("public")),
            quote_literal(name)
        ),
        None => by_name(),
    };
    // Statements may be long, and nobody needs them here.
    let rows = "'select encode(convert_to(coalesce(jsonb_agg(to_jsonb(t) - ''statements''), ''[]'')::text, ''UTF8''), \
                ''hex'') as hex from %I.%I as t'";
    format!(
        "select coalesce(jsonb_agg(jsonb_build_object('schema', f.schema, 'name', f.name, 'columns', f.columns, \
         'rows', convert_from(decode(substring(query_to_xml(format({rows}, f.schema, f.name), false, false, '')::text \
         from '<hex>([0-9a-f]*)</hex>'), 'hex'), 'UTF8')::jsonb) order by f.schema, f.name), '[]') \
         from (select n.nspname as schema, c.relname as name, (select jsonb_agg(a.attname order by a.attnum) \
         from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns \
         from pg_class as c join pg_namespace as n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p') and {which} offset 0) as f"
    )
}

/// The condition on `pg_class as c` and `pg_namespace as n` that a table has the name of another tool's ledger.
pub(super) fn by_name() -> String {
    let list = |names: &mut dyn Iterator<Item = &str>| {
        names.map(quote_literal).collect::<Vec<_>>().join(", ")
    };
    let platforms = (facts::SCHEMAS.iter().map(|schema| schema.name))
        .filter(|name| *name != super::supabase::SCHEMA);
    format!(
        "c.relname in ({}) and n.nspname !~ '^pg_' and n.nspname not in ({})",
        list(&mut Tool::ALL.iter().map(|tool| tool.table())),
        list(&mut platforms.chain([super::SCHEMA, "information_schema"])),
    )
}

/// Finds the ledgers of other tools. One round trip.
///
/// # Errors
///
/// Those of the target.
pub async fn read(
    target: &mut dyn Target,
    table: Option<&QualifiedName>,
) -> Result<Vec<Found>, Error> {
    let answer = target
        .read_json("", &read_sql(table))
        .await
        .map_err(|error| {
            let closed =
                matches!(&error, TargetError::Server(server) if server.sqlstate == "42501");
            let error = Error::from(error).note("while looking for ledgers of other tools");
            match closed {
                true => error.help("connect as the role that the other tool connects as"),
                false => error,
            }
        })?;
    let mut all = Vec::new();
    for one in answer.as_array().into_iter().flatten() {
        let (schema, name, columns) = described(one);
        let tool = match table {
            // It may have been given another name.
            Some(_) => Tool::by_columns(&columns),
            None => Tool::of(schema, name, &columns),
        };
        let shown = format!("{schema}.{name}");
        let Some(tool) = tool else {
            if table.is_some() {
                return Err(Error::new(
                    ExitCode::Usage,
                    format!("the table {shown} is no ledger that is known"),
                )
                .note(format!("it has the columns {}", columns.join(", ")))
                .help(KNOWN));
            }
            continue;
        };
        let rows = one.get("rows").and_then(Value::as_array);
        let rows = tool.rows(rows.map(Vec::as_slice).unwrap_or_default());
        all.push(Found {
            tool,
            table: shown,
            rows,
        });
    }
    if let (Some(QualifiedName { schema, name }), true) = (table, all.is_empty()) {
        let schema = schema.as_deref().unwrap_or("public");
        return Err(Error::usage(format!(
            "there is no table {schema}.{name} in this database"
        ))
        .help("without --table the ledgers of other tools are looked for by their names"));
    }
    Ok(all)
}

/// The schema, the name and the columns of a table that may be a ledger, as the queries say them.
pub(super) fn described(table: &Value) -> (&str, &str, Vec<&str>) {
    let text = |name: &str| {
        let text = table.get(name).and_then(Value::as_str);
        text.unwrap_or_default()
    };
    let columns = table.get("columns").and_then(Value::as_array);
    let columns = columns.into_iter().flatten().filter_map(Value::as_str);
    (text("schema"), text("name"), columns.collect())
}

impl Found {
    /// How many migrations it speaks of.
    pub fn count(&self) -> usize {
        self.rows.len()
    }
}

/// What can be taken over, for people.
pub const KNOWN: &str = "known are the ledgers of the original TaskFlow and ExeServer tools, dbmate, Flyway, sqlx, the \
                         Supabase CLI, goose, golang-migrate and refinery; `supaproof baseline` records without one";

/// A name with its schema, as it is written in `supaproof.toml` and behind `--table`: `public.schema_migrations`, with
/// double quotes around what is no plain name.
pub fn table_name(text: &str) -> Option<QualifiedName> {
    let (schema, rest) = part(text.trim())?;
    let (name, rest) = part(rest.strip_prefix('.')?)?;
    rest.is_empty().then_some(QualifiedName {
        schema: Some(schema),
        name,
    })
}

/// The first identifier of a text, and what follows it.
fn part(text: &str) -> Option<(String, &str)> {
    let (name, rest) = match text.strip_prefix('"') {
        Some(quoted) => {
            let mut name = String::new();
            let mut rest = quoted;
            loop {
                let at = rest.find('"')?;
                name.push_str(&rest[..at]);
                rest = &rest[at + 1..];
                match rest.strip_prefix('"') {
                    Some(more) => {
                        name.push('"');
                        rest = more;
                    }
                    None => break (name, rest),
                }
            }
        }
        None => {
            let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            let end = text.find(|c| !plain(c)).unwrap_or(text.len());
            if text.starts_with(|c: char| c.is_ascii_digit() || c == '$') {
                return None;
            }
            (crate::sql::fold_ident(&text[..end]), &text[end..])
        }
    };
    (!name.is_empty() && name.len() <= 63 && !name.contains('\0')).then_some((name, rest))
}

/// A table as it is written in SQL, for messages that show a statement.
pub fn written(table: &QualifiedName) -> String {
    let schema = table.schema.as_deref().unwrap_or("public");
    format!("{}.{}", quote_ident(schema), quote_ident(&table.name))
}

#[cfg(test)]
mod tests;
