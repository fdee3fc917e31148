//! Enums, domains, composite types, ranges.

use super::{Mutation, m};

pub(super) const ALL: &[Mutation] = &[
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
        "alter table app.customers drop email; drop domain app.email; create domain app.email as varchar(201) collate \"C\" default 'a@b' not null constraint has_at check (value like '%@%') constraint short check (length(value) < 100); comment on domain app.email is 'An address'; comment on constraint short on domain app.email is 'Not long'; alter table app.customers add email app.email",
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
        "comment on constraint short on domain app.email is 'other'",
        &["domain app.email: checks"],
    ),
    m(
        "comment on constraint has_at on domain app.email is 'Has one'",
        &["domain app.email: checks"],
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
];
