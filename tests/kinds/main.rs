//! Kinds of expectation on the rich schema: what is written from it passes on it, and every change of it is caught.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod cluster;
#[path = "../catalog/mutations/mod.rs"]
#[expect(dead_code, reason = "its own test binary uses all of it")]
mod mutations;
#[path = "../support/mod.rs"]
mod support;
