//! Connection strings, in both of libpq's notations, taken apart into settings.
//!
//! Source: the Postgres manual, chapter "Connection Strings". Errors say names and words of our own only and never
//! text of the input, because any piece of a malformed string may be a piece of the password.

use percent_encoding::percent_decode_str;

use super::keys::{self, Key};
use crate::error::Error;

/// A setting and its value, in the order of the string. The last of several wins.
pub(super) type Pairs = Vec<(&'static Key, String)>;

/// Settings of other programs that a string holds, with their values.
pub(super) type Foreign = Vec<(&'static str, String)>;

/// What a connection string holds.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) pairs: Pairs,
    /// `None` where settings of other programs are refused.
    foreign: Option<Foreign>,
}

impl Parts {
    pub(super) fn foreign(&self) -> &[(&'static str, String)] {
        self.foreign.as_deref().unwrap_or_default()
    }

    /// Keeps a setting. What stands before `start` cannot be a password that was cut.
    fn put(&mut self, name: &str, value: String, start: usize, trusted: bool) -> Result<(), Error> {
        if let (Some(foreign), Some(name)) = (&mut self.foreign, keys::foreign(name)) {
            foreign.push((name, value));
            return Ok(());
        }
        let key = known(name, &self.pairs[start..], trusted)?;
        self.pairs.push((key, value));
        Ok(())
    }
}

/// What to do about a key=value string that does not parse.
pub(super) const QUOTE: &str = "Write settings as key=value with spaces between them. A value with spaces stands in single quotes (password='a b'), and ' and \\ in it are written \\' and \\\\.";

/// What to do about a URL that does not parse.
const ENCODE: &str = "Percent-encode special characters of user, password and database: @ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25. Or leave the password out and put it into PGPASSWORD.";

/// Takes a connection string apart. `lenient` sets settings of other programs aside.
pub(super) fn parse(text: &str, lenient: bool) -> Result<Parts, Error> {
    let text = text.trim();
    let parts = Parts {
        foreign: lenient.then(Foreign::new),
        ..Parts::default()
    };
    if text.contains('\0') {
        return Err(Error::usage("the connection string holds a zero byte"));
    }
    for scheme in ["postgresql://", "postgres://"] {
        if let Some((start, rest)) = text.split_at_checked(scheme.len())
            && start.eq_ignore_ascii_case(scheme)
        {
            return url(rest, parts);
        }
    }
    let scheme_end = text.find("://").unwrap_or(0);
    if scheme_end > 0 && !text[..scheme_end].contains(['=', ' ']) {
        return Err(Error::usage("this URL is not one of Postgres")
            .help("It has to start with postgresql:// or postgres://."));
    }
    key_values(text, parts)
}

fn known(
    name: &str,
    before: &[(&'static Key, String)],
    trusted: bool,
) -> Result<&'static Key, Error> {
    // What follows a password may be the rest of it, unquoted.
    let shown = trusted && !before.iter().any(|(key, _)| key.name.contains("password"));
    keys::find(name).ok_or_else(|| keys::unknown(name, shown))
}

/// `host=… password='it\'s'`
fn key_values(text: &str, mut parts: Parts) -> Result<Parts, Error> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(parts);
        }
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(after) = after.trim_start().strip_prefix('=') else {
            return Err(Error::usage(
                "the connection string is neither a postgresql:// URL nor made of key=value settings",
            )
            .help(QUOTE));
        };
        // The name is judged first: it may show that the value is not one.
        if parts.foreign.is_none() || keys::foreign(name).is_none() {
            known(name, &parts.pairs, true)?;
        }
        let (value, after) = value(after.trim_start())?;
        parts.put(name, value, 0, true)?;
        rest = after;
    }
}

/// A value, quoted or not, and what follows it.
fn value(text: &str) -> Result<(String, &str), Error> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut chars = text.char_indices().skip(usize::from(quoted));
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            c if !quoted && c.is_whitespace() => return Ok((value, &text[at..])),
            c => value.push(c),
        }
    }
    if quoted {
        return Err(Error::usage("a quoted value in the connection string has no end").help(QUOTE));
    }
    Ok((value, ""))
}

/// What stands behind `postgresql://`.
fn url(rest: &str, mut parts: Parts) -> Result<Parts, Error> {
    let pairs = &mut parts.pairs;
    let put = |pairs: &mut Pairs, name: &str, text: &str| -> Result<(), Error> {
        if let (Some(key), false) = (keys::find(name), text.is_empty()) {
            pairs.push((key, decode(text)?));
        }
        Ok(())
    };

    // libpq ends the user part at the first @, so that a second one would silently cut the password short and make the
    // rest of it a host name, which messages show. The same goes for a ? before the @.
    let (user, rest) = match rest.find(['@', '/']) {
        Some(at) if rest[at..].starts_with('@') => (&rest[..at], &rest[at + 1..]),
        _ => ("", rest),
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let ambiguous = if user.is_empty() { place } else { rest };
    if ambiguous.contains('@') || user.contains('?') {
        return Err(Error::usage(
            "the connection URL cannot be told apart: a special character is not percent-encoded",
        )
        .help(ENCODE));
    }
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    put(pairs, "user", user)?;
    put(pairs, "password", password)?;

    let (host, path) = match place.split_once('/') {
        Some((host, path)) => (host, path),
        None => (place, ""),
    };
    if host.contains(',') {
        return Err(several_hosts());
    }
    let (host, port) = match host.strip_prefix('[') {
        Some(inner) => {
            let wrong = || {
                Error::usage("the IPv6 address in the connection URL is not closed by ]")
                    .help("Write it as postgresql://user@[2001:db8::1]:5432/database.")
            };
            let (address, after) = inner.split_once(']').ok_or_else(wrong)?;
            match after.strip_prefix(':') {
                Some(port) => (address, port),
                None if after.is_empty() => (address, ""),
                None => return Err(wrong()),
            }
        }
        None => host.split_once(':').unwrap_or((host, "")),
    };
    put(pairs, "host", host)?;
    put(pairs, "port", port)?;
    put(pairs, "dbname", path)?;

    // Without a user part an @ behind the ? may be its end, and what stands before it a password.
    let trusted = !query.contains('@');
    let start = parts.pairs.len();
    for pair in query.split('&').filter(|_| !query.is_empty()) {
        let Some((name, value)) = pair
            .split_once('=')
            .filter(|(_, value)| !value.contains('='))
        else {
            return Err(Error::usage(
                "a setting behind the ? of the connection URL is not key=value",
            )
            .help(
                "Write ?key=value&key=value, with & written %26 and = written %3D inside a value.",
            ));
        };
        let (name, value) = (decode(name)?, decode(value)?);
        // The one alias that libpq takes over from JDBC.
        let (name, value) = match (name.as_str(), value.as_str()) {
            ("ssl", "true") => ("sslmode".to_owned(), "require".to_owned()),
            _ => (name, value),
        };
        parts.put(&name, value, start, trusted)?;
    }
    Ok(parts)
}

/// Several hosts are refused wherever they are named.
pub(super) fn several_hosts() -> Error {
    Error::usage("several hosts in one connection string are not supported")
        .help("Name the one host that is meant: what is proved has to be one database.")
}

fn decode(text: &str) -> Result<String, Error> {
    let bytes = text.as_bytes();
    let broken = bytes.iter().enumerate().any(|(at, byte)| {
        *byte == b'%'
            && !bytes
                .get(at + 1..at + 3)
                .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    });
    if broken {
        return Err(Error::usage(
            "the connection URL holds a % that is not followed by two hexadecimal digits",
        )
        .help(ENCODE));
    }
    let text = percent_decode_str(text).decode_utf8().map_err(|_| {
        Error::usage("the connection URL holds percent-encoded bytes that are not UTF-8")
    })?;
    if text.contains('\0') {
        return Err(Error::usage("the connection URL holds a zero byte (%00)"));
    }
    Ok(text.into_owned())
}
