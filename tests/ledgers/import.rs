//! `supaproof import`, with ledgers as other tools make them: their tables are recorded from their sources, their checksums
//! are computed by other programs (`sha384sum`, Python's `zlib`).

use serde_json::json;

use crate::support::{Project, Run, Server};
use crate::{go, states, text};

fn shop() -> Project {
    Project::new(&[
        ("sql/shop/001_a.sql", "create table a (id int);\n"),
        ("sql/shop/002_b.sql", "create table b (id int);\n"),
        ("sql/shop/003_c.sql", "create table c (id int);\n"),
    ])
}

/// What is in their table, before and after: it is never touched.
fn import(project: &Project, server: &Server, table: &str, code: i32, args: &[&str]) -> Run {
    let all = format!("select coalesce(json_agg(to_jsonb(t)), '[]') from {table} t");
    let before = server.json("postgres", &all);
    let run = go(project, server, code, args);
    assert_eq!(
        server.json("postgres", &all),
        before,
        "their ledger was changed"
    );
    run
}

/// The original tool of TaskFlow keeps SHA-256 of the file, and text of its rollback.
const TASKFLOW: &str = "create table schema_migrations (id serial primary key, version varchar(255) not null unique,
      description text, type varchar(50) default 'migration', checksum varchar(64), applied_by varchar(255) default current_user,
      applied_at timestamptz default current_timestamp, execution_time_ms integer, success boolean default true,
      error_message text, rollback_sql text);
    create table a (id int); create table b (id int);
    insert into schema_migrations (version, checksum, applied_by, applied_at, execution_time_ms, rollback_sql, success, error_message)
    values ('001_a', '{sha256}', 'importer', '2024-12-19 10:00:00Z', 42, 'drop table a;', true, null),
      ('002_b', 'manual_execution', 'importer', '2024-12-19 11:00:00Z', 0, null, true, null),
      ('003_c', 'error', 'importer', '2024-12-19 12:00:00Z', 0, null, false, 'relation exists')";

// printf 'create table a (id int);\n' | sha256sum
const SHA256: &str = "519a1e8e560bfe843fff05a0e39aa2ec638878f09a8897cd41d6801a7f543995";

#[test]
fn the_ledger_of_the_original_taskflow_tool_is_taken_over() {
    let server = Server::start();
    let project = shop();
    server.sql("postgres", &TASKFLOW.replace("{sha256}", SHA256));
    // The plan comes first, and nothing is done without a yes.
    let run = import(&project, &server, "schema_migrations", 2, &["import"]);
    assert!(run.err.contains("shop: the original TaskFlow tool has 3 migrations in the table public.schema_migrations"), "{}", run.err);
    assert!(
        run.err
            .contains("  001_a, applied 2024-12-19T10:00:00+00:00; its file is unchanged\n"),
        "{}",
        run.err
    );
    assert!(
        run.err
            .contains("  003_c stays out: it failed there: relation exists\n"),
        "{}",
        run.err
    );
    assert!(
        run.err
            .contains("Record 001_a, 002_b of shop as applied on"),
        "{}",
        run.err
    );
    assert_eq!(
        text(&server, "select to_regclass('supaproof.migrations')"),
        "null"
    );

    let run = import(
        &project,
        &server,
        "schema_migrations",
        1,
        &["import", "--yes"],
    );
    assert_eq!(
        run.out,
        "✅ shop: 001_a recorded as applied, without running it\n\
         ✅ shop: 002_b recorded as applied, without running it\n\
         ❌ shop: 003_c is not imported: it failed there: relation exists\n   \
         help: see what it left, and either finish or undo it by hand; then `supaproof setup` applies it\n\
         ⏭️ shop: 1 file is not applied there: `supaproof setup` applies what is pending\n"
    );
    assert_eq!(
        text(
            &server,
            "select string_agg(concat_ws('|', version, applied_by, applied_at at time zone 'UTC', duration_ms, rollback), ' ' \
             order by version) from supaproof.migrations"
        ),
        "001|importer|2024-12-19 10:00:00|42|drop table a; 002|importer|2024-12-19 11:00:00|0"
    );
    assert_eq!(
        text(
            &server,
            "select string_agg(action || ' ' || version || ' ' || detail, ', ' order by id) from supaproof.history"
        ),
        "imported 001 from the original TaskFlow tool, public.schema_migrations, \
         imported 002 from the original TaskFlow tool, public.schema_migrations"
    );
    // Once more: nothing changes.
    let rows = "select json_agg(t.xmin::text order by version)::text from supaproof.migrations t";
    let before = text(&server, rows);
    let run = import(
        &project,
        &server,
        "schema_migrations",
        1,
        &["import", "--yes"],
    );
    assert!(!run.out.contains("✅"), "{}", run.out);
    assert_eq!(text(&server, rows), before);
    // What was taken over goes on.
    let run = go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(run.out, "✅ shop: 003_c applied\n");
    assert_eq!(
        states(&go(&project, &server, 0, &["status"])),
        ["001 applied", "002 applied", "003 applied"]
    );
}

#[test]
fn a_file_that_changed_is_imported_only_where_that_is_wanted() {
    let server = Server::start();
    let project = shop();
    project.write("sql/shop/001_a.sql", b"create table a (id bigint);\n");
    server.sql("postgres", &TASKFLOW.replace("{sha256}", SHA256));
    let run = import(
        &project,
        &server,
        "schema_migrations",
        1,
        &["import", "--from", "taskflow", "--yes"],
    );
    assert!(
        run.out.contains(
            "❌ shop: 001_a is not imported: its file has changed since it was applied: "
        ),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("or take it as it is now with --changed"),
        "{}",
        run.out
    );
    assert_eq!(
        text(
            &server,
            "select string_agg(version, ' ') from supaproof.migrations"
        ),
        "002"
    );
    let run = import(
        &project,
        &server,
        "schema_migrations",
        1,
        &["import", "--changed", "--yes"],
    );
    assert!(
        run.out.contains("✅ shop: 001_a recorded as applied"),
        "{}",
        run.out
    );
    let detail = "select detail from supaproof.history where version = '001'";
    assert!(
        text(&server, detail).contains("its file has changed: "),
        "{}",
        text(&server, detail)
    );
    assert_eq!(
        states(&go(&project, &server, 0, &["status"]))[0],
        "001 applied"
    );
}

/// Source: `createHistoryTable` of Flyway's PostgreSQL support.
const FLYWAY: &str = "create table flyway_schema_history (installed_rank int not null, version varchar(50),
      description varchar(200) not null, type varchar(20) not null, script varchar(1000) not null, checksum integer,
      installed_by varchar(100) not null, installed_on timestamp not null default now(), execution_time integer not null,
      success boolean not null);
    alter table flyway_schema_history add constraint flyway_schema_history_pk primary key (installed_rank);
    insert into flyway_schema_history (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
    values (1, '1', 'a', 'SQL', 'V1__a.sql', -897341557, 'me', 7, true),
      (2, '1.1', 'b', 'SQL', 'V1.1__b.sql', 12345, 'me', 7, true),
      (3, null, 'views', 'SQL', 'R__views.sql', 99, 'me', 7, true),
      (4, '2', 'c', 'SQL', 'V2__c.sql', 1, 'me', 7, false),
      (5, '3', 'gone', 'SQL', 'V3__gone.sql', 1, 'me', 7, true)";

#[test]
fn flyways_checksums_are_verified() {
    let server = Server::start();
    server.sql("postgres", FLYWAY);
    let project = Project::new(&[
        // With CRLF: Flyway's checksum knows no line ends.
        ("sql/shop/V1__a.sql", "create table a (id int);\r\n"),
        ("sql/shop/V1.1__b.sql", "create table b (id int);\n"),
        ("sql/shop/V2__c.sql", "create table c (id int);\n"),
    ]);
    let run = import(
        &project,
        &server,
        "flyway_schema_history",
        1,
        &["import", "--yes"],
    );
    assert!(run.err.contains("  1_a, applied "), "{}", run.err);
    let told: Vec<&str> = run
        .out
        .lines()
        .filter(|line| !line.starts_with(' '))
        .collect();
    assert_eq!(
        told,
        [
            "✅ shop: 1_a recorded as applied, without running it",
            "❌ shop: V1.1__b.sql is not imported: its file has changed since it was applied: 12345 there, 1398915466 here (CRC-32)",
            "❌ shop: R__views.sql is not imported: it is a repeatable migration, which supaproof does not have",
            "❌ shop: V2__c.sql is not imported: it failed there",
            "❌ shop: V3__gone.sql is not imported: it is applied there, and the suite has no file of it",
            "⏭️ shop: 1 file is not applied there: `supaproof setup` applies what is pending",
        ]
    );
}

/// Source: `ensure_migrations_table` of sqlx' PostgreSQL support.
const SQLX: &str = "create table _sqlx_migrations (version bigint primary key, description text not null,
      installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null,
      execution_time bigint not null);
    insert into _sqlx_migrations values (1, 'a', '2024-01-01Z', true, '\\x6718b0852de22191c32592159e1869ff2c07a267efde75fc7b801ac1a0a6e330bc37a40bc26e83742c07a8b3bd8bf111', 5000000),
      (2, 'b', '2024-01-01Z', true, '\\x00', 5000000), (3, 'c', '2024-01-01Z', false, '\\x00', -1)";

#[test]
fn sqlx_checksums_are_verified() {
    let server = Server::start();
    let project = shop();
    server.sql("postgres", SQLX);
    let run = import(
        &project,
        &server,
        "_sqlx_migrations",
        1,
        &["import", "shop", "--yes"],
    );
    assert!(
        run.out.contains("✅ shop: 001_a recorded as applied"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains(
            "❌ shop: 2 is not imported: its file has changed since it was applied: 00 there, "
        ),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("❌ shop: 3 is not imported: it is dirty"),
        "{}",
        run.out
    );
    assert_eq!(
        text(&server, "select duration_ms from supaproof.migrations"),
        "5"
    );
}

#[test]
fn ledgers_that_keep_versions_alone_are_taken_over() {
    for (table, make, from) in [
        // dbmate
        (
            "schema_migrations",
            "create table schema_migrations (version varchar(128) primary key); \
          insert into schema_migrations values ('001'), ('002')",
            "dbmate",
        ),
        // goose, with a migration that was rolled back
        (
            "goose_db_version",
            "create table goose_db_version (id serial primary key, version_id bigint not null, is_applied boolean not null, \
          tstamp timestamp default now()); insert into goose_db_version (version_id, is_applied) values (0, true), (1, true), (2, true), (3, true), \
          (3, false)",
            "goose",
        ),
        // golang-migrate
        (
            "schema_migrations",
            "create table schema_migrations (version bigint not null primary key, dirty boolean not null); \
          insert into schema_migrations values (2, false)",
            "golang-migrate",
        ),
        // the original tool of ExeServer
        (
            "migrations",
            "create table migrations (id serial primary key, version integer not null, description text not null, \
          applied_at timestamp not null default now()); insert into migrations (version, description) values (1, 'x'), (2, 'y')",
            "exeserver",
        ),
        // refinery
        (
            "refinery_schema_history",
            "create table refinery_schema_history (version int4 primary key, name varchar(255), applied_on varchar(255), \
          checksum varchar(255)); insert into refinery_schema_history values (1, 'a', '2024-01-01T00:00:00Z', '1'), (2, 'b', '2024-01-01T00:00:00Z', '2')",
            "refinery",
        ),
    ] {
        let server = Server::start();
        let project = shop();
        server.sql("postgres", make);
        let code = i32::from(from == "goose");
        let run = import(&project, &server, table, code, &["import", "--yes"]);
        assert!(
            run.err
                .contains("whether its file has changed is not known"),
            "{}",
            run.err
        );
        assert_eq!(
            states(&go(&project, &server, 0, &["status"])),
            ["001 applied", "002 applied", "003 pending"],
            "{from}"
        );
        // Named, it is the same one.
        import(
            &project,
            &server,
            table,
            code,
            &["import", "--from", from, "--yes"],
        );
    }
}

#[test]
fn the_ledger_that_is_meant_has_to_be_one() {
    let server = Server::start();
    let project = shop();
    let run = go(&project, &server, 2, &["import", "--yes"]);
    assert!(
        run.err
            .contains("there is no ledger of another tool in this database"),
        "{}",
        run.err
    );
    // Those of the platform's own services are not meant.
    assert!(!run.err.contains("storage.migrations"), "{}", run.err);
    server.sql(
        "postgres",
        "create schema app; create table app.schema_migrations (version text primary key); \
         create table _sqlx_migrations (version bigint, description text, installed_on timestamptz, success boolean, checksum bytea, \
         execution_time bigint); create table \"Odd name\" (version text primary key)",
    );
    let run = go(&project, &server, 2, &["import", "--yes"]);
    assert!(
        run.err.contains("there are several ledgers of other tools"),
        "{}",
        run.err
    );
    assert!(
        run.err
            .contains("app.schema_migrations is the ledger of dbmate"),
        "{}",
        run.err
    );
    let run = go(&project, &server, 2, &["import", "--from", "flyway"]);
    assert!(
        run.err
            .contains("there is no ledger of Flyway in this database"),
        "{}",
        run.err
    );
    let run = go(
        &project,
        &server,
        0,
        &["import", "--table", "public.\"Odd name\"", "--yes"],
    );
    assert_eq!(
        run.out,
        "✅ shop: nothing is to be imported: that ledger is empty\n⏭️ shop: 3 files are not applied there: `supaproof setup` applies what is pending\n"
    );
    let run = go(&project, &server, 2, &["import", "--table", "odd"]);
    assert!(
        run.err.contains("`odd` is no table with its schema"),
        "{}",
        run.err
    );
    server.sql("postgres", "create table other (a int)");
    let run = go(&project, &server, 2, &["import", "--table", "public.other"]);
    assert!(
        run.err
            .contains("the table public.other is no ledger that is known"),
        "{}",
        run.err
    );
    let kept = server.json(
        "postgres",
        "select to_json(to_regclass('supaproof.migrations') is null)",
    );
    assert_eq!(kept, json!(true));
}

/// A suite that names for its ledger what another tool has there.
#[test]
fn a_ledger_under_the_name_of_another_is_taken_over_from_its_new_name() {
    let server = Server::start();
    let project = shop();
    project.write(
        "supaproof.toml",
        b"[suites.shop]\nledger = \"public.schema_migrations\"\n",
    );
    server.sql("postgres", &TASKFLOW.replace("{sha256}", SHA256));
    let run = go(&project, &server, 5, &["status"]);
    assert!(
        run.err
            .contains("it looks like the ledger of the original TaskFlow tool"),
        "{}",
        run.err
    );
    server.sql(
        "postgres",
        "alter table schema_migrations rename to schema_migrations_before",
    );
    import(
        &project,
        &server,
        "schema_migrations_before",
        1,
        &[
            "import",
            "--table",
            "public.schema_migrations_before",
            "--yes",
        ],
    );
    assert_eq!(
        text(
            &server,
            "select string_agg(suite || version, ' ' order by version) from public.schema_migrations"
        ),
        "shop001 shop002"
    );
}

#[test]
fn an_import_is_wholly_done_or_not_at_all() {
    let server = Server::start();
    let project = shop();
    server.sql(
        "postgres",
        "create table schema_migrations (version varchar(128) primary key); \
         insert into schema_migrations values ('001'), ('002')",
    );
    // Somebody's trigger refuses the second row.
    go(&project, &server, 0, &["import", "--yes"]);
    server.sql(
        "postgres",
        "delete from supaproof.migrations; \
         create function no() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$; \
         create trigger no before insert on supaproof.migrations for each row when (new.version = '002') execute function no()",
    );
    let run = go(&project, &server, 5, &["import", "--yes"]);
    assert!(
        run.err
            .contains("the ledger could not be changed: not this one"),
        "{}",
        run.err
    );
    assert_eq!(
        text(&server, "select count(*) from supaproof.migrations"),
        "0"
    );
}
