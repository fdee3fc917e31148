//! The Supabase CLI's ledger, kept in step: the short form, with its table as version 3.1.0 makes it. The long form with
//! the CLI itself is in `peers.rs`.

use crate::support::{Project, Server};
use crate::{go, states, text};

/// Recorded from `supabase db push` of version 3.1.0.
pub(crate) const PUSHED: &str = "create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
    alter table supabase_migrations.schema_migrations add column if not exists statements text[];
    alter table supabase_migrations.schema_migrations add column if not exists name text;
    create table a (id int);
    insert into supabase_migrations.schema_migrations (version, statements, name)
      values ('20240101000000', array['-- first\ncreate table a (id int)', '-- end'], 'first')";

const ROWS: &str = "select coalesce(string_agg(concat_ws('|', version, name, statements::text), ' ' order by version), '') \
    from supabase_migrations.schema_migrations";

pub(crate) fn project() -> Project {
    Project::new(&[
        (
            "supabase/migrations/20240101000000_first.sql",
            "-- first\ncreate table a (id int);\n-- end\n",
        ),
        (
            "supabase/migrations/20240102000000_second.sql",
            "create table b (id int);\n-- ROLLBACK:\n-- drop table b;\n",
        ),
    ])
}

#[test]
fn what_the_cli_pushed_is_applied_and_what_we_apply_is_pushed() {
    let server = Server::start();
    let project = project();
    server.sql("postgres", &PUSHED.replace("'-- first\\n", "E'-- first\\n"));
    let run = go(&project, &server, 0, &["status"]);
    assert_eq!(
        states(&run),
        ["20240101000000 applied", "20240102000000 pending"]
    );
    let run = go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(run.out, "✅ supabase: 20240102000000_second applied\n");
    let row =
        "20240102000000|second|{\"create table b (id int)\",\"-- ROLLBACK:\n-- drop table b\"}";
    assert!(
        text(&server, ROWS).ends_with(row),
        "{}",
        text(&server, ROWS)
    );
    // Both rows came with one transaction.
    assert_eq!(
        text(
            &server,
            "select count(distinct xmin::text) from (select xmin from supaproof.migrations union all \
             select xmin from supabase_migrations.schema_migrations where version > '20240102') x"
        ),
        "1"
    );
    go(&project, &server, 0, &["status", "--exit-code"]);
    let run = go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(run.out, "✅ supabase: nothing is pending\n");
    go(&project, &server, 0, &["rollback", "--steps", "1", "--yes"]);
    assert!(text(&server, ROWS).starts_with("20240101000000|first|"));
    assert!(!text(&server, ROWS).contains("second"));
}

#[test]
fn a_file_that_changed_since_it_was_pushed_is_divergent() {
    let server = Server::start();
    let project = project();
    server.sql("postgres", &PUSHED.replace("'-- first\\n", "E'-- first\\n"));
    project.write(
        "supabase/migrations/20240101000000_first.sql",
        b"create table a (id bigint);\n",
    );
    let run = go(&project, &server, 1, &["status"]);
    assert_eq!(states(&run)[0], "20240101000000 divergent");
    let run = go(&project, &server, 5, &["setup", "--yes"]);
    assert!(
        run.err
            .contains("20240101000000_first has changed since it was applied"),
        "{}",
        run.err
    );
    go(&project, &server, 0, &["repair", "--yes"]);
    assert_eq!(
        states(&go(&project, &server, 0, &["status"]))[0],
        "20240101000000 applied"
    );
    assert!(text(&server, ROWS).contains("create table a (id bigint)"));
    // And one whose file is gone.
    std::fs::remove_file(
        project
            .path()
            .join("supabase/migrations/20240101000000_first.sql"),
    )
    .unwrap();
    assert_eq!(
        states(&go(&project, &server, 1, &["status"]))[0],
        "20240101000000 missing"
    );
    go(&project, &server, 0, &["repair", "--yes"]);
    assert_eq!(text(&server, ROWS), "");
}

#[test]
fn a_database_that_the_cli_has_not_seen_gets_its_table() {
    let server = Server::start();
    let project = project();
    let before = "select count(*) from pg_namespace where nspname = 'supabase_migrations'";
    assert_eq!(text(&server, before), "0");
    go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(
        text(
            &server,
            "select string_agg(attname || ' ' || format_type(atttypid, atttypmod) || attnotnull, ', ' order by attname) \
             from pg_attribute where attrelid = 'supabase_migrations.schema_migrations'::regclass and attnum > 0"
        ),
        "name textfalse, statements text[]false, version texttrue"
    );
    assert_eq!(
        text(
            &server,
            "select count(*) from supabase_migrations.schema_migrations"
        ),
        "2"
    );
}

#[test]
fn what_the_cli_does_not_know_is_told_and_mended() {
    let server = Server::start();
    let project = project();
    go(&project, &server, 0, &["setup", "--yes"]);
    // `supabase migration repair --status reverted`
    server.sql(
        "postgres",
        "delete from supabase_migrations.schema_migrations where version = '20240101000000'",
    );
    let run = go(&project, &server, 1, &["status"]);
    assert_eq!(
        states(&run),
        ["20240101000000 out of step", "20240102000000 applied"]
    );
    assert!(
        run.out
            .contains("`supabase db push` would run it once more"),
        "{}",
        run.out
    );
    let run = go(&project, &server, 0, &["repair", "--yes"]);
    assert_eq!(
        run.out,
        "✅ supabase: 20240101000000_first is recorded for the Supabase CLI, too\n"
    );
    go(&project, &server, 0, &["status"]);
    assert_eq!(
        text(
            &server,
            "select count(*) from supabase_migrations.schema_migrations"
        ),
        "2"
    );
}

/// An older CLI kept versions alone.
#[test]
fn a_table_without_names_is_understood() {
    let server = Server::start();
    let project = project();
    server.sql(
        "postgres",
        "create schema supabase_migrations; create table a (id int); \
         create table supabase_migrations.schema_migrations (version text not null primary key); \
         insert into supabase_migrations.schema_migrations values ('20240101000000')",
    );
    assert_eq!(
        states(&go(&project, &server, 0, &["status"])),
        ["20240101000000 applied", "20240102000000 pending"]
    );
    go(&project, &server, 0, &["setup", "--yes"]);
    assert!(text(&server, ROWS).contains("20240102000000|second|"));
}

#[test]
fn verify_removes_what_it_made_for_the_cli() {
    let server = Server::start();
    let project = Project::new(&[(
        "supabase/migrations/20240102000000_second.sql",
        "create table b (id int);\n-- ROLLBACK:\n-- drop table b;\n",
    )]);
    go(&project, &server, 0, &["verify", "--yes"]);
    go(&project, &server, 0, &["rollback", "--all", "--yes"]);
    assert_eq!(text(&server, ROWS), "");
    // The table that is there stays, and is no difference.
    go(&project, &server, 0, &["verify", "--yes"]);
}

/// A suite of `sql/` has nothing to do with the CLI.
#[test]
fn other_suites_leave_it_alone() {
    let server = Server::start();
    server.sql("postgres", &PUSHED.replace("'-- first\\n", "E'-- first\\n"));
    let project = Project::new(&[(
        "sql/shop/20240101000000_x.sql",
        "create table x (id int);\n",
    )]);
    let run = go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(run.out, "✅ shop: 20240101000000_x applied\n");
    assert_eq!(
        text(
            &server,
            "select count(*) from supabase_migrations.schema_migrations"
        ),
        "1"
    );
}
