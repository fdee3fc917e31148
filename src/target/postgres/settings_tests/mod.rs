mod password_file;
mod secrets;
mod service;
mod supabase;
mod tls;

use std::io;

use super::*;
use crate::error::ExitCode;
use crate::target::postgres::system::TextFile;

/// A machine whose user is `ann` and where the named files exist. A socket has no text.
fn parse_there(
    text: &str,
    env: &[(&str, &str)],
    files: &[(&str, &str)],
    lenient: bool,
) -> Result<Settings, Error> {
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
    parse_there(text, env, &files, false)
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
fn what_was_written_for_other_programs_is_set_aside() {
    let lenient = |text: &str| parse_there(text, &[], &[], true);
    let url = "postgresql://u:hunter2@h:6543/app?pgbouncer=true&connection_limit=1&schema=public&sslmode=require&pool_timeout=0&connect_timeout=7&supa=base-pooler.x";
    let settings = lenient(url).unwrap();
    assert_eq!(settings.describe(), "u@h:6543/app");
    assert!(settings.is_pooled());
    assert_eq!(settings.connect_timeout, Some(Duration::from_secs(7)));
    let settings = lenient("host=h statement_cache_size=0 prepareThreshold=0 user=u").unwrap();
    assert_eq!(settings.describe(), "u@h:5432/u");
    assert!(!settings.is_pooled());

    // Whoever asked for checked certificates gets them, and so does nobody who did not.
    let settings = lenient("postgresql://h/app?sslaccept=strict").unwrap();
    assert_eq!(
        (settings.tls_mode(), settings.roots()),
        (TlsMode::VerifyFull, Some(Roots::System))
    );
    let settings =
        lenient("postgresql://h/app?sslaccept=accept_invalid_certs&sslmode=no-verify").unwrap();
    assert_eq!(settings.tls_mode(), TlsMode::Require);
    let settings = lenient("postgresql://localhost/app?sslaccept=strict&sslmode=disable").unwrap();
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
