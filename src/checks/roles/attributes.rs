//! What CREATE ROLE says of a role in one line.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::Error as _;

use crate::catalog::Role;
use crate::source::{Located, Written};

use super::super::Examiner;
use super::{ATTRIBUTES, LIMIT, VALID_UNTIL};

pub(super) const SUPERUSER: [&str; 2] = ["superuser", "nosuperuser"];
pub(super) const INHERIT: [&str; 2] = ["inherit", "noinherit"];
pub(super) const CREATE_ROLE: [&str; 2] = ["createrole", "nocreaterole"];
pub(super) const CREATE_DB: [&str; 2] = ["createdb", "nocreatedb"];
pub(super) const LOGIN: [&str; 2] = ["login", "nologin"];
pub(super) const REPLICATION: [&str; 2] = ["replication", "noreplication"];
pub(super) const BYPASS_RLS: [&str; 2] = ["bypassrls", "nobypassrls"];

/// All attributes of a role. What the line leaves out is as CREATE ROLE has it: `inherit`, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    superuser: bool,
    inherit: bool,
    create_role: bool,
    create_db: bool,
    login: bool,
    replication: bool,
    bypass_rls: bool,
    connection_limit: Option<u64>,
    valid_until: Option<String>,
}

impl Attributes {
    /// Those of a role.
    pub(super) fn of(role: &Role) -> Self {
        Self {
            superuser: role.superuser,
            inherit: role.inherit,
            create_role: role.create_role,
            create_db: role.create_db,
            login: role.login,
            replication: role.replication,
            bypass_rls: role.bypass_rls,
            connection_limit: u64::try_from(role.connection_limit).ok(),
            valid_until: role.valid_until.as_deref().and_then(time),
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut out = Self {
            superuser: false,
            inherit: true,
            create_role: false,
            create_db: false,
            login: false,
            replication: false,
            bypass_rls: false,
            connection_limit: None,
            valid_until: None,
        };
        let lower = text.to_ascii_lowercase();
        let mut words = lower.split_whitespace().peekable();
        while let Some(word) = words.next() {
            if word == "connection" {
                if words.next() != Some("limit") {
                    return Err("`limit` and a number follow `connection`".to_owned());
                }
                let number = words.next().unwrap_or_default();
                let number: i64 = number
                    .parse()
                    .map_err(|_| format!("`{number}` is no connection limit: write a number"))?;
                out.connection_limit = u64::try_from(number).ok();
                continue;
            }
            if word == "valid" {
                let until = words.next() == Some("until");
                let rest: Vec<&str> = words.by_ref().filter(|_| until).collect();
                let quoted = rest.join(" ");
                let inner = quoted
                    .strip_prefix('\'')
                    .and_then(|rest| rest.split_once('\''));
                let Some((inner, rest)) = inner.filter(|(inner, _)| !inner.is_empty()) else {
                    return Err("`until` and a time in quotes follow `valid`".to_owned());
                };
                if !rest.is_empty() {
                    return Err(format!(
                        "`valid until` stands last, and `{}` follows it",
                        rest.trim()
                    ));
                }
                out.valid_until = time(inner);
                break;
            }
            let attributes = [
                (SUPERUSER, &mut out.superuser),
                (INHERIT, &mut out.inherit),
                (CREATE_ROLE, &mut out.create_role),
                (CREATE_DB, &mut out.create_db),
                (LOGIN, &mut out.login),
                (REPLICATION, &mut out.replication),
                (BYPASS_RLS, &mut out.bypass_rls),
            ];
            let named = attributes
                .into_iter()
                .find(|(words, _)| words.contains(&word));
            match named {
                Some(([yes, _], attribute)) => *attribute = word == yes,
                None => {
                    return Err(format!(
                        "`{word}` is no attribute of a role: there are login, inherit, superuser, createrole, createdb, \
                         replication and bypassrls, each also with `no`, `connection limit 3` and `valid until '…'`"
                    ));
                }
            }
        }
        Ok(out)
    }

    /// Compares with a role, at the place of the line.
    pub(super) fn compare(&self, place: &impl Written, role: &Role, examiner: &mut Examiner<'_>) {
        for (property, expected, found, [yes, no]) in [
            ("superuser", self.superuser, role.superuser, SUPERUSER),
            ("inherit", self.inherit, role.inherit, INHERIT),
            (
                "create role",
                self.create_role,
                role.create_role,
                CREATE_ROLE,
            ),
            ("create database", self.create_db, role.create_db, CREATE_DB),
            ("login", self.login, role.login, LOGIN),
            (
                "replication",
                self.replication,
                role.replication,
                REPLICATION,
            ),
            (
                "bypass row-level security",
                self.bypass_rls,
                role.bypass_rls,
                BYPASS_RLS,
            ),
        ] {
            let word = |is| if is { yes } else { no };
            let same = expected == found;
            let (expected, found) = (word(expected), word(found));
            examiner.property(&ATTRIBUTES, property, place, same, expected, found);
        }
        let limit = u64::try_from(role.connection_limit).ok();
        let words = |limit: Option<u64>| limit.map_or("no limit".to_owned(), |n| n.to_string());
        examiner.property(
            &LIMIT,
            "connection limit",
            place,
            self.connection_limit == limit,
            words(self.connection_limit),
            words(limit),
        );
        compare_time(self.valid_until.as_deref(), place, role, examiner);
    }
}

/// `login noinherit connection limit 3`; `nologin` where there is nothing else to say.
impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(LOGIN[usize::from(!self.login)])?;
        for (is, default, [yes, no]) in [
            (self.inherit, true, INHERIT),
            (self.superuser, false, SUPERUSER),
            (self.create_role, false, CREATE_ROLE),
            (self.create_db, false, CREATE_DB),
            (self.replication, false, REPLICATION),
            (self.bypass_rls, false, BYPASS_RLS),
        ] {
            if is != default {
                write!(f, " {}", if is { yes } else { no })?;
            }
        }
        if let Some(limit) = self.connection_limit {
            write!(f, " connection limit {limit}")?;
        }
        match &self.valid_until {
            Some(until) => write!(f, " valid until '{until}'"),
            None => Ok(()),
        }
    }
}

/// A time as the catalog has it: `2030-01-31T12:00:00Z`. None where it never comes.
pub(super) fn time(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_uppercase().replace(' ', "T");
    if ["NEVER", "INFINITY"].contains(&text.as_str()) {
        return None;
    }
    let (date, rest) = text.split_once('T').unwrap_or((&text, ""));
    let mut clock = rest;
    for zone in ["Z", "UTC", "+00:00", "+00"] {
        clock = clock.strip_suffix(zone).unwrap_or(clock);
    }
    let clock = match clock.len() {
        0 => "00:00:00".to_owned(),
        5 => format!("{clock}:00"),
        _ => clock.to_owned(),
    };
    Some(format!("{date}T{clock}Z"))
}

pub(super) fn compare_time(
    wanted: Option<&str>,
    place: &impl Written,
    role: &Role,
    examiner: &mut Examiner<'_>,
) {
    let found = role.valid_until.as_deref().and_then(time);
    examiner.property(
        &VALID_UNTIL,
        "valid until",
        place,
        wanted == found.as_deref(),
        wanted.unwrap_or("never"),
        found.as_deref().unwrap_or("never"),
    );
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for Attributes {
    fn schema_name() -> Cow<'static, str> {
        "Attributes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "All attributes, as in CREATE ROLE: login noinherit connection limit 3"
        })
    }
}

impl Examiner<'_> {
    /// Compares members by name and by the options that are expected of them.
    pub(super) fn memberships(
        &mut self,
        code: &super::super::Code,
        property: &'static str,
        expected: &Option<Located<super::Listing<super::Member>>>,
        found: &[super::Member],
    ) {
        if let Some(expected) = expected {
            self.property(
                code,
                property,
                expected,
                expected.value.met(found, super::Member::meets),
                expected.value.to_string(),
                super::super::language::shown(found),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_means_what_it_would_in_create_role() {
        let read = |text: &str| Attributes::parse(text).map(|a| a.to_string());
        for (text, shown) in [
            ("", "nologin"),
            ("LOGIN", "login"),
            ("nologin noinherit bypassrls", "nologin noinherit bypassrls"),
            (
                "login valid until '2030-01-31'",
                "login valid until '2030-01-31T00:00:00Z'",
            ),
            (
                "connection limit 3 login valid until '2030-01-31 12:00:00+00'",
                "login connection limit 3 valid until '2030-01-31T12:00:00Z'",
            ),
            ("login valid until 'infinity' ", "login"),
            ("login connection limit -1", "login"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(shown), "{text}");
        }
        for text in [
            "logn",
            "connection 3",
            "valid until",
            "valid until 'x' login",
            "connection limit x",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
