//! Other words for the same.

use crate::place::Place::{
    self, Check, Default, Domain, Generated, Index, Type, Using, View, When, Where,
};

/// What was written, and what means the same.
pub(crate) const SAME: &[(Place, &str, &str)] = &[
    // Casts and string types.
    (
        Check,
        "coalesce(name, note) = 'x'",
        "coalesce(name, note::varchar) = 'x'",
    ),
    (
        Check,
        "coalesce(note, name) <> ''",
        "coalesce(note, name) <> ''::text",
    ),
    (
        Check,
        "name in ('p', 'q')",
        "name in ('p'::varchar, 'q'::varchar)",
    ),
    (
        Check,
        "name in ('p', 'q')",
        "name::text = any (array['p'::varchar, 'q'::varchar]::text[])",
    ),
    (
        Check,
        "name in ('p', 'q')",
        "name = any (array['p'::text, 'q'::text])",
    ),
    (
        Check,
        "name not in ('p', 'q')",
        "name <> all (array['p', 'q'])",
    ),
    (
        Check,
        "note in ('a', 'b')",
        "note = any (array['a'::text, 'b'::text])",
    ),
    (
        Check,
        "note not in ('a', 'b')",
        "note <> all (array['a', 'b']::text[])",
    ),
    (Check, "code = 'abc'", "code = 'abc'::bpchar"),
    (Check, "mail like '%@%'", "mail::text ~~ '%@%'"),
    (Check, "cit = 'X'", "cit = 'X'::extensions.citext"),
    (Check, "ident = 'x'", "ident = 'x'::name"),
    (Check, "amount > 0", "amount > 0::numeric"),
    (Check, "pay > 1::money", "pay > 1::money"),
    (Check, "big > 1", "(big > (1))"),
    (Check, "big > 99999999999", "big > '99999999999'::bigint"),
    (
        Check,
        "ratio * 2 > 1",
        "ratio * 2::double precision > 1::float8",
    ),
    // Forms that the server writes otherwise.
    (
        Check,
        "case a when 1 then true else false end",
        "case a when (1) then true else false end",
    ),
    (
        Check,
        "case when a = 1 then 'x' end = 'x'",
        "(case when a = 1 then 'x'::text else null end) = 'x'",
    ),
    (Check, "trim(note) <> ''", "trim(both note) <> ''::text"),
    (Check, "trim(both from note) = note", "trim(note) = note"),
    (
        Check,
        "trim(leading 'x' from note) = note",
        "trim(leading 'x'::text from note) = note",
    ),
    (
        Check,
        "substring(note from 1 for 2) = 'ab'",
        "substring(note for 2 from 1) = 'ab'",
    ),
    (
        Check,
        "position('x' in note) > 0",
        "position('x'::text in note) > 0",
    ),
    (
        Check,
        "overlay(note placing 'x' from 1) = 'x'",
        "overlay(note placing 'x'::text from 1) = 'x'",
    ),
    (
        Check,
        "extract(year from at) > 2000",
        "extract('year' from at) > 2000",
    ),
    (
        Check,
        "at at time zone 'utc' > ts",
        "(at at time zone 'utc'::text) > ts",
    ),
    (Check, "a between 1 and 5", "a >= 1 and a <= 5"),
    (Check, "a not between 1 and 5", "a < 1 or a > 5"),
    (
        Check,
        "a between symmetric 5 and 1",
        "(a >= 5 and a <= 1) or (a >= 1 and a <= 5)",
    ),
    (
        Check,
        "a is not distinct from b",
        "not (a is distinct from b)",
    ),
    (
        Check,
        "note like 'a%' escape '!'",
        "note ~~ like_escape('a%', '!')",
    ),
    (
        Check,
        "note similar to 'a%'",
        "note ~ similar_to_escape('a%')",
    ),
    (Check, "(a, b) = (1, 2)", "a = 1 and b = 2"),
    (Check, "flag isnull", "flag is null"),
    (Check, "not (a > 1 and b > 1)", "NOT ((a > 1) AND (b > 1))"),
    (Check, "span @> 5", "span @> '5'::integer"),
    (Check, "bits = B'101'", "bits = '101'::\"bit\""),
    // Times in other words.
    (Check, "i > interval '1 day'", "i > interval '1 days'"),
    (
        Check,
        "i > interval '1 day'",
        "i > '1 day 00:00:00'::interval",
    ),
    (
        Check,
        "i > interval '1' hour",
        "i > interval '60 minutes' hour",
    ),
    (Check, "tm > time '10:00'", "tm > '10:00:00'"),
    (Check, "d > date '2020-01-02'", "d > '2020-1-2'"),
    (
        Check,
        "at > timestamptz '2020-01-01 00:00:00+00'",
        "at > '2020-01-01 01:00:00+01'",
    ),
    (Check, "data = '{\"a\": 1}'", "data = '{\"a\":1}'::jsonb"),
    (
        Check,
        "tags @> array['a', 'b']",
        "tags @> array['a', 'b']::text[]",
    ),
    // Names.
    (Check, "a > 0", "public.t.a > 0"),
    (Check, "a > 0", "\"t\".\"a\" > 0"),
    (Check, "\"position\" > 0", "t.position > 0"),
    (Check, "\"current_user\" = 'x'", "t.\"current_user\" = 'x'"),
    (
        Check,
        "feeling in ('ok', 'sad')",
        "feeling = any (array['ok', 'sad']::mood[])",
    ),
    (Check, "mood <> 'ok'", "mood <> 'ok'::app.mood"),
    (Check, "f(a) > 0", "public.f(t.a) > 0"),
    (Check, "t is not null", "t.* is not null"),
    // Policies: subqueries.
    (
        Using,
        "exists (select 1 from members m where m.user_id = t.user_id)",
        "exists (select 1 from public.members m where m.user_id = t.user_id)",
    ),
    (
        Using,
        "a in (select org from members)",
        "a = any (select members.org from public.members)",
    ),
    (
        Using,
        "a not in (select org from members)",
        "not (a in (select org from members))",
    ),
    (
        Using,
        "exists (select from t other where other.a = t.a)",
        "exists (select from public.t other where other.a = public.t.a)",
    ),
    (
        Using,
        "(select auth.uid()) = user_id",
        "(select auth.uid() as uid) = user_id",
    ),
    (Using, "user_id = auth.uid()", "t.user_id = auth.uid()"),
    (Using, "app.allowed(a)", "(app.allowed(t.a))"),
    (
        Using,
        "(auth.jwt() ->> 'role') = 'admin'",
        "auth.jwt() ->> 'role' = 'admin'",
    ),
    (
        Using,
        "a = (with x as (select 1 as n) select n from x)",
        "a = (with x as (select 1 as n) select x.n from x)",
    ),
    // Defaults and generated columns.
    (Default("numeric(5,2)"), "1.5", "1.5::numeric"),
    (Default("varchar(20)"), "'x'", "'x'::varchar"),
    (Default("text"), "lower('X')", "lower('X'::text)"),
    (Default("jsonb"), "'{\"a\": 1}'", "jsonb '{\"a\":1}'"),
    (
        Default("timestamptz"),
        "now() + interval '1 days'",
        "now() + interval '1 days'",
    ),
    (
        Default("timestamptz"),
        "now() + '7 days'",
        "now() + interval '1 week'",
    ),
    (Default("interval"), "'01:00'", "interval '60 minutes'"),
    (Default("date"), "'2020-01-02'", "date '2020-1-2'"),
    (
        Default("bigint"),
        "nextval('public.things_id')",
        "nextval('things_id'::regclass)",
    ),
    (Default("public.mood"), "'ok'", "mood 'ok'"),
    (Default("public.email"), "'x@y'", "'x@y'::email"),
    (Default("public.short"), "'x'", "'x'::public.short"),
    (Default("text[]"), "'{}'", "'{}'::text[]"),
    (
        Default("text[]"),
        "array[]::text[]",
        "cast(array[] as text[])",
    ),
    (Default("char(3)"), "'abc'", "'abc'::bpchar"),
    (Default("bit(3)"), "B'101'", "'101'::\"bit\""),
    (Default("boolean"), "true", "'t'"),
    (Default("integer"), "-1", "'-1'::int"),
    (
        Default("uuid"),
        "gen_random_uuid()",
        "pg_catalog.gen_random_uuid()",
    ),
    (Generated("numeric"), "amount * a", "amount * a::numeric"),
    (Generated("bigint"), "a * 2", "(a * 2)::bigint"),
    (Generated("text"), "note || name", "note || name::text"),
    (Generated("varchar(3)"), "note", "t.note"),
    (
        Generated("text"),
        "coalesce(name, note, 'x')",
        "coalesce(name, note, 'x'::varchar)",
    ),
    (
        Generated("tsvector"),
        "to_tsvector('english', note)",
        "to_tsvector('pg_catalog.english'::regconfig, t.note)",
    ),
    // Indexes.
    (Index("btree"), "note", "\"note\""),
    (Index("btree"), "note text_ops", "note"),
    (Index("btree"), "note", "note text_ops asc nulls last"),
    (Index("btree"), "lower(note)", "lower((note)::text)"),
    (Index("btree"), "lower(name)", "lower(name)"),
    (
        Index("btree"),
        "(coalesce(name, note)) desc",
        "coalesce(name, note) desc nulls first",
    ),
    (
        Index("btree"),
        "(data ->> 'k') text_pattern_ops",
        "(data ->> 'k'::text) pg_catalog.text_pattern_ops",
    ),
    (
        Index("btree"),
        "note collate german",
        "note collate public.german",
    ),
    (Index("btree"), "note collate \"default\"", "note"),
    (Index("btree"), "feeling", "feeling enum_ops"),
    (Index("gin"), "data", "data jsonb_ops"),
    (
        Index("gin"),
        "to_tsvector('english', note)",
        "to_tsvector('english'::regconfig, note)",
    ),
    (Index("gist"), "span", "span range_ops"),
    (Index("hash"), "mail", "mail text_ops"),
    (
        Where,
        "coalesce(name, note) is not null",
        "(coalesce(name, note::varchar)) is not null",
    ),
    (Where, "feeling = 'ok'", "feeling = 'ok'::mood"),
    (Where, "name in ('p', 'q')", "(name in ('p', 'q'::varchar))"),
    // Triggers.
    (
        When,
        "old.a is distinct from new.a",
        "OLD.a IS DISTINCT FROM NEW.a",
    ),
    (
        When,
        "old.* is distinct from new.*",
        "(OLD.*) is distinct from (NEW.*)",
    ),
    (When, "new.name in ('p', 'q')", "NEW.name in ('p', 'q')"),
    (
        When,
        "trim(new.note) <> ''",
        "trim(both from NEW.note) <> ''::text",
    ),
    (
        When,
        "pg_trigger_depth() = 0",
        "pg_catalog.pg_trigger_depth() = 0",
    ),
    // Views.
    (
        View,
        "select a, note from t where a > 0",
        "SELECT public.t.a, t.note FROM public.t WHERE (t.a > 0);",
    ),
    (
        View,
        "select * from members",
        "select user_id, org, role from public.members",
    ),
    (
        View,
        "select m.role, count(*) from members m group by 1",
        "select m.role, count(*) as count from members m group by m.role",
    ),
    (
        View,
        "select a from t union select org from members order by 1",
        "(select a from t) union (select org from members) order by 1",
    ),
    (
        View,
        "select a from t join members on org = a",
        "select a from t inner join members on (members.org = t.a)",
    ),
    (
        View,
        "select name from t where name in ('p', 'q')",
        "select name from public.t where name in ('p', 'q')",
    ),
    // Domains.
    (Domain("text"), "value ~ '^x'", "VALUE ~ '^x'::text"),
    (
        Domain("varchar(20)"),
        "value in ('p', 'q')",
        "VALUE::text = any (array['p'::varchar, 'q'::varchar]::text[])",
    ),
    (
        Domain("integer"),
        "value between 1 and 5",
        "VALUE >= 1 AND VALUE <= 5",
    ),
    (Domain("numeric(5,2)"), "value > 0", "value > 0::numeric"),
    (
        Domain("public.email"),
        "length(value) > 3",
        "length((value)::text) > 3",
    ),
    // Types.
    (Type, "integer", "int4"),
    (Type, "timestamp(3) with time zone", "timestamptz(3)"),
    (Type, "interval(3)", "INTERVAL  (3)"),
    (Type, "numeric(5)", "decimal(5, 0)"),
    (Type, "character(1)", "char"),
    (Type, "mood", "public.mood"),
    (Type, "extensions.citext", "citext"),
    (Type, "text[]", "text array[4]"),
    (Type, "varchar(5)[]", "_varchar(5)"),
    (Type, "\"Shout\"", "public.\"Shout\""),
    (Type, "t", "public.t"),
];
