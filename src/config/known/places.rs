//! The places that the values lead to, and whether they are one.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use super::{Known, Values};
use crate::error::Error;
use crate::target::http::{Key, KeyKind};
use crate::target::management::Reference;
use crate::target::postgres::Settings;

/// A place that a value leads to.
#[derive(Clone, Debug)]
enum Place {
    /// A project at Supabase.
    Project(Reference),
    /// A database.
    Database(Box<Settings>),
    /// An API whose address names no project, by its host.
    Api(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(reference) => write!(f, "the project {reference}"),
            Self::Database(settings) => f.write_str(&settings.describe()),
            Self::Api(host) => write!(f, "the API at {host}"),
        }
    }
}

impl Place {
    /// Whether two values may lead to the same database.
    fn may_be(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Project(one), Self::Project(other)) => one == other,
            (Self::Database(one), Self::Database(other)) => same_database(one, other),
            // One at Supabase that names no project is no other project's.
            (Self::Database(database), Self::Project(_))
            | (Self::Project(_), Self::Database(database)) => is_at_supabase(database),
            // A project may have an address of its owner's, but none on this machine.
            (Self::Api(host), Self::Project(_)) | (Self::Project(_), Self::Api(host)) => {
                !is_this_machine(host)
            }
            (Self::Api(host), Self::Database(database))
            | (Self::Database(database), Self::Api(host)) => match is_this_machine(host) {
                true => database.is_local(),
                false => {
                    is_at_supabase(database)
                        || database
                            .host()
                            .is_some_and(|other| other.eq_ignore_ascii_case(host))
                }
            },
            (Self::Api(one), Self::Api(other)) => one.eq_ignore_ascii_case(other),
        }
    }
}

/// The same server and database, or a pooler before it: it listens on the server's host, as a rule.
fn same_database(one: &Settings, other: &Settings) -> bool {
    let same_host = match (one.host(), other.host()) {
        (Some(name), Some(of_other)) => {
            name.eq_ignore_ascii_case(of_other) || one.is_local() && other.is_local()
        }
        (None, None) => one.listening_at() == other.listening_at(),
        _ => false,
    };
    let pooled = one.is_pooled() != other.is_pooled();
    one.database() == other.database()
        && match pooled {
            true => same_host || one.is_local() && other.is_local(),
            false => same_host && one.port() == other.port(),
        }
}

fn is_at_supabase(settings: &Settings) -> bool {
    settings.supabase().is_ok_and(|place| place.is_some())
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// What the values come to.
#[derive(Debug, Default)]
pub(super) struct Agreed {
    /// The one project that they speak of.
    pub(super) project: Option<Known<Reference>>,
    /// Why the linked project does not count, where there is one.
    pub(super) left_out: Option<String>,
}

/// The one place that all values lead to. A linked project gives way to a place that somebody set and that is none at
/// Supabase; it is then taken out of the values.
///
/// # Errors
/// Exit 2 where a reference is none, or two values lead to different places: both are named.
pub(super) fn agreed(values: &mut Values, settings: &[Known<Settings>]) -> Result<Agreed, Error> {
    let mut places = set(values, settings)?;
    let plain = |known: &&Known<Place>| match &known.value {
        Place::Project(_) => false,
        Place::Database(database) => !is_at_supabase(database),
        Place::Api(host) => is_this_machine(host),
    };
    let mut left_out = None;
    if let Some(linked) = &values.linked {
        let project = places
            .iter()
            .any(|known| matches!(known.value, Place::Project(_)));
        match places.iter().find(plain).filter(|_| !project) {
            Some(plain) => {
                left_out = Some(format!(
                    "the linked project ({}) does not count beside {}",
                    linked.from, plain.from
                ));
                values.linked = None;
                values.pooler_url = None;
            }
            None => places.push(project_of(linked)?),
        }
    }
    if let Some(known) = &values.pooler_url
        && let Some(reference) = of_pooler(&known.value)
    {
        places.push(Known::new(Place::Project(reference), known.from.clone()));
    }
    let projects: Vec<&Known<Place>> = places
        .iter()
        .filter(|known| matches!(known.value, Place::Project(_)))
        .collect();
    match values.declared {
        // Somebody put the others side by side.
        true => differ(&projects),
        false => differ(&places.iter().collect::<Vec<_>>()),
    }?;
    let project = projects.first().and_then(|known| match &known.value {
        Place::Project(reference) => Some(Known::new(reference.clone(), known.from.clone())),
        _ => None,
    });
    Ok(Agreed { project, left_out })
}

/// The places of all values but those that the Supabase CLI left.
fn set(values: &Values, settings: &[Known<Settings>]) -> Result<Vec<Known<Place>>, Error> {
    let mut out = Vec::new();
    for known in &values.references {
        out.push(project_of(known)?);
    }
    let of_text = |text: Option<&str>, from: &str| {
        let reference = text.and_then(Reference::find)?;
        Some(Known::new(Place::Project(reference), from))
    };
    for known in settings {
        let place = known.value.supabase()?;
        let reference = place.and_then(|place| place.reference);
        let database = || {
            let settings = Box::new(known.value.clone());
            Known::new(Place::Database(settings), known.from.clone())
        };
        out.push(of_text(reference.as_deref(), &known.from).unwrap_or_else(database));
    }
    if let Some(known) = &values.api_url {
        let url = Url::parse(known.value.trim()).ok();
        let host = url.as_ref().and_then(Url::host_str);
        let project = of_text(host.and_then(of_api), &known.from);
        let api = host.map(|host| Known::new(Place::Api(host.to_owned()), known.from.clone()));
        out.extend(project.or(api));
    }
    for known in [&values.secret_key, &values.publishable_key]
        .into_iter()
        .flatten()
    {
        if let Ok(key) = Key::new(&known.from, &known.value)
            && let KeyKind::Token { project, .. } = key.kind()
        {
            out.extend(of_text(project.as_deref(), &known.from));
        }
    }
    Ok(out)
}

/// Takes what cannot be of this project out of the values: somebody named it, and nothing else.
pub(super) fn keep_to(
    values: &mut Values,
    named: &Reference,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(), Error> {
    let settings = super::ways::settings(values, env)?;
    let mut at_supabase = settings.iter().map(|known| is_at_supabase(&known.value));
    values
        .urls
        .retain(|_| at_supabase.next().unwrap_or_default());
    let host = |url: &str| Some(Url::parse(url.trim()).ok()?.host_str()?.to_owned());
    let on_this_machine =
        |known: &mut Known<String>| host(&known.value).is_some_and(|host| is_this_machine(&host));
    values.api_url.take_if(on_this_machine);
    let of_another = |known: &mut Known<String>| {
        of_pooler(&known.value).is_some_and(|reference| reference != *named)
    };
    values.pooler_url.take_if(of_another);
    Ok(())
}

fn project_of(known: &Known<String>) -> Result<Known<Place>, Error> {
    let reference = Reference::new(&known.from, known.value.trim())?;
    Ok(Known::new(Place::Project(reference), known.from.clone()))
}

/// Refuses two that cannot be one.
fn differ(places: &[&Known<Place>]) -> Result<(), Error> {
    for (at, one) in places.iter().enumerate() {
        let other = places[at + 1..]
            .iter()
            .find(|other| !one.value.may_be(&other.value));
        if let Some(other) = other {
            let what = match (&one.value, &other.value) {
                (Place::Project(_), Place::Project(_)) => "projects",
                _ => "databases",
            };
            return Err(Error::usage(format!(
                "two {what} are named: {} by {}, and {} by {}",
                one.value, one.from, other.value, other.from
            ))
            .help("Take one of the two away, or name the target: --target NAME, with [targets.NAME] in supaproof.toml."));
        }
    }
    Ok(())
}

/// The reference in the host of a project's API.
fn of_api(host: &str) -> Option<&str> {
    host.strip_suffix(".supabase.co")
        .or_else(|| host.strip_suffix(".supabase.in"))
}

/// The reference in a URL of a pooler: it stands in the user.
fn of_pooler(url: &str) -> Option<Reference> {
    let (_, rest) = url.split_once("://")?;
    let user = rest.split(['@', ':']).next()?;
    Reference::find(user.split_once('.')?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(text: &str) -> Place {
        Place::Database(Box::new(Settings::parse(text, &|_| None).unwrap()))
    }

    #[test]
    fn a_pooler_and_its_server_are_one_place_and_two_servers_are_not() {
        let api = |host: &str| Place::Api(host.to_owned());
        for (one, other, may_be) in [
            ("postgresql://a@h/d", "postgresql://b@H:5432/d", true),
            ("postgresql://a@h/d", "postgresql://a@h/e", false),
            ("postgresql://a@h/d", "postgresql://a@i/d", false),
            ("postgresql://a@h:1/d", "postgresql://a@h:2/d", false),
            (
                "postgresql://a@h:1/d?pgbouncer=true",
                "postgresql://a@h:2/d",
                true,
            ),
            (
                "postgresql://a@h:1/d?pgbouncer=true",
                "postgresql://a@h:2/e",
                false,
            ),
            (
                "postgresql://a@h:1/d?pgbouncer=true",
                "postgresql://a@h:2/d?pgbouncer=true",
                false,
            ),
            (
                "postgresql://a@localhost:1/d",
                "postgresql://a@127.0.0.1:1/d",
                true,
            ),
            (
                "host=/tmp/a dbname=d user=a",
                "host=/tmp/b dbname=d user=a",
                false,
            ),
            (
                "host=/tmp/a dbname=d user=a",
                "host=/tmp/a dbname=d user=b",
                true,
            ),
            (
                "host=/tmp/a dbname=d user=a",
                "postgresql://a@localhost:6432/d?pgbouncer=true",
                true,
            ),
        ] {
            let (one, other) = (database(one), database(other));
            assert_eq!(one.may_be(&other), may_be, "{one} {other}");
            assert_eq!(other.may_be(&one), may_be, "{other} {one}");
        }
        let project = Place::Project(Reference::find("abcdefghijklmnopqrst").unwrap());
        let pooler = "postgresql://a@aws-1-eu-central-1.pooler.supabase.com/postgres";
        for (one, other, may_be) in [
            (
                database("postgresql://a@localhost/d"),
                project.clone(),
                false,
            ),
            (database(pooler), project.clone(), true),
            (api("localhost"), project.clone(), false),
            (api("[::1]"), project.clone(), false),
            (api("api.example.com"), project, true),
            (
                api("127.0.0.1"),
                database("postgresql://a@localhost:54322/d"),
                true,
            ),
            (api("127.0.0.1"), database("postgresql://a@h/d"), false),
            (api("h"), database("postgresql://a@h/d"), true),
            (api("i"), database("postgresql://a@h/d"), false),
        ] {
            assert_eq!(one.may_be(&other), may_be, "{one} {other}");
            assert_eq!(other.may_be(&one), may_be, "{other} {one}");
        }
    }
}
