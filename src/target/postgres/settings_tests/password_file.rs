//! Passwords from a file.

use super::*;

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
        let settings = parse_there(text, &env, &files, false).unwrap();
        assert_eq!(
            (password(&settings), settings.password_source()),
            (secret, source),
            "{text}"
        );
        assert_eq!(settings.has_password(), !secret.is_empty());
        assert!(settings.warnings().is_empty());
    }
}
