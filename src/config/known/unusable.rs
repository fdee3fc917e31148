//! Values that cannot be used: each is set aside, so that what does not take it works without.

use std::path::PathBuf;

use secrecy::SecretString;

use super::{Known, Values, ways};
use crate::error::Error;
use crate::target::door::Unusable;
use crate::target::http::Key;
use crate::target::management::Reference;
use crate::target::postgres::Settings;
use crate::target::postgres::supabase::SESSION_PORT;

pub(super) const PROJECT: &str = "project";
pub(super) const TOKEN: &str = "access token";
pub(super) const SECRET_KEY: &str = "secret key";
pub(super) const API: &str = "API";
pub(super) const POOLER: &str = "pooler";
pub(super) const AUTHORITIES: &str = "authorities";
const DATABASE: &str = "database";
const PUBLISHABLE_KEY: &str = "publishable key";
const MANAGEMENT: &str = "Management API";

/// Any reference: here only the host counts.
const SOME_PROJECT: &str = "aaaaaaaaaaaaaaaaaaaa";

/// Takes them out of the values.
pub(super) fn set_aside(
    values: &mut Values,
    env: &dyn Fn(&str) -> Option<String>,
) -> Vec<Unusable> {
    let mut out = Vec::new();
    values.urls.retain(|known| {
        let Err(error) = Settings::parse(known.value.trim(), env) else {
            return true;
        };
        let error = error.note(format!("this is {}", known.from));
        out.push(unusable(DATABASE, known, &error, true));
        false
    });
    look(&mut out, PROJECT, &mut values.project, &|known| {
        Reference::new(&known.from, known.value.trim()).map(drop)
    });
    look(&mut out, TOKEN, &mut values.token, &|known| {
        Key::new(&known.from, &known.value).map(drop)
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
    out
}

/// A file of authorities that cannot be used.
pub(super) fn authorities(ca: &Known<PathBuf>) -> Option<Unusable> {
    let settings = Settings::supabase_direct(SOME_PROJECT, SecretString::default());
    let error = settings.and_then(|one| one.with_ca(&ca.value)).err()?;
    Some(unusable(AUTHORITIES, ca, &error, true))
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
        out.push(unusable(what, known, &error, false));
        *slot = None;
    }
}

type Test<'a> = &'a dyn Fn(&Known<String>) -> Result<(), Error>;

/// A key that may act as the service.
fn secret(known: &Known<String>) -> Result<(), Error> {
    match Key::new(&known.from, &known.value)?.is_secret() {
        true => Ok(()),
        false => Err(Error::usage(format!(
            "{} is a key for the public, and the Data API needs a secret one",
            known.from
        ))
        .help("Set SUPABASE_SECRET_KEY (sb_secret_…) or SUPABASE_SERVICE_ROLE_KEY: project settings, API keys.")),
    }
}

fn unusable<T>(
    what: &'static str,
    known: &Known<T>,
    error: &Error,
    names_target: bool,
) -> Unusable {
    Unusable {
        what,
        from: known.from.clone(),
        message: error.message().to_owned(),
        notes: error.notes().to_vec(),
        help: error.help_text().map(ToOwned::to_owned),
        names_target,
    }
}
