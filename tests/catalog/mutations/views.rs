//! Views and sequences.

use super::{Mutation, m};

pub(super) const ALL: &[Mutation] = &[
    // Views.
    m("drop view app.cheap", &["-view app.cheap"]),
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
