//! How often we ask a server: a far database costs a round trip for each message. Messages are counted, not time.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "other tests use its servers that misbehave")]
#[path = "connect/relay.rs"]
mod relay;
mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use relay::Relay;
use support::{Project, Run, Server, root, run};

/// Runs a command through a relay and says which messages it sent.
fn counted(server: &Server, args: &[&str]) -> (Run, String) {
    counted_in(&root(), server, args)
}

fn counted_in(folder: &Path, server: &Server, args: &[&str]) -> (Run, String) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let relay = runtime.block_on(Relay::to(server.socket()));
    let target = format!(
        "postgresql://postgres@127.0.0.1:{}/postgres?sslmode=disable",
        relay.port
    );
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let thread = std::thread::spawn(move || runtime.block_on(async { ended.await.ok() }));
    let run = run(folder, [args, &["--target", &target]].concat());
    // The goodbye may still be on its way through the relay.
    let limit = Instant::now() + Duration::from_secs(5);
    while !relay.messages().ends_with('X') && Instant::now() < limit {
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = end.send(());
    thread.join().unwrap();
    (run, relay.messages())
}

/// `!` begins a connection, `Q` is a message of statements, `X` says goodbye: nothing is ever prepared (`P`, `B`).
#[test]
fn a_check_asks_twice_on_one_connection() {
    let server = Server::start();
    let mut all = Vec::new();
    for args in [
        &["setup", "archon-workflow", "--yes"][..],
        &["check", "archon-workflow"],
        &["check", "archon-workflow", "-v", "--report", "json"],
        &["status", "archon-workflow"],
        &["setup", "archon-workflow", "--yes"],
        &["rollback", "archon-workflow", "--all", "--yes"],
        &["verify", "archon-workflow", "--yes"],
    ] {
        let (run, messages) = counted(&server, args);
        assert_eq!(run.code, 0, "{args:?}\n{}{}", run.out, run.err);
        assert_eq!(
            messages.matches('!').count(),
            1,
            "{args:?} makes one connection: {messages}"
        );
        if args[0] == "check" {
            assert!(messages.matches('Q').count() <= 3, "{args:?}: {messages}");
        }
        all.push(format!("{}: {messages}", args.join(" ")));
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("round_trips", all.join("\n"));
    });
}

/// What only the server understands is asked in the message of the smoke steps, or in one of its own.
#[test]
fn a_check_asks_twice_where_texts_differ() {
    let server = Server::start();
    server.sql(
        "postgres",
        "create table public.t (a varchar, b text, constraint c check (coalesce(a, b) <> ''))",
    );
    let yaml = "tables:\n  t:\n    checks:\n      c: coalesce(t.a, t.b) <> ''\n";
    let smoke = "smoke:\n  - name: it works\n    run: insert into t values ('x', 'y')\n";
    for yaml in [yaml.to_owned(), format!("{yaml}{smoke}")] {
        let project = Project::new(&[("validations/s.yaml", &yaml)]);
        let (run, messages) = counted_in(project.path(), &server, &["check", "s"]);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        assert_eq!(messages, "!QQX", "{yaml}");
    }
}

/// Whoever destroys nothing waits for no question about it, whatever triggers there are.
#[test]
fn what_is_destroyed_is_asked_where_something_is() {
    let server = Server::start();
    server.sql(
        "postgres",
        "create table t (id int, at timestamptz);
         create table u (id int);
         insert into u values (1);
         create function stamps() returns trigger language plpgsql as $$ begin new.at := now(); return new; end $$;
         create trigger stamps before insert on t for each row execute function stamps();
         create function clears() returns trigger language plpgsql as $$ begin delete from t; return new; end $$;
         create trigger clears before update on u for each row execute function clears();",
    );
    for (file, sql, wanted) in [
        (
            "001_writes",
            "insert into t values (1); insert into u values (2)",
            "!QQX",
        ),
        (
            "002_bounded",
            "update t set id = 2 where id = 1; delete from u where id = 2",
            "!QQX",
        ),
        ("003_all", "delete from u where true", "!QQQX"),
        // The functions that run, what they destroy.
        ("004_fires", "update u set id = 3 where id = 1", "!QQQQX"),
    ] {
        let project = Project::new(&[(&format!("sql/s/{file}.sql"), sql)]);
        let path = project.path();
        let (run, messages) = counted_in(path, &server, &["setup", "s", "--yes"]);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        assert_eq!(messages, wanted, "{sql}");
        server.sql("postgres", "delete from supaproof.migrations");
    }
}
