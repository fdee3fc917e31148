//! Examining a target: reads the catalog, judges every expectation, tries the smoke steps.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::behaviour;
use crate::catalog::{self, Catalog, Identity, Parts, Selection};
use crate::checks::{Expectation, Facts, Outcome};
use crate::error::{Error, ExitCode};
use crate::expect::{self, Expectations, Given};
use crate::meaning::canon::{Canon, Question};
use crate::report::{Entry, SuiteReport};
use crate::suite::Suite;
use crate::target::{ServerError, Target, TargetError};

use super::{Context, questions};

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

/// How often the catalog is read before we say that the schema keeps changing.
const ATTEMPTS: u32 = 4;

/// How long the first pause between two attempts is; the next ones are longer.
const PAUSE: Duration = Duration::from_millis(100);

/// Reads the catalog. The rows are all of one moment, but what the server makes of them (types' names, expressions) is of
/// the next ones: where an object went in between, it is read anew.
pub(super) async fn read(target: &mut dyn Target, selection: &Selection) -> Result<Catalog, Error> {
    let query = catalog::query_in_parts(selection);
    let mut attempt = 1;
    loop {
        let mut parts = Parts::of(selection);
        let mut take = |name: &str, json: &str| parts.take(name, json);
        let read = target
            .read_pairs(catalog::SETTINGS, &query, &mut take)
            .await;
        let error = match read {
            Ok(()) => match parts.finish() {
                Ok(catalog) => return Ok(catalog),
                Err(error) => Error::new(
                    ExitCode::Sql,
                    format!("the catalog could not be read whole: {error}"),
                )
                .help("The schema may have changed while it was read: try again."),
            },
            Err(TargetError::Server(error))
                if catalog::changed_meanwhile(&error.sqlstate, &error.message) =>
            {
                changed(&error)
            }
            Err(error) => return Err(Error::from(error).note("while reading the catalog")),
        };
        if attempt == ATTEMPTS {
            return Err(error.note(format!("the catalog was read {ATTEMPTS} times")));
        }
        tokio::time::sleep(PAUSE * attempt).await;
        attempt += 1;
    }
}

/// Says that something else changes the schema.
pub(super) fn changed(error: &ServerError) -> Error {
    let said = Error::new(ExitCode::Sql, "the schema changed while it was read")
        .help("Something else is changing it, a migration perhaps: try again when that is done.");
    match error.sqlstate == catalog::INTERNAL_ERROR {
        true => said.note(error.to_string()),
        // The words are our own.
        false => said,
    }
}

/// Judges every expectation and tries the smoke steps: two messages, where the door carries them. The second has the smoke
/// steps, and before them the questions about texts of which only the server knows whether they mean the same.
pub(super) async fn examine(
    target: &mut dyn Target,
    expectations: &Expectations,
    report: &mut SuiteReport,
) -> Result<(), Error> {
    let checks = &expectations.checks;
    let needed = checks
        .iter()
        .map(Expectation::needs)
        .fold(Selection::default(), Selection::with);
    let catalog = match checks.is_empty() {
        true => Catalog::default(),
        false => read(target, &needed).await?,
    };
    let kind = target.kind();
    let unasked = Facts {
        catalog: &catalog,
        canon: &Canon::default(),
        target: kind,
    };
    let (mut examined, mut open, mut questions) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (at, expectation) in checks.iter().enumerate() {
        let (outcome, compared, asked) = expectation.examine_or_ask(&unasked);
        examined.push((outcome, compared));
        if !asked.is_empty() {
            open.push(at);
            questions.extend(asked);
        }
    }
    let questions: Vec<Question> = questions.into_iter().collect();
    let (canon, tried) = questions::ask(target, &questions, &expectations.smoke).await?;
    let facts = Facts {
        catalog: &catalog,
        canon: &canon,
        target: kind,
    };
    // The others have their outcome already.
    for at in open {
        examined[at] = checks[at].examine(&facts);
    }
    look_elsewhere(target, checks, &needed, &canon, &mut examined).await;
    for (expectation, (outcome, compared)) in checks.iter().zip(examined) {
        report.add(expectation, outcome, compared);
    }
    if tried.is_empty() {
        return Ok(());
    }
    let group = report.group("🧪 ", "Testing Basic Operations", None);
    for (step, outcome) in expectations.smoke.iter().zip(tried) {
        group.entries.push(Entry {
            subject: step.step.name.value.clone(),
            label: step.step.name.value.clone(),
            origin: Some(step.origin()),
            quiet: false,
            ignored: Vec::new(),
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
    canon: &Canon,
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
        canon,
        target: target.kind(),
    };
    let failed = missing.iter().map(|&at| &expectations[at].subject);
    let tables: Vec<&Identity> = failed.filter(|subject| subject.kind == "table").collect();
    for at in missing {
        let again = expectations[at].examine(&facts);
        let said = || {
            let subject = &expectations[at].subject;
            tables.iter().any(|table| lies_on(subject, table))
        };
        // Something made in the meantime was not there when all was looked at.
        let same = match (&examined[at].0, &again.0) {
            (Outcome::Skip { .. }, Outcome::Skip { .. }) => true,
            // What lacks its table lies on a view then. Where the table is expected too, that says so.
            (Outcome::Skip { .. }, Outcome::Fail(_)) => !said(),
            (before, after) => codes(before) == codes(after) && !codes(after).is_empty(),
        };
        if same {
            examined[at] = again;
        }
    }
}

/// Whether it is of this table: a policy or a trigger.
fn lies_on(subject: &Identity, table: &Identity) -> bool {
    let of = subject.name.rsplit_once(" on ").map(|(_, table)| table);
    subject.schema == table.schema && of == Some(&table.name)
}

fn codes(outcome: &Outcome) -> Vec<&'static str> {
    match outcome {
        Outcome::Pass(findings) | Outcome::Fail(findings) => {
            findings.iter().map(|finding| finding.code).collect()
        }
        Outcome::Skip { .. } | Outcome::Error(_) => Vec::new(),
    }
}
