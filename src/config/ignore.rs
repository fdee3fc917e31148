//! `[[ignore]]` in `supaproof.toml`: read and looked at, each entry with its place.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use toml::Spanned;

use crate::codes;
use crate::error::{Error, nearest};
use crate::filter::{Ignore, IgnoreList, Pattern};
use crate::source::Source;
use crate::suite::Project;

/// An entry as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    suite: Option<Spanned<String>>,
    code: Spanned<String>,
    object: Spanned<String>,
    reason: Spanned<String>,
    #[serde(default, deserialize_with = "date")]
    until: Option<Date>,
}

/// A date of TOML, or the same in quotes.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Date(toml::value::Datetime),
        Text(String),
    }
    let text = match Written::deserialize(deserializer) {
        Ok(Written::Date(date)) => date.to_string(),
        Ok(Written::Text(text)) => text,
        Err(_) => return Err(D::Error::custom("`until` is a day: until = 2027-01-31")),
    };
    match text.parse::<Date>() {
        Ok(date) if text.len() == 10 => Ok(Some(date)),
        _ => Err(D::Error::custom(format!(
            "`until` is a day, and {text} is none: until = 2027-01-31"
        ))),
    }
}

/// Looks at what the types leave open.
pub(super) fn list(
    entries: Vec<Spanned<Entry>>,
    source: &Source,
    project: &Project,
) -> Result<IgnoreList, Error> {
    let suites = match entries.is_empty() {
        true => Vec::new(),
        false => project.suite_names()?,
    };
    let entries = entries
        .into_iter()
        .map(|entry| checked(entry, source, &suites))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(IgnoreList {
        entries,
        // The same day everywhere: what a machine calls local is no reason to fail on one and not on another.
        today: Timestamp::now().to_zoned(TimeZone::UTC).date(),
    })
}

fn checked(entry: Spanned<Entry>, source: &Source, suites: &[String]) -> Result<Ignore, Error> {
    let origin = source.origin(entry.span());
    let entry = entry.into_inner();
    let wrong =
        |at: &Spanned<String>, message: String| Error::usage(message).at(source.origin(at.span()));
    let code = entry.code.get_ref();
    if codes::find(code).is_none() {
        return Err(codes::unknown(code).at(source.origin(entry.code.span())));
    }
    if codes::PROOFS.iter().any(|proof| proof.name == code) {
        return Err(wrong(
            &entry.code,
            format!("`{code}` cannot be ignored: it is about the suite's own setup and rollback"),
        ));
    }
    if let Some(suite) = &entry.suite
        && !suites.contains(suite.get_ref())
    {
        let error = wrong(
            suite,
            format!("the project has no suite `{}`", suite.get_ref()),
        );
        return Err(match nearest(suite.get_ref(), suites) {
            Some(near) => error.help(format!("Did you mean `{near}`?")),
            None => error,
        });
    }
    if entry.reason.get_ref().trim().is_empty() {
        return Err(wrong(&entry.reason, "an entry needs a reason".to_owned())
            .help("Say why the finding does not count, for whoever reads this next."));
    }
    let object = Pattern::object(entry.object.get_ref())
        .map_err(|why| wrong(&entry.object, format!("`object`: {why}")))?;
    Ok(Ignore {
        suite: entry.suite.map(Spanned::into_inner),
        code: entry.code.into_inner(),
        object,
        reason: entry.reason.into_inner(),
        until: entry.until,
        origin,
    })
}
