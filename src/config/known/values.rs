//! The values that a way to a project can be made of.

use std::path::{Path, PathBuf};

use super::{Known, Variables, files};

/// URLs of databases, from the one that names Supabase.
const URLS: [&str; 3] = ["SUPABASE_DB_URL", "DATABASE_URL", "DIRECT_URL"];

/// Everything that is known.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct Values {
    pub(super) urls: Vec<Known<String>>,
    pub(super) project: Option<Known<String>>,
    pub(super) password: Option<Known<String>>,
    pub(super) token: Option<Known<String>>,
    pub(super) secret_key: Option<Known<String>>,
    pub(super) publishable_key: Option<Known<String>>,
    pub(super) api_url: Option<Known<String>>,
    pub(super) pooler_url: Option<Known<String>>,
    pub(super) management_url: Option<Known<String>>,
    /// The port of a local stack that answers.
    pub(super) local: Option<Known<u16>>,
    pub(super) ca: Option<PathBuf>,
}

impl Values {
    /// What variables and the project's folder say.
    pub(super) fn ambient(variables: &Variables<'_>, root: &Path) -> Self {
        let postgres = |url: &Known<String>| {
            url.value.starts_with("postgres://") || url.value.starts_with("postgresql://")
        };
        let urls = URLS.iter().filter_map(|name| variables.get(name));
        let mut urls: Vec<Known<String>> = urls.filter(postgres).collect();
        let map = |name: &str| {
            let known = variables.get(name)?;
            let keys: serde_json::Value = serde_json::from_str(&known.value).ok()?;
            let key = keys.get("default")?.as_str()?.to_owned();
            Some(Known::new(key, format!("`default` of {}", known.from)))
        };
        let mut project = variables.first(&["SUPABASE_PROJECT_REF", "SUPABASE_PROJECT_ID"]);
        let api_url = variables.get("SUPABASE_URL");
        let service = variables
            .get("PGSERVICE")
            .filter(|_| urls.is_empty() && project.is_none() && api_url.is_none());
        match service {
            // Beside anything else it would be another way to another database.
            Some(Known { value, from }) => {
                let name = value.replace('\\', "\\\\").replace('\'', "\\'");
                urls.push(Known::new(format!("service='{name}'"), from));
            }
            None => project = project.or_else(|| files::linked(root)),
        }
        Self {
            urls,
            project,
            password: variables.get("SUPABASE_DB_PASSWORD"),
            token: variables.get("SUPABASE_ACCESS_TOKEN"),
            secret_key: variables
                .get("SUPABASE_SECRET_KEY")
                .or_else(|| map("SUPABASE_SECRET_KEYS"))
                .or_else(|| variables.get("SUPABASE_SERVICE_ROLE_KEY")),
            publishable_key: variables
                .get("SUPABASE_PUBLISHABLE_KEY")
                .or_else(|| map("SUPABASE_PUBLISHABLE_KEYS"))
                .or_else(|| variables.get("SUPABASE_ANON_KEY")),
            api_url,
            pooler_url: files::pooler(root),
            management_url: variables.get("SUPAPROOF_MANAGEMENT_URL"),
            local: None,
            ca: None,
        }
    }

    /// Whether anything in it leads somewhere.
    pub(super) fn is_empty(&self) -> bool {
        self.urls.is_empty()
            && self.project.is_none()
            && self.api_url.is_none()
            && self.local.is_none()
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
