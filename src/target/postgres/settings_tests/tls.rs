//! How much encryption is asked for, and whom it trusts.

use super::*;

#[test]
fn another_machine_is_never_reached_without_tls() {
    for local in [
        "host=/tmp",
        "host=localhost",
        "host=127.0.0.1",
        "host=::1",
        "host=db hostaddr=::1",
    ] {
        for (mode, meant) in [
            ("disable", TlsMode::Disable),
            ("allow", TlsMode::Prefer),
            ("prefer", TlsMode::Prefer),
            ("require", TlsMode::Require),
        ] {
            let settings = parse(&format!("{local} sslmode={mode}")).unwrap();
            assert_eq!(settings.security.mode, meant, "{local} {mode}");
        }
    }
    for remote in [
        "host=db",
        "host=10.0.0.1",
        "host=localhost hostaddr=10.0.0.1",
        "host=localhost.example.com",
    ] {
        for mode in ["disable", "allow", "prefer"] {
            let error = parse(&format!("{remote} sslmode={mode}")).unwrap_err();
            assert_eq!(error.code(), ExitCode::Usage);
            assert!(
                error.message().starts_with(&format!(
                    "sslmode={mode} may leave the connection unencrypted, and "
                )),
                "{error}"
            );
            assert!(error.help_text().unwrap().contains("sslmode=require"));
        }
        assert_eq!(parse(remote).unwrap().tls_mode(), TlsMode::Require);
        let config = parse(remote).unwrap().config();
        assert_eq!(config.get_ssl_mode(), SslMode::Require);
    }
    assert_eq!(
        parse("host=/tmp sslmode=verify-full")
            .unwrap()
            .config()
            .get_ssl_mode(),
        SslMode::Disable
    );
}

#[test]
fn a_root_certificate_asks_for_a_check() {
    let home = [("HOME", "/h")];
    let file = |name: &str| Some(Roots::File(name.into()));
    let default = file("/h/.postgresql/root.crt");
    let full = TlsMode::VerifyFull;
    for (text, mode, roots) in [
        ("host=db sslrootcert=/ca", full, file("/ca")),
        ("host=localhost sslrootcert=/ca", full, file("/ca")),
        ("host=db sslrootcert=system", full, Some(Roots::System)),
        (
            "host=db sslmode=verify-full sslrootcert=system",
            full,
            Some(Roots::System),
        ),
        (
            "host=db sslmode=require sslrootcert=/ca",
            TlsMode::VerifyCa,
            file("/ca"),
        ),
        (
            "host=db sslmode=verify-ca sslrootcert=/ca",
            TlsMode::VerifyCa,
            file("/ca"),
        ),
        ("host=db sslmode=verify-full", full, default.clone()),
        (
            "host=db sslmode=verify-ca",
            TlsMode::VerifyCa,
            default.clone(),
        ),
        (
            "host=localhost sslmode=disable sslrootcert=/ca",
            TlsMode::Disable,
            default.clone(),
        ),
        (
            "host=localhost sslmode=prefer sslrootcert=system",
            TlsMode::Prefer,
            default.clone(),
        ),
        ("host=db", TlsMode::Require, default),
    ] {
        let settings = parse_with(text, &home, &[]).unwrap();
        assert_eq!(
            (settings.tls_mode(), settings.roots()),
            (mode, roots),
            "{text}"
        );
    }
    let given = parse_with("host=db", &[("PGSSLROOTCERT", "/ca")], &[]).unwrap();
    assert_eq!((given.tls_mode(), given.roots()), (full, file("/ca")));

    let error = parse("host=db sslmode=verify-full")
        .unwrap()
        .check_trust()
        .unwrap_err();
    assert!(
        error.message().contains("no root certificate is given"),
        "{error}"
    );
    let error = parse("host=db sslrootcert=/nowhere")
        .unwrap()
        .check_trust()
        .unwrap_err();
    assert_eq!(error.code(), ExitCode::Usage);
    assert!(
        error.message().contains("there is no file /nowhere"),
        "{error}"
    );
    parse("host=db").unwrap().check_trust().unwrap();
}

#[test]
fn a_ca_can_be_added() {
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.crt");
    let made = rcgen::generate_simple_self_signed(["db".to_owned()]).unwrap();
    std::fs::write(&ca, made.cert.pem()).unwrap();
    for (text, mode) in [
        ("host=db", TlsMode::VerifyFull),
        ("host=localhost", TlsMode::VerifyFull),
        ("host=db sslmode=require", TlsMode::VerifyFull),
        (
            "host=db sslmode=verify-ca sslrootcert=/other",
            TlsMode::VerifyCa,
        ),
        ("host=/tmp", TlsMode::Disable),
    ] {
        let settings = parse(text).unwrap().with_ca(&ca).unwrap();
        assert_eq!(
            (settings.tls_mode(), settings.roots()),
            (mode, Some(Roots::File(ca.clone()))),
            "{text}"
        );
    }
    let error = parse("host=localhost sslmode=disable")
        .unwrap()
        .with_ca(&ca)
        .unwrap_err();
    assert!(error.message().contains("contradict"), "{error}");
    for (text, said) in [
        ("", "holds no certificate"),
        (
            "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n",
            "cannot be used",
        ),
        ("-----BEGIN CERTIFICATE-----\nQQ==\n", "cannot be used"),
    ] {
        std::fs::write(&ca, text).unwrap();
        let error = parse("host=db").unwrap().with_ca(&ca).unwrap_err();
        assert_eq!(error.code(), ExitCode::Usage);
        assert!(error.message().contains(said), "{error}");
    }
    let more = parse("host=localhost").unwrap().at_least(TlsMode::Require);
    assert_eq!(more.tls_mode(), TlsMode::Require);
    assert_eq!(more.at_least(TlsMode::Disable).tls_mode(), TlsMode::Require);
}
