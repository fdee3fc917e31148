//! What is Supabase's own in a database: pure data.
//!
//! Two things live here: the SQL that gives a plain Postgres what a fresh Supabase project has ([`SCRIPTS`]), and one
//! table of facts by which the catalog tells the platform's objects from a suite's ([`facts`]).

use crate::digest::of_parts;

pub mod facts;

/// The role that `initdb` makes and that runs the scripts: a superuser, as on Supabase.
pub const SUPERUSER: &str = "supabase_admin";

/// The role that a suite runs as: the owner of the project, and not a superuser.
pub const LOGIN: &str = "postgres";

/// The database that the scripts fill.
pub const DATABASE: &str = "postgres";

/// SQL that makes a part of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// The file's name in `sql/platform/`.
    pub name: &'static str,
    /// The file's text. It holds no psql command and no transaction of its own: sent as one message, it is applied
    /// whole or not at all.
    pub sql: &'static str,
}

macro_rules! scripts {
    ($($name:literal),+ $(,)?) => {
        &[$(Script { name: $name, sql: include_str!(concat!("../../sql/platform/", $name)) }),+]
    };
}

/// The scripts, in the order in which they run: by [`SUPERUSER`], in [`DATABASE`] of a cluster that was initialised for
/// nothing else. They make roles, so they run once per cluster; a further database is made from the first as a template,
/// with owner [`LOGIN`].
pub const SCRIPTS: &[Script] = scripts![
    "10_roles.sql",
    "20_schemas.sql",
    "30_extensions.sql",
    "40_auth.sql",
    "50_storage.sql",
    "60_realtime.sql",
    "70_vault.sql",
    "75_graphql.sql",
    "80_default_privileges.sql",
    "90_settings.sql",
    "95_supautils.sql",
];

/// Twelve hexadecimal digits that change when a script's name, text or place changes: what a cluster was made with.
pub fn revision() -> String {
    revision_of(SCRIPTS)
}

fn revision_of(scripts: &[Script]) -> String {
    let parts = scripts.iter().flat_map(|script| [script.name, script.sql]);
    let mut digits = of_parts(parts.map(str::as_bytes));
    digits.truncate(12);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_is_listed_in_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sql/platform");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".sql"))
            .collect();
        files.sort();
        let listed: Vec<&str> = SCRIPTS.iter().map(|script| script.name).collect();
        assert_eq!(listed, files);
    }

    #[test]
    fn the_revision_changes_with_name_text_and_order() {
        let one = Script {
            name: "1.sql",
            sql: "select 1;",
        };
        let two = Script {
            name: "2.sql",
            sql: "select 2;",
        };
        let revisions = [
            revision_of(&[one, two]),
            revision_of(&[two, one]),
            revision_of(&[one]),
            revision_of(&[
                Script {
                    name: "3.sql",
                    ..one
                },
                two,
            ]),
            revision_of(&[
                Script {
                    sql: "select 1; ",
                    ..one
                },
                two,
            ]),
            revision_of(&[
                Script {
                    name: "1.sqls",
                    sql: "elect 1;",
                },
                two,
            ]),
        ];
        for (at, revision) in revisions.iter().enumerate() {
            assert_eq!(revision.len(), 12);
            assert!(!revisions[..at].contains(revision), "{at}: {revision}");
        }
        assert_eq!(revision(), revision());
    }

    #[test]
    fn scripts_are_plain_sql() {
        for script in SCRIPTS {
            for (number, line) in script.sql.lines().enumerate() {
                let word = line.trim_end_matches(';').to_ascii_lowercase();
                let bad = line.starts_with('\\')
                    || ["begin", "commit", "rollback"].contains(&word.as_str())
                        && line.ends_with(';');
                assert!(!bad, "{}:{}: {line}", script.name, number + 1);
            }
        }
    }
}
