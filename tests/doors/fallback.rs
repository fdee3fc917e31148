//! From a door that is shut to the next one, and where that ends.

use std::time::Duration;

use supaproof::target::door::{Access, Door, How, NotOpened, Opened, Place, Purpose, Way};
use supaproof::target::http::Key;
use supaproof::target::postgres::{Limits, Settings};

use crate::api::{REFERENCE, StandIn, TOKEN};
use crate::block;
use crate::bouncer::{PgBouncer, Pool};
use crate::http::Http;
use crate::refusing::{Does, Refusing};
use crate::support::{Project, Run, Server, finished, free_port, supaproof};

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    run: None,
};

/// A door by a URL or settings.
fn way(door: Door, text: &str) -> Way {
    let settings = Settings::parse(text, &|_| None).unwrap();
    Way {
        door,
        how: How::Postgres(Box::new(settings)),
        from: "here".to_owned(),
    }
}

fn data_api() -> Way {
    Way {
        door: Door::DataApi,
        how: How::DataApi {
            at: Box::new(Place {
                base: "http://127.0.0.1:1/rest/v1".parse().unwrap(),
                ca: None,
            }),
            key: Key::new("KEY", "sb_secret_0123456789").unwrap(),
        },
        from: "here".to_owned(),
    }
}

/// What comes of doors one after the other.
fn open(ways: Vec<Way>) -> Result<Opened, Vec<(Door, String)>> {
    let access = Access {
        ways,
        ..Access::default()
    };
    block(access.doors(LIMITS, Purpose::Change).open()).map_err(|error| match error {
        NotOpened::Shut(shut) => shut
            .into_iter()
            .map(|(door, error)| (door, error.to_string()))
            .collect(),
        NotOpened::Error(error) => panic!("{error}"),
    })
}

fn closed() -> String {
    format!("postgresql://u:hunter2@127.0.0.1:{}/d", free_port())
}

fn bounced(server: &Server) -> Option<PgBouncer> {
    let socket = server.socket();
    let port = socket.extension().unwrap().to_str().unwrap();
    let pool = Pool {
        mode: "transaction",
        size: 1,
        user: "postgres",
    };
    PgBouncer::start(socket.parent().unwrap(), port.parse().unwrap(), &pool)
}

#[test]
fn a_door_that_opens_comes_after_one_that_does_not() {
    let server = Server::start();
    let Some(pooler) = bounced(&server) else {
        return;
    };
    let url = format!(
        "postgresql://postgres@127.0.0.1:{}/postgres?pgbouncer=true",
        pooler.port
    );
    let ways = vec![way(Door::Direct, &closed()), way(Door::Transaction, &url)];
    let access = Access {
        ways,
        ..Access::default()
    };
    let (opened, one) = block(async {
        let mut opened = access.doors(LIMITS, Purpose::Change).open().await.ok()?;
        let one = opened
            .entered
            .target
            .read_json("", "select '1'::json")
            .await;
        Some((opened, one))
    })
    .unwrap();
    assert_eq!(opened.at, 1);
    let [(Door::Direct, error)] = opened.shut.as_slice() else {
        panic!("{:?}", opened.shut)
    };
    assert!(error.to_string().contains("nobody listens at"), "{error}");
    assert_eq!(one.unwrap(), 1);
    assert!(!opened.entered.target.capabilities().sessions);
    assert!(opened.entered.wire.unwrap().is_pooled());

    // The same of the program, which says so.
    let project = Project::new(&[("sql/shop/001_a.sql", "create table a (id int);")]);
    let mut command = supaproof(project.path());
    command.args(["setup", "shop", "--yes"]);
    command.env("DATABASE_URL", &url);
    let direct = format!("postgresql://u:hunter2@127.0.0.1:{}/postgres", free_port());
    let run = finished(command.env("DIRECT_URL", direct).output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.err
            .contains("direct connection: nobody listens at 127.0.0.1:")
            && run.err.contains(" → transaction pooler\n"),
        "{run:?}"
    );
    let there = "select to_json(to_regclass('a') is not null)";
    assert_eq!(server.json("postgres", there), true);
}

#[test]
fn no_second_door_is_tried_with_a_refused_password() {
    for (code, message) in [
        ("28P01", "password authentication failed for user \"u\""),
        ("28000", "role \"u\" is not permitted to log in"),
        ("XX000", "SCRAM exchange: Wrong password"),
        ("XX000", "failed SASL auth (invalid credentials)"),
        (
            "XX000",
            "(ECIRCUITBREAKER) too many authentication failures",
        ),
    ] {
        let refuses = Refusing::start(Does::Refuse(code.to_owned(), message.to_owned()));
        let next = Refusing::start(Does::Close);
        let ways = || {
            vec![
                way(Door::Direct, &refuses.url("")),
                way(Door::Session, &next.url("")),
            ]
        };
        let shut = open(ways()).err().unwrap();
        assert_eq!(shut.len(), 1, "{shut:?}");
        // Another credential is another matter.
        let with_key = [ways(), vec![data_api()]].concat();
        assert_eq!(open(with_key).ok().unwrap().at, 2);
        assert_eq!((refuses.logins(), next.logins()), (2, 0), "{message}");
    }
}

#[test]
fn no_further_door_is_tried_where_encryption_fails() {
    let plain = Refusing::start(Does::Close);
    let next = Refusing::start(Does::Close);
    let ways = vec![
        way(Door::Direct, &plain.url("sslmode=require")),
        way(Door::Session, &next.url("")),
        data_api(),
    ];
    let shut = open(ways).err().unwrap();
    assert_eq!(shut.len(), 1, "{shut:?}");
    assert!(shut[0].1.contains("does not support TLS"), "{shut:?}");
    assert_eq!((plain.logins(), next.logins()), (0, 0));
}

/// Names may hold anything: what decides is where the error was made.
#[test]
fn a_name_shuts_no_door() {
    let next = Refusing::start(Does::Close);
    for host in [
        "db.abctlsghijklmnopqrst.supabase.co",
        "password.sasl.certificate.example",
    ] {
        let port = free_port();
        let url = format!("postgresql://u:hunter2@{host}:{port}/d?hostaddr=127.0.0.1");
        let ways = vec![way(Door::Direct, &url), way(Door::Session, &next.url(""))];
        let shut = open(ways).err().unwrap();
        assert_eq!(shut.len(), 2, "{shut:?}");
        assert!(
            shut[0].1.contains(&format!("nobody listens at {host}")),
            "{shut:?}"
        );
    }
    let message = "(ENOTFOUND) tenant/user postgres.abctlssaslijklmnopqr not found";
    let unknown = Refusing::start(Does::Refuse("XX000".to_owned(), message.to_owned()));
    let ways = vec![
        way(Door::Direct, &unknown.url("")),
        way(Door::Session, &next.url("")),
    ];
    assert_eq!(open(ways).err().unwrap().len(), 2);
    assert_eq!(next.logins(), 3);
}

/// A target with a token and a database, whose doors are tried in this order.
fn project(database: &str, doors: &str) -> Project {
    let toml = format!(
        "target = \"both\"\n[targets.both]\nproject = \"{REFERENCE}\"\naccess_token = \"env:TOKEN\"\n\
         url = \"{database}\"\ndoors = [{doors}]\n"
    );
    Project::new(&[
        ("supaproof.toml", &toml),
        ("sql/shop/001_a.sql", "create table a (id int primary key);"),
        ("sql/shop/001_a.rollback.sql", "drop table a;"),
        (
            "validations/shop.yaml",
            "tables: {a: {columns: {id: int not null}}}\nsmoke:\n  - {name: a row, run: insert into a values (1)}\n",
        ),
    ])
}

fn run(project: &Project, port: u16, token: &str, args: &[&str]) -> Run {
    let mut command = supaproof(project.path());
    command.args(args).env("TOKEN", token).env(
        "SUPAPROOF_MANAGEMENT_URL",
        format!("http://127.0.0.1:{port}"),
    );
    finished(command.output().unwrap())
}

/// A door over HTTP opens unasked: its first question tells that it is shut, and the next one is asked the same.
#[test]
fn a_question_that_is_refused_goes_on_to_the_next_door() {
    let server = Server::start();
    let stand_in = StandIn::start(server.socket(), "postgres");
    let there = project(&server.target("postgres"), "\"management\", \"direct\"");
    let expired = "sbp_expired_0123456789";
    let (port, nobody) = (stand_in.http.port, free_port());
    let mut asked = 0;
    for command in [
        &["setup", "shop", "--yes"][..],
        &[
            "check",
            "shop",
            "--report",
            "json=report.json",
            "--report",
            "pretty",
        ],
        &["status"],
        &["generate", "--schema", "public"],
        &["rollback", "shop", "--all", "--yes"],
        &["verify", "shop", "--yes"],
        &["rollback", "shop", "--all", "--yes"],
    ] {
        let went_on = run(&there, port, expired, command);
        assert_eq!(went_on.code, 0, "{command:?}: {went_on:?}");
        let note = "Management API: the access token was refused (HTTP 401: Unauthorized) → direct connection\n";
        assert_eq!(
            went_on.err.matches(note).count(),
            1,
            "{command:?}: {went_on:?}"
        );
        // Once, and no more.
        asked += 1;
        assert_eq!(stand_in.http.count(), asked, "{command:?}");
    }
    let report = std::fs::read_to_string(there.path().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let target = report["suites"][0]["target"].as_str().unwrap();
    assert!(target.starts_with("both (postgres@"), "{target}");
    // Questions to a person name the place that is really meant.
    let went_on = run(&there, nobody, TOKEN, &["setup", "shop"]);
    assert_eq!(went_on.code, 2, "{went_on:?}");
    assert!(
        went_on
            .err
            .contains("Management API: nobody listens there → direct connection")
            && went_on
                .err
                .contains("Apply 001_a of shop to both (postgres@"),
        "{went_on:?}"
    );
    // One that answers is asked, and no other.
    let answered = run(&there, port, TOKEN, &["setup", "shop", "--yes"]);
    assert_eq!(answered.code, 0, "{answered:?}");
    assert!(!answered.err.contains('→'), "{answered:?}");
    assert!(stand_in.http.count() > asked + 1);

    // Where the next one is shut too, both are named.
    let shut = project(&closed(), "\"management\", \"direct\"");
    let none = run(&shut, nobody, TOKEN, &["status"]);
    assert_eq!(none.code, 4, "{none:?}");
    for wanted in [
        "Management API: nobody listens there; direct connection: ",
        "nobody listens at",
    ] {
        assert!(none.err.contains(wanted), "{wanted}: {none:?}");
    }
    // What the server says of the SQL is an answer.
    server.sql("postgres", "drop schema if exists supaproof cascade; create schema supaproof; create view supaproof.migrations as select 1 as a");
    let refused = run(&there, port, TOKEN, &["status"]);
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(!refused.err.contains('→'), "{refused:?}");
}

/// What changes something was made for its door: it is no question that another one may be asked.
#[test]
fn what_changes_something_goes_to_one_door() {
    let server = Server::start();
    let http = Http::serve(|_, _, stream| {
        crate::http::json(stream, 401, "{\"message\": \"Unauthorized\"}");
    });
    let there = project(&server.target("postgres"), "\"management\", \"direct\"");
    there.write(
        "validations/shop.yaml",
        b"smoke:\n  - {name: one, run: select 1}\n",
    );
    let tried = run(&there, http.port, TOKEN, &["check", "shop"]);
    assert_eq!(tried.code, 4, "{tried:?}");
    assert_eq!(http.count(), 1);
}
