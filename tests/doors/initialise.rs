//! `supaproof bootstrap` with nothing but a key, and `supaproof bootstrap SUITE`.

use serde_json::{Value, json};
use supaproof::bootstrap;
use supaproof::catalog::Selection;
use supaproof::diff::{self, Change};

use crate::api::StandIn;
use crate::matrix::Way;
use crate::rest::Rest;
use crate::support::{Project, Run, Server, root, run};

/// What a suite leaves, and what `bootstrap` does: its rows in the system's catalogs, each with the transaction that wrote it.
const WRITTEN: &str = "select json_build_array(
    (select json_agg(xmin::text order by oid) from pg_proc where pronamespace = 'public'::regnamespace),
    (select json_agg(xmin::text order by oid) from pg_class where relnamespace = 'public'::regnamespace),
    (select json_agg(t.xmin::text order by t.version) from supaproof.migrations t))";

#[test]
fn with_nothing_but_a_key_it_says_what_to_paste() {
    let server = Server::start();
    let Some(rest) = Rest::ours(&server, "postgres", "select 1") else {
        return;
    };
    let (way, root) = (Way::data_api(&rest), root());
    for arguments in [
        &["bootstrap", "--yes"][..],
        &["bootstrap", "archon-workflow", "--yes"],
    ] {
        let shut = way.run(&root, arguments);
        assert_eq!(shut.code, 4, "{shut:?}");
        assert_eq!(shut.out, bootstrap::install_sql());
        for says in [
            "it has no function that runs SQL (tried exec_sql(sql)",
            "note: a service key alone cannot create one: the Data API only calls functions that are there",
            "help: Paste the SQL above into the dashboard's SQL editor and run it",
        ] {
            assert!(shut.err.contains(says), "{says}: {shut:?}");
        }
    }
    let printed = way.works(&root, &["bootstrap", "--print-sql"]);
    assert_eq!(
        (printed.out, printed.err.as_str()),
        (bootstrap::install_sql(), ""),
        "nothing but the SQL"
    );
    let shut = way.run(&root, &["check", "archon-workflow"]);
    assert_eq!(shut.code, 4, "{shut:?}");

    // As somebody does who pastes it. PostgREST then learns of the functions.
    let Some(rest) = rest.learn(&server, "postgres", &bootstrap::install_sql()) else {
        return;
    };
    let way = Way::data_api(&rest);
    let there = way.works(&root, &["bootstrap"]);
    assert_eq!(there.out.matches(" is there\n").count(), 3, "{there:?}");
    assert!(there.out.ends_with("nothing to do\n"), "{there:?}");
    let unchecked = way.run(&root, &["check", "archon-workflow"]);
    assert_eq!(unchecked.code, 1, "{unchecked:?}");

    let made = way.works(&root, &["bootstrap", "archon-workflow", "--yes"]);
    assert_eq!(through(&made), 2, "{made:?}");
    way.works(&root, &["check", "archon-workflow"]);
    let before = server.json("postgres", WRITTEN);
    nothing_to_do(&way.works(&root, &["bootstrap", "archon-workflow"]));
    assert_eq!(server.json("postgres", WRITTEN), before);
}

fn through(run: &Run) -> usize {
    run.out
        .matches(" applied through public.exec_sql(text)\n")
        .count()
}

fn directly(run: &Run) -> usize {
    run.out.matches(" applied directly, by raw SQL\n").count()
}

#[track_caller]
fn nothing_to_do(run: &Run) {
    assert!(run.out.contains(": nothing is pending\n"), "{run:?}");
    assert!(run.out.ends_with("nothing to do\n"), "{run:?}");
}

fn by_wire(server: &Server, database: &str, arguments: &[&str]) -> Run {
    let target = server.target(database);
    let target = ["--target", &target];
    run(&root(), arguments.iter().chain(&target))
}

/// What is different between two databases, but for their names.
fn differing(server: &Server, one: &str, other: &str) -> Vec<Change> {
    let read = |database| server.parts_as("postgres", database, &Selection::all());
    let mut changes = diff::changes(&read(one), &read(other));
    changes.retain(|change| !change.object.starts_with("database "));
    changes
}

/// The rows of the ledger, but for their times.
fn ledger(server: &Server, database: &str) -> Value {
    server.json(
        database,
        "select json_agg(to_jsonb(m) - array['applied_at', 'duration_ms'] order by m.suite, m.version) from supaproof.migrations m",
    )
}

#[test]
fn both_paths_end_in_the_same_state() {
    let server = Server::start();
    for suite in ["archon-workflow", "exeserver"] {
        let name = suite.replace('-', "_");
        let (standard, raw) = (format!("{name}_standard"), format!("{name}_raw"));
        server.copy("postgres", &standard);
        server.copy("postgres", &raw);

        let asked = by_wire(&server, &standard, &["bootstrap", suite]);
        assert_eq!(asked.code, 2, "{asked:?}");
        assert!(
            asked.err.contains("create public.exec_sql(text); ")
                && asked.err.contains("; apply 001_")
                && asked.err.contains(&format!(" of {suite}")),
            "{asked:?}"
        );
        let made = by_wire(&server, &standard, &["bootstrap", suite, "--yes"]);
        assert_eq!(made.code, 0, "{made:?}");
        assert_eq!((through(&made), directly(&made)), (2, 0), "{made:?}");
        assert_eq!(
            made.out.matches(" created, owned by").count(),
            3,
            "{made:?}"
        );

        // The functions are there, and as they should be, but may not do what the suite needs.
        server.sql(&raw, &bootstrap::install_sql());
        server
            .sql_as(
                "supabase_admin",
                &raw,
                "alter function public.exec_sql(text) owner to anon",
            )
            .unwrap();
        let made = by_wire(&server, &raw, &["bootstrap", suite, "--yes"]);
        assert_eq!(made.code, 0, "{made:?}");
        assert_eq!((through(&made), directly(&made)), (0, 2), "{made:?}");
        assert!(
            made.out.contains(&format!(
                "⚠️ {suite}: public.exec_sql(text) did not do for the rest: "
            )) && made.out.contains("permission denied"),
            "{made:?}"
        );
        assert!(!differing(&server, &standard, &raw).is_empty());
        server
            .sql_as(
                "supabase_admin",
                &raw,
                "alter function public.exec_sql(text) owner to postgres",
            )
            .unwrap();
        assert_eq!(differing(&server, &standard, &raw), []);
        assert_eq!(ledger(&server, &standard), ledger(&server, &raw));

        for database in [&standard, &raw] {
            let check = by_wire(&server, database, &["check", suite]);
            assert_eq!(check.code, 0, "{check:?}");
            let before = server.json(database, WRITTEN);
            let again = by_wire(&server, database, &["bootstrap", suite]);
            assert_eq!(again.code, 0, "{again:?}");
            nothing_to_do(&again);
            assert_eq!(server.json(database, WRITTEN), before);
        }
    }
}

/// What cannot run within a function runs directly, and what came before it stays as it is.
#[test]
fn the_rest_goes_directly_where_a_file_needs_it() {
    let server = Server::start();
    let project = Project::new(&[
        (
            "sql/shop/001_items.sql",
            "create table items (id int primary key, name text); set work_mem = '7MB'; prepare p as select 1;",
        ),
        (
            "sql/shop/002_role.sql",
            "set local role authenticated; select 1; reset role; create table more (id int);",
        ),
        (
            "sql/shop/003_index.sql",
            "create index concurrently items_name on items (name);",
        ),
    ]);
    let target = server.target("postgres");
    let made = project.run(["bootstrap", "shop", "--yes", "--target", &target]);
    assert_eq!(made.code, 0, "{made:?}");
    assert_eq!((through(&made), directly(&made)), (1, 2), "{made:?}");
    let says = "⚠️ shop: public.exec_sql(text) did not do for the rest: 002_role.sql failed: cannot set parameter \"role\" within security-definer function";
    assert!(made.out.contains(says), "{made:?}");
    let there = "select json_build_array(to_regclass('items_name') is not null, to_regclass('more') is not null)";
    assert_eq!(server.json("postgres", there), json!([true, true]));

    // What is wrong by either path is told with both.
    project.write("sql/shop/004_wrong.sql", b"select 1 / 0;");
    let failed = project.run(["bootstrap", "shop", "--yes", "--target", &target]);
    assert_eq!(failed.code, 5, "{failed:?}");
    for says in [
        "division by zero",
        "sql/shop/004_wrong.sql:1",
        "note: through public.exec_sql(text) it had failed before: 004_wrong.sql failed: division by zero",
    ] {
        assert!(failed.err.contains(says), "{says}: {failed:?}");
    }
}

/// A function of somebody else's is no standard path, and none that is in the way.
#[test]
fn beside_a_function_of_somebody_elses_a_suite_is_set_up_directly() {
    let server = Server::start();
    server.sql(
        "postgres",
        "create function exec_sql(query text) returns void language plpgsql security definer as 'begin execute query; end'",
    );
    let project = Project::new(&[(
        "sql/shop/001_items.sql",
        "create table items (id int primary key);",
    )]);
    let target = server.target("postgres");
    let bootstrap = |suites: &[&str]| {
        let with = ["--yes", "--target", &target];
        project.run([&["bootstrap"], suites, &with].concat())
    };
    let alone = bootstrap(&[]);
    assert_eq!(alone.code, 2, "{alone:?}");
    let made = bootstrap(&["shop"]);
    assert_eq!(made.code, 0, "{made:?}");
    assert_eq!((through(&made), directly(&made)), (0, 1), "{made:?}");
    let says = "⚠️ shop: public.exec_sql(text) did not do for the rest: public.exec_sql(query text) is there already, and supaproof did not create it\n";
    assert!(made.out.contains(says), "{made:?}");
    let there = "select json_build_array(to_regclass('items') is not null, (select json_agg(proname) from pg_proc
                 where pronamespace = 'public'::regnamespace and proname in ('exec_sql', 'create_table_if_not_exists', 'drop_table_if_exists')))";
    assert_eq!(server.json("postgres", there), json!([true, ["exec_sql"]]));
    let before = server.json("postgres", WRITTEN);
    let again = bootstrap(&["shop"]);
    assert_eq!(again.code, 0, "{again:?}");
    nothing_to_do(&again);
    assert!(
        again
            .out
            .contains("⏭️ the helper functions are as they were: public.exec_sql(query text)"),
        "{again:?}"
    );
    assert_eq!(server.json("postgres", WRITTEN), before);
}

#[test]
fn over_the_management_api_too() {
    let server = Server::start();
    let stand_in = StandIn::start(server.socket(), "postgres");
    let (way, root) = (Way::management(&stand_in), root());
    let made = way.works(&root, &["bootstrap", "archon-workflow", "--yes"]);
    assert_eq!((through(&made), directly(&made)), (2, 0), "{made:?}");
    nothing_to_do(&way.works(&root, &["bootstrap", "archon-workflow"]));
}

#[test]
fn a_suite_goes_with_neither_option() {
    for option in ["--remove", "--print-sql"] {
        let refused = run(&root(), ["bootstrap", "archon-workflow", option]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains("cannot be used with"), "{refused:?}");
    }
}
