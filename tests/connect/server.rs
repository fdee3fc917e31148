//! One server for the tests of a process, and what they all do with it.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::json;
use supaproof::target::postgres::{Limits, PostgresTarget, Settings};
use supaproof::target::{Event, Target, TargetError};

use super::cluster::{Certificate, Cluster};

/// One server for the tests of a process that do it no harm.
pub(crate) static SERVER: LazyLock<Cluster> =
    LazyLock::new(|| Cluster::start(Some(&Certificate::new())));

pub(crate) const LIMITS: Limits = Limits {
    connect: Duration::from_secs(20),
    run: None,
};

pub(crate) fn settings(text: &str) -> Settings {
    Settings::parse(text, &|_| None).unwrap()
}

pub(crate) async fn connect(text: &str) -> PostgresTarget {
    let connected = PostgresTarget::connect(&settings(text), LIMITS, false).await;
    connected.unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(crate) async fn trusted() -> PostgresTarget {
    connect(&SERVER.url("trusted", "sslmode=disable")).await
}

pub(crate) async fn run(
    target: &mut PostgresTarget,
    script: &str,
) -> (Vec<String>, Result<(), TargetError>) {
    let mut events = Vec::new();
    let result = target
        .run(script, &mut |event| {
            events.push(match event {
                Event::Completed { index, rows } => format!("{index}: {rows}"),
                Event::Notice { severity, message } => format!("{severity} {message}"),
            });
        })
        .await;
    (events, result)
}

/// Waits until a query on another connection says true.
pub(crate) async fn eventually(query: &str) {
    let mut other = trusted().await;
    let end = Instant::now() + Duration::from_secs(10);
    while other.last_json(query).await.unwrap() != json!(true) {
        assert!(Instant::now() < end, "never true: {query}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn waiting_for(marker: &str) -> String {
    format!(
        "select to_json(count(*) = 1) from pg_stat_activity
         where query like '%{marker}%' and state = 'active' and pid <> pg_backend_pid()"
    )
}

pub(crate) fn nothing_runs(marker: &str) -> String {
    format!(
        "select to_json(count(*) = 0) from pg_stat_activity
         where query like '%{marker}%' and state <> 'idle' and pid <> pg_backend_pid()"
    )
}
