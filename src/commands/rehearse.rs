//! A rehearsal: the files run in one transaction that is rolled back, so that what a rollback would take away is known
//! before it takes it.
//!
//! On a target that is not throwaway a rollback which drops too much costs somebody's data before any comparison of
//! catalogs can say so.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{self, Catalog, Selection};
use crate::diff::print::print_sql;
use crate::diff::rows::{self, Contents, Relation};
use crate::diff::{self, Change, ChangeKind};
use crate::error::{Error, ExitCode};
use crate::migrate::{Migrations, Script};
use crate::source::Origin;
use crate::sql::quote_ident;
use crate::target::{Capabilities, ServerError, Target, TargetError};

use super::prove;

/// After each file, as after a real one: deferred constraints, and the session's own settings and role.
const BETWEEN: &[&str] = &["set constraints all immediate", "reset all"];
const BETWEEN_ROLES: &[&str] = &["reset session authorization", "reset role"];

/// How a rehearsal ended.
pub(super) enum Rehearsed {
    /// It ran to its end, and this is how things would be.
    Done(Box<Outlook>),
    /// The server refused a statement: at its place in a file, where it is one of a file's.
    Refused(Box<ServerError>, Option<Origin>),
}

/// What setup and rollback together would change.
#[derive(Default)]
pub(super) struct Outlook {
    /// Of the catalog.
    pub(super) changes: Vec<Change>,
    /// Of rows in tables that were there before: which, and what.
    pub(super) rows: Vec<(String, String)>,
}

impl Outlook {
    /// Whether something that was there before would be gone or different: what somebody could miss.
    pub(super) fn costs(&self) -> bool {
        !self.rows.is_empty()
            || self
                .changes
                .iter()
                .any(|change| change.kind != ChangeKind::Added)
    }
}

/// All setup files, oldest first, and all rollback files, newest first.
pub(super) fn there_and_back(migrations: &Migrations) -> Vec<Arc<Script>> {
    let there = migrations.list().iter().map(|m| Arc::clone(&m.setup));
    let newest_first = migrations.list().iter().rev();
    there
        .chain(newest_first.filter_map(|m| m.rollback.clone()))
        .collect()
}

/// Runs setup and rollback, compares with `before`, and undoes everything.
///
/// # Errors
/// Those of the target, but for a statement that the server refuses.
pub(super) async fn rehearse(
    target: &mut dyn Target,
    scripts: &[Arc<Script>],
    before: &Catalog,
) -> Result<Rehearsed, Error> {
    let tables = relations(target).await?;
    let query = format!(
        "json_build_object('catalog', ({}), 'tables', ({}))",
        catalog::query(&Selection::all()),
        rows::RELATIONS
    );
    let document = match run(target, scripts, &query).await? {
        Ok(document) => document,
        Err((error, place)) => return Ok(Rehearsed::Refused(error, place)),
    };
    let answer: Answer = rows::parse(document).map_err(unreadable)?;
    let changes = diff::changes(before, &answer.catalog);
    let mut outlook = Outlook {
        rows: rows::losses(&tables, &answer.tables, &changes),
        changes,
    };
    // What was written may be what it was: rows that the setup inserts and the rollback deletes.
    let (written, closed): (Vec<&Relation>, Vec<&Relation>) =
        rows::written(&tables, &answer.tables)
            .into_iter()
            .partition(|table| table.readable);
    outlook.rows.extend(closed.iter().map(|table| {
        let words = format!("rows of {}.{}", table.schema, table.name);
        (
            words,
            "that they are written to, and cannot be read to compare them".to_owned(),
        )
    }));
    if !outlook.costs() && !written.is_empty() {
        let before = contents(target, &written).await?;
        let document = match run(
            target,
            scripts,
            &format!("({})", rows::contents_sql(&written)),
        )
        .await?
        {
            Ok(document) => document,
            Err((error, place)) => return Ok(Rehearsed::Refused(error, place)),
        };
        let after = rows::parse(document).map_err(unreadable)?;
        outlook.rows = rows::differing(&written, &before, &after);
    }
    Ok(Rehearsed::Done(Box::new(outlook)))
}

#[derive(Deserialize)]
struct Answer {
    catalog: Catalog,
    tables: Vec<Relation>,
}

/// All tables as they hold rows.
pub(super) async fn relations(target: &mut dyn Target) -> Result<Vec<Relation>, Error> {
    let document = target.read_json(rows::SETTINGS, rows::RELATIONS).await?;
    rows::parse(document).map_err(unreadable)
}

/// A fingerprint of the catalogs.
pub(super) async fn print(target: &mut dyn Target) -> Result<String, Error> {
    let print = target.read_json("", &print_sql()).await?;
    Ok(print.as_str().unwrap_or_default().to_owned())
}

/// What these tables hold.
pub(super) async fn contents(
    target: &mut dyn Target,
    tables: &[&Relation],
) -> Result<Contents, Error> {
    let document = target
        .read_json(rows::SETTINGS, &rows::contents_sql(tables))
        .await?;
    rows::parse(document).map_err(unreadable)
}

pub(super) fn unreadable(error: serde_json::Error) -> Error {
    Error::new(
        ExitCode::Sql,
        format!("the state of the database could not be read whole: {error}"),
    )
}

pub(super) type Refusal = (Box<ServerError>, Option<Origin>);

/// Runs the scripts in a transaction, asks, and rolls back.
pub(super) async fn run(
    target: &mut dyn Target,
    scripts: &[Arc<Script>],
    result: &str,
) -> Result<Result<Value, Refusal>, Error> {
    let role = target
        .role()
        .map(|role| format!("set role {}", quote_ident(role)));
    let again: Vec<&str> = target
        .opening()
        .into_iter()
        .chain(role.as_deref())
        .collect();
    let (statements, places) = compose(scripts, target.capabilities(), &again);
    let answer = target.try_json(&statements, result).await;
    // The rollback does not undo these; the session goes on.
    target.run(&crate::behaviour::clean(), &mut |_| {}).await?;
    match answer {
        Ok(document) => Ok(Ok(document)),
        Err(TargetError::Server(error)) => {
            let place = error
                .completed
                .and_then(|at| places.get(at).cloned().flatten())
                .or_else(|| written(&statements, scripts, error.position?));
            match place.is_none() && catalog::changed_meanwhile(&error.sqlstate, &error.message) {
                true => Err(prove::changed(&error)),
                false => Ok(Err((error, place))),
            }
        }
        Err(other) => Err(other.into()),
    }
}

/// The place in a file that a character of the message is from, counted from 1: the server reads all of it before it runs
/// any, and so a mistake in writing is no statement's.
fn written(message: &str, scripts: &[Arc<Script>], position: usize) -> Option<Origin> {
    let (byte, _) = message.char_indices().nth(position.checked_sub(1)?)?;
    let mut from = 0;
    for script in scripts {
        for piece in script.pieces() {
            let start = from + message.get(from..)?.find(piece.text)?;
            from = start + piece.text.len();
            if (start..from).contains(&byte) {
                let at = piece.from + byte - start;
                return Some(script.source().origin(at..at));
            }
        }
    }
    None
}

/// The statements, and for each its place where it is one of a file's.
/// `again`: what makes the session as the door opened it, once more after each file.
fn compose(
    scripts: &[Arc<Script>],
    able: &Capabilities,
    again: &[&str],
) -> (String, Vec<Option<Origin>>) {
    let (mut message, mut places) = (String::new(), Vec::new());
    if able.transactions {
        message.push_str("begin isolation level read committed;\n");
        places.push(None);
    }
    let roles = BETWEEN_ROLES.iter().filter(|_| able.roles);
    let between: Vec<&str> = (BETWEEN.iter().chain(roles).copied())
        .chain(again.iter().copied())
        .collect();
    for script in scripts {
        for piece in script.pieces() {
            message.push_str(piece.text);
            // A line of its own: the piece may end in a comment.
            message.push_str("\n;\n");
        }
        places.extend(script.statements().iter().map(|s| Some(s.origin())));
        for statement in &between {
            message.push_str(&format!("{statement};\n"));
            places.push(None);
        }
    }
    message.push_str(&format!("{};\n", catalog::SETTINGS));
    (message, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::sql;
    use crate::suite::{MigrationFile, Suite};

    fn migrations() -> Migrations {
        let file = |name: &str, text: &str| MigrationFile {
            file_name: name.to_owned(),
            source: Source::new(format!("sql/s/{name}"), text),
        };
        let suite = Suite {
            name: "s".to_owned(),
            folder: "sql/s".into(),
            migrations: vec![
                file("001_a.sql", "\u{feff}create table a (); -- and so on"),
                file("001_a.rollback.sql", "drop table a"),
                file("002_b.sql", "create table b (); create table c ();"),
                file("002_b.rollback.sql", "drop table c; drop table b;"),
            ],
            complete: None,
            expectations: None,
            ledger: Default::default(),
        };
        Migrations::from_suite(&suite).unwrap()
    }

    #[test]
    fn files_run_there_oldest_first_and_back_newest_first() {
        let names = |scripts: Vec<Arc<Script>>| {
            let names: Vec<String> = scripts.iter().map(|s| s.file_name().to_owned()).collect();
            names.join(" ")
        };
        assert_eq!(
            names(there_and_back(&migrations())),
            "001_a.sql 002_b.sql 002_b.rollback.sql 001_a.rollback.sql"
        );
    }

    #[test]
    fn every_statement_of_the_message_has_its_place() {
        let (message, places) =
            compose(&there_and_back(&migrations()), &Capabilities::SESSION, &[]);
        let statements = sql::statements(&Source::new("message", message)).unwrap();
        // The settings follow.
        let settings = catalog::SETTINGS.split(";\n").count();
        assert_eq!(statements.len(), places.len() + settings);
        for (statement, place) in statements.iter().zip(&places) {
            if let Some(place) = place {
                assert_eq!(statement.text(), place.text());
            }
        }
        assert_eq!(places.iter().flatten().count(), 6);
    }
}
