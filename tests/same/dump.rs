//! A database that was dumped and restored meets what was expected of the one that it was made from.

use std::path::PathBuf;
use std::process::{Command, Output};

use supaproof::catalog::{self, Catalog, Selection};
use supaproof::checks;
use supaproof::diff;
use supaproof::generate::{Request, generate};

use crate::findings::findings;
use crate::support::{Project, Server, programs, root, run};

const RICH: &str = include_str!("../catalog/schema.sql");

/// Rows that stand for a library (pg_cron, a provider of labels): pg_dump would write the library's own command.
const STAND_INS: [&str; 2] = [
    "insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
       select 99999, 'pg_cron', 10, oid, false, '1.6' from pg_namespace where nspname = 'cron'",
    "insert into pg_seclabel (objoid, classoid, objsubid, provider, label)
       values ('app.parent'::regclass, 'pg_class'::regclass, 0, 'masker', 'hidden')",
];

/// A folder with both pg_dump and a server that it can read; the packages of npm have no pg_dump.
fn dump_programs() -> Option<PathBuf> {
    let all = ["pg_dump", "psql", "postgres", "initdb"];
    let found = programs::with(&all);
    if found.is_none() {
        println!("skipped: no folder has {}", all.join(", "));
    }
    found
}

/// A server and the programs that dump and restore its databases.
struct Dumps {
    bin: PathBuf,
    server: Server,
}

fn ok(output: Output) -> String {
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    String::from_utf8(output.stdout).unwrap()
}

impl Dumps {
    fn start() -> Option<Self> {
        let bin = dump_programs()?;
        let server = Server::start_with(Some(bin.clone()));
        Some(Self { bin, server })
    }

    fn target(&self, database: &str) -> String {
        let target = self.server.target(database);
        target.replace("user=postgres", "user=supabase_admin")
    }

    fn dump(&self, database: &str, options: &[&str]) -> String {
        let mut dump = Command::new(self.bin.join("pg_dump"));
        dump.args(options).args(["-d", &self.target(database)]);
        ok(dump.output().unwrap())
    }

    fn restore(&self, database: &str, text: &str) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dump.sql");
        std::fs::write(&file, text).unwrap();
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
        psql.args(["-d", &self.target(database), "-f"]).arg(&file);
        ok(psql.output().unwrap());
    }

    fn read(&self, database: &str) -> Catalog {
        let sql = catalog::statement(&Selection::typed());
        let read = self.server.json_as("supabase_admin", database, &sql);
        Catalog::parse(read.unwrap()).unwrap()
    }
}

#[test]
fn a_suite_s_schema_dumped_and_restored_is_the_same() {
    let Some(dumps) = Dumps::start() else { return };
    let server = &dumps.server;
    server.copy("postgres", "restored");
    let suite = |command: &str, database: &str| {
        let target = server.target(database);
        run(
            &root(),
            [command, "archon-workflow", "--yes", "--target", &target],
        )
    };
    let setup = suite("setup", "postgres");
    assert_eq!(setup.code, 0, "{}\n{}", setup.out, setup.err);
    let options = ["--schema=public", "--clean", "--if-exists"];
    dumps.restore("restored", &dumps.dump("postgres", &options));
    let run = suite("check", "restored");
    assert_eq!(run.code, 0, "{}\n{}", run.out, run.err);
}

/// Everything that a catalog has, as a suite: what `generate` writes unasked, what it writes on request, and the rest.
pub(crate) fn everything(catalog: &Catalog) -> String {
    let request = Request {
        only: checks::SECTIONS
            .iter()
            .map(|s| s.parse().unwrap())
            .collect(),
        closed: true,
        ..Request::default()
    };
    generate(catalog, &request).unwrap().yaml
}

/// A dump that loses something: options of pg_dump, lines that are left out of it, and how the findings begin.
struct Loss {
    options: &'static [&'static str],
    without: &'static [&'static str],
    findings: &'static [&'static str],
    others: Others,
}

/// Whether there are other findings.
#[derive(PartialEq)]
enum Others {
    None,
    Some,
}

const LOSSES: &[Loss] = &[
    Loss {
        options: &[],
        without: &["GRANT SELECT,INSERT ON TABLE app.customers TO \"App Reader\";"],
        findings: &[
            "grant-missing privileges of App Reader on column app.customers.name: ",
            "grant-missing privileges of App Reader on column app.customers.notes: ",
            "grant-missing privileges of App Reader on table app.customers: ",
        ],
        others: Others::None,
    },
    Loss {
        options: &["--no-comments"],
        without: &[],
        findings: &["table-comment table app.customers"],
        others: Others::Some,
    },
    Loss {
        options: &["--no-privileges"],
        without: &[],
        findings: &["grant-missing privileges of App Reader on table app.customers"],
        others: Others::Some,
    },
    Loss {
        options: &["--no-publications"],
        without: &[],
        findings: &[
            "publication-missing publication app_all",
            "publication-missing publication app_more",
            "publication-missing publication app_some",
        ],
        others: Others::None,
    },
];

#[test]
fn everything_dumped_and_restored_is_the_same_and_what_a_dump_loses_is_named() {
    let Some(dumps) = Dumps::start() else { return };
    let server = &dumps.server;
    let admin = |database: &str, sql: &str| {
        let done = server.sql_as("supabase_admin", database, sql);
        done.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    };
    server.copy("postgres", "rich");
    admin("rich", &RICH.replace("database postgres", "database rich"));
    let before = dumps.read("rich");
    let project = Project::new(&[("validations/rich.yaml", &everything(&before))]);
    let check = || findings(&project, "rich", &dumps.target("rich"));
    let (code, said) = check();
    assert_eq!((code, said.join("\n")), (0, String::new()));

    admin(
        "rich",
        "delete from pg_extension where extname = 'pg_cron'; delete from pg_seclabel where provider = 'masker'",
    );
    let dumped = |options: &[&str]| dumps.dump("rich", &[&["--create"], options].concat());
    let whole = dumped(&[]);
    let lossy: Vec<String> = LOSSES
        .iter()
        .map(|loss| {
            let mut text = dumped(loss.options);
            for line in loss.without {
                assert!(text.contains(line), "{line} is not in the dump");
                text = text.replacen(line, "", 1);
            }
            text
        })
        .collect();
    let restored = |text: &str| {
        admin("template1", "drop database rich");
        dumps.restore("template1", text);
        for stand_in in STAND_INS {
            admin("rich", stand_in);
        }
    };

    restored(&whole);
    let (code, said) = check();
    assert_eq!((code, said.join("\n")), (0, String::new()));
    let changes: Vec<String> = diff::changes(&before, &dumps.read("rich"))
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(changes, [""; 0]);

    let mut wrong = Vec::new();
    for (loss, text) in LOSSES.iter().zip(lossy) {
        restored(&text);
        let (code, said) = check();
        let is = |line: &&str| said.iter().any(|said| said.starts_with(*line));
        let more = loss.others == Others::None && said.len() != loss.findings.len();
        if code != 1 || !loss.findings.iter().all(is) || more {
            wrong.push(format!("{:?} {:?}: {said:#?}", loss.options, loss.without));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
