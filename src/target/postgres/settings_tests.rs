use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::*;
use crate::error::ExitCode;

/// A machine whose user is `ann` and where the named socket files exist.
fn parse_with(text: &str, env: &[(&str, &str)], sockets: &[&str]) -> Result<Settings, Error> {
    let system = System {
        user: &|| Some("ann".to_owned()),
        exists: &|path| sockets.iter().any(|socket| Path::new(socket) == path),
    };
    Settings::parse_on(&system, text, &|name| {
        env.iter()
            .find(|(variable, _)| *variable == name)
            .map(|(_, value)| (*value).to_owned())
    })
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
    assert_eq!(all.ssl_mode, SslMode::Require);
    assert_eq!(all.connect_timeout, Some(Duration::from_secs(3)));
    assert_eq!(
        all.options.as_deref(),
        Some("-c timezone=Europe/Paris\\ x -c a=b")
    );

    let over = "postgresql://bo:pw@db:1/app?application_name=me&sslmode=disable&connect_timeout=0";
    let over = parse_with(over, &env, &[]).unwrap();
    assert_eq!(over.describe(), "bo@db:1/app");
    assert_eq!(password(&over), "pw");
    assert_eq!(over.application_name, "me");
    assert_eq!(over.ssl_mode, SslMode::Disable);
    assert_eq!(over.connect_timeout, Some(Duration::MAX));

    let address = [("PGHOST", "db"), ("PGHOSTADDR", "127.0.0.1")];
    let address = parse_with("", &address, &[]).unwrap();
    assert!(address.is_local());
    assert_eq!(address.config().get_hostaddrs().len(), 1);
    let empty = parse_with("", &[("PGHOST", ""), ("PGSSLROOTCERT", "")], &[]).unwrap();
    assert_eq!(empty.describe(), "ann@localhost:5432/ann");
}

#[test]
fn the_rest_has_defaults() {
    let settings = parse("fallback_application_name=other").unwrap();
    assert_eq!(settings.application_name, "other");
    let settings = parse("host=db").unwrap();
    assert_eq!(settings.application_name, "supaproof");
    assert_eq!(settings.ssl_mode, SslMode::Prefer);
    assert_eq!(settings.connect_timeout, None);
    let socket = "/run/postgresql/.s.PGSQL.5433";
    let settings = parse_with("port=5433", &[], &[socket]).unwrap();
    assert_eq!(settings.describe(), "ann@/run/postgresql:5433/ann");
    let settings = parse_with("", &[], &[socket]).unwrap();
    assert_eq!(settings.describe(), "ann@localhost:5432/ann");
    // JDBC's word for it, which libpq takes too.
    let settings = parse("postgresql://db?ssl=true").unwrap();
    assert_eq!(settings.ssl_mode, SslMode::Require);
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
        (
            "sslmode=verify-full",
            "sslmode=verify-full is not supported yet",
        ),
        (
            "sslmode=verify-ca",
            "sslmode=verify-ca is not supported yet",
        ),
        ("sslmode=allow", "sslmode=allow"),
        ("sslmode=on", "sslmode has to be"),
        ("sslrootcert=system", "sslrootcert"),
        ("sslcert=a", "sslcert"),
        ("sslkey=a", "sslkey"),
        ("sslcrl=a", "sslcrl"),
        ("service=a", "service"),
        ("passfile=a", "passfile"),
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
        ("postgresql://u:p@h/app?pgbouncer=true", "`pgbouncer`"),
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
                || ["has to be a whole number", "has to be disable"]
                    .iter()
                    .any(|clear| error.message().contains(clear)),
            "{text}: what to do?"
        );
    }
    for variable in [
        "PGSERVICE",
        "PGSSLROOTCERT",
        "PGSSLCERT",
        "PGPASSFILE",
        "PGTARGETSESSIONATTRS",
        "PGREQUIREAUTH",
        "PGREQUIRESSL",
        "PGGSSENCMODE",
    ] {
        let error = parse_with("host=db", &[(variable, "x")], &[]).expect_err(variable);
        assert!(error.message().contains(variable), "{variable}: {error}");
    }
    let error = parse_with("", &[("PGSSLMODE", "verify-full")], &[]).unwrap_err();
    assert!(error.message().starts_with("PGSSLMODE=verify-full"));
    // Overridden, it has no effect.
    parse_with("sslmode=require", &[("PGSSLMODE", "verify-full")], &[]).unwrap();
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
            format!("postgresql://u:{secret}@db/app?sslmode=verify-full"),
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
