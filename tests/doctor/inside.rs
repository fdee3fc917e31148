//! What is behind an open door, on real servers: default privileges, ledgers, helper functions, encryption.

use super::authority::Authority;
use super::cluster::{Cluster, ENCODED};
use super::support::{Project, Run, Server};
use super::{doctor, lines, says};

fn on(server: &Server, project: &Project) -> Run {
    doctor(project, &[], &["--target", &server.target("postgres")])
}

fn as_superuser(server: &Server, sql: &str) {
    server.sql_as("supabase_admin", "postgres", sql).unwrap();
}

/// Every step changes something, and what doctor says is what the server lets a role do with a new object.
#[test]
fn default_privileges_are_what_a_new_object_grants() {
    let server = Server::start();
    let project = Project::new(&[]);
    const OPEN: &str = "warning new tables: those of postgres and supabase_admin grant everything to anon and authenticated";
    says(
        &on(&server, &project),
        &[
            OPEN,
            "warning new sequences: those of postgres and supabase_admin grant everything to anon and authenticated",
            "warning new functions: those of postgres and supabase_admin grant EXECUTE to PUBLIC, anon and authenticated",
            "good service_role: may use new tables, sequences and functions",
        ],
    );
    for objects in ["tables", "sequences", "routines"] {
        let sql = format!(
            "alter default privileges for role postgres, supabase_admin in schema public revoke all on {objects} \
             from postgres, anon, authenticated, service_role"
        );
        as_superuser(&server, &sql);
    }
    server.sql("postgres", "create role crowd; grant crowd to anon");
    const CLOSED: &str = "nothing is granted to anon, authenticated or PUBLIC";
    let steps = [
        (
            "select 1",
            CLOSED,
            CLOSED,
            "those of postgres grant EXECUTE to PUBLIC",
            "of what postgres creates: no use of tables, no use of sequences",
        ),
        (
            "alter default privileges grant select on tables to anon",
            "those of postgres grant SELECT to anon",
            CLOSED,
            "those of postgres grant EXECUTE to PUBLIC",
            "of what postgres creates: no use of tables, no use of sequences",
        ),
        (
            "alter default privileges revoke select on tables from anon; \
             alter default privileges in schema public grant update, insert on tables to crowd; \
             alter default privileges grant select on tables to service_role; \
             alter default privileges grant usage on sequences to public",
            "those of postgres grant INSERT, UPDATE to crowd",
            "those of postgres grant USAGE to PUBLIC",
            "those of postgres grant EXECUTE to PUBLIC",
            "of what postgres creates: no INSERT, UPDATE and DELETE on tables",
        ),
        (
            "alter default privileges in schema public revoke all on tables from crowd; \
             alter default privileges revoke all on sequences from public; \
             alter default privileges revoke execute on functions from public",
            CLOSED,
            CLOSED,
            CLOSED,
            "of what postgres creates: no INSERT, UPDATE and DELETE on tables, no use of sequences, no use of functions",
        ),
        (
            "alter default privileges grant execute on functions to anon; \
             alter default privileges grant all on sequences to service_role; \
             alter default privileges in schema public grant all on tables to service_role",
            CLOSED,
            CLOSED,
            "those of postgres grant EXECUTE to anon",
            "of what postgres creates: no use of functions",
        ),
    ];
    for (number, (sql, tables, sequences, functions, service)) in steps.into_iter().enumerate() {
        server.sql("postgres", sql);
        let run = on(&server, &project);
        let state = |found: &str| match found {
            CLOSED => "good",
            _ => "warning",
        };
        says(
            &run,
            &[
                &format!("{} new tables: {tables}", state(tables)),
                &format!("{} new sequences: {sequences}", state(sequences)),
                &format!("{} new functions: {functions}", state(functions)),
                &format!("warning service_role: {service}"),
            ],
        );
        assert_eq!(run.code, 0, "{run:?}");
        // The server's own word.
        server.sql(
            "postgres",
            &format!(
                "create table t{number} (); create sequence s{number}; create function f{number}() returns int language sql as 'select 1'"
            ),
        );
        let may = server.json(
            "postgres",
            &format!(
                "select json_build_array(
                   (select bool_or(has_table_privilege(r, 't{number}', p)) from unnest(array['anon', 'authenticated']) r,
                     unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) p),
                   (select bool_or(has_sequence_privilege(r, 's{number}', p)) from unnest(array['anon', 'authenticated']) r,
                     unnest(array['select', 'update', 'usage']) p),
                   (select bool_or(has_function_privilege(r, 'f{number}()', 'execute')) from unnest(array['anon', 'authenticated']) r))"
            ),
        );
        let said = [tables, sequences, functions].map(|found| found != CLOSED);
        assert_eq!(may, serde_json::json!(said), "step {number}");
    }
}

#[test]
fn every_ledger_that_import_knows_is_found() {
    let server = Server::start();
    let project = Project::new(&[
        (
            "sql/shop/001_orders.sql",
            "create table orders (id int primary key);",
        ),
        ("supaproof.toml", "[suites.shop]\nledger = \"app.ledger\"\n"),
    ]);
    server.sql(
        "postgres",
        "create table alembic_version (version_num text); create table migrations (id int, name text); create schema app; \
         create table app.refinery_schema_history (version int4 primary key, name text, applied_on text, checksum text); \
         create table schema_migrations (version text primary key)",
    );
    // One that nobody may read is found as well.
    as_superuser(
        &server,
        "alter table schema_migrations owner to supabase_admin",
    );
    let run = on(&server, &project);
    let there = "app.refinery_schema_history (refinery), public.schema_migrations (dbmate)";
    let wanted = format!(
        "good ledger: {there}, app.ledger (not there yet: the first migration creates it, named for shop)"
    );
    says(&run, &[&wanted]);
    let all = lines(&run).join("\n");
    assert!(
        !all.contains("alembic") && !all.contains("public.migrations"),
        "{all}"
    );

    let target = server.target("postgres");
    let up = project.run(["setup", "shop", "--yes", "--target", &target]);
    assert_eq!(up.code, 0, "{up:?}");
    let found = "good ledger: app.ledger (named for shop), app.refinery_schema_history (refinery)";
    says(&on(&server, &project), &[found]);

    project.write(
        "supaproof.toml",
        b"[suites.shop]\nledger = \"public.schema_migrations\"\n",
    );
    let run = on(&server, &project);
    assert_eq!(run.code, 1, "{run:?}");
    says(
        &run,
        &[
            "good ledger: app.ledger, app.refinery_schema_history (refinery)",
            "bad ledger: public.schema_migrations is the ledger of dbmate, named for shop",
        ],
    );
}

#[test]
fn a_function_that_runs_sql_is_looked_at_whatever_its_name() {
    let server = Server::start();
    let project = Project::new(&[]);
    server.sql(
        "postgres",
        "create function execute_sql(sql text) returns void language plpgsql security definer as 'begin execute sql; end'",
    );
    let run = on(&server, &project);
    assert_eq!(run.code, 1, "{run:?}");
    says(
        &run,
        &[
            "bad helper functions: anybody may run SQL by public.execute_sql(sql text) as postgres: everybody, anon, authenticated may execute it",
        ],
    );
    // What it says to do closes it.
    let advice = "revoke all on function public.execute_sql(text) from public, anon, authenticated; \
                  grant execute on function public.execute_sql(text) to service_role";
    assert!(run.out.contains(advice), "{run:?}");
    server.sql("postgres", advice);
    let run = on(&server, &project);
    assert_eq!(run.code, 0, "{run:?}");
    says(
        &run,
        &["warning helper functions: public.execute_sql(sql text) has no search_path of its own"],
    );
    server.sql("postgres", "drop function execute_sql");

    let target = server.target("postgres");
    let made = project.run(["bootstrap", "--yes", "--target", &target]);
    assert_eq!(made.code, 0, "{made:?}");
    says(
        &on(&server, &project),
        &[
            "good helper functions: public.exec_sql(text), public.create_table_if_not_exists(text, text), public.drop_table_if_exists(text)",
        ],
    );
    server.sql("postgres", "drop function drop_table_if_exists(text)");
    says(
        &on(&server, &project),
        &[
            "good helper functions: public.exec_sql(text), public.create_table_if_not_exists(text, text)",
            "warning helper functions: missing: public.drop_table_if_exists(text)",
        ],
    );
}

#[test]
fn what_tls_has_not_proved_is_not_said_to_be_so() {
    let authority = Authority::new("ours");
    let cluster = Cluster::start(Some(&authority.vouch(&["db.example.com"], 2000..2100)));
    let project = Project::new(&[("root.crt", &authority.pem())]);
    let ca = project.path().join("root.crt");
    let ca = ca.to_str().unwrap();
    let url = |mode: &str| {
        format!(
            "postgresql://postgres:{ENCODED}@db.example.com:{}/postgres?hostaddr=127.0.0.1{mode}",
            cluster.port
        )
    };
    let at = |mode: &str, args: &[&str]| {
        let url = url(mode);
        doctor(&project, &[], &[&["--target", url.as_str()], args].concat())
    };
    let unproved = at("&sslmode=require", &[]);
    let line = lines(&unproved)
        .into_iter()
        .find(|line| line.contains(" encryption: "))
        .unwrap();
    assert!(line.contains("TLSv1.3, not verified"), "{line}");
    let proved = at("", &["--ca", ca]);
    says(
        &proved,
        &[
            "good encryption: TLSv1.3, and it is proved who answers (verify-full)",
            &format!("good authorities: {ca} ← --ca"),
        ],
    );
    says(
        &at("&sslmode=verify-ca", &["--ca", ca]),
        &[
            "warning encryption: TLSv1.3; the certificate is by a trusted authority, for any host (verify-ca)",
        ],
    );
}
