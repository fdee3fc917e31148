//! The target `postgres` on real servers: how it connects, what it says when it cannot, and how it leaves a session.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "connect/authority.rs"]
mod authority;
#[path = "connect/cluster.rs"]
mod cluster;
#[path = "connect/login.rs"]
mod login;
#[path = "support/programs.rs"]
mod programs;
#[path = "connect/relay.rs"]
mod relay;
#[path = "connect/server.rs"]
mod server;
#[path = "connect/sessions.rs"]
mod sessions;
#[path = "connect/tls.rs"]
mod tls;

use std::time::Duration;

use serde_json::json;
use supaproof::target::{Target, TargetError};

use cluster::Cluster;
use server::{SERVER, connect, eventually, run, trusted, waiting_for};
use sessions::Way;

fn direct() -> Way {
    Way {
        name: "direct",
        port: SERVER.port,
        query: "sslmode=disable",
    }
}

fn encrypted() -> Way {
    Way {
        name: "encrypted",
        port: SERVER.port,
        query: "sslmode=require",
    }
}

macro_rules! through {
    ($way:ident: $($name:ident)*) => {
        mod $way {
            $(
                #[tokio::test]
                async fn $name() {
                    super::sessions::$name(&super::$way()).await;
                }
            )*
        }
    };
}

sessions::each! { through direct }

through! { encrypted:
    a_run_has_a_limit_and_the_server_stops
    what_runs_can_be_cancelled
}

#[tokio::test]
async fn a_session_that_is_terminated_is_lost() {
    let mut target = trusted().await;
    let pid = target
        .last_json("select to_json(pg_backend_pid())")
        .await
        .unwrap();
    let running = tokio::spawn(async move {
        let (_, result) = run(&mut target, "select 1; select pg_sleep(60), 'victim-1'").await;
        (
            result.unwrap_err(),
            run(&mut target, "select 1").await.1.unwrap_err(),
        )
    });
    eventually(&waiting_for("victim-1")).await;
    let mut other = trusted().await;
    let kill = format!("select pg_terminate_backend({pid})");
    run(&mut other, &kill).await.1.unwrap();
    let (first, second) = running.await.unwrap();
    match first {
        TargetError::Lost {
            reason, completed, ..
        } => assert_eq!(
            (reason.as_str(), completed),
            ("terminating connection due to administrator command", 1)
        ),
        other => panic!("{other}"),
    }
    assert!(
        matches!(second, TargetError::Lost { completed: 0, .. }),
        "{second}"
    );

    // While nothing runs on it.
    let mut target = trusted().await;
    let pid = target
        .last_json("select to_json(pg_backend_pid())")
        .await
        .unwrap();
    run(
        &mut other,
        &format!("select pg_terminate_backend({pid}, 5000)"),
    )
    .await
    .1
    .unwrap();
    match run(&mut target, "select 1").await.1.unwrap_err() {
        TargetError::Lost { reason, .. } => {
            assert_eq!(
                reason,
                "terminating connection due to administrator command"
            );
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_server_that_is_killed_is_lost() {
    let server = Cluster::start(None);
    let url = server.url("trusted", "");
    let mut target = connect(&url).await;
    let pid = target
        .last_json("select to_json(pg_backend_pid())")
        .await
        .unwrap();
    let running = tokio::spawn(async move {
        run(&mut target, "select 1; select 2; select pg_sleep(60)")
            .await
            .1
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.kill(i32::try_from(pid.as_i64().unwrap()).unwrap());
    match running.await.unwrap().unwrap_err() {
        TargetError::Lost {
            reason, completed, ..
        } => {
            assert_eq!(reason, "the server closed it");
            // The server keeps short answers back until it is done.
            assert!(completed <= 2);
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn options_and_names_reach_the_server() {
    let url = SERVER.url(
        "trusted",
        "options=-c%20work_mem%3D7MB&application_name=x%20y",
    );
    let mut target = connect(&url).await;
    let script =
        "select json_build_array(current_setting('work_mem'), current_setting('application_name'))";
    assert_eq!(
        target.last_json(script).await.unwrap(),
        json!(["7MB", "x y"])
    );
    let mut target = trusted().await;
    let name = target
        .last_json("select to_json(current_setting('application_name'))")
        .await
        .unwrap();
    assert_eq!(name, "supaproof");
    assert!(target.server_version().is_some());
    assert_eq!(
        target.describe(),
        format!("trusted@127.0.0.1:{}/postgres", SERVER.port)
    );
    assert!(!SERVER.log().contains("PANIC"));
}
