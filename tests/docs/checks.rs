//! `docs/checks/`: every finding has an example that fails with it and one that does not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use supaproof::expect::{self, Given};
use supaproof::source::Source;

use super::page::{Block, Page, settle};
use super::support::{Project, Server, report_faults, root, run};

const PAGES: &str = "checks/";
/// The section whose examples are run with `verify`.
const VERIFIED: &str = "Setup and rollback";

/// Sections about what all databases of a server share: their examples run one after the other, on a server of their own.
const CLUSTER: [&str; 2] = ["Roles", "Settings"];
/// Sections whose SQL only a superuser may run, with what stands in for an extension that not every server has.
const SUPERUSER: [(&str, &str); 7] = [
    ("Roles", ""),
    ("Settings", ""),
    ("Publications", ""),
    ("Foreign data", ""),
    ("Security labels", ""),
    ("Cron jobs", CRON),
    ("Vault secrets", ""),
];
const CRON: &str = "create schema cron;
create table cron.job (jobid bigint generated always as identity, schedule text, command text, nodename text default '',
    nodeport integer default 5432, database text default 'postgres', username text default 'postgres',
    active boolean default true, jobname text);
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    select 99999, 'pg_cron', 10, oid, false, '1.6' from pg_namespace where nspname = 'cron';
create function cron.schedule(name text, schedule text, command text) returns bigint language sql as
    'insert into cron.job (jobname, schedule, command) values (name, schedule, command) returning jobid';
grant usage on schema cron to postgres;
grant select on cron.job to postgres;
";

/// What stands under one code.
#[derive(Default)]
struct Example {
    code: String,
    verified: bool,
    /// The heading above it.
    section: String,
    /// What the section's examples share.
    shared: String,
    /// SQL by path.
    sql: BTreeMap<String, String>,
    yaml: String,
    mended_sql: BTreeMap<String, String>,
    mended_yaml: Option<String>,
    text: Option<Block>,
}

/// What came of a run.
struct Ran {
    exit: i32,
    /// The lines with findings.
    lines: String,
    codes: BTreeSet<String>,
    all: String,
}

#[test]
fn every_finding_has_an_example_and_every_example_a_finding() {
    let known = codes();
    let examples: Vec<Example> = Page::within(PAGES).iter().flat_map(examples).collect();
    let described: BTreeSet<String> = examples.iter().map(|e| e.code.clone()).collect();
    let missing: Vec<_> = known.difference(&described).collect();
    assert!(
        missing.is_empty(),
        "no page in docs/{PAGES} has a heading for {missing:?}"
    );
    let unknown: Vec<_> = described.difference(&known).collect();
    assert!(unknown.is_empty(), "no finding has the code {unknown:?}");
    assert_eq!(examples.len(), known.len(), "a code has two headings");
    for example in &examples {
        let code = &example.code;
        assert!(example.text.is_some(), "{code}: no ```text block");
        assert!(
            example.verified || !example.yaml.is_empty(),
            "{code}: no ```yaml block"
        );
        assert!(
            !example.mended_sql.is_empty() || example.mended_yaml.is_some(),
            "{code}: nothing after `Mended:`"
        );
    }
}

#[test]
fn every_example_fails_as_it_says_and_passes_once_mended() {
    let pages = Page::within(PAGES);
    let examples: Vec<(usize, Example)> = pages
        .iter()
        .enumerate()
        .flat_map(|(at, page)| examples(page).into_iter().map(move |example| (at, example)))
        .collect();
    let server = Server::start();
    let alone = Mutex::new(Server::start());
    let (next, wrong, new) = (
        AtomicUsize::new(0),
        Mutex::new(Vec::new()),
        Mutex::new(Vec::new()),
    );
    // Most of the time goes by waiting for the server and the program.
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some((page, example)) = examples.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    match example.is_true(&server, &alone) {
                        Ok(lines) => new
                            .lock()
                            .unwrap()
                            .extend(lines.map(|lines| (*page, lines))),
                        Err(why) => wrong.lock().unwrap().push(why),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let mut new_of: BTreeMap<usize, Vec<_>> = BTreeMap::new();
    for (page, lines) in new.into_inner().unwrap() {
        new_of.entry(page).or_default().push(lines);
    }
    for (at, new) in new_of {
        let page = &pages[at];
        settle(&page.name, &page.text, &page.rewritten(new));
    }
}

#[test]
fn every_expectation_on_the_page_can_be_read() {
    for page in Page::all() {
        for block in page.blocks.iter().filter(|b| b.language == "yaml") {
            let source = Source::new(format!("docs/{}", page.name), block.text.as_str());
            let nothing = |by: &Source, path: &str| Ok(Source::new(by.path().join(path), ""));
            let given = Given {
                include: &nothing,
                ..Given::default()
            };
            expect::parse_with(&source, "shop", &given).unwrap_or_else(|error| {
                let error = supaproof::report::render_error(&error);
                panic!("the block at docs/{}:{}: {error}", page.name, block.line)
            });
        }
    }
}

impl Example {
    /// Runs it failing and mended. Gives what should stand in its text block, where that is something else.
    fn is_true(
        &self,
        server: &Server,
        alone: &Mutex<Server>,
    ) -> Result<Option<(std::ops::Range<usize>, String)>, String> {
        let code = &self.code;
        let alone = CLUSTER.contains(&self.section.as_str()).then(|| {
            alone
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        });
        let server = alone.as_deref().unwrap_or(server);
        let failing = self.run(server, "failing", &self.sql, &self.yaml)?;
        if failing.exit != 1 || failing.codes != BTreeSet::from([code.clone()]) {
            return Err(format!(
                "{code}: the failing example ends with exit {} and the findings {:?}\n{}",
                failing.exit, failing.codes, failing.all
            ));
        }
        let mut sql = self.sql.clone();
        sql.extend(self.mended_sql.clone());
        let yaml = self.mended_yaml.as_ref().unwrap_or(&self.yaml);
        let mended = self.run(server, "mended", &sql, yaml)?;
        if mended.exit != 0 {
            return Err(format!(
                "{code}: the mended example ends with exit {}\n{}",
                mended.exit, mended.all
            ));
        }
        let block = self.text.as_ref().ok_or("no text")?;
        let same = without_times(&block.text) == without_times(&failing.lines);
        Ok((!same).then(|| (block.range.clone(), failing.lines)))
    }

    fn run(
        &self,
        server: &Server,
        which: &str,
        sql: &BTreeMap<String, String>,
        yaml: &str,
    ) -> Result<Ran, String> {
        let database = format!("{}_{which}", self.code.replace('-', "_"));
        server.copy(supaproof::platform::DATABASE, &database);
        let superuser = SUPERUSER.iter().find(|(name, _)| *name == self.section);
        let role = superuser.map_or("postgres", |_| supaproof::platform::SUPERUSER);
        if let Some((_, sql)) = superuser {
            server
                .sql_as(role, &database, sql)
                .map_err(|error| error.to_string())?;
        }
        let set_up = |text: &str| set_up(server, role, &database, text);
        set_up(&self.shared)?;
        let project = Project::new(&[]);
        if self.verified {
            for (path, text) in sql {
                project.write(path, text.as_bytes());
            }
        } else {
            sql.values().try_for_each(|text| set_up(text))?;
        }
        if !yaml.is_empty() {
            project.write("validations/shop.yaml", yaml.as_bytes());
        }
        let command = if self.verified { "verify" } else { "check" };
        let target = server.target(&database);
        let run = project.run([
            command,
            "shop",
            "--yes",
            "--target",
            &target,
            "--report",
            "pretty",
            "--report",
            "json=report.json",
        ]);
        if CLUSTER.contains(&self.section.as_str()) {
            let drop = format!("drop database {database}");
            let roles = "do $$ declare r name; begin
                for r in select rolname from pg_roles where rolname like 'app%' loop
                  execute format('drop role %I', r);
                end loop; end $$";
            for sql in [drop.as_str(), roles] {
                server
                    .sql_as(supaproof::platform::SUPERUSER, "template1", sql)
                    .map_err(|error| error.to_string())?;
            }
        }
        let json = std::fs::read_to_string(project.path().join("report.json")).unwrap_or_default();
        if let Some(faults) = report_faults(&json) {
            return Err(faults);
        }
        let json: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
        let mut codes = BTreeSet::new();
        for group in json["suites"][0]["groups"].as_array().into_iter().flatten() {
            for result in group["results"].as_array().into_iter().flatten() {
                for finding in result["findings"].as_array().into_iter().flatten() {
                    codes.extend(finding["code"].as_str().map(ToOwned::to_owned));
                }
            }
        }
        let lines = run
            .out
            .lines()
            .filter(|line| {
                ["❌", "⚠️", "⏭️", "   help:"]
                    .iter()
                    .any(|start| line.starts_with(start))
            })
            .map(|line| format!("{line}\n"))
            .collect();
        Ok(Ran {
            exit: run.code,
            lines,
            codes,
            all: format!("{}{}", run.out, run.err),
        })
    }
}

/// Runs the SQL of an example; a statement that `-- fails` stands behind has to, and one `-- by` another role is run by
/// that.
fn set_up(server: &Server, role: &str, database: &str, text: &str) -> Result<(), String> {
    let source = Source::new(PAGES, text);
    // CREATE INDEX CONCURRENTLY has to be alone in its message.
    for statement in supaproof::sql::statements(&source).unwrap() {
        let rest = &text[statement.origin().span.end..];
        let line = rest.lines().next().unwrap_or_default();
        let fails = line.contains("-- fails");
        let role = line
            .split_once("-- by ")
            .map_or(role, |(_, role)| role.trim());
        let ended = server.sql_as(role, database, statement.text());
        if ended.is_err() != fails {
            return Err(format!("{database}: {:?}: {ended:?}", statement.text()));
        }
    }
    Ok(())
}

fn examples(page: &Page) -> Vec<Example> {
    let mut out: Vec<Example> = Vec::new();
    let mut shared = String::new();
    let mut section = String::new();
    for block in &page.blocks {
        if block.section != section {
            section.clone_from(&block.section);
            shared.clear();
        }
        let Some(code) = &block.heading else {
            if block.language == "sql" {
                shared.push_str(&block.text);
            }
            continue;
        };
        if out.last().is_none_or(|e| e.code != *code) {
            out.push(Example {
                code: code.clone(),
                verified: section == VERIFIED,
                section: section.clone(),
                shared: shared.clone(),
                ..Example::default()
            });
        }
        let Some(example) = out.last_mut() else {
            continue;
        };
        match (block.language.as_str(), block.mended) {
            ("sql", mended) => {
                let name = block
                    .text
                    .lines()
                    .next()
                    .and_then(|l| l.strip_prefix("-- "));
                let name = name
                    .filter(|n| n.starts_with("sql/"))
                    .unwrap_or("sql/shop/001_first.sql");
                let to = if mended {
                    &mut example.mended_sql
                } else {
                    &mut example.sql
                };
                to.insert(name.to_owned(), block.text.clone());
            }
            ("yaml", false) => example.yaml.clone_from(&block.text),
            ("yaml", true) => example.mended_yaml = Some(block.text.clone()),
            ("text", false) => example.text = Some(block.clone()),
            other => panic!(
                "docs/{}:{}: no {other:?} block belongs here",
                page.name, block.line
            ),
        }
    }
    out
}

/// `supaproof explain` has each of them, and no other.
#[test]
fn every_code_is_explained() {
    let list = run(&root(), ["explain"]);
    assert_eq!(list.code, 0, "{}", list.err);
    let listed: Vec<&str> = list
        .out
        .lines()
        .take_while(|line| !line.starts_with('`'))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let known = codes();
    assert_eq!(listed.len(), known.len());
    for code in listed {
        assert!(known.contains(code), "{code}");
        let page = run(&root(), ["explain", code]);
        assert_eq!(page.code, 0, "{code}: {}", page.err);
        let heading = page.out.lines().next().unwrap();
        assert!(heading.starts_with(&format!("{code}: ")), "{heading}");
        // What fails, what the report says of it, and what mends it.
        for part in ["    ❌", "\nMended:\n\n    "] {
            let warned = part == "    ❌" && page.out.contains("    ⚠️");
            assert!(warned || page.out.contains(part), "{}", page.out);
        }
        for markdown in ["```", "](", "\n#"] {
            assert!(!page.out.contains(markdown), "{}", page.out);
        }
    }
    for (mistyped, says) in [
        ("colum-type", "Did you mean `column-type`?"),
        (
            "something-else-entirely",
            "`supaproof explain` lists all codes.",
        ),
    ] {
        let run = run(&root(), ["explain", mistyped]);
        assert_eq!((run.code, run.out.as_str()), (2, ""));
        assert!(run.err.contains(says), "{}", run.err);
    }
}

/// Every finding code there is: those that are made anywhere in the source are those that the list has.
fn codes() -> BTreeSet<String> {
    let mut made = BTreeSet::new();
    scan(&root().join("src"), &mut made);
    let listed: BTreeSet<String> = supaproof::codes::all()
        .flatten()
        .map(|code| code.name.to_owned())
        .collect();
    assert_eq!(
        made, listed,
        "a code is made and not listed, or listed and not made"
    );
    listed
}

fn scan(folder: &Path, out: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scan(&path, out);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for made in text.split(": Code = Code {").skip(1) {
            let name = made.split('"').nth(1).unwrap_or_default();
            out.insert(name.to_owned());
        }
        // `of "table": "table", "tables";` and `OWNER: "table-owner", "…";`
        for block in text.split("codes! {").skip(1) {
            let lines = block.lines().take_while(|line| *line != "}");
            for line in lines {
                if let Some((_, noun)) = line.split_once("of \"") {
                    let noun = noun.split('"').next().unwrap_or_default();
                    out.extend(
                        ["missing", "unexpected", "count"].map(|end| format!("{noun}-{end}")),
                    );
                } else if let Some((_, name)) = line.split_once(": \"") {
                    let name = name.split('"').next().unwrap_or_default();
                    out.insert(name.to_owned());
                }
            }
        }
    }
}

/// Times of day in a default's text are never the same twice.
fn without_times(text: &str) -> String {
    let mut parts = text.split("'20");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("'<time>");
        out.push_str(part.find('\'').map_or(part, |end| &part[end..]));
    }
    out
}
