//! Values that lead to different databases, or to none: what is refused, what gives way, and what is said of it.

use super::echo::{Answer, Echo};
use super::reached::by_port;
use super::refusing::{Does, Refusing};
use super::support::{Project, Run, Server, finished, supaproof};
use super::{CLOSED, OTHER, REFERENCE, doctor, says};

/// A suite that would leave a table.
fn shop(files: &[(&str, &str)]) -> Project {
    let suite = [
        (
            "sql/shop/001_orders.sql",
            "create table orders (id int primary key);",
        ),
        (
            "validations/shop.yaml",
            "tables: {orders: {columns: {id: int not null}}}\n",
        ),
    ];
    Project::new(&[&suite[..], files].concat())
}

fn run(project: &Project, env: &[(&str, &str)], args: &[&str]) -> Run {
    let mut command = supaproof(project.path());
    command.args(args).envs(env.iter().copied());
    finished(command.output().unwrap())
}

#[track_caller]
fn refused(run: &Run, wanted: &[&str]) {
    assert_eq!(run.code, 2, "{run:?}");
    // What ends a check stands in its report.
    let said = format!("{}{}", run.out, run.err);
    for wanted in wanted {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    for secret in ["hunter2", "MARKED"] {
        assert!(!said.contains(secret), "{said}");
    }
}

/// A value that cannot be used has its line in doctor, and no door is left.
#[track_caller]
fn shown(run: &Run, line: &str, from: &str) {
    assert_eq!(run.code, 4, "{run:?}");
    let lines = super::lines(run);
    let from = format!(" ← {from}");
    let found = lines
        .iter()
        .any(|one| one.starts_with(line) && one.ends_with(&from));
    assert!(found, "{line}{from}: {lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("embedded")));
    for secret in ["hunter2", "MARKED"] {
        assert!(!run.out.contains(secret), "{}", run.out);
    }
}

#[test]
fn two_databases_are_refused_by_name_and_neither_is_changed() {
    let server = Server::start();
    let port = by_port(&server);
    let pooled = format!("postgresql://postgres@127.0.0.1:{port}/postgres?pgbouncer=true");
    let project = shop(&[]);
    let setup = ["setup", "shop", "--yes"];
    let dev = "postgresql://postgres@127.0.0.1:1/dev";
    let both = [("DATABASE_URL", dev), ("DIRECT_URL", pooled.as_str())];
    let there = format!("postgres@127.0.0.1:{port}/postgres by DIRECT_URL");
    refused(
        &run(&project, &both, &setup),
        &[
            "two databases are named: postgres@127.0.0.1:1/dev by DATABASE_URL",
            &there,
        ],
    );
    let nothing = "select to_json(to_regclass('orders') is null)";
    assert_eq!(server.json("postgres", nothing), true);

    // The same for two that both answer, with or without a pooler, wherever they stand.
    let one = Refusing::start(Does::Close);
    let other = Refusing::start(Does::Close);
    let (one_url, other_url) = (one.url(""), other.url(""));
    project.write(".env", format!("DIRECT_URL={other_url}").as_bytes());
    let env = [("SUPABASE_DB_URL", one_url.as_str())];
    refused(
        &run(&project, &env, &["check", "shop"]),
        &["by SUPABASE_DB_URL, and", "by DIRECT_URL in .env"],
    );
    refused(&doctor(&project, &env, &[]), &["two databases are named"]);
    assert_eq!(one.logins() + other.logins(), 0);

    // A database and its pooler are one, and the second is gone on to: here it is the same server.
    project.write(".env", b"");
    let direct = "postgresql://postgres@127.0.0.1:1/postgres";
    let pair = [("DIRECT_URL", direct), ("DATABASE_URL", pooled.as_str())];
    let applied = run(&project, &pair, &setup);
    assert_eq!(applied.code, 0, "{applied:?}");
    assert!(
        applied
            .err
            .contains("direct connection: nobody listens at 127.0.0.1:1 → transaction pooler"),
        "{applied:?}"
    );
    assert_eq!(server.json("postgres", nothing), false);
}

#[test]
fn a_database_is_no_project_and_no_api() {
    let project = Project::new(&[]);
    for (name, value) in [
        ("SUPABASE_PROJECT_REF", REFERENCE),
        ("SUPABASE_URL", "https://api.example.com"),
        ("SUPABASE_URL", "https://abcdefghijklmnopqrst.supabase.co"),
        (
            "DIRECT_URL",
            "postgresql://postgres:hunter2@db.abcdefghijklmnopqrst.supabase.co/postgres",
        ),
    ] {
        let env = [("DATABASE_URL", CLOSED), (name, value)];
        let by = format!("by {name}");
        refused(
            &doctor(&project, &env, &[]),
            &["someone@127.0.0.1:1/app by DATABASE_URL", &by],
        );
    }
    // An API on this machine is none of a project's, and fits a database on this machine.
    let api = ("SUPABASE_URL", "http://127.0.0.1:54321");
    let env = [api, ("SUPABASE_PROJECT_REF", REFERENCE)];
    refused(&doctor(&project, &env, &[]), &["the API at 127.0.0.1"]);
    let run = doctor(&project, &[api, ("DATABASE_URL", CLOSED)], &[]);
    assert_eq!(run.code, 4, "{run:?}");
    // Side by side in a target of one's own they are what somebody says that they are.
    project.write(
        "supaproof.toml",
        format!("[targets.tunnel]\nurl = \"{CLOSED}\"\nproject = \"{REFERENCE}\"\n").as_bytes(),
    );
    let run = doctor(&project, &[], &["--target", "tunnel"]);
    assert_eq!(run.code, 4, "{run:?}");
    // And a project that is named is not looked for at a database of somebody else's.
    let refusing = Refusing::start(Does::Close);
    let url = refusing.url("");
    let env = [("DATABASE_URL", url.as_str()), api];
    let run = doctor(&project, &env, &["--target", REFERENCE]);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(!run.out.contains("127.0.0.1"), "{}", run.out);
    assert_eq!(refusing.logins(), 0);
}

#[test]
fn a_linked_project_gives_way_to_a_database_that_is_set() {
    let pooler = format!(
        "postgresql://postgres.{REFERENCE}@aws-1-eu-central-1.pooler.supabase.com:5432/postgres"
    );
    let env_file = format!("DATABASE_URL={CLOSED}\n");
    let project = shop(&[
        (".env", env_file.as_str()),
        ("supabase/.temp/project-ref", REFERENCE),
        ("supabase/.temp/pooler-url", &pooler),
    ]);
    let env = [("SUPABASE_DB_PASSWORD", "hunter2-hunter2")];
    let up = run(&project, &env, &["setup", "shop", "--yes"]);
    assert_eq!(up.code, 4, "{up:?}");
    assert!(up.err.contains("nobody listens at 127.0.0.1:1"), "{up:?}");
    assert!(!up.err.contains("pooler.supabase.com"), "{up:?}");
    let run = doctor(&project, &env, &[]);
    let reason = "the linked project (supabase/.temp/project-ref) does not count beside DATABASE_URL in .env";
    says(
        &run,
        &[
            "bad direct connection: nobody listens",
            &format!("skipped session pooler: {reason}"),
            &format!("skipped Management API: {reason}"),
        ],
    );
    assert!(!run.out.contains(REFERENCE), "{}", run.out);
    // One that is no place of its own goes with it.
    project.write(".env", b"");
    says(
        &doctor(&project, &env, &["--timeout", "3"]),
        &[&format!(
            "good project: {REFERENCE} ← supabase/.temp/project-ref"
        )],
    );
}

#[test]
fn every_reference_of_a_project_is_compared() {
    let project = Project::new(&[]);
    let two = [
        ("SUPABASE_PROJECT_REF", REFERENCE),
        ("SUPABASE_PROJECT_ID", OTHER),
    ];
    refused(
        &doctor(&project, &two, &[]),
        &["by SUPABASE_PROJECT_REF", "by SUPABASE_PROJECT_ID"],
    );
    project.write("supabase/.temp/project-ref", OTHER.as_bytes());
    refused(
        &doctor(&project, &two[..1], &[]),
        &["by SUPABASE_PROJECT_REF", "by supabase/.temp/project-ref"],
    );
}

#[test]
fn what_is_nearer_counts_before_the_name() {
    let project = Project::new(&[(
        ".env",
        "SUPABASE_DB_URL=postgresql://far@127.0.0.1:1/app\nSUPABASE_SECRET_KEY=sb_secret_far_0123456789\n\
         SUPABASE_URL=http://127.0.0.1:1\n",
    )]);
    let env = [
        ("DATABASE_URL", "postgresql://near@127.0.0.1:1/app"),
        ("SUPABASE_SERVICE_ROLE_KEY", "sb_secret_near_0123456789"),
    ];
    let run = doctor(&project, &env, &[]);
    says(&run, &["good secret key: set ← SUPABASE_SERVICE_ROLE_KEY"]);
    let direct = super::lines(&run);
    let direct = direct
        .iter()
        .find(|line| line.starts_with("bad direct connection"));
    assert!(direct.unwrap().ends_with("← DATABASE_URL"), "{direct:?}");
}

#[test]
fn a_url_that_is_not_understood_is_no_reason_for_a_private_postgres() {
    let project = shop(&[]);
    for url in [
        "\"postgres://u:hunter2@127.0.0.1:1/app\"",
        "postgres:/u:hunter2@127.0.0.1:1/app",
        "jdbc:postgresql://127.0.0.1:1/app?password=hunter2",
        "127.0.0.1",
        "db.example.com:5432/app",
    ] {
        for name in ["SUPABASE_DB_URL", "DATABASE_URL", "DIRECT_URL"] {
            let env = [(name, url)];
            refused(&run(&project, &env, &["check", "shop"]), &[name]);
            shown(&doctor(&project, &env, &[]), "bad database: ", name);
        }
    }
    let env = [("SUPABASE_DB_URL", "mysql://u:hunter2@h/d")];
    let wanted = "is a URL of another database (mysql:)";
    let refusal = format!("SUPABASE_DB_URL {wanted}");
    refused(&run(&project, &env, &["check", "shop"]), &[&refusal]);
    let line = format!("bad database: {wanted}");
    shown(&doctor(&project, &env, &[]), &line, "SUPABASE_DB_URL");
    // No other is taken in its place.
    let both = [env[0], ("DATABASE_URL", CLOSED)];
    refused(&run(&project, &both, &["check", "shop"]), &[&refusal]);
    // These are URLs of Postgres all the same.
    for url in [
        "Postgres://someone@127.0.0.1:1/app",
        "POSTGRESQL://someone@127.0.0.1:1/app",
        "postgresql+psycopg://someone@127.0.0.1:1/app",
        "host=127.0.0.1 port=1 user=someone dbname=app",
        // As `prisma init` writes it.
        "postgresql://someone@127.0.0.1:1/app?schema=public",
    ] {
        let run = doctor(&project, &[("DATABASE_URL", url)], &[]);
        assert_eq!(run.code, 4, "{url}: {run:?}");
        says(
            &run,
            &["good database: someone@127.0.0.1:1/app ← DATABASE_URL"],
        );
    }
    let named = doctor(
        &project,
        &[],
        &["--target", "Postgres://someone@127.0.0.1:1/app"],
    );
    assert_eq!(named.code, 4, "{named:?}");
    // Those of other databases are said to be left out.
    for (url, scheme) in [
        ("mysql://u:hunter2@h/d", "mysql"),
        ("file:./dev.db", "file"),
    ] {
        for name in ["DATABASE_URL", "DIRECT_URL"] {
            let said = format!("{name} is left out: it is a URL of another database ({scheme}:)");
            let run = doctor(&project, &[(name, url)], &[]);
            assert_eq!(run.code, 0, "{run:?}");
            says(
                &run,
                &[
                    &format!("warning warning: {said}"),
                    "good target: embedded Postgres ",
                ],
            );
            let env = [(name, url), ("SUPABASE_DB_URL", CLOSED)];
            says(
                &doctor(&project, &env, &[]),
                &[&format!("warning warning: {said}")],
            );
        }
    }
    let check = run(
        &project,
        &[("DATABASE_URL", "file:./dev.db")],
        &["check", "shop"],
    );
    assert_eq!(check.code, 0, "{check:?}");
    assert!(
        check.err.contains("warning: DATABASE_URL is left out"),
        "{check:?}"
    );
}

#[test]
fn a_map_of_keys_has_to_be_one() {
    let project = shop(&[]);
    for (name, public) in [
        ("SUPABASE_SECRET_KEYS", false),
        ("SUPABASE_PUBLISHABLE_KEYS", true),
    ] {
        for (map, wanted) in [
            ("{oops", "is no JSON"),
            ("sb_secret_MARKED0123456789", "is no JSON"),
            (
                "{\"other\": \"sb_secret_MARKED0123456789\"}",
                "has no key `default`",
            ),
            ("{\"default\": 5}", "has no key `default`"),
            ("[]", "has no key `default`"),
        ] {
            let env = [("SUPABASE_URL", "http://127.0.0.1:1"), (name, map)];
            let what = if public { "publishable" } else { "secret" };
            let line = format!("bad {what} key: {wanted}");
            shown(&doctor(&project, &env, &[]), &line, name);
            let wanted = format!("{name} {wanted}");
            for env in [&env[..], &env[1..]] {
                refused(&run(&project, env, &["check", "shop"]), &[&wanted]);
            }
        }
        let map = "{\"other\": \"x\", \"default\": \"sb_secret_0123456789\"}";
        let echo = Echo::start(Answer::Refuse);
        let url = echo.url();
        let run = doctor(&project, &[("SUPABASE_URL", &url), (name, map)], &[]);
        let what = if public { "publishable" } else { "secret" };
        says(
            &run,
            &[&format!("good {what} key: set ← `default` of {name}")],
        );
        let sent = echo.requests();
        match public {
            true => assert!(sent.is_empty()),
            false => assert!(sent[0].contains("sb_secret_0123456789"), "{sent:?}"),
        }
    }
}

/// A stack that answers is found by the project's configuration, and by its name; its API is a door as well.
#[test]
fn the_local_stack_is_a_target() {
    let server = Server::start();
    let port = by_port(&server);
    let api = Echo::start(Answer::Refuse);
    let at_api = api.url();
    let (_, api_port) = at_api.rsplit_once(':').unwrap();
    let config = format!("[db]\nport = {port}\n[api]\nport = {api_port}\n");
    let project = shop(&[("supabase/config.toml", &config)]);
    let place = format!("postgres@127.0.0.1:{port}/postgres");
    let from = "the local stack of supabase/config.toml";
    let found = run(&project, &[], &["setup", "shop", "--yes", "-v"]);
    assert_eq!(found.code, 0, "{found:?}");
    assert!(
        found
            .err
            .contains(&format!("connected to {place} ({from})")),
        "{found:?}"
    );
    let named = run(&project, &[], &["check", "shop", "--target", "local"]);
    assert_eq!(named.code, 0, "{named:?}");
    assert!(
        named.err.contains(&format!("target: {place}\n")),
        "{named:?}"
    );
    assert!(api.requests().is_empty());
    let run = doctor(
        &project,
        &[],
        &["--target", "local", "--door", "direct,data-api"],
    );
    says(
        &run,
        &[
            &format!("good database: {place} ← {from}"),
            &format!("good direct connection: {place}"),
            "warning Data API: the key was refused (HTTP 401",
        ],
    );
    assert!(api.requests()[0].starts_with("POST /rest/v1/rpc/exec_sql"));

    // Nothing is found where nobody answers, and beside what is set.
    let closed = Project::new(&[("supabase/config.toml", "[db]\nport = 1\n")]);
    says(
        &doctor(&closed, &[], &[]),
        &["good target: embedded Postgres "],
    );
    let run = doctor(&closed, &[], &["--target", "local"]);
    says(
        &run,
        &["bad direct connection: nobody listens at 127.0.0.1:1 "],
    );
    let run = doctor(&project, &[("DATABASE_URL", CLOSED)], &[]);
    assert!(!run.out.contains(from), "{}", run.out);
    // An API that is turned off is no door.
    let off = Project::new(&[(
        "supabase/config.toml",
        "[api]\nenabled = false\n[db]\nport = 1\n",
    )]);
    let run = doctor(&off, &[], &["--target", "local"]);
    says(&run, &["skipped Data API: no secret key is known"]);
    // Where the project says nothing of a stack, its usual ports are meant.
    let none = doctor(
        &Project::new(&[]),
        &[],
        &["--target", "local", "--timeout", "5"],
    );
    says(
        &none,
        &["good database: postgres@127.0.0.1:54322/postgres ← the usual ports"],
    );
}

#[test]
fn a_password_in_the_target_of_the_file_is_warned_of() {
    let project = Project::new(&[(
        "supaproof.toml",
        "target = \"postgresql://u:MARKED-PASSWORD@127.0.0.1:1/app\"\n",
    )]);
    let run = doctor(&project, &[], &[]);
    says(
        &run,
        &["warning warning: the `target` of supaproof.toml holds a password as it is"],
    );
    assert!(!run.out.contains("MARKED"));
    project.write(
        "supaproof.toml",
        format!("target = \"{CLOSED}\"\n").as_bytes(),
    );
    assert!(!doctor(&project, &[], &[]).out.contains("as it is"));
}

/// The pooler has one host for both modes: where it is known, both are doors.
#[test]
fn the_transaction_pooler_is_found_like_the_session_pooler() {
    let host = "aws-1-eu-central-1.pooler.supabase.com";
    let project = Project::new(&[
        ("supabase/.temp/project-ref", REFERENCE),
        (
            "supabase/.temp/pooler-url",
            &format!("postgresql://postgres.{REFERENCE}@{host}:5432/postgres"),
        ),
        ("sql/shop/001_orders.sql", "create table orders (id int);"),
    ]);
    let env = [("SUPABASE_DB_PASSWORD", "MARKED-PASSWORD")];
    for (door, port) in [("session", 5432), ("transaction", 6543)] {
        let run = run(
            &project,
            &env,
            &["status", "-v", "--door", door, "--timeout", "3"],
        );
        let wanted = format!("connecting to postgres.{REFERENCE}@{host}:{port}/postgres (");
        assert!(run.err.contains(&wanted), "{run:?}");
        let from = "SUPABASE_DB_PASSWORD, the host from supabase/.temp/pooler-url)";
        assert!(run.err.contains(from), "{run:?}");
    }
    // Without the password a login would take a role for a session, which there is none.
    let token = [("SUPABASE_ACCESS_TOKEN", "sbp_0123456789abcdef")];
    let run = doctor(
        &project,
        &token,
        &["--door", "transaction", "--timeout", "3"],
    );
    says(
        &run,
        &["skipped transaction pooler: the password of the database is not known"],
    );
}

#[test]
fn settings_that_the_session_pooler_drops_are_warned_of() {
    let project = Project::new(&[]);
    let at = |options: &str| {
        format!(
            "postgresql://postgres.{REFERENCE}@aws-1-eu-central-1.pooler.supabase.com:5432/postgres?hostaddr=127.0.0.1&connect_timeout=2&options={options}"
        )
    };
    for (options, lost) in [
        ("-c%20statement_timeout%3D5s", "statement_timeout"),
        ("-cwork_mem%3D7MB%20--jit%3Doff", "work_mem, jit"),
    ] {
        let run = doctor(&project, &[("SUPABASE_DB_URL", &at(options))], &[]);
        let said = format!(
            "warning warning: the session pooler drops settings in options silently, all but search_path ({lost})"
        );
        says(&run, &[&said]);
    }
    for options in ["-c%20search_path%3Dapp", "reference%3Dabcdefghijklmnopqrst"] {
        let run = doctor(&project, &[("SUPABASE_DB_URL", &at(options))], &[]);
        assert!(!run.out.contains("drops settings"), "{}", run.out);
    }
}
