//! Doors that are shut, as somebody meets them who runs the program: what it says, what it says to do, and that it was tried
//! once.

use std::time::{Duration, Instant};

use super::echo::{Answer, Echo};
use super::refusing::{Does, Refusing};
use super::support::{Project, Run, finished, supaproof};
use super::{CLOSED, REFERENCE};

/// `check` of a suite with these variables.
pub(crate) fn check(env: &[(&str, &str)], args: &[&str]) -> Run {
    let project = Project::new(&[("validations/shop.yaml", "tables: {orders: {}}\n")]);
    let mut command = supaproof(project.path());
    command.args(["check", "shop"]).args(args);
    command.envs(env.iter().copied());
    finished(command.output().unwrap())
}

#[track_caller]
pub(crate) fn has(run: &Run, wanted: &[&str]) {
    let all = format!("{}{}", run.out, run.err);
    for wanted in wanted {
        assert!(all.contains(wanted), "{wanted}\n--- is not in\n{all}");
    }
    assert!(!all.contains("hunter2"), "{all}");
}

fn refused(code: &str, message: &str) -> Does {
    Does::Refuse(code.to_owned(), message.to_owned())
}

#[test]
fn a_database_that_lets_nobody_in_is_tried_once() {
    for (does, wanted) in [
        (
            refused(
                "28P01",
                "password authentication failed for user \"someone\"",
            ),
            "reset it in the project's settings",
        ),
        (
            refused("XX000", "SCRAM exchange: Wrong password"),
            "It was tried once.",
        ),
        (
            refused(
                "XX000",
                "(ECIRCUITBREAKER) too many authentication failures, new connections are temporarily blocked",
            ),
            "for two minutes after ten failed logins",
        ),
        // An unknown or paused project, and the pooler of another region, are one answer.
        (
            refused(
                "XX000",
                "(ENOTFOUND) tenant/user postgres.abcdefghijklmnopqrst not found",
            ),
            "that of another region, the user lacks .REFERENCE (postgres.REFERENCE), or the project is paused or gone",
        ),
        (
            refused("XX000", "Tenant or user not found"),
            "it cannot be guessed",
        ),
        (
            Does::Close,
            "the server closed the connection before it answered",
        ),
    ] {
        let server = Refusing::start(does.clone());
        let run = check(&[("SUPABASE_DB_URL", &server.url(""))], &[]);
        assert_eq!(run.code, 4, "{does:?} {run:?}");
        has(&run, &[wanted]);
        assert_eq!(server.logins(), 1, "{does:?}");
    }
}

#[test]
fn what_does_not_come_about_says_why() {
    let plain = Refusing::start(Does::Close);
    for (url, wanted) in [
        (CLOSED.to_owned(), "nobody listens at 127.0.0.1:1"),
        (
            plain.url("sslmode=require"),
            "Supabase's servers all have TLS",
        ),
        (
            "postgresql://u:hunter2@[2001:db8::1]:5432/d?connect_timeout=2".to_owned(),
            "use the session pooler",
        ),
    ] {
        let run = check(&[("SUPABASE_DB_URL", &url)], &[]);
        assert_eq!(run.code, 4, "{run:?}");
        has(&run, &[wanted]);
    }
    // Nothing was said without encryption that was asked for.
    assert_eq!(plain.logins(), 0);
    let silent = Refusing::start(Does::Stall);
    let start = Instant::now();
    let run = check(
        &[("SUPABASE_DB_URL", &silent.url("connect_timeout=1"))],
        &[],
    );
    assert_eq!(run.code, 4, "{run:?}");
    has(&run, &["no answer within 1 s"]);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(silent.logins(), 1);
}

/// What the API says of a project that is paused, of one that there is not, and of a token that has expired.
#[test]
fn an_api_that_refuses_is_asked_once() {
    for (status, body, wanted) in [
        (
            400,
            "{\"message\":\"Project is paused\"}",
            "Restore it in the dashboard",
        ),
        (
            404,
            "{\"message\":\"Project not found\"}",
            "there is no such project for this access token",
        ),
        (
            401,
            "{\"message\":\"JWT expired\"}",
            "the access token was refused (HTTP 401: JWT expired)",
        ),
        (
            200,
            "<!DOCTYPE html><title>Sign in</title>",
            "a web page came instead of JSON: Sign in",
        ),
        (200, "[{\"value\": \"{\\\"a", "cut off in the middle"),
    ] {
        let echo = Echo::start(Answer::Say(status, body.to_owned()));
        let url = echo.url();
        let env = [
            ("SUPABASE_PROJECT_REF", REFERENCE),
            ("SUPABASE_ACCESS_TOKEN", "sbp_hunter2"),
            ("SUPAPROOF_MANAGEMENT_URL", &url),
        ];
        let run = check(&env, &[]);
        assert_eq!(run.code, 4, "{run:?}");
        has(&run, &[wanted]);
        assert_eq!(echo.requests().len(), 1, "{body}");
    }
}
