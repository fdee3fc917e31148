//! Expectations that were written on one major pass on another: the rich schema is made on every Postgres at hand, and
//! what `generate` writes of each is examined on all others.

use supaproof::catalog::{self, Catalog, Selection};
use supaproof::generate::{Request, generate};

use crate::dump::everything;
use crate::findings::findings;
use crate::support::{Project, Server};

const RICH: &str = include_str!("../catalog/schema.sql");

/// A change, and the finding that it has to lead to wherever the expectations were written.
const CHANGE: &str = "alter table app.customers drop constraint price_positive";
const FINDING: &str = "-missing constraint price_positive on app.customers";

fn read(server: &Server) -> Catalog {
    let sql = catalog::statement(&Selection::typed());
    let read = server.json_as("supabase_admin", "postgres", &sql);
    Catalog::parse(read.unwrap()).unwrap()
}

/// What is another thing there: the version that a major brings of an extension, and the locale that a new cluster gets.
fn is_another(line: &str) -> bool {
    ["extension-version ", "database-locale "]
        .iter()
        .any(|code| line.starts_with(code))
}

#[test]
fn expectations_written_on_one_major_pass_on_the_others() {
    let servers: Vec<Server> = Server::each().collect();
    let majors: Vec<u32> = servers.iter().map(Server::major).collect();
    if majors.iter().all(|major| *major == majors[0]) {
        println!(
            "skipped: all of {majors:?} are one major; SUPAPROOF_TEST_POSTGRES_BINS may name others"
        );
        return;
    }
    let mut written = Vec::new();
    for server in &servers {
        server.sql_as("supabase_admin", "postgres", RICH).unwrap();
        let catalog = read(server);
        let usual = generate(&catalog, &Request::default()).unwrap().yaml;
        written.push([usual, everything(&catalog)]);
    }
    let project = Project::new(&[]);
    let check = |yaml: &str, server: &Server| {
        project.write("validations/rich.yaml", yaml.as_bytes());
        let target = server.target("postgres");
        findings(
            &project,
            "rich",
            &target.replace("user=postgres", "user=supabase_admin"),
        )
    };
    let mut wrong = Vec::new();
    for (yaml, from) in written.iter().zip(&majors) {
        for (server, to) in servers.iter().zip(&majors) {
            for yaml in yaml {
                let (_, mut said) = check(yaml, server);
                said.retain(|line| from == to || !is_another(line));
                if !said.is_empty() {
                    wrong.push(format!("written on {from}, on {to}: {said:#?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    for (server, to) in servers.iter().zip(&majors) {
        server.sql_as("supabase_admin", "postgres", CHANGE).unwrap();
        for (yaml, from) in written.iter().zip(&majors) {
            for yaml in yaml {
                let (code, said) = check(yaml, server);
                let is = said.iter().any(|line| line.contains(FINDING));
                assert!(code == 1 && is, "written on {from}, on {to}: {said:#?}");
            }
        }
    }
}
