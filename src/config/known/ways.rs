//! The doors that the known values open.

use reqwest::Url;
use secrecy::SecretString;

use super::places::{self, Agreed};
use super::urls::Connection;
use super::{Known, Values};
use crate::error::Error;
use crate::target::door::{Access, ApiOf, Credential, Door, How, LoginOf, Place, PoolerOf, Way};
use crate::target::http::{Key, KeyKind};
use crate::target::management::{BASE, Reference};
use crate::target::postgres::supabase::Endpoint;
use crate::target::postgres::{FROM_STRING, Settings};

/// The database of a local stack, before its port.
const LOCAL: &str = "postgresql://postgres:postgres@127.0.0.1";

/// The key of every local stack for `service_role`: it is signed with a secret that stands in the Supabase CLI, and opens
/// nothing but what runs on its owner's machine.
///
/// Source: the CLI's `pkg/config/apikeys.go`.
const LOCAL_KEY: &str = concat!(
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
    ".eyJpc3MiOiJzdXBhYmFzZS1kZW1vIiwicm9sZSI6InNlcnZpY2Vfcm9sZSIsImV4cCI6MTk4MzgxMjk5Nn0",
    ".EGIM96RAZx35lJzdJsyH-qQwv8Hdp7fsn3W0YpN81IU"
);

/// Makes ways of values. `wanted`: the doors to use, in order, where somebody has said so.
///
/// # Errors
/// Exit 2 where a value cannot be used, or two lead to different places.
pub(super) fn access(
    mut values: Values,
    wanted: Option<&[Door]>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Access, Error> {
    if let Some(stack) = &values.local
        && let Some(port) = stack.value.api
    {
        let from = &stack.from;
        values.api_url = Some(Known::new(format!("http://127.0.0.1:{port}"), from));
        values.secret_key = Some(Known::new(LOCAL_KEY.to_owned(), from));
    }
    let settings = settings(&values, env)?;
    let Agreed { project, left_out } = places::agreed(&mut values, &settings)?;
    let values = &values;
    let parts = Parts {
        values,
        settings: &settings,
        project: project.as_ref(),
        left_out,
        told: wanted.is_some(),
    };
    let api = parts.api().ok().and_then(Result::ok);
    let warned = settings.iter().flat_map(|known| known.value.warnings());
    let mut access = Access {
        api: api.map(|(api, _)| api),
        project: project.as_ref().map(|known| known.value.clone()),
        values: parts.shown(),
        warnings: values.warnings.iter().chain(warned).cloned().collect(),
        ..Access::default()
    };
    for &door in wanted.unwrap_or(&Door::ALL) {
        match parts.way(door)? {
            Err(reason) => access.closed.push((door, reason)),
            Ok(way)
                if !parts.told
                    && access
                        .ways
                        .iter()
                        .any(|w| w.credential() < way.credential()) =>
            {
                access.closed.push((door, wider(door, way.credential())));
            }
            Ok(way) => access.ways.push(way),
        }
    }
    Ok(access)
}

fn wider(door: Door, credential: Credential) -> String {
    let what = match credential {
        Credential::Token => "an access token may do more than the password of the database",
        Credential::Password => "the password of the database may do more than a secret key",
        Credential::Key => "a key may do less",
    };
    format!(
        "not tried: {what}; --door {} says that it may be used",
        door.word()
    )
}

/// The settings of every URL, each with its password where it is known from elsewhere.
pub(super) fn settings(
    values: &Values,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Known<Settings>>, Error> {
    let mut out = Vec::new();
    let local = values.local.as_ref().map(|stack| {
        let url = format!("{LOCAL}:{}/postgres", stack.value.port);
        Known::new(Connection::ours(url), stack.from.clone())
    });
    for url in values.urls.iter().chain(&local) {
        let parsed = url.value.settings(env);
        let parsed = parsed.map_err(|error| match url.from.as_str() {
            "--target" => error,
            from => error.note(format!("this is {from}")),
        })?;
        let parsed = match &values.password {
            Some(password) if parsed.supabase()?.is_some() => {
                parsed.or_password(&SecretString::from(password.value.clone()))
            }
            _ => parsed,
        };
        let parsed = match &values.ca {
            Some(ca) => parsed.with_ca(ca)?,
            None => parsed,
        };
        out.push(Known::new(parsed, url.from.clone()));
    }
    Ok(out)
}

struct Parts<'a> {
    values: &'a Values,
    settings: &'a [Known<Settings>],
    project: Option<&'a Known<Reference>>,
    /// Why the linked project does not count.
    left_out: Option<String>,
    /// Somebody has said which doors are to be used.
    told: bool,
}

impl Parts<'_> {
    /// The way through a door, or why there is none.
    fn way(&self, door: Door) -> Result<Result<Way, String>, Error> {
        let found = match door {
            Door::Direct | Door::Session | Door::Transaction => match self.by_url(door) {
                Some((settings, from)) => Ok(self.of_url(door, settings, from)?),
                None => self.by_parts(door)?,
            },
            Door::Management => self.management()?,
            Door::DataApi => self.data_api()?,
        };
        Ok(found.map(|(how, from)| Way { door, how, from }))
    }

    /// The URL that leads there.
    fn by_url(&self, door: Door) -> Option<(Settings, String)> {
        let known = self
            .settings
            .iter()
            .find(|known| door_of(&known.value) == door)?;
        Some((known.value.clone(), known.from.clone()))
    }

    /// The way by a URL. Where it lacks the password, a login can be made for it, if the door was named.
    fn of_url(&self, door: Door, settings: Settings, from: String) -> Result<(How, String), Error> {
        if self.told
            && door != Door::Transaction
            && !settings.has_password()
            && settings.supabase()?.is_some()
            && let Ok((api, token)) = self.api()?
        {
            return Ok(self.login(api, Some(settings), &from, &token));
        }
        Ok((How::Postgres(Box::new(settings)), from))
    }

    fn login(&self, api: ApiOf, at: Option<Settings>, from: &str, token: &str) -> (How, String) {
        let login = LoginOf {
            api,
            at,
            ca: self.values.ca.clone(),
        };
        let from = format!("{from}, the login by the Management API with {token}");
        (How::Login(Box::new(login)), from)
    }

    /// What leads there without a URL: the project's reference and the password.
    fn by_parts(&self, door: Door) -> Result<Result<(How, String), String>, Error> {
        let Some(project) = self.project else {
            let unknown = || "no URL of a database and no project is known".to_owned();
            return Ok(Err(self.left_out.clone().unwrap_or_else(unknown)));
        };
        let with_ca = |settings: Settings| match &self.values.ca {
            Some(ca) => settings.with_ca(ca),
            None => Ok(settings),
        };
        let reference = project.value.as_str();
        let place = |secret: SecretString| -> Result<Option<(Settings, &str)>, Error> {
            if door == Door::Direct {
                let settings = with_ca(Settings::supabase_direct(reference, secret)?)?;
                return Ok(Some((settings, "")));
            }
            let Some(pooler) = &self.values.pooler_url else {
                return Ok(None);
            };
            let Some(host) = host(&pooler.value) else {
                return Ok(None);
            };
            let port = door.pooler_port();
            let settings = Settings::supabase_pooler(reference, secret, host, port)?;
            Ok(Some((with_ca(settings)?, pooler.from.as_str())))
        };
        let and_host = |from: String, host: &str| match host {
            "" => from,
            host => format!("{from}, the host from {host}"),
        };
        let Some(password) = &self.values.password else {
            let unknown = "the password of the database is not known (SUPABASE_DB_PASSWORD)";
            // A login that is made takes a role for its session, and here none lasts.
            if door == Door::Transaction {
                return Ok(Err(unknown.to_owned()));
            }
            return Ok(match (self.api()?, self.told) {
                (Ok((api, token)), true) => {
                    let (at, host) = place(SecretString::default())?.unzip();
                    let from = and_host(project.from.clone(), host.unwrap_or_default());
                    Ok(self.login(api, at, &from, &token))
                }
                (Ok(_), false) => Err(format!(
                    "{unknown}; --door {} has a temporary login made by the Management API",
                    door.word()
                )),
                (Err(_), _) => Err(unknown.to_owned()),
            });
        };
        let secret = SecretString::from(password.value.clone());
        let from = both(&project.from, &password.from);
        if let Some((settings, host)) = place(secret.clone())? {
            let how = How::Postgres(Box::new(settings));
            return Ok(Ok((how, and_host(from, host))));
        }
        Ok(match self.api()? {
            Ok((api, token)) => {
                let pooler = PoolerOf {
                    api,
                    password: secret,
                    ca: self.values.ca.clone(),
                };
                let from = format!("{from}, the host by the Management API with {token}");
                Ok((How::Pooler(Box::new(pooler)), from))
            }
            Err(_) => Err("its host is not known: run `supabase link`, set SUPABASE_ACCESS_TOKEN, or give its URL".to_owned()),
        })
    }

    fn management(&self) -> Result<Result<(How, String), String>, Error> {
        let project = self.project.map(|project| project.from.as_str());
        Ok(self.api()?.map(|(api, token)| {
            let from = both(project.unwrap_or_default(), &token);
            (How::Management(Box::new(api)), from)
        }))
    }

    fn api(&self) -> Result<Result<(ApiOf, String), String>, Error> {
        let Some(project) = self.project else {
            let unknown = || "no project is known (SUPABASE_PROJECT_REF)".to_owned();
            return Ok(Err(self.left_out.clone().unwrap_or_else(unknown)));
        };
        let Some(token) = &self.values.token else {
            return Ok(Err(
                "no access token is known (SUPABASE_ACCESS_TOKEN)".to_owned()
            ));
        };
        let base = match &self.values.management_url {
            Some(known) => url(&known.value, &known.from)?,
            None => url(BASE, "the Management API")?,
        };
        let api = ApiOf {
            at: self.place(base),
            reference: project.value.clone(),
            token: access_token(token)?,
        };
        Ok(Ok((api, token.from.clone())))
    }

    fn data_api(&self) -> Result<Result<(How, String), String>, Error> {
        let Some(key) = &self.values.secret_key else {
            return Ok(Err(match &self.values.publishable_key {
                Some(known) => format!(
                    "{} is a key for the public: this takes a secret one (SUPABASE_SECRET_KEY)",
                    known.from
                ),
                None => "no secret key is known (SUPABASE_SECRET_KEY or SUPABASE_SERVICE_ROLE_KEY)"
                    .to_owned(),
            }));
        };
        let (base, place) = match (&self.values.api_url, self.project) {
            (Some(known), _) => (url(known.value.trim(), &known.from)?, &known.from),
            (None, Some(project)) => {
                let text = format!("https://{}.supabase.co", project.value);
                (url(&text, &project.from)?, &project.from)
            }
            (None, None) => {
                return Ok(Err(
                    "the address of the project is not known (SUPABASE_URL)".to_owned(),
                ));
            }
        };
        let how = How::DataApi {
            at: Box::new(self.place(rest(base))),
            key: Key::new(&key.from, &key.value)?,
        };
        Ok(Ok((how, both(place, &key.from))))
    }

    fn place(&self, base: Url) -> Place {
        Place {
            base,
            ca: self.values.ca.clone(),
        }
    }

    /// Each value that counts, with where it comes from, and without what is secret of it.
    fn shown(&self) -> Vec<(&'static str, String, String)> {
        let mut out = Vec::new();
        if let Some(project) = self.project {
            out.push(("project", project.value.to_string(), project.from.clone()));
        }
        for known in self.settings {
            out.push(("database", known.value.describe(), known.from.clone()));
            // One that stands in the URL itself needs no line.
            let source = known.value.password_source();
            let elsewhere = source.filter(|source| *source != FROM_STRING);
            out.extend(elsewhere.map(|from| ("password", "set".to_owned(), from.to_owned())));
        }
        let Values {
            password,
            token,
            secret_key,
            publishable_key,
            api_url,
            ..
        } = self.values;
        if let Some(known) = api_url {
            out.push(("API", known.value.clone(), known.from.clone()));
        }
        for (what, known) in [
            ("password", password),
            ("access token", token),
            ("secret key", secret_key),
            ("publishable key", publishable_key),
        ] {
            out.extend(
                known
                    .iter()
                    .map(|known| (what, "set".to_owned(), known.from.clone())),
            );
        }
        out
    }
}

/// Two sources, or the one that both are.
fn both(one: &str, other: &str) -> String {
    match one == other {
        true => one.to_owned(),
        false => format!("{one} and {other}"),
    }
}

/// The door that a connection goes through.
fn door_of(settings: &Settings) -> Door {
    let place = settings.supabase().ok().flatten();
    match place.map(|place| place.endpoint) {
        _ if settings.is_pooled() => Door::Transaction,
        Some(Endpoint::SessionPooler) => Door::Session,
        _ => Door::Direct,
    }
}

/// An access token, which no key of a project is.
pub(super) fn access_token(known: &Known<String>) -> Result<Key, Error> {
    let key = Key::new(&known.from, &known.value)?;
    match key.kind() {
        KeyKind::Secret | KeyKind::Publishable => Err(Error::usage(format!(
            "{} holds a key of a project, and an access token is needed",
            known.from
        ))
        .help("It begins with sbp_: dashboard, Account, Access Tokens.")),
        _ => Ok(key),
    }
}

pub(super) fn url(text: &str, from: &str) -> Result<Url, Error> {
    let url = Url::parse(text).ok().filter(|url| url.has_host());
    // It may hold a key that was put into the wrong variable.
    let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
    url.ok_or_else(|| {
        Error::usage(format!("{from} is not the address of an API"))
            .help("It looks like https://REFERENCE.supabase.co.")
    })
}

/// The Data API's own address, below that of the project.
fn rest(mut base: Url) -> Url {
    let path = base.path().trim_end_matches('/').to_owned();
    if path.is_empty() {
        base.set_path("/rest/v1");
    }
    base
}

/// The host in a URL of a pooler.
pub(super) fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let host = place.split([':', '/', '?']).next()?;
    (!host.is_empty()).then_some(host)
}
