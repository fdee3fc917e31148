//! Service files, read as libpq reads them.
//!
//! Source: chapter "The Connection Service File" of the Postgres manual; `parseServiceInfo` in libpq's fe-connect.c. As in
//! [`super::conninfo`], no error holds text of a value.

use std::io;
use std::path::{Path, PathBuf};

use super::conninfo::Pairs;
use super::keys;
use super::system::System;
use crate::error::Error;
use crate::words;

/// Where Debian's packages look. Other builds have other folders, which `PGSYSCONFDIR` names.
const SYSTEM_FOLDER: &str = "/etc/postgresql-common";

/// The settings of a service. `file` is the one that was named, instead of the one in the home folder.
pub(super) fn settings(
    system: &System<'_>,
    name: &str,
    file: Option<&str>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Pairs, Error> {
    let variable = |name| env(name).filter(|value| !value.is_empty());
    let first = match file {
        Some(file) => Some(PathBuf::from(file)),
        None => variable("HOME").map(|home| Path::new(&home).join(".pg_service.conf")),
    };
    let folder = variable("PGSYSCONFDIR").unwrap_or_else(|| SYSTEM_FOLDER.to_owned());
    let last = Path::new(&folder).join("pg_service.conf");
    let mut looked = Vec::new();
    for path in first.into_iter().chain([last]) {
        let named = file.is_some() && looked.is_empty();
        match (system.read)(&path) {
            Ok(found) => {
                if let Some(pairs) = section(&found.text, name, &path)? {
                    return Ok(pairs);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && !named => {}
            Err(error) => {
                return Err(Error::usage(format!(
                    "the service file {} cannot be read: {error}",
                    path.display()
                ))
                .help("The setting servicefile or the variable PGSERVICEFILE names another."));
            }
        }
        looked.push(path.display().to_string());
    }
    Err(Error::usage(format!("there is no service `{name}`"))
        .help(format!("Looked for [{name}] in {}.", words::and(&looked))))
}

/// The settings behind `[name]`; of several with one name the first wins, so they come in reverse.
fn section(text: &str, name: &str, path: &Path) -> Result<Option<Pairs>, Error> {
    let mut inside = false;
    let mut found = false;
    let mut pairs = Pairs::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(head) = line.strip_prefix('[') {
            // The section ends at the next; another of the same name is never reached.
            if found {
                break;
            }
            inside = head.strip_suffix(']') == Some(name);
            found |= inside;
            continue;
        }
        if !inside {
            continue;
        }
        let wrong = |what: String| {
            Err(Error::usage(format!(
                "the service file {}, line {number}: {what}",
                path.display()
            )))
        };
        if line.starts_with("ldap") {
            return wrong("settings from LDAP are not supported".to_owned());
        }
        let Some((key, value)) = line.split_once('=') else {
            return wrong("this is not key=value".to_owned());
        };
        if matches!(key, "service" | "servicefile") {
            return wrong("a service cannot name another".to_owned());
        }
        match keys::find(key) {
            Some(key) => pairs.push((key, value.to_owned())),
            // It may be the second line of a password.
            None => return wrong("there is no such connection setting".to_owned()),
        }
    }
    pairs.reverse();
    Ok(found.then_some(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::postgres::system::TextFile;

    fn look(
        files: &[(&str, &str)],
        env: &[(&str, &str)],
        file: Option<&str>,
    ) -> Result<String, Error> {
        let system = System {
            user: &|| None,
            exists: &|_| false,
            read: &|path| {
                let found = files.iter().find(|(name, _)| Path::new(name) == path);
                let (_, text) = found.ok_or(io::ErrorKind::NotFound)?;
                Ok(TextFile {
                    text: (*text).to_owned(),
                    mode: 0o644,
                })
            },
        };
        let env = |name: &str| {
            let found = env.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let pairs = settings(&system, "shop", file, &env)?;
        let pairs = pairs
            .iter()
            .map(|(key, value)| format!("{}={value}", key.name));
        Ok(pairs.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_service_is_a_section() {
        let text = "# mine\n[other]\nhost=no\nnonsense\n[shop]\n  host=db\nport=1\nport=2  \n# x\npassword=a = b\n\n[shop]\nuser=no\n";
        let home = [("HOME", "/h")];
        let found = look(&[("/h/.pg_service.conf", text)], &home, None).unwrap();
        // The last in this order wins: the first in the file.
        assert_eq!(found, "password=a = b port=2 port=1 host=db");
        assert_eq!(look(&[("/s", "[shop]\n")], &home, Some("/s")).unwrap(), "");
    }

    #[test]
    fn the_home_folder_comes_before_the_system_s() {
        let system = (
            "/etc/postgresql-common/pg_service.conf",
            "[shop]\nuser=system",
        );
        let own = ("/h/.pg_service.conf", "[else]\nuser=own");
        let home = ("HOME", "/h");
        assert_eq!(look(&[system, own], &[home], None).unwrap(), "user=system");
        let own = ("/h/.pg_service.conf", "[shop]\nuser=own");
        assert_eq!(look(&[system, own], &[home], None).unwrap(), "user=own");
        assert_eq!(look(&[system, own], &[], None).unwrap(), "user=system");
        // One that was named has to be there.
        let error = look(&[system, own], &[home], Some("/nowhere")).unwrap_err();
        assert!(
            error.message().contains("/nowhere cannot be read"),
            "{error}"
        );
        let own = ("/named", "[else]");
        let found = look(&[system, own], &[home], Some("/named")).unwrap();
        assert_eq!(found, "user=system");
        let moved = ("/c/pg_service.conf", "[shop]\nuser=moved");
        let env = [("PGSYSCONFDIR", "/c")];
        assert_eq!(look(&[system, moved], &env, None).unwrap(), "user=moved");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let error = look(&[], &[("HOME", "/h")], None).unwrap_err();
        assert_eq!(error.message(), "there is no service `shop`");
        assert_eq!(
            error.help_text(),
            Some(
                "Looked for [shop] in /h/.pg_service.conf and /etc/postgresql-common/pg_service.conf."
            )
        );
        for (line, said) in [
            ("hunter2", "line 2: this is not key=value"),
            ("hunter2=1", "line 2: there is no such connection setting"),
            ("service=x", "line 2: a service cannot name another"),
            ("ldap://x", "line 2: settings from LDAP are not supported"),
        ] {
            let text = format!("[shop]\n{line}\n");
            let error = look(&[("/s", &text)], &[], Some("/s")).unwrap_err();
            assert_eq!(error.message(), format!("the service file /s, {said}"));
        }
    }
}
