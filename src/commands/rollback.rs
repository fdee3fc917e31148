//! `supaproof rollback`: takes migrations back, the newest first.

use crate::cli::{Backing, HowFar, Rollback};
use crate::error::{Error, ExitCode};
use crate::migrate::{Direction, Migrations};

use super::session::Session;
use super::{Context, backup, migrations};

pub(super) async fn run(context: &Context, args: &Rollback) -> Result<ExitCode, Error> {
    let suite = context.the_suite(args.suite.as_deref(), "roll back")?;
    let migrations = Migrations::from_suite(&suite)?;
    let direction = direction(&args.how_far)?;
    let mut session = Session::open(context).await?;
    let ended = back(
        context,
        &mut session,
        &migrations,
        &direction,
        &args.backing,
    )
    .await;
    let label = session.label.clone();
    session.close();
    context.ui.clear();
    super::say(ended?.as_bytes());
    context
        .ui
        .note(&format!("{label}: done in {}", context.ui.elapsed()));
    Ok(ExitCode::Ok)
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
    migrations: &Migrations,
    direction: &Direction,
    backing: &Backing,
) -> Result<String, Error> {
    let plan = migrations::plan(&mut *session.target, migrations, direction).await?;
    if plan.steps.is_empty() {
        return Ok(format!("✅ {}: nothing is applied\n", plan.suite));
    }
    let steps: Vec<String> = plan.steps.iter().map(|s| s.migration.label()).collect();
    if !session.is_throwaway() {
        let question = format!(
            "Roll back {} of {} on {}? What their tables hold is lost.",
            steps.join(", "),
            plan.suite,
            session.label
        );
        session.ask(context, &question)?;
    }
    let suites = std::iter::once(&plan.suite);
    let kept = backup::before(context, session, suites, backing).await?;
    migrations::apply(context, &mut *session.target, &plan, &migrations::options())
        .await
        .map_err(|error| backup::told(error, kept.as_deref()))?;
    Ok(steps
        .iter()
        .map(|step| format!("✅ {}: {step} rolled back\n", plan.suite))
        .collect())
}
