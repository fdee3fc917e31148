//! The program's commands through a transaction pooler with one session.

use super::bouncer::{PgBouncer, Pool};
use super::support::{Project, Server, root, run};

fn pooled(server: &Server, size: u32) -> Option<PgBouncer> {
    let socket = server.socket();
    let port = socket
        .extension()
        .unwrap()
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let pool = Pool {
        mode: "transaction",
        size,
        user: "postgres",
    };
    PgBouncer::start(socket.parent().unwrap(), port, &pool)
}

pub(super) fn url(pooler: &PgBouncer, database: &str) -> String {
    format!(
        "postgresql://postgres@127.0.0.1:{}/{database}?pgbouncer=true",
        pooler.port
    )
}

const LEFT: &str = "select json_build_array(current_user, current_setting('role'), current_setting('search_path'),
    (select count(*) from pg_prepared_statements), (select count(*) from pg_locks where locktype = 'advisory'),
    (select count(*) from pg_class where relnamespace = pg_my_temp_schema()),
    (select json_object_agg(name, setting) from pg_settings where source = 'session'
        and name not in ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')))";

/// What the next client of the pool finds, against what the first one found.
fn left(pooler: &PgBouncer, database: &str) -> serde_json::Value {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut next = super::server::connect(&url(pooler, database)).await;
        next.last_json(LEFT).await.unwrap()
    })
}

#[test]
fn a_suite_goes_up_is_proved_and_goes_away() {
    let server = Server::start();
    let Some(pooler) = pooled(&server, 1) else {
        return;
    };
    let target = url(&pooler, "postgres");
    let before = left(&pooler, "postgres");
    for (command, code) in [
        (&["check", "archon-workflow"][..], 1),
        (&["setup", "archon-workflow", "--yes"], 0),
        (&["setup", "archon-workflow", "--yes"], 0),
        (&["check", "archon-workflow"], 0),
        (&["status"], 0),
        (&["rollback", "archon-workflow", "--all", "--yes"], 0),
        (&["check", "archon-workflow"], 1),
        (&["verify", "archon-workflow", "--yes"], 0),
    ] {
        let run = run(&root(), command.iter().chain(&["--target", &target]));
        assert_eq!(run.code, code, "{command:?}\n{}\n{}", run.out, run.err);
        assert_eq!(left(&pooler, "postgres"), before, "{command:?}");
    }
}

/// After an error in the middle too: one that the server finds, and one of the suite's own settings.
#[test]
fn a_suite_that_fails_leaves_nothing_on_the_session() {
    let server = Server::start();
    let Some(pooler) = pooled(&server, 1) else {
        return;
    };
    let before = left(&pooler, "postgres");
    for sql in [
        "set search_path = nowhere; set role anon; select 1/0;",
        "create table t (); prepare p as select 1; select pg_advisory_lock(3); set work_mem = '7MB'; select 1/0;",
        "set search_path = public, pg_temp; create index concurrently i on nowhere (a);",
        "selec 1;",
    ] {
        let project = Project::new(&[("sql/shop/001_first.sql", sql)]);
        let run = project.run([
            "setup",
            "shop",
            "--yes",
            "--target",
            &url(&pooler, "postgres"),
        ]);
        assert_eq!(run.code, 5, "{sql}\n{}\n{}", run.out, run.err);
        assert_eq!(left(&pooler, "postgres"), before, "{sql}");
    }
    // And where all is well, what a file sets is gone too. The third was tried outside of a transaction, and is half done.
    let sql = "set search_path = nowhere; set work_mem = '7MB'; prepare p as select 1; create temp table t ();";
    let project = Project::new(&[("sql/shop/001_first.sql", sql)]);
    let target = url(&pooler, "postgres");
    let run = project.run(["repair", "shop", "--yes", "--target", &target]);
    assert_eq!(run.code, 0, "{}\n{}", run.out, run.err);
    assert_eq!(left(&pooler, "postgres"), before);
    let run = project.run([
        "setup",
        "shop",
        "--yes",
        "--target",
        &url(&pooler, "postgres"),
    ]);
    assert_eq!(run.code, 0, "{}\n{}", run.out, run.err);
    assert_eq!(left(&pooler, "postgres"), before);
}

/// What a file sets stays within the function that runs it, where it is set up through one.
#[test]
fn a_suite_that_is_bootstrapped_leaves_nothing_on_the_session() {
    let server = Server::start();
    let Some(pooler) = pooled(&server, 1) else {
        return;
    };
    let before = left(&pooler, "postgres");
    let sql = "set search_path = nowhere; set work_mem = '7MB'; prepare p as select 1; create temp table t (); \
               select pg_advisory_lock(3); select 1/0;";
    for (sql, code) in [(&sql[..sql.len() - 11], 0), (sql, 5)] {
        let file = format!("sql/shop/00{code}_first.sql");
        let project = Project::new(&[(&file, sql)]);
        let target = url(&pooler, "postgres");
        let run = project.run(["bootstrap", "shop", "--yes", "--target", &target]);
        assert_eq!(run.code, code, "{sql}\n{}\n{}", run.out, run.err);
        assert_eq!(left(&pooler, "postgres"), before, "{sql}");
    }
}

/// What other clients of the pool have prepared by the protocol is there after a run of ours.
#[test]
fn what_others_have_prepared_stays() {
    let server = Server::start();
    let Some(pooler) = pooled(&server, 1) else {
        return;
    };
    let project = Project::new(&[
        (
            "sql/shop/001_first.sql",
            "create table t (id int); prepare p as select 1;",
        ),
        (
            "sql/shop/002_wrong.sql",
            "prepare q as select 1; select 1 / 0;",
        ),
    ]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let other = format!("postgresql://postgres@127.0.0.1:{}/postgres", pooler.port);
        let (client, connection) = tokio_postgres::connect(&other, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        let prepared = client.prepare("select 1").await.unwrap();
        let target = url(&pooler, "postgres");
        let setup = tokio::task::spawn_blocking(move || {
            project.run(["setup", "shop", "--yes", "--target", &target])
        });
        let setup = setup.await.unwrap();
        assert_eq!(setup.code, 5, "{setup:?}");
        assert_eq!(client.query(&prepared, &[]).await.unwrap().len(), 1);
        let left = "select from pg_prepared_statements where from_sql";
        assert!(
            client
                .simple_query(left)
                .await
                .unwrap()
                .iter()
                .all(|m| !matches!(m, tokio_postgres::SimpleQueryMessage::Row(_)))
        );
    });
}
