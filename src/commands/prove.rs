//! Examining a target: reads the catalog, judges every expectation, tries the smoke steps.

use crate::behaviour;
use crate::catalog::{self, Catalog, Selection};
use crate::checks::{Expectation, Facts};
use crate::error::{Error, ExitCode};
use crate::expect::{self, Expectations};
use crate::report::{Entry, SuiteReport};
use crate::suite::Suite;
use crate::target::{Target, TargetError};

/// The expectations of a suite; none where it has no file.
pub(super) fn expectations(suite: &Suite) -> Result<Option<Expectations>, Error> {
    let Some(source) = &suite.expectations else {
        return Ok(None);
    };
    let expectations = expect::parse(source, &suite.name)?;
    // A step that cannot be run is an error of the file, known before anybody connects.
    behaviour::plan(&expectations.source, &expectations.smoke)?;
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
    let plan = behaviour::plan(&expectations.source, &expectations.smoke)?;
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
        for expectation in &expectations.checks {
            let (outcome, compared) = expectation.examine(&facts);
            report.add(expectation, outcome, compared);
        }
    }
    let Some(plan) = plan else { return Ok(()) };
    let outcomes = match target.read_json(&plan.script).await {
        Ok(answer) => behaviour::outcomes(&expectations.source, &expectations.smoke, answer),
        // The message as a whole was refused: no step has a result.
        Err(TargetError::Server(error)) => {
            // Another suite may go on in this session; if this fails too, it will see for itself.
            let _ = target.run(behaviour::CLEAN, &mut |_| {}).await;
            vec![crate::checks::Outcome::Error(error.to_string()); expectations.smoke.len()]
        }
        Err(other) => return Err(other.into()),
    };
    let group = report.group("🧪 ", "Testing Basic Operations", None);
    for (step, outcome) in expectations.smoke.iter().zip(outcomes) {
        group.entries.push(Entry {
            subject: step.value.name.value.clone(),
            label: step.value.name.value.clone(),
            origin: Some(expectations.source.origin(step.value.name.span.clone())),
            quiet: false,
            ignored: Vec::new(),
            compared: 1,
            outcome,
        });
    }
    Ok(())
}
