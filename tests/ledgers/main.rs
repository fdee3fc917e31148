//! Ledgers that a suite names, and those of other tools: kept in step, and taken over.
#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says why it was skipped"
)]

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod import;
mod named;
mod peers;
mod supabase;

use support::{Project, Run, Server};

/// Runs the program on the server's database, which must end with this code.
fn go(project: &Project, server: &Server, code: i32, args: &[&str]) -> Run {
    let target = server.target("postgres");
    let run = project.run(args.iter().chain(&["--target", &target]));
    assert_eq!(run.code, code, "{args:?}\n{}{}", run.out, run.err);
    run
}

/// The table of `status`, with a space between the first three cells of each migration.
fn states(run: &Run) -> Vec<String> {
    let lines = run.out.lines().filter(|line| {
        let mut chars = line.chars();
        line.starts_with("  ") && chars.nth(2).is_some_and(|c| c.is_ascii_digit())
    });
    lines
        .map(|line| {
            let cells: Vec<&str> = (line.split("  ").map(str::trim))
                .filter(|cell| !cell.is_empty())
                .collect();
            format!("{} {}", cells[0], cells[2])
        })
        .collect()
}

/// A text of SQL, as JSON.
fn text(server: &Server, sql: &str) -> String {
    let json = server.json(
        "postgres",
        &format!("select to_json(coalesce(({sql})::text, 'null'))"),
    );
    json.as_str().unwrap().to_owned()
}
