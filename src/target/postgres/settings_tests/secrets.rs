//! Any password comes through, and none is said.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::*;

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
