//! The target `data_api`: our function, and those of others.

use std::time::Instant;

use serde_json::{Value, json};
use supaproof::behaviour;
use supaproof::bootstrap;
use supaproof::checks::Outcome;
use supaproof::target::data_api::DataApiTarget;
use supaproof::target::http::Key;
use supaproof::target::{Target, TargetError};

use crate::examine::{refused, roll_back, set_up, suite, values_come_back};
use crate::rest::{Kind, PUBLISHABLE, Rest};
use crate::support::Server;
use crate::{block, connect};

async fn count(target: &mut dyn Target, table: &str) -> Value {
    let select = format!("select to_json(count(*)) from {table}");
    target.read_json("", &select).await.unwrap()
}

#[test]
fn our_function_gives_values_back() {
    let server = Server::start();
    let Some(rest) = Rest::start(&server, "postgres", &bootstrap::install_sql()) else {
        return;
    };
    let mut target = rest.target();
    assert!(!target.capabilities().roles && !target.capabilities().transactions);
    block(async {
        values_come_back(&mut target).await;
        target
            .run("create table t (id int primary key)", &mut |_| {})
            .await
            .unwrap();
        let tried = target
            .try_json(
                "insert into t values (1), (2);\n",
                "(select to_json(count(*)) from t)",
            )
            .await;
        assert_eq!(tried.unwrap(), json!(2));
        assert_eq!(count(&mut target, "t").await, json!(0));
        // What a rehearsal puts between the files of a suite.
        let files = "create table a (id int);\nset constraints all immediate;\nreset all;\ncreate table public.b (id int);\n";
        let there =
            "to_json(to_regclass('public.a') is not null and to_regclass('public.b') is not null)";
        assert_eq!(target.try_json(files, there).await.unwrap(), json!(true));
        assert_eq!(
            target
                .read_json("", &format!("select {there}"))
                .await
                .unwrap(),
            json!(false)
        );
        let error = refused(
            target
                .run(
                    "insert into t values (1); insert into t values (1)",
                    &mut |_| {},
                )
                .await,
        );
        // The stand-in has no code for a violated constraint, the real one does.
        assert!(error.sqlstate == "23505", "{error:?}");
        assert_eq!(count(&mut target, "t").await, json!(0));
        assert_eq!(
            refused(target.run("selekt", &mut |_| {}).await).sqlstate,
            "42601"
        );
        assert_eq!(
            refused(target.read_json("", "select to_json(1 / 0)").await).sqlstate,
            "22012"
        );
        assert_eq!(
            refused(
                target
                    .try_json("select null::nosuchtype;\n", "'1'::json")
                    .await
            )
            .sqlstate,
            "42704"
        );
        // A text may end in a comment.
        target
            .run("drop table t -- the end", &mut |_| {})
            .await
            .unwrap();
    });
}

/// Within a SECURITY DEFINER function no role can be taken: whatever needs one cannot be tried here.
#[test]
fn no_role_can_be_taken() {
    let server = Server::start();
    let Some(rest) = Rest::start(&server, "postgres", &bootstrap::install_sql()) else {
        return;
    };
    let mut target = rest.target();
    let error = refused(block(target.run("set local role anon", &mut |_| {})));
    assert_eq!(error.sqlstate, "42501");
    assert!(error.message.contains("security-definer"), "{error:?}");
    // A step that expects just this error has not seen what it looks for.
    let yaml = "smoke:\n- {name: one, run: set role anon, error: '42501'}\n\
                - {name: two, run: 'do $$ begin set local role anon; end $$'}\n\
                - {name: three, run: create role supabase_admin, error: '42501'}\n\
                - {name: four, run: select 1}\n";
    let source = supaproof::source::Source::new("validations/x.yaml", yaml);
    let steps = supaproof::expect::parse(&source, "x").unwrap().smoke;
    let plan = behaviour::plan(&steps).unwrap().unwrap();
    let answer = block(target.try_json(&plan.script, &plan.result)).unwrap();
    let outcomes = behaviour::outcomes(&steps, answer.clone(), false);
    let skipped: Vec<bool> = outcomes
        .iter()
        .map(|o| matches!(o, Outcome::Skip { .. }))
        .collect();
    assert_eq!(skipped[..2], [true, true], "{outcomes:?}");
    assert!(
        !skipped[2] && outcomes[3] == Outcome::Pass(Vec::new()),
        "{outcomes:?}"
    );
    // By another door the same is what the suite makes of it.
    assert_eq!(
        behaviour::outcomes(&steps, answer, true)[0],
        Outcome::Pass(Vec::new())
    );
}

#[test]
fn a_suite_is_set_up_and_taken_away_by_it() {
    let server = Server::start();
    let Some(rest) = Rest::start(&server, "postgres", &bootstrap::install_sql()) else {
        return;
    };
    let mut target = rest.target();
    let archon = suite("archon-workflow");
    block(async {
        assert_eq!(set_up(&mut target, &archon).await.unwrap(), 2);
        assert_eq!(set_up(&mut target, &archon).await.unwrap(), 0);
        assert_eq!(
            count(&mut target, "archon_workflow_templates").await,
            json!(0)
        );
        let mut broken = archon.clone();
        broken.name = "other".to_owned();
        let error = set_up(&mut target, &broken).await.unwrap_err();
        assert!(error.message().contains("already exists"), "{error:?}");
        assert_eq!(roll_back(&mut target, &archon).await.unwrap(), 2);
        let gone = target
            .read_json(
                "",
                "select to_json(to_regclass('archon_workflow_templates'))",
            )
            .await;
        assert!(gone.is_err() || gone.unwrap().is_null());
    });
}

/// Functions of other people's.
///
/// Source: projects that are public, as the reference lists their names, arguments and results.
const OTHERS: [(&str, &str, &str); 8] = [
    (
        "exec_sql",
        "query text",
        "returns void language plpgsql security definer as $$ begin execute query; end $$",
    ),
    (
        "exec_sql",
        "sql_query text",
        "returns void language plpgsql security definer as $$ begin execute sql_query; end $$",
    ),
    (
        "execute_sql",
        "query text",
        "returns json language plpgsql security definer as $$ begin execute query; return json_build_object('success', true); end $$",
    ),
    (
        "run_sql",
        "sql text",
        "returns json language plpgsql security definer as $$ begin execute sql; return '{\"success\": true}'; \
         exception when others then return json_build_object('success', false, 'error', sqlerrm, 'code', sqlstate); end $$",
    ),
    (
        "exec_sql",
        "sql text",
        "returns jsonb language plpgsql security definer as $$ begin execute sql; return '{\"status\": \"ok\"}'; \
         exception when others then return jsonb_build_object('status', 'error', 'message', sqlerrm); end $$",
    ),
    (
        "exec_sql",
        "sql text",
        "returns setof json language plpgsql security definer as $$ begin execute sql; \
         exception when others then return next json_build_object('error', sqlerrm, 'code', sqlstate); end $$",
    ),
    (
        "run_sql",
        "query_text text",
        "returns text language plpgsql security definer as $$ begin execute query_text; return 'OK'; end $$",
    ),
    (
        "exec_sql",
        "q text",
        "returns table (result text) language plpgsql security definer set search_path = '' as $$ begin execute q; result := 'done'; return next; end $$",
    ),
];

#[test]
fn functions_of_others_are_found_and_used() {
    let server = Server::start();
    for (number, (name, argument, rest)) in OTHERS.into_iter().enumerate() {
        let function = format!("{name}({argument})");
        let create = format!("create function public.{function} {rest}");
        let Some(rest) = Rest::start(&server, &format!("others_{number}"), &create) else {
            return;
        };
        let mut target = rest.target();
        block(async {
            let read = target
                .read_json(
                    "set local search_path = ''",
                    "select json_build_array(1, current_setting('search_path'))",
                )
                .await;
            assert_eq!(
                read.unwrap_or_else(|e| panic!("{function}: {e}")),
                json!([1, "\"\""]),
                "{function}"
            );
            target
                .run(
                    "create table t (id int); insert into t values (1)",
                    &mut |_| {},
                )
                .await
                .unwrap();
            let tried = target
                .try_json("delete from t;\n", "(select to_json(count(*)) from t)")
                .await;
            assert_eq!(tried.unwrap(), json!(0), "{function}");
            assert_eq!(count(&mut target, "t").await, json!(1), "{function}");
            let error = refused(target.run("select 1 / 0", &mut |_| {}).await);
            assert_eq!(error.message, "division by zero", "{function}");
            let code = if number == 4 { "XX000" } else { "22012" };
            assert_eq!(error.sqlstate, code, "{function}");
            let error = refused(target.read_json("", "select to_json(1 / 0)").await);
            assert_eq!(error.message, "division by zero", "{function}");
        });
    }
}

/// Functions of other people's that take queries alone.
const QUERIES: [&str; 4] = [
    "returns json language plpgsql security definer as $$ declare r json; begin \
     execute 'select json_agg(t) from (' || query || ') t' into r; return r; end $$",
    "returns setof json language plpgsql security definer as $$ begin return query execute query; end $$",
    "returns table (result jsonb) language plpgsql security definer as $$ begin return query execute query; end $$",
    "returns jsonb language plpgsql security definer set search_path = '' as $$ declare r jsonb; begin \
     if lower(trim(query)) not like 'select%' then raise exception 'Only SELECT queries are allowed'; end if; \
     execute 'select jsonb_agg(t) from (' || query || ') t' into r; return r; end $$",
];

#[test]
fn a_function_that_takes_only_queries_reads_and_no_more() {
    let server = Server::start();
    for (number, rest) in QUERIES.into_iter().enumerate() {
        let create = format!(
            "create function public.exec_sql(query text) {rest}; create table public.kept (id int)"
        );
        let Some(rest) = Rest::start(&server, &format!("queries_{number}"), &create) else {
            return;
        };
        if rest.kind == Kind::Lite && create.contains("raise exception") {
            eprintln!(
                "skipped for one of the functions: what @supabase/lite makes of a RAISE (HTTP 500, code SUP) is no error of the server's"
            );
            continue;
        }
        let mut target = rest.target();
        assert!(target.capabilities().ddl);
        block(async {
            values_come_back_by_query(&mut target).await;
            assert!(!target.capabilities().ddl, "{number}");
            let reason = "its function exec_sql(query) takes only SELECT statements";
            assert_eq!(target.read_only(), Some(reason));
            let changes = "delete from kept; insert into kept values (1)";
            let error = refused(target.run(changes, &mut |_| {}).await);
            assert_eq!(
                (error.sqlstate.as_str(), error.message.as_str()),
                ("25006", reason)
            );
            let error = refused(target.try_json(&format!("{changes};\n"), "'1'::json").await);
            assert_eq!(error.message, reason);
            // Neither the function nor what is wrong with a query is hidden by it.
            let error = refused(target.read_json("", "select to_json(1 / 0)").await);
            assert_eq!(error.sqlstate, "22012", "{error:?}");
        });
        // What is tried first shows it as well.
        let mut target = rest.target();
        let error = refused(block(
            target.try_json("insert into kept values (1);\n", "'1'::json"),
        ));
        assert_eq!(error.sqlstate, "25006");
        assert!(!target.capabilities().ddl);
        block(async {
            let mut wire = connect(&rest.database).await;
            assert_eq!(count(&mut wire, "kept").await, json!(0));
        });
    }
}

async fn values_come_back_by_query(target: &mut DataApiTarget) {
    let text = "quotes ' \" \\ $$ $x$, line\nends, ünïcode 😀";
    let select = format!(
        "select json_build_array({}, 9007199254740993, null) -- the end",
        supaproof::sql::quote_literal(text)
    );
    let read = target.read_json("", &select).await.unwrap();
    assert_eq!(read, json!([text, 9_007_199_254_740_993_u64, null]));
    // The search path counts for what the server prints.
    for (settings, printed) in [
        ("", "kept"),
        (
            "set local search_path = '';\nset local jit = off",
            "public.kept",
        ),
    ] {
        let select = "select to_json(c.oid::regclass::text) from pg_catalog.pg_class as c where c.relname = 'kept'";
        let read = target.read_json(settings, select).await.unwrap();
        assert_eq!(read, json!(printed), "{settings}");
    }
}

#[test]
fn without_a_function_there_is_no_way_in() {
    let server = Server::start();
    let danger = "create table spared (id int); insert into spared values (1); \
                  create function public.exec_all(sql text) returns void language plpgsql security definer as $$ begin delete from public.spared; end $$";
    let Some(rest) = Rest::start(&server, "postgres", danger) else {
        return;
    };
    let error = block(rest.target().read_json("", "select '1'::json")).unwrap_err();
    let TargetError::Unreachable {
        sqlstate: Some(code),
        reason,
        ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(code, "PGRST202");
    assert!(
        reason.contains("it has no function that runs SQL (tried exec_sql(sql), "),
        "{reason}"
    );
    // A function of a similar name was not called, whatever it does.
    block(async {
        let mut wire = connect(&rest.database).await;
        assert_eq!(count(&mut wire, "spared").await, json!(1));
    });
}

#[test]
fn a_key_that_is_not_known_is_refused() {
    let server = Server::start();
    let Some(rest) = Rest::start(&server, "postgres", &bootstrap::install_sql()) else {
        return;
    };
    let Some(wrong) = rest.wrong_key() else {
        eprintln!("skipped: the real one need not be told wrong keys");
        return;
    };
    let key = Key::new("SUPABASE_SECRET_KEY", wrong).unwrap();
    let mut target = DataApiTarget::new(rest.options(), &key).unwrap();
    let error = block(target.read_json("", "select '1'::json")).unwrap_err();
    assert!(
        error.to_string().contains("the key was refused (HTTP 401"),
        "{error}"
    );
    assert!(!format!("{error:?}").contains(wrong));
    // The public's key is refused before anything is sent.
    let key = Key::new("SUPABASE_SECRET_KEY", PUBLISHABLE).unwrap();
    assert!(DataApiTarget::new(rest.options(), &key).is_err());
}

/// Functions are found, and missed, without a restart: the SQL that makes them and takes them away says so to PostgREST.
#[test]
fn new_functions_are_found_after_a_reload() {
    let server = Server::start();
    let Some(rest) = Rest::start(&server, "postgres", "select 1") else {
        return;
    };
    if rest.kind == Kind::Lite {
        eprintln!(
            "skipped: @supabase/lite reads the functions when it starts, and no NOTIFY makes it read them again"
        );
        return;
    }
    let error = block(rest.target().read_json("", "select '1'::json")).unwrap_err();
    assert!(
        error.to_string().contains("no function that runs SQL"),
        "{error}"
    );
    let start = Instant::now();
    let rest = rest
        .learn(&server, "postgres", &bootstrap::install_sql())
        .unwrap();
    eprintln!("{:?}: found after {:?}", rest.kind, start.elapsed());
    let mut target = rest.target();
    block(async {
        target
            .run("create table t (id int)", &mut |_| {})
            .await
            .unwrap();
        assert_eq!(count(&mut target, "t").await, json!(0));
    });
    let start = Instant::now();
    let rest = rest
        .learn(&server, "postgres", bootstrap::remove_sql())
        .unwrap();
    eprintln!("{:?}: missed after {:?}", rest.kind, start.elapsed());
    // A target that had found it says that it is gone, and calls nothing else in its place.
    let error = block(target.read_json("", "select '1'::json")).unwrap_err();
    assert!(
        error.to_string().contains("no function that runs SQL"),
        "{error}"
    );
}

/// What goes through a pool of connections leaves alone what the pool has prepared, and takes away what a step did.
#[test]
fn what_a_pool_has_prepared_stays() {
    let server = Server::start();
    block(async {
        let (client, connection) = server
            .target("postgres")
            .parse::<tokio_postgres::Config>()
            .unwrap()
            .connect(tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        let prepared = client.prepare("select 1").await.unwrap();
        client
            .batch_execute("prepare \"Of a step\" as select 2; select pg_advisory_lock(7)")
            .await
            .unwrap();
        client.batch_execute(&behaviour::clean()).await.unwrap();
        assert_eq!(client.query(&prepared, &[]).await.unwrap().len(), 1);
        let left = "select count(*)::int from pg_prepared_statements where from_sql union all select count(*)::int from pg_locks where locktype = 'advisory'";
        for row in client.query(left, &[]).await.unwrap() {
            assert_eq!(row.get::<_, i32>(0), 0);
        }
    });
}
