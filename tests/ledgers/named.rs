//! `[suites.NAME] ledger = "schema.table"`.

use crate::support::{Project, Server};
use crate::{go, states, text};

const CONFIG: &str = "[suites.shop]\nledger = \"public.schema_migrations\"\n";

const OBJECTS: &str = "select string_agg(n.nspname || '.' || c.relname, ' ' order by n.nspname, c.relname) from pg_class c \
    join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname in ('public', 'supaproof')";

fn shop(config: &str) -> Project {
    Project::new(&[
        ("supaproof.toml", config),
        (
            "sql/shop/001_a.sql",
            "create table a (id int primary key);\n",
        ),
        ("sql/shop/001_a.rollback.sql", "drop table a;\n"),
        ("sql/shop/002_b.sql", "create table b (id int);\n"),
        ("sql/shop/002_b.rollback.sql", "drop table b;\n"),
        (
            "validations/shop.yaml",
            "tables:\n  others: refused\n  count: 2\n  items:\n    a: {}\n    b: {}\nindexes:\n  others: refused\n  items:\n    a_pkey: {table: a, columns: [id], unique: true}\n",
        ),
    ])
}

#[test]
fn a_suite_names_its_ledger() {
    let server = Server::start();
    let project = shop(CONFIG);
    go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(
        text(&server, OBJECTS),
        "public.a public.b public.schema_migrations supaproof.history"
    );
    assert_eq!(
        text(
            &server,
            "select string_agg(concat_ws('|', suite, version, name, length(checksum), statements, rollback <> '', applied_by, \
             success), ' ' order by version) from public.schema_migrations"
        ),
        "shop|001|a|64|1|t|postgres|t shop|002|b|64|1|t|postgres|t"
    );
    // Nobody else may read it, though the schema is open.
    assert_eq!(
        text(
            &server,
            "has_table_privilege('anon', 'public.schema_migrations', 'select, insert, update, delete')"
        ),
        "false"
    );
    assert_eq!(
        states(&go(&project, &server, 0, &["status", "--exit-code"])),
        ["001 applied", "002 applied"]
    );
    // It is nobody's table: not counted, not another one, not written.
    go(&project, &server, 0, &["check"]);
    let run = go(&project, &server, 0, &["generate", "shop", "--closed"]);
    assert!(!run.out.contains("schema_migrations"), "{}", run.out);
    // Unless the suite speaks of it.
    project.write(
        "validations/shop.yaml",
        b"tables:\n  others: refused\n  count: 3\n  items:\n    a: {}\n    b: {}\n    schema_migrations:\n      columns:\n        version: text not null\n",
    );
    go(&project, &server, 0, &["check"]);
    go(&project, &server, 0, &["rollback", "--steps", "1", "--yes"]);
    assert_eq!(
        states(&go(&project, &server, 0, &["status"])),
        ["001 applied", "002 pending"]
    );
    assert_eq!(
        text(
            &server,
            "select string_agg(action || version, ' ' order by id) from supaproof.history"
        ),
        "applied001 applied002 rolled back002"
    );
}

/// Other tables are findings all the same: what is left out is the ledger alone.
#[test]
fn only_the_ledger_is_left_out() {
    let server = Server::start();
    let project = shop(CONFIG);
    go(&project, &server, 0, &["setup", "--yes"]);
    server.sql(
        "postgres",
        "create table schema_migration (suite text, version text, name text, checksum text)",
    );
    let run = go(&project, &server, 1, &["check"]);
    assert!(run.out.contains("schema_migration"), "{}", run.out);
    assert!(!run.out.contains("schema_migrations"), "{}", run.out);
}

#[test]
fn verify_removes_the_ledger_that_it_made() {
    let server = Server::start();
    // Its name has to be quoted.
    let project = shop("[suites.shop]\nledger = 'public.\"Schema \"\"Migrations\"'\n");
    go(&project, &server, 0, &["verify", "--yes"]);
    assert_eq!(
        text(
            &server,
            "select count(*) from public.\"Schema \"\"Migrations\""
        ),
        "2"
    );
    go(&project, &server, 0, &["rollback", "--all", "--yes"]);
    server.sql(
        "postgres",
        "drop table public.\"Schema \"\"Migrations\"; drop schema supaproof cascade",
    );
    // Without one before, a ledger that stayed would be told as left behind.
    let run = go(&project, &server, 0, &["verify", "--yes"]);
    assert!(
        run.out.contains("Rollback leaves nothing behind"),
        "{}",
        run.out
    );
    // One that was there stays, with its rows.
    go(&project, &server, 0, &["rollback", "--all", "--yes"]);
    server.sql(
        "postgres",
        "insert into public.\"Schema \"\"Migrations\" values ('other', '1', 'x', 'y')",
    );
    go(&project, &server, 0, &["verify", "--yes"]);
    assert_eq!(
        text(
            &server,
            "select count(*) from public.\"Schema \"\"Migrations\""
        ),
        "3"
    );
}

/// As TaskFlow's 001_create_migration_tracking.sql does.
#[test]
fn a_suite_that_makes_its_ledger_itself_works() {
    let server = Server::start();
    let project = shop(CONFIG);
    project.write(
        "sql/shop/000_tracking.sql",
        b"create table if not exists schema_migrations (id serial primary key, version varchar(255) not null unique);\n",
    );
    project.write(
        "sql/shop/000_tracking.rollback.sql",
        b"drop table if exists schema_migrations;\n",
    );
    project.write(
        "validations/shop.yaml",
        b"tables:\n  others: refused\n  items:\n    a: {}\n    b: {}\n    schema_migrations: {}\n",
    );
    go(&project, &server, 0, &["verify", "--yes"]);
    go(&project, &server, 0, &["check"]);
    assert_eq!(text(&server, "select count(*) from schema_migrations"), "3");
    go(&project, &server, 0, &["rollback", "--all", "--yes"]);
    assert_eq!(
        text(&server, "select to_regclass('schema_migrations')"),
        "null"
    );
    // Without `if not exists` it is told what to do.
    project.write(
        "sql/shop/000_tracking.sql",
        b"create table schema_migrations (id serial primary key);\n",
    );
    let run = go(&project, &server, 5, &["setup", "--yes"]);
    assert!(
        run.err.contains(
            "public.schema_migrations is the ledger of this suite, which supaproof makes itself"
        ),
        "{}",
        run.err
    );
}

/// A ledger that is there says by its rows whether the suite is: the table itself is in nobody's way.
#[test]
fn a_suite_that_expects_its_ledger_is_verified_where_that_is() {
    let server = Server::start();
    let project = shop(CONFIG);
    project.write(
        "validations/shop.yaml",
        b"tables:\n  others: refused\n  items:\n    a: {}\n    b: {}\n    schema_migrations: {}\n",
    );
    go(&project, &server, 0, &["setup", "--yes"]);
    let run = go(&project, &server, 2, &["verify", "--yes"]);
    assert!(run.out.contains("the ledger's row of 001_a"), "{}", run.out);
    go(&project, &server, 0, &["rollback", "--all", "--yes"]);
    go(&project, &server, 0, &["verify", "--yes"]);
}

#[test]
fn two_suites_share_a_ledger() {
    let server = Server::start();
    let project = shop(
        "[suites.shop]\nledger = \"public.ledger\"\n[suites.other]\nledger = \"public.ledger\"\n",
    );
    project.write("sql/other/001_c.sql", b"create table c (id int);\n");
    project.write("sql/other/001_c.rollback.sql", b"drop table c;\n");
    go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(
        text(
            &server,
            "select string_agg(suite || version, ' ' order by suite, version) from public.ledger"
        ),
        "other001 shop001 shop002"
    );
    go(
        &project,
        &server,
        0,
        &["rollback", "other", "--all", "--yes"],
    );
    assert_eq!(
        states(&go(&project, &server, 0, &["status"])),
        ["001 pending", "001 applied", "002 applied"]
    );
    // The other's rows keep it there.
    go(&project, &server, 0, &["verify", "other", "--yes"]);
    assert_eq!(text(&server, "select count(*) from public.ledger"), "3");
}

#[test]
fn another_table_of_that_name_is_told_with_its_columns() {
    let server = Server::start();
    let project = shop(CONFIG);
    server.sql(
        "postgres",
        "create table schema_migrations (version varchar(128) primary key)",
    );
    for command in [&["status"][..], &["setup", "--yes"], &["verify", "--yes"]] {
        let run = go(&project, &server, 5, command);
        let told = format!("{}{}", run.out, run.err);
        assert!(
            told.contains("the table public.schema_migrations is no ledger of supaproof"),
            "{told}"
        );
        assert!(told.contains("it has the columns version\n"), "{told}");
        assert!(
            told.contains("`supaproof import shop --from dbmate --table public.schema_migrations`"),
            "{told}"
        );
    }
    server.sql(
        "postgres",
        "alter table schema_migrations add column note text",
    );
    let run = go(&project, &server, 5, &["status"]);
    assert!(
        run.err.contains("it has the columns version, note\n"),
        "{}",
        run.err
    );
    assert!(
        run.err.contains("name another table for this suite"),
        "{}",
        run.err
    );
    assert_eq!(text(&server, "select to_regclass('a')"), "null");
}

#[test]
fn what_is_no_table_is_refused_with_its_line() {
    let server = Server::start();
    for (name, says) in [
        (
            "schema_migrations",
            "`schema_migrations` is no table with its schema",
        ),
        ("auth.migrations", "the schema auth is not the project's"),
        (
            "pg_catalog.migrations",
            "the schema pg_catalog is not the project's",
        ),
        (
            "supaproof.history",
            "supaproof.history is the history of all ledgers",
        ),
    ] {
        let project = shop(&format!("[suites.shop]\nledger = \"{name}\"\n"));
        let run = go(&project, &server, 2, &["status"]);
        assert!(run.err.contains(says), "{}", run.err);
        assert!(run.err.contains("supaproof.toml:2:10"), "{}", run.err);
    }
    let run = go(&shop("[suites.shp]\n"), &server, 2, &["status"]);
    assert!(
        run.err.contains("there is no suite `shp`") && run.err.contains("Did you mean `shop`?"),
        "{}",
        run.err
    );
    let run = go(
        &shop("[suites.shop]\nledgr = 'a.b'\n"),
        &server,
        2,
        &["status"],
    );
    assert!(run.err.contains("Did you mean `ledger`?"), "{}", run.err);
    // A schema that is not there is not made.
    let project = shop("[suites.shop]\nledger = \"ops.ledger\"\n");
    let run = go(&project, &server, 5, &["setup", "--yes"]);
    assert!(
        run.err.contains("schema \"ops\" does not exist"),
        "{}",
        run.err
    );
    assert!(
        run.err
            .contains("keeps what was applied in the table ops.ledger"),
        "{}",
        run.err
    );
}
