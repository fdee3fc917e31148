use super::*;
use crate::catalog::{Catalog, Column, Reading};

/// A table whose columns are named by their types.
fn catalog() -> Catalog {
    let columns = [
        ("a", "integer"),
        ("b", "integer"),
        ("c", "integer"),
        ("big", "bigint"),
        ("amount", "numeric(5,2)"),
        ("name", "character varying(255)"),
        ("note", "text"),
        ("data", "jsonb"),
        ("tags", "text[]"),
        ("status", "public.workflow_status"),
        ("user_id", "uuid"),
        ("at", "timestamp with time zone"),
        ("position", "integer"),
        ("current_user", "text"),
    ];
    let mut rows = Vec::new();
    for (position, (name, r#type)) in columns.into_iter().enumerate() {
        rows.push(Column {
            schema: "public".to_owned(),
            table: "t".to_owned(),
            name: name.to_owned(),
            position: position as u32 + 1,
            r#type: r#type.to_owned(),
            ..Column::default()
        });
    }
    Catalog {
        columns: Reading::Known(rows),
        signatures: Reading::Known(Vec::new()),
        ..Catalog::default()
    }
}

fn same(a: &str, b: &str, result: Option<&str>) -> bool {
    let catalog = catalog();
    let names = Names::of_table(&catalog, "public", "t").unwrap();
    let names = result.map_or(names, |r| names.giving(r));
    same_expression(a, b, &names) && same_expression(b, a, &names)
}

#[test]
fn what_the_server_adds_to_a_default_does_not_count() {
    for (written, printed, r#type) in [
        (
            "'draft'",
            "'draft'::public.workflow_status",
            "public.workflow_status",
        ),
        (
            "'draft'::workflow_status",
            "'draft'::public.workflow_status",
            "public.workflow_status",
        ),
        (
            "'1.0.0'",
            "'1.0.0'::character varying",
            "character varying(50)",
        ),
        ("0.00", "0.00", "numeric(5,2)"),
        ("-1", "'-1'::integer", "integer"),
        ("'5'", "5", "integer"),
        ("-1.5", "'-1.5'::numeric", "numeric"),
        ("now()", "now()", "timestamp with time zone"),
        ("NOW()", "now()", "timestamp with time zone"),
        ("'{}'", "'{}'::jsonb", "jsonb"),
        (r#"'{"a":[1,2]}'"#, r#"'{"a": [1, 2]}'::jsonb"#, "jsonb"),
        ("'{}'::text[]", "'{}'::text[]", "text[]"),
        ("array['a', 'b']", "ARRAY['a'::text, 'b'::text]", "text[]"),
        ("array[]::text[]", "ARRAY[]::text[]", "text[]"),
        (
            "timezone('utc', now())",
            "timezone('utc'::text, now())",
            "timestamp",
        ),
        (
            "now() at time zone 'utc'",
            "(now() AT TIME ZONE 'utc'::text)",
            "timestamp",
        ),
        (
            "now() + interval '1 day'",
            "(now() + '1 day'::interval)",
            "timestamp with time zone",
        ),
        (
            "nextval('t_id_seq')",
            "nextval('public.t_id_seq'::regclass)",
            "bigint",
        ),
        ("null", "NULL::character varying", "character varying(5)"),
        ("true", "true", "boolean"),
        ("$$it's$$", "'it''s'::text", "text"),
    ] {
        assert!(
            same(written, printed, Some(r#type)),
            "{written} and {printed}"
        );
    }
}

#[test]
fn what_the_server_adds_to_an_expression_does_not_count() {
    for (written, printed) in [
        ("a >= 0", "(a >= 0)"),
        (
            "amount >= 0 and amount <= 100",
            "((amount >= (0)::numeric) AND (amount <= (100)::numeric))",
        ),
        (
            "amount between 0 and 1",
            "((amount >= (0)::numeric) AND (amount <= (1)::numeric))",
        ),
        ("name ~ '^[a-z]+$'", "((name)::text ~ '^[a-z]+$'::text)"),
        ("name like 'a%'", "((name)::text ~~ 'a%'::text)"),
        ("note not like 'a%'", "(note !~~ 'a%'::text)"),
        ("auth.uid() = user_id", "(auth.uid() = user_id)"),
        (
            "(select auth.uid()) = user_id",
            "(( SELECT auth.uid() AS uid) = user_id)",
        ),
        (
            "auth.role() = 'service_role'",
            "(auth.role() = 'service_role'::text)",
        ),
        (
            "a = 1 and b = 2 and c = 3",
            "((a = 1) AND (b = 2) AND (c = 3))",
        ),
        (
            "a = 1 or b = 2 and c = 3",
            "((a = 1) OR ((b = 2) AND (c = 3)))",
        ),
        ("not a = 1", "(NOT (a = 1))"),
        ("a + b * c > 1", "((a + (b * c)) > 1)"),
        ("a != 1", "(a <> 1)"),
        ("\"a\" > 0", "(a > 0)"),
        ("position > 0", "(\"position\" > 0)"),
        ("data ->> 'x' = 'y'", "((data ->> 'x'::text) = 'y'::text)"),
        ("data @> '{\"a\":1}'", "(data @> '{\"a\": 1}'::jsonb)"),
        ("length(name) > 2", "(length((name)::text) > 2)"),
        (
            "char_length(trim_it(note)) > 2",
            "(char_length(trim_it(note)) > 2)",
        ),
        (
            "status = 'draft'",
            "(status = 'draft'::public.workflow_status)",
        ),
        (
            "status in ('a', 'b')",
            "(status = ANY (ARRAY['a'::public.workflow_status, 'b'::public.workflow_status]))",
        ),
        (
            "name in ('a', 'b')",
            "((name)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
        ),
        (
            "name in ('a', 'b')",
            "((name)::text = ANY (ARRAY['a'::text, 'b'::text]))",
        ),
        (
            "name in ('a'::varchar, 'b')",
            "((name)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
        ),
        (
            "name = any (array['a'::text, 'b'])",
            "((name)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
        ),
        (
            "note not in ('a', 'b')",
            "(note <> ALL (ARRAY['a'::text, 'b'::text]))",
        ),
        ("a in (1, 2)", "(a = ANY (ARRAY[1, 2]))"),
        (
            "coalesce(name, '') <> ''",
            "((COALESCE(name, ''::character varying))::text <> ''::text)",
        ),
        ("cast(a as text) = '1'", "((a)::text = '1'::text)"),
        ("a is not distinct from 1", "(NOT (a IS DISTINCT FROM 1))"),
        (
            "at > '2020-01-01 00:00:00+00'",
            "(at > '2020-01-01 00:00:00+00'::timestamp with time zone)",
        ),
    ] {
        assert!(same(written, printed, None), "{written} and {printed}");
    }
}

#[test]
fn what_means_something_else_is_not_the_same() {
    for (a, b) in [
        ("'draft'", "'active'::public.workflow_status"),
        ("a >= 0", "(a > 0)"),
        (
            "a = 1 and (b = 1 or c = 1)",
            "(((a = 1) AND (b = 1)) OR (c = 1))",
        ),
        ("a - (b - c)", "((a - b) - c)"),
        ("not (a = 1 and b = 1)", "((NOT (a = 1)) AND (b = 1))"),
        ("not (a = 1) is null", "(NOT ((a = 1) IS NULL)) and true"),
        ("true", "false"),
        ("'True'", "'true'"),
        ("\"Tags\"", "tags"),
        ("\"current_user\" = 'x'", "(CURRENT_USER = 'x'::text)"),
        ("a in (1)", "a in (2)"),
        ("(note)::integer", "note"),
        ("a::text = '1'", "(a = 1)"),
        ("a::text = '1'", "(a = '1')"),
        ("f(a)", "f a"),
        ("'1'", "1"),
        // Casts that decide what is done.
        ("1 / 2", "((1)::numeric / (2)::numeric)"),
        ("round(1)", "round((1)::numeric)"),
        ("a / 2", "((a)::numeric / (2)::numeric)"),
        ("f(a) / 2", "(f(a) / (2)::numeric)"),
        ("length('abc')", "length('abc'::bpchar)"),
        ("tags[1]", "(tags[1])::integer"),
        ("at > '2020-01-01'", "(at > '2020-01-01'::date)"),
        ("name = 'x'", "(name = 'x'::character varying)"),
        (
            "name in ('a', 'b')",
            "((name)::text = ANY (ARRAY['a'::text, 'c'::text]))",
        ),
        (
            "name in ('a', 'b')",
            "((name)::text = ANY ((ARRAY['a'::character varying(1), 'b'::character varying(1)])::text[]))",
        ),
        ("f(a) > '1'", "(f(a) > '1'::bigint)"),
        ("to_jsonb(name)", "to_jsonb((name)::text)"),
        ("concat('a')", "concat('a'::text)"),
        ("data -> 'a b'", "(data -> 'ab'::text)"),
        (
            "array_length(array[1, 2], 1)",
            "array_length(ARRAY[(1)::bigint, (2)::bigint], 1)",
        ),
        (
            "note is distinct from null",
            "(note IS DISTINCT FROM NULL::text)",
        ),
        ("now()", "public.now()"),
        ("pg_catalog.lower(note)", "public.lower(note)"),
        (
            "note = any (array['a', 'b'])",
            "(note <> ALL (ARRAY['a'::text, 'b'::text]))",
        ),
        ("name = 'a' collate \"C\"", "((name)::text = 'a'::text)"),
    ] {
        assert!(!same(a, b, None), "{a} and {b}");
    }
    for (a, b, r#type) in [
        ("'{}'", "('{}'::json)::jsonb", "jsonb"),
        ("'x'", "'x'::text", "character varying"),
        ("0", "(0)::numeric", "bigint"),
        (
            "'abc'",
            "'abc'::character varying(2)",
            "character varying(2)",
        ),
        ("'0'", "0", "numeric"),
    ] {
        assert!(!same(a, b, Some(r#type)), "{a} and {b}");
    }
}

#[test]
fn the_parts_of_an_index_column_are_compared_apart() {
    let catalog = catalog();
    let names = Names::of_table(&catalog, "public", "t").unwrap();
    for (a, b) in [
        ("a asc", "a"),
        ("a desc nulls first", "a desc"),
        ("a nulls last", "a"),
        ("lower(name)", "lower((name)::text)"),
        ("(data ->> 'x')", "((data ->> 'x'::text))"),
        ("name varchar_pattern_ops", "name varchar_pattern_ops"),
        ("note collate \"C\" desc", "note collate \"C\" DESC"),
    ] {
        assert!(same_index_column(a, b, &names), "{a} and {b}");
    }
    for (a, b) in [
        ("a", "a desc"),
        ("a desc", "a desc nulls last"),
        ("a", "b"),
        ("note", "note collate \"C\""),
    ] {
        assert!(!same_index_column(a, b, &names), "{a} and {b}");
    }
}

#[test]
fn no_text_is_too_much() {
    let deep = format!("{}a{}", "(".repeat(50_000), ")".repeat(50_000));
    assert!(same(&deep, &deep, None));
    assert!(!same(&deep, "b", None));
    let long = vec!["a"; 50_000].join(" + ");
    assert!(!same(&long, "a", None));
    for text in [
        "",
        "(",
        ")",
        "a ::",
        "case when",
        "a between 1",
        "'",
        "\"",
        "a in (",
        "()",
        "not",
        "- ",
    ] {
        assert!(same(text, text, None), "{text}");
        assert!(!same(text, "a", None), "{text}");
    }
}
