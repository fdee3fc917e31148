//! The fields of every kind, read from a catalog as it is serialized, and what the rich schema says in them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use supaproof::catalog::{Catalog, Kind, Selection, Visitor};

use super::{SCHEMA, read_after, servers};

/// Kinds by the word that their identities begin with; the longest first.
const KINDS: &[&str] = &[
    "text search configuration",
    "text search dictionary",
    "statistics object",
    "foreign-data wrapper",
    "publication namespace",
    "publication relation",
    "default privileges",
    "materialized view",
    "role membership",
    "composite type",
    "security label",
    "event trigger",
    "foreign table",
    "user mapping",
    "vault secret",
    "publication",
    "constraint",
    "collation",
    "extension",
    "database",
    "cron job",
    "function",
    "operator",
    "sequence",
    "setting",
    "trigger",
    "bucket",
    "column",
    "domain",
    "policy",
    "schema",
    "server",
    "index",
    "range",
    "table",
    "cast",
    "enum",
    "role",
    "rule",
    "view",
];

pub(super) fn kind_of(object: &str) -> &'static str {
    KINDS
        .iter()
        .copied()
        .find(|kind| object.starts_with(kind))
        .unwrap_or_else(|| panic!("{object}"))
}

/// Every kind with every field, as long as the rich schema has an object of it.
pub(super) fn all() -> BTreeSet<(String, String)> {
    struct Fields(BTreeSet<(String, String)>);
    impl Visitor for Fields {
        fn kind<K: Kind>(&mut self, objects: &[K]) {
            for object in objects {
                let kind = object.identity().kind;
                let Value::Object(fields) = serde_json::to_value(object).unwrap() else {
                    panic!("{kind}")
                };
                self.0
                    .extend(fields.keys().map(|field| (kind.to_owned(), field.clone())));
            }
        }
    }
    let server = servers().next().unwrap();
    let mut fields = Fields(BTreeSet::new());
    read_after(&server, "select 1", &Selection::typed()).visit(&mut fields);
    fields.0
}

/// What no statement changes in an object that stays the same object: what it is called, and what it is made of.
pub(super) fn cannot_change(kind: &str, field: &str) -> bool {
    const NAMES: &[&str] = &["name", "schema", "table"];
    const OTHER: &[(&str, &str)] = &[
        // Views and foreign tables have the same type as what they are said to be.
        ("view", "materialized"),
        ("view", "populated"),
        ("view", "access_method"),
        ("view", "tablespace"),
        ("view", "options"),
        ("materialized view", "materialized"),
        ("materialized view", "security_invoker"),
        ("materialized view", "security_barrier"),
        ("materialized view", "check_option"),
        // Part of what it is called.
        ("function", "arguments"),
        ("operator", "left"),
        ("operator", "right"),
        ("cast", "source"),
        ("cast", "target"),
        ("role membership", "member"),
        ("role membership", "role"),
        ("setting", "role"),
        ("setting", "in_database"),
        ("default privileges", "role"),
        ("default privileges", "objects"),
        ("publication relation", "publication"),
        ("publication namespace", "publication"),
        ("user mapping", "server"),
        ("user mapping", "role"),
        ("security label", "provider"),
        ("security label", "type"),
        ("security label", "object"),
        ("bucket", "id"),
        ("cron job", "role"),
        // Another table has to be made for these.
        ("table", "partitioned"),
        ("table", "partition_key"),
        // An index cannot become a constraint's, only be replaced by one.
        ("index", "constraint"),
    ];
    OTHER.contains(&(kind, field))
        || (kind, field) == ("extension", "name")
        || kind != "extension" && kind != "bucket" && NAMES.contains(&field)
}

/// The rich schema's own objects as they are read, without what differs between majors.
fn document(catalog: &Catalog) -> String {
    struct Lines(Vec<String>);
    impl Visitor for Lines {
        fn kind<K: Kind>(&mut self, objects: &[K]) {
            for object in objects.iter().filter(|object| !object.is_platform()) {
                let identity = object.identity();
                // The roles that initdb and the platform made differ in their settings and memberships between majors.
                let cluster =
                    ["role membership", "setting", "default privileges"].contains(&identity.kind);
                if cluster
                    && !identity.name.contains("pp")
                    && !identity.name.contains("in the database")
                {
                    continue;
                }
                if identity.kind == "extension" || identity.name.contains("citext") {
                    continue;
                }
                let mut value = serde_json::to_value(object).unwrap();
                if value["extension"] == json!("citext") || value["kind"] == json!("n") {
                    continue;
                }
                blank(&mut value);
                self.0.push(format!("{identity} {value}"));
            }
        }
    }
    let mut lines = Lines(Vec::new());
    catalog.visit(&mut lines);
    lines.0.join("\n")
}

/// Takes away what is the default of most objects, to keep the document readable.
fn blank(value: &mut Value) {
    let Value::Object(fields) = value else { return };
    fields.retain(|_, v| !matches!(v, Value::Null | Value::Bool(false)) && *v != json!([]));
    for (key, field) in fields {
        if key == "privileges" {
            // MAINTAIN is a privilege since Postgres 17.
            *field = json!(field.to_string().replace("Dxtm", "Dxt"));
        }
        if key == "definition" {
            // Postgres 15 qualifies the columns of a view, later ones only where there are several tables.
            *field = json!(
                field
                    .as_str()
                    .unwrap()
                    .replace("customers.", "")
                    .replace("\"drop table\".", "")
            );
        }
    }
}

#[test]
fn every_property_is_read_and_every_major_says_the_same() {
    for server in servers() {
        let catalog = read_after(&server, "select 1", &Selection::typed());
        insta::assert_snapshot!("rich_schema", document(&catalog));
    }
}

#[test]
fn the_parts_make_the_catalog_that_the_document_is() {
    for server in servers() {
        for selection in [Selection::default(), Selection::typed(), Selection::all()] {
            let sql = supaproof::catalog::statement(&selection);
            let whole = crate::parsed(server.json_as("supabase_admin", "postgres", &sql).unwrap());
            let parts = server.parts_as("supabase_admin", "postgres", &selection);
            let text = |catalog: &Catalog| serde_json::to_string(catalog).unwrap();
            assert!(text(&whole).contains("\"version_num\":1"));
            assert_eq!(text(&parts), text(&whole));
        }
    }
}

#[test]
fn no_secret_is_read() {
    for server in servers() {
        for selection in [Selection::typed(), Selection::all()] {
            let sql = supaproof::catalog::statement(&selection);
            let text = server
                .json_as("supabase_admin", "postgres", &sql)
                .unwrap()
                .to_string();
            assert!(!text.contains("never to be seen"));
            assert!(text.contains("password=<hidden>") && text.contains("host=db.example.com"));
            assert!(
                text.contains("app.settings.jwt_secret=<hidden>")
                    && text.contains("app.settings.region=eu")
            );
            assert!(text.contains("api key"));
        }
    }
    assert!(SCHEMA.contains("never to be seen"));
}

/// Two objects with one identity would be one to whoever compares catalogs.
#[test]
fn identities_are_unique() {
    struct Seen(BTreeSet<String>);
    impl Visitor for Seen {
        fn kind<K: Kind>(&mut self, objects: &[K]) {
            for object in objects {
                let identity = object.identity();
                assert!(self.0.insert(format!("{identity:?}")), "{identity}");
            }
        }
    }
    for server in servers() {
        read_after(&server, "select 1", &Selection::typed()).visit(&mut Seen(BTreeSet::new()));
    }
}
