//! Password files, read as libpq reads them.
//!
//! Source: chapter "The Password File" of the Postgres manual; `passwordFromFile` in libpq's fe-connect.c.

use std::io;
use std::path::{Path, PathBuf};

use super::system::{System, TextFile};

/// Whose password is looked for.
pub(super) struct Login<'a> {
    /// The host as it was given; `localhost` for the default folder of the socket.
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// What a password file came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) password: Option<String>,
    /// Why the file was not used.
    pub(super) warning: Option<String>,
}

/// Where the file is where nothing names another.
pub(super) fn default_file(home: &Path) -> PathBuf {
    home.join(".pgpass")
}

/// Looks in a file. One that does not exist says nothing.
pub(super) fn look(system: &System<'_>, file: &Path, login: &Login<'_>) -> Found {
    let ignored = |why: &str| Found {
        password: None,
        warning: Some(format!(
            "the password file {} is not used: {why}",
            file.display()
        )),
    };
    let TextFile { text, mode } = match (system.read)(file) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Found::default(),
        Err(error) => return ignored(&error.to_string()),
    };
    if mode & 0o077 != 0 {
        return ignored(&format!(
            "others may read it (its permissions are {:04o}); run chmod 0600 on it",
            mode & 0o7777
        ));
    }
    Found {
        password: text.lines().find_map(|line| password(line, login)),
        warning: None,
    }
}

/// The password in a line that is about this login.
fn password(line: &str, login: &Login<'_>) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let port = login.port.to_string();
    let mut rest = line;
    for wanted in [login.host, &port, login.database, login.user] {
        rest = field(rest, wanted)?;
    }
    let mut password = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            ':' => break,
            '\\' => password.push(chars.next().unwrap_or('\\')),
            c => password.push(c),
        }
    }
    Some(password)
}

/// What follows a field that is `*` or this, with `:` and `\` written `\:` and `\\`.
fn field<'a>(line: &'a str, wanted: &str) -> Option<&'a str> {
    if let Some(rest) = line.strip_prefix("*:") {
        return Some(rest);
    }
    let mut wanted = wanted.chars();
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        let c = match c {
            ':' => return wanted.next().is_none().then(|| &line[at + 1..]),
            '\\' => chars.next()?.1,
            c => c,
        };
        if wanted.next() != Some(c) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_in(text: &str, mode: u32, host: &str) -> Found {
        let login = Login {
            host,
            port: 5432,
            database: "app",
            user: "a:b",
        };
        let read = |path: &Path| match path == Path::new("/p") {
            true => Ok(TextFile {
                text: text.to_owned(),
                mode,
            }),
            false => Err(io::ErrorKind::NotFound.into()),
        };
        let system = System {
            user: &|| None,
            exists: &|_| false,
            read: &read,
        };
        assert_eq!(look(&system, Path::new("/q"), &login), Found::default());
        look(&system, Path::new("/p"), &login)
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        for (text, password) in [
            ("", None),
            ("db:5432:app:a\\:b:pw", Some("pw")),
            (
                "#db:5432:app:a\\:b:no\ndb:5432:app:a\\:b:pw\r\n",
                Some("pw"),
            ),
            (
                "other:5432:app:a\\:b:no\n*:*:*:*:first\ndb:*:*:*:second",
                Some("first"),
            ),
            ("db:5433:*:*:no\ndb:5432:b:*:no\ndb:5432:app:a:no", None),
            // An unescaped colon ends a field, and the password.
            ("db:5432:app:a:b:no", None),
            ("*:*:*:*:p\\:w\\\\x:rest", Some("p:w\\x")),
            ("*:*:*:*:", Some("")),
            // A star is one only where it stands alone.
            ("d*:*:*:*:no", None),
            ("db:5432:app:a\\:b", None),
            ("db*:5432:app:a\\:b:no", None),
            ("dbx:5432:app:a\\:b:no\n d:*:*:*:no\nd:*:*:*:no", None),
            ("*:*:*:*:pä ss", Some("pä ss")),
        ] {
            assert_eq!(
                look_in(text, 0o600, "db").password.as_deref(),
                password,
                "{text}"
            );
        }
        assert_eq!(
            look_in("/a\\:b:*:*:*:x", 0o400, "/a:b").password.as_deref(),
            Some("x")
        );
    }

    #[test]
    fn a_file_that_others_may_read_is_not_used() {
        for mode in [0o640, 0o604, 0o610, 0o666] {
            let found = look_in("*:*:*:*:hunter2", mode, "db");
            assert_eq!(found.password, None);
            let warning = found.warning.unwrap();
            assert!(
                warning.contains("chmod 0600") && !warning.contains("hunter2"),
                "{warning}"
            );
        }
    }
}
