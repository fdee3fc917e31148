//! Traps of what outlives a file, of transactions, and of what is no SQL.

use super::Wanted::{Applied, Failed, Refused};
use super::{Trap, one, trap};

/// What outlives the file that says it.
pub(super) fn leaks() -> Vec<Trap> {
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
pub(super) fn transactions() -> Vec<Trap> {
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
pub(super) fn no_sql() -> Vec<Trap> {
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
