//! Coming in: TLS, logins, and every way in which nobody answers.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use supaproof::target::postgres::{Limits, PostgresTarget, Settings};
use supaproof::target::{Target, TargetError};

use super::cluster::{self, Certificate, Cluster, ENCODED, PASSWORD};
use super::relay::{Relay, listener};
use super::server::{LIMITS, SERVER, connect, settings};

pub(crate) async fn refusal(text: &str, limits: Limits) -> (String, Option<String>) {
    match PostgresTarget::connect(&settings(text), limits, false).await {
        Ok(_) => panic!("{text}: connected"),
        Err(error) => {
            assert!(!format!("{error} {error:?}").contains("hunter2"));
            match error {
                TargetError::Unreachable {
                    reason, sqlstate, ..
                } => (reason, sqlstate),
                other => panic!("{text}: {other}"),
            }
        }
    }
}

pub(crate) async fn encrypted(text: &str) -> Value {
    let mut target = connect(text).await;
    let script = "select to_json(ssl) from pg_stat_ssl where pid = pg_backend_pid()";
    target.last_json(script).await.unwrap()
}

#[tokio::test]
async fn a_server_with_tls() {
    let postgres = format!("postgres:{ENCODED}");
    for (query, tls) in [
        ("sslmode=require", true),
        ("sslmode=require&channel_binding=require", true),
        ("sslmode=require&channel_binding=disable", true),
        ("sslmode=prefer", true),
        ("", true),
        ("sslmode=disable", false),
    ] {
        assert_eq!(
            encrypted(&SERVER.url(&postgres, query)).await,
            tls,
            "{query}"
        );
    }
    assert_eq!(
        encrypted(&SERVER.url("tls_only:x", "sslmode=require")).await,
        true
    );
    let (reason, sqlstate) = refusal(&SERVER.url("tls_only:x", "sslmode=disable"), LIMITS).await;
    assert_eq!(sqlstate.as_deref(), Some("28000"), "{reason}");
    let unbound = SERVER.url(&postgres, "sslmode=disable&channel_binding=require");
    let (reason, _) = refusal(&unbound, LIMITS).await;
    assert!(reason.contains("channel binding"), "{reason}");
    // A socket carries no TLS, and asks for none.
    let socket = format!(
        "host={} port={} user=postgres",
        SERVER.dir.display(),
        SERVER.port
    );
    assert_eq!(encrypted(&format!("{socket} sslmode=require")).await, false);
    let direct = Settings::socket(&SERVER.dir, SERVER.port, "postgres", "postgres");
    let mut target = PostgresTarget::connect(&direct, LIMITS, true)
        .await
        .unwrap();
    assert_eq!(target.last_json("select '[1]'").await.unwrap(), json!([1]));
    assert!(target.throwaway() && direct.is_local());
}

#[tokio::test]
async fn a_server_without_tls() {
    let server = Cluster::start(None);
    let postgres = format!("postgres:{ENCODED}");
    let (reason, _) = refusal(&server.url(&postgres, "sslmode=require"), LIMITS).await;
    assert_eq!(
        reason,
        "the server does not support TLS, and sslmode=require is in force"
    );
    assert_eq!(
        encrypted(&server.url(&postgres, "sslmode=prefer")).await,
        false
    );
    assert_eq!(
        encrypted(&server.url(&postgres, "sslmode=disable")).await,
        false
    );
}

/// The manual's own commands make such certificates with OpenSSL up to 3.1.
#[tokio::test]
async fn a_certificate_of_version_1() {
    let dir = tempfile::tempdir().unwrap();
    let openssl = |args: &str| {
        std::process::Command::new("openssl")
            .args(args.split(' '))
            .current_dir(dir.path())
            .output()
    };
    if openssl("version").is_err() {
        eprintln!("skipped: there is no openssl to make a certificate of version 1 with");
        return;
    }
    openssl("req -new -nodes -newkey rsa:2048 -subj /CN=old -keyout key -out csr").unwrap();
    openssl("x509 -req -in csr -signkey key -out crt -days 3").unwrap();
    let text = String::from_utf8(openssl("x509 -in crt -noout -text").unwrap().stdout).unwrap();
    if !text.contains("Version: 1 ") {
        eprintln!("skipped: this openssl makes no certificate of version 1");
        return;
    }
    let read = |name| std::fs::read_to_string(dir.path().join(name)).unwrap();
    let server = Cluster::start(Some(&Certificate {
        certificate: read("crt"),
        key: read("key"),
    }));
    let url = server.url(
        &format!("postgres:{ENCODED}"),
        "sslmode=require&channel_binding=require",
    );
    assert_eq!(encrypted(&url).await, true);
}

#[tokio::test]
async fn a_refused_login_says_why() {
    let place = format!("127.0.0.1:{}", SERVER.port);
    for (text, expected, state) in [
        (
            format!("postgresql://postgres:hunter2@{place}/postgres"),
            "password authentication failed for user \"postgres\"",
            Some("28P01"),
        ),
        (
            format!("postgresql://postgres@{place}/postgres"),
            "the server asks for a password and none was given (set PGPASSWORD or write one into the password file)",
            None,
        ),
        (
            format!("postgresql://trusted:hunter2@{place}/nowhere"),
            "database \"nowhere\" does not exist",
            Some("3D000"),
        ),
        (
            format!("postgresql://crowded:x@{place}/postgres"),
            "too many connections for role \"crowded\"",
            Some("53300"),
        ),
    ] {
        let (reason, sqlstate) = refusal(&text, LIMITS).await;
        assert_eq!((reason.as_str(), sqlstate.as_deref()), (expected, state));
    }
    // A password without SCRAM, and the special characters of it.
    connect(&SERVER.url("plainword:x", "")).await;
    let quoted = format!(
        "host=127.0.0.1 port={} user=postgres dbname=postgres password='{PASSWORD}'",
        SERVER.port
    );
    connect(&quoted).await;
}

/// Servers and poolers shut out who fails often.
#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let server = Cluster::start(None);
    let relay = Relay::to(server.port).await;
    let url = format!(
        "postgresql://postgres:hunter2@localhost:{}/postgres",
        relay.port
    );
    let (_, sqlstate) = refusal(&url.replace('?', ""), LIMITS).await;
    assert_eq!(sqlstate.as_deref(), Some("28P01"));
    // The question for TLS, the login, the two messages of SCRAM.
    let sent = relay.sent();
    assert_eq!(sent.len(), 1, "connections");
    assert_eq!(
        server
            .log()
            .matches("password authentication failed")
            .count(),
        1
    );

    // One from a file says so.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "*:*:*:*:hunter2\n").unwrap();
    let url = format!(
        "{}?passfile={}",
        server.url("postgres", "").trim_end_matches('?'),
        file.path().display()
    );
    let (reason, _) = refusal(&url, LIMITS).await;
    assert_eq!(
        reason,
        format!(
            "password authentication failed for user \"postgres\" (the password is from the password file {})",
            file.path().display()
        )
    );
    std::fs::write(file.path(), format!("127.0.0.1:*:*:postgres:{PASSWORD}\n")).unwrap();
    connect(&url).await;
}

/// An address of RFC 3849, which leads nowhere.
#[tokio::test]
async fn a_host_with_ipv6_alone() {
    let start = Instant::now();
    let url = "postgresql://u:hunter2@[2001:db8::1]:5432/d?connect_timeout=2";
    let (reason, _) = refusal(url, LIMITS).await;
    assert!(
        reason == "this machine has no route to the IPv6 address 2001:db8::1"
            || reason
                == "no answer within 2 s; the host has IPv6 addresses only, which not every network carries",
        "{reason}"
    );
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn nobody_answers() {
    let port = cluster::free_port();
    let url = format!("postgresql://u:hunter2@127.0.0.1:{port}/d");
    let (reason, _) = refusal(&url, LIMITS).await;
    assert_eq!(reason, format!("nobody listens at 127.0.0.1:{port}"));
    let dir = tempfile::tempdir().unwrap();
    let (reason, _) = refusal(&format!("user=u host={}", dir.path().display()), LIMITS).await;
    assert_eq!(
        reason,
        format!("there is no socket {}/.s.PGSQL.5432", dir.path().display())
    );
    // Too long for a name, so that no name server is asked.
    let (reason, _) = refusal(
        &format!("postgresql://u:hunter2@{}/d", "x".repeat(70)),
        LIMITS,
    )
    .await;
    assert!(reason.contains("lookup"), "{reason}");
}

#[tokio::test]
async fn what_answers_is_no_server() {
    let starting = b"E\0\0\0\x3bSFATAL\0VFATAL\0C57P03\0Mthe database system is starting\0\0";
    for (answer, query, expected, state) in [
        (
            &starting[..],
            "sslmode=disable",
            "the database system is starting",
            Some("57P03"),
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "sslmode=require",
            "the server does not support TLS, and sslmode=require is in force",
            None,
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "sslmode=disable",
            "what listens there does not speak the Postgres protocol (bytes remaining on stream)",
            None,
        ),
        (
            b"",
            "sslmode=disable",
            "the server closed the connection before it answered",
            None,
        ),
        (
            b"",
            "sslmode=require",
            "the server closed the connection before it answered",
            None,
        ),
        (
            b"Z\0\0\0\x05I",
            "sslmode=disable",
            "what listens there does not speak the Postgres protocol (unexpected message from server)",
            None,
        ),
    ] {
        let (port, task) = listener(Some(answer)).await;
        let url = format!("postgresql://u:hunter2@127.0.0.1:{port}/d?{query}");
        let (reason, sqlstate) = refusal(&url, LIMITS).await;
        assert_eq!(
            (reason.as_str(), sqlstate.as_deref()),
            (expected, state),
            "{query}"
        );
        task.abort();
    }
}

#[tokio::test]
async fn connecting_has_a_limit() {
    let (port, task) = listener(None).await;
    let start = Instant::now();
    let url = format!("postgresql://u:hunter2@127.0.0.1:{port}/d");
    let limits = Limits {
        connect: Duration::from_millis(300),
        run: None,
    };
    let (reason, _) = refusal(&url, limits).await;
    assert_eq!(reason, "no answer within 0.3 s");
    // The one in the settings wins.
    let (reason, _) = refusal(&format!("{url}?connect_timeout=1&sslmode=require"), LIMITS).await;
    assert_eq!(reason, "no answer within 1 s");
    assert!(start.elapsed() < Duration::from_secs(10));
    task.abort();
}

/// Of the TLS handshake, RFC 8446, section 4.1.3: the "random" of a ServerHello that asks for another key share.
#[tokio::test]
async fn tls_needs_no_second_hello() {
    let retry = b"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91";
    let relay = Relay::to(SERVER.port).await;
    let url = format!(
        "postgresql://trusted@127.0.0.1:{}/postgres?sslmode=require",
        relay.port
    );
    let mut target = connect(&url).await;
    target.last_json("select '1'").await.unwrap();
    let received = relay.received();
    assert!(received.len() > 500);
    assert!(!received.windows(retry.len()).any(|window| window == retry));
}
