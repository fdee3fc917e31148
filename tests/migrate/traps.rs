//! What real migration files hold that a runner trips over. Each comes from a file on disk, as a person has it.

use supaproof::error::Error;
use supaproof::migrate::{Direction, Migrations, Options, apply, ledger, plan};
use supaproof::suite::Project;

use crate::cluster::Cluster;
use crate::door::Door;

/// What must come of a trap.
enum Wanted {
    /// It is applied; the query gives this, and the first file counts so many statements.
    Applied(usize, &'static str, &'static str),
    /// It is refused, at this place and with these words, before anything of it is there; the help has these.
    Refused(&'static str, &'static str, &'static str),
    /// It fails on the server, likewise, and what came before it stays.
    Failed(&'static str, &'static str, &'static str),
}

use Wanted::{Applied, Failed, Refused};

struct Trap {
    name: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    wanted: Wanted,
}

fn trap(name: &'static str, files: &[(&'static str, &str)], wanted: Wanted) -> Trap {
    let files = files
        .iter()
        .map(|(name, text)| (*name, text.as_bytes().to_vec()));
    Trap {
        name,
        files: files.collect(),
        wanted,
    }
}

/// A trap of one file.
fn one(name: &'static str, text: &str, wanted: Wanted) -> Trap {
    trap(name, &[("1_a.sql", text)], wanted)
}

/// Texts that are read as they stand.
fn quoting() -> Vec<Trap> {
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
fn files() -> Vec<Trap> {
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

/// What outlives the file that says it.
fn leaks() -> Vec<Trap> {
    let body = "create function f() returns int language sql as 'select x from nowhere'";
    vec![
        trap(
            "SET that would leak",
            &[
                (
                    "1_a.sql",
                    "create schema app; set search_path = app; set default_transaction_read_only = on; set role postgres;",
                ),
                ("2_b.sql", "create table plain (x int);"),
            ],
            Applied(
                4,
                "select relnamespace::regnamespace from pg_class where relname = 'plain'",
                "public",
            ),
        ),
        trap(
            "the search_path of pg_dump",
            &[
                (
                    "1_a.sql",
                    "select pg_catalog.set_config('search_path', '', false);\ncreate table public.a (x int);",
                ),
                ("2_b.sql", "insert into a values (1);"),
            ],
            Applied(2, "select count(*) from a", "1"),
        ),
        trap(
            "check_function_bodies off, in its own file",
            &[(
                "1_a.sql",
                &format!("set check_function_bodies = false;\n{body};"),
            )],
            Applied(2, "select count(*) from pg_proc where proname = 'f'", "1"),
        ),
        trap(
            "check_function_bodies off, which ends with its file",
            &[
                ("1_a.sql", "set check_function_bodies = false;"),
                ("2_b.sql", body),
            ],
            Failed("2_b.sql:1:", "relation \"nowhere\" does not exist", ""),
        ),
        trap(
            "a new label, used by the next file",
            &[
                (
                    "1_a.sql",
                    "create type colour as enum ('red'); create table a (x colour);",
                ),
                ("2_b.sql", "alter type colour add value 'blue';"),
                ("3_c.sql", "insert into a values ('blue');"),
            ],
            Applied(2, "select x from a", "blue"),
        ),
        trap(
            "a new label, used by the same file",
            &[
                (
                    "1_a.sql",
                    "create type colour as enum ('red'); create table a (x colour);",
                ),
                (
                    "2_b.sql",
                    "alter type colour add value 'blue';\ninsert into a values ('blue');",
                ),
            ],
            Failed(
                "2_b.sql:2:",
                "unsafe use of new value",
                "into the next migration",
            ),
        ),
    ]
}

/// Transactions, and what no transaction takes.
fn transactions() -> Vec<Trap> {
    let inner = "create table a (x int);\ncreate procedure p() language plpgsql as $$ begin insert into a values (1); commit; end $$;\n";
    vec![
        one(
            "BEGIN and COMMIT around all",
            "BEGIN;\n\ncreate table a (x int);\nCOMMIT;\n",
            Applied(1, "select count(*) from a", "0"),
        ),
        one(
            "an error between BEGIN and COMMIT",
            "BEGIN;\ncreate table a (x int);\nselect nowhere;\nCOMMIT;\n",
            Failed("1_a.sql:3:8", "does not exist", ""),
        ),
        one(
            "COMMIT in the middle",
            "begin;\ncreate table a (x int);\ncommit;\ninsert into a values (1);",
            Refused(
                "1_a.sql:3:1",
                "commit begins or ends a transaction",
                "a migration of its own",
            ),
        ),
        one(
            "ROLLBACK at the end",
            "begin;\ncreate table a (x int);\nrollback;",
            Refused(
                "1_a.sql:3:1",
                "rollback begins or ends a transaction",
                "remove the ROLLBACK",
            ),
        ),
        one(
            "savepoints",
            "create table a (x int); savepoint s; insert into a values (1); rollback to s; release s;",
            Applied(5, "select count(*) from a", "0"),
        ),
        one(
            "COMMIT in a procedure's body",
            inner,
            Applied(2, "select count(*) from a", "0"),
        ),
        one(
            "a procedure that commits, called",
            &format!("{inner}call p();"),
            Failed(
                "1_a.sql:3:1",
                "invalid transaction termination",
                "transaction: off",
            ),
        ),
        one(
            "the same, outside of a transaction",
            &format!("-- supaproof: transaction: off\n{inner}call p();"),
            Applied(3, "select count(*) from a", "1"),
        ),
        one(
            "COMMIT in a DO block",
            "do $$ begin commit; end $$;",
            Failed(
                "1_a.sql:1:1",
                "invalid transaction termination",
                "transaction: off",
            ),
        ),
        trap(
            "CREATE INDEX CONCURRENTLY",
            &[
                ("1_a.sql", "create table a (x int);"),
                ("2_b.sql", "create index concurrently i on a (x);"),
                ("3_c.sql", "vacuum a;\nreindex table concurrently a;"),
            ],
            Applied(
                1,
                "select count(*) from pg_index where indrelid = 'a'::regclass and indisvalid",
                "1",
            ),
        ),
        trap(
            "what only the server knows to need no transaction",
            &[
                (
                    "1_a.sql",
                    "create table a (x int) partition by list (x); create index i on a (x);",
                ),
                ("2_b.sql", "reindex index i;"),
            ],
            Failed(
                "2_b.sql:1:1",
                "cannot run inside a transaction block (SQLSTATE 25001)",
                "transaction: off",
            ),
        ),
    ]
}

/// What is no SQL.
fn no_sql() -> Vec<Trap> {
    let told = "is a command of psql, not SQL";
    vec![
        one(
            "\\c",
            "select 1;\n\\c other\nselect 2;",
            Refused(
                "1_a.sql:2:1",
                told,
                "the target is chosen on the command line",
            ),
        ),
        one(
            "\\include",
            "\n\n\\include other.sql\n",
            Refused("1_a.sql:3:1", told, "put the included text into this file"),
        ),
        one(
            "\\i behind a statement",
            "select 1; \\i other.sql",
            Refused("1_a.sql:1:11", told, "put the included text"),
        ),
        one(
            "\\set",
            "\\set ON_ERROR_STOP on\nselect 1;",
            Refused("1_a.sql:1:1", told, "knows only SQL"),
        ),
        one(
            "\\restrict",
            "--\n\\restrict aBc'd\nselect 1;\n\\unrestrict aBc'd",
            Refused("1_a.sql:2:1", told, "knows only SQL"),
        ),
        one(
            "\\copy",
            "create table a (x int);\n\\copy a from 'a.csv'",
            Refused("1_a.sql:2:1", told, "knows only SQL"),
        ),
        one(
            "\\gset",
            "select 1 as x \\gset\n",
            Refused("1_a.sql:1:15", told, "knows only SQL"),
        ),
        one(
            "COPY FROM stdin",
            "create table a (x int);\ncopy a (x) from stdin;\n1\n\\.\n",
            Refused(
                "1_a.sql:2:1",
                "COPY … FROM STDIN reads rows",
                "pg_dump does with --inserts",
            ),
        ),
        one(
            "a string that is never closed",
            "select 1;\nselect 'it's';\n",
            Refused("1_a.sql:2:13", "never closed", "close it with '"),
        ),
        one(
            "a body that is never closed",
            "do $a$ begin end $A$;",
            Refused(
                "1_a.sql:1:4",
                "the dollar quote $a$",
                "upper and lower case count",
            ),
        ),
    ]
}

fn place(error: &Error) -> String {
    let origin = error
        .origin()
        .map(|origin| origin.to_string())
        .unwrap_or_default();
    origin.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Reads the files and applies them as `setup` does.
async fn set_up(door: &mut Door, trap: &Trap) -> Result<Migrations, Error> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("sql/shop")).unwrap();
    for (name, bytes) in &trap.files {
        std::fs::write(folder.path().join("sql/shop").join(name), bytes).unwrap();
    }
    let project = Project::find(folder.path(), Some(folder.path()))?;
    let migrations = Migrations::from_suite(&project.suite("shop")?)?;
    let before = ledger::read(door, "shop").await?;
    let plan = plan(&before.applied, &migrations, &Direction::Forward)?;
    apply(door, &plan, &Options::default(), &mut |_| {}).await?;
    Ok(migrations)
}

async fn try_all(traps: Vec<Trap>) {
    let cluster = Cluster::start().await;
    let mut first = cluster.door().await;
    for (number, trap) in traps.iter().enumerate() {
        first.value(&format!("create database d{number}")).await;
        let mut door = cluster.door_with(&format!("dbname=d{number}")).await;
        let name = trap.name;
        let ended = set_up(&mut door, trap).await;
        let ledger = ledger::read(&mut door, "shop").await.unwrap();
        let (at, says, help) = match (&trap.wanted, &ended) {
            (Applied(statements, look, sees), Ok(migrations)) => {
                assert_eq!(
                    migrations.list()[0].setup.statements().len(),
                    *statements,
                    "{name}"
                );
                assert_eq!(ledger.applied.len(), migrations.list().len(), "{name}");
                assert_eq!(door.value(look).await, *sees, "{name}");
                continue;
            }
            (Refused(at, says, help), Err(_)) => {
                assert!(!ledger.exists, "{name}: something was done");
                (at, says, help)
            }
            (Failed(at, says, help), Err(_)) => {
                assert_eq!(
                    ledger.applied.len(),
                    trap.files.len() - 1,
                    "{name}: {ended:?}"
                );
                let there = "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relname = 'a'";
                let wanted = usize::from(
                    trap.files.len() > 1
                        && ledger.applied.len() == 1
                        && !name.contains("check_function"),
                );
                assert_eq!(
                    door.value(there).await,
                    wanted.to_string(),
                    "{name}: half of it is there"
                );
                (at, says, help)
            }
            (_, ended) => panic!("{name}: {:?}", ended.as_ref().map(|_| "it is applied")),
        };
        let error = ended.unwrap_err();
        let told = format!(
            "{name}: {}: {error} {:?} {:?}",
            place(&error),
            error.notes(),
            error.help_text()
        );
        assert!(place(&error).starts_with(at), "{at}: {told}");
        assert!(error.message().contains(says), "{says}: {told}");
        assert!(
            help.is_empty() || error.help_text().is_some_and(|text| text.contains(help)),
            "{help}: {told}"
        );
    }
}

#[tokio::test]
async fn of_quoting() {
    try_all(quoting()).await;
}

#[tokio::test]
async fn of_files_and_bytes() {
    try_all(files()).await;
}

#[tokio::test]
async fn of_what_leaks() {
    try_all(leaks()).await;
}

#[tokio::test]
async fn of_transactions() {
    try_all(transactions()).await;
}

#[tokio::test]
async fn of_what_is_no_sql() {
    try_all(no_sql()).await;
}
