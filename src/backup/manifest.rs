//! What was in the database when the dump was made.

use serde::{Deserialize, Serialize};

use crate::words;

/// The version of the manifest's form.
pub const VERSION: u32 = 1;

/// The manifest beside a dump. It holds no secret and no row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this form.
    pub version: u32,
    /// The dump's name, in the same folder.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hex.
    pub sha256: String,
    /// When, in UTC.
    pub created_at: String,
    /// The target, without a secret.
    pub target: String,
    /// The server's version.
    pub server: String,
    /// Its major.
    pub major: u32,
    /// The version of `pg_dump`.
    pub pg_dump: String,
    /// The version of supaproof.
    pub supaproof: String,
    /// What the ledger had of the suites.
    pub suites: Vec<Suite>,
    /// The schemas that are in it with all that they hold.
    pub schemas: Vec<String>,
    /// The platform's schemas that are in it for the rows in their tables.
    pub platform: Vec<String>,
    /// What is not in it, in words.
    pub left_out: Vec<String>,
    /// Roles that are neither the platform's nor Postgres's.
    pub roles: Vec<String>,
    /// Extensions. They are not in the dump: where it is restored, they have to be there.
    pub extensions: Vec<Extension>,
    /// Which tables publications publish, for what is not in the dump.
    pub publications: Vec<Publication>,
    /// What its tables and sequences hold.
    pub contents: Contents,
    /// How the last `backup verify` ended.
    #[serde(default)]
    pub verified: Option<Verified>,
}

/// A suite as the ledger had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    /// Its name.
    pub suite: String,
    /// The versions that were applied.
    pub applied: Vec<String>,
}

/// An extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// The schema that it is in.
    pub schema: String,
}

/// A table in a publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// The publication.
    pub name: String,
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// What `alter publication … add table` says behind the table's name: columns and condition.
    pub rest: String,
}

/// What tables, sequences and large objects hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The tables that are in the dump with their rows.
    pub tables: Vec<Table>,
    /// The sequences.
    pub sequences: Vec<Sequence>,
    /// The large objects, where they are in it.
    pub large_objects: Option<LargeObjects>,
}

/// A table's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// How many rows.
    pub rows: u64,
    /// A sum over the rows' SHA-256, whatever their order.
    pub checksum: String,
}

/// Where a sequence stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its last value.
    pub last_value: i64,
    /// Whether that was handed out already.
    pub is_called: bool,
    /// Whether it counts upward.
    pub ascending: bool,
}

/// The large objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargeObjects {
    /// How many.
    pub count: u64,
    /// As a table's.
    pub checksum: String,
}

/// How `backup verify` ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// When, in UTC.
    pub at: String,
    /// Whether all was as the manifest says.
    pub passed: bool,
}

/// How something came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it was.
    Same,
    /// Otherwise.
    Differs,
    /// Not at all.
    Missing,
}

/// One thing of a backup, compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What.
    pub subject: String,
    /// How it came back.
    pub state: State,
    /// In words.
    pub words: String,
}

/// Compares what a dump brought back with what its manifest says was there.
pub fn compare(expected: &Contents, found: &Contents) -> Vec<Compared> {
    let mut out = Vec::new();
    for table in &expected.tables {
        let same = |other: &&Table| (&other.schema, &other.name) == (&table.schema, &table.name);
        let (state, words) = match found.tables.iter().find(same) {
            None => (State::Missing, "the table did not come back".to_owned()),
            Some(other) if other.rows != table.rows => (
                State::Differs,
                format!("expected {}, found {}", rows(table.rows), rows(other.rows)),
            ),
            Some(other) if other.checksum != table.checksum => (
                State::Differs,
                format!("{}, and other values in them", rows(table.rows)),
            ),
            Some(_) => (State::Same, rows(table.rows)),
        };
        out.push(Compared {
            subject: format!("{}.{}", table.schema, table.name),
            state,
            words,
        });
    }
    for sequence in &expected.sequences {
        let same =
            |other: &&Sequence| (&other.schema, &other.name) == (&sequence.schema, &sequence.name);
        let (state, words) = match found.sequences.iter().find(same) {
            None => (State::Missing, "the sequence did not come back".to_owned()),
            // Numbers are handed out outside of transactions: it may have gone on while the dump was made.
            Some(other) if behind(other, sequence) => (
                State::Differs,
                format!("expected {}, found {}", stands(sequence), stands(other)),
            ),
            Some(other) => (State::Same, stands(other)),
        };
        out.push(Compared {
            subject: format!("sequence {}.{}", sequence.schema, sequence.name),
            state,
            words,
        });
    }
    if let Some(objects) = &expected.large_objects {
        let (state, words) = match &found.large_objects {
            Some(other) if other == objects => (State::Same, objects.count.to_string()),
            other => {
                let count = other.as_ref().map_or(0, |other| other.count);
                let words = match count == objects.count {
                    true => format!("{count}, and other bytes in them"),
                    false => format!("expected {}, found {count}", objects.count),
                };
                (State::Differs, words)
            }
        };
        out.push(Compared {
            subject: "large objects".to_owned(),
            state,
            words,
        });
    }
    out
}

fn rows(count: u64) -> String {
    words::count(count, "row", "rows")
}

fn stands(sequence: &Sequence) -> String {
    match sequence.is_called {
        true => format!("at {}", sequence.last_value),
        false => format!("before {}", sequence.last_value),
    }
}

/// Whether a sequence would hand out numbers again.
fn behind(found: &Sequence, expected: &Sequence) -> bool {
    let at = |sequence: &Sequence| {
        let value = i128::from(sequence.last_value);
        let way = if expected.ascending { value } else { -value };
        (way, sequence.is_called)
    };
    at(found) < at(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(rows: u64, checksum: &str, last_value: i64) -> Contents {
        Contents {
            tables: vec![Table {
                schema: "public".to_owned(),
                name: "t".to_owned(),
                rows,
                checksum: checksum.to_owned(),
            }],
            sequences: vec![Sequence {
                schema: "public".to_owned(),
                name: "s".to_owned(),
                last_value,
                is_called: true,
                ascending: true,
            }],
            large_objects: None,
        }
    }

    #[test]
    fn what_came_back_otherwise_is_named() {
        let expected = contents(2, "5", 7);
        let told = |found: &Contents| -> Vec<(State, String)> {
            let all = compare(&expected, found);
            all.into_iter().map(|c| (c.state, c.words)).collect()
        };
        let same = told(&expected);
        assert!(same.iter().all(|(state, _)| *state == State::Same));
        assert_eq!(
            told(&contents(1, "5", 6)),
            [
                (State::Differs, "expected 2 rows, found 1 row".to_owned()),
                (State::Differs, "expected at 7, found at 6".to_owned())
            ]
        );
        let found = told(&contents(2, "6", 9));
        assert_eq!(found[0].1, "2 rows, and other values in them");
        assert_eq!(found[1].0, State::Same, "it went on meanwhile");
        let none = told(&Contents::default());
        assert!(none.iter().all(|(state, _)| *state == State::Missing));
    }
}
