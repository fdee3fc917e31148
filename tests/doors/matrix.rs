//! The same comes of a suite by every door.

use supaproof::target::Target;

use crate::api::StandIn;
use crate::block;
use crate::connect;
use crate::examine::{examine, set_up, suite};
use crate::rest::Rest;
use crate::support::Server;

/// What is spoilt in each of the suites, for findings to compare.
const SUITES: [(&str, &str); 2] = [
    (
        "archon-workflow",
        "drop index idx_archon_workflow_templates_tags; \
         alter table archon_workflow_executions alter column progress_percentage set default 1, disable row level security; \
         alter table archon_workflow_step_executions drop constraint chk_attempt_within_max; \
         drop trigger update_archon_workflow_templates_updated_at on archon_workflow_templates; \
         alter table archon_workflow_templates add constraint no_title check (title = 'none')",
    ),
    (
        "exeserver",
        "grant select on events to anon; alter table projects disable row level security; \
         alter table workflow_runs drop constraint workflow_runs_workflow_id_fkey; create table more (id int); \
         alter function exec_sql(text) set work_mem = '1MB'; drop function drop_table_if_exists(text)",
    ),
];

#[test]
fn every_suite_by_every_door() {
    let server = Server::start();
    for (name, spoilt) in SUITES {
        let suite = suite(name);
        let database = name.replace('-', "_");
        server.copy("postgres", &database);
        block(async {
            let mut wire = connect(&server.target(&database)).await;
            set_up(&mut wire, &suite).await.unwrap();
        });
        // One suite has exec_sql itself.
        let helpers = match name {
            "exeserver" => String::new(),
            _ => supaproof::bootstrap::install_sql(),
        };
        let rest = Rest::on(&server, &database, &helpers);
        let stand_in = StandIn::start(server.socket(), &database);
        compare(&server, &database, &suite, &stand_in, rest.as_ref(), true);
        server.sql(&database, spoilt);
        compare(&server, &database, &suite, &stand_in, rest.as_ref(), false);
    }
}

fn compare(
    server: &Server,
    database: &str,
    suite: &supaproof::suite::Suite,
    stand_in: &StandIn,
    rest: Option<&Rest>,
    passes: bool,
) {
    let expected = block(async {
        let mut wire = connect(&server.target(database)).await;
        examine(&mut wire, suite).await
    });
    assert!(expected.len() > 20);
    let failed = expected
        .iter()
        .filter(|line| !line.contains("Pass([])"))
        .count();
    assert_eq!(failed == 0, passes, "{expected:#?}");
    let mut doors: Vec<Box<dyn Target>> = vec![Box::new(stand_in.target())];
    doors.extend(rest.map(|rest| Box::new(rest.target()) as Box<dyn Target>));
    for mut door in doors {
        let before = stand_in.http.count();
        let found = block(examine(&mut *door, suite));
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{}", door.describe());
        }
        assert_eq!(found.len(), expected.len());
        if door.kind() == "management" {
            assert_eq!(stand_in.http.count() - before, 2);
        }
    }
}
