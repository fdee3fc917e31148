//! `supaproof setup`: applies what is pending.

use std::sync::Arc;

use crate::cli::Setup;
use crate::error::{Error, ExitCode};
use crate::migrate::{self, Book, Direction, Ledger, Migrations, Plan, Step};

use super::opening::Opening;
use super::session::Session;
use super::{Context, backup, destruction, dry_run, migrations};

pub(super) async fn run(context: &Arc<Context>, args: &Setup) -> Result<ExitCode, Error> {
    let (mut session, plans) = match prepare(context, args).await {
        Err(error) if args.trial.dry_run => {
            return Err(dry_run::ended_before(context, false, error));
        }
        prepared => prepared?,
    };
    if args.trial.dry_run {
        let nothing = "nothing is pending";
        let ended = dry_run::run(context, &mut session, &plans, &args.trial, nothing).await;
        session.close();
        return ended;
    }
    let ended = apply(context, &mut session, plans, args).await;
    let left = session.leave(&context.ui);
    ended?;
    left.warn(&context.ui, " to keep the schema");
    context.ui.end(Some(&left.label));
    Ok(ExitCode::Ok)
}

/// Reads the files beside opening the target, and says what is to be done.
async fn prepare(context: &Arc<Context>, args: &Setup) -> Result<(Session, Vec<Plan>), Error> {
    let names = args.suites.suites.clone();
    let read = move |context: &Context| -> Result<Vec<Migrations>, Error> {
        let suites = context.suites(&names)?;
        suites.iter().map(Migrations::from_suite).collect()
    };
    let mut opening = Opening::default();
    let open = || open(context, &args.suites.suites);
    let all = opening.beside(context, open(), read).await?;
    let (session, ledgers) = opening.opened(open()).await?;
    let plans = all
        .iter()
        .zip(&ledgers)
        .map(|(suite, ledger)| migrations::plan_after(ledger, suite, &Direction::Forward))
        .collect();
    match plans {
        Ok(plans) => Ok((session, plans)),
        Err(error) => {
            session.close();
            Err(error)
        }
    }
}

/// A session, and the ledger of each suite in it: which one that is, no file has to say.
async fn open(context: &Context, names: &[String]) -> Result<(Session, Vec<Ledger>), Error> {
    let names = context.names(names)?;
    let mut session = Session::open(context).await?;
    let mut ledgers = Vec::new();
    for name in &names {
        let book = Book::of(name, &context.config.project.ledger_of(name));
        ledgers.push(migrate::ledger::read(&mut *session.target, &book).await?);
    }
    Ok((session, ledgers))
}

async fn apply(
    context: &Context,
    session: &mut Session,
    mut plans: Vec<Plan>,
    args: &Setup,
) -> Result<(), Error> {
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
    for plan in &plans {
        if plan.steps.is_empty() {
            let line = format!("✅ {}: nothing is pending", plan.suite);
            context.ui.result(&line);
            continue;
        }
        let line = |step: &Step, skipped| {
            let how = if skipped {
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
            format!("✅ {}: {} {how}", plan.suite, step.migration.label())
        };
        let (target, options) = (&mut *session.target, migrations::options());
        migrations::apply_and_tell(context, target, plan, &options, &line)
            .await
            .map_err(|error| backup::told(error, kept.as_deref()))?;
    }
    Ok(())
}
