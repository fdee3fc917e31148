//! The target through a pool of one server session.

use std::future::Future;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use supaproof::target::postgres::PostgresTarget;
use supaproof::target::{Target, TargetError};

use super::bouncer::{PgBouncer, Pool};
use super::server::{
    LIMITS, SERVER, connect, eventually, nothing_runs, run, settings, trusted, waiting_for,
};
use super::sessions::{self, Way};

/// The one session, and who gets it.
struct Bounced {
    pooler: PgBouncer,
    way: Way,
}

fn bounced(mode: &'static str) -> Option<Bounced> {
    let pool = Pool {
        mode,
        size: 1,
        user: "trusted",
    };
    let pooler = PgBouncer::start(&SERVER.dir, SERVER.port, &pool)?;
    let way = Way {
        name: mode,
        port: pooler.port,
        query: match mode {
            "transaction" => "sslmode=disable&pgbouncer=true",
            _ => "sslmode=disable",
        },
    };
    Some(Bounced { pooler, way })
}

/// What a client leaves on a session that outlives it. PgBouncer itself carries a few settings from client to client.
const LEFT: &str = "select json_strip_nulls(json_build_object(
    'pid', pg_backend_pid(),
    'user', nullif(current_user, 'trusted'), 'session user', nullif(session_user, 'trusted'),
    'role', nullif(current_setting('role'), 'none'),
    'settings', (select json_object_agg(name, setting) from pg_settings where source = 'session'
        and name not in ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')),
    'prepared', (select json_agg(name) from pg_prepared_statements),
    'cursors', (select json_agg(name) from pg_cursors where name <> ''),
    'locks', (select json_agg(objid) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'),
    'channels', (select json_agg(c) from pg_listening_channels() as c),
    'temporary', (select json_agg(relname) from pg_class where relnamespace = pg_my_temp_schema())))";

/// What the next client finds: the process of the session, and what is left on it.
async fn left(way: &Way) -> (Value, Value) {
    let mut next = way.open().await;
    let mut found = next.last_json(LEFT).await.unwrap();
    let pid = found.as_object_mut().unwrap().remove("pid").unwrap();
    (pid, found)
}

/// Prints the pooler's log where a test fails.
struct Said<'a>(&'a PgBouncer);

impl Drop for Said<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0.log());
        }
    }
}

async fn test<F: Future<Output = ()>>(mode: &'static str, body: impl FnOnce(Way) -> F) {
    let Some(Bounced { pooler, way }) = bounced(mode) else {
        return;
    };
    let url = way.url();
    let again = Way { ..way };
    let _log = Said(&pooler);
    body(way).await;
    assert_eq!(left(&again).await.1, json!({}), "{url}");
    let log = pooler.log();
    assert!(!log.contains("prepared statement"), "{log}");
}

macro_rules! through {
    ($mode:ident: $($name:ident)*) => {
        mod $mode {
            $(
                #[tokio::test]
                async fn $name() {
                    super::test(stringify!($mode), |way| async move {
                        crate::sessions::$name(&way).await;
                    })
                    .await;
                }
            )*
        }
    };
}

sessions::each! { through transaction }
sessions::each! { through session }

/// The measure itself: what is left is seen, and the capability says that nothing can be kept.
#[tokio::test]
async fn what_is_left_is_seen() {
    let Some(Bounced { way, pooler }) = bounced("transaction") else {
        return;
    };
    let _log = Said(&pooler);
    let mut target = way.open().await;
    assert!(!target.capabilities().sessions);
    assert!(
        connect(&SERVER.url("trusted", "sslmode=disable"))
            .await
            .capabilities()
            .sessions
    );
    let (pid, clean) = left(&way).await;
    assert_eq!(clean, json!({}));
    let leaks = "set search_path = x; set role plainword; prepare p as select 1; listen c;
        select pg_advisory_lock(7); reset role; create temp table t (); declare k cursor with hold for select 1; set role plainword";
    run(&mut target, leaks).await.1.unwrap();
    drop(target);
    let (same, found) = left(&way).await;
    assert_eq!(same, pid);
    let mut names: Vec<_> = found.as_object().unwrap().keys().cloned().collect();
    names.sort();
    let all = [
        "channels",
        "cursors",
        "locks",
        "prepared",
        "role",
        "settings",
        "temporary",
        "user",
    ];
    assert_eq!(names, all, "{found}");
}

/// Two clients on two sessions, so that they do change them.
#[tokio::test]
async fn message_after_message_meets_other_sessions() {
    let pool = Pool {
        mode: "transaction",
        size: 2,
        user: "trusted",
    };
    let Some(pooler) = PgBouncer::start(&SERVER.dir, SERVER.port, &pool) else {
        return;
    };
    let url = format!(
        "postgresql://trusted@127.0.0.1:{}/postgres?pgbouncer=true",
        pooler.port
    );
    let (mut one, mut two) = (connect(&url).await, connect(&url).await);
    for round in 0..3 {
        let script = format!(
            "begin; create table if not exists pooled (a int); insert into pooled values ({round}); commit"
        );
        run(&mut one, &script).await.1.unwrap();
        let read = "select to_json(count(*)) from pooled";
        let (a, b) = tokio::join!(one.last_json(read), two.last_json(read));
        assert_eq!(
            (a.unwrap(), b.unwrap()),
            (json!(round + 1), json!(round + 1))
        );
        run(&mut two, "begin; select 1/0").await.1.unwrap_err();
        two.last_json(read).await.unwrap();
    }
}

/// An open transaction is the client's own: whoever leaves it behind takes the server's session with him.
#[tokio::test]
async fn a_client_that_goes_leaves_no_transaction() {
    test("transaction", |way| async move {
        let mut target = way.open().await;
        run(
            &mut target,
            "begin; set local work_mem = '7MB'; select pg_advisory_xact_lock(3)",
        )
        .await
        .1
        .unwrap();
        drop(target);
        let locks =
            "select to_json(count(*) = 0) from pg_locks where locktype = 'advisory' and objid = 3";
        eventually(locks).await;
    })
    .await;
}

/// A reading with settings of its own, and one that fails.
#[tokio::test]
async fn a_reading_keeps_its_settings_to_itself() {
    test("transaction", |way| async move {
        let mut target = way.open().await;
        let settings = "set local search_path = ''; set local jit = off; set local statement_timeout = '5s'";
        let read = target.read_json(settings, "select to_json(current_setting('jit'))").await;
        assert_eq!(read.unwrap(), "off");
        let (_, found) = left(&way).await;
        assert_eq!(found, json!({}));
        target.read_json(settings, "select 1/0").await.unwrap_err();
        let tried = "create temp table tried (); set local role plainword; select pg_advisory_xact_lock(9);";
        let tried = target.try_json(tried, "to_json(current_user)").await;
        assert_eq!(tried.unwrap(), "plainword");
        target.try_json("set local role plainword;", "1/0").await.unwrap_err();
    })
    .await;
}

/// A client that goes without a cancellation: PgBouncer gives the session up, and the server notices where it looks.
#[tokio::test]
async fn what_a_lost_client_ran_ends() {
    test("transaction", |way| async move {
        // It counts from the next statement on.
        let script = "set local client_connection_check_interval = '200ms';
            select pg_sleep(60), 'lost-through-pooler'";
        let url = way.url();
        let client = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let target = runtime.block_on(async {
                let mut target = connect(&url).await;
                let short = Duration::from_millis(1500);
                let cut = tokio::time::timeout(short, run(&mut target, script)).await;
                assert!(cut.is_err());
                target
            });
            // Outside the runtime nothing can be sent any more.
            drop(target);
        });
        eventually(&waiting_for("lost-through-pooler")).await;
        tokio::task::spawn_blocking(move || client.join().unwrap())
            .await
            .unwrap();
        let start = Instant::now();
        eventually(&nothing_runs("lost-through-pooler")).await;
        assert!(start.elapsed() < Duration::from_secs(5));
    })
    .await;
}

/// PgBouncer passes a terminated session's last words on.
#[tokio::test]
async fn a_session_that_is_terminated_is_lost() {
    test("transaction", |way| async move {
        let mut target = way.open().await;
        let running = tokio::spawn(async move {
            let script = "select 1; select pg_sleep(60), 'victim-through-pooler'";
            run(&mut target, script).await.1.unwrap_err()
        });
        eventually(&waiting_for("victim-through-pooler")).await;
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity
            where query like '%victim-through-pooler%' and pid <> pg_backend_pid()";
        run(&mut trusted().await, kill).await.1.unwrap();
        match running.await.unwrap() {
            TargetError::Lost { reason, .. } => {
                assert!(reason.contains("terminating connection"), "{reason}");
            }
            other => panic!("{other}"),
        }
    })
    .await;
}

/// What PgBouncer refuses at the door, it says.
#[tokio::test]
async fn session_settings_in_options_are_refused() {
    let Some(Bounced { way, pooler }) = bounced("transaction") else {
        return;
    };
    let _log = Said(&pooler);
    let url = way.url() + "&options=-c%20work_mem%3D7MB";
    assert!(settings(&url).warnings()[0].contains("transaction pooler"));
    match PostgresTarget::connect(&settings(&url), LIMITS, false).await {
        Err(TargetError::Unreachable { reason, .. }) => {
            assert!(reason.contains("options"), "{reason}")
        }
        Err(other) => panic!("{other}"),
        // Newer ones set them for as long as the client is connected.
        Ok(mut target) => {
            target.last_json("select '1'").await.unwrap();
        }
    }
}
