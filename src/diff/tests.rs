use super::*;
use serde_json::json;

use crate::catalog::{Policy, Table};

fn catalog(inventory: &[(&str, &str)]) -> Catalog {
    let entry = |(kind, identity): &(&str, &str)| InventoryEntry {
        schema: None,
        r#type: (*kind).to_owned(),
        identity: (*identity).to_owned(),
        owner: None,
        privileges: None,
        comment: None,
        definition: None,
        part_of: (*identity == "public.soundex(text)")
            .then(|| "extension fuzzystrmatch".to_owned()),
    };
    Catalog {
        inventory: inventory.iter().map(entry).collect(),
        ..Catalog::default()
    }
}

fn added(inventory: &[(&str, &str)]) -> Vec<String> {
    let changes = changes(&Catalog::default(), &catalog(inventory));
    changes.iter().map(ToString::to_string).collect()
}

#[test]
fn parts_come_with_their_whole() {
    let parts = [
        ("default value", "for public.t.id"),
        ("column privileges", "public.t.id"),
        ("trigger", "touch on public.t"),
        ("policy", "\"on call\" on public.t"),
        ("role membership", "anon in visitor"),
        ("setting", "role visitor "),
        ("setting", "role visitor in the database"),
    ];
    assert_eq!(
        added(&parts).len(),
        parts.len(),
        "by themselves they are named"
    );
    let wholes = [("table", "public.t"), ("role", "visitor")];
    let all = [&parts[..], &wholes[..]].concat();
    assert_eq!(
        added(&all),
        ["role visitor was added", "table public.t was added"]
    );
    let gone: Vec<String> = changes(&catalog(&all), &Catalog::default())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        gone,
        ["role visitor was removed", "table public.t was removed"]
    );
}

#[test]
fn what_belongs_to_another_table_is_named() {
    let names = added(&[
        ("table", "public.t"),
        ("trigger", "touch on public.tt"),
        ("column privileges", "public.tt.id"),
        ("setting", "role anon in the database"),
    ]);
    assert_eq!(names.len(), 4, "{names:?}");
}

/// Spaces and quotes tell names apart, but for those that only the inventory has.
#[test]
fn names_that_look_alike_stay_two() {
    let names = added(&[
        ("policy", "\"read all\" on public.t"),
        ("policy", "readall on public.t"),
    ]);
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn what_belongs_to_an_extension_comes_with_it() {
    let member = ("function", "public.soundex(text)");
    assert_eq!(
        added(&[member]),
        ["function public.soundex(text) was added"]
    );
    let both = [member, ("extension", "fuzzystrmatch")];
    assert_eq!(added(&both), ["extension fuzzystrmatch was added"]);
}

fn table(schema: &str, name: &str) -> Table {
    let row = json!({"schema": schema, "name": name, "owner": "postgres", "persistence": "permanent",
        "partitioned": false, "inherits": [], "options": [], "replica_identity": "default", "rls": true,
        "rls_forced": false, "privileges": []});
    serde_json::from_value(row).unwrap()
}

fn policy(table: &str, name: &str) -> Policy {
    let row = json!({"schema": "public", "table": table, "name": name, "command": "all", "permissive": true,
        "roles": ["public"]});
    serde_json::from_value(row).unwrap()
}

fn said(before: &Catalog, after: &Catalog) -> Vec<String> {
    let changes = changes(before, after);
    changes.iter().map(ToString::to_string).collect()
}

/// Each of these pairs is read the same once quotes are gone, or once a name is not told from what surrounds it.
#[test]
fn objects_whose_names_read_the_same_are_two() {
    for (one, other) in [
        (table("a.b", "c"), table("a", "b.c")),
        (table("public", "a, b"), table("public", "a,b")),
        (table("public", "a\"b"), table("public", "ab")),
        (table("public", "\"a\""), table("public", "a")),
        (table("public", "pg_catalog.a"), table("public", "a")),
        (table("public", "a "), table("public", "a")),
        (table("public", "A"), table("public", "a")),
    ] {
        let both = Catalog {
            tables: [one.clone(), other.clone()].into_iter().collect(),
            ..Catalog::default()
        };
        for lost in [one, other] {
            let mut less = both.clone();
            let left = both.tables.rows().iter().filter(|table| **table != lost);
            less.tables = left.cloned().collect();
            let found = said(&both, &less);
            assert_eq!(found, [format!("{} was removed", lost.identity())]);
        }
    }
    let both = Catalog {
        policies: [policy("c", "a\" on b"), policy("b on c", "a")]
            .into_iter()
            .collect(),
        ..Catalog::default()
    };
    assert_eq!(said(&both, &Catalog::default()).len(), 2);
    assert_eq!(said(&Catalog::default(), &both).len(), 2);
}

/// The server quotes a name where SQL needs it; a typed object knows the bare one.
#[test]
fn both_accounts_of_an_object_are_one() {
    for (typed, written) in [
        (table("public", "order"), "public.\"order\""),
        (table("a.b", "c"), "\"a.b\".c"),
        (table("public", "say \"x\""), "public.\"say \"\"x\"\"\""),
        (table("public", "é"), "public.\"é\""),
    ] {
        let mut both = catalog(&[("table", written)]);
        both.tables = [typed].into_iter().collect();
        assert_eq!(said(&Catalog::default(), &both).len(), 1, "{written}");
    }
    let mut both = catalog(&[("policy", "\"a on b\" on public.\"c on d\"")]);
    both.policies = [policy("c on d", "a on b")].into_iter().collect();
    assert_eq!(said(&Catalog::default(), &both).len(), 1);
    both.tables = [table("public", "c on d")].into_iter().collect();
    let found = said(&Catalog::default(), &both);
    assert_eq!(found, ["table public.c on d was added"]);
}

#[test]
fn parts_of_odd_tables_come_with_them() {
    let parts = [
        ("column privileges", "\"a.b\".\"c.d\".\"e.f\""),
        ("default value", "for \"a.b\".\"c.d\".\"e.f\""),
        ("rule", "\"x on y\" on \"a.b\".\"c.d\""),
        ("role membership", "\"a in b\" in \"c in d\""),
    ];
    assert_eq!(added(&parts).len(), parts.len());
    let wholes = [("table", "\"a.b\".\"c.d\""), ("role", "\"c in d\"")];
    let all = [&parts[..], &wholes[..]].concat();
    assert_eq!(added(&all).len(), 2, "{:?}", added(&all));
}
