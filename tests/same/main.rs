//! What is the same must pass, and what is not must not: the judge is a real server.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::print_stdout, reason = "why a test was skipped")]

mod asked;
mod common;
mod dump;
mod findings;
mod generate;
mod judge;
mod majors;
mod odd_kinds;
mod odd_names;
mod order;
mod rewrites;
#[path = "../support/mod.rs"]
mod support;
mod words;
