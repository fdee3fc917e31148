//! Asking the server whether two texts mean the same: every kind of place, on a real server.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bystanders;
mod checks;
#[path = "../same/common.rs"]
mod common;
#[path = "../same/generate.rs"]
mod generate;
mod near_misses;
mod place;
mod property;
mod refused;
mod rewrites;
#[path = "../support/mod.rs"]
mod support;
mod timing;
mod words;

use std::path::PathBuf;

use supaproof::meaning::canon::{self, Question, Verdict};
use support::Server;

/// The servers to try: the one that is found, and those that `SUPAPROOF_TEST_POSTGRES_BINS` names.
fn servers() -> impl Iterator<Item = Server> {
    let more = std::env::var_os("SUPAPROOF_TEST_POSTGRES_BINS").unwrap_or_default();
    let more: Vec<PathBuf> = std::env::split_paths(&more)
        .filter(|bin| !bin.as_os_str().is_empty())
        .collect();
    std::iter::once(None)
        .chain(more.into_iter().map(Some))
        .map(|bin| {
            let server = Server::start_with(bin);
            server.sql("postgres", generate::TABLE);
            server.sql("postgres", place::MORE);
            server
        })
}

/// Asks as the program does, in one message.
fn ask(server: &Server, questions: &[Question]) -> Vec<Verdict> {
    ask_after(server, "", questions)
}

/// The same after other statements in the message.
fn ask_after(server: &Server, before: &str, questions: &[Question]) -> Vec<Verdict> {
    let script = canon::questions(questions);
    let message = format!(
        "{before}{}select {};\nrollback",
        script.statements, script.result
    );
    let canon = canon::answers(questions, server.json("postgres", &message));
    questions.iter().map(|q| canon.same(q)).collect()
}
