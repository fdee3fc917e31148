//! Operators, casts, collations, text search, extensions.

use super::{Mutation, m, since};

pub(super) const ALL: &[Mutation] = &[
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
        "drop statistics app.together",
        &["-statistics object app.together"],
    ),
    m(
        "create statistics app.other on room, note from app.orders",
        &["+statistics object app.other"],
    ),
    m(
        "alter statistics app.together set statistics 60",
        &["statistics object app.together: target"],
    ),
    m(
        "alter statistics app.together owner to postgres",
        &["statistics object app.together: owner"],
    ),
    m(
        "comment on statistics app.together is 'other'",
        &["statistics object app.together: comment"],
    ),
    m(
        "drop statistics app.together; create statistics app.together (dependencies, mcv) on room, note, (lower(note)) from app.orders; alter statistics app.together set statistics 50; comment on statistics app.together is 'Rooms and notes'",
        &["statistics object app.together: kinds"],
    ),
    m(
        "drop statistics app.together; create statistics app.together (dependencies, ndistinct) on customer, note, (lower(note)) from app.orders; alter statistics app.together set statistics 50; comment on statistics app.together is 'Rooms and notes'",
        &["statistics object app.together: columns"],
    ),
    m(
        "drop statistics app.together; create statistics app.together (dependencies, ndistinct) on room, note, (upper(note)) from app.orders; alter statistics app.together set statistics 50; comment on statistics app.together is 'Rooms and notes'",
        &["statistics object app.together: expressions"],
    ),
    m(
        "drop statistics app.together; create statistics app.together (dependencies, ndistinct) on room, note, (lower(note)) from app.bookings; alter statistics app.together set statistics 50; comment on statistics app.together is 'Rooms and notes'",
        &["statistics object app.together: table"],
    ),
    m(
        "insert into pg_depend select 'pg_statistic_ext'::regclass, s.oid, 0, 'pg_extension'::regclass, e.oid, 0, 'e' from pg_statistic_ext s, pg_extension e where s.stxname = 'together' and e.extname = 'citext'",
        &["statistics object app.together: extension"],
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
