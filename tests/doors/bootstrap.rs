//! The helper functions: what they do, who may call them, and the command that sees to them.

use std::path::PathBuf;

use serde_json::json;
use supaproof::bootstrap::{self, HELPERS, Probe, State};
use supaproof::target::embedded;
use supaproof::target::postgres::{Limits, PostgresTarget, Settings};
use supaproof::target::{Target, TargetError};

use crate::support::{Run, Server, root, run};
use crate::{block, connect};

fn sqlstate(result: Result<(), TargetError>) -> String {
    match result.unwrap_err() {
        TargetError::Server(error) => error.sqlstate,
        other => panic!("{other:?}"),
    }
}

async fn states(target: &mut dyn Target) -> Vec<State> {
    let probe = target
        .read_json("", bootstrap::probe_select())
        .await
        .unwrap();
    Probe::parse(probe)
        .unwrap()
        .states()
        .map(|(_, state)| state)
        .to_vec()
}

#[test]
fn only_the_service_role_may_call_them() {
    let server = Server::start();
    server.sql("postgres", &bootstrap::install_sql());
    let calls = [
        "select public.exec_sql('select 1')",
        "select public.create_table_if_not_exists('made', 'id int')",
        "select public.drop_table_if_exists('made')",
    ];
    for call in calls {
        for role in ["anon", "authenticated"] {
            let sql = format!("set role {role}; {call}");
            assert_eq!(
                sqlstate(server.sql_as("postgres", "postgres", &sql)),
                "42501",
                "{role}: {call}"
            );
        }
        server.sql("postgres", &format!("set role service_role; {call}"));
    }
    assert_eq!(
        sqlstate(server.sql_as("authenticator", "postgres", calls[0])),
        "42501"
    );
}

#[test]
fn names_are_quoted_and_errors_are_raised() {
    let server = Server::start();
    server.sql(
        "postgres",
        &format!("{}; create table kept (id int)", bootstrap::install_sql()),
    );
    let as_service = |sql: &str| {
        server.sql_as(
            "postgres",
            "postgres",
            &format!("set role service_role; set search_path = ''; {sql}"),
        )
    };
    for (call, state) in [
        ("select public.exec_sql('select 1 / 0')", "22012"),
        ("select public.exec_sql(null)", "22004"),
        ("select public.exec_sql('commit')", "0A000"),
        ("select public.exec_sql('select * from kept')", "42P01"),
        (
            "select public.create_table_if_not_exists('x; drop table public.kept', 'id int')",
            "22023",
        ),
        (
            "select public.create_table_if_not_exists('a.b.c', 'id int')",
            "42602",
        ),
        (
            "select public.create_table_if_not_exists(null, 'id int')",
            "22004",
        ),
        (
            "select public.create_table_if_not_exists('x', null)",
            "22004",
        ),
        (
            "select public.create_table_if_not_exists('nowhere.x', 'id int')",
            "3F000",
        ),
        (
            "select public.create_table_if_not_exists('x', 'id nosuchtype')",
            "42704",
        ),
        (
            "select public.drop_table_if_exists('kept; drop table public.kept')",
            "22023",
        ),
        ("select public.drop_table_if_exists(null)", "22004"),
        ("select public.drop_table_if_exists('a.b.c')", "42602"),
    ] {
        assert_eq!(sqlstate(as_service(call)), state, "{call}");
    }
    as_service("select public.create_table_if_not_exists('\"Odd \"\"name\"\"; x\"', 'id int -- a comment')").unwrap();
    as_service("select public.create_table_if_not_exists('Plain', 'id int')").unwrap();
    let made = server.json(
        "postgres",
        "select json_agg(json_build_array(relname, relrowsecurity) order by relname) from pg_class \
         where relnamespace = 'public'::regnamespace and relkind = 'r'",
    );
    assert_eq!(
        made,
        json!([["Odd \"name\"; x", true], ["kept", false], ["plain", true]])
    );
    as_service("select public.drop_table_if_exists('\"Odd \"\"name\"\"; x\"'), public.drop_table_if_exists('plain'), public.drop_table_if_exists('plain')").unwrap();
    // What others need is not dropped with it.
    server.sql("postgres", "create view needs_it as select * from kept");
    assert_eq!(
        sqlstate(as_service("select public.drop_table_if_exists('kept')")),
        "2BP01"
    );
    // What a session has left is not given back.
    let result = server.json(
        "postgres",
        "set supaproof.result = '\"old\"'; select json_build_array(exec_sql('select 1'))",
    );
    assert_eq!(result, json!([null]));
}

/// A Postgres that is no Supabase: the roles are not there.
#[test]
fn a_plain_postgres_takes_them_too() {
    let scratch = tempfile::tempdir().unwrap();
    let options = embedded::Options {
        postgres_bin: std::env::var_os("SUPAPROOF_POSTGRES_BIN").map(PathBuf::from),
        major: None,
        working_dir: scratch.path().to_owned(),
        cache_dir: std::env::var_os("SUPAPROOF_CACHE_DIR").map(PathBuf::from),
    };
    let template = embedded::Template {
        revision: "no platform".to_owned(),
        superuser: "boss",
        database: "app",
        scripts: Vec::new(),
    };
    block(async {
        let programs = embedded::find(&options).unwrap();
        let cluster = embedded::start(&programs, &options, &template)
            .await
            .unwrap();
        let settings = Settings::socket(cluster.socket_dir(), cluster.port(), "boss", "app");
        let limits = Limits {
            connect: std::time::Duration::from_secs(10),
            run: None,
        };
        let mut target = PostgresTarget::connect(&settings, limits, true)
            .await
            .unwrap();
        target
            .run(&bootstrap::install_sql(), &mut |_| {})
            .await
            .unwrap();
        assert_eq!(
            states(&mut target).await,
            [State::Right, State::Right, State::Right]
        );
        target
            .run(bootstrap::remove_sql(), &mut |_| {})
            .await
            .unwrap();
        assert_eq!(
            states(&mut target).await,
            [State::Absent, State::Absent, State::Absent]
        );
        drop(target);
        cluster.stop().await;
    });
}

fn command(server: &Server, arguments: &str) -> Run {
    let target = server.target("postgres");
    let arguments = arguments.split_whitespace();
    run(
        &root(),
        ["bootstrap", "--target", &target]
            .into_iter()
            .chain(arguments),
    )
}

#[test]
fn the_command_does_what_is_needed_and_no_more() {
    let server = Server::start();
    let asked = command(&server, "");
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(
        asked.err.contains(
            "create public.exec_sql(text); create public.create_table_if_not_exists(text, text)"
        ),
        "{asked:?}"
    );

    let made = command(&server, "--yes");
    assert_eq!(made.code, 0, "{made:?}");
    for helper in &HELPERS {
        assert!(
            made.out.contains(&format!(
                "✅ {} created, owned by postgres",
                helper.signature()
            )),
            "{made:?}"
        );
    }
    let ids = "select to_json(array(select xmin::text from pg_proc where proname like '%exec_sql' or proname like '%if%exists' order by proname))";
    let before = server.json("postgres", ids);
    let again = command(&server, "");
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.out.contains("nothing to do"), "{again:?}");
    assert_eq!(server.json("postgres", ids), before);

    server.sql(
        "postgres",
        "grant execute on function exec_sql(text) to anon; alter function drop_table_if_exists(text) reset search_path",
    );
    let mended = command(&server, "--yes");
    assert_eq!(mended.code, 0, "{mended:?}");
    assert!(
        mended
            .out
            .contains("✅ public.exec_sql(text) mended (anon may execute it)"),
        "{mended:?}"
    );
    assert!(
        mended
            .out
            .contains("✅ public.drop_table_if_exists(text) mended (its search_path is not empty)"),
        "{mended:?}"
    );
    assert!(
        mended
            .out
            .contains("✅ public.create_table_if_not_exists(text, text) is there"),
        "{mended:?}"
    );
    assert!(command(&server, "").out.contains("nothing to do"));

    let asked = command(&server, "--remove");
    assert_eq!(asked.code, 2, "{asked:?}");
    let gone = command(&server, "--remove --yes");
    assert_eq!(
        (gone.code, gone.out.matches("dropped").count()),
        (0, 3),
        "{gone:?}"
    );
    let gone = command(&server, "--remove");
    assert_eq!(
        (gone.code, gone.out.as_str()),
        (0, "nothing to do\n"),
        "{gone:?}"
    );
}

#[test]
fn a_function_of_somebody_elses_is_left_alone() {
    let server = Server::start();
    server.sql(
        "postgres",
        "create function exec_sql(query text) returns void language plpgsql security definer as 'begin execute query; end'",
    );
    let refused = command(&server, "--yes");
    assert_eq!(refused.code, 2, "{refused:?}");
    for says in [
        "public.exec_sql(query text) is there already, and supaproof did not create it: nothing was changed",
        "everybody may execute it",
        "anon may execute it",
        "its search_path is not empty",
        "it returns void and not json",
    ] {
        assert!(refused.err.contains(says), "{says}: {refused:?}");
    }
    block(async {
        let mut wire = connect(&server.target("postgres")).await;
        assert_eq!(states(&mut wire).await[1], State::Absent);
    });
    let stays = command(&server, "--remove --yes");
    assert_eq!(stays.code, 0, "{stays:?}");
    assert!(
        stays.out.contains("⏭️ public.exec_sql(text) stays"),
        "{stays:?}"
    );
}

#[test]
fn the_sql_is_printed_without_a_target() {
    let printed = run(
        &root(),
        ["bootstrap", "--print-sql", "--target", "host=192.0.2.1"],
    );
    assert_eq!((printed.code, printed.out), (0, bootstrap::install_sql()));
    let printed = run(&root(), ["bootstrap", "--print-sql", "--remove"]);
    assert_eq!(
        (printed.code, printed.out.as_str()),
        (0, bootstrap::remove_sql())
    );
}
