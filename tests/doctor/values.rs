//! A value that cannot be used closes its own door and no other, and every value is shown with its source.

use super::support::{Project, Run, Server, finished, supaproof};
use super::{REFERENCE, doctor, says};

/// The URL of a server's database.
fn url(server: &Server, database: &str) -> String {
    let socket = server.socket();
    let folder = socket.parent().unwrap().to_str().unwrap();
    let port = socket.extension().unwrap().to_str().unwrap();
    format!("postgresql:///{database}?host={folder}&port={port}&user=postgres")
}

fn status(project: &Project, env: &[(&str, &str)], args: &[&str]) -> Run {
    let mut command = supaproof(project.path());
    command.args(["status"]).args(args);
    command.envs(env.iter().copied());
    finished(command.output().unwrap())
}

#[test]
fn a_value_that_cannot_be_used_closes_its_own_door() {
    let server = Server::start();
    // A project and another database are one place where a target puts them side by side.
    let targets = format!(
        "[targets.both]\nurl = \"env:SHOP_URL\"\nproject = \"{REFERENCE}\"\n\
         [targets.far]\nurl = \"env:SHOP_URL\"\napi_url = \"http://203.0.113.7\"\n\
         secret_key = \"env:SUPABASE_SECRET_KEY\"\n"
    );
    let project = Project::new(&[
        ("sql/shop/001_orders.sql", "create table orders (id int);"),
        ("supaproof.toml", &targets),
    ]);
    let url = url(&server, "postgres");
    let none: &[&str] = &[];
    let api = ("SUPABASE_URL", "http://127.0.0.1:1");
    for (values, args, wanted) in [
        (
            &[api, ("SUPABASE_SECRET_KEY", "sb_secret_MARKED\nx")][..],
            none,
            &[
                "bad secret key: holds a line end: it is not a key ← SUPABASE_SECRET_KEY",
                "skipped Data API: SUPABASE_SECRET_KEY holds a line end",
            ][..],
        ),
        (
            &[api, ("SUPABASE_SECRET_KEY", "sb_publishable_MARKED")],
            none,
            &[
                "bad secret key: is a key for the public, and the Data API needs a secret one ← SUPABASE_SECRET_KEY",
                "skipped Data API: SUPABASE_SECRET_KEY is a key for the public",
            ],
        ),
        (
            &[
                ("SUPABASE_PROJECT_REF", "abcdef"),
                ("SUPABASE_DB_PASSWORD", "x"),
            ],
            none,
            &[
                "bad project: is not the reference of a project ← SUPABASE_PROJECT_REF",
                "skipped session pooler: SUPABASE_PROJECT_REF is not the reference of a project",
            ],
        ),
        (
            &[("SUPABASE_ACCESS_TOKEN", "sbp_MARKED\u{e9}")],
            &["--target", "both"],
            &[
                "bad access token: holds a character that is not ASCII: it is not a key ← SUPABASE_ACCESS_TOKEN",
                "skipped Management API: SUPABASE_ACCESS_TOKEN holds a character",
            ],
        ),
        (
            &[
                ("SUPABASE_URL", "MARKED"),
                ("SUPABASE_SECRET_KEY", "sb_secret_x"),
            ],
            none,
            &[
                "bad API: is not the address of an API ← SUPABASE_URL",
                "skipped Data API: SUPABASE_URL is not the address of an API",
            ],
        ),
        (
            &[api, ("SUPABASE_SECRET_KEYS", "{MARKED")],
            none,
            &[
                "bad secret key: is no JSON ← SUPABASE_SECRET_KEYS",
                "skipped Data API: SUPABASE_SECRET_KEYS is no JSON",
            ],
        ),
        (
            &[("SUPABASE_SECRET_KEY", "sb_secret_x")],
            &["--target", "far"],
            &["warning Data API: 203.0.113.7 is not encrypted"],
        ),
    ] {
        let named = ["SUPABASE_DB_URL", "SHOP_URL"][usize::from(!args.is_empty())];
        let env = [&[(named, url.as_str())], values].concat();
        let run = doctor(&project, &env, args);
        says(&run, wanted);
        says(&run, &["good direct connection: postgres@"]);
        let bad = wanted[0].starts_with("bad");
        assert_eq!(run.code, i32::from(bad), "{run:?}");
        let works = status(&project, &env, args);
        assert_eq!(works.code, 0, "{works:?}");
        for run in [run, works] {
            assert!(!run.out.contains("MARKED") && !run.err.contains("MARKED"));
        }
    }
    // What the Supabase CLI left, with its place.
    project.write(
        "supabase/.temp/pooler-url",
        b"postgresql://postgres.abcdefghijklmnopqrst@pooler.example.com:5432/postgres",
    );
    let env = [
        ("SUPABASE_PROJECT_REF", REFERENCE),
        ("SUPABASE_DB_PASSWORD", "x"),
        ("SHOP_URL", &url),
    ];
    says(
        &doctor(
            &project,
            &env,
            &["--target", "both", "--door", "session,direct"],
        ),
        &[
            "bad pooler: this is no host of a Supabase pooler ← supabase/.temp/pooler-url",
            "skipped session pooler: this is no host of a Supabase pooler",
            "good direct connection",
        ],
    );
}

/// One that says which database is meant is another thing: the next one is another database.
#[test]
fn in_place_of_a_database_that_is_named_wrongly_no_other_is_taken() {
    let server = Server::start();
    let project = Project::new(&[("sql/shop/001_orders.sql", "create table orders (id int);")]);
    let url = url(&server, "postgres");
    let env = [
        ("SUPABASE_DB_URL", "postgresql://u:MARKED@127.0.0.1:port/d"),
        ("DATABASE_URL", url.as_str()),
    ];
    let run = doctor(&project, &env, &[]);
    assert_eq!(run.code, 1, "{run:?}");
    says(
        &run,
        &["bad database: ", "good direct connection: postgres@"],
    );
    assert!(
        run.out.contains("\"from\": \"SUPABASE_DB_URL\""),
        "{}",
        run.out
    );
    let refused = status(&project, &env, &[]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.err.contains("this is SUPABASE_DB_URL"),
        "{refused:?}"
    );
    for run in [run, refused] {
        assert!(!run.out.contains("MARKED") && !run.err.contains("MARKED"));
    }
}

/// Without its authorities no door is opened: nobody would know who answers.
#[test]
fn a_file_of_authorities_that_is_not_there_closes_every_door() {
    let project = Project::new(&[]);
    let run = doctor(
        &project,
        &[("SUPABASE_DB_URL", super::CLOSED)],
        &["--ca", "/nowhere/ca.pem"],
    );
    assert_eq!(run.code, 4, "{run:?}");
    says(
        &run,
        &[
            "bad authorities: ",
            "skipped direct connection: ",
            "skipped Data API: ",
        ],
    );
    assert!(run.out.contains("\"from\": \"--ca\""), "{run:?}");
    let env = [("SUPABASE_DB_URL", super::CLOSED)];
    let check = super::shut::check(&env, &["--ca", "/nowhere/ca.pem"]);
    assert_eq!(check.code, 2, "{check:?}");
    super::shut::has(&check, &["/nowhere/ca.pem"]);
}

#[test]
fn every_value_has_its_true_source() {
    let server = Server::start();
    let project = Project::new(&[]);
    let target = server.target("postgres");
    let by_variable = doctor(&project, &[("SUPAPROOF_TARGET", &target)], &[]);
    assert!(
        by_variable.out.contains("\"from\": \"SUPAPROOF_TARGET\""),
        "{}",
        by_variable.out
    );
    assert!(!by_variable.out.contains("--target"), "{}", by_variable.out);
    let by_flag = doctor(
        &project,
        &[("SUPAPROOF_TARGET", "x")],
        &["--target", &target],
    );
    assert!(
        by_flag.out.contains("\"from\": \"--target\""),
        "{}",
        by_flag.out
    );

    // It is not the pooler where nobody listens.
    let env = [
        ("SUPABASE_PROJECT_REF", REFERENCE),
        ("SUPABASE_DB_PASSWORD", "x"),
        ("SUPABASE_ACCESS_TOKEN", "sbp_0123456789"),
        ("SUPAPROOF_MANAGEMENT_URL", "http://127.0.0.1:1"),
    ];
    says(
        &doctor(&project, &env, &["--door", "session", "--timeout", "5"]),
        &["bad session pooler: its host was asked of the Management API: nobody listens there"],
    );
}

/// Nor is another project taken, where one is named wrongly.
#[test]
fn in_place_of_a_project_that_is_named_wrongly_no_other_is_taken() {
    let project = Project::new(&[
        ("sql/shop/001_orders.sql", "create table orders (id int);"),
        ("supabase/.temp/project-ref", REFERENCE),
    ]);
    let env = [
        ("SUPABASE_PROJECT_REF", "abcdef"),
        ("SUPABASE_PROJECT_ID", super::OTHER),
        ("SUPABASE_DB_PASSWORD", "x"),
    ];
    let run = doctor(&project, &env, &[]);
    assert_eq!(run.code, 4, "{run:?}");
    says(
        &run,
        &[
            "bad project: is not the reference of a project ← SUPABASE_PROJECT_REF",
            "skipped direct connection: SUPABASE_PROJECT_REF is not the reference of a project",
        ],
    );
    let refused = status(&project, &env, &[]);
    assert_eq!(refused.code, 2, "{refused:?}");
    for run in [run, refused] {
        for other in [REFERENCE, super::OTHER] {
            assert!(!run.out.contains(other) && !run.err.contains(other));
        }
    }
}
