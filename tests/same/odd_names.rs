//! Names that hurt: every object of such a name is found, and named when it is gone.

use serde_json::{Map, Value, json};
use supaproof::sql::{quote_ident, quote_literal};

use crate::findings::findings;
use crate::support::{Project, Server};

/// A comma is the one character that the key of a foreign key cannot have.
const NAMES: &[&str] = &[
    "plain",
    "UPPER",
    "two words",
    "do.t",
    "quo\"te",
    "apos'trophe",
    "rocket 🚀 ü",
    "select",
    "drop table",
    "a on b",
    "f(x)",
    "); drop schema odd cascade; --",
    "back\\slash",
    "%s $1 {x} #not: yaml",
    "null",
    "true",
    "1",
    "current_user",
    "position",
    "a\ttab",
    " lead",
    "sixty_three_bytes_long_name_that_postgres_keeps_to_the_last_one",
];

/// How a finding about an object of a name begins.
type Says = fn(&str) -> String;

fn setup() -> String {
    let mut sql = "create schema odd;\n".to_owned();
    for (number, name) in NAMES.iter().enumerate() {
        let q = quote_ident(name);
        let (function, index) = (
            q.clone(),
            quote_ident(&format!(
                "{number}{}",
                &name.chars().take(10).collect::<String>()
            )),
        );
        let literal = quote_literal(name);
        sql.push_str(&format!(
            "create type odd.{q} as enum ({literal}, 'é');
             alter type odd.{q} rename to {index};
             create function odd.{function}() returns trigger language plpgsql as 'begin return new; end';
             create table odd.{q} ({q} integer default 1, constraint {q} check ({q} > 0), kind odd.{index} default {literal});
             alter table odd.{q} add column parent integer, add constraint {u} unique ({q}), add foreign key (parent) references odd.{q} ({q});
             create index {i} on odd.{q} ({q} desc) where {q} > 0;
             alter table odd.{q} enable row level security;
             create policy {q} on odd.{q} using ({q} > 0);
             create trigger {q} before update of {q} on odd.{q} for each row when (new.{q} > 0) execute function odd.{function}({literal}, 'é\u{1f680}\\x', '');
             comment on table odd.{q} is {literal};\n",
            u = quote_ident(&format!("{number}u")),
            i = quote_ident(&format!("{number}i")),
        ));
    }
    sql
}

/// The suite as JSON, which is YAML too. Names in keys are quoted as in SQL where they have a dot or quotes.
fn suite() -> Value {
    let (mut tables, mut enums, mut indexes) = (Map::new(), Map::new(), Map::new());
    let (mut policies, mut triggers, mut functions) = (Map::new(), Map::new(), Map::new());
    for (number, name) in NAMES.iter().enumerate() {
        let key = format!("\"{}\"", name.replace('"', "\"\""));
        let kind = format!(
            "\"{}\"",
            format!("{number}{}", name.chars().take(10).collect::<String>()).replace('"', "\"\"")
        );
        let positive = format!("{key} > 0");
        tables.insert(
            key.clone(),
            json!({
                "comment": name, "rls": true,
                "columns": {
                    *name: "integer default 1",
                    "kind": {"type": kind, "default": quote_literal(name)},
                    "parent": "integer",
                },
                "checks": {*name: positive},
                "unique": [[name]],
                "foreign_keys": {"parent": {"table": key, "columns": [name]}},
            }),
        );
        enums.insert(kind, json!([name, "é"]));
        indexes.insert(
            format!("{number}i"),
            json!({"table": key, "columns": [format!("{key} desc")], "where": positive}),
        );
        policies.insert(
            key.clone(),
            json!({*name: {"command": "all", "using": positive}}),
        );
        let function = format!("{key}({}, 'é\u{1f680}\\x', '')", quote_literal(name));
        triggers.insert(key.clone(), json!({*name: {
            "timing": "before", "events": ["update"], "columns": [name], "when": format!("new.{positive}"), "function": function,
        }}));
        functions.insert(format!("{key}()"), json!({"returns": "trigger"}));
    }
    json!({"schema": "odd", "tables": tables, "enums": enums, "indexes": {"items": indexes},
        "policies": {"items": policies}, "triggers": {"items": triggers}, "functions": functions})
}

#[test]
fn objects_of_odd_names_are_found_and_named_when_gone() {
    for server in Server::each() {
        server.sql("postgres", &setup());
        let suite = serde_json::to_string_pretty(&suite()).unwrap();
        let project = Project::new(&[("validations/odd.yaml", &suite)]);
        let report = |database: &str| findings(&project, "odd", &server.target(database));
        let (code, said) = report("postgres");
        assert_eq!((code, said.join("\n")), (0, String::new()));

        // One kind of object gone, of every name.
        let kinds: [(&str, &str, Says); 5] = [
            ("policy", "drop policy {q} on odd.{q}", |n| {
                format!("policy-missing policy \"{n}\" on odd.{n}: ")
            }),
            ("trigger", "drop trigger {q} on odd.{q}", |n| {
                format!("trigger-missing trigger {n} on odd.{n}: ")
            }),
            ("check", "alter table odd.{q} drop constraint {q}", |n| {
                format!("check-missing constraint {n} on odd.{n}: ")
            }),
            ("function", "drop function odd.{q}() cascade", |n| {
                format!("function-missing function odd.{n}(): ")
            }),
            (
                "column",
                "alter table odd.{q} drop column {q} cascade",
                |n| format!("column-missing column odd.{n}.{n}: "),
            ),
        ];
        for (kind, sql, says) in kinds {
            let database = format!("without_{kind}");
            server.copy("postgres", &database);
            let sql: Vec<String> = NAMES
                .iter()
                .map(|n| sql.replace("{q}", &quote_ident(n)))
                .collect();
            server.sql(&database, &sql.join(";\n"));
            let (code, said) = report(&database);
            assert_eq!(code, 1);
            for name in NAMES {
                // Which " on " parts name and table is not known any more where the sentence is written: the schema may
                // stand before another word of the table's name.
                let bare = |text: &str| text.replace("odd.", "");
                assert!(
                    said.iter().any(|f| bare(f).starts_with(&bare(&says(name)))),
                    "{kind}: {} is not in\n{}",
                    says(name),
                    said.join("\n")
                );
            }
        }
    }
}
