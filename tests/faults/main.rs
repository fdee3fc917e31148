//! Runs of migrations that are cut off: the connection, the server, and ourselves. Whatever happens, each migration is wholly
//! there with its row in the ledger or wholly absent, the next run finishes, and nothing runs twice.
//!
//! `make test` runs a short form; `SUPAPROOF_TEST_FAULTS=whole`, as `make test-faults` says it, the whole. The moments are
//! random, from a seed that is printed; `SUPAPROOF_TEST_SEED` repeats one.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test may panic, and these print their counts"
)]
#![cfg(all(feature = "cli", unix))]

#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../migrate/cluster.rs"]
mod cluster;
mod cut;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../migrate/door.rs"]
mod door;
mod half_done;
mod killed;
#[path = "../support/processes.rs"]
mod processes;
mod relay;
mod runners;
mod scene;
