//! What grants cost grows as their number does: what every line asks is made once of a catalog.

use serde_json::{Value, json};

use crate::catalog::{Catalog, walked};
use crate::checks::{Facts, Outcome};
use crate::meaning::canon::Canon;
use crate::source::Source;

/// Tables of five columns each, which some roles may read.
fn catalog(tables: usize) -> Catalog {
    let mut document = serde_json::to_value(Catalog::default()).unwrap();
    for kind in [
        "views",
        "foreign_tables",
        "sequences",
        "functions",
        "enums",
        "domains",
        "composite_types",
        "ranges",
    ] {
        document[kind] = json!([]);
    }
    let name = |at: usize| format!("t{at:05}");
    document["schemas"] = json!([{"name": "app", "owner": "postgres", "privileges": [], "extension": null, "comment": null}]);
    document["databases"] = json!([{"owner": "postgres", "encoding": "UTF8", "collate": "C", "ctype": "C",
        "locale_provider": "libc", "connection_limit": -1, "privileges": [], "comment": null}]);
    let role = |at: usize| {
        json!({"name": format!("role_{at}"), "superuser": false, "inherit": true, "create_role": false,
            "create_db": false, "login": false, "replication": false, "bypass_rls": false, "connection_limit": -1,
            "valid_until": null, "settings": [], "comment": null})
    };
    document["roles"] = (0..40).map(role).collect();
    let member = |at: usize| {
        json!({"role": format!("role_{}", at + 1), "member": format!("role_{at}"), "admin": false, "inherit": true,
            "set": true, "grantors": []})
    };
    document["memberships"] = (0..39).map(member).collect();
    let table = |at: usize| {
        json!({"schema": "app", "name": name(at), "owner": "postgres", "persistence": "permanent",
            "access_method": null, "tablespace": null, "partitioned": false, "partition_key": null,
            "partition_bound": null, "partition_of": null, "inherits": [], "of_type": null, "options": [],
            "replica_identity": "default", "replica_index": null, "rls": false, "rls_forced": false,
            "privileges": ["role_39=ar/postgres"], "extension": null, "comment": null})
    };
    document["tables"] = (0..tables).map(table).collect();
    let column = |at: usize| {
        json!({"schema": "app", "table": name(at / 5), "name": format!("c{}", at % 5), "position": at % 5 + 1,
            "type": "text", "not_null": false, "default": null, "identity": null, "generated": null,
            "generated_kind": null, "collation": null, "storage": "extended", "compression": null,
            "statistics": null, "options": [], "foreign_options": [], "inherited": false, "local": true, "privileges": [], "comment": null})
    };
    document["columns"] = (0..tables * 5).map(column).collect();
    Catalog::parse(document).unwrap()
}

/// How many objects of the catalog are gone through to examine a line for each table, and that there is nothing else.
fn walked_for(tables: usize) -> usize {
    let items: serde_json::Map<String, Value> = (0..tables)
        .map(|at| (format!("t{at:05}"), json!(["insert", "select"])))
        .collect();
    let yaml =
        json!({"schema": "app", "grants": {"others": "refused", "items": {"role_0": items}}});
    let source = Source::new("s.yaml", yaml.to_string());
    let expected = crate::expect::parse(&source, "s").unwrap().checks;
    assert_eq!(expected.len(), tables + 1);
    let catalog = catalog(tables);
    let facts = Facts {
        catalog: &catalog,
        canon: &Canon::default(),
        target: "embedded",
    };
    walked::take();
    for expectation in &expected {
        let (outcome, _) = expectation.examine(&facts);
        assert_eq!(outcome, Outcome::Pass(Vec::new()), "{expectation:?}");
    }
    walked::take()
}

#[test]
fn the_cost_of_grants_is_linear() {
    let (some, many) = (walked_for(250), walked_for(2000));
    assert!(some > 250, "{some}");
    // Eight times as many tables; were each looked for among all, it would be 64 times as much.
    assert!(
        many <= some * 8,
        "250 tables took {some} looks, 2000 took {many}"
    );
}
