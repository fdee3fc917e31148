//! Migrations on a real Postgres, and statement boundaries against the server's own count.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![cfg(all(feature = "cli", unix))]

mod apply;
mod boundaries;
mod cluster;
mod door;
mod faults;
mod fixture;
mod ledger;
mod named;
mod records;
mod sections;
