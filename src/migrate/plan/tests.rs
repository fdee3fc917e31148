//! What is planned, and where everything stands.

use super::*;
use crate::migrate::files::fixture::migrations;
use crate::migrate::ledger::Kept;

fn files(versions: &[&str]) -> Migrations {
    let mut all: Vec<(String, &str)> = Vec::new();
    for version in versions {
        all.push((format!("{version}_m.sql"), "select 1"));
        all.push((format!("{version}_m.rollback.sql"), "select 2"));
    }
    let all: Vec<(&str, &str)> = all
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    migrations(&all)
}

/// Rows of the ledger; `!` after a version is another checksum than the file has.
fn applied(versions: &[&str]) -> Vec<Applied> {
    let good = files(&["1"]).list()[0].setup.checksum().to_owned();
    versions
        .iter()
        .map(|version| Applied {
            version: Version::new(version.trim_end_matches('!')).unwrap(),
            name: "m".into(),
            pushed: false,
            checksum: if version.ends_with('!') {
                "other".into()
            } else {
                good.clone()
            },
            applied_at: "2025-01-31T12:00:00Z".into(),
            duration_ms: None,
            author: None,
            rollback: Kept::Nothing,
        })
        .collect()
}

fn steps(rows: &[&str], names: &[&str], direction: Direction) -> String {
    match plan(&applied(rows), &files(names), &direction) {
        Ok(plan) => {
            let steps: Vec<_> = plan
                .steps
                .iter()
                .map(|step| step.migration.version.as_str())
                .collect();
            format!("{}{}", steps.join(" "), "!".repeat(plan.warnings.len()))
        }
        Err(error) => format!("{}: {error}", error.code() as u8),
    }
}

#[test]
fn forward_applies_what_is_pending_in_order() {
    use Direction::Forward;
    assert_eq!(steps(&[], &["10", "9", "8"], Forward), "8 9 10");
    assert_eq!(steps(&[], &["10", "9", "1"], Forward), "1 9 10!");
    assert_eq!(steps(&["1", "9", "10"], &["10", "9", "1"], Forward), "");
    assert_eq!(steps(&["1"], &["1", "2"], Forward), "2");
    assert_eq!(steps(&["001"], &["1"], Forward), "");
    assert_eq!(steps(&["1", "3"], &["1", "2", "3", "4"], Forward), "2 4!");
    assert_eq!(
        steps(&["1!"], &["1", "2"], Forward),
        "5: 1_m has changed since it was applied"
    );
    assert_eq!(
        steps(&["1", "2"], &["2", "3"], Forward),
        "5: 1_m is applied, but its file is gone"
    );
    assert_eq!(
        steps(&["3"], &[], Forward),
        "5: 3_m is applied, but its file is gone"
    );
}

#[test]
fn every_broken_line_is_named() {
    let error = plan(
        &applied(&["1!", "2", "3!"]),
        &files(&["1", "3"]),
        &Direction::Forward,
    )
    .unwrap_err();
    assert_eq!(error.notes().len(), 3);
    assert!(error.notes()[0].starts_with("1_m: applied other, now "));
    assert_eq!(error.notes()[1], "2_m: applied, no file");
    assert_eq!(error.origin().unwrap().to_string(), "sql/shop/1_m.sql:1:1");
}

#[test]
fn backward_goes_from_the_newest() {
    let to = |version: &str| Direction::BackTo(Version::new(version).unwrap());
    let rows = ["1", "2", "10"];
    assert_eq!(steps(&rows, &rows, Direction::BackAll), "10 2 1");
    assert_eq!(steps(&rows, &rows, Direction::BackSteps(2)), "10 2");
    assert_eq!(
        steps(&rows, &rows, Direction::BackSteps(0)),
        "2: no migrations are to be rolled back"
    );
    assert_eq!(steps(&rows, &rows, to("01")), "10 2");
    assert_eq!(steps(&rows, &rows, to("10")), "");
    assert_eq!(steps(&[], &rows, Direction::BackAll), "");
    assert_eq!(
        steps(&rows, &rows, Direction::BackSteps(4)),
        "2: 4 migrations cannot be rolled back: only 3 are applied"
    );
    assert_eq!(
        steps(&rows, &rows, to("3")),
        "2: cannot roll back to 3: it is not applied"
    );
    // What has changed can still be taken away, but not without a word.
    assert_eq!(
        steps(&["1", "2!"], &["1", "2"], Direction::BackSteps(1)),
        "2!"
    );
    // A file that is gone matters only where its turn comes.
    assert_eq!(steps(&rows, &["2", "10"], Direction::BackSteps(2)), "10 2");
    assert_eq!(
        steps(&rows, &["2", "10"], Direction::BackAll),
        "5: 1_m is applied, but its file is gone: it cannot be rolled back"
    );
}

#[test]
fn a_rollback_that_has_no_file_comes_from_the_ledger() {
    let mut rows = applied(&["1", "2"]);
    for row in &mut rows {
        row.rollback = Kept::Text(format!("select 4{}", row.version));
    }
    let texts = |files: &Migrations| {
        let plan = plan(&rows, files, &Direction::BackAll).unwrap();
        let texts: Vec<_> = plan
            .steps
            .iter()
            .map(|step| step.script.source().text().to_owned())
            .collect();
        (texts, plan.warnings.len())
    };
    let (kept, file) = ("select 42".to_owned(), "select 2".to_owned());
    // Where there is a file, it counts.
    assert_eq!(texts(&files(&["1", "2"])), (vec![file.clone(); 2], 0));
    assert_eq!(texts(&files(&["1"])), (vec![kept, file], 1));
}

#[test]
fn a_missing_rollback_matters_only_when_it_is_asked_for() {
    let files = migrations(&[("1_m.sql", "select 1")]);
    assert!(plan(&[], &files, &Direction::Forward).is_ok());
    let error = plan(&applied(&["1"]), &files, &Direction::BackAll).unwrap_err();
    assert_eq!(
        error.message(),
        "the suite shop has no rollback for sql/shop/1_m.sql"
    );
    assert_eq!(
        error.help_text(),
        Some("write what undoes it as sql/shop/1_m.rollback.sql")
    );
    assert_eq!(error.code() as u8, 2);
}

#[test]
fn dependencies_say_what_comes_first_and_what_goes_first() {
    let sql = "-- supaproof: depends: 3";
    let files = migrations(&[
        ("1_m.sql", "select 1"),
        ("1_m.down.sql", "select 1"),
        ("2_m.sql", sql),
        ("2_m.down.sql", "select 1"),
        ("3_m.sql", "select 1"),
        ("3_m.down.sql", "select 1"),
    ]);
    let row = |version: &str| Applied {
        version: Version::new(version).unwrap(),
        pushed: false,
        checksum: match version {
            "2" => files.list()[2].setup.checksum().into(),
            _ => files.list()[0].setup.checksum().into(),
        },
        name: "m".into(),
        applied_at: String::new(),
        duration_ms: None,
        author: None,
        rollback: Kept::Nothing,
    };
    let run = |rows: &[&str], direction: &Direction| {
        let rows: Vec<Applied> = rows.iter().map(|version| row(version)).collect();
        let plan = plan(&rows, &files, direction).unwrap();
        let steps: Vec<_> = plan
            .steps
            .iter()
            .map(|s| s.migration.version.as_str())
            .collect();
        (steps.join(" "), plan.warnings.len())
    };
    assert_eq!(run(&[], &Direction::Forward), ("1 3 2".into(), 0));
    // 2 comes after 3: it is not out of order.
    assert_eq!(run(&["1", "3"], &Direction::Forward), ("2".into(), 0));
    assert_eq!(
        run(&["1", "2", "3"], &Direction::BackAll),
        ("2 3 1".into(), 0)
    );
    let to = Direction::BackTo(Version::new("3").unwrap());
    assert_eq!(run(&["1", "2", "3"], &to), ("2".into(), 0));
}

#[test]
fn an_irreversible_migration_is_not_rolled_back_nor_over() {
    let files = migrations(&[
        (
            "1_m.sql",
            "-- why\n-- supaproof: irreversible: the old hashes are gone",
        ),
        ("2_m.sql", "select 1;\n-- ROLLBACK:\n-- select 2;"),
    ]);
    let rows: Vec<Applied> = files
        .list()
        .iter()
        .map(|m| Applied {
            version: m.version.clone(),
            name: "m".into(),
            pushed: false,
            checksum: m.setup.checksum().into(),
            applied_at: String::new(),
            duration_ms: None,
            author: None,
            rollback: Kept::Nothing,
        })
        .collect();
    let error = plan(&rows, &files, &Direction::BackAll).unwrap_err();
    assert_eq!(
        error.message(),
        "1_m cannot be rolled back: the old hashes are gone"
    );
    assert_eq!(error.origin().unwrap().to_string(), "sql/shop/1_m.sql:2:1");
    assert_eq!(error.code() as u8, 2);
    assert_eq!(
        require_rollbacks(&files, false).unwrap_err().message(),
        error.message()
    );
    assert!(plan(&rows, &files, &Direction::BackSteps(1)).is_ok());
}

#[test]
fn status_tells_every_state() {
    let failed = |version: &str| crate::migrate::ledger::Failed {
        version: Version::new(version).unwrap(),
        name: "m".into(),
        at: "2025-01-31T12:00:00Z".into(),
        duration_ms: Some(1),
        error: "no".into(),
        author: None,
    };
    let ledger = Ledger {
        exists: true,
        applied: applied(&["1", "2!", "4", "5"]),
        // The fifth was applied since, the eighth has no file any more.
        failed: vec![failed("5"), failed("7"), failed("8")],
        ..Ledger::default()
    };
    let states: Vec<_> = status(&ledger, &files(&["1", "2", "3", "5", "6", "7"]))
        .into_iter()
        .map(|line| {
            let state = match line.state {
                State::Applied => "applied",
                State::Pending => "pending",
                State::OutOfOrder => "out of order",
                State::Divergent { .. } => "divergent",
                State::Missing { .. } => "missing",
                State::Failed { .. } => "failed",
                State::OutOfStep { .. } => "out of step",
                State::RollbackFailed { .. } => "rollback failed",
                State::Running => "running",
                State::Lost { .. } => "lost",
            };
            format!("{} {state} {}", line.version, line.at.is_some())
        })
        .collect();
    assert_eq!(
        states,
        [
            "1 applied true",
            "2 divergent true",
            "3 out of order false",
            "4 missing true",
            "5 applied true",
            "6 pending false",
            "7 failed true",
            "8 failed true"
        ]
    );
}
