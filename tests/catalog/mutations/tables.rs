//! Schemas, tables, columns.

use super::{Mutation, m, not_null, since};

pub(super) const ALL: &[Mutation] = &[
    m(
        "alter schema app owner to postgres",
        &["schema app: owner", "schema app: privileges"],
    ),
    m(
        "grant create on schema app to anon",
        &["schema app: privileges"],
    ),
    m("comment on schema app is 'other'", &["schema app: comment"]),
    m(
        "alter extension citext add schema \"Odd \"\".Schema\"",
        &["schema Odd \".Schema: extension"],
    ),
    m("create schema another", &["+schema another"]),
    // Tables.
    m("create table app.other ()", &["+table app.other"]),
    m("drop table app.of_place", &["-table app.of_place"]),
    m(
        "alter table app.parent owner to postgres",
        &["table app.parent: owner", "table app.parent: privileges"],
    ),
    m(
        "alter table app.parent set unlogged",
        &["table app.parent: persistence"],
    ),
    m(
        "alter table app.scratch set logged",
        &["table app.scratch: persistence"],
    ),
    m(
        "create access method heap2 type table handler heap_tableam_handler; drop table app.of_place; create table app.of_place of app.place using heap2",
        &["table app.of_place: access_method"],
    ),
    m(
        "update pg_class set reltablespace = 1664 where oid = 'app.of_place'::regclass",
        &["table app.of_place: tablespace"],
    ),
    m(
        "alter table app.orders detach partition app.orders_2026; alter table app.orders attach partition app.orders_2026 for values from ('2026-01-01') to ('2026-07-01')",
        &["table app.orders_2026: partition_bound"],
    ),
    not_null(
        "alter table app.orders detach partition app.orders_rest",
        &[
            "table app.orders_rest: partition_of",
            "table app.orders_rest: partition_bound",
            "column app.orders_rest.id: inherited",
            "column app.orders_rest.placed: inherited",
            "column app.orders_rest.customer: inherited",
            "column app.orders_rest.room: inherited",
            "column app.orders_rest.during: inherited",
            "column app.orders_rest.note: inherited",
            "constraint orders_rest_pkey on app.orders_rest: inherited",
            "constraint orders_customer on app.orders_rest: inherited",
            "index app.orders_rest_pkey: inherited",
            "index app.orders_rest_lower_room_customer_idx: inherited",
            "-trigger every on app.orders_rest",
        ],
        &[
            "constraint orders_id_not_null on app.orders_rest: inherited",
            "constraint orders_placed_not_null on app.orders_rest: inherited",
        ],
    ),
    m(
        "alter table app.child no inherit app.parent",
        &[
            "table app.child: inherits",
            "column app.child.code: inherited",
        ],
    ),
    m(
        "alter table app.of_place not of",
        &["table app.of_place: of_type"],
    ),
    m(
        "alter table app.customers set (fillfactor = 80)",
        &["table app.customers: options"],
    ),
    m(
        "alter table app.customers reset (toast.autovacuum_enabled)",
        &["table app.customers: options"],
    ),
    m(
        "alter table app.customers replica identity nothing",
        &["table app.customers: replica_identity"],
    ),
    m(
        "alter table app.customers replica identity default",
        &["table app.customers: replica_identity"],
    ),
    m(
        "alter table app.scratch replica identity default",
        &[
            "table app.scratch: replica_identity",
            "table app.scratch: replica_index",
        ],
    ),
    m(
        "alter table app.customers disable row level security",
        &["table app.customers: rls"],
    ),
    m(
        "alter table app.customers no force row level security",
        &["table app.customers: rls_forced"],
    ),
    m(
        "revoke insert on app.customers from \"App Reader\"",
        &["table app.customers: privileges"],
    ),
    m(
        "grant select on app.customers to public",
        &["table app.customers: privileges"],
    ),
    m(
        "grant select on app.customers to \"App Reader\" with grant option",
        &["table app.customers: privileges"],
    ),
    m(
        "alter extension citext add table app.parent",
        &["table app.parent: extension"],
    ),
    m(
        "comment on table app.customers is null",
        &["table app.customers: comment"],
    ),
    // Columns.
    m(
        "alter table app.parent add added integer",
        &["+column app.parent.added", "+column app.child.added"],
    ),
    m(
        "alter table app.customers drop sorted",
        &[
            "-column app.customers.sorted",
            "column app.customers.notes: position",
            "column app.customers.mood: position",
            "column app.customers.price: position",
            "column app.customers.after_hole: position",
            "-constraint customers_sorted_notes_key on app.customers",
            "-index app.customers_sorted_notes_key",
        ],
    ),
    m(
        "alter table app.bookings rename note to remark",
        &[
            "-column app.bookings.note",
            "+column app.bookings.remark",
            "constraint late on app.bookings: columns",
            "constraint late on app.bookings: expression",
            "constraint late on app.bookings: definition",
        ],
    ),
    m(
        "alter table app.customers alter after_hole type timestamptz",
        &["column app.customers.after_hole: type"],
    ),
    m(
        "alter table app.scratch alter note type varchar(10)",
        &["column app.scratch.note: type"],
    ),
    not_null(
        "alter table app.customers alter mood set not null",
        &["column app.customers.mood: not_null"],
        &["+constraint customers_mood_not_null on app.customers"],
    ),
    not_null(
        "alter table app.customers alter name drop not null",
        &["column app.customers.name: not_null"],
        &["-constraint customers_name_not_null on app.customers"],
    ),
    m(
        "alter table app.customers alter name set default 'somebody'",
        &["column app.customers.name: default"],
    ),
    m(
        "alter table app.customers alter mood drop default",
        &["column app.customers.mood: default"],
    ),
    m(
        "alter table app.customers alter id set generated by default",
        &["column app.customers.id: identity"],
    ),
    m(
        "alter table app.customers alter name_upper drop expression",
        &[
            "column app.customers.name_upper: generated",
            "column app.customers.name_upper: generated_kind",
        ],
    ),
    since(
        17,
        "alter table app.customers alter name_upper set expression as (lower(name))",
        &["column app.customers.name_upper: generated"],
    ),
    m(
        "alter table app.bookings alter note type text collate \"C\"; alter table app.bookings drop constraint late; alter table app.bookings add constraint late check (note <> '') not valid",
        &["column app.bookings.note: collation"],
    ),
    m(
        "alter table app.customers alter notes set storage main",
        &["column app.customers.notes: storage"],
    ),
    m(
        "alter table app.customers alter notes set compression default",
        &["column app.customers.notes: compression"],
    ),
    m(
        "alter table app.customers alter notes set statistics 78",
        &["column app.customers.notes: statistics"],
    ),
    m(
        "alter table app.customers alter notes set (n_distinct = 6)",
        &["column app.customers.notes: options"],
    ),
    m(
        "alter foreign table app.far alter id options (set column_name 'id')",
        &["column app.far.id: foreign_options"],
    ),
    m(
        "revoke update (name) on app.customers from \"App Reader\"",
        &["column app.customers.name: privileges"],
    ),
    m(
        "grant select (id) on app.cheap to anon",
        &["column app.cheap.id: privileges"],
    ),
    m(
        "comment on column app.customers.name is 'other'",
        &["column app.customers.name: comment"],
    ),
];
