//! The settings that count, each with where it came from.

use std::collections::HashMap;
use std::time::Duration;

use tokio_postgres::config::ChannelBinding;

use super::conninfo::{self, Pairs};
use super::keys::{KEYS, Key, Support};
use super::service;
use super::settings::FROM_STRING;
use super::system::System;
use crate::error::Error;

/// Where a setting came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Environment,
    Service,
    Text,
}

struct Value {
    /// As it was given: a variable's name or the setting's.
    name: &'static str,
    text: String,
    origin: Origin,
}

/// The settings that count.
pub(super) struct Given {
    values: HashMap<&'static str, Value>,
}

impl Given {
    /// The variables, the service's settings over them, the string's over both; refuses what we do not support.
    pub(super) fn collect(
        system: &System<'_>,
        pairs: Pairs,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let mut given = Self {
            values: HashMap::new(),
        };
        for key in KEYS {
            if let Some((variable, text)) = key.env.and_then(|name| Some((name, env(name)?))) {
                let value = Value {
                    name: variable,
                    text,
                    origin: Origin::Environment,
                };
                given.values.insert(key.name, value);
            }
        }
        given.put(pairs, Origin::Text);
        if let Some(name) = given.value("service") {
            let file = given.value("servicefile");
            let settings = service::settings(system, &name, file.as_deref(), env)?;
            given.put_below(settings);
        }
        given.values.retain(|_, value| !value.text.is_empty());
        given.refuse()?;
        Ok(given)
    }

    fn put(&mut self, pairs: Pairs, origin: Origin) {
        for (Key { name, .. }, text) in pairs {
            self.values.insert(name, Value { name, text, origin });
        }
    }

    /// A service's settings count where the string says nothing.
    fn put_below(&mut self, pairs: Pairs) {
        let said = |values: &HashMap<_, Value>, name| {
            let value: Option<&Value> = values.get(name);
            value.is_some_and(|value| value.origin == Origin::Text)
        };
        let pairs = pairs
            .into_iter()
            .filter(|(key, _)| !said(&self.values, key.name))
            .collect();
        self.put(pairs, Origin::Service);
    }

    fn refuse(&self) -> Result<(), Error> {
        for key in KEYS {
            let Some((name, value)) = self.get(key.name) else {
                continue;
            };
            if value.contains('\0') {
                return Err(Error::usage(format!("{name} holds a zero byte")));
            }
            match key.support {
                Support::Used => {}
                Support::Refused(advice) => {
                    return Err(Error::usage(format!("{name} is not supported")).help(advice));
                }
                Support::Only(accepted, advice) => {
                    if !accepted.contains(&value.to_ascii_lowercase().as_str()) {
                        return Err(Error::usage(format!(
                            "this value of {name} is not supported (only {})",
                            accepted.join(", ")
                        ))
                        .help(advice));
                    }
                }
            }
        }
        Ok(())
    }

    /// The name under which it was given, and its value.
    pub(super) fn get(&self, key: &str) -> Option<(&'static str, &str)> {
        let value = self.values.get(key)?;
        Some((value.name, value.text.as_str()))
    }

    pub(super) fn value(&self, key: &str) -> Option<String> {
        let (_, value) = self.get(key)?;
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Where it came from, in words.
    pub(super) fn source(&self, key: &str) -> Option<String> {
        let value = self.values.get(key)?;
        Some(match value.origin {
            Origin::Environment => value.name.to_owned(),
            Origin::Service => match self.get("service") {
                Some((_, service)) => format!("the service `{service}`"),
                None => "the service file".to_owned(),
            },
            Origin::Text => FROM_STRING.to_owned(),
        })
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, Error> {
        self.get(key)
            .map(|(name, value)| {
                value
                    .trim()
                    .parse::<i32>()
                    .map(i64::from)
                    .map_err(|_| Error::usage(format!("{name} has to be a whole number")))
            })
            .transpose()
    }

    /// A length of time; 0 leaves it to the system, as in libpq.
    pub(super) fn duration(
        &self,
        key: &str,
        unit: fn(u64) -> Duration,
    ) -> Result<Option<Duration>, Error> {
        let number = self.number(key)?;
        Ok(number
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| *number > 0)
            .map(unit))
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Error> {
        match self.get(key) {
            None => Ok(None),
            Some((_, "true" | "1" | "on" | "yes")) => Ok(Some(true)),
            Some((_, "false" | "0" | "off" | "no")) => Ok(Some(false)),
            Some((name, _)) => Err(Error::usage(format!("{name} has to be true or false"))),
        }
    }

    pub(super) fn port(&self, default: u16) -> Result<u16, Error> {
        match self.get("port") {
            None => Ok(default),
            Some((name, port)) if port.contains(',') => {
                Err(conninfo::several_hosts().note(format!("{name} names several ports")))
            }
            Some((name, port)) => port
                .trim()
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| {
                    Error::usage(format!("{name} has to be a number from 1 to 65535"))
                        .help("Where the password holds one of @ : / ? # %, it has to be percent-encoded in a URL.")
                }),
        }
    }

    pub(super) fn channel_binding(&self) -> Result<ChannelBinding, Error> {
        match self.get("channel_binding") {
            None | Some((_, "prefer")) => Ok(ChannelBinding::Prefer),
            Some((_, "disable")) => Ok(ChannelBinding::Disable),
            Some((_, "require")) => Ok(ChannelBinding::Require),
            Some((name, _)) => Err(Error::usage(format!(
                "{name} has to be disable, prefer or require"
            ))),
        }
    }
}

/// libpq hands `PGTZ`, `PGDATESTYLE` and `PGGEQO` over as session settings when it connects. So do we, as options, and
/// before those that were given, which win.
pub(super) fn with_session_variables(
    given: Option<String>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let session = [
        ("PGTZ", "timezone"),
        ("PGDATESTYLE", "datestyle"),
        ("PGGEQO", "geqo"),
    ];
    let mut options: Vec<String> = Vec::new();
    for (variable, setting) in session {
        if let Some(value) = env(variable).filter(|value| !value.is_empty()) {
            let mut option = format!("-c {setting}=");
            for c in value.chars() {
                if c.is_whitespace() || c == '\\' {
                    option.push('\\');
                }
                option.push(c);
            }
            options.push(option);
        }
    }
    options.extend(given);
    (!options.is_empty()).then(|| options.join(" "))
}
