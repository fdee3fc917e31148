//! The doors to a hosted project: the Management API and the Data API.
//!
//! The first has a stand-in of our own, on a real Postgres. For the second `@supabase/lite` is fetched with npm, which is
//! compatible with PostgREST and is not it; where `SUPAPROOF_TEST_REST_URL`, `SUPAPROOF_TEST_REST_KEY` (a secret or service
//! key) and `SUPAPROOF_TEST_REST_DATABASE` (a Postgres URL) name a throwaway project, the same tests run on a real one.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![expect(clippy::print_stderr, reason = "a skip says why")]

mod api;
mod bootstrap;
#[expect(dead_code, reason = "the tests of poolers use more of it")]
#[path = "../pooler/bouncer.rs"]
mod bouncer;
#[expect(dead_code, reason = "the tests of connecting use more of it")]
#[path = "../connect/cluster.rs"]
mod cluster;
mod commands;
mod data;
mod data_api;
mod examine;
mod exeserver;
mod fallback;
mod http;
mod initialise;
mod long;
mod management;
mod matrix;
mod misbehaving;
mod postgres;
#[expect(dead_code, reason = "the tests of shut doors use more of it")]
#[path = "../doctor/refusing.rs"]
mod refusing;
mod rest;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod token;

use support::programs;

use std::future::Future;
use std::time::Duration;

use supaproof::target::postgres::{Limits, PostgresTarget, Settings};

/// Runs a future, for two minutes at the most.
fn block<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(120), future)
            .await
            .unwrap()
    })
}

/// A connection to a server, as `--target` names it.
async fn connect(target: &str) -> PostgresTarget {
    let settings = Settings::parse(target, &|_| None).unwrap();
    let limits = Limits {
        connect: Duration::from_secs(10),
        run: None,
    };
    PostgresTarget::connect(&settings, limits, false)
        .await
        .unwrap()
}
