//! Names and patterns of what lies within other objects, and expectations that say of one only that it is there.

use supaproof::catalog::{Catalog, Selection};
use supaproof::source::Source;

use super::suite::{SCHEMA, findings, read};
use super::support::Server;

/// Suites in the schema `app`, and all that they find.
const CASES: &[(&str, &[&str])] = &[
    // Columns.
    (
        "tables: {customers: {columns: {'name*': absent}}}",
        &[
            "column-unexpected column app.customers.name",
            "column-unexpected column app.customers.name_upper",
        ],
    ),
    (
        "tables: {customers: {columns: {'/^i/': absent, 'zz*': absent}}}",
        &["column-unexpected column app.customers.id"],
    ),
    (
        "tables: {customers: {columns: {'zz*': present, '\"name*\"': present}}}",
        &[
            "column-missing column app.customers.zz*",
            "column-missing column app.customers.name*",
        ],
    ),
    (
        "tables: {customers: {columns: {'n*': {type: text}}}}",
        &[
            "column-default column app.customers.name",
            "column-generated column app.customers.name_upper",
            "column-nullability column app.customers.name",
            "column-type column app.customers.name",
        ],
    ),
    (
        "tables: {customers: {columns: {'[!i]*': present, '*': present}, other_columns: refused}}",
        &["column-missing column app.customers.[!i]*"],
    ),
    (
        "tables: {bookings: {columns: {'r*': present, during: present}, other_columns: refused, in_order: true}}",
        &["column-unexpected column app.bookings.note"],
    ),
    (
        "views: {cheap: {columns: {'n*': absent, '/x/': absent, '*d': present}}}",
        &["view-columns column app.cheap.name"],
    ),
    (
        "materialized_views: {sums: {columns: {'?': absent}}}",
        &["materialized-view-columns column app.sums.n"],
    ),
    // Constraints.
    (
        "tables: {customers: {checks: {'price*': absent, 'zz*': absent}}}",
        &["constraint-unexpected constraint price_positive on app.customers"],
    ),
    (
        "tables: {customers: {constraints: {'customers_*': absent}}}",
        &[
            "constraint-unexpected constraint customers_pkey on app.customers",
            "constraint-unexpected constraint customers_sorted_notes_key on app.customers",
        ],
    ),
    // Policies, triggers, rules: the object, the table, both.
    (
        "policies: {others: allowed, items: {customers: {'wri*': absent}}}",
        &["policy-unexpected policy \"write\" on app.customers"],
    ),
    (
        "policies: {others: allowed, items: {'cust*': {write: absent}}}",
        &["policy-unexpected policy \"write\" on app.customers"],
    ),
    (
        "policies: {others: allowed, items: {'/./': {'*': absent}}}",
        &[
            "policy-unexpected policy \"read all\" on app.customers",
            "policy-unexpected policy \"write\" on app.customers",
        ],
    ),
    (
        "policies: {others: allowed, items: {'zz*': {'*': absent}, '*': {'zz*': absent}}}",
        &[],
    ),
    (
        "policies: {'cust*': {'wri*': present}}",
        &["policy-unexpected policy \"read all\" on app.customers"],
    ),
    ("policies: {'cust*': {'*': present}, 'book*': {}}", &[]),
    (
        "triggers: {'zz*': {p: present}, orders: {'zz*': present}}",
        &[
            "trigger-missing trigger p on zz*",
            "trigger-missing trigger zz* on app.orders",
        ],
    ),
    (
        "policies: {others: allowed, items: {'*s': {write: {command: update}}}}",
        &[
            "policy-missing policy \"write\" on app.bookings",
            "policy-missing policy \"write\" on app.orders",
            "policy-without-rls table app.bookings",
            "policy-without-rls table app.orders",
        ],
    ),
    (
        "triggers: {'*': {'t*': absent}, orders: {'e*': absent}}",
        &[
            "trigger-unexpected trigger touch on app.customers",
            "trigger-unexpected trigger every on app.orders",
        ],
    ),
    (
        "triggers: {others: refused, items: {'customers': {'*': present}, 'order*': {every: present}}}",
        &["trigger-unexpected trigger later on app.bookings"],
    ),
    (
        "rules: {'book*': {quiet: absent}, cheap: {'*': absent}}",
        &["rule-unexpected rule quiet on app.bookings"],
    ),
    // Settings and options.
    (
        "settings: {role app_member: {'STATEMENT*': absent, 'zz*': absent}}",
        &["setting-value setting role app_member"],
    ),
    (
        "foreign_servers: {app_server: {options: {'ho*': absent}}}",
        &["foreign-server-options server app_server"],
    ),
    // That it is there, and nothing more.
    (
        "tables: {customers: {columns: {id: present, name: {}, price: ~, nobody: present}}}",
        &["column-missing column app.customers.nobody"],
    ),
    (
        "tables: {customers: {columns: {id: {not_null: true}, name: {not_null: false}, price: {default: 1}, \
         name_upper: {generated: upper(name)}, sorted: {collation: C}, notes: {identity: always}}}}",
        &[
            "column-default column app.customers.price",
            "column-identity column app.customers.notes",
            "column-nullability column app.customers.name",
            "column-nullability column app.customers.notes",
        ],
    ),
    (
        "tables: {bookings: {columns: {note: present}, other_properties: refused}, \
         customers: {columns: {name: {other_properties: refused}}}}",
        &["unreadable"],
    ),
    (
        "policies: {customers: {\"read all\": present, write: {restrictive: true}, other: {}}}",
        &[
            "policy-mode policy \"write\" on app.customers",
            "policy-missing policy \"other\" on app.customers",
        ],
    ),
    (
        "policies: {customers: {\"read all\": {using: price > 2}, write: {roles: [anon]}}}",
        &[
            "policy-using policy \"read all\" on app.customers",
            "policy-roles policy \"write\" on app.customers",
        ],
    ),
    (
        "triggers: {customers: {touch: present, changed: {function: touch()}, no: present}, bookings: {later: {timing: before}}}",
        &[
            "trigger-timing trigger later on app.bookings",
            "trigger-missing trigger no on app.customers",
        ],
    ),
    (
        "triggers: {customers: {touch: {events: [insert, update]}, changed: {level: row}}, bookings: {later: {deferrable: false}}}",
        &[
            "trigger-level trigger changed on app.customers",
            "trigger-deferral trigger later on app.bookings",
        ],
    ),
    (
        "triggers: {customers: {touch: {columns: [name]}}, bookings: {later: {constraint: false}}}",
        &[
            "trigger-events trigger touch on app.customers",
            "trigger-constraint trigger later on app.bookings",
        ],
    ),
    (
        "indexes: {orders_note: present, customers_name: {table: customers}, scratch_note: {unique: false}, none: {}}",
        &[
            "index-unique index app.scratch_note",
            "index-missing index app.none",
        ],
    ),
    (
        "indexes: {orders_note: {columns: [note]}, sums_n: {table: customers}, customers_name: {where: a = 1}, scratch_note: {other_properties: refused}}",
        &[
            "index-columns index app.orders_note",
            "index-table index app.sums_n",
            "index-predicate index app.customers_name",
            "index-nulls index app.scratch_note",
            "index-unique index app.scratch_note",
        ],
    ),
];

#[test]
fn names_within_an_object_may_be_patterns_and_say_only_that_it_is_there() {
    let server = Server::start();
    server.sql_as("supabase_admin", "postgres", SCHEMA).unwrap();
    let catalog: Catalog = read(&server, "select 1", &Selection::typed());
    let mut wrong = Vec::new();
    for (yaml, expected) in CASES {
        let text = format!("schema: app\n{yaml}");
        let source = Source::new("names.yaml", text.as_str());
        let mut found: Vec<String> = match supaproof::expect::parse(&source, "names") {
            Ok(read) => findings(&read.checks, &catalog).into_iter().collect(),
            Err(_) => vec!["unreadable".to_owned()],
        };
        let mut expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        expected.sort();
        found.sort();
        if found != expected {
            let lines = |all: &[String]| all.join("\n    ");
            let (found, expected) = (lines(&found), lines(&expected));
            wrong.push(format!(
                "{yaml}\n  found\n    {found}\n  expected\n    {expected}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
