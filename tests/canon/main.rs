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
mod words;

use supaproof::meaning::canon::{self, Question, Verdict};
use support::Server;

/// The servers to try, with the table that the expressions are about.
fn servers() -> impl Iterator<Item = Server> {
    Server::each().inspect(|server| {
        server.sql("postgres", generate::TABLE);
        server.sql("postgres", place::MORE);
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
