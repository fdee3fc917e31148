//! Suites made from a catalog, and what they find in another.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use supaproof::catalog::{self, Catalog, Identity, Kind, Registered, Selection};
use supaproof::checks::{Child, Expectation, Facts, Object, Outcome};
use supaproof::source::Source;

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

/// Tries every mutation: `code` says which finding a change has to lead to, `None` that it is not for these kinds.
pub(super) fn judge(
    parts: impl Fn(&Catalog) -> Vec<Part>,
    code: impl Fn(&str, &Mutation) -> Option<String>,
) -> usize {
    let server = Server::start();
    let made = server.sql_as("supabase_admin", "postgres", SCHEMA);
    made.unwrap();
    let major = server.major();
    let whole = read(&server, "select 1", &Selection::typed());
    let expected = expectations(parts(&whole));
    // What they need is all that they get.
    let needs = expected.iter().map(Expectation::needs);
    let needs = needs.fold(Selection::default(), Selection::with);
    let nothing = BTreeSet::new();
    let unchanged = findings(&expected, &read(&server, "select 1", &needs));
    assert_eq!(unchanged, nothing, "on what they were made from");

    let of = |mutation: &Mutation| -> BTreeSet<String> {
        let since_18 = mutation.since_18.iter().filter(|_| major >= 18);
        let changes = mutation.changes.iter().chain(since_18);
        changes
            .filter_map(|change| code(change, mutation))
            .collect()
    };
    let all = mutations::all().filter(|m| m.from <= major);
    let tried: Vec<_> = all
        .map(|m| (m, of(m)))
        .filter(|(_, wanted)| !wanted.is_empty())
        .collect();
    let (mut left, mut wrong) = (tried.iter(), Vec::new());
    let scripts = tried
        .iter()
        .map(|(mutation, _)| changing(mutation.sql, &needs));
    server.json_each("supabase_admin", "postgres", scripts, |answer| {
        let (mutation, wanted) = left.next().unwrap();
        let catalog = Catalog::parse(answer.unwrap()).unwrap();
        let found = findings(&expected, &catalog);
        if found != *wanted {
            wrong.push(format!(
                "{}\n  found    {found:?}\n  expected {wanted:?}",
                mutation.sql
            ));
        }
    });
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    tried.len()
}
