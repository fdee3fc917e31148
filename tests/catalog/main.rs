//! The catalog on real servers: every property is read, a change of any is seen as that change and no other, effective
//! privileges are the server's, and a role that may read little is told so.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::print_stdout, reason = "on which majors it ran")]

mod mutations;
mod privileges;
mod properties;
mod roles;
#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;
use supaproof::catalog::{self, Catalog, Selection};
use supaproof::diff::{self, ChangeKind};
use supaproof::target::TargetError;
use support::Server;

const SCHEMA: &str = include_str!("schema.sql");

/// The servers to try, with the rich schema.
fn servers() -> impl Iterator<Item = Server> {
    Server::each().inspect(|server| {
        server
            .sql_as("supabase_admin", "postgres", SCHEMA)
            .unwrap_or_else(|error| panic!("on {}: {error}", server.major()));
    })
}

/// What a change leaves, which is undone at once.
fn changing(change: &str, selection: &Selection) -> String {
    format!(
        "rollback;\nbegin;\n{change};\n{};\n{};\nrollback",
        catalog::SETTINGS,
        catalog::query(selection)
    )
}

fn read_after(server: &Server, change: &str, selection: &Selection) -> Catalog {
    let answer = server.json_as("supabase_admin", "postgres", &changing(change, selection));
    parsed(answer.unwrap_or_else(|error| panic!("{error}\n{change}")))
}

fn parsed(document: Value) -> Catalog {
    Catalog::parse(document).unwrap()
}

/// A document, and each of its rows as text.
struct Rows(Value, BTreeMap<String, HashSet<String>>);

impl Rows {
    fn of(document: Value) -> Self {
        let Value::Object(kinds) = &document else {
            panic!("no document")
        };
        let rows = kinds.iter().filter_map(|(kind, rows)| {
            let rows = rows.as_array()?.iter();
            Some((kind.clone(), rows.map(Value::to_string).collect()))
        });
        let rows = rows.collect();
        Self(document, rows)
    }

    /// Without the rows that another document has too: comparing what is left takes a tenth of the time.
    fn without(&self, other: &Self) -> Catalog {
        let mut document = serde_json::Map::new();
        for (kind, value) in self.0.as_object().unwrap() {
            let left = match (self.1.get(kind), other.1.get(kind)) {
                (Some(ours), Some(theirs)) => ours
                    .difference(theirs)
                    .map(|row| serde_json::from_str::<Value>(row).unwrap())
                    .collect(),
                _ => value.clone(),
            };
            document.insert(kind.clone(), left);
        }
        parsed(Value::Object(document))
    }
}

/// Differences in words: `+view app.v`, `-view app.v`, `column app.t.c: type`.
fn differences(before: &Catalog, after: &Catalog) -> Vec<String> {
    let mut out = Vec::new();
    for change in diff::changes(before, after) {
        match change.kind {
            ChangeKind::Added => out.push(format!("+{}", change.object)),
            ChangeKind::Removed => out.push(format!("-{}", change.object)),
            ChangeKind::Altered(properties) => {
                out.extend(
                    properties
                        .iter()
                        .map(|(name, ..)| format!("{}: {name}", change.object)),
                );
            }
        }
    }
    out.sort();
    out
}

/// What is wrong with what was seen of a change.
fn judge(
    mutation: &mutations::Mutation,
    before: &Rows,
    answer: Result<Value, TargetError>,
    major: u32,
) -> Option<String> {
    let after = match answer {
        Ok(after) => Rows::of(after),
        Err(error) => return Some(format!("on {major}: {error}: {}", mutation.sql)),
    };
    let found = differences(&before.without(&after), &after.without(before));
    let since_18 = mutation.since_18.iter().filter(|_| major >= 18);
    let mut expected: Vec<String> = mutation
        .changes
        .iter()
        .chain(since_18)
        .map(ToString::to_string)
        .collect();
    expected.sort();
    (found != expected).then(|| {
        format!(
            "on {major}: {}\n  found    {found:?}\n  expected {expected:?}",
            mutation.sql
        )
    })
}

#[test]
fn a_change_is_seen_as_that_change_and_no_other() {
    let (mut wrong, mut majors) = (Vec::new(), Vec::new());
    for server in servers() {
        let major = server.major();
        let mutations: Vec<_> = mutations::all().filter(|m| m.from <= major).collect();
        let changes = std::iter::once("select 1").chain(mutations.iter().map(|m| m.sql));
        let scripts = changes.map(|change| changing(change, &Selection::typed()));
        let (mut unchanged, mut left) = (None, mutations.iter());
        server.json_each("supabase_admin", "postgres", scripts, |answer| {
            let Some(before) = &unchanged else {
                unchanged = Some(Rows::of(answer.unwrap()));
                return;
            };
            let mutation = left.next().unwrap();
            wrong.extend(judge(mutation, before, answer, major));
        });
        majors.push(major);
    }
    let number = mutations::all().count();
    assert!(
        wrong.is_empty(),
        "{} of {number}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    println!("{number} mutations on Postgres {majors:?}");
}

/// A kind without a mutation is one whose loss nobody would notice.
#[test]
fn every_field_of_every_kind_is_changed_by_some_mutation() {
    let fields = properties::all();
    let changed: BTreeSet<(String, String)> = mutations::all()
        .flat_map(|m| m.changes.iter().chain(m.since_18))
        .filter_map(|change| {
            let (object, property) = change.rsplit_once(": ")?;
            Some((properties::kind_of(object).to_owned(), property.to_owned()))
        })
        .collect();
    let missing: Vec<String> = fields
        .into_iter()
        .filter(|(kind, field)| !changed.contains(&(kind.clone(), field.clone())))
        .filter(|(kind, field)| !properties::cannot_change(kind, field))
        .map(|(kind, field)| format!("{kind}: {field}"))
        .collect();
    assert!(missing.is_empty(), "no mutation changes {missing:#?}");
}
