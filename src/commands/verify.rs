//! `supaproof verify`: set up, check, roll back, prove that nothing stayed, set up again, prove the same state.

use std::sync::Arc;

use crate::catalog::{Catalog, Selection};
use crate::checks::{Code, Finding, Outcome, Severity};
use crate::codes::{ALTERED, LEFT_BEHIND, NOT_REPEATED, ROWS, TOOK_AWAY};
use crate::diff::rows::{self, Relation};
use crate::diff::{self, Change, ChangeKind};
use crate::error::{Error, ExitCode};
use crate::expect::Expectations;
use crate::migrate::{self, Direction, Migrations, Script};
use crate::report::{Entry, SuiteReport};
use crate::source::Origin;
use crate::sql;
use crate::target::{ServerError, Target};

use super::check::title;
use super::rehearse::{self, Outlook, Rehearsed};
use super::session::Session;
use super::{Context, migrations, prove};

/// One suite, read.
struct Case {
    name: String,
    title: String,
    expectations: Option<Expectations>,
    migrations: Migrations,
}

pub(super) async fn run(context: &Context, names: &[String]) -> Result<ExitCode, Error> {
    let mut cases = Vec::new();
    for suite in context.suites(names)? {
        let expectations = prove::expectations(context, &suite)?;
        let migrations = Migrations::from_suite(&suite)?;
        // A rollback that is missing is known before anything is set up.
        migrate::require_rollbacks(&migrations)?;
        cases.push(Case {
            title: title(&suite, &expectations).to_owned(),
            name: suite.name,
            expectations,
            migrations,
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
    report.target.clone_from(&session.label);
    let ended = prove_all(context, case, &mut session, report).await;
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
        session.ask(context, &question)?;
        context.ui.progress("rehearsing setup and rollback");
        match rehearse::rehearse(&mut *session.target, &scripts, &before).await? {
            Rehearsed::Done(outlook) if !outlook.costs() => {}
            Rehearsed::Done(outlook) => {
                refuse_losses(report, &before, *outlook);
                return Ok(());
            }
            Rehearsed::Refused(error, place) => return Err(rehearsal_failed(&error, place)),
        }
    }
    let target = &mut *session.target;
    let tables = rehearse::relations(target).await?;
    // On a real target the rehearsal has looked at rows; others go on writing there.
    let mut ours: Vec<&Relation> = tables.iter().filter(|t| throwaway && t.readable).collect();
    let held = rehearse::contents(target, &ours).await?;

    let first = set_up(context, target, case).await?;
    context.ui.progress("checking");
    if let Some(expectations) = &case.expectations {
        prove::examine(target, expectations, report).await?;
    }

    let plan = migrations::plan(target, &case.migrations, &Direction::BackAll).await?;
    migrations::apply(context, target, &plan, &migrations::options_without_trace()).await?;
    // What of it was there before stays.
    let book = case.migrations.book();
    let was_whole =
        ledger.exists && ledger.history && (!book.is_in_step() || ledger.pushed.is_some());
    if !was_whole {
        let remove = migrate::ledger::remove_if_empty_sql(book, &ledger);
        target.run(&remove, &mut |_| {}).await?;
    }
    let after = prove::read(target, &Selection::all()).await?;
    let mut changes = diff::changes(&before, &after);
    if ledger.exists || ledger.history || ledger.pushed.is_some() {
        // It stays, and one of an older version is brought up to date.
        changes.retain(|change| !book.owns(&change.object));
    }
    let tables_after = rehearse::relations(target).await?;
    let mut rows = Vec::new();
    if throwaway {
        rows = rows::losses(&tables, &tables_after, &changes);
        // The catalog says which ones are gone.
        ours.retain(|table| tables_after.iter().any(|after| after.id == table.id));
        let holds = rehearse::contents(target, &ours).await?;
        rows.extend(rows::differing(&ours, &held, &holds));
    }
    let stayed = Outlook { changes, rows };
    let clean = stayed.changes.is_empty() && stayed.rows.is_empty();
    let group = report.group("🔁 ", "Proving Setup and Rollback", None);
    group.entries.push(left(
        "Rollback leaves nothing behind",
        count(&before) + ours.len(),
        stayed,
    ));
    if !clean {
        group.entries.push(skipped(
            "Setup works a second time",
            "what the rollback left would be in its way",
        ));
        return Ok(());
    }

    let second = match set_up(context, target, case).await {
        Ok(second) => second,
        Err(error) if error.code() == ExitCode::Sql => {
            let group = report.group("🔁 ", "Proving Setup and Rollback", None);
            group.entries.push(second_failed(&error));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let changes = diff::changes(&first, &second);
    let group = report.group("🔁 ", "Proving Setup and Rollback", None);
    group.entries.push(entry(
        "Setup works a second time, with the same result",
        count(&first),
        changes,
        |change| match change {
            ChangeKind::Added => (
                &NOT_REPEATED,
                "to be absent as after the first setup",
                "it is there".to_owned(),
            ),
            ChangeKind::Removed => (
                &NOT_REPEATED,
                "to be there as after the first setup",
                "it is not".to_owned(),
            ),
            ChangeKind::Altered(properties) => (
                &NOT_REPEATED,
                "to be as after the first setup",
                altered(properties),
            ),
        },
    ));
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
fn refuse_losses(report: &mut SuiteReport, before: &Catalog, outlook: Outlook) {
    let group = report.group("🔁 ", "Proving Setup and Rollback", None);
    let label = "Rollback takes away only what the setup made (rehearsed: nothing was changed)";
    group.entries.push(left(label, count(before), outlook));
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

/// The second setup was refused, where the first was not.
fn second_failed(error: &Error) -> Entry {
    let mut entry = skipped("Setup works a second time", "");
    entry.outcome = Outcome::Fail(vec![Finding {
        code: NOT_REPEATED.name,
        severity: Severity::Error,
        kind: "",
        subject: "the second setup".to_owned(),
        property: "",
        expected: "to work as the first did".to_owned(),
        found: error.message().to_owned(),
        origin: error.origin().cloned(),
        note: None,
        help: error.help_text().map(ToOwned::to_owned),
    }]);
    entry
}

/// What is not as it was: objects and rows.
fn left(label: &str, compared: usize, outlook: Outlook) -> Entry {
    let mut entry = entry(label, compared, outlook.changes, after_rollback);
    let mut findings = match entry.outcome {
        Outcome::Fail(findings) => findings,
        _ => Vec::new(),
    };
    findings.extend(outlook.rows.into_iter().map(|(subject, found)| Finding {
        code: ROWS.name,
        severity: Severity::Error,
        kind: "",
        subject,
        property: "",
        expected: "to be as they were before the setup".to_owned(),
        found,
        origin: None,
        note: None,
        help: None,
    }));
    entry.outcome = match findings.as_slice() {
        [] => Outcome::Pass(Vec::new()),
        _ => Outcome::Fail(findings),
    };
    entry
}

/// What a difference between the catalog before the setup and the one after the rollback means.
fn after_rollback(change: &ChangeKind) -> (&'static Code, &'static str, String) {
    match change {
        ChangeKind::Added => (
            &LEFT_BEHIND,
            "to be gone after the rollback",
            "it is still there".to_owned(),
        ),
        ChangeKind::Removed => (
            &TOOK_AWAY,
            "to stay as it was before the setup",
            "it is gone".to_owned(),
        ),
        ChangeKind::Altered(properties) => (
            &ALTERED,
            "to be as it was before the setup",
            altered(properties),
        ),
    }
}

async fn set_up(context: &Context, target: &mut dyn Target, case: &Case) -> Result<Catalog, Error> {
    let plan = migrations::plan(target, &case.migrations, &Direction::Forward).await?;
    migrations::apply(context, target, &plan, &migrations::options_without_trace()).await?;
    prove::read(target, &Selection::all()).await
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
    let mut error = Error::usage(format!(
        "`verify` starts only where nothing of the suite `{}` is there, and this database has {}",
        case.name,
        counted(there.len())
    ));
    const SHOWN: usize = 10;
    for object in there.iter().take(SHOWN) {
        error = error.note(object.clone());
    }
    if there.len() > SHOWN {
        error = error.note(format!("… and {} more", there.len() - SHOWN));
    }
    Err(error.help(format!(
        "use `supaproof check {}`, which changes nothing; to verify, name an empty database or leave --target out",
        case.name
    )))
}

fn counted(objects: usize) -> String {
    if objects == 1 {
        "this".to_owned()
    } else {
        format!("{objects} things of it")
    }
}

fn count(catalog: &Catalog) -> usize {
    catalog.inventory.rows().len()
}

fn altered(properties: &[(String, String, String)]) -> String {
    let all: Vec<String> = properties
        .iter()
        .map(|(name, before, after)| format!("{name} {after} instead of {before}"))
        .collect();
    all.join(", ")
}

fn entry(
    label: &str,
    compared: usize,
    changes: Vec<Change>,
    words: impl Fn(&ChangeKind) -> (&'static Code, &'static str, String),
) -> Entry {
    let findings: Vec<Finding> = changes
        .iter()
        .map(|change| {
            let (code, expected, found) = words(&change.kind);
            Finding {
                code: code.name,
                severity: Severity::Error,
                kind: "",
                subject: change.object.clone(),
                property: "",
                expected: expected.to_owned(),
                found,
                origin: None,
                note: None,
                help: None,
            }
        })
        .collect();
    Entry {
        subject: label.to_owned(),
        label: label.to_owned(),
        origin: None,
        quiet: false,
        ignored: Vec::new(),
        compared,
        outcome: if findings.is_empty() {
            Outcome::Pass(Vec::new())
        } else {
            Outcome::Fail(findings)
        },
    }
}

fn skipped(label: &str, reason: &str) -> Entry {
    Entry {
        subject: label.to_owned(),
        label: label.to_owned(),
        origin: None,
        quiet: false,
        ignored: Vec::new(),
        compared: 0,
        outcome: Outcome::skip(reason),
    }
}
