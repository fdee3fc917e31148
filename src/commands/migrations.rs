//! Running migrations with progress.

use crate::error::Error;
use crate::migrate::{self, Direction, Migrations, Plan, Progress};
use crate::target::Target;

use super::Context;

/// What is to be done to get where `direction` points.
pub(super) async fn plan(
    target: &mut dyn Target,
    migrations: &Migrations,
    direction: &Direction,
) -> Result<Plan, Error> {
    let ledger = migrate::ledger::read(target, migrations.suite()).await?;
    migrate::plan(&ledger.applied, migrations, direction)
}

/// Runs a plan and shows what happens.
pub(super) async fn apply(
    context: &Context,
    target: &mut dyn Target,
    plan: &Plan,
) -> Result<migrate::Done, Error> {
    let doing = if plan.backward {
        "rolling back"
    } else {
        "applying"
    };
    for warning in &plan.warnings {
        context.ui.note(&format!("warning: {warning}"));
    }
    let options = migrate::Options {
        role: target.role().map(str::to_owned),
        ..migrate::Options::default()
    };
    migrate::apply(target, plan, &options, &mut |progress| match progress {
        Progress::Started {
            index,
            total,
            migration,
        } => {
            context.ui.progress(&format!(
                "{doing} {} ({} of {total})",
                migration.label(),
                index + 1
            ));
        }
        Progress::Waiting { holder } => context.ui.note(&format!("waiting for {holder}")),
        Progress::Skipped { migration } => {
            context.ui.note(&format!(
                "{}: another run was there first",
                migration.label()
            ));
        }
        Progress::Notice { severity, message } => {
            context.ui.progress(&format!("{severity}: {message}"))
        }
        Progress::Finished { .. } => {}
    })
    .await
}
