//! Changes to the rich schema, each with all that it changes: one or more for every property.

/// A change, and the differences that it makes: `+object`, `-object`, `object: property`.
pub(crate) struct Mutation {
    pub(crate) sql: &'static str,
    pub(crate) changes: &'static [&'static str],
    /// What else it changes since Postgres 18, which names not-null constraints.
    pub(crate) since_18: &'static [&'static str],
    /// The first major that knows the syntax.
    pub(crate) from: u32,
}

const fn m(sql: &'static str, changes: &'static [&'static str]) -> Mutation {
    Mutation {
        sql,
        changes,
        since_18: &[],
        from: 15,
    }
}

const fn not_null(
    sql: &'static str,
    changes: &'static [&'static str],
    since_18: &'static [&'static str],
) -> Mutation {
    Mutation {
        sql,
        changes,
        since_18,
        from: 15,
    }
}

const fn since(from: u32, sql: &'static str, changes: &'static [&'static str]) -> Mutation {
    Mutation {
        sql,
        changes,
        since_18: &[],
        from,
    }
}

pub(crate) fn all() -> impl Iterator<Item = &'static Mutation> {
    RELATIONS.iter().chain(RULES).chain(CODE).chain(CLUSTER)
}

/// Schemas, tables, columns, constraints, indexes, views, sequences.
const RELATIONS: &[Mutation] = &[
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
    m(
        "drop table app.of_place",
        &[
            "-table app.of_place",
            "-column app.of_place.street",
            "-column app.of_place.zip",
        ],
    ),
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
        "alter table app.orders alter note type varchar(10)",
        &[
            "column app.orders.note: type",
            "column app.orders_2026.note: type",
            "column app.orders_rest.note: type",
            "index app.orders_note: columns",
            "index app.orders_note: definition",
            "index app.orders_2026_lower_room_customer_idx: columns",
            "index app.orders_2026_lower_room_customer_idx: definition",
            "index app.orders_rest_lower_room_customer_idx: columns",
            "index app.orders_rest_lower_room_customer_idx: definition",
        ],
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
            "index app.customers_sorted_notes_key: definition",
        ],
    ),
    m(
        "alter table app.customers drop constraint customers_sorted_notes_key; alter table app.customers add unique nulls not distinct (notes, sorted); alter table app.customers rename constraint customers_notes_sorted_key to customers_sorted_notes_key",
        &[
            "constraint customers_sorted_notes_key on app.customers: columns",
            "constraint customers_sorted_notes_key on app.customers: definition",
            "index app.customers_sorted_notes_key: columns",
            "index app.customers_sorted_notes_key: definition",
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
        &[
            "index app.scratch_note: nulls_not_distinct",
            "index app.scratch_note: definition",
        ],
    ),
    m(
        "drop index app.scratch_note; create index scratch_note on app.scratch (note) nulls not distinct",
        &[
            "index app.scratch_note: unique",
            "index app.scratch_note: definition",
        ],
    ),
    m(
        "drop index app.sums_n; create index sums_n on app.sums using hash (n)",
        &[
            "index app.sums_n: method",
            "index app.sums_n: unique",
            "index app.sums_n: definition",
        ],
    ),
    m(
        "drop index app.sums_n; create unique index sums_n on app.sums (n desc)",
        &["index app.sums_n: columns", "index app.sums_n: definition"],
    ),
    m(
        "drop index app.sums_n; create unique index sums_n on app.sums (n nulls first)",
        &["index app.sums_n: columns", "index app.sums_n: definition"],
    ),
    m(
        "drop index app.sums_n; create unique index sums_n on app.sums (n) where n > 0",
        &[
            "index app.sums_n: predicate",
            "index app.sums_n: definition",
        ],
    ),
    m(
        "drop index app.customers_name; create index customers_name on app.customers (name); alter table app.customers cluster on customers_name",
        &[
            "index app.customers_name: columns",
            "index app.customers_name: definition",
        ],
    ),
    m(
        "drop index app.customers_name; create index customers_name on app.customers (name collate \"C\" varchar_pattern_ops); alter table app.customers cluster on customers_name",
        &[
            "index app.customers_name: columns",
            "index app.customers_name: definition",
        ],
    ),
    m(
        "drop index app.customers_name; create index customers_name on app.customers (name varchar_pattern_ops) include (id); alter table app.customers cluster on customers_name",
        &[
            "index app.customers_name: include",
            "index app.customers_name: definition",
        ],
    ),
    m(
        "drop index app.customers_search; create index customers_search on app.customers using gist (to_tsvector('simple', notes) tsvector_ops (siglen = 101))",
        &[
            "index app.customers_search: columns",
            "index app.customers_search: definition",
        ],
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
        &[
            "index app.customers_name: options",
            "index app.customers_name: definition",
        ],
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
    // Views.
    m(
        "drop view app.cheap",
        &[
            "-view app.cheap",
            "-column app.cheap.id",
            "-column app.cheap.name",
            "-column app.cheap.price",
        ],
    ),
    m(
        "create or replace view app.cheap with (security_invoker = on, security_barrier = true) as select id, name, price from app.customers where price < 11 with local check option",
        &["view app.cheap: definition"],
    ),
    m(
        "alter view app.cheap reset (security_invoker)",
        &["view app.cheap: security_invoker"],
    ),
    m(
        "alter view app.cheap set (security_barrier = off)",
        &["view app.cheap: security_barrier"],
    ),
    m(
        "alter view app.cheap set (check_option = cascaded)",
        &["view app.cheap: check_option"],
    ),
    m(
        "alter view app.cheap reset (check_option)",
        &["view app.cheap: check_option"],
    ),
    m(
        "alter view app.cheap owner to postgres",
        &[
            "view app.cheap: owner",
            "view app.cheap: privileges",
            "column app.cheap.name: privileges",
        ],
    ),
    m(
        "revoke all on app.cheap from supabase_admin",
        &["view app.cheap: privileges"],
    ),
    m(
        "alter extension citext add view app.cheap",
        &["view app.cheap: extension"],
    ),
    m(
        "comment on view app.cheap is 'other'",
        &["view app.cheap: comment"],
    ),
    m(
        "refresh materialized view app.later",
        &["materialized view app.later: populated"],
    ),
    m(
        "alter materialized view app.sums set (fillfactor = 71)",
        &["materialized view app.sums: options"],
    ),
    m(
        "create access method heap2 type table handler heap_tableam_handler; drop materialized view app.later; create materialized view app.later using heap2 as select 1 as one with no data",
        &["materialized view app.later: access_method"],
    ),
    m(
        "update pg_class set reltablespace = 1664 where oid = 'app.later'::regclass",
        &["materialized view app.later: tablespace"],
    ),
    m(
        "alter materialized view app.later owner to postgres",
        &[
            "materialized view app.later: owner",
            "materialized view app.later: privileges",
        ],
    ),
    m(
        "grant select on app.later to anon",
        &["materialized view app.later: privileges"],
    ),
    m(
        "drop materialized view app.later; create materialized view app.later as select 2 as one with no data",
        &["materialized view app.later: definition"],
    ),
    m(
        "drop materialized view app.later; create view app.later as select 1 as one",
        &["-materialized view app.later", "+view app.later"],
    ),
    m(
        "comment on materialized view app.later is 'other'",
        &["materialized view app.later: comment"],
    ),
    m(
        "alter extension citext add materialized view app.later",
        &["materialized view app.later: extension"],
    ),
    // Sequences.
    m(
        "alter sequence app.numbers as bigint",
        &["sequence app.numbers: type"],
    ),
    m(
        "alter sequence app.numbers start 4",
        &["sequence app.numbers: start"],
    ),
    m(
        "alter sequence app.numbers minvalue -101",
        &["sequence app.numbers: min"],
    ),
    m(
        "alter sequence app.numbers maxvalue 51",
        &["sequence app.numbers: max"],
    ),
    m(
        "alter sequence app.numbers increment -3",
        &["sequence app.numbers: increment"],
    ),
    m(
        "alter sequence app.numbers cache 5",
        &["sequence app.numbers: cache"],
    ),
    m(
        "alter sequence app.numbers no cycle",
        &["sequence app.numbers: cycle"],
    ),
    m(
        "alter sequence app.numbers owned by none",
        &["sequence app.numbers: owned_by"],
    ),
    m(
        "alter sequence app.numbers owned by none; alter sequence app.numbers owner to postgres",
        &[
            "sequence app.numbers: owned_by",
            "sequence app.numbers: owner",
            "sequence app.numbers: privileges",
        ],
    ),
    m(
        "alter sequence app.numbers set unlogged",
        &["sequence app.numbers: persistence"],
    ),
    m(
        "revoke usage on sequence app.numbers from \"App Reader\"",
        &["sequence app.numbers: privileges"],
    ),
    m(
        "alter extension citext add sequence app.numbers",
        &["sequence app.numbers: extension"],
    ),
    m(
        "comment on sequence app.numbers is 'other'",
        &["sequence app.numbers: comment"],
    ),
    m(
        "alter table app.customers alter id drop identity",
        &[
            "column app.customers.id: identity",
            "-sequence app.customers_id_seq",
        ],
    ),
    m(
        "update pg_depend set deptype = 'a' where objid = 'app.customers_id_seq'::regclass and deptype = 'i'",
        &["sequence app.customers_id_seq: identity"],
    ),
    m("create sequence app.other", &["+sequence app.other"]),
    m("select nextval('app.numbers')", &[]),
];

/// Policies, triggers, rules, event triggers.
const RULES: &[Mutation] = &[
    m(
        "drop policy write on app.customers",
        &["-policy \"write\" on app.customers"],
    ),
    m(
        "drop policy write on app.customers; create policy write on app.customers for all using (true) with check (price < 100); comment on policy write on app.customers is 'Cheap only'",
        &["policy \"write\" on app.customers: command"],
    ),
    m(
        "drop policy write on app.customers; create policy write on app.customers as restrictive for update using (true) with check (price < 100); comment on policy write on app.customers is 'Cheap only'",
        &["policy \"write\" on app.customers: permissive"],
    ),
    m(
        "alter policy write on app.customers to anon",
        &["policy \"write\" on app.customers: roles"],
    ),
    m(
        "alter policy write on app.customers using (false)",
        &["policy \"write\" on app.customers: using"],
    ),
    m(
        "alter policy write on app.customers with check (price < 101)",
        &["policy \"write\" on app.customers: check"],
    ),
    m(
        "comment on policy write on app.customers is 'other'",
        &["policy \"write\" on app.customers: comment"],
    ),
    m(
        "alter policy \"p \"\" on x\" on \"Odd \"\".Schema\".\"drop table\" using (\"a.b\" > 2)",
        &["policy \"p \" on x\" on Odd \".Schema.drop table: using"],
    ),
    // Triggers.
    m(
        "drop trigger touch on app.customers",
        &["-trigger touch on app.customers"],
    ),
    m(
        "create or replace trigger touch after insert or update of name, notes on app.customers for each row when (new.name <> '') execute function app.touch('a', 'b c')",
        &["trigger touch on app.customers: timing"],
    ),
    m(
        "create or replace trigger touch before insert or delete or update of name, notes on app.customers for each row execute function app.touch('a', 'b c')",
        &[
            "trigger touch on app.customers: events",
            "trigger touch on app.customers: when",
        ],
    ),
    m(
        "create or replace trigger touch before insert or update of name on app.customers for each row when (new.name <> '') execute function app.touch('a', 'b c')",
        &["trigger touch on app.customers: columns"],
    ),
    m(
        "create or replace trigger touch before insert or update of name, notes on app.customers for each row when (new.name <> 'x') execute function app.touch('a', 'b c')",
        &["trigger touch on app.customers: when"],
    ),
    m(
        "create or replace trigger touch before insert or update of name, notes on app.customers for each row when (new.name <> '') execute function app.touch('a', 'b', 'c')",
        &["trigger touch on app.customers: arguments"],
    ),
    m(
        "create function public.other() returns trigger language plpgsql as 'begin return new; end'; create or replace trigger touch before insert or update of name, notes on app.customers for each row when (new.name <> '') execute function public.other('a', 'b c')",
        &[
            "+function public.other()",
            "trigger touch on app.customers: function_schema",
            "trigger touch on app.customers: function_name",
        ],
    ),
    m(
        "drop trigger changed on app.customers; create trigger changed after update on app.customers for each row execute function app.touch()",
        &[
            "trigger changed on app.customers: level",
            "trigger changed on app.customers: old_table",
            "trigger changed on app.customers: new_table",
        ],
    ),
    m(
        "drop trigger changed on app.customers; create trigger changed after update on app.customers referencing old table as went new table as come for each statement execute function app.touch()",
        &["trigger changed on app.customers: old_table"],
    ),
    m(
        "drop trigger changed on app.customers; create trigger changed after update on app.customers referencing old table as gone new table as comes for each statement execute function app.touch()",
        &["trigger changed on app.customers: new_table"],
    ),
    m(
        "alter table app.customers disable trigger touch",
        &["trigger touch on app.customers: enabled"],
    ),
    m(
        "alter table app.customers enable replica trigger touch",
        &["trigger touch on app.customers: enabled"],
    ),
    m(
        "drop trigger later on app.bookings; create trigger later after insert on app.bookings for each row execute function app.touch(); alter table app.bookings enable always trigger later",
        &[
            "trigger later on app.bookings: constraint",
            "trigger later on app.bookings: deferrable",
            "trigger later on app.bookings: initially_deferred",
        ],
    ),
    m(
        "drop trigger later on app.bookings; create constraint trigger later after insert on app.bookings deferrable for each row execute function app.touch(); alter table app.bookings enable always trigger later",
        &["trigger later on app.bookings: initially_deferred"],
    ),
    m(
        "drop trigger every on app.orders; create trigger every after delete on app.orders_2026 for each row execute function app.touch()",
        &[
            "-trigger every on app.orders",
            "-trigger every on app.orders_rest",
            "trigger every on app.orders_2026: inherited",
        ],
    ),
    m(
        "comment on trigger touch on app.customers is 'other'",
        &["trigger touch on app.customers: comment"],
    ),
    // Rules.
    m(
        "drop rule quiet on app.bookings",
        &["-rule quiet on app.bookings"],
    ),
    m(
        "create or replace rule quiet as on update to app.bookings where old.room = 0 do instead nothing",
        &[
            "rule quiet on app.bookings: event",
            "rule quiet on app.bookings: definition",
        ],
    ),
    m(
        "create or replace rule quiet as on delete to app.bookings where old.room = 0 do also nothing",
        &[
            "rule quiet on app.bookings: instead",
            "rule quiet on app.bookings: definition",
        ],
    ),
    m(
        "create or replace rule quiet as on delete to app.bookings where old.room = 1 do instead nothing",
        &["rule quiet on app.bookings: definition"],
    ),
    m(
        "alter table app.bookings disable rule quiet",
        &["rule quiet on app.bookings: enabled"],
    ),
    m(
        "comment on rule quiet on app.bookings is 'other'",
        &["rule quiet on app.bookings: comment"],
    ),
    // Event triggers.
    m(
        "drop event trigger app_watch",
        &["-event trigger app_watch"],
    ),
    m(
        "drop event trigger app_watch; create event trigger app_watch on ddl_command_start when tag in ('CREATE VIEW', 'CREATE INDEX') execute function app.watch(); comment on event trigger app_watch is 'Watches'",
        &["event trigger app_watch: event"],
    ),
    m(
        "drop event trigger app_watch; create event trigger app_watch on ddl_command_end when tag in ('CREATE VIEW') execute function app.watch(); comment on event trigger app_watch is 'Watches'",
        &["event trigger app_watch: tags"],
    ),
    m(
        "create function public.other() returns event_trigger language plpgsql as 'begin end'; drop event trigger app_watch; create event trigger app_watch on ddl_command_end when tag in ('CREATE VIEW', 'CREATE INDEX') execute function public.other(); comment on event trigger app_watch is 'Watches'",
        &[
            "+function public.other()",
            "event trigger app_watch: function_schema",
            "event trigger app_watch: function_name",
        ],
    ),
    m(
        "alter event trigger app_watch disable",
        &["event trigger app_watch: enabled"],
    ),
    m(
        "create role super superuser; alter event trigger app_watch owner to super",
        &["+role super", "event trigger app_watch: owner"],
    ),
    m(
        "alter extension citext add event trigger app_watch",
        &["event trigger app_watch: extension"],
    ),
    m(
        "comment on event trigger app_watch is 'other'",
        &["event trigger app_watch: comment"],
    ),
];

/// Types, functions, operators, casts, collations, text search, extensions.
const CODE: &[Mutation] = &[
    m(
        "alter type app.mood add value 'great'",
        &["enum app.mood: labels"],
    ),
    m(
        "alter type app.mood add value 'great' before 'ok'",
        &["enum app.mood: labels"],
    ),
    m(
        "alter type app.mood rename value 'ok' to 'fine'",
        &[
            "enum app.mood: labels",
            "column app.customers.mood: default",
        ],
    ),
    m(
        "alter type app.mood owner to postgres",
        &["enum app.mood: owner", "enum app.mood: privileges"],
    ),
    m(
        "revoke usage on type app.mood from public",
        &["enum app.mood: privileges"],
    ),
    m(
        "alter extension citext add type app.mood",
        &["enum app.mood: extension"],
    ),
    m(
        "comment on type app.mood is 'other'",
        &["enum app.mood: comment"],
    ),
    m(
        "alter domain app.email set default 'c@d'",
        &["domain app.email: default"],
    ),
    m(
        "alter domain app.email drop not null",
        &["domain app.email: not_null"],
    ),
    m(
        "alter domain app.email drop constraint short",
        &["domain app.email: checks"],
    ),
    m(
        "alter domain app.email add check (value <> 'x') not valid",
        &["domain app.email: checks"],
    ),
    m(
        "alter table app.customers drop email; drop domain app.email; create domain app.email as varchar(201) collate \"C\" default 'a@b' not null constraint has_at check (value like '%@%') constraint short check (length(value) < 100); comment on domain app.email is 'An address'; alter table app.customers add email app.email",
        &[
            "domain app.email: type",
            "column app.customers.email: position",
            "column app.customers.name: position",
            "column app.customers.name_upper: position",
            "column app.customers.sorted: position",
            "column app.customers.notes: position",
            "column app.customers.mood: position",
            "column app.customers.price: position",
            "column app.customers.after_hole: position",
        ],
    ),
    m(
        "update pg_type set typcollation = 100 where oid = 'app.email'::regtype",
        &[
            "domain app.email: collation",
            "column app.customers.email: collation",
        ],
    ),
    m(
        "alter domain app.email owner to postgres",
        &["domain app.email: owner", "domain app.email: privileges"],
    ),
    m(
        "revoke usage on domain app.email from public",
        &["domain app.email: privileges"],
    ),
    m(
        "alter extension citext add domain app.email",
        &["domain app.email: extension"],
    ),
    m(
        "comment on domain app.email is 'other'",
        &["domain app.email: comment"],
    ),
    m(
        "alter type app.place add attribute floor integer cascade",
        &[
            "composite type app.place: attributes",
            "+column app.of_place.floor",
        ],
    ),
    m(
        "comment on column app.place.zip is 'other'",
        &["composite type app.place: attributes"],
    ),
    m(
        "alter type app.place owner to postgres",
        &[
            "composite type app.place: owner",
            "composite type app.place: privileges",
        ],
    ),
    m(
        "revoke usage on type app.place from public",
        &["composite type app.place: privileges"],
    ),
    m(
        "alter extension citext add type app.place",
        &["composite type app.place: extension"],
    ),
    m(
        "comment on type app.place is 'other'",
        &["composite type app.place: comment"],
    ),
    m(
        "drop type app.span; create type app.span as range (subtype = double precision, multirange_type_name = app.spans); comment on type app.span is 'A span'",
        &["range app.span: subtype_diff"],
    ),
    m(
        "alter type app.spans rename to many_spans",
        &["range app.span: multirange"],
    ),
    m(
        "drop type app.span; create type app.span as range (subtype = numeric, multirange_type_name = app.spans); comment on type app.span is 'A span'",
        &["range app.span: subtype", "range app.span: subtype_diff"],
    ),
    m(
        "drop type app.words; create type app.words as range (subtype = text, collation = \"C\")",
        &["range app.words: operator_class"],
    ),
    m(
        "drop type app.words; create type app.words as range (subtype = text, subtype_opclass = text_pattern_ops)",
        &["range app.words: collation"],
    ),
    m(
        "update pg_range set rngcanonical = 'pg_catalog.int4range_canonical'::regproc where rngtypid = 'app.span'::regtype",
        &["range app.span: canonical"],
    ),
    m(
        "alter type app.span owner to postgres",
        &["range app.span: owner", "range app.span: privileges"],
    ),
    m(
        "revoke usage on type app.span from public",
        &["range app.span: privileges"],
    ),
    m(
        "alter extension citext add type app.span",
        &["range app.span: extension"],
    ),
    m(
        "comment on type app.span is 'other'",
        &["range app.span: comment"],
    ),
    // Functions.
    m("drop procedure app.run", &["-function app.run(integer)"]),
    m(
        "create function app.add(a bigint) returns integer language sql as 'select 1'",
        &["+function app.add(bigint)"],
    ),
    m(
        "drop function app.add; create function app.add(x integer, b integer default 1) returns integer language sql immutable strict parallel safe cost 7 as 'select $1 + $2'; comment on function app.add(integer, integer) is 'Adds'; grant execute on function app.add(integer, integer) to \"App Reader\" with grant option",
        &[
            "function app.add(integer, integer): identity_arguments",
            "function app.add(integer, integer): parameters",
        ],
    ),
    m(
        "create or replace function app.add(a integer, b integer default 2) returns integer language sql immutable strict parallel safe cost 7 as 'select $1 + $2'",
        &["function app.add(integer, integer): parameters"],
    ),
    m(
        "drop procedure app.run; create function app.run(inout n integer) language plpgsql as 'begin n := n + 1; end'",
        &[
            "function app.run(integer): kind",
            "function app.run(integer): returns",
        ],
    ),
    m(
        "alter function app.add owner to postgres",
        &[
            "function app.add(integer, integer): owner",
            "function app.add(integer, integer): privileges",
        ],
    ),
    m(
        "drop function app.modern; create function app.modern(n integer) returns bigint language sql begin atomic select n + 1; end",
        &["function app.modern(integer): returns"],
    ),
    m(
        "create or replace function app.add(a integer, b integer default 1) returns integer language plpgsql immutable strict parallel safe cost 7 as 'begin return a + b; end'",
        &[
            "function app.add(integer, integer): language",
            "function app.add(integer, integer): body",
        ],
    ),
    m(
        "alter function app.add stable",
        &["function app.add(integer, integer): volatility"],
    ),
    m(
        "alter function app.add called on null input",
        &["function app.add(integer, integer): strict"],
    ),
    m(
        "alter function app.many security invoker",
        &["function app.many(integer): security_definer"],
    ),
    m(
        "alter function app.add leakproof",
        &["function app.add(integer, integer): leakproof"],
    ),
    m(
        "alter function app.add parallel restricted",
        &["function app.add(integer, integer): parallel"],
    ),
    m(
        "alter function app.add cost 7.5",
        &["function app.add(integer, integer): cost"],
    ),
    m(
        "alter function app.many rows 34",
        &["function app.many(integer): rows"],
    ),
    m(
        "alter function app.many set search_path = app",
        &["function app.many(integer): settings"],
    ),
    m(
        "alter function app.many reset work_mem",
        &["function app.many(integer): settings"],
    ),
    m(
        "alter function app.add support generate_series_int4_support",
        &["function app.add(integer, integer): support"],
    ),
    m(
        "create or replace function app.add(a integer, b integer default 1) returns integer language sql immutable strict parallel safe cost 7 as 'select $2 + $1'",
        &["function app.add(integer, integer): body"],
    ),
    m(
        "create or replace function app.modern(n integer) returns integer language sql begin atomic select n + 2; end",
        &["function app.modern(integer): body"],
    ),
    m(
        "update pg_proc set probin = '$libdir/other' where oid = 'app.add'::regproc",
        &["function app.add(integer, integer): library"],
    ),
    m(
        "create or replace aggregate app.total(bigint) (sfunc = app.combine, stype = bigint, combinefunc = app.combine, initcond = '1', parallel = safe)",
        &["function app.total(bigint): aggregate"],
    ),
    m(
        "create or replace aggregate app.total(bigint) (sfunc = int8pl, stype = bigint, combinefunc = app.combine, initcond = '0', parallel = safe)",
        &["function app.total(bigint): aggregate"],
    ),
    m(
        "revoke execute on function app.add from public",
        &["function app.add(integer, integer): privileges"],
    ),
    m(
        "alter extension citext add function app.add",
        &["function app.add(integer, integer): extension"],
    ),
    m(
        "comment on function app.add is 'other'",
        &["function app.add(integer, integer): comment"],
    ),
    m(
        "drop function \"Odd \"\".Schema\".\"F ()\"",
        &["-function Odd \".Schema.F ()(app.mood)"],
    ),
    // Operators, casts.
    m(
        "drop operator app.=== (app.place, app.place)",
        &["-operator app.===(app.place,app.place)"],
    ),
    m(
        "alter operator app.=== (app.place, app.place) set (restrict = none)",
        &["operator app.===(app.place,app.place): restrict"],
    ),
    m(
        "alter operator app.=== (app.place, app.place) set (join = none)",
        &["operator app.===(app.place,app.place): join"],
    ),
    m(
        "alter operator app.=== (app.place, app.place) owner to postgres",
        &["operator app.===(app.place,app.place): owner"],
    ),
    m(
        "create function app.differ(app.place, app.place) returns boolean language sql as 'select true'; drop operator app.=== (app.place, app.place); create operator app.=== (leftarg = app.place, rightarg = app.place, function = app.differ, restrict = eqsel, join = eqjoinsel, hashes, merges); comment on operator app.=== (app.place, app.place) is 'Alike'",
        &[
            "+function app.differ(app.place, app.place)",
            "operator app.===(app.place,app.place): function",
            "operator app.===(app.place,app.place): commutator",
        ],
    ),
    m(
        "create operator app.!== (leftarg = app.place, rightarg = app.place, function = app.same, negator = operator(app.===))",
        &[
            "+operator app.!==(app.place,app.place)",
            "operator app.===(app.place,app.place): negator",
        ],
    ),
    m(
        "update pg_operator set oprcanhash = false where oid = 'app.===(app.place,app.place)'::regoperator",
        &["operator app.===(app.place,app.place): hashes"],
    ),
    m(
        "update pg_operator set oprcanmerge = false where oid = 'app.===(app.place,app.place)'::regoperator",
        &["operator app.===(app.place,app.place): merges"],
    ),
    m(
        "update pg_operator set oprresult = 'text'::regtype where oid = 'app.===(app.place,app.place)'::regoperator",
        &["operator app.===(app.place,app.place): result"],
    ),
    m(
        "alter extension citext add operator app.=== (app.place, app.place)",
        &["operator app.===(app.place,app.place): extension"],
    ),
    m(
        "comment on operator app.=== (app.place, app.place) is 'other'",
        &["operator app.===(app.place,app.place): comment"],
    ),
    m(
        "drop cast (text as app.place)",
        &["-cast (text AS app.place)"],
    ),
    m(
        "drop cast (text as app.place); create cast (text as app.place) with function app.to_place(text) as implicit; comment on cast (text as app.place) is 'From text'",
        &["cast (text AS app.place): context"],
    ),
    m(
        "drop cast (text as app.place); create cast (text as app.place) with inout as assignment; comment on cast (text as app.place) is 'From text'",
        &[
            "cast (text AS app.place): method",
            "cast (text AS app.place): function",
        ],
    ),
    m(
        "alter extension citext add cast (text as app.place)",
        &["cast (text AS app.place): extension"],
    ),
    m(
        "comment on cast (text as app.place) is 'other'",
        &["cast (text AS app.place): comment"],
    ),
    // Collations, text search, extensions.
    m("drop collation app.binary", &["-collation app.binary"]),
    m(
        "drop collation app.binary; create collation app.binary (provider = libc, lc_collate = 'POSIX', lc_ctype = 'C'); comment on collation app.binary is 'Bytes'",
        &["collation app.binary: locale"],
    ),
    m(
        "drop collation app.binary; create collation app.binary (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX'); comment on collation app.binary is 'Bytes'",
        &["collation app.binary: ctype"],
    ),
    m(
        "update pg_collation set collisdeterministic = false where collname = 'binary' and collnamespace = 'app'::regnamespace",
        &["collation app.binary: deterministic"],
    ),
    m(
        "update pg_collation set collprovider = 'i' where collname = 'binary' and collnamespace = 'app'::regnamespace",
        &["collation app.binary: provider"],
    ),
    since(
        16,
        "update pg_collation set collicurules = '&a < g' where collname = 'binary' and collnamespace = 'app'::regnamespace",
        &["collation app.binary: rules"],
    ),
    m(
        "alter collation app.binary owner to postgres",
        &["collation app.binary: owner"],
    ),
    m(
        "alter extension citext add collation app.binary",
        &["collation app.binary: extension"],
    ),
    m(
        "comment on collation app.binary is 'other'",
        &["collation app.binary: comment"],
    ),
    m(
        "alter text search configuration app.search drop mapping for word",
        &["text search configuration app.search: mappings"],
    ),
    m(
        "alter text search configuration app.search alter mapping for word with simple, app.plain",
        &["text search configuration app.search: mappings"],
    ),
    m(
        "alter text search configuration app.search owner to postgres",
        &["text search configuration app.search: owner"],
    ),
    m(
        "create text search parser app.parser (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype); update pg_ts_config set cfgparser = (select oid from pg_ts_parser where prsname = 'parser') where cfgname = 'search'",
        &["text search configuration app.search: parser"],
    ),
    m(
        "alter extension citext add text search configuration app.search",
        &["text search configuration app.search: extension"],
    ),
    m(
        "comment on text search configuration app.search is 'other'",
        &["text search configuration app.search: comment"],
    ),
    m(
        "alter text search dictionary app.plain (accept = true)",
        &["text search dictionary app.plain: options"],
    ),
    m(
        "alter text search dictionary app.plain owner to postgres",
        &["text search dictionary app.plain: owner"],
    ),
    m(
        "update pg_ts_dict set dicttemplate = (select oid from pg_ts_template where tmplname = 'synonym') where dictname = 'plain'",
        &["text search dictionary app.plain: template"],
    ),
    m(
        "alter extension citext add text search dictionary app.plain",
        &["text search dictionary app.plain: extension"],
    ),
    m(
        "comment on text search dictionary app.plain is 'other'",
        &["text search dictionary app.plain: comment"],
    ),
    m(
        "update pg_extension set extversion = '0' where extname = 'citext'",
        &["extension citext: version"],
    ),
    m(
        "update pg_extension set extnamespace = 'public'::regnamespace where extname = 'citext'",
        &["extension citext: schema"],
    ),
    m(
        "update pg_extension set extrelocatable = false where extname = 'citext'",
        &["extension citext: relocatable"],
    ),
    m(
        "update pg_extension set extowner = 'postgres'::regrole where extname = 'citext'",
        &["extension citext: owner"],
    ),
    m(
        "comment on extension citext is 'Stand-in for citext'",
        &["extension citext: comment", "extension citext: stand_in"],
    ),
];

/// What is the database's or the cluster's, publications, foreign data, and the services' rows.
const CLUSTER: &[Mutation] = &[
    m(
        "alter database postgres owner to supabase_etl_admin",
        &["database itself: owner", "database itself: privileges"],
    ),
    m(
        "alter database postgres connection limit 5",
        &["database itself: connection_limit"],
    ),
    m(
        "grant create on database postgres to anon",
        &["database itself: privileges"],
    ),
    m(
        "comment on database postgres is 'other'",
        &["database itself: comment"],
    ),
    m(
        "update pg_database set encoding = 0 where datname = current_database()",
        &["database itself: encoding"],
    ),
    m(
        "update pg_database set datcollate = 'POSIX' where datname = current_database()",
        &["database itself: collate"],
    ),
    m(
        "update pg_database set datctype = 'POSIX' where datname = current_database()",
        &["database itself: ctype"],
    ),
    m(
        "update pg_database set datlocprovider = 'i' where datname = current_database()",
        &["database itself: locale_provider"],
    ),
    // Roles.
    m("create role app_other", &["+role app_other"]),
    m(
        "alter role app_member superuser",
        &["role app_member: superuser"],
    ),
    m(
        "alter role app_owner noinherit",
        &["role app_owner: inherit"],
    ),
    m(
        "alter role app_member createrole",
        &["role app_member: create_role"],
    ),
    m(
        "alter role app_member createdb",
        &["role app_member: create_db"],
    ),
    m("alter role app_member nologin", &["role app_member: login"]),
    m(
        "alter role app_member replication",
        &["role app_member: replication"],
    ),
    m(
        "alter role app_member bypassrls",
        &["role app_member: bypass_rls"],
    ),
    m(
        "alter role app_member connection limit 4",
        &["role app_member: connection_limit"],
    ),
    m(
        "alter role app_member valid until 'infinity'",
        &["role app_member: valid_until"],
    ),
    m("alter role app_member password 'never to be seen'", &[]),
    m(
        "comment on role app_member is 'other'",
        &["role app_member: comment"],
    ),
    m(
        "revoke app_owner from app_member",
        &["-role membership app_member in app_owner"],
    ),
    m(
        "grant app_owner to anon",
        &["+role membership anon in app_owner"],
    ),
    m(
        "grant app_owner to app_member with admin option",
        &["role membership app_member in app_owner: admin"],
    ),
    since(
        16,
        "grant app_owner to app_member with inherit true",
        &["role membership app_member in app_owner: inherit"],
    ),
    since(
        16,
        "grant app_owner to app_member with set false",
        &["role membership app_member in app_owner: set"],
    ),
    m(
        "create role super superuser; update pg_auth_members set grantor = 'super'::regrole where member = 'app_member'::regrole",
        &[
            "+role super",
            "role membership app_member in app_owner: grantors",
        ],
    ),
    m(
        "alter role app_member set statement_timeout = '5s'",
        &["setting role app_member: settings"],
    ),
    m(
        "alter role app_member in database postgres set work_mem = '1MB'",
        &["setting role app_member in the database: settings"],
    ),
    m(
        "alter database postgres set app.settings.region = 'us'",
        &["setting in the database: settings"],
    ),
    m(
        "alter database postgres set app.settings.jwt_secret = 'another'",
        &[],
    ),
    m(
        "alter role app_member reset all",
        &["-setting role app_member"],
    ),
    m(
        "alter default privileges for role app_owner in schema app grant insert on tables to \"App Reader\"",
        &["default privileges for role app_owner in schema app on tables: privileges"],
    ),
    m(
        "alter default privileges for role app_owner grant execute on functions to public",
        &["-default privileges for role app_owner on functions"],
    ),
    m(
        "alter default privileges for role app_owner in schema app grant usage on types to anon",
        &["+default privileges for role app_owner in schema app on types"],
    ),
    // Publications.
    m(
        "alter publication app_all owner to supabase_etl_admin; alter publication app_all set (publish = 'insert, delete')",
        &["publication app_all: owner"],
    ),
    m(
        "update pg_publication set puballtables = false where pubname = 'app_all'",
        &["publication app_all: all_tables"],
    ),
    m(
        "alter publication app_all set (publish = 'insert, truncate')",
        &["publication app_all: operations"],
    ),
    m(
        "alter publication app_all set (publish_via_partition_root = false)",
        &["publication app_all: via_root"],
    ),
    since(
        18,
        "alter publication app_all set (publish_generated_columns = stored)",
        &["publication app_all: generated_columns"],
    ),
    m(
        "comment on publication app_all is 'other'",
        &["publication app_all: comment"],
    ),
    m(
        "alter publication app_some set table app.child (code) where (extra > 10)",
        &["publication relation app.child in publication app_some: columns"],
    ),
    m(
        "alter publication app_some set table app.child (extra, code) where (extra > 11)",
        &["publication relation app.child in publication app_some: filter"],
    ),
    m(
        "alter publication app_some add table only app.parent",
        &["+publication relation app.parent in publication app_some"],
    ),
    m(
        "alter publication app_more drop tables in schema app",
        &["-publication namespace app in publication app_more"],
    ),
    // Foreign data.
    m(
        "alter foreign data wrapper app_wrapper options (set debug 'false')",
        &[],
    ),
    m(
        "alter foreign data wrapper app_wrapper options (add more 'x')",
        &["foreign-data wrapper app_wrapper: options"],
    ),
    m(
        "create role super superuser; alter foreign data wrapper app_wrapper owner to super",
        &[
            "+role super",
            "foreign-data wrapper app_wrapper: owner",
            "foreign-data wrapper app_wrapper: privileges",
        ],
    ),
    m(
        "grant usage on foreign data wrapper app_wrapper to anon",
        &["foreign-data wrapper app_wrapper: privileges"],
    ),
    m(
        "alter foreign data wrapper app_wrapper validator postgresql_fdw_validator",
        &["foreign-data wrapper app_wrapper: validator"],
    ),
    m(
        "update pg_foreign_data_wrapper set fdwhandler = 'app.touch'::regproc where fdwname = 'app_wrapper'",
        &["foreign-data wrapper app_wrapper: handler"],
    ),
    m(
        "alter extension citext add foreign data wrapper app_wrapper",
        &["foreign-data wrapper app_wrapper: extension"],
    ),
    m(
        "comment on foreign data wrapper app_wrapper is 'other'",
        &["foreign-data wrapper app_wrapper: comment"],
    ),
    m(
        "alter server app_server options (set host 'other')",
        &["server app_server: options"],
    ),
    m(
        "alter server app_server options (drop password)",
        &["server app_server: options"],
    ),
    m(
        "alter server app_server version '9.2'",
        &["server app_server: version"],
    ),
    m(
        "update pg_foreign_server set srvtype = 'near' where srvname = 'app_server'",
        &["server app_server: type"],
    ),
    m(
        "create foreign data wrapper another; update pg_foreign_server set srvfdw = (select oid from pg_foreign_data_wrapper where fdwname = 'another') where srvname = 'app_server'",
        &[
            "+foreign-data wrapper another",
            "server app_server: wrapper",
        ],
    ),
    m(
        "alter server app_server owner to supabase_etl_admin",
        &["server app_server: owner", "server app_server: privileges"],
    ),
    m(
        "revoke usage on foreign server app_server from \"App Reader\"",
        &["server app_server: privileges"],
    ),
    m(
        "alter extension citext add server app_server",
        &["server app_server: extension"],
    ),
    m(
        "comment on server app_server is 'other'",
        &["server app_server: comment"],
    ),
    m(
        "alter foreign table app.far options (set table_name 'near')",
        &["foreign table app.far: options"],
    ),
    m(
        "alter foreign table app.far owner to postgres",
        &[
            "foreign table app.far: owner",
            "foreign table app.far: privileges",
        ],
    ),
    m(
        "grant select on app.far to anon",
        &["foreign table app.far: privileges"],
    ),
    m(
        "create server another foreign data wrapper app_wrapper; update pg_foreign_table set ftserver = (select oid from pg_foreign_server where srvname = 'another')",
        &["+server another", "foreign table app.far: server"],
    ),
    m(
        "alter extension citext add foreign table app.far",
        &["foreign table app.far: extension"],
    ),
    m(
        "comment on foreign table app.far is 'other'",
        &["foreign table app.far: comment"],
    ),
    m(
        "drop user mapping for public server app_server",
        &["-user mapping for public on server app_server"],
    ),
    m(
        "alter user mapping for \"App Reader\" server app_server options (drop password)",
        &["user mapping for App Reader on server app_server: options"],
    ),
    m(
        "update pg_seclabel set label = 'shown'",
        &["security label masker on table app.parent: label"],
    ),
    m(
        "delete from pg_seclabel",
        &["-security label masker on table app.parent"],
    ),
    // The services' rows.
    m(
        "update storage.buckets set public = false",
        &["bucket avatars: public"],
    ),
    m(
        "update storage.buckets set name = 'x' where id = 'files'",
        &["bucket files: name"],
    ),
    m(
        "update storage.buckets set file_size_limit = 1001 where id = 'avatars'",
        &["bucket avatars: file_size_limit"],
    ),
    m(
        "update storage.buckets set allowed_mime_types = '{image/png}' where id = 'avatars'",
        &["bucket avatars: allowed_mime_types"],
    ),
    m(
        "update storage.buckets set type = 'ANALYTICS' where id = 'files'",
        &["bucket files: type"],
    ),
    m(
        "insert into storage.buckets (id, name) values ('new', 'new')",
        &["+bucket new"],
    ),
    m(
        "update cron.job set schedule = '* * * * *' where jobid = 1",
        &["cron job nightly of postgres: schedule"],
    ),
    m(
        "update cron.job set command = 'select 2' where jobid = 2",
        &["cron job 2 of postgres: command"],
    ),
    m(
        "update cron.job set active = false where jobid = 1",
        &["cron job nightly of postgres: active"],
    ),
    m(
        "update cron.job set database = 'other' where jobid = 1",
        &["cron job nightly of postgres: database"],
    ),
    m(
        "update cron.job set username = 'anon' where jobid = 1",
        &["-cron job nightly of postgres", "+cron job nightly of anon"],
    ),
    m(
        "update vault.secrets set name = 'other' where name is not null",
        &["-vault secret api key", "+vault secret other"],
    ),
    m(
        "update vault.secrets set secret = 'never to be seen, either'",
        &[],
    ),
];
