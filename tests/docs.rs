//! The documentation is true: its examples are run with the program itself.
//!
//! `UPDATE=1 cargo test --test docs` writes what the program prints into the pages.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

#[path = "docs/checks.rs"]
mod checks;
#[path = "docs/console.rs"]
mod console;
#[path = "docs/page.rs"]
mod page;

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::CommandFactory;

use page::{Page, settle};
use support::{Project, root, run};

/// `docs/cli.md` is what `--help` prints.
#[test]
fn cli() {
    let mut should_be = String::from(
        "# Command line\n\n<!-- Generated from the program: UPDATE=1 cargo test --test docs cli -->\n",
    );
    let command = supaproof::cli::Cli::command();
    // One of several words has its own help.
    let subcommands = command.get_subcommands().flat_map(|c| {
        let name = c.get_name().to_owned();
        let below: Vec<String> = c
            .get_subcommands()
            .map(|below| format!("{name} {}", below.get_name()))
            .collect();
        std::iter::once(name).chain(below)
    });
    let subcommands = subcommands.filter(|name| name != "help");
    for name in std::iter::once(None).chain(subcommands.map(Some)) {
        let title = name.as_ref().map_or_else(
            || "supaproof".to_owned(),
            |name| format!("supaproof {name}"),
        );
        let words = name.as_deref().unwrap_or_default().split_whitespace();
        let arguments = words.chain(["--help"]);
        let run = run(&root(), arguments);
        assert_eq!(run.code, 0, "{}", run.err);
        let help: Vec<&str> = run.out.lines().map(str::trim_end).collect();
        write!(
            should_be,
            "\n## {title}\n\n```text\n{}\n```\n",
            help.join("\n").trim_end()
        )
        .unwrap();
    }
    let is = std::fs::read_to_string(page::path("cli.md")).unwrap_or_default();
    settle("cli.md", &is, &should_be);
}

/// `docs/hints.md` is made from the table that messages take their help from.
#[test]
fn hints() {
    let mut should_be = String::from(
        "# Hints\n\n<!-- Generated from src/hints.rs: UPDATE=1 cargo test --test docs hints -->\n\n\
         What servers and services report, and what to do about it: the `help:` below a message says the same. They change \
         their words now and then; old and new ones are known.\n",
    );
    for hint in supaproof::hints::HINTS {
        write!(should_be, "\n## {}\n\n", hint.title).unwrap();
        for (code, message) in hint.seen {
            let code = match *code {
                "" => String::new(),
                code => format!(" ({code})"),
            };
            writeln!(should_be, "- `{message}`{code}").unwrap();
        }
        writeln!(should_be, "\n{}", hint.help).unwrap();
    }
    let is = std::fs::read_to_string(page::path("hints.md")).unwrap_or_default();
    settle("hints.md", &is, &should_be);
}

/// `docs/report.schema.json` is made from the types that write the report.
#[test]
fn report_schema() {
    let schema = serde_json::to_string_pretty(&supaproof::report::json_schema()).unwrap();
    let is = std::fs::read_to_string(page::path("report.schema.json")).unwrap_or_default();
    settle("report.schema.json", &is, &format!("{schema}\n"));
}

/// `docs/dry-run.schema.json` is made from the types that dry runs are written from.
#[test]
fn dry_run_report_schema() {
    let schema = serde_json::to_string_pretty(&supaproof::report::dry_run::json_schema()).unwrap();
    let is = std::fs::read_to_string(page::path("dry-run.schema.json")).unwrap_or_default();
    settle("dry-run.schema.json", &is, &format!("{schema}\n"));
}

/// The page of the language names every section and every kind of target.
#[test]
fn language() {
    use supaproof::checks::{SECTIONS, language::TargetKind};
    let page = Page::read("expectations.md");
    let words = |words: Vec<&str>| {
        let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
        words.join(", ")
    };
    let sections = words(SECTIONS.to_vec());
    let targets = words(TargetKind::ALL.iter().map(|kind| kind.word()).collect());
    for (words, row) in [
        (
            &sections,
            format!("\n| {sections} | a [section](#a-section) each"),
        ),
        (
            &targets,
            format!("\n| `target` | the target is of this kind ({targets})"),
        ),
    ] {
        assert!(
            page.text.contains(&row),
            "docs/expectations.md has no row with all of {words}"
        );
    }
}

/// What the pages write into `supaproof.toml` is understood.
#[test]
fn configuration() {
    let blocks: Vec<_> = Page::all()
        .into_iter()
        .flat_map(|page| page.blocks)
        .collect();
    let blocks: Vec<_> = blocks.iter().filter(|b| b.language == "toml").collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let project = Project::new(&[
            ("supaproof.toml", &block.text),
            ("validations/shop.yaml", "{}"),
        ]);
        // The file is read before the target is looked at.
        let run = project.run(["status", "--target", "no target"]);
        assert!(
            run.err.contains("the target is neither"),
            "{}\n{}",
            block.text,
            run.err
        );
    }
}

/// The example of the front page works as it stands there, and proves what it says.
#[test]
fn front_page() {
    let page = Page::read("../README.md");
    let project = Project::new(&[]);
    let mut written = BTreeSet::new();
    for block in &page.blocks {
        // The first line of a file's block is a comment with its path.
        let first = block.text.lines().next().unwrap_or_default();
        let path = first.trim_start_matches(['-', '#', ' ']);
        if path != first && ["sql/", "validations/"].iter().any(|f| path.starts_with(f)) {
            project.write(path, block.text.as_bytes());
            written.insert(path.to_owned());
        }
    }
    let files = [
        "sql/shop/001_orders.rollback.sql",
        "sql/shop/001_orders.sql",
        "validations/shop.yaml",
    ];
    assert_eq!(written, files.map(ToOwned::to_owned).into());
    for command in ["verify", "check"] {
        let run = project.run([command, "shop"]);
        assert_eq!(run.code, 0, "{command}: {}{}", run.out, run.err);
        assert!(run.out.contains("✅ Nobody orders for nothing"));
    }
    // Each of these takes away what a line of the example is there for.
    let sql = std::fs::read_to_string(project.path().join(files[1])).unwrap();
    for (from, to, says) in [
        (
            " constraint orders_total_positive check (total > 0)",
            "",
            "Nobody orders for nothing: expected the error 23514, found no error",
        ),
        (
            "using (auth.uid() = user_id)",
            "using (true)",
            "Customers see their own orders and no others: expected 1 row, found 2 rows",
        ),
        (
            "alter table orders enable row level security;",
            "",
            "row-level security: expected on, found off",
        ),
        (" not null references", " references", "expected not null"),
        ("'paid', 'shipped'", "'shipped', 'paid'", "labels: expected"),
    ] {
        assert!(sql.contains(from), "{from}");
        project.write(files[1], sql.replace(from, to).as_bytes());
        let run = project.run(["check", "shop"]);
        assert_eq!(run.code, 1, "{from}: {}{}", run.out, run.err);
        assert!(run.out.contains(says), "{from}: {}", run.out);
    }
}

/// Links between pages lead somewhere.
#[test]
fn links() {
    let pages = Page::all();
    let anchors = |page: &Page| -> BTreeSet<String> {
        page.headings
            .iter()
            .map(|heading| anchor(heading))
            .collect()
    };
    for page in &pages {
        for link in page.text.split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            if link.contains("://") {
                continue;
            }
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let folder = page.name.rfind('/').map_or("", |end| &page.name[..=end]);
            let target = match (file, file.strip_prefix("../")) {
                ("", _) => page.name.clone(),
                (_, Some(file)) if !folder.is_empty() => file.to_owned(),
                (file, _) => format!("{folder}{file}"),
            };
            let there = page::path(&target).exists();
            assert!(there, "docs/{}: {link} leads nowhere", page.name);
            if let (false, Some(target)) =
                (place.is_empty(), pages.iter().find(|p| p.name == target))
            {
                assert!(
                    anchors(target).contains(place),
                    "docs/{}: {link} names no heading",
                    page.name
                );
            }
        }
    }
    for page in pages.iter().filter(|page| page.name != "README.md") {
        let index = match page.name.contains('/') {
            true => "checks.md",
            false => "README.md",
        };
        assert!(
            Page::read(index).text.contains(&format!("({})", page.name)),
            "docs/{index} does not name {}",
            page.name
        );
    }
}

/// As code hosts make anchors of headings.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
