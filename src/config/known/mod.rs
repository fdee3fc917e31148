//! What is known of the way to a database, and where each value comes from: variables, `.env` files, `supaproof.toml`, what
//! the Supabase CLI left.

mod files;
mod places;
mod targets;
mod unusable;
mod urls;
mod values;
mod variables;
mod ways;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;
use crate::target::door::{Access, Door};
use crate::target::management::Reference;

use self::files::Stack;
pub(super) use self::targets::Target;
use self::urls::Connection;
use self::values::Values;
pub(super) use self::variables::Variables;

/// How long a local stack may take to answer whether it is there.
const LOCAL: Duration = Duration::from_millis(300);

/// A value with where it comes from (`DATABASE_URL in .env`).
#[derive(Clone, Debug)]
pub(super) struct Known<T> {
    pub(super) value: T,
    pub(super) from: String,
}

impl<T> Known<T> {
    pub(super) fn new(value: T, from: impl Into<String>) -> Self {
        Self {
            value,
            from: from.into(),
        }
    }
}

/// What counts beside the name of a target.
pub(super) struct Besides<'a> {
    /// The project's folder.
    pub(super) root: &'a Path,
    /// The variables.
    pub(super) variables: &'a Variables<'a>,
    /// The environment: the `PG*` variables count for every connection.
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    /// `--door`.
    pub(super) doors: Option<&'a [Door]>,
    /// `--ca`.
    pub(super) ca: Option<&'a Path>,
}

impl Besides<'_> {
    /// A target with a name.
    ///
    /// # Errors
    /// Exit 2 where its values cannot be used or found.
    pub(super) fn named(&self, name: &str, target: &Target) -> Result<Access, Error> {
        let (mut values, mut warnings) = target.values(name, self.root, self.variables)?;
        let ambient = Values::ambient(self.variables, self.root);
        // Its own values may be all that it takes: what is wrong with others is no reason to stop.
        let besides = ambient.unusable.iter();
        warnings.extend(besides.map(|one| format!("left out: {}", one.message)));
        let project = |values: &Values| {
            let mut values = values.clone();
            unusable::set_aside(&mut values, self.env);
            let settings = ways::settings(&values, self.env).ok()?;
            places::agreed(&mut values, &settings).ok()?.project
        };
        let same = match (project(&values), project(&ambient)) {
            (Some(own), Some(other)) => own.value == other.value,
            _ => false,
        };
        values.complete(&ambient, same);
        let own = target.doors(name)?;
        let mut access = self.access(values, self.doors.or(own.as_deref()))?;
        access.name = Some(name.to_owned());
        access.protected = target.protected;
        access.warnings.extend(warnings);
        Ok(access)
    }

    /// The database of a URL or of `key=value` settings, and nothing besides.
    ///
    /// # Errors
    /// Exit 2 where it cannot be used.
    pub(super) fn url(&self, text: &str, from: &str) -> Result<Access, Error> {
        let values = Values {
            urls: vec![Known::new(Connection::ours(text), from)],
            ..Values::default()
        };
        // There is nothing besides that could be used.
        self.access_of(values, self.doors)
    }

    /// A project, with what is known of it.
    ///
    /// # Errors
    /// Exit 2 where something that is known speaks of another project.
    pub(super) fn project(&self, reference: &Reference, from: &str) -> Result<Access, Error> {
        let mut values = Values::ambient(self.variables, self.root);
        values.references = vec![Known::new(reference.to_string(), from)];
        values.linked = None;
        unusable::set_aside(&mut values, self.env);
        places::keep_to(&mut values, reference, self.env)?;
        self.access(values, self.doors)
    }

    /// What the environment and the project's folder lead to; `None` where they lead nowhere, with what somebody should know
    /// all the same.
    ///
    /// # Errors
    /// Exit 2 where two values lead to different places.
    pub(super) fn ambient(&self) -> Result<Result<Access, Vec<String>>, Error> {
        let mut values = Values::ambient(self.variables, self.root);
        if values.is_empty() {
            values.local = files::stack(self.root).filter(|stack| answers(stack.value.port));
        }
        if values.is_empty() {
            return Ok(Err(values.warnings));
        }
        let mut access = self.access(values, self.doors)?;
        access.found = true;
        Ok(Ok(access))
    }

    /// The local stack of the Supabase CLI, on its usual ports where the project says nothing of it.
    ///
    /// # Errors
    /// Exit 2 where its values cannot be used.
    pub(super) fn local(&self) -> Result<Access, Error> {
        let usual = || Known::new(Stack::default(), "the usual ports of a local stack");
        let values = Values {
            local: Some(files::stack(self.root).unwrap_or_else(usual)),
            ..Values::default()
        };
        self.access(values, self.doors)
    }

    /// The ways by all that can be used of the values.
    fn access(&self, mut values: Values, doors: Option<&[Door]>) -> Result<Access, Error> {
        unusable::set_aside(&mut values, self.env);
        let mut unusable = std::mem::take(&mut values.unusable);
        if let Some(ca) = self.ca_of(&values)
            && let Some(ca) = unusable::authorities(&ca)
        {
            // Without them it is not known who answers: no door is left.
            let close = |door: &Door| (*door, ca.message.clone());
            let closed = doors.unwrap_or(&Door::ALL).iter().map(close).collect();
            unusable.push(ca);
            return Ok(Access {
                closed,
                unusable,
                warnings: values.warnings,
                ..Access::default()
            });
        }
        let mut access = self.access_of(values, doors)?;
        for (door, reason) in &mut access.closed {
            let of = |what: &&str| unusable.iter().find(|one| one.what == *what);
            if let Some(one) = takes(*door).iter().find_map(of)
                && !reason.starts_with("not tried")
            {
                reason.clone_from(&one.message);
            }
        }
        access.unusable = unusable;
        Ok(access)
    }

    fn access_of(&self, mut values: Values, doors: Option<&[Door]>) -> Result<Access, Error> {
        let ca = self.ca_of(&values);
        values.ca = ca.as_ref().map(|ca| ca.value.clone());
        let mut access = ways::access(values, doors, self.env)?;
        access.values.extend(ca.map(|ca| {
            let shown = ca.value.display().to_string();
            (unusable::AUTHORITIES, shown, ca.from)
        }));
        Ok(access)
    }

    /// The file of authorities that counts.
    fn ca_of(&self, values: &Values) -> Option<Known<PathBuf>> {
        let named = || Some(Known::new(values.ca.clone()?, "ca in supaproof.toml"));
        let flag = self.ca.map(|ca| Known::new(ca.to_owned(), "--ca"));
        flag.or_else(named)
    }
}

/// The values whose absence closes a door, from the one that it misses first.
fn takes(door: Door) -> &'static [&'static str] {
    match door {
        Door::Direct => &[unusable::PROJECT],
        Door::Session => &[unusable::PROJECT, unusable::POOLER, unusable::TOKEN],
        Door::Transaction => &[],
        Door::Management => &[unusable::PROJECT, unusable::TOKEN],
        Door::DataApi => &[unusable::SECRET_KEY, unusable::API, unusable::PROJECT],
    }
}

fn answers(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, LOCAL).is_ok()
}
