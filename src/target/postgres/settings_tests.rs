use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use std::io;

use super::*;
use crate::error::ExitCode;
use crate::target::postgres::supabase::Door;
use crate::target::postgres::system::TextFile;

/// A machine whose user is `ann` and where the named files exist. A socket has no text.
fn parse_there(
    text: &str,
    env: &[(&str, &str)],
    files: &[(&str, &str)],
    lenient: bool,
) -> Result<(Settings, Foreign), Error> {
    let system = System {
        user: &|| Some("ann".to_owned()),
        exists: &|path| files.iter().any(|(file, _)| Path::new(file) == path),
        read: &|path| {
            let found = files.iter().find(|(file, _)| Path::new(file) == path);
            let (_, text) = found.ok_or(io::ErrorKind::NotFound)?;
            Ok(TextFile {
                text: (*text).to_owned(),
                mode: 0o100_600,
            })
        },
    };
    let env = |name: &str| {
        env.iter()
            .find(|(variable, _)| *variable == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Settings::parse_on(&system, text, &env, lenient)
}

fn parse_with(text: &str, env: &[(&str, &str)], sockets: &[&str]) -> Result<Settings, Error> {
    let files: Vec<_> = sockets.iter().map(|socket| (*socket, "")).collect();
    parse_there(text, env, &files, false).map(|(settings, _)| settings)
}

fn parse(text: &str) -> Result<Settings, Error> {
    parse_with(text, &[], &[])
}

fn password(settings: &Settings) -> &str {
    settings
        .password
        .as_ref()
        .map_or("", |password| password.expose_secret())
}

#[test]
fn both_notations_say_where_and_as_whom() {
    for (text, shown, secret) in [
        ("", "ann@localhost:5432/ann", ""),
        ("postgresql://", "ann@localhost:5432/ann", ""),
        ("postgres://db", "ann@db:5432/ann", ""),
        ("  postgresql://db/app\n", "ann@db:5432/app", ""),
        ("postgresql://bo@db", "bo@db:5432/bo", ""),
        ("postgresql://bo:pw@db:6543/app", "bo@db:6543/app", "pw"),
        ("postgresql://bo:@db:/app", "bo@db:5432/app", ""),
        ("postgresql://:pw@/app", "ann@localhost:5432/app", "pw"),
        (
            "postgresql://bo:p%40ss%3a%2F%25@db/my%20app",
            "bo@db:5432/my app",
            "p@ss:/%",
        ),
        ("postgresql://bo:a:b#c@db", "bo@db:5432/bo", "a:b#c"),
        ("postgresql://[::1]", "ann@[::1]:5432/ann", ""),
        (
            "postgresql://bo@[2001:db8::1]:6000/app",
            "bo@[2001:db8::1]:6000/app",
            "",
        ),
        ("postgresql://%2Fvar%2Frun/app", "ann@/var/run:5432/app", ""),
        (
            "postgresql:///app?host=/path&port=5433&user=bo&password=p%26w",
            "bo@/path:5433/app",
            "p&w",
        ),
        (
            "postgresql://db?dbname=app&host=other",
            "ann@other:5432/app",
            "",
        ),
        ("postgresql://db/app?user=a@b", "a@b@db:5432/app", ""),
        (
            "host=db port=6543 user=bo dbname=app password=pw",
            "bo@db:6543/app",
            "pw",
        ),
        (
            "host = 'db' \n user= bo  password='it\\'s \\\\ here' dbname=''",
            "bo@db:5432/bo",
            "it's \\ here",
        ),
        ("host=db password=a\\ b", "ann@db:5432/ann", "a b"),
        ("host=db password=a'b'", "ann@db:5432/ann", "a'b'"),
        ("host=a host=b", "ann@b:5432/ann", ""),
        ("host=/tmp/x", "ann@/tmp/x:5432/ann", ""),
        ("host=db hostaddr=10.0.0.1", "ann@db:5432/ann", ""),
        ("hostaddr=::1", "ann@[::1]:5432/ann", ""),
    ] {
        let settings = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(settings.describe(), shown, "{text}");
        assert_eq!(password(&settings), secret, "{text}");
    }
}

#[test]
fn variables_count_where_the_string_says_nothing() {
    let env = [
        ("PGHOST", "env-host"),
        ("PGPORT", "7777"),
        ("PGUSER", "env-user"),
        ("PGPASSWORD", "env-secret"),
        ("PGDATABASE", "env-db"),
        ("PGAPPNAME", "env-app"),
        ("PGSSLMODE", "require"),
        ("PGCONNECT_TIMEOUT", "3"),
        ("PGOPTIONS", "-c a=b"),
        ("PGTZ", "Europe/Paris x"),
    ];
    let all = parse_with("", &env, &[]).unwrap();
    assert_eq!(all.describe(), "env-user@env-host:7777/env-db");
    assert_eq!(password(&all), "env-secret");
    assert_eq!(all.application_name, "env-app");
    assert_eq!(all.tls_mode(), TlsMode::Require);
    assert_eq!(all.connect_timeout, Some(Duration::from_secs(3)));
    assert_eq!(
        all.options.as_deref(),
        Some("-c timezone=Europe/Paris\\ x -c a=b")
    );

    let over =
        "postgresql://bo:pw@db:1/app?application_name=me&sslmode=verify-ca&connect_timeout=0";
    let over = parse_with(over, &env, &[]).unwrap();
    assert_eq!(over.describe(), "bo@db:1/app");
    assert_eq!(password(&over), "pw");
    assert_eq!(over.application_name, "me");
    assert_eq!(over.tls_mode(), TlsMode::VerifyCa);
    assert_eq!(over.connect_timeout, Some(Duration::MAX));

    let address = [("PGHOST", "db"), ("PGHOSTADDR", "127.0.0.1")];
    let address = parse_with("", &address, &[]).unwrap();
    assert!(address.is_local());
    let named = Host::Tcp {
        name: "db".to_owned(),
        address: Some([127, 0, 0, 1].into()),
    };
    assert_eq!(address.host_meant(), &named);
    let empty = parse_with("", &[("PGHOST", ""), ("PGSSLROOTCERT", "")], &[]).unwrap();
    assert_eq!(empty.describe(), "ann@localhost:5432/ann");
}

#[test]
fn the_rest_has_defaults() {
    let settings = parse("fallback_application_name=other").unwrap();
    assert_eq!(settings.application_name, "other");
    let settings = parse("host=db").unwrap();
    assert_eq!(settings.application_name, "supaproof");
    assert_eq!(settings.tls_mode(), TlsMode::Require);
    assert_eq!(parse("").unwrap().tls_mode(), TlsMode::Prefer);
    assert_eq!(settings.connect_timeout, None);
    let socket = "/run/postgresql/.s.PGSQL.5433";
    let settings = parse_with("port=5433", &[], &[socket]).unwrap();
    assert_eq!(settings.describe(), "ann@/run/postgresql:5433/ann");
    let settings = parse_with("", &[], &[socket]).unwrap();
    assert_eq!(settings.describe(), "ann@localhost:5432/ann");
    // JDBC's word for it, which libpq takes too.
    let settings = parse("postgresql://db?ssl=true").unwrap();
    assert_eq!(settings.tls_mode(), TlsMode::Require);
    let settings = parse("host=db keepalives=0 keepalives_idle=7 tcp_user_timeout=250").unwrap();
    let config = settings.config();
    assert!(!config.get_keepalives());
    assert_eq!(config.get_keepalives_idle(), Duration::from_secs(7));
    assert_eq!(
        config.get_tcp_user_timeout(),
        Some(&Duration::from_millis(250))
    );
}

#[test]
fn local_is_what_is_on_this_machine() {
    for (text, local) in [
        ("host=/tmp", true),
        ("host=localhost", true),
        ("host=LOCALHOST.", true),
        ("host=127.8.9.1", true),
        ("host=::1", true),
        ("host=db hostaddr=127.0.0.1", true),
        ("host=localhost hostaddr=10.0.0.1", false),
        ("host=db", false),
        ("host=localhost.example.com", false),
        ("host=10.0.0.1", false),
    ] {
        assert_eq!(parse(text).unwrap().is_local(), local, "{text}");
    }
}

#[test]
fn what_would_change_nothing_is_accepted() {
    for text in [
        "gssencmode=prefer gssdelegation=0",
        "gssencmode=disable",
        "target_session_attrs=any load_balance_hosts=disable",
        "sslcompression=0 sslsni=1 sslcertmode=allow sslnegotiation=postgres",
        "client_encoding=UTF8",
        "client_encoding=auto replication=false",
        "ssl_min_protocol_version=TLSv1.2 max_protocol_version=latest",
        "sslrootcert='' password=x passfile=/nowhere",
    ] {
        parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    for (text, named) in [
        ("sslmode=on", "sslmode has to be"),
        ("sslmode=require sslrootcert=system", "contradict"),
        ("sslmode=verify-ca sslrootcert=system", "contradict"),
        ("sslcert=a", "sslcert"),
        ("sslkey=a", "sslkey"),
        ("sslcrl=a", "sslcrl"),
        ("service=a", "there is no service `a`"),
        ("pgbouncer=maybe", "pgbouncer has to be"),
        ("gssencmode=require", "gssencmode"),
        ("krbsrvname=x", "krbsrvname"),
        ("channel_binding=yes", "channel_binding"),
        ("target_session_attrs=read-write", "target_session_attrs"),
        ("load_balance_hosts=random", "load_balance_hosts"),
        ("client_encoding=latin1", "client_encoding"),
        ("sslnegotiation=direct", "sslnegotiation"),
        ("replication=database", "replication"),
        ("require_auth=none", "require_auth"),
        ("host=a,b", "several hosts"),
        ("host=a port=1,2", "several hosts"),
        ("hostaddr=127.0.0.1,::1", "several hosts"),
        ("postgresql://a:1,b:2/app", "several hosts"),
        ("postgresql://u:p@a,b/app", "several hosts"),
        ("host=@abstract", "host names an abstract"),
        ("hostaddr=db", "hostaddr has to be an IP address"),
        ("port=0", "port has to be"),
        ("port=70000", "port has to be"),
        ("port=x", "port has to be"),
        ("connect_timeout=soon", "connect_timeout has to be"),
        ("hst=a", "`hst`"),
        ("postgresql://u:p@h/app?schema=x", "`schema`"),
        ("postgresql://u:p@h/app?sslmod=require", "`sslmod`"),
        ("postgresql://[::1/app", "IPv6"),
        ("postgresql://[::1]x/app", "IPv6"),
        ("postgresql://h?port", "key=value"),
        ("mysql://u:p@h/app", "not one of Postgres"),
        ("just words", "neither"),
        ("host='a", "no end"),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.code(), ExitCode::Usage, "{text}");
        assert!(error.message().contains(named), "{text}: {error}");
        assert!(
            error.help_text().is_some()
                || [
                    "has to be a whole number",
                    "has to be disable",
                    "has to be true"
                ]
                .iter()
                .any(|clear| error.message().contains(clear)),
            "{text}: what to do?"
        );
    }
    for variable in [
        "PGSSLCERT",
        "PGSSLCRL",
        "PGTARGETSESSIONATTRS",
        "PGREQUIREAUTH",
        "PGREQUIRESSL",
        "PGGSSENCMODE",
    ] {
        let error = parse_with("host=db", &[(variable, "x")], &[]).expect_err(variable);
        assert!(error.message().contains(variable), "{variable}: {error}");
    }
    let error = parse_with("host=db", &[("PGSSLMODE", "prefer")], &[]).unwrap_err();
    assert!(error.message().starts_with("PGSSLMODE=prefer"), "{error}");
    // Overridden, it has no effect.
    parse_with("host=db sslmode=require", &[("PGSSLMODE", "prefer")], &[]).unwrap();
}

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

#[test]
fn a_password_file_counts_last() {
    let files = [
        (
            "/h/.pgpass",
            "db:5432:ann:ann:home\nlocalhost:*:*:*:near\n/dir:*:*:*:dir\n*:*:empty:*:",
        ),
        ("/other", "*:*:*:*:other"),
    ];
    let home = ("HOME", "/h");
    for (text, env, secret, source) in [
        (
            "host=db",
            vec![home],
            "home",
            Some("the password file /h/.pgpass"),
        ),
        ("host=db", vec![], "", None),
        ("host=db port=1", vec![home], "", None),
        (
            "host=db password=x",
            vec![home],
            "x",
            Some("the connection string"),
        ),
        (
            "host=db",
            vec![home, ("PGPASSWORD", "env")],
            "env",
            Some("PGPASSWORD"),
        ),
        (
            "host=db passfile=/other",
            vec![home],
            "other",
            Some("the password file /other"),
        ),
        (
            "host=db",
            vec![home, ("PGPASSFILE", "/other")],
            "other",
            Some("the password file /other"),
        ),
        ("host=db passfile=/nowhere", vec![home], "", None),
        ("", vec![home], "near", Some("the password file /h/.pgpass")),
        (
            "host=/var/run/postgresql",
            vec![home],
            "near",
            Some("the password file /h/.pgpass"),
        ),
        (
            "host=/dir",
            vec![home],
            "dir",
            Some("the password file /h/.pgpass"),
        ),
        ("host=x dbname=empty", vec![home], "", None),
    ] {
        let (settings, _) = parse_there(text, &env, &files, false).unwrap();
        assert_eq!(
            (password(&settings), settings.password_source()),
            (secret, source),
            "{text}"
        );
        assert_eq!(settings.has_password(), !secret.is_empty());
        assert!(settings.warnings().is_empty());
    }
}

#[test]
fn a_service_stands_between_the_string_and_the_variables() {
    let file = [(
        "/s",
        "[shop]\nhost=sh\nport=1\nuser=su\npassword=sp\nsslmode=verify-ca\n",
    )];
    let env = [
        ("PGSERVICE", "shop"),
        ("PGSERVICEFILE", "/s"),
        ("PGUSER", "eu"),
        ("PGDATABASE", "ed"),
    ];
    let (settings, _) = parse_there("port=2", &env, &file, false).unwrap();
    assert_eq!(settings.describe(), "su@sh:2/ed");
    assert_eq!(settings.tls_mode(), TlsMode::VerifyCa);
    assert_eq!(
        (password(&settings), settings.password_source()),
        ("sp", Some("the service `shop`"))
    );
    let (settings, _) =
        parse_there("service=shop servicefile=/s user=me", &[], &file, false).unwrap();
    assert_eq!(settings.describe(), "me@sh:1/me");
    let error = parse_there("service=none", &env, &file, false).unwrap_err();
    assert_eq!(error.message(), "there is no service `none`");
    let weak = [("/s", "[shop]\nhost=db\nsslmode=prefer")];
    let error = parse_there("", &env, &weak, false).unwrap_err();
    assert!(error.message().contains("unencrypted"), "{error}");
}

#[test]
fn what_was_written_for_other_programs_is_set_aside() {
    let lenient = |text: &str| parse_there(text, &[], &[], true);
    let url = "postgresql://u:hunter2@h:6543/app?pgbouncer=true&connection_limit=1&schema=public&sslmode=require&pool_timeout=0&connect_timeout=7&supa=base-pooler.x";
    let (settings, foreign) = lenient(url).unwrap();
    assert_eq!(settings.describe(), "u@h:6543/app");
    assert!(settings.is_pooled() && foreign.pgbouncer);
    assert_eq!(
        foreign.ignored,
        ["connection_limit", "schema", "pool_timeout", "supa"]
    );
    assert_eq!(settings.connect_timeout, Some(Duration::from_secs(7)));
    let (settings, foreign) =
        lenient("host=h statement_cache_size=0 prepareThreshold=0 user=u").unwrap();
    assert_eq!(settings.describe(), "u@h:5432/u");
    assert!(!settings.is_pooled() && !foreign.pgbouncer);
    assert_eq!(
        foreign.ignored,
        ["statement_cache_size", "preparethreshold"]
    );

    // Whoever asked for checked certificates gets them, and so does nobody who did not.
    let (settings, _) = lenient("postgresql://h/app?sslaccept=strict").unwrap();
    assert_eq!(
        (settings.tls_mode(), settings.roots()),
        (TlsMode::VerifyFull, Some(Roots::System))
    );
    let (settings, _) =
        lenient("postgresql://h/app?sslaccept=accept_invalid_certs&sslmode=no-verify").unwrap();
    assert_eq!(settings.tls_mode(), TlsMode::Require);
    let (settings, _) =
        lenient("postgresql://localhost/app?sslaccept=strict&sslmode=disable").unwrap();
    assert_eq!(settings.tls_mode(), TlsMode::Disable);

    // What is nobody's setting stays an error, and no piece of a password is said.
    assert!(
        lenient("postgresql://h/app?sslmod=x")
            .unwrap_err()
            .message()
            .contains("`sslmod`")
    );
    for text in [
        "host=h password=HUN schema TER",
        "host=h password=a schema=x HUN",
        "postgresql://u:HUN@h@TER/x?schema=1",
    ] {
        let said = format!("{:?}", lenient(text).unwrap_err());
        assert!(!said.contains("HUN") && !said.contains("TER"), "{said}");
    }
    // Our own strings may say so too.
    assert!(parse("host=h pgbouncer=true").unwrap().is_pooled());
}

#[test]
fn a_supabase_host_says_which_door_it_is() {
    const REF: &str = "abcdefghijklmnopqrst";
    let direct = Settings::supabase_direct(REF, "hunter2".into()).unwrap();
    assert_eq!(
        direct.describe(),
        format!("postgres@db.{REF}.supabase.co:5432/postgres")
    );
    assert_eq!(direct.supabase().unwrap().unwrap().door, Door::Direct);
    assert_eq!(
        (direct.tls_mode(), direct.is_pooled(), password(&direct)),
        (TlsMode::Require, false, "hunter2")
    );
    let host = "aws-1-eu-west-1.pooler.supabase.com";
    for (port, door, pooled) in [
        (5432, Door::SessionPooler, false),
        (6543, Door::TransactionPooler, true),
    ] {
        let made = Settings::supabase_pooler(REF, "hunter2".into(), host, port).unwrap();
        let read = parse(&format!(
            "postgresql://postgres.{REF}:hunter2@{host}:{port}/postgres"
        ))
        .unwrap();
        for settings in [&made, &read] {
            let place = settings.supabase().unwrap().unwrap();
            assert_eq!((place.door, place.reference.as_deref()), (door, Some(REF)));
            assert_eq!(
                (settings.is_pooled(), password(settings)),
                (pooled, "hunter2")
            );
        }
        assert_eq!(made.describe(), read.describe());
    }
    let login = direct.with_login("cli_login", "hunter3".into());
    assert_eq!((login.user(), password(&login)), ("cli_login", "hunter3"));
    for error in [
        Settings::supabase_direct("hunter2", "x".into()).unwrap_err(),
        Settings::supabase_pooler(REF, "hunter2".into(), "pooler.example.com", 6543).unwrap_err(),
        Settings::supabase_pooler(
            REF,
            "hunter2".into(),
            &format!("db.{REF}.supabase.co"),
            6543,
        )
        .unwrap_err(),
    ] {
        assert_eq!(error.code(), ExitCode::Usage);
        assert!(!format!("{error:?}").contains("hunter2"));
    }
    let two = format!("host=db.{REF}.supabase.co options=reference=tsrqponmlkjihgfedcba");
    let error = parse(&two).unwrap().supabase().unwrap_err();
    assert!(error.message().contains("two Supabase projects"), "{error}");
    assert_eq!(parse("host=db").unwrap().supabase().unwrap(), None);
}

#[test]
fn a_pooler_is_sent_no_session_settings_of_ours() {
    let env = [("PGTZ", "UTC")];
    let settings = parse_with("host=h pgbouncer=true", &env, &[]).unwrap();
    assert_eq!(
        (settings.options.as_deref(), settings.warnings()),
        (None, &[][..])
    );
    let text = "host=h pgbouncer=true options='-c a=b reference=abcdefghijklmnopqrst'";
    let settings = parse_with(text, &env, &[]).unwrap();
    assert_eq!(
        settings.options.as_deref(),
        Some("-c a=b reference=abcdefghijklmnopqrst")
    );
    assert!(settings.warnings()[0].contains("transaction pooler"));
    let reference = "reference=abcdefghijklmnopqrst";
    let settings = parse_with(&format!("host=h options={reference}"), &env, &[]).unwrap();
    assert_eq!(settings.options.as_deref(), Some(reference));
}

#[test]
fn a_password_that_was_not_encoded_is_not_repeated() {
    for text in [
        "postgresql://u:HUN@TER@db/app",
        "postgresql://u:HUN/TER@db/app",
        "postgresql://u:12/TER@db/app",
        "postgresql://u:HUN?TER@db/app",
        "postgresql://u:HUN%TER@db/app",
        "postgresql://u:HUN@TER/x@db/app",
        "postgresql://u:HUN@TER?x=1@db/app",
        "postgresql://u:12/a?TER=1@db/app",
        "postgresql://u:12?TER=1@db/app",
        "postgresql://db?user=u&password=HUN@TER",
        "postgresql://db:1/?password=HUN&TER=1",
        "postgresql://db:1/?password=HUN&TER",
        "postgres//u:HUN@TER/app",
        "host=db password=HUN TER",
        "host=db password=HUN TER=1 x=y",
        "host=db password='HUN' TER='",
        "host=db password='HUN'TER'",
        "https://u:HUN@TER/app",
        "port=HUN",
        "sslmode=HUN",
        "client_encoding=HUN",
    ] {
        let error = parse(text).expect_err(text);
        let said = format!("{error:?}");
        assert!(
            !said.contains("HUN") && !said.contains("TER"),
            "{text}: {said}"
        );
    }
}

#[test]
fn no_secret_shows_in_debug() {
    let settings = parse("postgresql://u:hunter2@db/app").unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(!format!("{:?}", settings.config()).contains("hunter2"));
    assert!(!settings.describe().contains("hunter2"));
}

fn word() -> impl Strategy<Value = String> {
    "[^\0]{1,12}"
}

proptest! {
    #[test]
    fn any_user_password_and_database_come_through_a_url(user in word(), secret in word(), database in word()) {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let url = format!("postgresql://{}:{}@db:6543/{}", encode(&user), encode(&secret), encode(&database));
        let settings = parse(&url).unwrap();
        prop_assert_eq!(password(&settings), secret);
        prop_assert_eq!(settings.user(), user);
        prop_assert_eq!(settings.database(), database);
        prop_assert_eq!(settings.host(), Some("db"));
    }

    #[test]
    fn any_user_password_and_database_come_through_key_values(user in word(), secret in word(), database in word()) {
        let quote = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
        let text = format!("host=db user={} password = {} dbname={}", quote(&user), quote(&secret), quote(&database));
        let settings = parse(&text).unwrap();
        prop_assert_eq!(password(&settings), secret);
        prop_assert_eq!(settings.user(), user);
        prop_assert_eq!(settings.database(), database);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = parse(&text);
        let _ = parse(&format!("postgresql://{text}"));
        let _ = parse(&format!("host={text}"));
    }

    /// The marks stand in every part of the password that a special character can cut off.
    #[test]
    fn no_piece_of_a_raw_password_is_ever_said(glue in "[@:/?#&=%, '\\\\\\[\\]0-9]{0,3}", tail in "[@:/?#&=%, '\\\\\\[\\]0-9]{0,3}") {
        let secret = format!("QZX{glue}QZX{tail}QZX");
        for text in [
            format!("postgresql://u:{secret}@db:5432/app"),
            format!("postgresql://u:{secret}@db/app?sslmode=prefer"),
            format!("postgresql://u:{tail}{secret}@db/app?nonsense=1"),
            format!("postgresql://db/app?user=u&password={secret}&port=1"),
            format!("postgresql://db/app?password={secret}"),
            format!("host=db password={secret} user=u"),
            format!("password={secret} nonsense=1"),
            format!("password='{secret}' port=99999"),
        ] {
            let said = match parse(&text) {
                Ok(settings) => format!("{settings:?} {}", settings.describe()),
                Err(error) => format!("{error:?}"),
            };
            prop_assert!(!said.contains("QZX"), "{}: {}", text, said);
        }
    }
}
