//! Examining a target: reads the catalog, judges every expectation, tries the smoke steps.

use crate::behaviour;
use crate::catalog::{self, Catalog, Selection};
use crate::checks::{Expectation, Facts, Outcome};
use crate::error::{Error, ExitCode};
use crate::expect::{self, Expectations, Given};
use crate::report::{Entry, SuiteReport};
use crate::suite::Suite;
use crate::target::{Target, TargetError};

use super::Context;

/// The expectations of a suite; none where it has no file.
pub(super) fn expectations(
    context: &Context,
    suite: &Suite,
) -> Result<Option<Expectations>, Error> {
    let Some(source) = &suite.expectations else {
        return Ok(None);
    };
    let given = Given {
        profile: context.config.profile.as_deref(),
        variable: &|name| std::env::var(name).ok(),
        include: &|by, path| context.config.project.included(by, path),
    };
    let expectations = expect::parse_with(source, &suite.name, &given)?;
    // A step that cannot be run is an error of the file, known before anybody connects.
    behaviour::plan(&expectations.smoke)?;
    Ok(Some(expectations))
}

/// Reads the catalog.
pub(super) async fn read(target: &mut dyn Target, selection: &Selection) -> Result<Catalog, Error> {
    let document = target
        .read_json(&catalog::statement(selection))
        .await
        .map_err(|error| Error::from(error).note("while reading the catalog"))?;
    Catalog::parse(document).map_err(|error| {
        Error::new(
            ExitCode::Sql,
            format!("the catalog could not be read whole: {error}"),
        )
        .help("The schema may have changed while it was read: try again.")
    })
}

/// Judges every expectation and tries the smoke steps: two messages, one for each.
pub(super) async fn examine(
    target: &mut dyn Target,
    expectations: &Expectations,
    report: &mut SuiteReport,
) -> Result<(), Error> {
    let plan = behaviour::plan(&expectations.smoke)?;
    if !expectations.checks.is_empty() {
        let needed = expectations
            .checks
            .iter()
            .map(Expectation::needs)
            .fold(Selection::default(), Selection::with);
        let catalog = read(target, &needed).await?;
        let facts = Facts {
            catalog: &catalog,
            target: target.kind(),
        };
        let mut examined: Vec<_> = expectations
            .checks
            .iter()
            .map(|expectation| expectation.examine(&facts))
            .collect();
        look_elsewhere(target, &expectations.checks, &needed, &mut examined).await;
        for (expectation, (outcome, compared)) in expectations.checks.iter().zip(examined) {
            report.add(expectation, outcome, compared);
        }
    }
    let Some(plan) = plan else { return Ok(()) };
    let outcomes = match target.read_json(&plan.script).await {
        Ok(answer) => behaviour::outcomes(&expectations.smoke, answer),
        // The message as a whole was refused: no step has a result.
        Err(TargetError::Server(error)) => {
            // Another suite may go on in this session; if this fails too, it will see for itself.
            let _ = target.run(behaviour::CLEAN, &mut |_| {}).await;
            vec![Outcome::Error(error.to_string()); expectations.smoke.len()]
        }
        Err(other) => return Err(other.into()),
    };
    let group = report.group("🧪 ", "Testing Basic Operations", None);
    for (step, outcome) in expectations.smoke.iter().zip(outcomes) {
        group.entries.push(Entry {
            subject: step.step.name.value.clone(),
            label: step.step.name.value.clone(),
            origin: Some(step.origin()),
            quiet: false,
            compared: 1,
            outcome,
        });
    }
    Ok(())
}

/// Says of what is missing where it is, if it is there as something else: a view, or a table in another schema, which
/// nobody asked for and so was not read. It takes one more message, and only where something is missing.
async fn look_elsewhere(
    target: &mut dyn Target,
    expectations: &[Expectation],
    needed: &Selection,
    examined: &mut [(Outcome, usize)],
) {
    let missing: Vec<usize> = (0..expectations.len().min(examined.len()))
        .filter(|&at| examined[at].0.found_nothing(&expectations[at]))
        .collect();
    if missing.is_empty() {
        return;
    }
    // The findings hold as they are: this only says more of them.
    let Ok(catalog) = read(target, &needed.elsewhere()).await else {
        return;
    };
    let facts = Facts {
        catalog: &catalog,
        target: target.kind(),
    };
    for at in missing {
        let again = expectations[at].examine(&facts);
        // Something made in the meantime was not there when all was looked at.
        if codes(&again.0) == codes(&examined[at].0) {
            examined[at] = again;
        }
    }
}

fn codes(outcome: &Outcome) -> Vec<&'static str> {
    match outcome {
        Outcome::Pass(findings) | Outcome::Fail(findings) => {
            findings.iter().map(|finding| finding.code).collect()
        }
        Outcome::Skip { .. } | Outcome::Error(_) => Vec::new(),
    }
}
