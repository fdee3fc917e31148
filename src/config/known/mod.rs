//! What is known of the way to a database, and where each value comes from: variables, `.env` files, `supaproof.toml`, what
//! the Supabase CLI left.

mod files;
mod places;
mod targets;
mod urls;
mod values;
mod variables;
mod ways;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
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
        // Its own values may be all that it takes: what is wrong with others is no reason to stop.
        let mut ambient = Values::ambient(self.variables, self.root).unwrap_or_else(|error| {
            warnings.push(format!("what is found besides is left out: {error}"));
            Values::default()
        });
        let project = |values: &mut Values| {
            let settings = ways::settings(values, self.env).ok()?;
            places::agreed(values, &settings).ok()?.project
        };
        let same = match (project(&mut values), project(&mut ambient)) {
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
        self.access(values, self.doors)
    }

    /// A project, with what is known of it.
    ///
    /// # Errors
    /// Exit 2 where something that is known speaks of another project.
    pub(super) fn project(&self, reference: &Reference, from: &str) -> Result<Access, Error> {
        let mut values = Values::ambient(self.variables, self.root)?;
        values.references = vec![Known::new(reference.to_string(), from)];
        places::keep_to(&mut values, reference, self.env)?;
        self.access(values, self.doors)
    }

    /// What the environment and the project's folder lead to; `None` where they lead nowhere, with what somebody should know
    /// all the same.
    ///
    /// # Errors
    /// Exit 2 where a value cannot be used, or two lead to different places.
    pub(super) fn ambient(&self) -> Result<Result<Access, Vec<String>>, Error> {
        let mut values = Values::ambient(self.variables, self.root)?;
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

    fn access(&self, mut values: Values, doors: Option<&[Door]>) -> Result<Access, Error> {
        if let Some(ca) = self.ca {
            values.ca = Some(ca.to_owned());
        }
        ways::access(values, doors, self.env)
    }
}

fn answers(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, LOCAL).is_ok()
}
