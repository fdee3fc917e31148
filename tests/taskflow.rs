//! The suite taskflow: what its document promises, what it warns of, and what is wrong with files like its originals.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::{Value, json};
use support::{Project, Run, Server, free_port, root, run};

/// The tables that the document names; the last one is the ledger.
const TABLES: [&str; 15] = [
    "users",
    "workflows",
    "requests",
    "ai_outputs",
    "processing_jobs",
    "exercises",
    "webhooks",
    "system_settings",
    "workflow_blocks",
    "workflow_dashboard_configs",
    "workflow_embedding_configs",
    "workflow_similarity_configs",
    "ground_truth_data",
    "custom_instructions",
    "schema_migrations",
];

/// The suite in a project of its own, to be spoilt.
fn copied() -> Project {
    let project = Project::new(&[]);
    let settings = std::fs::read(root().join("supaproof.toml")).unwrap();
    project.write("supaproof.toml", &settings);
    for folder in ["sql/taskflow", "validations"] {
        for file in std::fs::read_dir(root().join(folder)).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            if folder == "sql/taskflow" || name == "taskflow.yaml" {
                let path = format!("{folder}/{name}");
                project.write(&path, &std::fs::read(file.path()).unwrap());
            }
        }
    }
    project
}

fn edited(project: &Project, path: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(project.path().join(path)).unwrap();
    assert!(text.contains(from), "{path}: {text}");
    project.write(path, text.replace(from, to).as_bytes());
}

fn setup(project: &Project, target: &str) -> Run {
    project.run(["setup", "taskflow", "--yes", "--target", target])
}

#[track_caller]
fn has(run: &Run, code: i32, wanted: &[&str]) {
    let all = format!("{}{}", run.out, run.err);
    assert_eq!(run.code, code, "{all}");
    for wanted in wanted {
        assert!(all.contains(wanted), "{wanted}\n--- is not in\n{all}");
    }
}

#[test]
fn it_is_proved() {
    let run = run(&root(), ["verify", "taskflow"]);
    has(
        &run,
        0,
        &[
            "✅ Rollback leaves nothing behind",
            "✅ Each migration is undone by its own rollback",
            "✅ Setup works a second time, with the same result",
            "✅ complete.sql makes what the migrations make",
        ],
    );
}

#[test]
fn a_ledger_that_verify_made_goes_with_the_rest() {
    let server = Server::start();
    let target = server.target("postgres");
    let project = copied();
    // It is there again in the end, so a sequence remembers that it went.
    let watch = "create schema watch; create sequence watch.gone;
        create function watch.note() returns event_trigger language plpgsql security definer as $$
        begin
          perform nextval('watch.gone') from pg_event_trigger_dropped_objects()
            where object_identity = 'public.schema_migrations';
        end $$;
        create event trigger watch on sql_drop execute function watch.note();
        grant usage on schema watch to postgres; grant select, update on sequence watch.gone to postgres";
    let superuser = supaproof::platform::SUPERUSER;
    server.sql_as(superuser, "postgres", watch).unwrap();
    let verify = |went: bool| {
        let run = project.run(["verify", "taskflow", "--yes", "--target", &target]);
        has(&run, 0, &["✅ Rollback leaves nothing behind"]);
        let gone = server.json("postgres", "select to_json(is_called) from watch.gone");
        assert_eq!(gone, json!(went));
        let run = project.run([
            "rollback", "taskflow", "--all", "--yes", "--target", &target,
        ]);
        has(&run, 0, &[]);
    };
    verify(true);
    // One that was there stays.
    server.sql("postgres", "select setval('watch.gone', 1, false)");
    verify(false);
}

#[test]
fn every_table_is_there_and_closed_to_the_world() {
    let server = Server::start();
    has(&setup(&copied(), &server.target("postgres")), 0, &[]);
    let all =
        "select json_agg(tablename order by tablename) from pg_tables where schemaname = 'public'";
    let mut sorted = TABLES;
    sorted.sort();
    assert_eq!(server.json("postgres", all), json!(sorted));
    for table in TABLES {
        // Nobody has a privilege on the ledger that a policy would have to narrow.
        let secured = table != "schema_migrations";
        let open = format!(
            "select json_build_array(c.relrowsecurity, (select count(*) from pg_policy p where p.polrelid = c.oid), has_table_privilege('anon', c.oid, \
             'select, insert, update, delete, truncate, references, trigger'), has_table_privilege('authenticated', c.oid, 'select')) \
             from pg_class c where c.oid = 'public.{table}'::regclass"
        );
        assert_eq!(
            server.json("postgres", &open),
            json!([secured, 0, false, false]),
            "{table}"
        );
    }
    let other = "select to_json(to_regclass('supaproof.migrations') is null)";
    assert_eq!(server.json("postgres", other), json!(true));
    let names = "select json_build_array((select display_name from users), (select count(*) from schema_migrations))";
    assert_eq!(server.json("postgres", names), json!(["System", 7]));
}

/// "Migration fails: check error in `schema_migrations` table".
#[test]
fn a_migration_that_fails_leaves_its_error_in_the_ledger() {
    let server = Server::start();
    let target = server.target("postgres");
    let project = copied();
    edited(
        &project,
        "sql/taskflow/004_webhooks.sql",
        "references public.users (id)",
        "references public.usres (id)",
    );
    let run = setup(&project, &target);
    has(
        &run,
        5,
        &[
            "004_webhooks.sql failed: relation \"public.usres\" does not exist",
            "sql/taskflow/004_webhooks.sql:3:1",
            "001 to 003 stay applied",
            "005 to 007 were not tried",
        ],
    );
    let kept = "select json_agg(error) from schema_migrations where not success";
    let kept: Value = server.json("postgres", kept);
    assert!(kept[0].as_str().unwrap().contains("public.usres"), "{kept}");
    let status = project.run(["status", "taskflow", "--target", &target]);
    has(
        &status,
        1,
        &["004", "failed", "relation \"public.usres\" does not exist"],
    );
    edited(&project, "sql/taskflow/004_webhooks.sql", "usres", "users");
    has(
        &setup(&project, &target),
        0,
        &["007_require_display_names applied"],
    );
    has(
        &project.run(["status", "taskflow", "--target", &target]),
        0,
        &[],
    );
}

/// "Checksum mismatch: don't modify applied migrations".
#[test]
fn a_migration_that_was_changed_is_refused_with_both_checksums() {
    let server = Server::start();
    let target = server.target("postgres");
    let project = copied();
    has(&setup(&project, &target), 0, &[]);
    edited(
        &project,
        "sql/taskflow/002_workflows.sql",
        "three sentences",
        "four sentences",
    );
    project.write("sql/taskflow/008_more.sql", b"create table more ();");
    let checksum = "select to_json(checksum) from schema_migrations where version = '002'";
    let applied = server.json("postgres", checksum);
    for run in [
        setup(&project, &target),
        project.run(["status", "taskflow", "--target", &target]),
    ] {
        assert_ne!(run.code, 0);
        let all = format!("{}{}", run.out, run.err);
        assert!(all.contains(&applied.as_str().unwrap()[..12]), "{all}");
    }
    has(
        &setup(&project, &target),
        5,
        &[
            "002_workflows has changed since it was applied",
            "write what is new as a new migration",
        ],
    );
    assert_eq!(
        server.json("postgres", "select to_json(to_regclass('more') is null)"),
        json!(true)
    );
}

/// "Missing permissions: ensure database user has CREATE privileges".
#[test]
fn a_role_that_may_not_create_is_told_so() {
    let server = Server::start();
    server
        .sql_as(
            supaproof::platform::SUPERUSER,
            "postgres",
            "create role plain login; revoke create on schema public from public; revoke create on database postgres from public",
        )
        .unwrap();
    let target = server
        .target("postgres")
        .replace("user=postgres", "user=plain");
    has(
        &setup(&copied(), &target),
        5,
        &[
            "permission denied for database postgres",
            "the role needs CREATE on the database",
        ],
    );
    server
        .sql_as(
            supaproof::platform::SUPERUSER,
            "postgres",
            "grant create on database postgres to plain",
        )
        .unwrap();
    has(
        &setup(&copied(), &target),
        5,
        &[
            "permission denied for schema public",
            "The role needs CREATE there",
        ],
    );
}

/// "Connection issues: check database credentials and network".
#[test]
fn a_server_that_lets_nobody_in_is_told_with_what_to_do() {
    let server = Server::start();
    let nobody = format!(
        "postgresql://postgres@127.0.0.1:{}/taskflow_db",
        free_port()
    );
    for (target, words) in [
        (nobody, "nobody listens at 127.0.0.1"),
        (
            server.target("taskflow_db"),
            "database \"taskflow_db\" does not exist",
        ),
        (
            server
                .target("postgres")
                .replace("user=postgres", "user=taskflow"),
            "role \"taskflow\" does not exist",
        ),
    ] {
        let run = setup(&copied(), &target);
        has(&run, 4, &[words, "help: "]);
    }
}

/// What files like the originals have that psql reads and a server does not, or that nobody meant.
#[test]
fn faults_of_such_files_are_named_with_their_line() {
    for (title, file, text, code, wanted) in [
        (
            "a connection to another database",
            "001_init.sql",
            "-- Complete schema\n\n\\c taskflow_db\n\ncreate table a (id int);\n-- ROLLBACK:\n-- drop table a;\n",
            5,
            [
                "sql/old/001_init.sql:3:1",
                "\\c is a command of psql, not SQL",
                "remove the line: the target is chosen on the command line",
            ],
        ),
        (
            "a line behind the rollback",
            "001_init.sql",
            "create table a (id int);\n\n-- ROLLBACK:\n-- drop table a;\nend of file\n",
            2,
            [
                "sql/old/001_init.sql:5:1",
                "SQL stands behind a rollback that is written in comments",
                "behind it write all lines as comments, or none",
            ],
        ),
        (
            "a line behind everything",
            "complete.sql",
            "create table a (id int);\r\n\r\ncomplete\r\n",
            5,
            [
                "complete.sql:3:1: syntax error at or near \"complete\"",
                "could not be checked",
                "complete.sql makes what the migrations make",
            ],
        ),
        (
            "no rollback",
            "001_init.sql",
            "create table a (id int);\n",
            2,
            [
                "the suite old has no rollback for sql/old/001_init.sql",
                "write what undoes it as sql/old/001_init.rollback.sql",
                "sql/old/001_init.sql:1:1",
            ],
        ),
        (
            "words for a rollback",
            "001_init.sql",
            "create table a (id int);\n-- ROLLBACK: restore the backup\n",
            2,
            [
                "has no rollback",
                "001_init.rollback.sql",
                "sql/old/001_init.sql:1:1",
            ],
        ),
    ] {
        let project = Project::new(&[(
            "sql/old/001_init.sql",
            "create table a (id int);\n-- ROLLBACK:\n-- drop table a;\n",
        )]);
        project.write(&format!("sql/old/{file}"), text.as_bytes());
        let run = project.run(["verify", "old"]);
        let all = format!("{title}: {}{}", run.out, run.err);
        assert_eq!(run.code, code, "{all}");
        for wanted in wanted {
            assert!(all.contains(wanted), "{wanted}\n--- is not in\n{all}");
        }
    }
}

/// Windows' line ends change nothing but the checksum, and lines are counted as they stand.
#[test]
fn windows_line_ends_are_read_as_they_are() {
    let project = copied();
    for file in std::fs::read_dir(project.path().join("sql/taskflow")).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace('\n', "\r\n")).unwrap();
    }
    // The body of the function is what it is, line ends included.
    let path = "validations/taskflow.yaml";
    let yaml = std::fs::read_to_string(project.path().join(path)).unwrap();
    let start = yaml.find("      body: |").unwrap();
    let end = start + yaml[start..].find("        end;\n").unwrap() + "        end;\n".len();
    project.write(
        path,
        format!("{}{}", &yaml[..start], &yaml[end..]).as_bytes(),
    );
    let run = project.run(["verify", "taskflow"]);
    has(&run, 0, &["✅ complete.sql makes what the migrations make"]);
    edited(
        &project,
        "sql/taskflow/005_add_display_names.sql",
        "public.users",
        "public.usres",
    );
    let run = project.run(["verify", "taskflow"]);
    has(&run, 5, &["sql/taskflow/005_add_display_names.sql:4:1"]);
}
