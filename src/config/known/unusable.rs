//! Values that cannot be used: each is set aside, so that what does not take it works without.

use std::path::PathBuf;

use secrecy::SecretString;

use super::{Known, Values, ways};
use crate::error::Error;
use crate::target::door::Unusable;
use crate::target::http::{Key, KeyKind};
use crate::target::management::Reference;
use crate::target::postgres::Settings;
use crate::target::postgres::supabase::SESSION_PORT;

pub(super) const PROJECT: &str = "project";
pub(super) const TOKEN: &str = "access token";
pub(super) const SECRET_KEY: &str = "secret key";
pub(super) const API: &str = "API";
pub(super) const POOLER: &str = "pooler";
pub(super) const AUTHORITIES: &str = "authorities";
pub(super) const DATABASE: &str = "database";
pub(super) const PUBLISHABLE_KEY: &str = "publishable key";
const MANAGEMENT: &str = "Management API";

/// Any reference: here only the host counts.
const SOME_PROJECT: &str = "aaaaaaaaaaaaaaaaaaaa";

/// Puts them aside within the values.
pub(super) fn set_aside(values: &mut Values, env: &dyn Fn(&str) -> Option<String>) {
    let mut out = std::mem::take(&mut values.unusable);
    values.urls.retain(|known| {
        let Err(error) = known.value.settings(env) else {
            return true;
        };
        let error = error.note(format!("this is {}", known.from));
        out.push(because(DATABASE, &known.from, &error, true));
        false
    });
    let no_reference = |known: &Known<String>| {
        let error = Reference::new(&known.from, known.value.trim()).err()?;
        Some(because(PROJECT, &known.from, &error, false))
    };
    let before = out.len();
    out.extend(values.references.iter().filter_map(no_reference));
    if out.len() > before {
        // It is not known which project was meant: no other takes its place.
        values.references.clear();
        values.linked = None;
    }
    if let Some(unusable) = values.linked.as_ref().and_then(no_reference) {
        out.push(unusable);
        values.linked = None;
    }
    look(&mut out, TOKEN, &mut values.token, &|known| {
        ways::access_token(known).map(drop)
    });
    look(&mut out, SECRET_KEY, &mut values.secret_key, &secret);
    look(
        &mut out,
        PUBLISHABLE_KEY,
        &mut values.publishable_key,
        &|known| Key::new(&known.from, &known.value).map(drop),
    );
    look(&mut out, API, &mut values.api_url, &|known| {
        ways::url(known.value.trim(), &known.from).map(drop)
    });
    look(&mut out, MANAGEMENT, &mut values.management_url, &|known| {
        ways::url(&known.value, &known.from).map(drop)
    });
    look(&mut out, POOLER, &mut values.pooler_url, &|known| {
        let host = ways::host(&known.value).unwrap_or_default();
        Settings::supabase_pooler(SOME_PROJECT, SecretString::default(), host, SESSION_PORT)
            .map(drop)
            .map_err(|error| error.note(format!("this is {}", known.from)))
    });
    values.unusable = out;
}

/// A file of authorities that cannot be used.
pub(super) fn authorities(ca: &Known<PathBuf>) -> Option<Unusable> {
    let settings = Settings::supabase_direct(SOME_PROJECT, SecretString::default());
    let error = settings.and_then(|one| one.with_ca(&ca.value)).err()?;
    Some(because(AUTHORITIES, &ca.from, &error, true))
}

/// Sets a value aside that does not pass its test.
fn look(
    out: &mut Vec<Unusable>,
    what: &'static str,
    slot: &mut Option<Known<String>>,
    test: Test<'_>,
) {
    if let Some(known) = slot
        && let Err(error) = test(known)
    {
        out.push(because(what, &known.from, &error, false));
        *slot = None;
    }
}

type Test<'a> = &'a dyn Fn(&Known<String>) -> Result<(), Error>;

/// A key that may act as the service.
fn secret(known: &Known<String>) -> Result<(), Error> {
    let key = Key::new(&known.from, &known.value)?;
    if key.is_secret() {
        return Ok(());
    }
    let words = match key.kind() {
        // It opens all of its owner's projects: no project's host is to see it.
        KeyKind::AccessToken => "an access token, and the Data API needs a secret key",
        _ => "a key for the public, and the Data API needs a secret one",
    };
    Err(Error::usage(format!("{} is {words}", known.from))
        .help("Set SUPABASE_SECRET_KEY (sb_secret_…) or SUPABASE_SERVICE_ROLE_KEY: project settings, API keys."))
}

/// A value that this is wrong with.
pub(super) fn because(
    what: &'static str,
    from: impl Into<String>,
    error: &Error,
    names_target: bool,
) -> Unusable {
    Unusable {
        what,
        from: from.into(),
        message: error.message().to_owned(),
        notes: error.notes().to_vec(),
        help: error.help_text().map(ToOwned::to_owned),
        names_target,
    }
}
