//! Mistakes that people make: an editor underlines each, and the program refuses it.

use super::{parsed, validator, value};

const MISTAKES: &[(&str, &str)] = &[
    ("an unknown key of the file", "tabels: {}"),
    ("a key in upper case", "Tables: {}"),
    ("a list where sections go", "[tables]"),
    ("only a word", "tables"),
    ("a title that is a list", "title: [Shop]"),
    ("a title that is a mapping", "title: {is: Shop}"),
    ("tables in a list", "tables: [orders]"),
    ("a word for tables", "tables: orders"),
    (
        "an unknown key of a table",
        "tables: {orders: {colums: {}}}",
    ),
    (
        "a key of a table in upper case",
        "tables: {orders: {Columns: {}}}",
    ),
    (
        "row-level security, perhaps",
        "tables: {orders: {rls: perhaps}}",
    ),
    ("yes for true", "tables: {orders: {rls: yes}}"),
    ("columns in a list", "tables: {orders: {columns: [id]}}"),
    ("a number for a table", "tables: {orders: 5}"),
    (
        "an unknown key of a column",
        "tables: {orders: {columns: {id: {typ: int}}}}",
    ),
    (
        "a primary key that is no list",
        "tables: {orders: {primary_key: id}}",
    ),
    (
        "unique columns that are one list",
        "tables: {orders: {unique: [id]}}",
    ),
    ("an unknown severity", "tables: {orders: {severity: mild}}"),
    (
        "an unknown condition",
        "tables: {orders: {only_if: {postgre: 17}}}",
    ),
    (
        "absent, and yet with columns",
        "tables: {orders: {absent: true, columns: {id: int}}}",
    ),
    (
        "an unknown option of a section",
        "tables: {others: refused, item: {}}",
    ),
    (
        "an unknown word for others",
        "tables: {others: forbidden, items: {}}",
    ),
    ("a count in words", "tables: {count: many, items: {}}"),
    ("a negative count", "tables: {count: -1, items: {}}"),
    ("an unknown bound", "tables: {count: {least: 3}, items: {}}"),
    (
        "an unknown command",
        "policies: {items: {orders: {Read: {command: slect}}}}",
    ),
    (
        "an unknown timing",
        "triggers: {items: {orders: {t: {timing: during, events: [update], function: f}}}}",
    ),
    (
        "an unknown event",
        "triggers: {items: {orders: {t: {timing: before, events: [change], function: f}}}}",
    ),
    (
        "an unknown key of a function",
        "functions: {f(): {return: int}}",
    ),
    ("steps in a mapping", "smoke: {name: Works, run: select 1}"),
    ("a step without a statement", "smoke: [{name: Works}]"),
    (
        "a negative number of rows",
        "smoke: [{name: Works, run: select 1, rows: -1}]",
    ),
    (
        "an unknown key of a step",
        "smoke: [{name: Works, runs: select 1}]",
    ),
    ("steps among the preconditions", "requires: {smoke: []}"),
    ("an empty path", "include: ''"),
    ("a mapping of paths", "include: {file: tables.yaml}"),
    ("a profile that is a word", "profiles: {staging: OWNER}"),
    (
        "a profile with a list in it",
        "profiles: {staging: {OWNER: [app]}}",
    ),
];

/// What would be read, and expect nothing.
const SLIPS: &[(&str, &str)] = &[
    (
        "a target that there is none of",
        "tables: {orders: {only_if: {target: embeded}}}",
    ),
    (
        "a version that there is none of",
        "tables: {orders: {only_if: {postgres: 170}}}",
    ),
    ("a key left empty", "tables: {orders: {rls: , owner: x}}"),
    ("an option left empty", "tables: {title: , items: {t: {}}}"),
    ("help left empty", "tables: {orders: {help: }}"),
    (
        "an option among names",
        "tables: {orders: {}, others: refused}",
    ),
    (
        "a query called as an option",
        "views: {v: select 1, title: All views}",
    ),
    (
        "names beside options",
        "tables: {others: refused, orders: {}}",
    ),
    ("a title and nothing else", "tables: {title: x}"),
    ("no names below items", "tables: {help: x, items: {}}"),
    ("nothing below items", "tables: {items: }"),
    ("a schema and nothing else", "tables: {schema: present}"),
    ("the schema of a role", "roles: {r: {schema: app}}"),
    (
        "the schema of roles",
        "roles: {schema: app, items: {r: login}}",
    ),
    (
        "the schema of the database",
        "database: {schema: app, encoding: UTF8}",
    ),
    (
        "a number of grants",
        "grants: {count: 3, items: {anon: {t: none}}}",
    ),
    ("privileges left empty", "grants: {anon: {t: }}"),
    (
        "privileges that are present",
        "grants: {anon: {t: present}}",
    ),
    (
        "other properties of grants",
        "grants: {other_properties: refused, items: {anon: {t: none}}}",
    ),
    (
        "other properties of views",
        "views: {other_properties: refused, items: {v: present}}",
    ),
    (
        "other properties of absent views",
        "views: {other_properties: refused, items: {v: absent}}",
    ),
    (
        "other properties of rules",
        "rules: {other_properties: refused, items: {t: {r: absent}}}",
    ),
    ("at least nothing", "enums: {e: {labels: {at_least: []}}}"),
    ("an absent database", "database: absent"),
    ("a database that is not there", "database: {absent: true}"),
    (
        "more than can be counted",
        "tables: {count: 99999999999999999999}",
    ),
    (
        "an end left empty",
        "tables: {count: {at_least: , at_most: 3}}",
    ),
];

/// What a schema made of types alone would underline.
const NO_MISTAKES: &[&str] = &[
    "tables: {orders: {}, items: {}}",
    "tables: {items: {}, orders: {}}",
    "tables: {items: {columns: {id: integer}}, orders: {rls: true}}",
    "tables: {orders: {rls: true}, items: {columns: {id: integer}}}",
    "enums: {title: [mr], orders: [a]}",
    "tables: {orders: absent, count: absent}",
    "tables: {orders: {absent: 'true'}}",
    "tables: {orders: {absent: 'false', rls: true}}",
    "tables: {count: 15.0}",
    "tables: {t: {columns: {id: present, name: {}, kind: , size: {not_null: true}, '*_at': timestamptz}}}",
    "policies: {orders: {Read: {using: 'true'}, Write: present, Other: }}",
    "indexes: {orders_id: {columns: [id]}, other: present, third: {table: t}}",
    "triggers: {orders: {g: {function: f}, h: present, i: {timing: before}}}",
    "tables: {orders: {only_if: {target: [embedded, postgres, management, data_api], postgres: 15..17}}}",
    "extensions: {schema: extensions, items: {citext: present}}",
    "database: present",
    "database: {encoding: UTF8, absent: false}",
];

#[test]
fn a_mistake_is_underlined() {
    let validator = validator();
    let mut wrong = Vec::new();
    for (title, yaml) in MISTAKES.iter().chain(SLIPS) {
        if validator.is_valid(&value(yaml)) {
            wrong.push(format!("the schema takes {title}: {yaml}"));
        }
        if parsed(yaml).is_ok() {
            wrong.push(format!("the program takes {title}: {yaml}"));
        }
    }
    for yaml in NO_MISTAKES {
        if !validator.is_valid(&value(yaml)) {
            wrong.push(format!("the schema refuses {yaml}"));
        }
        if let Err(error) = parsed(yaml) {
            wrong.push(format!("the program refuses {yaml}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
