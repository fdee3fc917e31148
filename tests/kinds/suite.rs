//! Suites made from a catalog, and what they find in another.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use supaproof::catalog::{self, Catalog, Identity, Kind, Registered, Selection};
use supaproof::checks::{Child, Expectation, Facts, Object, Outcome};
use supaproof::meaning::canon::Canon;
use supaproof::source::Source;

use super::caught::Row;
use super::mutations::{self, Mutation};
use super::support::Server;

pub(super) const SCHEMA: &str = include_str!("../catalog/schema.sql");

/// A section of a suite: its key, and what it expects.
pub(super) type Part = (&'static str, Value);

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The key of an object with a plain name.
pub(super) fn plain(identity: &Identity) -> String {
    match identity.schema.as_str() {
        "" => quoted(&identity.name),
        schema => format!("{}.{}", quoted(schema), quoted(&identity.name)),
    }
}

/// The key of one whose name has types in it.
pub(super) fn typed(identity: &Identity) -> String {
    match identity.schema.as_str() {
        "" => identity.name.clone(),
        schema => format!("{}.{}", quoted(schema), identity.name),
    }
}

fn ours<K: Kind + Registered + 'static>(catalog: &Catalog) -> impl Iterator<Item = &K> {
    let rows = K::of(catalog).known().unwrap().iter();
    rows.filter(|found| !found.is_platform() && found.extension().is_none())
}

/// Everything of a kind, and that there is nothing else in the schema `app`.
pub(super) fn objects<E: Object>(
    key: &'static str,
    catalog: &Catalog,
    named: fn(&Identity) -> String,
) -> Part {
    let items: Map<String, Value> = ours::<E::Found>(catalog)
        .filter(|found| E::is_one(found))
        .map(|found| {
            (
                named(&found.identity()),
                E::written(found, catalog).unwrap(),
            )
        })
        .collect();
    assert!(!items.is_empty(), "the rich schema has no {key}");
    (key, json!({"others": "refused", "items": items}))
}

/// The same of objects that belong to a table.
pub(super) fn children<E: Child>(key: &'static str, catalog: &Catalog) -> Part {
    let mut tables = Map::new();
    for found in ours::<E::Found>(catalog) {
        let [schema, table, name] = E::place(found);
        let table = format!("{}.{}", quoted(schema), quoted(table));
        let items = tables.entry(table).or_insert_with(|| json!({}));
        items[name] = E::written(found, catalog).unwrap();
    }
    assert!(!tables.is_empty(), "the rich schema has no {key}");
    (key, json!({"others": "refused", "items": tables}))
}

fn expectations(parts: Vec<Part>) -> Vec<Expectation> {
    let mut document = Map::from_iter([("schema".to_owned(), json!("app"))]);
    document.extend(parts.into_iter().map(|(key, part)| (key.to_owned(), part)));
    let text = serde_json::to_string_pretty(&document).unwrap();
    let source = Source::new("written.yaml", text.as_str());
    let read = supaproof::expect::parse(&source, "written");
    read.unwrap_or_else(|error| panic!("{}\n{text}", supaproof::report::render_error(&error)))
        .checks
}

/// Code, object and property of every finding; what is neither pass nor failure is one, too.
pub(super) fn findings(expected: &[Expectation], catalog: &Catalog) -> BTreeSet<String> {
    let facts = Facts {
        catalog,
        canon: &Canon::default(),
        target: "embedded",
    };
    let mut out = BTreeSet::new();
    for expectation in expected {
        let (outcome, compared) = expectation.examine(&facts);
        match outcome {
            Outcome::Pass(findings) | Outcome::Fail(findings) => {
                assert!(compared > 0, "{expectation:?}");
                out.extend(findings.iter().map(|f| format!("{} {}", f.code, f.subject)));
            }
            // What belongs to a table that is not there is for the table to say.
            Outcome::Skip { reason, .. } if reason.ends_with("is not there") => {}
            other => {
                out.insert(format!("{other:?} {}", expectation.subject));
            }
        }
    }
    out
}

fn changing(change: &str, selection: &Selection) -> String {
    format!(
        "rollback;\nbegin;\n{change};\n{};\n{};\nrollback",
        catalog::SETTINGS,
        catalog::query(selection)
    )
}

/// The catalog after a change, which is undone at once.
pub(super) fn read(server: &Server, change: &str, selection: &Selection) -> Catalog {
    let answer = server.json_as("supabase_admin", "postgres", &changing(change, selection));
    Catalog::parse(answer.unwrap()).unwrap()
}

/// Another change, and all findings that it has to lead to.
pub(super) type More = (&'static str, &'static [&'static str]);

/// Tries every mutation: `code` says which finding a change has to lead to, `None` that it is not for these kinds.
pub(super) fn judge(
    parts: impl Fn(&Catalog) -> Vec<Part>,
    code: impl Fn(&str, &Mutation) -> Option<String>,
) -> usize {
    try_all(parts, |major| {
        let mutations = mutations::all().filter(|m| m.from <= major).map(|m| {
            let since_18 = m.since_18.iter().filter(|_| major >= 18);
            let changes = m.changes.iter().chain(since_18);
            (
                m.sql,
                changes.filter_map(|change| code(change, m)).collect(),
            )
        });
        mutations
            .filter(|(_, wanted): &(_, BTreeSet<String>)| !wanted.is_empty())
            .collect()
    })
}

/// What [`judge`] tries on every major, as rows of a page.
pub(super) fn rows(code: impl Fn(&str, &Mutation) -> Option<String>) -> Vec<Row> {
    rows_together(|m| {
        m.changes
            .iter()
            .filter_map(|change| code(change, m))
            .collect()
    })
}

/// The same of [`judge_together`].
pub(super) fn rows_together(wanted: impl Fn(&Mutation) -> BTreeSet<String>) -> Vec<Row> {
    mutations::all()
        .filter(|m| m.from <= 15)
        .map(|m| (m.sql.to_owned(), wanted(m).into_iter().collect()))
        .filter(|(_, wanted): &Row| !wanted.is_empty())
        .collect()
}

/// Tries every mutation: `wanted` says which findings its changes, taken together, have to lead to.
pub(super) fn judge_together(
    parts: impl Fn(&Catalog) -> Vec<Part>,
    wanted: impl Fn(&[&str]) -> BTreeSet<String>,
) -> usize {
    try_all(parts, |major| {
        let mutations = mutations::all().filter(|m| m.from <= major).map(|m| {
            let since_18 = m.since_18.iter().filter(|_| major >= 18);
            let changes: Vec<&str> = m.changes.iter().chain(since_18).copied().collect();
            (m.sql, wanted(&changes))
        });
        mutations.collect()
    })
}

/// Tries other changes.
pub(super) fn judge_more(parts: impl Fn(&Catalog) -> Vec<Part>, more: &[More]) {
    try_all(parts, |_| {
        let more = more.iter().map(|(sql, findings)| {
            let findings = findings.iter().map(ToString::to_string);
            (*sql, findings.collect())
        });
        more.collect()
    });
}

/// Tries changes on every major, each with all findings that it has to lead to, and counts those that lead to any: on
/// the major that has the fewest.
fn try_all(
    parts: impl Fn(&Catalog) -> Vec<Part>,
    cases: impl Fn(u32) -> Vec<(&'static str, BTreeSet<String>)>,
) -> usize {
    let numbers = Server::each().map(|server| {
        let made = server.sql_as("supabase_admin", "postgres", SCHEMA);
        made.unwrap();
        try_on(&server, &parts, &cases(server.major()))
    });
    numbers.min().unwrap()
}

fn try_on(
    server: &Server,
    parts: impl Fn(&Catalog) -> Vec<Part>,
    cases: &[(&'static str, BTreeSet<String>)],
) -> usize {
    let changes = std::iter::once("select 1").chain(cases.iter().map(|(sql, _)| *sql));
    // Once there are expectations, what they say that they need has to be enough.
    let selection = RefCell::new(Selection::typed());
    let scripts = changes.map(|change| changing(change, &selection.borrow()));
    let (mut expected, mut left, mut wrong, mut number) = (None, cases.iter(), Vec::new(), 0);
    server.json_each("supabase_admin", "postgres", scripts, |answer| {
        let Some(expected) = &expected else {
            let catalog = Catalog::parse(answer.unwrap()).unwrap();
            let made = expectations(parts(&catalog));
            assert_eq!(
                findings(&made, &catalog),
                BTreeSet::new(),
                "on what they were made from"
            );
            expected = Some(made);
            return;
        };
        let (sql, wanted) = left.next().unwrap();
        let catalog = match answer {
            Ok(document) => Catalog::parse(document).unwrap(),
            Err(error) => return wrong.push(format!("{sql}\n  {error}")),
        };
        let found = findings(expected, &catalog);
        number += usize::from(!wanted.is_empty());
        if found != *wanted {
            wrong.push(format!(
                "{sql}\n  found    {found:?}\n  expected {wanted:?}"
            ));
        }
    });
    assert!(
        wrong.is_empty(),
        "{} on Postgres {}:\n{}",
        wrong.len(),
        server.major(),
        wrong.join("\n")
    );
    number
}
