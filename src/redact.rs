//! Passwords and keys taken out of text.
//!
//! A connection string easily ends up where another word belongs: behind the wrong flag, in the place of a suite's
//! name, under an unknown key. Messages repeat what they do not understand, so every message passes through here.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// What stands in the place of a password.
const HIDDEN: &str = "…";

/// The shortest secret that is looked for as such, in bytes: a shorter one may be a word (`postgres`).
const SHORTEST: usize = 12;

/// Secrets in use. They may come back in what a server says of them.
static IN_USE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Takes a secret out of every text from now on, whatever its form.
pub fn hide(secret: &str) {
    if secret.len() >= SHORTEST {
        let mut known = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(secret.to_owned());
    }
}

/// The shortest password that is looked for as such, in bytes, where it is no plain word or number.
const SHORTEST_MIXED: usize = 6;

/// Takes the password of a login out of every text from now on. A short one has to have characters of two kinds: what could
/// be a word (`postgres`, `password`) or a number stands in too many texts.
pub fn hide_password(password: &str) {
    let kinds: [fn(&char) -> bool; 4] = [
        char::is_ascii_lowercase,
        char::is_ascii_uppercase,
        char::is_ascii_digit,
        |c| !c.is_ascii_alphanumeric(),
    ];
    let kinds = kinds
        .iter()
        .filter(|kind| password.chars().any(|c| kind(&c)));
    if password.len() >= SHORTEST || password.len() >= SHORTEST_MIXED && kinds.count() > 1 {
        let mut known = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(password.to_owned());
    }
}

/// The text without the passwords of the connection strings in it: what stands between `//name:` and `@` in a URL, and
/// the values of settings whose names say that they are secret (`password=…`, `sslpassword=…`). Nor has it keys and tokens
/// that are known by their form.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut hidden: Vec<std::ops::Range<usize>> = Vec::new();
    for secret in IN_USE.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let places = text.match_indices(secret.as_str());
        hidden.extend(places.map(|(at, _)| at..at + secret.len()));
    }
    for (at, _) in text.match_indices("://") {
        hidden.extend(in_url(text, at + 3));
    }
    let lower = text.to_ascii_lowercase();
    for (at, word) in lower.match_indices("password") {
        hidden.extend(in_setting(text, at + word.len()));
    }
    for form in KEYS {
        hidden.extend(
            text.match_indices(form)
                .filter_map(|(at, _)| key(text, at, form)),
        );
    }
    if hidden.is_empty() {
        return Cow::Borrowed(text);
    }
    hidden.sort_by_key(|range| (range.start, range.end));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for range in hidden {
        if range.start < done {
            continue;
        }
        out.push_str(text.get(done..range.start).unwrap_or_default());
        out.push_str(HIDDEN);
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// How keys and tokens of Supabase begin: access tokens, secret keys, signed tokens.
const KEYS: [&str; 3] = ["sbp_", "sb_secret_", "eyJ"];

/// A key that starts at `at`, behind its first letters. A signed token has three parts.
fn key(text: &str, at: usize, form: &str) -> Option<std::ops::Range<usize>> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if text.get(..at)?.ends_with(word) {
        return None;
    }
    let start = at + form.len();
    let rest = text.get(start..)?;
    let length = rest.find(|c: char| !word(c)).unwrap_or(rest.len());
    let rest = rest.get(..length)?.trim_end_matches('.');
    let long = match form {
        "eyJ" => rest.matches('.').count() == 2,
        _ => rest.len() >= 8,
    };
    long.then(|| start..start + rest.len())
}

/// The password of a URL whose authority starts at `start`. It may hold an `@` or a slash that was not encoded: it ends at
/// the last `@` of the word.
fn in_url(text: &str, start: usize) -> Option<std::ops::Range<usize>> {
    let rest = text.get(start..)?;
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'))
        .unwrap_or(rest.len());
    let word = rest.get(..end)?;
    let (at, colon) = (word.rfind('@')?, word.find(':')?);
    (colon < at).then(|| start + colon + 1..start + at)
}

/// The value behind the name of a setting that ends at `start`.
fn in_setting(text: &str, start: usize) -> Option<std::ops::Range<usize>> {
    let rest = text.get(start..)?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let from = start + (rest.len() - value.len());
    let length = match value.strip_prefix('\'') {
        Some(quoted) => quoted.find('\'').map_or(value.len(), |end| end + 2),
        None => value
            .find(|c: char| c.is_whitespace() || matches!(c, '&' | '"' | '`' | '\''))
            .unwrap_or(value.len()),
    };
    (length > 0).then(|| from..from + length)
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn passwords_of_connection_strings_are_taken_out() {
        for (text, expected) in [
            ("postgresql://u:pw@h/d", "postgresql://u:…@h/d"),
            ("no `x://u:p@w/x@h:1/d` here", "no `x://u:…@h:1/d` here"),
            ("x://:pw@h, y://u:pw@h", "x://:…@h, y://u:…@h"),
            (
                "x://h/d?user=u&password=pw&a=b",
                "x://h/d?user=u&password=…&a=b",
            ),
            ("host=h password=pw dbname=d", "host=h password=… dbname=d"),
            ("PGPASSWORD = 'p w' x", "PGPASSWORD = … x"),
            ("sslpassword='never closed", "sslpassword=…"),
            ("password=\u{fc}\u{df} x", "password=… x"),
            ("Bearer sbp_0123456789abcdef.", "Bearer sbp_…."),
            ("(sb_secret_abcdefgh_ij)", "(sb_secret_…)"),
            ("apikey: eyJhbGci.eyJyb2xl.c2ln-_x,", "apikey: eyJ…,"),
        ] {
            assert_eq!(redact(text), expected);
        }
    }

    #[test]
    fn a_secret_in_use_is_taken_out_whatever_it_looks_like() {
        let secret = "not-like-any-key-at-all";
        assert_eq!(redact(secret), secret);
        super::hide(secret);
        super::hide("short");
        let text = format!("they said: {secret}, short");
        assert_eq!(redact(&text), "they said: …, short");
    }

    #[test]
    fn a_password_is_taken_out_unless_it_may_be_a_word() {
        for password in ["sup3rb", "Tr0ub4dor", "onlylowercaseletters"] {
            assert_eq!(redact(password), password);
            super::hide_password(password);
            let text = format!("login u with {password} not known");
            assert_eq!(redact(&text), "login u with … not known");
        }
        for word in ["postgres", "supabase", "123456", "x"] {
            super::hide_password(word);
            assert_eq!(redact(word), word);
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in [
            "",
            "https://example.com/a:b",
            "postgresql://u@h:5432/d",
            "set PGPASSWORD; the password, of course",
            "password=",
            "a column password text not null",
            "user@host: 12:30",
            "the keys sb_secret_… and sbp_…, eyJ and feyJa.b.c",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
