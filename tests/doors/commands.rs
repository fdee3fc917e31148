//! What changes something, by the program and over HTTP.

use supaproof::bootstrap;
use supaproof::catalog::Selection;
use supaproof::diff;
use supaproof::target::Target as _;

use crate::api::StandIn;
use crate::block;
use crate::matrix::Way;
use crate::rest::Rest;
use crate::support::{Project, Server, root};

#[test]
fn a_suite_comes_and_goes_by_the_management_api() {
    let server = Server::start();
    let stand_in = StandIn::start(server.socket(), "postgres");
    comes_and_goes(&server, &Way::management(&stand_in));
}

#[test]
fn a_suite_comes_and_goes_by_the_data_api() {
    let server = Server::start();
    let Some(rest) = Rest::ours(&server, "postgres", &bootstrap::install_sql()) else {
        return;
    };
    comes_and_goes(&server, &Way::data_api(&rest));
}

fn comes_and_goes(server: &Server, way: &Way) {
    let all = Selection::all();
    let before = server.parts_as("postgres", "postgres", &all);
    let root = root();
    let works = |arguments: &[&str]| way.works(&root, arguments).out;
    let suite = "archon-workflow";
    let status = works(&["status", suite]);
    assert_eq!(status.matches("pending").count(), 2, "{status}");
    // Everything runs, and nothing of it is there afterwards.
    let tried = works(&["setup", suite, "--dry-run"]);
    assert!(tried.contains("✅ It works."), "{tried}");
    assert!(
        tried.contains("+ table public.archon_workflow_templates"),
        "{tried}"
    );
    let status = works(&["status", suite]);
    assert_eq!(status.matches("pending").count(), 2, "{status}");
    let refused = way.run(&root, &["setup", suite]);
    assert_eq!(refused.code, 2, "{refused:?}");
    let applied = works(&["setup", suite, "--yes"]);
    assert_eq!(applied.matches(" applied\n").count(), 2, "{applied}");
    let again = works(&["setup", suite]);
    assert!(again.contains("nothing is pending"), "{again}");
    let status = works(&["status", suite]);
    assert_eq!(status.matches("  applied  ").count(), 2, "{status}");
    works(&["check", suite]);
    let written = works(&["generate", "--schema", "public"]);
    let target = server.target("postgres");
    let directly = crate::support::run(
        &root,
        ["generate", "--schema", "public", "--target", &target],
    );
    assert_eq!(directly.code, 0, "{directly:?}");
    assert!(written.contains("archon_workflow_templates"));
    // The second line names the target.
    let without = |text: &str| -> Vec<String> {
        let lines = text.lines().enumerate().filter(|(at, _)| *at != 1);
        lines.map(|(_, line)| line.to_owned()).collect()
    };
    assert_eq!(without(&written), without(&directly.out));
    let tried = works(&["rollback", suite, "--all", "--dry-run"]);
    assert!(
        tried.contains("- table public.archon_workflow_templates"),
        "{tried}"
    );
    let back = works(&["rollback", suite, "--steps", "1", "--yes"]);
    assert_eq!(back.matches("rolled back").count(), 1, "{back}");
    works(&["rollback", suite, "--all", "--yes"]);
    let status = works(&["status", suite]);
    assert_eq!(status.matches("pending").count(), 2, "{status}");
    // It ends with the suite set up again.
    works(&["verify", suite, "--yes"]);
    works(&["rollback", suite, "--all", "--yes"]);
    let after = server.parts_as("postgres", "postgres", &all);
    let changes = diff::changes(&before, &after);
    assert!(
        changes
            .iter()
            .all(|change| change.object.contains("supaproof")),
        "{changes:?}"
    );
}

/// PostgREST keeps its connections: what a file leaves on one would meet whoever comes next.
#[test]
fn a_file_leaves_nothing_on_the_connections_of_the_data_api() {
    let server = Server::start();
    let Some(rest) = Rest::ours(&server, "postgres", &bootstrap::install_sql()) else {
        return;
    };
    let sql = "create table a (id int); set work_mem = '7MB'; prepare p as select 1; select pg_advisory_lock(3); -- end";
    let project = Project::new(&[("sql/shop/001_a.sql", sql)]);
    let way = Way::data_api(&rest);
    way.works(project.path(), &["setup", "shop", "--yes"]);
    let locks = "select to_json(count(*)) from pg_locks where locktype = 'advisory'";
    assert_eq!(server.json("postgres", locks), 0);
    let left = "select json_build_array(current_setting('work_mem'), (select count(*) from pg_prepared_statements where from_sql))";
    let (mut target, default) = (rest.target(), server.json("postgres", left));
    for _ in 0..10 {
        assert_eq!(block(target.read_json("", left)).unwrap(), default);
    }
}

/// The files of a rehearsal find what they find when they run: the role that PostgREST logs in as may have a search path
/// of its own.
#[test]
fn a_rehearsal_over_the_data_api_keeps_its_search_path() {
    let server = Server::start();
    server
        .sql_as(
            "supabase_admin",
            "postgres",
            "alter role authenticator set search_path = nowhere",
        )
        .unwrap();
    let Some(rest) = Rest::ours(&server, "postgres", &bootstrap::install_sql()) else {
        return;
    };
    let project = Project::new(&[
        ("sql/shop/001_a.sql", "create table a (id int);"),
        ("sql/shop/001_a.rollback.sql", "drop table a;"),
        (
            "sql/shop/002_b.sql",
            "create table b (id uuid default uuid_generate_v4());",
        ),
        ("sql/shop/002_b.rollback.sql", "drop table b;"),
        (
            "validations/shop.yaml",
            "suite: shop\ntitle: Shop\ntables:\n  b:\n    columns: {id: uuid default uuid_generate_v4()}\n",
        ),
    ]);
    let way = Way::data_api(&rest);
    way.works(project.path(), &["verify", "shop", "--yes"]);
}

/// A function of somebody else's that takes queries alone: what reads works, what is tried is a skip, and nothing changes.
#[test]
fn a_function_for_queries_will_do_to_read() {
    let server = Server::start();
    let function = "create function public.exec_sql(query text) returns json language plpgsql security definer as $$ declare r json; \
                    begin execute 'select json_agg(t) from (' || query || ') t' into r; return r; end $$; \
                    create table goods (id int primary key, price numeric not null)";
    let Some(rest) = Rest::ours(&server, "postgres", function) else {
        return;
    };
    let way = Way::data_api(&rest);
    let reason = "its function exec_sql(query) takes only SELECT statements";
    let project = Project::new(&[
        ("sql/shop/001_a.sql", "create table a (id int);"),
        (
            "validations/shop.yaml",
            "suite: shop\ntitle: Shop\ntables:\n  goods:\n    columns: {price: numeric not null}\n\
             smoke:\n  - {name: a good, run: \"insert into goods values (1, 1)\"}\n",
        ),
    ]);
    let check = way.run(project.path(), &["check", "shop"]);
    assert_eq!(check.code, 3, "{check:?}");
    assert!(check.out.contains(reason), "{check:?}");
    way.works(project.path(), &["check", "shop", "--no-smoke"]);
    assert!(
        way.works(project.path(), &["status", "shop"])
            .out
            .contains("pending")
    );
    let written = way.works(project.path(), &["generate", "--schema", "public"]);
    assert!(written.out.contains("  goods:"), "{written:?}");
    let doctor = way.run(project.path(), &["doctor"]);
    assert!(doctor.out.contains(reason), "{doctor:?}");
    for changes in [&["setup", "shop", "--yes"][..], &["bootstrap", "--yes"]] {
        let refused = way.run(project.path(), changes);
        assert_eq!(refused.code, 2, "{refused:?}");
    }
    let there =
        "select to_json(to_regclass('a') is null and to_regclass('supaproof.migrations') is null)";
    assert_eq!(server.json("postgres", there), true);
}
