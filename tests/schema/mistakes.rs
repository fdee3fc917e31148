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
        "a column without a type",
        "tables: {orders: {columns: {id: {not_null: true}}}}",
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
        "a policy without a command",
        "policies: {items: {orders: {Read: {using: 'true'}}}}",
    ),
    (
        "an unknown command",
        "policies: {items: {orders: {Read: {command: slect}}}}",
    ),
    (
        "an index without a table",
        "indexes: {items: {orders_id: {columns: [id]}}}",
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

#[test]
fn a_mistake_is_underlined() {
    let validator = validator();
    let mut wrong = Vec::new();
    for (title, yaml) in MISTAKES {
        if validator.is_valid(&value(yaml)) {
            wrong.push(format!("the schema takes {title}: {yaml}"));
        }
        if parsed(yaml).is_ok() {
            wrong.push(format!("the program takes {title}: {yaml}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
