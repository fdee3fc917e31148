//! Constraints and indexes.

use super::{Mutation, m, since};

pub(super) const ALL: &[Mutation] = &[
    // Constraints.
    m(
        "alter table app.customers drop constraint price_positive",
        &["-constraint price_positive on app.customers"],
    ),
    m(
        "alter table app.customers drop constraint price_positive; alter table app.customers add constraint price_positive check (price >= 1) no inherit; comment on constraint price_positive on app.customers is 'No gifts'",
        &[
            "constraint price_positive on app.customers: expression",
            "constraint price_positive on app.customers: definition",
        ],
    ),
    m(
        "alter table app.customers drop constraint price_positive; alter table app.customers add constraint price_positive check (price >= 0); comment on constraint price_positive on app.customers is 'No gifts'",
        &[
            "constraint price_positive on app.customers: no_inherit",
            "constraint price_positive on app.customers: definition",
        ],
    ),
    m(
        "alter table app.bookings validate constraint late",
        &[
            "constraint late on app.bookings: validated",
            "constraint late on app.bookings: definition",
        ],
    ),
    m(
        "alter table app.bookings drop constraint late; alter table app.bookings add constraint late unique (note)",
        &[
            "constraint late on app.bookings: kind",
            "constraint late on app.bookings: expression",
            "constraint late on app.bookings: validated",
            "constraint late on app.bookings: definition",
            "+index app.late",
        ],
    ),
    m(
        "alter table app.customers drop constraint customers_sorted_notes_key; alter table app.customers add unique (sorted, notes)",
        &[
            "constraint customers_sorted_notes_key on app.customers: nulls_not_distinct",
            "constraint customers_sorted_notes_key on app.customers: definition",
            "index app.customers_sorted_notes_key: nulls_not_distinct",
        ],
    ),
    m(
        "alter table app.customers drop constraint customers_sorted_notes_key; alter table app.customers add unique nulls not distinct (notes, sorted); alter table app.customers rename constraint customers_notes_sorted_key to customers_sorted_notes_key",
        &[
            "constraint customers_sorted_notes_key on app.customers: columns",
            "constraint customers_sorted_notes_key on app.customers: definition",
            "index app.customers_sorted_notes_key: columns",
        ],
    ),
    m(
        "alter table app.orders drop constraint orders_customer; alter table app.orders add constraint orders_customer foreign key (customer) references app.customers (id) on update cascade on delete set null (customer) deferrable initially deferred",
        &[
            "constraint orders_customer on app.orders: references",
            "constraint orders_customer on app.orders: definition",
            "constraint orders_customer on app.orders_2026: references",
            "constraint orders_customer on app.orders_2026: definition",
            "constraint orders_customer on app.orders_rest: references",
            "constraint orders_customer on app.orders_rest: definition",
        ],
    ),
    m(
        "alter table app.orders alter constraint orders_customer deferrable initially immediate",
        &[
            "constraint orders_customer on app.orders: initially_deferred",
            "constraint orders_customer on app.orders: definition",
            "constraint orders_customer on app.orders_2026: initially_deferred",
            "constraint orders_customer on app.orders_2026: definition",
            "constraint orders_customer on app.orders_rest: initially_deferred",
            "constraint orders_customer on app.orders_rest: definition",
        ],
    ),
    m(
        "alter table app.orders alter constraint orders_customer not deferrable",
        &[
            "constraint orders_customer on app.orders: deferrable",
            "constraint orders_customer on app.orders: initially_deferred",
            "constraint orders_customer on app.orders: definition",
            "constraint orders_customer on app.orders_2026: deferrable",
            "constraint orders_customer on app.orders_2026: initially_deferred",
            "constraint orders_customer on app.orders_2026: definition",
            "constraint orders_customer on app.orders_rest: deferrable",
            "constraint orders_customer on app.orders_rest: initially_deferred",
            "constraint orders_customer on app.orders_rest: definition",
        ],
    ),
    since(
        18,
        "alter table app.orders alter constraint orders_customer not enforced",
        &[
            "constraint orders_customer on app.orders: enforced",
            "constraint orders_customer on app.orders: validated",
            "constraint orders_customer on app.orders: definition",
            "constraint orders_customer on app.orders_2026: enforced",
            "constraint orders_customer on app.orders_2026: validated",
            "constraint orders_customer on app.orders_2026: definition",
            "constraint orders_customer on app.orders_rest: enforced",
            "constraint orders_customer on app.orders_rest: validated",
            "constraint orders_customer on app.orders_rest: definition",
        ],
    ),
    m(
        "alter table app.bookings drop constraint no_overlap; alter table app.bookings add constraint no_overlap exclude using gist (during with -|-) where (room > 0)",
        &[
            "constraint no_overlap on app.bookings: exclusion",
            "constraint no_overlap on app.bookings: definition",
        ],
    ),
    m(
        "comment on constraint price_positive on app.customers is null",
        &["constraint price_positive on app.customers: comment"],
    ),
    // Indexes.
    m(
        "drop index app.customers_search",
        &["-index app.customers_search"],
    ),
    m(
        "drop index app.scratch_note; create unique index scratch_note on app.scratch (note)",
        &["index app.scratch_note: nulls_not_distinct"],
    ),
    m(
        "drop index app.scratch_note; create index scratch_note on app.scratch (note) nulls not distinct",
        &["index app.scratch_note: unique"],
    ),
    m(
        "drop index app.sums_n; create index sums_n on app.sums using hash (n)",
        &["index app.sums_n: method", "index app.sums_n: unique"],
    ),
    m(
        "drop index app.sums_n; create unique index sums_n on app.sums (n desc)",
        &["index app.sums_n: columns"],
    ),
    m(
        "drop index app.sums_n; create unique index sums_n on app.sums (n nulls first)",
        &["index app.sums_n: columns"],
    ),
    m(
        "drop index app.sums_n; create unique index sums_n on app.sums (n) where n > 0",
        &["index app.sums_n: predicate"],
    ),
    m(
        "drop index app.customers_name; create index customers_name on app.customers (name); alter table app.customers cluster on customers_name",
        &["index app.customers_name: columns"],
    ),
    m(
        "drop index app.customers_name; create index customers_name on app.customers (name collate \"C\" varchar_pattern_ops); alter table app.customers cluster on customers_name",
        &["index app.customers_name: columns"],
    ),
    m(
        "drop index app.customers_name; create index customers_name on app.customers (name varchar_pattern_ops) include (id); alter table app.customers cluster on customers_name",
        &["index app.customers_name: include"],
    ),
    m(
        "drop index app.customers_search; create index customers_search on app.customers using gist (to_tsvector('simple', notes) tsvector_ops (siglen = 101))",
        &["index app.customers_search: columns"],
    ),
    m(
        "alter table app.customers set without cluster",
        &["index app.customers_name: clustered"],
    ),
    m(
        "update pg_index set indisvalid = false where indexrelid = 'app.customers_name'::regclass",
        &["index app.customers_name: valid"],
    ),
    m(
        "alter index app.customers_name set (fillfactor = 81)",
        &["index app.customers_name: options"],
    ),
    m(
        "update pg_class set reltablespace = 1664 where oid = 'app.customers_name'::regclass",
        &["index app.customers_name: tablespace"],
    ),
    m(
        "comment on index app.orders_note is 'other'",
        &["index app.orders_note: comment"],
    ),
    m(
        "alter table app.scratch replica identity default; alter table app.scratch drop constraint scratch_pkey; alter table app.scratch add constraint scratch_pkey unique (id)",
        &[
            "table app.scratch: replica_identity",
            "table app.scratch: replica_index",
            "constraint scratch_pkey on app.scratch: kind",
            "constraint scratch_pkey on app.scratch: definition",
            "index app.scratch_pkey: primary",
        ],
    ),
    m(
        "alter table app.scratch add constraint note_is_one check (note <> ''); alter table app.scratch drop constraint note_is_one; create unique index one on app.scratch (note); alter table app.scratch add unique using index one",
        &["+constraint one on app.scratch", "+index app.one"],
    ),
    m(
        "drop index \"Odd \"\".Schema\".\"on\"",
        &["-index Odd \".Schema.on"],
    ),
];
