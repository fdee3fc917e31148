//! Flags, environment and `supaproof.toml` that are wrong, and targets that are not there.

use std::net::TcpListener;

use crate::support::{Project, finished, supaproof};
use crate::transcript::{SECRET, Transcript, nobody};

const SETUP: (&str, &str) = ("sql/shop/001_first.sql", "create table orders (id int);\n");
const YAML: (&str, &str) = ("validations/shop.yaml", "tables: {orders: {}}\n");

#[test]
fn targets_that_are_not_understood() {
    let mut transcript = Transcript::default();
    let project = Project::new(&[SETUP, YAML]);
    for (title, target) in [
        (
            "a scheme with a typing error",
            "postgresq://someone:SECRET@db.example.com/app",
        ),
        (
            "a scheme of something else",
            "https://someone:SECRET@db.example.com/",
        ),
        ("a word", "production"),
        ("nothing", ""),
        (
            "a port that is no number",
            "postgresql://someone:SECRET@db.example.com:port/app",
        ),
        (
            "a password with an @",
            "postgresql://someone:SECRET@x@db.example.com/app",
        ),
        (
            "a password with a slash",
            "postgresql://someone:12/SECRET@db.example.com/app",
        ),
        (
            "a password with a percent sign",
            "postgresql://someone:100%SECRET@db.example.com/app",
        ),
        (
            "a setting that does not exist",
            "postgresql://someone:SECRET@db.example.com/app?sslmoode=require",
        ),
        (
            "a value that does not exist",
            "host=db.example.com password=SECRET sslmode=perhaps",
        ),
        (
            "another machine without TLS",
            "postgresql://someone:SECRET@db.example.com/app?sslmode=prefer",
        ),
        ("several hosts", "postgresql://someone:SECRET@one,two/app"),
        (
            "a quote that is not closed",
            "host=db.example.com password='SECRET",
        ),
        (
            "a word without a value",
            "host=db.example.com password SECRET",
        ),
        (
            "a client certificate",
            "host=db.example.com sslkey=/home/SECRET",
        ),
        (
            "a service that is not there",
            "service=shop servicefile=/nowhere password=SECRET",
        ),
    ] {
        let target = target.replace("SECRET", SECRET);
        transcript.run(title, &project, &["check", "--target", &target], 2);
    }
    let secret = format!("postgresq://someone:{SECRET}@db.example.com/app");
    let env = [("SUPAPROOF_TARGET", secret.as_str())];
    transcript.run_with("in the environment", &project, &["check"], &env, 2);
    transcript.accept("targets");
}

#[test]
fn targets_that_are_not_there() {
    let mut transcript = Transcript::default();
    let project = Project::new(&[SETUP, YAML]);
    for command in ["check", "verify", "setup", "status"] {
        if command == "verify" {
            project.write("sql/shop/001_first.rollback.sql", b"drop table orders");
        }
        let target = nobody();
        transcript.run(
            &format!("nobody listens: {command}"),
            &project,
            &[command, "shop", "--target", &target],
            4,
        );
    }
    let settings = format!("host=/nowhere port=1 user=someone password={SECRET}");
    transcript.run("no socket", &project, &["check", "--target", &settings], 4);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = format!("postgresql://someone:{SECRET}@127.0.0.1:{port}/app?connect_timeout=1");
    transcript.run("no answer", &project, &["check", "--target", &url], 4);
    transcript.accept("unreachable");
}

#[test]
fn an_embedded_postgres_that_is_not_there() {
    let mut transcript = Transcript::default();
    let project = Project::new(&[SETUP, YAML]);
    let target = nobody();
    transcript.run(
        "no such folder of programs",
        &project,
        &["check", "--postgres-bin", "/nonexistent"],
        2,
    );
    transcript.run(
        "a folder without programs",
        &project,
        &["check", "--postgres-bin", "sql"],
        2,
    );
    transcript.run(
        "a major that is no number",
        &project,
        &["check", "--pg", "seventeen"],
        2,
    );
    for (title, major) in [
        ("a major that is too old", "14"),
        ("a major that does not exist", "99"),
        ("a minor version", "17.4"),
    ] {
        transcript.run(title, &project, &["check", "--pg", major], 2);
    }
    transcript.run(
        "a major and a target",
        &project,
        &["check", "--pg", "17", "--target", &target],
        2,
    );
    transcript.run(
        "a target in the place of a major",
        &project,
        &["check", "--pg", &target],
        2,
    );
    transcript.run(
        "a target in the place of a folder",
        &project,
        &["check", "--postgres-bin", &target],
        2,
    );
    transcript.accept("embedded");
}

/// A variable that is set to nothing says nothing, as everywhere in a shell; but a target that was meant to come out of a
/// variable must not become another one.
#[test]
fn empty_variables() {
    let project = Project::new(&[("validations/empty.yaml", "")]);
    let run = |name| {
        finished(
            supaproof(project.path())
                .arg("check")
                .env(name, "")
                .output()
                .unwrap(),
        )
    };
    assert_eq!(run("SUPAPROOF_POSTGRES_BIN").code, 3);
    assert_eq!(run("SUPAPROOF_CACHE_DIR").code, 3);
    let target = run("SUPAPROOF_TARGET");
    assert_eq!(target.code, 2);
    assert!(target.err.contains("the target is empty"), "{}", target.err);
}

#[test]
fn reports_that_cannot_be_written() {
    let mut transcript = Transcript::default();
    let project = Project::new(&[YAML, ("validations/empty.yaml", "")]);
    let target = nobody();
    for (title, args) in [
        ("an unknown format", &["--report", "jsn"][..]),
        ("an unknown format, nothing near", &["--report", "pdf"]),
        ("a target in the place of a format", &["--report", &target]),
        ("no file behind the format", &["--report", "json="]),
        (
            "two reports to standard output",
            &["--report", "json", "--report", "junit"],
        ),
        (
            "two reports to one file",
            &["--report", "json=a", "--report", "junit=a"],
        ),
        (
            "a folder that does not exist",
            &["--report", "json=nowhere/out.json"],
        ),
        ("a folder in the place of a file", &["--report", "json=sql"]),
        (
            "a second report that cannot be written",
            &["--report", "pretty", "--report", "json=sql"],
        ),
    ] {
        transcript.run(title, &project, &[&["check", "empty"], args].concat(), 2);
    }
    transcript.accept("reports");
}

/// A report that cannot be written keeps no other from being written.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let project = Project::new(&[("validations/empty.yaml", "")]);
    let run = project.run(["check", "--report=json=/dev/full", "--report=junit=out.xml"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err
            .contains("cannot write the report to /dev/full: No space left"),
        "{}",
        run.err
    );
    assert!(project.path().join("out.xml").is_file());
}

#[test]
fn a_command_line_that_is_not_understood() {
    let mut transcript = Transcript::default();
    let project = Project::new(&[SETUP, YAML]);
    let target = nobody();
    for (title, args) in [
        ("nothing at all", &[][..]),
        ("an unknown command", &["prove"]),
        ("a target in the place of a command", &[&target]),
        ("an unknown flag", &["check", "--taget", "embedded"]),
        (
            "a target glued to an unknown flag",
            &["check", &format!("--taget={target}")],
        ),
        ("quiet and verbose", &["check", "-q", "-v"]),
        (
            "a colour that does not exist",
            &["check", "--color", "blue"],
        ),
        ("a limit that is no number", &["check", "--timeout", "soon"]),
        ("no time at all", &["check", "--timeout", "0"]),
        ("a target without a value", &["check", "--target"]),
        (
            "too many targets",
            &["check", "--target", &target, "--target", &target],
        ),
        ("two ways back", &["rollback", "--all", "--steps", "1"]),
        ("a negative number of steps", &["rollback", "--steps=-1"]),
        ("a shell that does not exist", &["completions", "tcsh"]),
    ] {
        transcript.run_with(title, &project, args, &[("COLUMNS", "100")], 2);
    }
    transcript.accept("command_line");
}

#[test]
fn a_broken_configuration_file() {
    let mut transcript = Transcript::default();
    let url = format!("postgresql://someone:{SECRET}@db.example.com/app");
    for (title, text) in [
        ("broken", "[embedded\n".to_owned()),
        ("an unknown key", "traget = \"embedded\"\n".to_owned()),
        (
            "an unknown key of a section",
            "[embedded]\npgg = 17\n".to_owned(),
        ),
        (
            "a wrong type",
            "[embedded]\npg = \"seventeen\"\n".to_owned(),
        ),
        (
            "a major that is too old",
            "[embedded]\npg = 14\n".to_owned(),
        ),
        ("a number where a name goes", "target = 5\n".to_owned()),
        (
            "a key twice",
            "target = \"embedded\"\ntarget = \"embedded\"\n".to_owned(),
        ),
        (
            "a target that is wrong",
            format!("target = \"postgresq://someone:{SECRET}@db/app\"\n"),
        ),
        ("a secret in a broken line", format!("target = \"{url}\n")),
        (
            "a secret before the broken place",
            format!("target = \"{url}\" oops\n"),
        ),
        (
            "settings before the broken place",
            format!("target = \"host=db password={SECRET}\" oops\n"),
        ),
        ("a secret without quotes", format!("target = {url}\n")),
        (
            "a secret twice",
            format!("target = \"{url}\"\ntarget = \"{url}\"\n"),
        ),
        (
            "a secret under an unknown key",
            format!("url = \"{url}\"\n"),
        ),
        ("a secret as a key", format!("\"{url}\" = 1\n")),
        (
            "a secret of the wrong type",
            format!("[embedded]\npg = \"{url}\"\n"),
        ),
        (
            "a secret in several lines",
            format!("target = \"\"\"\n{url}\n"),
        ),
    ] {
        let project = Project::new(&[SETUP, YAML, ("supaproof.toml", &text)]);
        let run = transcript.run(title, &project, &["check"], 2);
        let placed = run.err.contains("supaproof.toml") || title == "a target that is wrong";
        transcript.expect(placed, title, &run);
    }
    let project = Project::new(&[SETUP, YAML]);
    project.write("supaproof.toml", b"target = \"caf\xe9\"\n");
    transcript.run("not UTF-8", &project, &["check"], 2);
    transcript.accept("configuration_file");
}
