//! The initialisation of a suite as `supaproof bootstrap SUITE` does it: through the helper functions, which is the standard
//! path, and directly where that fails.

use crate::bootstrap::HELPERS;
use crate::error::{Error, ExitCode};
use crate::migrate::{Direction, Migrations, Plan};
use crate::target::Target;
use crate::target::by_function::ByFunction;

use crate::commands::session::Session;
use crate::commands::{Context, migrations};

/// What is pending, in words for a question, and as plans.
pub(super) async fn tasks(
    target: &mut dyn Target,
    suites: &[Migrations],
) -> Result<(Vec<String>, Vec<Plan>), Error> {
    let (mut tasks, mut plans) = (Vec::new(), Vec::new());
    for suite in suites {
        let plan = migrations::plan(target, suite, &Direction::Forward).await?;
        let steps = plan.steps.iter();
        tasks.extend(
            steps.map(|step| format!("apply {} of {}", step.migration.label(), plan.suite)),
        );
        plans.push(plan);
    }
    Ok((tasks, plans))
}

/// Whether there is another path where the functions cannot be used: where the target takes SQL beside them, and it was
/// the server or the path itself that refused.
pub(super) fn goes_past(target: &dyn Target, error: &Error) -> bool {
    !is_function(target) && matches!(error.code(), ExitCode::Sql | ExitCode::Usage)
}

/// Whether all that runs there runs within a function.
fn is_function(target: &dyn Target) -> bool {
    target.opening().is_some()
}

/// Applies what is pending of a suite. `unusable`: why the functions are not there to be used.
pub(super) async fn set_up(
    context: &Context,
    session: &mut Session,
    suite: &Migrations,
    unusable: Option<&str>,
) -> Result<Vec<String>, Error> {
    let target = &mut *session.target;
    let plan = migrations::plan(target, suite, &Direction::Forward).await?;
    if plan.steps.is_empty() {
        return Ok(vec![format!("✅ {}: nothing is pending", plan.suite)]);
    }
    let exec_sql = HELPERS[0].signature();
    let through = format!("applied through {exec_sql}");
    let failed = match unusable {
        Some(reason) => reason.to_owned(),
        None => match standard(context, target, &plan).await {
            Ok(()) => return Ok(lines(&plan, &through)),
            Err(error) if goes_past(target, &error) => one_line(&error),
            Err(error) => return Err(error),
        },
    };
    // What the functions did before is in the ledger.
    let rest = migrations::plan(target, suite, &Direction::Forward).await?;
    let direct = migrations::apply(context, target, &rest, &migrations::options()).await;
    direct.map_err(|error| {
        error.note(format!("through {exec_sql} it had failed before: {failed}"))
    })?;
    let done = Plan {
        steps: plan.steps[..plan.steps.len().saturating_sub(rest.steps.len())].to_vec(),
        ..plan
    };
    let mut out = lines(&done, &through);
    out.push(format!(
        "⚠️ {}: {exec_sql} did not do for the rest: {failed}",
        rest.suite
    ));
    out.extend(lines(&rest, "applied directly, by raw SQL"));
    Ok(out)
}

async fn standard(context: &Context, target: &mut dyn Target, plan: &Plan) -> Result<(), Error> {
    // What fails here is tried directly.
    let options = migrations::options_without_trace();
    if is_function(target) {
        return migrations::apply(context, target, plan, &options)
            .await
            .map(drop);
    }
    let mut by_function = ByFunction::new(target);
    migrations::apply(context, &mut by_function, plan, &options)
        .await
        .map(drop)
}

fn lines(plan: &Plan, how: &str) -> Vec<String> {
    let steps = plan.steps.iter();
    steps
        .map(|step| format!("✅ {}: {} {how}", plan.suite, step.migration.label()))
        .collect()
}

/// An error with its place, in a line of a list.
pub(super) fn one_line(error: &Error) -> String {
    match error.origin() {
        Some(origin) => format!("{} ({origin})", error.message()),
        None => error.message().to_owned(),
    }
}
