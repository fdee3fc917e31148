//! The target `postgres` and the program through a real PgBouncer: the same tests as directly, and nothing of ours is left
//! for the pool's next client.

#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test may panic, and says why it was skipped"
)]

mod bouncer;
#[expect(dead_code, reason = "the tests of connecting use more of it")]
#[path = "../connect/cluster.rs"]
mod cluster;
mod commands;
mod many;
#[expect(dead_code, reason = "the tests of connecting use more of it")]
#[path = "../connect/relay.rs"]
mod relay;
#[path = "../connect/server.rs"]
mod server;
#[path = "../connect/sessions.rs"]
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod target;

use support::programs;
