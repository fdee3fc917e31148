//! What people usually write must be recognised as the server prints it: expressions, defaults, types.

use supaproof::meaning::{self, Names};

use crate::common::common;
use crate::generate::Dice;
use crate::judge::{Judge, setting};

#[test]
fn common_expressions_are_recognised_as_the_server_prints_them() {
    for judge in Judge::each() {
        let names = judge.names();
        let mut dice = Dice::new(setting("SUPAPROOF_TEST_SEED", 1));
        let count = setting("SUPAPROOF_TEST_CASES", 300);
        let written: Vec<String> = (0..count)
            .map(|n| common(&mut dice, usize::try_from(n).unwrap() % 3))
            .collect();
        let mut unknown = Vec::new();
        for (written, printed) in written.iter().zip(judge.deparse(&written)) {
            let printed = printed.unwrap_or_else(|| panic!("the server refuses {written}"));
            if !meaning::same_expression(written, &printed, &names) {
                unknown.push(format!("{written}  --  {printed}"));
            }
        }
        assert!(
            unknown.is_empty(),
            "{} of {count} not recognised:\n{}",
            unknown.len(),
            unknown.join("\n")
        );
    }
}

/// Column and default: each is recognised, and is another default than the others of its column.
const DEFAULTS: &[(&str, &[&str])] = &[
    ("a", &["0", "-1", "1 + 1", "f(1)", "null"]),
    ("big", &["0", "-1", "99999999999", "0::bigint"]),
    ("amount", &["0", "0.00", "-1.5", "1.50"]),
    (
        "name",
        &[
            "'x'",
            "'X'",
            "''",
            "'it''s'",
            "'x'::text",
            "lower('X')",
            "null",
        ],
    ),
    (
        "note",
        &[
            "'x'",
            "''",
            "$$it's$$",
            "current_setting('a.b', true)",
            "current_user",
            "'a\\b'",
        ],
    ),
    ("code", &["'x'"]),
    (
        "data",
        &[
            "'{}'",
            "'[]'",
            "'{\"a\": [1, 2]}'",
            "'{\"a\":  {}}'",
            "'\"a b\"'",
            "'\"ab\"'",
            "jsonb_build_object('a', 1)",
        ],
    ),
    (
        "tags",
        &[
            "'{}'",
            "'{a,b}'",
            "array['a', 'b']",
            "array[]::text[]",
            "array['a b']",
        ],
    ),
    ("nums", &["'{}'", "array[1, 2]"]),
    ("feeling", &["'ok'", "'sad'", "'happy'::mood"]),
    ("mood", &["'ok'", "'happy'::app.mood"]),
    (
        "user_id",
        &[
            "gen_random_uuid()",
            "auth.uid()",
            "extensions.uuid_generate_v4()",
            "uuid_nil()",
        ],
    ),
    (
        "at",
        &[
            "now() + interval '1 day'",
            "current_timestamp",
            "timezone('utc', current_timestamp)",
            "clock_timestamp()",
            "pg_catalog.now()",
        ],
    ),
    (
        "ts",
        &[
            "now() at time zone 'utc'",
            "timezone('utc', now())",
            "localtimestamp",
        ],
    ),
    ("d", &["current_date", "current_date + 1", "'2020-01-01'"]),
    ("i", &["'1 day'", "interval '2 days'"]),
    ("flag", &["true", "false", "not true"]),
];

#[test]
fn defaults_are_recognised_and_told_apart() {
    for judge in Judge::each() {
        let mut wrong = Vec::new();
        for (column, defaults) in DEFAULTS {
            let written: Vec<String> = defaults.iter().map(|d| (*d).to_owned()).collect();
            let printed = judge.ask(&format!("public.deparse_default('{column}', e)"), &written);
            let r#type = judge.type_of_column(column);
            let names = judge.names().giving(&r#type);
            for (i, w) in written.iter().enumerate() {
                for (j, p) in printed.iter().enumerate() {
                    let p = p.as_ref().unwrap_or_else(|| {
                        panic!("the server refuses {} for {column}", written[j])
                    });
                    let same = meaning::same_default(Some(w), Some(p), &names);
                    if same != (i == j || printed[i] == printed[j]) {
                        wrong.push(format!("{column}: `{w}` and `{p}`: {same}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

const SPELLINGS: &[&str] = &[
    "int",
    "INTEGER",
    "int4",
    "pg_catalog.int4",
    "bigint",
    "int8",
    "smallint",
    "int2",
    "bool",
    "boolean",
    "text",
    "pg_catalog.text",
    "varchar",
    "character varying",
    "varchar(5)",
    "character varying(5)",
    "char varying(5)",
    "varchar(6)",
    "national character varying(5)",
    "pg_catalog.varchar(5)",
    "char",
    "character",
    "char(1)",
    "character(1)",
    "bpchar",
    "bpchar(1)",
    "pg_catalog.bpchar",
    "\"char\"",
    "pg_catalog.char",
    "char(3)",
    "nchar(3)",
    "national char(3)",
    "bit",
    "bit(1)",
    "bit(3)",
    "pg_catalog.bit",
    "\"bit\"",
    "bit varying",
    "varbit",
    "bit varying(3)",
    "varbit(3)",
    "numeric",
    "decimal",
    "dec",
    "numeric(5)",
    "numeric(5,0)",
    "numeric(5, 2)",
    "decimal(5,2)",
    "real",
    "float4",
    "float(1)",
    "float(24)",
    "float(25)",
    "float",
    "float8",
    "double precision",
    "timestamp",
    "timestamp without time zone",
    "timestamptz",
    "timestamp with time zone",
    "timestamp(3)",
    "timestamp(3) without time zone",
    "timestamptz(3)",
    "timestamp(3) with time zone",
    "time",
    "time without time zone",
    "timetz",
    "time with time zone",
    "time(3)",
    "timetz(3)",
    "time(3) with time zone",
    "date",
    "interval",
    "interval(3)",
    "interval year to month",
    "interval day",
    "interval second(3)",
    "interval day to second(3)",
    "uuid",
    "json",
    "jsonb",
    "bytea",
    "inet",
    "name",
    "oid",
    "regclass",
    "xml",
    "money",
    "int4range",
    "tstzrange",
    "tsvector",
    "text[]",
    "text array",
    "text[3]",
    "text[][]",
    "text array[3]",
    "int[]",
    "integer[]",
    "_int4",
    "varchar(5)[]",
    "character varying(5)[]",
    "numeric(5,2)[]",
    "timestamptz[]",
    "mood",
    "public.mood",
    "app.mood",
    "\"mood\"",
    "mood[]",
    "app.mood[]",
    "public.email",
    "email",
    "shout",
    "\"Shout\"",
    "public.\"Shout\"",
    "\"date\"",
    "public.\"date\"",
    "\"integer\"",
    "\"a.b\"",
    "\"a b\"",
    "t",
    "public.t",
    "float(53)",
    "pg_catalog.float4",
    "\"char\"[]",
    "pg_catalog.\"char\"",
    "\"int4\"",
    "\"timestamptz\"(3)",
    "timestamp(3) with time zone[]",
    "time(3) without time zone array",
    "timestamptz(9)",
    "interval(9)",
    "interval second(3)[]",
    "interval minute to second",
    "numeric(5,-2)",
    "dec(5)",
    "char(3)[]",
    "bpchar(3)[]",
    "bpchar[]",
    "bit(3)[]",
    "_bit",
    "_char",
    "_bpchar",
    "_timestamptz",
    "_timestamptz(3)",
    "pg_catalog._text",
    "\"_text\"",
    "extensions.citext",
    "citext",
    "extensions.citext[]",
    "\"public\".\"mood\"",
    "PUBLIC.Mood",
    "text ARRAY[4]",
    "text [ ]",
    "national character(3)",
    "nchar varying(3)",
];

/// Own array types by the name that the server gives them, and names by the numbers of their letters: only the server
/// knows what they are, and it is asked about a type that is compared.
const ONLY_ASKED: &[&str] = &[
    "_mood",
    "public._mood",
    "app._mood",
    "_email",
    "_citext",
    "U&\"\\006dood\"",
];

#[test]
fn types_are_the_same_where_the_server_says_so() {
    for judge in Judge::each() {
        let all = SPELLINGS.iter().chain(ONLY_ASKED);
        let spellings: Vec<String> = all.map(|s| (*s).to_owned()).collect();
        let printed = judge.ask("public.type_of(e)", &spellings);
        let mut wrong = Vec::new();
        for (written, own) in spellings.iter().zip(&printed) {
            // Types that are not there are refused, and mean nothing.
            let Some(own) = own else { continue };
            for found in printed.iter().flatten() {
                let same = meaning::same_type(written, found, "public");
                let asked = ONLY_ASKED.contains(&written.as_str());
                if same != (own == found && !asked)
                    && !wrong.contains(&format!("{written} ({own}) and {found}: {same}"))
                {
                    wrong.push(format!("{written} ({own}) and {found}: {same}"));
                }
            }
        }
        let refused: Vec<&String> = spellings
            .iter()
            .zip(&printed)
            .filter(|(_, p)| p.is_none())
            .map(|(s, _)| s)
            .collect();
        assert_eq!(refused, ["shout"], "the server takes no others");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn an_expression_without_a_catalog_is_compared_too() {
    assert!(meaning::same_expression(
        "a > 0",
        "(a > 0)",
        &Names::default()
    ));
    assert!(!meaning::same_expression(
        "a > 0",
        "(a > 1)",
        &Names::default()
    ));
}
