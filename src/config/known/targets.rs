//! `[targets.NAME]` in `supaproof.toml`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::urls::Connection;
use super::{Known, Values, Variables};
use crate::error::Error;
use crate::target::door::Door;

/// A target with a name.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct Target {
    url: Option<String>,
    project: Option<String>,
    password: Option<String>,
    access_token: Option<String>,
    secret_key: Option<String>,
    publishable_key: Option<String>,
    api_url: Option<String>,
    pooler_url: Option<String>,
    ca: Option<PathBuf>,
    doors: Option<Vec<String>>,
    pub(in crate::config) protected: bool,
}

impl Target {
    /// Its values, with what they refer to looked up.
    ///
    /// # Errors
    /// Exit 2 where a variable is not set or a command fails.
    pub(super) fn values(
        &self,
        name: &str,
        root: &Path,
        variables: &Variables<'_>,
    ) -> Result<(Values, Vec<String>), Error> {
        let mut warnings = Vec::new();
        let mut look = |key: &str, text: &Option<String>, secret: bool| {
            let Some(text) = text else { return Ok(None) };
            let from = format!("{key} of [targets.{name}]");
            if let Some(variable) = text.strip_prefix("env:") {
                return match variables.get(variable) {
                    Some(known) => Ok(Some(Known::new(known.value, known.from))),
                    None => Err(
                        Error::usage(format!("{from} is in {variable}, which is not set"))
                            .help(format!("Set {variable} in the environment or in .env.")),
                    ),
                };
            }
            if let Some(command) = text.strip_prefix("command:") {
                return run(command, &from, root).map(|value| Some(Known::new(value, from)));
            }
            if secret {
                warnings.push(format!(
                    "{from} stands in supaproof.toml as it is: write \"env:NAME\" or \"command:…\" instead"
                ));
            }
            Ok(Some(Known::new(text.clone(), from)))
        };
        let has_password = |url: &Option<String>| {
            url.as_deref()
                .is_some_and(|url| crate::redact::redact(url) != url)
        };
        let url = look("url", &self.url, has_password(&self.url))?;
        let values = Values {
            urls: url
                .map(|known| Known::new(Connection::ours(known.value), known.from))
                .into_iter()
                .collect(),
            references: look("project", &self.project, false)?.into_iter().collect(),
            password: look("password", &self.password, true)?,
            token: look("access_token", &self.access_token, true)?,
            secret_key: look("secret_key", &self.secret_key, true)?,
            publishable_key: look("publishable_key", &self.publishable_key, false)?,
            api_url: look("api_url", &self.api_url, false)?,
            pooler_url: look("pooler_url", &self.pooler_url, false)?,
            ca: self.ca.as_ref().map(|ca| root.join(ca)),
            declared: true,
            ..Values::default()
        };
        Ok((values, warnings))
    }

    /// The doors that it names.
    ///
    /// # Errors
    /// Exit 2 where one is none.
    pub(super) fn doors(&self, name: &str) -> Result<Option<Vec<Door>>, Error> {
        let Some(words) = &self.doors else {
            return Ok(None);
        };
        let doors: Result<Vec<Door>, String> = words.iter().map(|word| word.parse()).collect();
        match doors {
            Ok(doors) if doors.is_empty() => {
                Err(Error::usage(format!("[targets.{name}] has no doors"))
                    .help("Leave `doors` out for all of them."))
            }
            Ok(doors) => Ok(Some(doors)),
            Err(reason) => Err(Error::usage(format!(
                "`doors` of [targets.{name}]: {reason}"
            ))),
        }
    }
}

/// What a command prints, without the line end. Nothing of what it says is repeated.
fn run(command: &str, from: &str, root: &Path) -> Result<String, Error> {
    let wrong = |reason: String| {
        Error::usage(format!("the command for {from} {reason}"))
            .help("Try it in a shell: it has to print the secret and nothing else.")
    };
    let output = Command::new("sh")
        .arg("-c")
        .arg(command.trim())
        .current_dir(root)
        .stdin(std::process::Stdio::inherit())
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| wrong(format!("did not start: {error}")))?;
    if !output.status.success() {
        return Err(wrong(format!("failed ({})", output.status)));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| wrong("printed no text".to_owned()))?;
    let text = text.trim_end_matches(['\n', '\r']);
    match text.is_empty() {
        true => Err(wrong("printed nothing".to_owned())),
        false => Ok(text.to_owned()),
    }
}
