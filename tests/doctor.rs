//! The way in: what is found, where each value comes from, which door is tried, and what is refused.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod support;

#[path = "connect/authority.rs"]
#[expect(dead_code, reason = "the tests of connecting use more of it")]
mod authority;
#[path = "connect/cluster.rs"]
#[expect(dead_code, reason = "the tests of connecting use more of it")]
mod cluster;
#[path = "doctor/echo.rs"]
mod echo;
#[path = "doctor/found.rs"]
mod found;
#[path = "doctor/hints.rs"]
mod hints;
#[path = "doctor/inside.rs"]
mod inside;
#[path = "doctor/places.rs"]
mod places;
#[path = "doctor/protected.rs"]
mod protected;
#[path = "doctor/reached.rs"]
mod reached;
#[path = "doctor/refusing.rs"]
mod refusing;
#[path = "doctor/secrets.rs"]
mod secrets;
#[path = "doctor/shut.rs"]
mod shut;
#[path = "doctor/troubleshooting.rs"]
mod troubleshooting;
#[path = "doctor/values.rs"]
mod values;

use serde_json::Value;

use support::{Project, Run, finished, programs, supaproof};

const REFERENCE: &str = "abcdefghijklmnopqrst";
const OTHER: &str = "tsrqponmlkjihgfedcba";

/// A port where nobody listens.
const CLOSED: &str = "postgresql://someone@127.0.0.1:1/app";

/// `doctor --json` with these variables.
fn doctor(project: &Project, env: &[(&str, &str)], args: &[&str]) -> Run {
    let mut command = supaproof(project.path());
    command.args(["doctor", "--json"]).args(args);
    command.envs(env.iter().copied());
    finished(command.output().unwrap())
}

/// All lines: `subject: found ← from`, with the state before it.
fn lines(run: &Run) -> Vec<String> {
    let groups: Value = serde_json::from_str(&run.out)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.out, run.err));
    let groups = groups.as_array().unwrap().iter();
    let lines = groups.flat_map(|group| group["lines"].as_array().unwrap());
    lines
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            let from = match line.get("from") {
                Some(from) => format!(" ← {}", from.as_str().unwrap()),
                None => String::new(),
            };
            format!(
                "{} {}: {}{from}",
                text("state"),
                text("subject"),
                text("found")
            )
        })
        .collect()
}

#[track_caller]
fn says(run: &Run, wanted: &[&str]) {
    let lines = lines(run);
    for wanted in wanted {
        let found = lines.iter().any(|line| line.starts_with(wanted));
        assert!(found, "{wanted}\n--- is not among\n{}", lines.join("\n"));
    }
}

#[test]
fn where_nothing_is_known_a_private_postgres_is_looked_at() {
    let run = doctor(&Project::new(&[]), &[], &[]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    says(
        &run,
        &[
            "good target: embedded Postgres ",
            "good login: postgres (bypasses RLS)",
            "good roles of Supabase: member of anon, authenticated, service_role",
            "skipped helper functions: none",
            "good ledger: none yet",
        ],
    );
    let run = Project::new(&[]).run(["doctor"]);
    assert!(run.out.ends_with("🎉 Ready.\n"), "{}", run.out);
    assert!(
        run.out
            .starts_with("🩺 supaproof doctor\n\nThe way in\n✅ target "),
        "{}",
        run.out
    );
}

#[test]
fn the_environment_wins_over_files_and_each_value_has_its_source() {
    let project = Project::new(&[
        (
            ".env",
            "SUPABASE_DB_PASSWORD=from-env\nSUPABASE_PROJECT_REF=abcdefghijklmnopqrst",
        ),
        (".env.local", "SUPABASE_DB_PASSWORD=from-local"),
        ("supabase/.temp/project-ref", REFERENCE),
    ]);
    let run = doctor(
        &project,
        &[("SUPABASE_ACCESS_TOKEN", "sbp_0123456789")],
        &["--timeout", "5", "--door", "data-api"],
    );
    says(
        &run,
        &[
            "good project: abcdefghijklmnopqrst ← SUPABASE_PROJECT_REF in .env",
            "good password: set ← SUPABASE_DB_PASSWORD in .env.local",
            "good access token: set ← SUPABASE_ACCESS_TOKEN",
            "skipped Data API: no secret key is known",
        ],
    );
    assert_eq!(run.code, 4);
    assert!(!run.out.contains("from-local") && !run.out.contains("sbp_0123"));
}

#[test]
fn two_projects_are_refused_by_name() {
    let project = Project::new(&[(
        ".env",
        "SUPABASE_URL=https://tsrqponmlkjihgfedcba.supabase.co",
    )]);
    let run = doctor(&project, &[("SUPABASE_PROJECT_ID", REFERENCE)], &[]);
    assert_eq!(run.code, 2, "{}", run.err);
    for wanted in [
        REFERENCE,
        OTHER,
        "SUPABASE_PROJECT_ID",
        "SUPABASE_URL in .env",
    ] {
        assert!(run.err.contains(wanted), "{wanted}: {}", run.err);
    }
    // A target that is named does not ask the surroundings.
    let run = doctor(
        &project,
        &[("SUPABASE_PROJECT_ID", REFERENCE)],
        &["--target", CLOSED],
    );
    assert_eq!(run.code, 4, "{}{}", run.out, run.err);
}

#[test]
fn a_door_that_may_do_more_waits_until_it_is_named() {
    let project = Project::new(&[]);
    let url = format!("postgresql://u:p@db.{REFERENCE}.supabase.co:1/postgres?hostaddr=127.0.0.1");
    let env = [
        ("SUPABASE_DB_URL", url.as_str()),
        ("SUPABASE_PROJECT_REF", REFERENCE),
        ("SUPABASE_ACCESS_TOKEN", "sbp_0123456789"),
        ("SUPAPROOF_MANAGEMENT_URL", "http://127.0.0.1:1"),
    ];
    let run = doctor(&project, &env, &[]);
    says(
        &run,
        &[
            "bad direct connection: nobody listens",
            "skipped Management API: not tried: an access token may do more",
        ],
    );
    let run = doctor(&project, &env, &["--door", "management,direct"]);
    says(
        &run,
        &[
            "bad Management API: nobody listens",
            "bad direct connection: nobody listens",
        ],
    );
    assert_eq!(run.code, 4);
}

#[test]
fn what_cannot_be_a_key_is_refused_before_it_is_sent() {
    let project = Project::new(&[]);
    for (key, says) in [
        ("sb_secret_MARKED\nx", "a line end"),
        ("sb_secret_MARKED\u{e9}", "not ASCII"),
    ] {
        let env = [
            ("SUPABASE_URL", "http://127.0.0.1:1"),
            ("SUPABASE_SECRET_KEY", key),
        ];
        let run = doctor(&project, &env, &[]);
        assert_eq!(run.code, 4, "{}{}", run.out, run.err);
        let check = shut::check(&env, &[]);
        assert_eq!(check.code, 2, "{check:?}");
        for run in [&run, &check] {
            assert!(run.out.contains(says), "{run:?}");
            assert!(!run.out.contains("MARKED") && !run.err.contains("MARKED"));
        }
    }
    let env = [
        ("SUPABASE_URL", "http://127.0.0.1:1"),
        ("SUPABASE_ANON_KEY", "sb_publishable_x"),
    ];
    let run = doctor(&project, &env, &[]);
    says(
        &run,
        &["skipped Data API: SUPABASE_ANON_KEY is a key for the public"],
    );
    let env = [
        ("SUPABASE_URL", "http://127.0.0.1:1"),
        ("SUPABASE_SECRET_KEY", "sb_publishable_x"),
    ];
    let run = doctor(&project, &env, &[]);
    assert_eq!(run.code, 4, "{}{}", run.out, run.err);
    says(&run, &["bad secret key: is a key for the public"]);
    // A person's token opens all of their projects: no host of a project is to see it, nor the API a project's key.
    let server = echo::Echo::start(echo::Answer::Refuse);
    let url = server.url();
    let token = [
        ("SUPABASE_URL", url.as_str()),
        ("SUPABASE_SECRET_KEY", "sbp_0123456789abcdef"),
    ];
    let key = [
        ("SUPABASE_PROJECT_REF", REFERENCE),
        ("SUPAPROOF_MANAGEMENT_URL", url.as_str()),
        ("SUPABASE_ACCESS_TOKEN", "sb_secret_0123456789abcdef"),
    ];
    for (env, what, wanted) in [
        (&token[..], "secret key", "is an access token"),
        (&key, "access token", "holds a key of a project"),
    ] {
        let run = doctor(&project, env, &[]);
        assert_eq!(run.code, 4, "{}{}", run.out, run.err);
        says(&run, &[&format!("bad {what}: {wanted}")]);
        let check = shut::check(env, &[]);
        assert_eq!(check.code, 2, "{check:?}");
        shut::has(&check, &[wanted]);
    }
    assert!(server.requests().is_empty());
    let env = [
        ("SUPABASE_URL", "http://203.0.113.7"),
        ("SUPABASE_SECRET_KEY", "sb_secret_x"),
    ];
    let run = doctor(&project, &env, &[]);
    assert_eq!(run.code, 4);
    says(&run, &["bad Data API: 203.0.113.7 is not encrypted"]);
    let check = shut::check(&env, &[]);
    assert_eq!(check.code, 2);
    shut::has(&check, &["is not encrypted"]);
}

#[test]
fn targets_have_names() {
    let project = Project::new(&[(
        "supaproof.toml",
        "target = \"closed\"\n\
         [targets.closed]\nurl = \"env:CLOSED_URL\"\nprotected = true\n\
         [targets.told]\nurl = \"command:printf '%s' 'postgresql://told@127.0.0.1:1/app'\"\n\
         [targets.silent]\nurl = \"command:true\"\n\
         [targets.inline]\nurl = \"postgresql://u:MARKED-PASSWORD@127.0.0.1:1/app\"\n\
         [targets.doors]\nproject = \"abcdefghijklmnopqrst\"\ndoors = [\"pooler\"]\n",
    )]);
    let run = doctor(&project, &[("CLOSED_URL", CLOSED)], &[]);
    says(
        &run,
        &["good database: someone@127.0.0.1:1/app ← CLOSED_URL"],
    );
    let run = doctor(&project, &[], &[]);
    assert!(
        run.code == 2 && run.err.contains("CLOSED_URL, which is not set"),
        "{}",
        run.err
    );
    let run = doctor(&project, &[], &["--target", "told"]);
    says(
        &run,
        &["good database: told@127.0.0.1:1/app ← url of [targets.told]"],
    );
    let run = doctor(&project, &[], &["--target", "silent"]);
    assert!(
        run.code == 2 && run.err.contains("printed nothing"),
        "{}",
        run.err
    );
    let run = doctor(&project, &[], &["--target", "inline"]);
    says(
        &run,
        &["warning warning: url of [targets.inline] stands in supaproof.toml as it is"],
    );
    assert!(!run.out.contains("MARKED") && !run.err.contains("MARKED"));
    let run = doctor(&project, &[], &["--target", "doors"]);
    assert!(
        run.code == 2 && run.err.contains("no door is called `pooler`"),
        "{}",
        run.err
    );
    let run = doctor(&project, &[], &["--target", "tolld"]);
    assert!(
        run.code == 2 && run.err.contains("Did you mean `told`?"),
        "{}",
        run.err
    );
}

#[test]
fn an_env_file_of_another_program_does_not_stop_us() {
    let project = Project::new(&[(".env", "this is 'not\nA=1\n")]);
    let run = doctor(&project, &[], &[]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    says(&run, &["warning warning: .env is left out: line 1 "]);
}

#[test]
fn a_refused_key_is_sent_once_and_a_redirect_not_followed() {
    let project = Project::new(&[]);
    let server = echo::Echo::start(echo::Answer::Refuse);
    let url = server.url();
    let env = [
        ("SUPABASE_URL", url.as_str()),
        ("SUPABASE_SECRET_KEY", "sb_secret_0123456789"),
    ];
    let run = doctor(&project, &env, &[]);
    assert_eq!(run.code, 4);
    says(&run, &["bad Data API: the key was refused (HTTP 401"]);
    assert_eq!(server.requests().len(), 1);

    let elsewhere = echo::Echo::start(echo::Answer::Refuse);
    let server = echo::Echo::start(echo::Answer::Redirect(elsewhere.url()));
    let url = server.url();
    let env = [
        ("SUPABASE_URL", url.as_str()),
        ("SUPABASE_SECRET_KEY", "sb_secret_0123456789"),
    ];
    let run = doctor(&project, &env, &[]);
    assert_eq!(run.code, 4);
    says(&run, &["bad Data API: it sends us on to 127.0.0.1:"]);
    assert_eq!(server.requests().len(), 1);
    assert!(elsewhere.requests().is_empty());
}
