//! A rehearsal: the files run in one transaction that is rolled back, so that what a rollback would take away is known
//! before it takes it.
//!
//! On a target that is not throwaway a rollback which drops too much costs somebody's data before any comparison of
//! catalogs can say so.

use std::sync::Arc;

use crate::catalog::{self, Catalog, Scope};
use crate::diff::{self, Change, ChangeKind};
use crate::error::{Error, ExitCode};
use crate::migrate::{Migrations, Script};
use crate::source::Origin;
use crate::target::{ServerError, Target, TargetError};

/// After each file, as after a real one: deferred constraints, and the session's own role and settings.
const BETWEEN: [&str; 4] = [
    "set constraints all immediate",
    "reset session authorization",
    "reset role",
    "reset all",
];

/// How a rehearsal ended.
pub(super) enum Rehearsed {
    /// What would be otherwise than before.
    Changes(Vec<Change>),
    /// The server refused a statement: at its place in a file, where it is one of a file's.
    Refused(Box<ServerError>, Option<Origin>),
}

/// Whether something that was there before would be gone or different: what somebody could miss.
pub(super) fn costs(changes: &[Change]) -> bool {
    changes
        .iter()
        .any(|change| change.kind != ChangeKind::Added)
}

/// All setup files, oldest first, and all rollback files, newest first.
pub(super) fn there_and_back(migrations: &Migrations) -> Vec<Arc<Script>> {
    let there = migrations.list().iter().map(|m| Arc::clone(&m.setup));
    there.chain(back(migrations)).collect()
}

/// All rollback files, newest first.
pub(super) fn back(migrations: &Migrations) -> Vec<Arc<Script>> {
    let newest_first = migrations.list().iter().rev();
    newest_first.filter_map(|m| m.rollback.clone()).collect()
}

/// Runs the scripts, compares with `before`, and undoes everything.
///
/// # Errors
/// Those of the target, but for a statement that the server refuses.
pub(super) async fn rehearse(
    target: &mut dyn Target,
    scripts: &[Arc<Script>],
    before: &Catalog,
) -> Result<Rehearsed, Error> {
    let (message, places) = compose(scripts);
    let answer = target.read_json(&message).await;
    // The rollback does not undo these; the session goes on.
    target.run(crate::behaviour::CLEAN, &mut |_| {}).await?;
    let document = match answer {
        Ok(document) => document,
        Err(TargetError::Server(error)) => {
            let place = places.get(error.completed).cloned().flatten();
            return Ok(Rehearsed::Refused(error, place));
        }
        Err(other) => return Err(other.into()),
    };
    let after = Catalog::parse(document).map_err(|error| {
        Error::new(
            ExitCode::Sql,
            format!("the catalog could not be read whole: {error}"),
        )
    })?;
    Ok(Rehearsed::Changes(diff::changes(before, &after)))
}

/// The message, and for each of its statements its place where it is one of a file's.
fn compose(scripts: &[Arc<Script>]) -> (String, Vec<Option<Origin>>) {
    let mut message = String::from("begin isolation level read committed;\n");
    let mut places = vec![None];
    for script in scripts {
        message.push_str(script.source().text().trim_start_matches('\u{feff}'));
        // A line of its own: the file may end in a comment.
        message.push_str("\n;\n");
        places.extend(script.statements().iter().map(|s| Some(s.origin())));
        for statement in BETWEEN {
            message.push_str(&format!("{statement};\n"));
            places.push(None);
        }
    }
    message.push_str(&format!(
        "set local search_path = '';\nset local jit = off;\n{};\nrollback",
        catalog::query(Scope::Everything)
    ));
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
            expectations: None,
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
        assert_eq!(
            names(back(&migrations())),
            "002_b.rollback.sql 001_a.rollback.sql"
        );
    }

    #[test]
    fn every_statement_of_the_message_has_its_place() {
        let (message, places) = compose(&there_and_back(&migrations()));
        let statements = sql::statements(&Source::new("message", message)).unwrap();
        // Two settings, the SELECT and the ROLLBACK follow.
        assert_eq!(statements.len(), places.len() + 4);
        for (statement, place) in statements.iter().zip(&places) {
            if let Some(place) = place {
                assert_eq!(statement.text(), place.text());
            }
        }
        assert_eq!(places.iter().flatten().count(), 6);
    }
}
