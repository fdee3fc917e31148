//! Running migrations with progress.

use crate::error::Error;
use crate::migrate::{self, Direction, Migrations, Plan, Progress, Step, Version};
use crate::target::Target;
use crate::words;

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
    plan_after(&ledger, migrations, direction)
}

/// The same, where the ledger was read: with its rollbacks, unless it goes forward.
pub(super) fn plan_after(
    ledger: &migrate::Ledger,
    migrations: &Migrations,
    direction: &Direction,
) -> Result<Plan, Error> {
    let mut plan = migrate::plan(&ledger.applied, migrations, direction)?;
    plan.triggers.clone_from(&ledger.triggers);
    plan.take_up(ledger)?;
    if !plan.backward {
        let mut before: Vec<String> = lost(ledger, &plan).into_iter().collect();
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
    if without.is_empty() {
        return None;
    }
    let have = words::agree(without.len(), "has", "have");
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

/// The same for what changes the ledger alone.
pub(super) fn options_to_mend(context: &Context) -> migrate::Options {
    let options = options();
    migrate::Options {
        wait: context.config.wait.unwrap_or(options.wait),
        ..options
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

/// What the output says of a step that is done, by us or, where `skipped`, by another run.
pub(super) type Line<'a> = &'a (dyn Fn(&Step, bool) -> String + Sync);

/// Runs a plan; each step is a line of the output as soon as it is committed.
pub(super) async fn apply_and_tell(
    context: &Context,
    target: &mut dyn Target,
    plan: &Plan,
    options: &migrate::Options,
    line: Line<'_>,
) -> Result<migrate::Done, Error> {
    let place = (0, plan.steps.len());
    apply_with(context, target, plan, options, place, Some(line)).await
}

/// The same for a part of a longer plan: how many steps were before, and how many there are in all.
pub(super) async fn apply_part(
    context: &Context,
    target: &mut dyn Target,
    plan: &Plan,
    options: &migrate::Options,
    place: (usize, usize),
) -> Result<migrate::Done, Error> {
    apply_with(context, target, plan, options, place, None).await
}

/// Sets a suite up on a target that starts empty, without a ledger: everything is pending, and nothing is to go on with.
pub(super) async fn apply_all(
    context: &Context,
    target: &mut dyn Target,
    files: &Migrations,
) -> Result<(), Error> {
    let plan = migrate::plan(&[], files, &Direction::Forward)?;
    apply(context, target, &plan, &options_without_trace()).await?;
    Ok(())
}

async fn apply_with(
    context: &Context,
    target: &mut dyn Target,
    plan: &Plan,
    options: &migrate::Options,
    (before, all): (usize, usize),
    line: Option<Line<'_>>,
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
        wait: config.wait.unwrap_or(options.wait),
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
    let tell = |step: Option<&Step>, skipped| {
        if let (Some(line), Some(step)) = (line, step) {
            context.ui.result(&line(step, skipped));
        }
    };
    let observer = &mut |progress: Progress<'_>| match progress {
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
            context.ui.progress(&format!(
                "{label}: {} {} done",
                words::part(done, of, "statement", "statements"),
                words::agree(done, "is", "are")
            ));
            standing.running = Some((label, Running::Statements(done, of)));
            context.interrupt.stands(stays.then_some(&standing));
        }
        Progress::Batch { migration, rows } => {
            let label = migration.label();
            let so_far = words::grouped(rows);
            context
                .ui
                .progress(&format!("{label}: rows so far: {so_far}"));
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
            let is = |step: &&Step| step.migration.version == migration.version;
            tell(plan.steps.iter().find(is), true);
        }
        Progress::Notice { severity, message } => {
            context.ui.aside(&format!("{severity}: {message}"))
        }
        Progress::Finished {
            index, migration, ..
        } => {
            tell(plan.steps.get(index), false);
            standing.done = Some(migration.label());
            standing
                .running
                .take_if(|(label, _)| *label == migration.label());
            context.interrupt.stands(stays.then_some(&standing));
        }
    };
    let applying = migrate::apply(target, plan, &options, observer);
    let ended = context.ui.beside(applying).await;
    context.interrupt.stands(None);
    ended
}
