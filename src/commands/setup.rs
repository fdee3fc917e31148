//! `supaproof setup`: applies what is pending.

use std::sync::Arc;

use crate::cli::{Setup, Trial};
use crate::error::{Error, ExitCode};
use crate::migrate::{Direction, Migrations, Plan};

use super::opening::Opening;
use super::session::Session;
use super::{Context, backup, destruction, dry_run, migrations};

pub(super) async fn run(context: &Arc<Context>, args: &Setup) -> Result<ExitCode, Error> {
    let names = args.suites.suites.clone();
    let read = move |context: &Context| -> Result<Vec<Migrations>, Error> {
        let suites = context.suites(&names)?;
        suites.iter().map(Migrations::from_suite).collect()
    };
    let mut opening = Opening::default();
    let all = opening.beside(context, read).await?;
    let mut session = opening.session(context).await?;
    if args.trial.dry_run {
        let ended = try_out(context, &mut session, &all, &args.trial).await;
        session.close();
        return ended;
    }
    let ended = apply(context, &mut session, &all, args).await;
    let label = session.label.clone();
    let throwaway = session.is_throwaway();
    session.close();
    context.ui.clear();
    let lines = ended?;
    if throwaway {
        context
            .ui
            .note("the embedded target ends with this command: name another with --target to keep the schema");
    }
    super::say(lines.join("\n").as_bytes());
    super::say(b"\n");
    context
        .ui
        .note(&format!("{label}: done in {}", context.ui.elapsed()));
    Ok(ExitCode::Ok)
}

async fn plans(session: &mut Session, all: &[Migrations]) -> Result<Vec<Plan>, Error> {
    let mut plans = Vec::new();
    for suite in all {
        plans.push(migrations::plan(&mut *session.target, suite, &Direction::Forward).await?);
    }
    Ok(plans)
}

async fn try_out(
    context: &Context,
    session: &mut Session,
    all: &[Migrations],
    trial: &Trial,
) -> Result<ExitCode, Error> {
    let plans = plans(session, all).await?;
    dry_run::run(context, session, &plans, trial).await
}

async fn apply(
    context: &Context,
    session: &mut Session,
    all: &[Migrations],
    args: &Setup,
) -> Result<Vec<String>, Error> {
    let mut plans = plans(session, all).await?;
    // Before anybody is asked.
    for warning in plans.iter_mut().flat_map(|plan| plan.warnings.drain(..)) {
        context.ui.note(&format!("warning: {warning}"));
    }
    let steps: Vec<String> = plans
        .iter()
        .flat_map(|plan| {
            plan.steps
                .iter()
                .map(|step| format!("{} of {}", step.migration.label(), plan.suite))
        })
        .collect();
    if !steps.is_empty() && !session.is_throwaway() {
        let question = format!("Apply {} to {}?", steps.join(", "), session.label);
        let destruction = destruction::of(&mut *session.target, &plans).await?;
        let allowed = &args.destructive.allow_destructive;
        destruction
            .ask(context, session, &question, allowed)
            .await?;
    }
    let kept = match steps.is_empty() {
        true => None,
        false => {
            let books = plans.iter().map(|plan| &plan.book);
            backup::before(context, session, books, &args.backing).await?
        }
    };
    let mut lines = Vec::new();
    for plan in &plans {
        if plan.steps.is_empty() {
            lines.push(format!("✅ {}: nothing is pending", plan.suite));
            continue;
        }
        let outcome =
            migrations::apply(context, &mut *session.target, plan, &migrations::options())
                .await
                .map_err(|error| backup::told(error, kept.as_deref()))?;
        for step in &plan.steps {
            let how = if outcome.skipped.contains(&step.migration.version) {
                "was applied by another run".to_owned()
            } else {
                match &step.halfway {
                    Some(halfway) if step.goes_on().is_some() => format!(
                        "applied; {} of its statements had been before",
                        halfway.done
                    ),
                    _ => "applied".to_owned(),
                }
            };
            lines.push(format!(
                "✅ {}: {} {how}",
                plan.suite,
                step.migration.label()
            ));
        }
    }
    Ok(lines)
}
