//! Hosts of Supabase.

use super::*;
use crate::target::postgres::supabase::Endpoint;

#[test]
fn a_supabase_host_says_which_endpoint_it_is() {
    const REF: &str = "abcdefghijklmnopqrst";
    let direct = Settings::supabase_direct(REF, "hunter2".into()).unwrap();
    assert_eq!(
        direct.describe(),
        format!("postgres@db.{REF}.supabase.co:5432/postgres")
    );
    assert_eq!(
        direct.supabase().unwrap().unwrap().endpoint,
        Endpoint::Direct
    );
    assert_eq!(
        (direct.tls_mode(), direct.is_pooled(), password(&direct)),
        (TlsMode::Require, false, "hunter2")
    );
    let host = "aws-1-eu-west-1.pooler.supabase.com";
    for (port, endpoint, pooled) in [
        (5432, Endpoint::SessionPooler, false),
        (6543, Endpoint::TransactionPooler, true),
    ] {
        let made = Settings::supabase_pooler(REF, "hunter2".into(), host, port).unwrap();
        let read = parse(&format!(
            "postgresql://postgres.{REF}:hunter2@{host}:{port}/postgres"
        ))
        .unwrap();
        for settings in [&made, &read] {
            let place = settings.supabase().unwrap().unwrap();
            assert_eq!(
                (place.endpoint, place.reference.as_deref()),
                (endpoint, Some(REF))
            );
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
