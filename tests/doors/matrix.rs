//! The same comes of a suite by every door, as the program reports it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use serde_json::Value;

use crate::api::{REFERENCE, StandIn, TOKEN};
use crate::bouncer::{PgBouncer, Pool};
use crate::http::{Http, Request};
use crate::rest::Rest;
use crate::support::{Project, Run, Server, finished, root, supaproof};

/// What is spoilt in each suite of this repository, for findings to compare.
const SPOILT: [(&str, &str); 3] = [
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
    (
        "taskflow",
        "drop index users_display_name_idx; alter table requests disable row level security; grant select on users to anon; \
         alter table webhooks drop constraint webhooks_events_check; alter type job_type add value 'OTHER'; \
         alter table users alter column display_name drop not null; create policy everybody on exercises using (true); \
         drop trigger workflows_touch on workflows",
    ),
];

/// A suite with a step that takes a role, which not every door can do.
const NOTES: [(&str, &str); 2] = [
    (
        "sql/notes/001_notes.sql",
        "create table notes (id integer primary key); alter table notes enable row level security; grant select on notes to anon;",
    ),
    (
        "validations/notes.yaml",
        "suite: notes\ntitle: Notes\ntables:\n  notes:\n    columns: {id: integer not null}\nsmoke:\n  - name: Anybody reads\n    \
         run: set local role anon; select count(*) from notes\n    rows: 1\n",
    ),
];

/// Takes this suite's step away, and more.
const NOTES_SPOILT: &str =
    "revoke select on notes from anon; alter table notes alter column id type bigint";

/// A door, and how it is named to the program.
pub(crate) struct Way {
    name: &'static str,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
    /// What was asked, where it is counted.
    pub(crate) asked: Option<Http>,
}

impl Way {
    fn url(name: &'static str, url: String) -> Self {
        Self {
            name,
            arguments: vec!["--target".to_owned(), url],
            variables: Vec::new(),
            asked: None,
        }
    }

    pub(crate) fn management(stand_in: &StandIn) -> Self {
        Self {
            name: "management",
            arguments: vec!["--door".to_owned(), "management".to_owned()],
            variables: vec![
                ("SUPABASE_PROJECT_REF", REFERENCE.to_owned()),
                ("SUPABASE_ACCESS_TOKEN", TOKEN.to_owned()),
                (
                    "SUPAPROOF_MANAGEMENT_URL",
                    format!("http://127.0.0.1:{}", stand_in.http.port),
                ),
            ],
            asked: Some(stand_in.http.clone()),
        }
    }

    pub(crate) fn data_api(rest: &Rest) -> Self {
        let relay = rest.counted();
        Self {
            name: "data-api",
            arguments: vec!["--door".to_owned(), "data-api".to_owned()],
            variables: vec![
                ("SUPABASE_URL", format!("http://127.0.0.1:{}", relay.port)),
                ("SUPABASE_SECRET_KEY", rest.key().to_owned()),
            ],
            asked: Some(relay),
        }
    }

    /// Runs the program in a folder.
    pub(crate) fn run(&self, folder: &Path, arguments: &[&str]) -> Run {
        let mut command = supaproof(folder);
        command.args(arguments).args(&self.arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        finished(command.output().unwrap())
    }

    /// The same where it must end well.
    #[track_caller]
    pub(crate) fn works(&self, folder: &Path, arguments: &[&str]) -> Run {
        let run = self.run(folder, arguments);
        assert_eq!(run.code, 0, "{} {arguments:?}: {run:?}", self.name);
        run
    }
}

/// A server of HTTP that hands every request on to a port of this machine, without what its path begins with.
pub(crate) fn counting(port: u16, hidden: &'static str) -> Http {
    Http::serve(move |request: &Request, _, client| {
        let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
        // Each answer ends its connection.
        let text = request.text();
        let (line, rest) = text.split_once("\r\n").unwrap();
        let (head, _) = rest.split_once("\r\n\r\n").unwrap();
        let line = line.replacen(&format!(" {hidden}/"), " /", 1);
        let head = format!("{line}\r\nconnection: close\r\n{head}\r\n\r\n");
        server.write_all(head.as_bytes()).unwrap();
        server.write_all(&request.body).unwrap();
        let mut answer = Vec::new();
        let _ = server.read_to_end(&mut answer);
        let _ = client.write_all(&answer);
    })
}

fn bounced(server: &Server, mode: &'static str) -> Option<PgBouncer> {
    let socket = server.socket();
    let port = socket.extension()?.to_str()?.parse().unwrap();
    let pool = Pool {
        mode,
        size: 1,
        user: "postgres",
    };
    PgBouncer::start(socket.parent()?, port, &pool)
}

/// A project with one of the suites of this repository.
fn copied(suite: &str) -> Project {
    let project = Project::new(&[]);
    let yaml = format!("validations/{suite}.yaml");
    project.write(&yaml, &std::fs::read(root().join(&yaml)).unwrap());
    let settings = std::fs::read_to_string(root().join("supaproof.toml")).unwrap();
    if settings.contains(&format!("[suites.{suite}]")) {
        project.write("supaproof.toml", settings.as_bytes());
    }
    for file in std::fs::read_dir(root().join("sql").join(suite)).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        project.write(
            &format!("sql/{suite}/{name}"),
            &std::fs::read(file.path()).unwrap(),
        );
    }
    project
}

/// The suites of this repository are those that are tried here.
#[test]
fn no_suite_is_forgotten() {
    let mut all: Vec<String> = std::fs::read_dir(root().join("validations"))
        .unwrap()
        .filter_map(|file| {
            let name = file.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".yaml").map(ToOwned::to_owned)
        })
        .collect();
    all.sort();
    assert_eq!(all, SPOILT.map(|(name, _)| name));
}

#[test]
fn every_suite_by_every_door() {
    let server = Server::start();
    let session = bounced(&server, "session");
    let transaction = bounced(&server, "transaction");
    let own = Project::new(&NOTES);
    let suites = SPOILT.map(|(name, spoilt)| (name, spoilt, copied(name)));
    let all = suites.into_iter().chain([("notes", NOTES_SPOILT, own)]);
    for (suite, spoilt, project) in all {
        let database = suite.replace('-', "_");
        server.copy("postgres", &database);
        let direct = Way::url("direct", server.target(&database));
        direct.works(project.path(), &["setup", suite, "--yes"]);
        // One suite has exec_sql itself.
        let helpers = match suite {
            "exeserver" => String::new(),
            _ => supaproof::bootstrap::install_sql(),
        };
        let rest = Rest::ours(&server, &database, &helpers);
        let stand_in = StandIn::start(server.socket(), &database);
        let mut ways = vec![
            Way::url("embedded", "embedded".to_owned()),
            Way::management(&stand_in),
        ];
        for (name, pooler, more) in [
            ("session", &session, ""),
            ("transaction", &transaction, "?pgbouncer=true"),
        ] {
            ways.extend(pooler.as_ref().map(|pooler| {
                let port = pooler.port;
                let url = format!("postgresql://postgres@127.0.0.1:{port}/{database}{more}");
                Way::url(name, url)
            }));
        }
        ways.extend(rest.as_ref().map(Way::data_api));
        compare(&project, suite, &direct, &ways, true);
        project.write(
            &format!("sql/{suite}/900_spoilt.sql"),
            format!("{spoilt};\n").as_bytes(),
        );
        direct.works(project.path(), &["setup", suite, "--yes"]);
        compare(&project, suite, &direct, &ways, false);
    }
}

/// Checks by every door, and holds the reports against that of the first.
fn compare(project: &Project, suite: &str, first: &Way, ways: &[Way], passes: bool) {
    let check = |way: &Way| {
        let before = way.asked.as_ref().map(Http::count);
        let run = way.run(project.path(), &["check", suite, "--report", "json"]);
        let report: Value = serde_json::from_str(&run.out)
            .unwrap_or_else(|error| panic!("{} {suite}: {error}: {run:?}", way.name));
        if let (Some(asked), Some(before)) = (&way.asked, before) {
            let requests = asked.count() - before;
            // Where something is missing, it is looked for elsewhere.
            let most = if passes { 2 } else { 3 };
            assert!(requests <= most, "{} {suite}: {requests}", way.name);
            assert!(requests >= 2, "{} {suite}: {requests}", way.name);
        }
        (run.code, report)
    };
    let (code, expected) = check(first);
    assert_eq!(code, if passes { 0 } else { 1 }, "{expected:#}");
    let expected = results(&expected);
    assert!(expected.len() > 1);
    for way in ways {
        let (found_code, report) = check(way);
        let found = results(&report);
        assert_eq!(found.len(), expected.len(), "{} {suite}", way.name);
        let mut skipped = 0;
        for (found, expected) in found.iter().zip(&expected) {
            if found["outcome"] == "skip" && expected["outcome"] != "skip" {
                assert_eq!(found["subject"], expected["subject"]);
                let reason = found["reason"].as_str().unwrap_or_default();
                assert!(
                    reason.starts_with("no role can be taken through this target"),
                    "{} {suite}: {found:#}",
                    way.name
                );
                skipped += 1;
                continue;
            }
            assert_eq!(found, expected, "{} {suite}", way.name);
        }
        let may = usize::from(way.name == "data-api" && suite == "notes");
        assert_eq!(skipped, may, "{} {suite}", way.name);
        // What was not checked is no success.
        let wanted = if passes && skipped > 0 { 3 } else { code };
        assert_eq!(found_code, wanted, "{} {suite}", way.name);
    }
}

/// Every result of a report, without the values that differ from run to run.
fn results(report: &Value) -> Vec<Value> {
    let made =
        "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+(\\+00)?";
    let made = regex::Regex::new(made).unwrap();
    let suite = &report["suites"][0];
    assert_eq!(suite["error"], Value::Null);
    let groups = suite["groups"].as_array().unwrap().iter();
    groups
        .flat_map(|group| {
            let title = std::iter::once(&group["title"]);
            title.chain(group["results"].as_array().unwrap())
        })
        .map(|value| serde_json::from_str(&made.replace_all(&value.to_string(), "…")).unwrap())
        .collect()
}
