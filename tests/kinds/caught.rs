//! The pages of the documentation that list what is caught, as the tests have tried it.

use std::fs;

/// A change in SQL, and what is reported of it, each as `code object`.
pub(super) type Row = (String, Vec<String>);

/// Where the words are the same on every major.
pub(super) const EVERY_MAJOR: &str = "on each of Postgres 15 to 18 (`make test-majors`)";

/// Holds the page `docs/caught/NAME.md` against what was tried; with `UPDATE=1` writes it.
pub(super) fn page(name: &str, title: &str, on: &str, rows: &[Row]) {
    let cell = |text: &str| {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        line.replace('|', "\\|")
    };
    let mut text = format!(
        "# Changes that are caught: {title}\n\n\
         The tests make expectations from a schema that has something of every kind (`tests/catalog/schema.sql`), change one\n\
         property of it on a real server, and hold what is reported against this table: {} changes, each reported as\n\
         stands here and nothing else beside it, {on}.\n\
         `supaproof explain CODE` says what a code means.\n\n\
         | change | reported |\n|---|---|\n",
        rows.len()
    );
    for (sql, findings) in rows {
        let findings: Vec<String> = findings.iter().map(|f| format!("`{}`", cell(f))).collect();
        text.push_str(&format!(
            "| `{}` | {} |\n",
            cell(sql),
            findings.join("<br>")
        ));
    }
    let path = super::support::root().join(format!("docs/caught/{name}.md"));
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "{} is not what was tried: run `UPDATE=1 cargo test --test kinds` and read what it wrote",
        path.display()
    );
}
