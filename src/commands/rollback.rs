//! `supaproof rollback`: takes migrations back, the newest first.

use crate::cli::{HowFar, Rollback};
use crate::error::{Error, ExitCode};
use crate::migrate::{Direction, Migrations, Plan, Step};

use super::session::Session;
use super::{Context, backup, destruction, dry_run, migrations};

pub(super) async fn run(context: &Context, args: &Rollback) -> Result<ExitCode, Error> {
    let direction = direction(&args.how_far)?;
    let (mut session, plan) = match prepare(context, args, &direction).await {
        Err(error) if args.trial.dry_run => {
            return Err(dry_run::ended_before(context, true, error));
        }
        prepared => prepared?,
    };
    let nothing = nothing(&direction);
    if args.trial.dry_run {
        let ended = dry_run::run(context, &mut session, &[plan], &args.trial, &nothing).await;
        session.close();
        return ended;
    }
    let ended = back(context, &mut session, plan, &nothing, args).await;
    let left = session.leave(&context.ui);
    ended?;
    context.ui.end(Some(&left.label));
    Ok(ExitCode::Ok)
}

/// Opens the target, and says what is to be taken back.
async fn prepare(
    context: &Context,
    args: &Rollback,
    direction: &Direction,
) -> Result<(Session, Plan), Error> {
    let suite = context.the_suite(args.suite.as_deref(), "roll back")?;
    let migrations = Migrations::from_suite(&suite)?;
    let mut session = Session::open(context).await?;
    match migrations::plan(&mut *session.target, &migrations, direction).await {
        Ok(plan) => Ok((session, plan)),
        Err(error) => {
            session.close();
            Err(error)
        }
    }
}

/// Why there is nothing to roll back.
fn nothing(direction: &Direction) -> String {
    match direction {
        Direction::BackTo(version) => format!("{version} is the newest already"),
        _ => "nothing is applied".to_owned(),
    }
}

fn direction(how_far: &HowFar) -> Result<Direction, Error> {
    if let Some(steps) = how_far.steps {
        return Ok(Direction::BackSteps(steps));
    }
    match &how_far.to {
        Some(text) => migrations::version(text).map(Direction::BackTo),
        None => Ok(Direction::BackAll),
    }
}

async fn back(
    context: &Context,
    session: &mut Session,
    plan: Plan,
    nothing: &str,
    args: &Rollback,
) -> Result<(), Error> {
    if plan.steps.is_empty() {
        let line = format!("✅ {}: {nothing}", plan.suite);
        context.ui.result(&line);
        return Ok(());
    }
    let steps: Vec<String> = plan.steps.iter().map(|s| s.migration.label()).collect();
    if !session.is_throwaway() {
        let plans = std::slice::from_ref(&plan);
        let lost = destruction::of(&mut *session.target, plans).await?;
        let lost = lost.rows_alone();
        let cost = match (lost.rows(), lost.losses.as_slice()) {
            (Some(rows), _) => format!("{rows} are lost."),
            (None, []) if !lost.unseen.is_empty() => {
                "Whether rows are lost is not known.".to_owned()
            }
            (None, []) => "No row is lost.".to_owned(),
            (None, _) => "What their tables hold is lost.".to_owned(),
        };
        let question = format!(
            "Roll back {} of {} on {}? {cost}",
            steps.join(", "),
            plan.suite,
            session.label
        );
        let allowed = &args.destructive.allow_destructive;
        lost.ask(context, session, &question, allowed).await?;
    }
    let books = std::iter::once(&plan.book);
    let kept = backup::before(context, session, books, &args.backing).await?;
    let line =
        |step: &Step, _| format!("✅ {}: {} rolled back", plan.suite, step.migration.label());
    let (target, options) = (&mut *session.target, migrations::options());
    migrations::apply_and_tell(context, target, &plan, &options, &line)
        .await
        .map_err(|error| backup::told(error, kept.as_deref()))?;
    Ok(())
}
