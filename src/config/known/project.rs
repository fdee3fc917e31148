//! Which project the values speak of.

use super::{Known, Values};
use crate::error::Error;
use crate::target::http::{Key, KeyKind};
use crate::target::management::Reference;
use crate::target::postgres::Settings;

/// Every project that the values speak of, with the value that does.
///
/// # Errors
/// Exit 2 where a reference is none.
pub(super) fn spoken_of(
    values: &Values,
    settings: &[Known<Settings>],
) -> Result<Vec<Known<Reference>>, Error> {
    let mut out = Vec::new();
    if let Some(known) = &values.project {
        let reference = Reference::new(&known.from, known.value.trim())?;
        out.push(Known::new(reference, known.from.clone()));
    }
    let mut add = |text: Option<&str>, from: &str| {
        if let Some(reference) = text.and_then(Reference::find) {
            out.push(Known::new(reference, from));
        }
    };
    for known in settings {
        let place = known.value.supabase()?;
        let reference = place.and_then(|place| place.reference);
        add(reference.as_deref(), &known.from);
    }
    if let Some(known) = &values.api_url {
        add(of_api(&known.value), &known.from);
    }
    for known in [&values.secret_key, &values.publishable_key]
        .into_iter()
        .flatten()
    {
        if let Ok(key) = Key::new(&known.from, &known.value)
            && let KeyKind::Token { project, .. } = key.kind()
        {
            add(project.as_deref(), &known.from);
        }
    }
    if let Some(known) = &values.pooler_url {
        let user = known.value.split_once("://").map(|(_, rest)| rest);
        let user = user.and_then(|rest| rest.split(['@', ':']).next());
        add(
            user.and_then(|user| user.split_once('.'))
                .map(|(_, reference)| reference),
            &known.from,
        );
    }
    Ok(out)
}

/// The one project that all values speak of.
///
/// # Errors
/// Exit 2 where two speak of different ones: both are named.
pub(super) fn agreed(spoken_of: &[Known<Reference>]) -> Result<Option<Known<Reference>>, Error> {
    let Some(first) = spoken_of.first() else {
        return Ok(None);
    };
    match spoken_of.iter().find(|other| other.value != first.value) {
        None => Ok(Some(first.clone())),
        Some(other) => Err(Error::usage(format!(
            "two projects are named: {} by {}, and {} by {}",
            first.value, first.from, other.value, other.from
        ))
        .help("Take one of the two away, or name the target: --target NAME, with [targets.NAME] in supaproof.toml.")),
    }
}

/// The reference in the address of a project's API.
fn of_api(url: &str) -> Option<&str> {
    let host = url.split_once("://")?.1.split(['/', ':', '?']).next()?;
    host.strip_suffix(".supabase.co")
        .or_else(|| host.strip_suffix(".supabase.in"))
}
