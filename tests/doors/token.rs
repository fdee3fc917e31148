//! The program with an access token: one that may only read, what doctor asks with it, the login that it has made.

use serde_json::{Value, json};

use crate::api::{JWT_SECRET, LOGIN, READER, REFERENCE, STRANGER, StandIn, TOKEN};
use crate::cluster::{Certificate, Cluster, PASSWORD};
use crate::refusing::{Does, Refusing};
use crate::support::{Project, Run, Server, finished, supaproof};

/// A suite whose check needs the server's help to be compared, and a smoke step.
fn project() -> Project {
    Project::new(&[
        (
            "sql/shop/001_orders.sql",
            "create table orders (id int primary key, t text, constraint few check (overlay(t placing 'x' from 1) = 'b'));",
        ),
        ("sql/shop/001_orders.rollback.sql", "drop table orders;"),
        (
            "validations/shop.yaml",
            "tables:\n  orders:\n    columns: {id: int not null, t: text}\n    constraints: {few: \"check (overlay(t placing 'x' from 1) = 'b')\"}\n\
             smoke:\n  - {name: an order, run: insert into orders values (1)}\n",
        ),
        (
            "validations/steps.yaml",
            "smoke:\n  - {name: one, run: select 1}\n",
        ),
    ])
}

fn run(project: &Project, stand_in: &StandIn, token: &str, args: &[&str]) -> Run {
    run_with(project, stand_in, token, &[], args)
}

fn run_with(
    project: &Project,
    stand_in: &StandIn,
    token: &str,
    env: &[(&str, &str)],
    args: &[&str],
) -> Run {
    let mut command = supaproof(project.path());
    command
        .args(args)
        .env("SUPABASE_PROJECT_REF", REFERENCE)
        .env("SUPABASE_ACCESS_TOKEN", token)
        .env(
            "SUPAPROOF_MANAGEMENT_URL",
            format!("http://127.0.0.1:{}", stand_in.http.port),
        )
        .envs(env.iter().copied());
    let run = finished(command.output().unwrap());
    for secret in [token, LOGIN, JWT_SECRET] {
        assert!(!run.out.contains(secret) && !run.err.contains(secret));
    }
    run
}

/// What was asked, without the host's part of it.
fn asked(stand_in: &StandIn) -> Vec<String> {
    let requests = stand_in.http.requests();
    let path = |path: &str| {
        let (_, path) = path.split_once(REFERENCE).unwrap();
        path.split('?').next().unwrap().to_owned()
    };
    requests.iter().map(|r| path(&r.path)).collect()
}

#[track_caller]
fn has(run: &Run, wanted: &str) {
    let all = format!("{}{}", run.out, run.err);
    assert!(all.contains(wanted), "{wanted}\n--- is not in\n{all}");
}

#[test]
fn a_token_that_may_only_read_changes_nothing_and_says_so() {
    let server = Server::start();
    let project = project();
    let start = || StandIn::start(server.socket(), "postgres");
    const REASON: &str = "the access token may only read (HTTP 403: Forbidden resource)";

    let stand_in = start();
    for command in [
        &["setup", "shop", "--yes"][..],
        &["verify", "shop", "--yes"],
    ] {
        let run = run(&project, &stand_in, READER, command);
        assert_eq!(run.code, 2, "{command:?}: {run:?}");
        has(&run, REASON);
        has(&run, "nothing can be changed on");
        has(&run, "database_write");
    }
    let there =
        "select json_build_array(to_regclass('orders'), to_regclass('supaproof.migrations'))";
    let nothing = json!([null, null]);
    assert_eq!(server.json("postgres", there), nothing);
    assert_eq!(
        run(&project, &stand_in, TOKEN, &["setup", "shop", "--yes"]).code,
        0
    );
    let back = run(
        &project,
        &stand_in,
        READER,
        &["rollback", "shop", "--all", "--yes"],
    );
    assert_eq!(back.code, 2, "{back:?}");
    has(&back, REASON);
    let all = json!(["orders", "supaproof.migrations"]);
    assert_eq!(server.json("postgres", there), all);

    // With all rights the constraint is the same and the step runs; without them the text differs, and the step is a skip.
    let whole = run(&project, &start(), TOKEN, &["check", "shop"]);
    assert_eq!(whole.code, 0, "{whole:?}");
    let stand_in = start();
    let report = run(
        &project,
        &stand_in,
        READER,
        &["check", "shop", "--report", "json"],
    );
    let json: Value = serde_json::from_str(&report.out).unwrap();
    let groups = &json["suites"][0]["groups"];
    let table = &groups[0]["results"][0]["findings"][0];
    assert_eq!(
        table["note"],
        format!("compared as text, since {REASON}"),
        "{json:#}"
    );
    let step = &groups[1]["results"][0];
    assert_eq!(
        (&step["outcome"], &step["reason"]),
        (&json!("skip"), &json!(REASON))
    );
    // The first one says that the token only reads; from then on nothing else is asked.
    assert_eq!(
        asked(&stand_in),
        ["/database/query", "/database/query/read-only"]
    );

    // Where nothing has been read before, one reading tells.
    let steps = run(&project, &start(), READER, &["check", "steps"]);
    assert_eq!(steps.code, 3, "{steps:?}");
    has(&steps, REASON);

    let status = run(&project, &start(), READER, &["status"]);
    assert_eq!(status.code, 0, "{status:?}");
}

#[test]
fn a_token_that_may_do_nothing_is_refused_once_more_and_no_more() {
    let server = Server::start();
    let stand_in = StandIn::start(server.socket(), "postgres");
    let run = run(&project(), &stand_in, STRANGER, &["check", "shop"]);
    assert_eq!(run.code, 4, "{run:?}");
    has(
        &run,
        "the access token may not do this (HTTP 403: Forbidden resource)",
    );
    assert_eq!(
        asked(&stand_in),
        ["/database/query", "/database/query/read-only"]
    );
}

/// `doctor --json`: all lines with their groups.
fn doctor(
    stand_in: &StandIn,
    token: &str,
    env: &[(&str, &str)],
    args: &[&str],
) -> (Run, Vec<String>) {
    let project = Project::new(&[]);
    let args = [&["doctor", "--json", "--timeout", "20"][..], args].concat();
    let run = run_with(&project, stand_in, token, env, &args);
    let groups: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"));
    let lines = groups.as_array().unwrap().iter().flat_map(|group| {
        let lines = group["lines"].as_array().unwrap().iter();
        lines.map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or_default();
            format!("{} {}: {}", text("state"), text("subject"), text("found"))
        })
    });
    let lines = lines.collect();
    (run, lines)
}

#[track_caller]
fn says(lines: &[String], wanted: &[&str]) {
    for wanted in wanted {
        let found = lines.iter().any(|line| line.starts_with(wanted));
        assert!(found, "{wanted}\n--- is not among\n{}", lines.join("\n"));
    }
}

#[test]
fn doctor_asks_how_the_project_is() {
    let server = Server::start();
    let stand_in = StandIn::start(server.socket(), "postgres");
    let (run, lines) = doctor(&stand_in, TOKEN, &[], &[]);
    assert_eq!(run.code, 0, "{run:?}");
    says(
        &lines,
        &[
            "good Management API: project abcdefghijklmnopqrst",
            "good services: db, pooler, rest, auth are healthy",
            "good API keys: publishable default; secret default; legacy anon, service_role (disabled)",
            "warning security advisor: 1 error, 1 warning: RLS Disabled in Public; Function Search Path Mutable",
            "good recorded migrations: 2, the last 20261102000000",
            "good exposed schemas: public, api",
            "skipped encryption: none: HTTP on this machine",
            "skipped session pooler: the password of the database is not known (SUPABASE_DB_PASSWORD); --door session has a temporary login made",
        ],
    );
    let asked = asked(&stand_in);
    assert!(
        !asked.contains(&"/cli/login-role".to_owned()),
        "no login was asked for"
    );
    assert_eq!(asked.len(), 7, "{asked:?}");
    // The database does not say it, and need not be asked twice.
    let exposed = lines
        .iter()
        .filter(|line| line.contains(" exposed schemas: "));
    assert_eq!(exposed.count(), 1, "{lines:#?}");

    // What a token may not see is a skip, and the door that only reads says that it does.
    let stand_in = StandIn::start(server.socket(), "postgres");
    let (run, lines) = doctor(&stand_in, READER, &[], &[]);
    assert_eq!(run.code, 0, "{run:?}");
    says(
        &lines,
        &[
            "warning Management API: project abcdefghijklmnopqrst",
            "good services: db, pooler, rest, auth are healthy",
            "skipped API keys: the access token may not do this (HTTP 403",
            "skipped exposed schemas: the access token may not do this",
            "skipped security advisor: the access token may not do this",
            "skipped recorded migrations: the access token may not do this",
        ],
    );
    assert!(
        lines.iter().any(|line| line.contains("may only read")),
        "{lines:#?}"
    );

    // A token that was refused at the door is not sent again.
    let stand_in = StandIn::start(server.socket(), "postgres");
    let (run, lines) = doctor(&stand_in, "sbp_expired_0123456789", &[], &[]);
    assert_eq!(run.code, 4, "{run:?}");
    says(
        &lines,
        &[
            "bad Management API: the access token was refused (HTTP 401: Unauthorized)",
            "skipped all of it: not asked for: the access token was just refused",
        ],
    );
    assert_eq!(stand_in.http.count(), 1);
}

/// Both doors to a database of which only the access token is known: a real Postgres with TLS and SCRAM stands for the
/// project and for its pooler.
#[test]
fn a_login_is_made_for_a_door_that_is_named() {
    let cluster = Cluster::start(Some(&Certificate::new()));
    let socket = cluster.dir.join(format!(".s.PGSQL.{}", cluster.port));
    let project = Project::new(&[
        // Each says as whom it logged in, and the first leaves the role that was taken.
        (
            "sql/shop/001_one.sql",
            "create table one as select session_user::text as login; reset role;",
        ),
        ("sql/shop/001_one.rollback.sql", "drop table one;"),
        (
            "sql/shop/002_two.sql",
            "create table two as select session_user::text as login;",
        ),
        ("sql/shop/002_two.rollback.sql", "drop table two;"),
    ]);
    for (door, user, host, login) in [
        (
            "direct",
            "postgres",
            format!("db.{REFERENCE}.supabase.co"),
            "cli_login_postgres".to_owned(),
        ),
        (
            "session",
            &format!("postgres.{REFERENCE}"),
            "aws-1-eu-central-1.pooler.supabase.com".to_owned(),
            format!("cli_login_postgres.{REFERENCE}"),
        ),
    ] {
        let url = format!(
            "postgresql://{user}@{host}:{}/postgres?hostaddr=127.0.0.1",
            cluster.port
        );
        let env = [("SUPABASE_DB_URL", url.as_str())];
        // Unasked nothing is made.
        let stand_in = StandIn::start(socket.clone(), "postgres");
        let refused = run_with(&project, &stand_in, TOKEN, &env, &["status"]);
        assert_eq!(refused.code, 4, "{refused:?}");
        has(&refused, "asks for a password");
        assert_eq!(asked(&stand_in), [""; 0]);

        let stand_in = StandIn::start(socket.clone(), "postgres");
        let with = ["setup", "shop", "--yes", "--door", door];
        let up = run_with(&project, &stand_in, TOKEN, &env, &with);
        assert_eq!(up.code, 0, "{up:?}");
        has(&up, "by a temporary login");
        assert_eq!(asked(&stand_in), ["/cli/login-role"]);
        let said = crate::postgres::query(
            &socket,
            "postgres",
            "postgres",
            "select login, tableowner from one, pg_tables where tablename = 'one'
             union all select login, tableowner from two, pg_tables where tablename = 'two'",
        );
        let owned = vec![Some(login), Some("postgres".to_owned())];
        assert_eq!(said.unwrap()[0].rows, [owned.clone(), owned], "{door}");

        // What only reads has a login made that can do no more.
        for command in [&["status", "shop"][..], &["generate", "--schema", "public"]] {
            let stand_in = StandIn::start(socket.clone(), "postgres");
            let reads = run_with(
                &project,
                &stand_in,
                TOKEN,
                &env,
                &[command, &["--door", door]].concat(),
            );
            assert_eq!(reads.code, 0, "{reads:?}");
            assert!(
                reads.out.contains("002") || reads.out.contains("  two:"),
                "{reads:?}"
            );
            let made = stand_in.http.requests();
            let made = made
                .iter()
                .find(|request| request.path.ends_with("/cli/login-role"));
            assert_eq!(made.unwrap().body, br#"{"read_only":true}"#);
        }

        // The same for `doors` of a target.
        project.write(
            "supaproof.toml",
            format!("[targets.named]\nurl = \"{url}\"\ndoors = [\"{door}\"]\n").as_bytes(),
        );
        let with = ["rollback", "shop", "--all", "--yes", "--target", "named"];
        let back = run_with(&project, &stand_in, TOKEN, &[], &with);
        assert_eq!(back.code, 0, "{back:?}");

        // A new password of a role is a change, and doctor makes none.
        let stand_in = StandIn::start(socket.clone(), "postgres");
        let (run, lines) = doctor(&stand_in, TOKEN, &env, &["--door", door]);
        assert_eq!(run.code, 4, "{run:?}");
        let skipped =
            ": not opened: a login would have to be made for it, and doctor changes nothing";
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("skipped ") && line.ends_with(skipped)),
            "{lines:#?}"
        );
        let posted = stand_in.http.requests();
        assert!(
            posted.iter().all(|request| request.method == "GET"),
            "{:?}",
            asked(&stand_in)
        );

        let sql = format!(
            "do $$ begin create role \"{user}\" superuser login password '{PASSWORD}'; exception when duplicate_object then end $$"
        );
        crate::postgres::query(&socket, "postgres", "postgres", &sql).unwrap();
        let env = [env[0], ("SUPABASE_DB_PASSWORD", PASSWORD)];
        let (run, lines) = doctor(&stand_in, TOKEN, &env, &["--door", door]);
        assert_ne!(run.code, 4, "{run:?}");
        says(&lines, &[&format!("good login: {user}")]);
        let mode = lines
            .iter()
            .any(|line| line.starts_with("good pooler mode: session"));
        assert_eq!(mode, door == "session", "{lines:#?}");
    }
    // A server that repeats the password of a login that was made is not repeated: `run_with` looks for it.
    let repeats = Refusing::start(Does::Repeat);
    let url = format!(
        "postgresql://postgres@db.{REFERENCE}.supabase.co:{}/postgres?hostaddr=127.0.0.1",
        repeats.port()
    );
    let stand_in = StandIn::start(socket.clone(), "postgres");
    let env = [("SUPABASE_DB_URL", url.as_str())];
    let told = run_with(
        &project,
        &stand_in,
        TOKEN,
        &env,
        &["status", "--door", "direct"],
    );
    has(&told, "login u with … not known");
    assert_eq!(repeats.logins(), 1);
    // Who may not have one made is told so, and nobody logs in.
    let stand_in = StandIn::start(socket, "postgres");
    let run = run(
        &project,
        &stand_in,
        READER,
        &["status", "shop", "--door", "direct"],
    );
    assert_eq!(run.code, 4, "{run:?}");
    has(
        &run,
        "a login was asked of the Management API: the access token may not do this (HTTP 403",
    );
}
