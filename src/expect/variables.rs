//! Variables: `${NAME}` in a value, from the profile that was chosen or from the environment.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::error::Error;
use crate::source::{Located, Source};

use super::document::Prelude;

/// What a file is read with: a file means the same wherever these are the same.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// The profile that was chosen.
    pub profile: Option<&'a str>,
    /// A variable of the environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The file that another one includes, by its path as it stands there.
    pub include: &'a dyn Fn(&Source, &str) -> Result<Source, Error>,
}

/// No profile, no variable, and nothing can be included.
impl Default for Given<'_> {
    fn default() -> Self {
        Self {
            profile: None,
            variable: &|_| None,
            include: &|_, _| Err(Error::usage("nothing can be included here")),
        }
    }
}

impl fmt::Debug for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Given({:?})", self.profile)
    }
}

/// What a variable begins with.
pub(super) const REFERENCE: &str = "${";

/// Words of a name that say that its value is a secret. What a suite expects is shown in findings, in reports and in
/// the logs of a CI: a secret has no place in it.
const SECRET: [&str; 12] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "KEY",
    "KEYS",
    "CREDENTIAL",
    "CREDENTIALS",
    "JWT",
];

/// The values of a suite's variables.
pub(super) struct Variables<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    profile: BTreeMap<String, String>,
    /// Its name, where it was chosen and the suite has it.
    chosen: Option<&'a str>,
}

impl<'a> Variables<'a> {
    /// Before the profile is known.
    pub(super) fn of_environment(given: &Given<'a>) -> Self {
        Self {
            environment: given.variable,
            profile: BTreeMap::new(),
            chosen: None,
        }
    }

    /// With the values of the profile that was chosen. A suite without profiles is the same in all of them.
    pub(super) fn with_profile(
        mut self,
        prelude: Prelude,
        source: &Source,
        profile: Option<&'a str>,
    ) -> Result<Self, Error> {
        let profiles = prelude.profiles.0;
        let Some(wanted) = profile.filter(|_| !profiles.is_empty()) else {
            return Ok(self);
        };
        let names: Vec<String> = profiles
            .iter()
            .map(|(name, _)| name.value.clone())
            .collect();
        let Some((_, values)) = profiles.into_iter().find(|(name, _)| name.value == wanted) else {
            let error = Error::usage(format!(
                "{} has no profile `{wanted}`",
                source.path().display()
            ));
            return Err(match crate::error::nearest(wanted, &names) {
                Some(near) => error.help(format!("Did you mean `{near}`?")),
                None => error.help(format!("Its profiles are {}.", names.join(", "))),
            });
        };
        for (name, value) in values.0 {
            self.profile
                .insert(valid(name, source)?, literal(value, source)?);
        }
        self.chosen = profile;
        Ok(self)
    }

    /// Those that a text names and that have a value.
    pub(super) fn of(&self, source: &Source) -> HashMap<String, String> {
        let named = source.text().match_indices(REFERENCE).map(|(at, _)| {
            let rest = source.text().get(at + 2..).unwrap_or_default();
            let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
            rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
        });
        let valued = named.filter_map(|name| Some((name.to_owned(), self.value(name)?)));
        valued.collect()
    }

    fn value(&self, name: &str) -> Option<String> {
        match self.profile.get(name) {
            Some(value) => Some(value.clone()),
            None if is_secret(name) => None,
            None => (self.environment)(name),
        }
    }

    /// What to say of a variable without a value.
    pub(super) fn missing(&self, name: &str) -> Error {
        if is_secret(name) && (self.environment)(name).is_some() {
            return Error::usage(format!(
                "the variable `{name}` is not read from the environment: by its name it holds a secret"
            ))
            .help("What a suite expects is shown in reports: no secret belongs into it. If it is none, give it another name.");
        }
        let error = Error::usage(format!("the variable `{name}` has no value"));
        let names: Vec<&String> = self.profile.keys().collect();
        if let Some(near) = crate::error::nearest(name, names.iter().copied()) {
            return error.help(format!("Did you mean `{near}`?"));
        }
        let profile = match self.chosen {
            Some(profile) => format!("in the profile `{profile}`"),
            None => "in a profile (--profile)".to_owned(),
        };
        error.help(format!(
            "Set it in the environment or {profile}, or write ${{{name}:-value}} to say what holds without it."
        ))
    }
}

/// Refuses SQL whose dollar quotes were taken for escaped dollars: an unquoted text in a file with variables.
///
/// # Errors
/// At the text.
pub(super) fn keep_dollars(source: &Source, sql: &Located<String>) -> Result<(), Error> {
    let origin = source.origin(sql.span.clone());
    let written = origin.text();
    let literal = written.starts_with(['"', '\'', '|', '>']) || !source.text().contains(REFERENCE);
    if literal || !written.replace("$${", "").contains("$$") {
        return Ok(());
    }
    Err(
        Error::usage("in a file with variables, `$$` outside of quotes means one `$`")
            .at(origin)
            .help("Write the SQL in quotes or as a block (`run: |`): its text is left as it is."),
    )
}

fn is_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    upper.contains("PASSWORD") || upper.split('_').any(|word| SECRET.contains(&word))
}

fn valid(name: Located<String>, source: &Source) -> Result<String, Error> {
    let start = |c: char| c == '_' || c.is_ascii_alphabetic();
    let inner = |c: char| c == '_' || c.is_ascii_alphanumeric();
    if name.value.starts_with(start) && name.value.chars().all(inner) {
        return Ok(name.value);
    }
    Err(
        Error::usage(format!("`{}` is no name of a variable", name.value))
            .at(source.origin(name.span))
            .help("It has letters, digits and `_`, and no digit in front."),
    )
}

fn literal(value: Located<String>, source: &Source) -> Result<String, Error> {
    if value.value.contains(REFERENCE) {
        return Err(Error::usage(
            "a profile's value is the text itself: variables are not replaced in it",
        )
        .at(source.origin(value.span)));
    }
    Ok(value.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_name() {
        for name in [
            "PGPASSWORD",
            "API_KEY",
            "jwt_secret",
            "GITHUB_TOKEN",
            "DB_PASS",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["OWNER", "KEYBOARD", "TENANT", "MONKEYS", "COMPASS"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
