//! `supaproof verify`: set up, check, roll back, prove that nothing stayed, set up again, prove the same state.

mod complete;
mod entries;
mod walk;

use std::sync::Arc;

use crate::catalog::{Catalog, Selection};
use crate::checks::Outcome;
use crate::diff;
use crate::error::{Error, ExitCode};
use crate::expect::Expectations;
use crate::migrate::{self, Migrations, Script};
use crate::report::{Entry, SuiteReport};
use crate::source::Origin;
use crate::sql;
use crate::target::{ServerError, Target};
use crate::words;

use super::check::title;
use super::rehearse::{self, Outlook, Rehearsed};
use super::session::{self, Session};
use super::{Context, prove};
use complete::Complete;
use entries::{entry, skipped};
use walk::{Pace, Walk, legs};

/// One suite, read.
struct Case {
    name: String,
    title: String,
    expectations: Option<Expectations>,
    migrations: Migrations,
    /// The file for new installations.
    complete: Option<Arc<Script>>,
}

pub(super) async fn run(context: &Context, names: &[String]) -> Result<ExitCode, Error> {
    let mut cases = Vec::new();
    for suite in context.suites(names)? {
        let expectations = prove::expectations(context, &suite)?;
        let migrations = Migrations::from_suite(&suite)?;
        // A rollback that is missing is known before anything is set up. What says that it has none is left standing on
        // a private Postgres alone.
        migrate::require_rollbacks(&migrations, session::is_embedded(&context.config))?;
        let complete = suite.complete.as_ref().map(Script::of_file).transpose()?;
        cases.push(Case {
            title: title(&suite, &expectations).to_owned(),
            name: suite.name,
            expectations,
            migrations,
            complete: complete.map(Arc::new),
        });
    }
    let mut reports = Vec::new();
    for case in &cases {
        let mut report = SuiteReport::new(&case.name, &case.title, "");
        if let Err(error) = one(context, case, &mut report).await {
            report.error = Some(error);
        }
        reports.push(report);
    }
    context.finish(reports, Vec::new())
}

async fn one(context: &Context, case: &Case, report: &mut SuiteReport) -> Result<(), Error> {
    let mut session = Session::open(context).await?;
    context.ui.note(&format!("target: {}", session.label));
    let ended = prove_all(context, case, &mut session, report).await;
    report.target = session.label.to_string();
    session.close();
    ended
}

async fn prove_all(
    context: &Context,
    case: &Case,
    session: &mut Session,
    report: &mut SuiteReport,
) -> Result<(), Error> {
    let ledger = migrate::ledger::read(&mut *session.target, case.migrations.book()).await?;
    let before = prove::read(&mut *session.target, &Selection::all()).await?;
    refuse_occupied(case, &before, &ledger)?;
    if case.migrations.list().is_empty() {
        return Err(Error::new(
            ExitCode::NothingChecked,
            format!("the suite `{}` has no setup to verify", case.name),
        )
        .help(format!(
            "Put its SQL into sql/{}/001_first.sql and 001_first.rollback.sql.",
            case.name
        )));
    }
    let throwaway = session.is_throwaway();
    if !throwaway {
        let scripts = refuse_unrehearsable(case)?;
        let question = format!(
            "Set {} up on {}, take it away again and set it up again?",
            case.name, session.label
        );
        session.ask(context, &question).await?;
        context.ui.progress("rehearsing setup and rollback");
        match rehearse::rehearse(&mut *session.target, &scripts, &before).await? {
            Rehearsed::Done(outlook) if !outlook.costs() => {}
            Rehearsed::Done(outlook) => {
                refuse_losses(report, case, &before, *outlook);
                return Ok(());
            }
            Rehearsed::Refused(error, place) => return Err(rehearsal_failed(&error, place)),
        }
    }
    let target = &mut *session.target;
    let complete = match &case.complete {
        Some(script) => Some(Complete::try_out(target, script, throwaway).await?),
        None => None,
    };
    let pace = if throwaway { Pace::Each } else { Pace::Ends };
    let how = (pace, &ledger);
    let mut walk = Walk::begin(context, case, target, &before, how).await?;
    let mut compared = None;
    let proof = (&mut walk, complete.as_ref(), &mut compared);
    let ended = prove_legs(context, case, target, proof, report).await;
    walk.report(report);
    if let Some(compared) = compared {
        let (icon, title) = entries::GROUP;
        report.group(icon, title, None).entries.push(compared);
    }
    ended
}

/// Up, down and up again, a stretch of migrations after the other; checks the suite where all are there for the first time.
async fn prove_legs(
    context: &Context,
    case: &Case,
    target: &mut dyn Target,
    (walk, complete, compared): (&mut Walk<'_>, Option<&Complete>, &mut Option<Entry>),
    report: &mut SuiteReport,
) -> Result<(), Error> {
    let legs = legs(case.migrations.list());
    for (number, leg) in legs.iter().enumerate() {
        walk.up(target, leg).await?;
        if number + 1 == legs.len() {
            if let Some(complete) = complete {
                *compared = Some(complete.compare(target, &case.migrations).await?);
            }
            context.ui.progress("checking");
            if let Some(expectations) = &case.expectations {
                prove::examine(target, expectations, report).await?;
            }
        }
        if leg.reversible && (!walk.down(target, leg).await? || !walk.again(target, leg).await?) {
            // What the rollback left would be in the way of all that follows.
            return Ok(());
        }
    }
    Ok(())
}

/// A real target is touched only where everything can be tried before.
fn refuse_unrehearsable(case: &Case) -> Result<Vec<Arc<Script>>, Error> {
    let scripts = rehearse::there_and_back(&case.migrations);
    match scripts.iter().find(|script| !script.transactional()) {
        None => Ok(scripts),
        Some(script) => Err(Error::usage(format!(
            "{} cannot run in a transaction, so that setup and rollback cannot be rehearsed on this target",
            script.file_name()
        ))
        .at(script.source().origin(0..0))
        .help(format!(
            "leave --target out to verify it on a private Postgres; on this target use `supaproof setup {0}` and `supaproof check {0}`",
            case.name
        ))),
    }
}

/// Reports what the rollback would take from its owner, instead of doing it.
fn refuse_losses(report: &mut SuiteReport, case: &Case, before: &Catalog, outlook: Outlook) {
    let (icon, title) = entries::GROUP;
    let group = report.group(icon, title, None);
    let label = "Rollback takes away only what the setup made (rehearsed: nothing was changed)";
    let outcome = Outcome::of(entries::left(outlook, case.migrations.list()));
    group.entries.push(entry(label, count(before), outcome));
    for label in [
        "Rollback leaves nothing behind",
        "Setup works a second time",
    ] {
        group.entries.push(skipped(
            label,
            "what was there before would not stay as it was; nothing was changed",
        ));
    }
}

fn rehearsal_failed(error: &ServerError, place: Option<Origin>) -> Error {
    let out = Error::new(
        ExitCode::Sql,
        format!("setup and rollback failed when they were rehearsed in one transaction: {error}"),
    )
    .note("nothing was changed")
    .help("correct it; where a file needs what an earlier one commits, leave --target out to verify it on a private Postgres");
    match place {
        Some(place) => out.at(place),
        None => out,
    }
}

/// `verify` drops what the suite's rollback names: nobody's data may be in it.
fn refuse_occupied(case: &Case, before: &Catalog, ledger: &migrate::Ledger) -> Result<(), Error> {
    let mut there: Vec<String> = ledger
        .applied
        .iter()
        .map(|row| format!("the ledger's row of {}_{}", row.version, row.name))
        .collect();
    let named: Vec<sql::NamedObject> = case
        .migrations
        .list()
        .iter()
        .flat_map(|m| std::iter::once(&m.setup).chain(&m.rollback))
        .flat_map(|script| script.statements())
        .flat_map(sql::named_objects)
        .collect();
    let (subjects, schema) = match &case.expectations {
        Some(e) => (
            e.checks
                .iter()
                .filter(|c| !c.required)
                .map(|c| c.subject.clone())
                .collect(),
            e.schema.as_str(),
        ),
        None => (Vec::new(), "public"),
    };
    // A suite may speak of its ledger, which says by its rows whether the suite is there.
    let book = case.migrations.book();
    let objects = diff::occupied(before, &named, &subjects, schema);
    there.extend(objects.into_iter().filter(|object| !book.owns(object)));
    if there.is_empty() {
        return Ok(());
    }
    let error = Error::usage(format!(
        "`verify` starts only where nothing of the suite `{}` is there, and this database has {}",
        case.name,
        counted(there.len())
    ));
    const SHOWN: usize = 10;
    Err(error.first_notes(&there, SHOWN).help(format!(
        "use `supaproof check {}`, which changes nothing; to verify, name an empty database or leave --target out",
        case.name
    )))
}

fn counted(objects: usize) -> String {
    if objects == 1 {
        "this".to_owned()
    } else {
        format!("{} things of it", words::grouped(objects))
    }
}

fn count(catalog: &Catalog) -> usize {
    catalog.inventory.rows().len()
}
