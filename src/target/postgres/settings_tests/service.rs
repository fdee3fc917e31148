//! Connections that have a name in a service file.

use super::*;

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
    let settings = parse_there("port=2", &env, &file, false).unwrap();
    assert_eq!(settings.describe(), "su@sh:2/ed");
    assert_eq!(settings.tls_mode(), TlsMode::VerifyCa);
    assert_eq!(
        (password(&settings), settings.password_source()),
        ("sp", Some("the service `shop`"))
    );
    let settings = parse_there("service=shop servicefile=/s user=me", &[], &file, false).unwrap();
    assert_eq!(settings.describe(), "me@sh:1/me");
    let error = parse_there("service=none", &env, &file, false).unwrap_err();
    assert_eq!(error.message(), "there is no service `none`");
    let weak = [("/s", "[shop]\nhost=db\nsslmode=prefer")];
    let error = parse_there("", &env, &weak, false).unwrap_err();
    assert!(error.message().contains("unencrypted"), "{error}");
}
