//! Migrations on a real Postgres, and statement boundaries against the server's own count.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![cfg(all(feature = "cli", unix))]

mod alone;
mod apply;
mod boundaries;
#[expect(dead_code, reason = "the tests of faults use the rest of it")]
mod cluster;
mod door;
mod executing;
mod faults;
mod fixture;
mod halfway;
mod ledger;
mod named;
#[path = "../support/processes.rs"]
mod processes;
mod records;
mod sections;
mod traps;
mod unfinished;
mod waits;
