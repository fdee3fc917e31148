//! Functions, procedures, aggregates.

use super::{Mutation, m};

pub(super) const ALL: &[Mutation] = &[
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
];
