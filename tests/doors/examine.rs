//! Everything that a suite expects, examined through a target, as `check` does it.

use std::collections::BTreeSet;

use supaproof::behaviour;
use supaproof::catalog::{self, Catalog, Selection};
use supaproof::checks::{Expectation, Facts};
use supaproof::error::Error;
use supaproof::expect;
use supaproof::meaning::canon::{self, Canon};
use supaproof::migrate::{self, Direction, Migrations};
use supaproof::suite::{Project, Suite};
use supaproof::target::Target;

use crate::support::root;

/// A suite of this repository.
pub(crate) fn suite(name: &str) -> Suite {
    let project = Project::find(&root(), None).unwrap();
    project.suite(name).unwrap()
}

/// Applies what is pending; how many migrations that were.
pub(crate) async fn set_up(target: &mut dyn Target, suite: &Suite) -> Result<usize, Error> {
    go(target, suite, Direction::Forward).await
}

/// Takes all of them back.
pub(crate) async fn roll_back(target: &mut dyn Target, suite: &Suite) -> Result<usize, Error> {
    go(target, suite, Direction::BackAll).await
}

async fn go(target: &mut dyn Target, suite: &Suite, direction: Direction) -> Result<usize, Error> {
    let migrations = Migrations::from_suite(suite)?;
    let ledger = migrate::ledger::read(target, migrations.suite()).await?;
    let plan = migrate::plan(&ledger.applied, &migrations, &direction)?;
    let done = migrate::apply(target, &plan, &migrate::Options::default(), &mut |_| {}).await?;
    Ok(done.ran.len())
}

/// The whole catalog.
pub(crate) async fn read(target: &mut dyn Target) -> Catalog {
    let document = target
        .read_json(catalog::SETTINGS, &catalog::query(&Selection::all()))
        .await
        .unwrap();
    Catalog::parse(document).unwrap()
}

/// A line for every expectation and every smoke step: what came of it.
pub(crate) async fn examine(target: &mut dyn Target, suite: &Suite) -> Vec<String> {
    let source = suite.expectations.as_ref().unwrap();
    let expectations = expect::parse(source, &suite.name).unwrap();
    let checks = &expectations.checks;
    let needed = checks
        .iter()
        .map(Expectation::needs)
        .fold(Selection::default(), Selection::with);
    let document = target
        .read_json(catalog::SETTINGS, &catalog::query(&needed))
        .await
        .unwrap();
    let catalog = Catalog::parse(document).unwrap();
    let unasked = Facts {
        catalog: &catalog,
        canon: &Canon::default(),
        target: target.kind(),
    };
    let mut questions = BTreeSet::new();
    for expectation in checks {
        questions.extend(expectation.examine_or_ask(&unasked).2);
    }
    let questions: Vec<_> = questions.into_iter().collect();
    let asked = canon::questions(&questions);
    let plan = behaviour::plan(&expectations.smoke).unwrap().unwrap();
    let answer = target
        .try_json(
            &format!("{}{}", asked.statements, plan.script),
            &format!("json_build_array({}, {})", asked.result, plan.result),
        )
        .await
        .unwrap();
    let canon = canon::answers(&questions, answer[0].clone());
    let facts = Facts {
        canon: &canon,
        ..unasked
    };
    let lines = checks.iter().map(|expectation| {
        let (outcome, compared) = expectation.examine(&facts);
        format!(
            "{:?}: {outcome:?}, {compared} compared",
            expectation.subject
        )
    });
    let steps = behaviour::outcomes(
        &expectations.smoke,
        answer[1].clone(),
        target.capabilities().roles,
    );
    let steps = expectations.smoke.iter().zip(steps);
    let steps = steps.map(|(step, outcome)| format!("{}: {outcome:?}", step.step.name.value));
    lines
        .chain(steps)
        .map(|line| without_chance(&line))
        .collect()
}

/// The same without the values that differ from run to run.
fn without_chance(line: &str) -> String {
    let made =
        "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+(\\+00)?";
    let made = regex::Regex::new(made).unwrap();
    made.replace_all(line, "…").into_owned()
}
