//! The tools whose ledgers are known: how a table of theirs looks, and what its rows say.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::supabase;
use super::checksum::Checksum;
use super::row::{Row, Standing, is_false, number, split, text};
use crate::migrate::files::Version;

/// A tool whose ledger is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Tool {
    /// The original migration tool of TaskFlow.
    Taskflow,
    /// The original migration tool of ExeServer.
    Exeserver,
    /// dbmate.
    Dbmate,
    /// Flyway.
    Flyway,
    /// sqlx.
    Sqlx,
    /// The Supabase CLI.
    Supabase,
    /// goose.
    Goose,
    /// golang-migrate.
    GolangMigrate,
    /// refinery.
    Refinery,
}

const REPAIR_THERE: &str =
    "see what it left, and either finish or undo it by hand; then `supaproof setup` applies it";

impl Tool {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Taskflow,
        Self::Exeserver,
        Self::Dbmate,
        Self::Flyway,
        Self::Sqlx,
        Self::Supabase,
        Self::Goose,
        Self::GolangMigrate,
        Self::Refinery,
    ];

    /// What it is called.
    pub fn named(self) -> &'static str {
        match self {
            Self::Taskflow => "the original TaskFlow tool",
            Self::Exeserver => "the original ExeServer tool",
            Self::Dbmate => "dbmate",
            Self::Flyway => "Flyway",
            Self::Sqlx => "sqlx",
            Self::Supabase => "the Supabase CLI",
            Self::Goose => "goose",
            Self::GolangMigrate => "golang-migrate",
            Self::Refinery => "refinery",
        }
    }

    /// What it is called on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Taskflow => "taskflow",
            Self::Exeserver => "exeserver",
            Self::Dbmate => "dbmate",
            Self::Flyway => "flyway",
            Self::Sqlx => "sqlx",
            Self::Supabase => "supabase",
            Self::Goose => "goose",
            Self::GolangMigrate => "golang-migrate",
            Self::Refinery => "refinery",
        }
    }

    /// The name of its table.
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Taskflow | Self::Dbmate | Self::GolangMigrate => "schema_migrations",
            Self::Supabase => supabase::NAME,
            Self::Exeserver => "migrations",
            Self::Flyway => "flyway_schema_history",
            Self::Sqlx => "_sqlx_migrations",
            Self::Goose => "goose_db_version",
            Self::Refinery => "refinery_schema_history",
        }
    }

    /// Columns that its table has.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Taskflow => &["version", "checksum", "success", "rollback_sql"],
            Self::Exeserver => &["id", "version", "description", "applied_at"],
            Self::Dbmate => &["version"],
            Self::Flyway => &[
                "installed_rank",
                "version",
                "type",
                "script",
                "checksum",
                "success",
            ],
            Self::Sqlx => &[
                "version",
                "description",
                "checksum",
                "success",
                "execution_time",
            ],
            Self::Supabase => &["version", "statements", "name"],
            Self::Goose => &["version_id", "is_applied"],
            Self::GolangMigrate => &["version", "dirty"],
            Self::Refinery => &["version", "name", "applied_on", "checksum"],
        }
    }

    /// Whose ledger a table is, by its name and its columns.
    pub(in crate::migrate::ledger) fn of(
        schema: &str,
        name: &str,
        columns: &[&str],
    ) -> Option<Self> {
        if schema == supabase::SCHEMA {
            // Its oldest versions had no other columns.
            return (name == supabase::NAME && columns.contains(&"version"))
                .then_some(Self::Supabase);
        }
        Self::by_columns(columns).filter(|tool| tool.table() == name)
    }

    /// Whose ledger a table is that may have been given another name.
    pub(super) fn by_columns(columns: &[&str]) -> Option<Self> {
        if columns == ["version"] {
            return Some(Self::Dbmate);
        }
        let known = |tool: &&Self| {
            **tool != Self::Dbmate && tool.columns().iter().all(|name| columns.contains(name))
        };
        Self::ALL.iter().find(known).copied()
    }

    /// What its rows say, in an order in which a later row counts more.
    pub(super) fn rows(self, rows: &[Value]) -> Vec<Row> {
        let mut rows: Vec<&Value> = rows.iter().collect();
        let order = match self {
            Self::Flyway => "installed_rank",
            Self::Goose | Self::Exeserver => "id",
            _ => "version",
        };
        rows.sort_by_key(|row| {
            let key = text(row, order).unwrap_or_default();
            // A number by its size, a text as it is.
            (key.parse::<u64>().unwrap_or(u64::MAX), key)
        });
        match self {
            Self::Goose => goose(&rows),
            _ => rows.iter().filter_map(|row| self.row(row)).collect(),
        }
    }

    /// A row; none where it speaks of no migration.
    fn row(self, row: &Value) -> Option<Row> {
        let version = text(row, "version").unwrap_or_default();
        let plain = || Row::applied(version.clone(), Version::new(&version));
        Some(match self {
            Self::Taskflow => taskflow(row, &version),
            Self::Exeserver => Row {
                at: text(row, "applied_at"),
                ..plain()
            },
            // The digits at the start of the file's name.
            Self::Dbmate | Self::Goose => plain(),
            Self::Flyway => return flyway(row),
            Self::Sqlx => sqlx(row, plain()),
            Self::Supabase => {
                let name = text(row, "name").filter(|name| !name.is_empty());
                Row {
                    label: labelled(&version, name.as_deref()),
                    name,
                    named_as_files: true,
                    by: text(row, "created_by"),
                    ..plain()
                }
            }
            Self::GolangMigrate => {
                let row_is_dirty = row.get("dirty") == Some(&Value::Bool(true));
                let up_to = Row {
                    standing: Standing::UpTo,
                    ..plain()
                };
                match row_is_dirty {
                    true => up_to.not(
                        "it is dirty: it failed, perhaps in the middle",
                        REPAIR_THERE,
                    ),
                    false => up_to,
                }
            }
            Self::Refinery => {
                let name = text(row, "name");
                Row {
                    label: labelled(&version, name.as_deref()),
                    name,
                    named_as_files: true,
                    at: text(row, "applied_on"),
                    ..plain()
                }
            }
        })
    }
}

fn labelled(version: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{version}_{name}"),
        None => version.to_owned(),
    }
}

/// The version is `001_create_users`; a rollback leaves the row, as one that did not succeed.
fn taskflow(row: &Value, version: &str) -> Row {
    let (number_, name) = split(version);
    let sum = text(row, "checksum").unwrap_or_default();
    let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    let out = Row {
        name,
        named_as_files: true,
        checksum: match is_sum {
            true => Checksum::Sha256(sum.to_ascii_lowercase()),
            // `manual_execution`: somebody wrote the row.
            false => Checksum::None,
        },
        at: text(row, "applied_at"),
        duration_ms: number(row, "execution_time_ms"),
        by: text(row, "applied_by"),
        rollback: text(row, "rollback_sql").filter(|sql| !sql.trim().is_empty()),
        ..Row::applied(version, number_)
    };
    if !is_false(row, "success") {
        return out;
    }
    match (text(row, "type").as_deref(), text(row, "error_message")) {
        (Some("rollback"), _) => {
            out.not("it was rolled back there", "`supaproof setup` applies it")
        }
        (_, Some(error)) => out.not(format!("it failed there: {error}"), REPAIR_THERE),
        _ => out.not("it failed there", REPAIR_THERE),
    }
}

/// Source: Flyway's documentation of its schema history table: types are SQL, JDBC, BASELINE, SCHEMA, UNDO_SQL, DELETE, …
fn flyway(row: &Value) -> Option<Row> {
    let kind = text(row, "type").unwrap_or_default();
    let script = text(row, "script").unwrap_or_default();
    let Some(version) = text(row, "version") else {
        return match kind.as_str() {
            // The schema was made, or a repeatable migration is marked as deleted.
            "SCHEMA" | "DELETE" => None,
            _ => Some(Row::applied(script, None).not(
                "it is a repeatable migration, which supaproof does not have",
                "give each change of it a file with a version of its own",
            )),
        };
    };
    let out = Row {
        label: script,
        at: text(row, "installed_on"),
        duration_ms: number(row, "execution_time"),
        by: text(row, "installed_by"),
        checksum: row
            .get("checksum")
            .and_then(Value::as_i64)
            .map_or(Checksum::None, Checksum::Crc32),
        ..Row::applied("", Version::new(&version))
    };
    Some(match kind.as_str() {
        "BASELINE" | "SQL_BASELINE" => {
            Row::applied(format!("{version} ({})", out.label), out.version).not(
                "it is a baseline: Flyway has not applied what comes before it",
                "record what the database has of it with `supaproof baseline`",
            )
        }
        "UNDO_SQL" | "UNDO_JDBC" | "UNDO_SCRIPT" => out.not(
            "it was undone there",
            "`supaproof setup` applies it again, if its file is there",
        ),
        "DELETE" => out.not("it is marked as deleted there", "nothing, if that is so"),
        _ if is_false(row, "success") => out.not("it failed there", REPAIR_THERE),
        "SQL" => out,
        _ => out.not(
            format!("it is no SQL file ({kind})"),
            "write what it does as SQL, and record it with `supaproof baseline`",
        ),
    })
}

fn sqlx(row: &Value, plain: Row) -> Row {
    // In nanoseconds; a bytea is `\x…`.
    let sum = text(row, "checksum").and_then(|sum| sum.strip_prefix("\\x").map(ToOwned::to_owned));
    let out = Row {
        at: text(row, "installed_on"),
        duration_ms: number(row, "execution_time").map(|nanos| nanos / 1_000_000),
        checksum: sum.map_or(Checksum::None, Checksum::Sha384),
        ..plain
    };
    match is_false(row, "success") {
        true => out.not(
            "it is dirty: it failed, perhaps in the middle",
            REPAIR_THERE,
        ),
        false => out,
    }
}

/// A row for each time that a migration was applied, and in older versions for each time that it was rolled back: the last
/// one counts. Its first row is version 0, which is no migration.
fn goose(rows: &[&Value]) -> Vec<Row> {
    let mut last: BTreeMap<String, Row> = BTreeMap::new();
    for row in rows {
        let version = text(row, "version_id").unwrap_or_default();
        if version == "0" {
            continue;
        }
        let out = Row {
            at: text(row, "tstamp"),
            ..Row::applied(version.clone(), Version::new(&version))
        };
        let out = match is_false(row, "is_applied") {
            true => out.not("it was rolled back there", "`supaproof setup` applies it"),
            false => out,
        };
        last.insert(version, out);
    }
    let mut rows: Vec<Row> = last.into_values().collect();
    rows.sort_by(|one, two| one.version.cmp(&two.version));
    rows
}
