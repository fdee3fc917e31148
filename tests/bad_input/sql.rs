//! SQL that the server refuses: the file, the line, the statement, what the server says, and what stays.

use serde_json::json;
use supaproof::migrate::{Book, ledger};

use crate::support::{Project, Server};
use crate::transcript::{SECRET, Transcript};

const FIRST: (&str, &str) = (
    "sql/shop/001_first.sql",
    "create table orders (id int primary key, note text);\n",
);
const BACK: (&str, &str) = ("sql/shop/001_first.rollback.sql", "drop table orders;\n");
const YAML: (&str, &str) = ("validations/shop.yaml", "tables: {orders: {}}\n");

/// A project whose second migration is this.
fn second(text: &str) -> Project {
    Project::new(&[
        FIRST,
        BACK,
        YAML,
        ("sql/shop/002_second.sql", text),
        ("sql/shop/002_second.rollback.sql", "select 1;\n"),
    ])
}

#[test]
fn a_migration_that_fails() {
    let server = Server::start();
    let mut transcript = Transcript::default();
    for (number, (title, text)) in [
        ("a syntax error", "create table a (id int);\n\ncreate tabel b (id int);\n"),
        ("a statement that is not finished", "create table a (id int,\n"),
        ("a table that is not there", "create table a (id int);\ninsert into nowhere\n  values (1);\n"),
        ("a name nearly right", "create table a (id int);\nselect note,\n  ordres.id\nfrom orders;\n"),
        ("a column nearly right", "select id,\n  noote\nfrom orders;\n"),
        ("a row that is there already", "insert into orders values (1);\ninsert into orders values (1);\n"),
        ("a division by zero", "select 1;\nselect 1 / 0;\n"),
        ("what is checked at the end", "create table b (a int references orders deferrable initially deferred);\ninsert into b values (7);\n"),
        ("an error in a block", "do $$\nbegin\n  perform 1;\n  insert into nowhere values (1);\nend\n$$;\n"),
        (
            "an error in a function",
            "create function fill(n int) returns void language plpgsql as $$\nbegin\n  insert into orders values (n / 0);\nend\n$$;\n\n-- Ünïcödé before it\nselect fill(1);\n",
        ),
        ("an error of one's own", "do $$ begin\n  raise exception 'not here'\n    using hint = 'Go there.', detail = 'It is elsewhere.', errcode = 'SHOP1';\nend $$;\n"),
        ("no permission", "create table a (id int);\ncreate table auth.mine (id int);\n"),
        ("a role that may do less", "set role anon;\ncreate table a (id int);\n"),
        ("Windows' line ends", "create table a (id int);\r\n\r\nselect * from nowhere;\r\n"),
        ("a byte order mark", "\u{feff}create table a (id int);\nselect * from nowhere;\n"),
    ]
    .into_iter()
    .enumerate()
    {
        let database = format!("d{number}");
        server.copy("postgres", &database);
        let target = format!("{} password={SECRET}", server.target(&database));
        let project = second(text);
        let run = transcript.run(title, &project, &["setup", "shop", "--yes", "--target", &target], 5);
        transcript.expect(run.err.contains("sql/shop/002_second.sql:"), title, &run);
        // Each file is there whole, with its row in the ledger, or not at all.
        let there = "select json_build_array(to_regclass('public.orders') is not null, to_regclass('public.a') is not null)";
        let first = server.json(&database, &ledger::read_sql(&Book::new("shop")))["applied"]
            .as_array().unwrap().iter().filter(|row| row["success"] == true).count();
        let there = server.json(&database, there);
        assert_eq!(there, json!([first == 1, false]), "{title}: {first} applied");
    }
    transcript.accept("sql");
}

#[test]
fn sql_that_fails_in_the_other_commands() {
    let mut transcript = Transcript::default();
    let broken = second("select 1;\nselect 1 / 0;\n");
    transcript.run(
        "check on the embedded target",
        &broken,
        &["check", "shop"],
        5,
    );
    transcript.run(
        "verify on the embedded target",
        &broken,
        &["verify", "shop"],
        5,
    );
    let back = Project::new(&[
        FIRST,
        (
            "sql/shop/001_first.rollback.sql",
            "drop table orders;\n\ndrop table orders;\n",
        ),
        YAML,
    ]);
    let run = transcript.run("a rollback that fails", &back, &["verify", "shop"], 5);
    transcript.expect(
        run.out.contains("001_first.rollback.sql:3:"),
        "its line",
        &run,
    );
    let needed = Project::new(&[
        FIRST,
        ("sql/shop/001_first.rollback.sql", "drop table orders;\n"),
        (
            "sql/shop/002_second.sql",
            "create view notes as select note from orders;\n",
        ),
        ("sql/shop/002_second.rollback.sql", "select 1;\n"),
    ]);
    transcript.run(
        "a rollback that something needs",
        &needed,
        &["verify", "shop"],
        5,
    );
    transcript.accept("sql_elsewhere");
}
