//! Running migrations with progress.

use crate::error::Error;
use crate::migrate::{self, Direction, Migrations, Plan, Progress, Version};
use crate::target::Target;

use super::Context;
use super::session::{Running, Standing};

/// What is to be done to get where `direction` points.
pub(super) async fn plan(
    target: &mut dyn Target,
    migrations: &Migrations,
    direction: &Direction,
) -> Result<Plan, Error> {
    let mut ledger = migrate::ledger::read(&mut *target, migrations.book()).await?;
    if *direction != Direction::Forward {
        ledger.fetch_rollbacks(target, migrations).await?;
    }
    let mut plan = migrate::plan(&ledger.applied, migrations, direction)?;
    plan.triggers.clone_from(&ledger.triggers);
    plan.take_up(&ledger)?;
    if !plan.backward {
        let mut before: Vec<String> = lost(&ledger, &plan).into_iter().collect();
        before.extend(no_rollback(&plan));
        plan.warnings.splice(0..0, before);
    }
    Ok(plan)
}

/// What the history says is applied, and is about to be applied.
fn lost(ledger: &migrate::Ledger, plan: &Plan) -> Option<String> {
    let lost: Vec<String> = ledger
        .lost()
        .filter_map(|told| {
            let mut steps = plan.steps.iter();
            let step = steps.find(|step| step.migration.version == told.version)?;
            Some(format!("{} ({})", step.migration.label(), told.at))
        })
        .collect();
    (!lost.is_empty()).then(|| {
        format!(
            "supaproof.history says that these are applied, and the ledger {} does not have them: {}; \
             was it moved or emptied? `supaproof baseline` records what is there without running it",
            plan.book.shown(),
            lost.join(", ")
        )
    })
}

/// What is about to be applied and has no rollback, and does not say why.
fn no_rollback(plan: &Plan) -> Option<String> {
    let without: Vec<String> = plan
        .steps
        .iter()
        .map(|step| &step.migration)
        .filter(|migration| migration.rollback.is_none() && migration.irreversible.is_none())
        .map(migrate::Migration::label)
        .collect();
    let have = match without.as_slice() {
        [] => return None,
        [_] => "has",
        _ => "have",
    };
    Some(format!("{} {have} no rollback", without.join(", ")))
}

/// The version that somebody typed.
pub(super) fn version(text: &str) -> Result<Version, Error> {
    Version::new(text).ok_or_else(|| {
        Error::usage(format!("`{text}` is no version"))
            .help("A version is the number that a file name starts with.")
    })
}

/// How migrations are run, and what the ledger notes of us.
pub(super) fn options() -> migrate::Options {
    migrate::Options {
        host: nix::unistd::gethostname()
            .ok()
            .and_then(|name| name.into_string().ok()),
        ..migrate::Options::default()
    }
}

/// The same for who wants no trace to stay.
pub(super) fn options_without_trace() -> migrate::Options {
    migrate::Options {
        keep_failures: false,
        ..options()
    }
}

/// Runs a plan and shows what happens.
pub(super) async fn apply(
    context: &Context,
    target: &mut dyn Target,
    plan: &Plan,
    options: &migrate::Options,
) -> Result<migrate::Done, Error> {
    apply_part(context, target, plan, options, (0, plan.steps.len())).await
}

/// The same for a part of a longer plan: how many steps were before, and how many there are in all.
pub(super) async fn apply_part(
    context: &Context,
    target: &mut dyn Target,
    plan: &Plan,
    options: &migrate::Options,
    (before, all): (usize, usize),
) -> Result<migrate::Done, Error> {
    let doing = if plan.backward {
        "rolling back"
    } else {
        "applying"
    };
    for warning in &plan.warnings {
        context.ui.note(&format!("warning: {warning}"));
    }
    let config = &context.config;
    let options = migrate::Options {
        role: target.role().map(str::to_owned),
        lock_timeout: config
            .lock_timeout
            .map_or(options.lock_timeout, migrate::Limit::Of),
        statement_timeout: config.statement_timeout.or(options.statement_timeout),
        ..options.clone()
    };
    // Who wants no trace, and a target that ends with us, leave nothing to go on with.
    let stays = options.keep_failures && !target.throwaway();
    let mut standing = Standing {
        suite: plan.suite.clone(),
        verb: if plan.backward {
            "rolled back"
        } else {
            "applied"
        },
        done: None,
        running: None,
    };
    let mut waited_for = None;
    let ended = migrate::apply(target, plan, &options, &mut |progress| match progress {
        Progress::Started {
            index, migration, ..
        } => {
            let script = plan.steps.get(index).map(|step| &step.script);
            let how = match script {
                Some(script) if script.batch().is_some() => Running::Batches(0),
                Some(script) if !script.transactional() => {
                    let done = plan.steps[index].halfway.as_ref().map_or(0, |it| it.done);
                    Running::Statements(done, script.statements().len())
                }
                _ => Running::Whole,
            };
            standing.running = Some((migration.label(), how));
            context.interrupt.stands(stays.then_some(&standing));
            context.ui.progress(&format!(
                "{doing} {} ({} of {all})",
                migration.label(),
                before + index + 1
            ));
        }
        Progress::Statements {
            migration,
            done,
            of,
        } => {
            let label = migration.label();
            context
                .ui
                .progress(&format!("{label}: {done} of {of} statements are done"));
            standing.running = Some((label, Running::Statements(done, of)));
            context.interrupt.stands(stays.then_some(&standing));
        }
        Progress::Batch { migration, rows } => {
            let label = migration.label();
            context
                .ui
                .progress(&format!("{label}: rows so far: {rows}"));
            standing.running = Some((label, Running::Batches(rows)));
            context.interrupt.stands(stays.then_some(&standing));
        }
        // Said once for each holder: the server is asked twice a second.
        Progress::Waiting { holder } if waited_for.as_deref() == Some(holder) => {}
        Progress::Waiting { holder } => {
            context.ui.note(&format!("waiting for {holder}"));
            waited_for = Some(holder.to_owned());
        }
        Progress::Skipped { migration } => {
            context.ui.note(&format!(
                "{}: another run was there first",
                migration.label()
            ));
        }
        Progress::Notice { severity, message } => {
            context.ui.progress(&format!("{severity}: {message}"))
        }
        Progress::Finished { migration, .. } => {
            standing.done = Some(migration.label());
            standing
                .running
                .take_if(|(label, _)| *label == migration.label());
            context.interrupt.stands(stays.then_some(&standing));
        }
    })
    .await;
    context.interrupt.stands(None);
    ended
}
