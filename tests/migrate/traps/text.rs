//! Traps of quoting, and of files and their bytes.

use super::Wanted::{Applied, Failed, Refused};
use super::{Trap, one, trap};

/// Texts that are read as they stand.
pub(super) fn quoting() -> Vec<Trap> {
    vec![
        one(
            "dollar-quoted bodies, tagged and nested",
            "create function f() returns text language plpgsql as $body$\ndeclare r text;\nbegin\n  \
             execute $q$select $i$;'$i$ || '--;'$q$ into r; -- it's $$ here;\n  return r;\nend;\n$body$;\n\
             create function g() returns int language sql as $_1é$ select 2; $_1é$;",
            Applied(2, "select f() || g()", ";'--;2"),
        ),
        one(
            "apostrophes in comments",
            "-- it's mine; don't\ncreate table a (x int); -- 'tis\n/* can't; /* won't */ */ insert into a values (1);",
            Applied(2, "select count(*) from a", "1"),
        ),
        one(
            "text that is not ASCII",
            "-- größe; 日本\ncreate table \"größe\" (ключ text);\ninsert into größe values ('日;本☃'), ('é''è');",
            Applied(
                2,
                "select string_agg(ключ, ',' order by ключ) from größe",
                "é'è,日;本☃",
            ),
        ),
        one(
            "a DO block",
            "do $$ begin create table a (x int); insert into a values (1); insert into a values (2); end; $$;",
            Applied(1, "select count(*) from a", "2"),
        ),
        one(
            "semicolons in comments and strings",
            "create table a (x text); -- one; two;\ninsert into a values ('a;b'), (E'c\\';d'), (U&'e;'), ($$f;$$); /* ; */",
            Applied(
                2,
                "select string_agg(x, '|' order by x) from a",
                "a;b|c';d|e;|f;",
            ),
        ),
        one(
            "$$ in a comment",
            "-- the body is in $$ quotes\ncreate function f() returns int language sql as $$ select 1; $$; -- ends with $$;\nselect f();",
            Applied(2, "select f()", "1"),
        ),
        one(
            "a body in single quotes",
            "create function f() returns text language sql as 'select ''it''''s;'' ; ';\nselect f();",
            Applied(2, "select f()", "it's;"),
        ),
        one(
            "BEGIN ATOMIC",
            "create table a (x int);\ncreate function f() returns int begin atomic\n  insert into a values (1);\n  \
             select case when true then 7 end;\nend;\nselect f();",
            Applied(3, "select count(*) from a", "1"),
        ),
        one(
            "a rule with several actions",
            "create table a (x int); create table b (x int);\ncreate rule r as on insert to a do also (insert into b values (1); \
             insert into b values (2));\ninsert into a values (1);",
            Applied(4, "select count(*) from b", "2"),
        ),
        one(
            "an operator beside a comment",
            "create table a as select 2*/*;*/3 as x, 4 - --;\n 5 as y;",
            Applied(1, "select x || ',' || y from a", "6,-1"),
        ),
    ]
}

/// Ends and beginnings of files, and their bytes.
pub(super) fn files() -> Vec<Trap> {
    let utf16: Vec<u8> = "select 1;"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut big = String::from("create table a (x text);\n");
    for number in 0..1100 {
        big.push_str(&format!(
            "insert into a values ('{number};{}');\n",
            "it''s ".repeat(170)
        ));
    }
    let mut huge = String::from("create table a (x text);\n");
    for _ in 0..10 {
        huge.push_str(&format!(
            "insert into a values ('{}');\n",
            "x;".repeat(524_288)
        ));
    }
    assert!(big.len() > 1_000_000 && huge.len() > 10_000_000);
    let broken = format!("{huge}\n  select nowhere;");
    let bytes = |name, bytes: &[u8], wanted| Trap {
        name,
        files: vec![("1_a.sql", bytes.to_vec())],
        wanted,
    };
    vec![
        one(
            "no newline at the end",
            "create table a (x int);\n-- the end",
            Applied(1, "select count(*) from a", "0"),
        ),
        one(
            "a last statement without its semicolon",
            "create table a (x int);\ninsert into a values (1)",
            Applied(2, "select count(*) from a", "1"),
        ),
        one(
            "only comments",
            "-- nothing yet;\n/* it's */",
            Applied(0, "select 1", "1"),
        ),
        one("only semicolons", ";;\n;", Applied(0, "select 1", "1")),
        one(
            "an empty file",
            "",
            Refused("1_a.sql:1:1", "1_a.sql is empty", "or remove the file"),
        ),
        one(
            "a file of spaces",
            "\r\n \t\n",
            Refused("1_a.sql:1:1", "1_a.sql is empty", "or remove the file"),
        ),
        one(
            "CRLF",
            "-- it's;\r\ncreate table a (x text);\r\ninsert into a values ('1\r\n2');\r\n",
            Applied(2, "select length(x) from a", "4"),
        ),
        one(
            "an error behind CRLF",
            "create table a (x int);\r\n\r\n  select nowhere;\r\n",
            Failed("1_a.sql:3:10", "column \"nowhere\" does not exist", ""),
        ),
        one(
            "a byte order mark",
            "\u{feff}create table a (x int);",
            Applied(1, "select count(*) from a", "0"),
        ),
        one(
            "a byte order mark and an error",
            "\u{feff}select 1;\nselect nowhere",
            Failed("1_a.sql:2:8", "column \"nowhere\" does not exist", ""),
        ),
        one(
            "a byte order mark in the middle",
            "select 1;\n\u{feff}select 2",
            Failed(
                "1_a.sql:2:1",
                "syntax error at or near \"\u{feff}select\"",
                "",
            ),
        ),
        bytes(
            "no UTF-8",
            b"-- caf\xe9\nselect 1;",
            Refused(
                "",
                "1_a.sql is not UTF-8: line 1 has the byte 0xe9 at offset 6",
                "iconv -f WINDOWS-1252",
            ),
        ),
        bytes(
            "UTF-16",
            &[&[0xff, 0xfe], utf16.as_slice()].concat(),
            Refused("", "1_a.sql is not UTF-8 (it is UTF-16)", "iconv -f UTF-16"),
        ),
        bytes(
            "a NUL character",
            b"select 1;\nselect '\0';",
            Refused(
                "1_a.sql:2:9",
                "holds a NUL character",
                "save the file as UTF-8",
            ),
        ),
        one(
            "over a megabyte",
            &big,
            Applied(1101, "select count(*) from a", "1100"),
        ),
        one(
            "ten megabytes",
            &huge,
            Applied(11, "select sum(length(x)) from a", "10485760"),
        ),
        one(
            "an error behind ten megabytes",
            &broken,
            Failed(
                "1_a.sql:13:10",
                "column \"nowhere\" does not exist (SQLSTATE 42703)",
                "",
            ),
        ),
        trap(
            "no version in the name",
            &[("1_a.sql", "select 1"), ("more.sql", "select 1")],
            Refused("more.sql:1:1", "has no version in its name", ""),
        ),
        trap(
            "two files with one version",
            &[("01_a.sql", "select 1"), ("1_b.sql", "select 1")],
            Refused(
                "1_b.sql:1:1",
                "two files have the version 1",
                "another version",
            ),
        ),
        one(
            "a rollback in comments",
            "create table a (x int);\n-- ROLLBACK:\n-- drop table a;\n-- it's gone\n",
            Applied(
                1,
                "select trim(e'\n ' from rollback) from supaproof.migrations",
                "drop table a;\n-- it's gone",
            ),
        ),
    ]
}

/// What somebody takes for the beginning of a rollback. Were it not seen, the table would be made and dropped, and the migration
/// be called applied.
pub(super) fn rollbacks() -> Vec<Trap> {
    let words = "looks like the beginning of a rollback";
    let traps = [
        ("-- DOWN", Some(words)),
        ("-- Down:", Some(words)),
        ("-- ROLLBACK", Some(words)),
        ("-- ROLLBACK: drop", Some(words)),
        ("/* ROLLBACK: */", Some(words)),
        ("-- ==== ROLLBACK ====", Some(words)),
        ("-- Down Migration", None),
        ("---- create above / drop below ----", None),
        ("-- ROLLBACK:", None),
    ];
    let tools = [
        ("-- migrate:up", "-- migrate:Down", None),
        ("-- migrate:up", "-- MIGRATE:DOWN", None),
        (
            "-- migrate:up",
            "-- migrate:dwon",
            Some("there is no marker `migrate:dwon`"),
        ),
        ("-- migrate:up", "-- ROLLBACK:", Some(words)),
        ("-- +migrate Up", "-- +migrate Down", None),
    ];
    let traps = traps.into_iter().map(|(mark, says)| ("-- q", mark, says));
    traps
        .chain(tools)
        .map(|(first, mark, says)| {
            let text = format!("{first}\ncreate table q (x int);\n{mark}\ndrop table q;\n");
            let wanted = match says {
                Some(says) => Refused("1_a.sql:3:1", says, ""),
                None => Applied(1, "select count(*) from q", "0"),
            };
            one(mark, &text, wanted)
        })
        .chain([one(
            "a sentence about a rollback",
            "create table a (x int);\n-- rollback is not needed here\ninsert into a values (1);",
            Applied(2, "select count(*) from a", "1"),
        )])
        .collect()
}
