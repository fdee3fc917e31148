//! The values that a way to a project can be made of.

use std::path::{Path, PathBuf};

use super::files::{self, Stack};
use super::unusable::{self, PUBLISHABLE_KEY, SECRET_KEY};
use super::urls::{self, Connection, Found};
use super::{Known, Variables};
use crate::error::Error;
use crate::target::door::Unusable;

/// The variables of a secret key, and of one for the public. Those in the plural are maps of keys by their names.
const SECRET_KEYS: [&str; 3] = [
    "SUPABASE_SECRET_KEY",
    "SUPABASE_SECRET_KEYS",
    "SUPABASE_SERVICE_ROLE_KEY",
];
const PUBLIC_KEYS: [&str; 3] = [
    "SUPABASE_PUBLISHABLE_KEY",
    "SUPABASE_PUBLISHABLE_KEYS",
    "SUPABASE_ANON_KEY",
];

/// Everything that is known.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct Values {
    pub(super) urls: Vec<Known<Connection>>,
    /// Every reference of a project, the one that counts first.
    pub(super) references: Vec<Known<String>>,
    /// What the Supabase CLI linked. It gives way to what somebody set.
    pub(super) linked: Option<Known<String>>,
    pub(super) password: Option<Known<String>>,
    pub(super) token: Option<Known<String>>,
    pub(super) secret_key: Option<Known<String>>,
    pub(super) publishable_key: Option<Known<String>>,
    pub(super) api_url: Option<Known<String>>,
    pub(super) pooler_url: Option<Known<String>>,
    pub(super) management_url: Option<Known<String>>,
    /// The local stack.
    pub(super) local: Option<Known<Stack>>,
    pub(super) ca: Option<PathBuf>,
    /// Somebody said that all of it is one place.
    pub(super) declared: bool,
    /// What somebody should know of how the values were found.
    pub(super) warnings: Vec<String>,
    /// What is set and cannot be used.
    pub(super) unusable: Vec<Unusable>,
}

impl Values {
    /// What variables and the project's folder say.
    pub(super) fn ambient(variables: &Variables<'_>, root: &Path) -> Self {
        let Found {
            mut urls,
            warnings,
            mut unusable,
        } = urls::find(variables);
        let references = variables.all(&["SUPABASE_PROJECT_REF", "SUPABASE_PROJECT_ID"]);
        let references: Vec<Known<String>> =
            references.into_iter().map(|(_, known)| known).collect();
        let api_url = variables.get("SUPABASE_URL");
        // Beside anything else it would be another way to another database.
        if urls.is_empty() && references.is_empty() && api_url.is_none() {
            let service = variables.get("PGSERVICE").map(|known| {
                let name = known.value.replace('\\', "\\\\").replace('\'', "\\'");
                Known::new(Connection::ours(format!("service='{name}'")), known.from)
            });
            urls.extend(service);
        }
        let mut key = |what: &'static str, names: &[&str]| {
            key(variables, names).unwrap_or_else(|(from, error)| {
                unusable.push(unusable::because(what, from, &error, false));
                None
            })
        };
        let secret_key = key(SECRET_KEY, &SECRET_KEYS);
        let publishable_key = key(PUBLISHABLE_KEY, &PUBLIC_KEYS);
        Self {
            urls,
            references,
            linked: files::linked(root),
            password: variables.get("SUPABASE_DB_PASSWORD"),
            token: variables.get("SUPABASE_ACCESS_TOKEN"),
            secret_key,
            publishable_key,
            api_url,
            pooler_url: files::pooler(root),
            management_url: variables.get("SUPAPROOF_MANAGEMENT_URL"),
            warnings,
            unusable,
            ..Self::default()
        }
    }

    /// Whether nothing in it leads somewhere, or was meant to.
    pub(super) fn is_empty(&self) -> bool {
        self.urls.is_empty()
            && self.references.is_empty()
            && self.linked.is_none()
            && self.api_url.is_none()
            && self.local.is_none()
            && self.unusable.is_empty()
    }

    /// What this lacks, from what is known besides: the token, which is its owner's and no project's, and the rest where
    /// both speak of one project.
    pub(super) fn complete(&mut self, other: &Self, same_project: bool) {
        let fill = |own: &mut Option<Known<String>>, other: &Option<Known<String>>| {
            if own.is_none() {
                own.clone_from(other);
            }
        };
        fill(&mut self.token, &other.token);
        fill(&mut self.management_url, &other.management_url);
        if same_project {
            fill(&mut self.password, &other.password);
            fill(&mut self.secret_key, &other.secret_key);
            fill(&mut self.publishable_key, &other.publishable_key);
            fill(&mut self.api_url, &other.api_url);
            fill(&mut self.pooler_url, &other.pooler_url);
        }
    }
}

/// The first of these variables that is set; of a map the key `default`. Where there is none: which map it is, and why.
fn key(
    variables: &Variables<'_>,
    names: &[&str],
) -> Result<Option<Known<String>>, (String, Error)> {
    let Some((name, known)) = variables.all(names).into_iter().next() else {
        return Ok(None);
    };
    if !name.ends_with("_KEYS") {
        return Ok(Some(known));
    }
    let from = known.from;
    // Nothing of it is repeated: it holds keys.
    let wrong = |what: &str| {
        let error = Error::usage(format!("{from} {what}"))
            .help("It is a map of keys by their names, in JSON: {\"default\": \"sb_…\"}.");
        (from.clone(), error)
    };
    let keys: serde_json::Value =
        serde_json::from_str(known.value.trim()).map_err(|_| wrong("is no JSON"))?;
    match keys.get("default").and_then(serde_json::Value::as_str) {
        Some(key) => Ok(Some(Known::new(
            key.to_owned(),
            format!("`default` of {from}"),
        ))),
        None => Err(wrong("has no key `default`")),
    }
}
