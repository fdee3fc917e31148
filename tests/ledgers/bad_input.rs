//! A ledger that somebody altered, and a clock that goes backwards.

use crate::support::{Project, Server};
use crate::{go, states, text};

fn shop() -> Project {
    Project::new(&[
        ("sql/shop/001_a.sql", "create table a (id int);\n"),
        ("sql/shop/001_a.rollback.sql", "drop table a;\n"),
        ("sql/shop/002_b.sql", "create table b (id int);\n"),
        ("sql/shop/002_b.rollback.sql", "drop table b;\n"),
    ])
}

/// The order of versions counts, never that of times.
#[test]
fn a_clock_that_goes_backwards_changes_nothing() {
    let server = Server::start();
    let project = shop();
    go(&project, &server, 0, &["setup", "--yes"]);
    // As if the clock had been set back by years after the first one.
    server.sql(
        "postgres",
        "update supaproof.migrations set applied_at = '2001-01-01Z' where version = '002'",
    );
    let run = go(&project, &server, 0, &["status", "--exit-code"]);
    assert_eq!(states(&run), ["001 applied", "002 applied"]);
    assert!(run.out.contains("2001-01-01T00:00:00Z"), "{}", run.out);
    let run = go(&project, &server, 0, &["rollback", "--steps", "1", "--yes"]);
    assert_eq!(run.out, "✅ shop: 002_b rolled back\n");
    // A file that sets our own notion of when it began cannot make a duration negative.
    project.write(
        "sql/shop/002_b.sql",
        b"create table b (id int);\nselect set_config('supaproof.began', (extract(epoch from now()) + 1e6)::text, true);\n",
    );
    go(&project, &server, 0, &["setup", "--yes"]);
    assert_eq!(
        text(
            &server,
            "select duration_ms from supaproof.migrations where version = '002'"
        ),
        "0"
    );
}

#[test]
fn a_ledger_altered_by_hand_is_told() {
    let server = Server::start();
    let project = shop();
    go(&project, &server, 0, &["setup", "--yes"]);
    for (change, code, says) in [
        (
            "update supaproof.migrations set checksum = 'x' where version = '001'",
            1,
            "divergent",
        ),
        (
            "delete from supaproof.migrations where version = '001'",
            1,
            "supaproof.history says that it was applied",
        ),
        (
            "insert into supaproof.migrations values ('shop', '003', 'c', 'x')",
            1,
            "missing",
        ),
        (
            "update supaproof.migrations set version = 'x' where version = '002'",
            5,
            "rows that supaproof did not write",
        ),
        (
            "alter table supaproof.migrations drop column checksum",
            5,
            "it lacks checksum",
        ),
    ] {
        server.sql(
            "postgres",
            "create table kept as select * from supaproof.migrations",
        );
        server.sql("postgres", change);
        let run = go(&project, &server, code, &["status"]);
        let told = format!("{}{}", run.out, run.err);
        assert!(told.contains(says), "{change}\n{told}");
        server.sql(
            "postgres",
            "alter table supaproof.migrations add column if not exists checksum text; \
             delete from supaproof.migrations; \
             insert into supaproof.migrations (suite, version, name, checksum, applied_at, rollback) \
             select suite, version, name, checksum, applied_at, rollback from kept; drop table kept",
        );
        go(&project, &server, 0, &["status"]);
    }
}
