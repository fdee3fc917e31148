//! `supaproof verify`: set up, check, roll back, prove that nothing stayed, set up again, prove the same state.

use crate::catalog::{Catalog, Scope};
use crate::checks::{Code, Finding, Outcome, Severity};
use crate::diff::{self, Change, ChangeKind};
use crate::error::{Error, ExitCode};
use crate::expect::Expectations;
use crate::migrate::{self, Direction, Migrations};
use crate::report::{Entry, SuiteReport};
use crate::source::Origin;
use crate::sql;
use crate::target::{ServerError, Target};

use super::check::title;
use super::rehearse::{self, Rehearsed};
use super::session::Session;
use super::{Context, migrations, prove};

/// What is left after a rollback that was not there before.
const LEFT_BEHIND: Code = Code {
    name: "rollback-left-behind",
    meaning: "the rollback leaves something behind that the setup made",
};
/// What was there before the setup and is gone after the rollback.
const TOOK_AWAY: Code = Code {
    name: "rollback-took-away",
    meaning: "the rollback takes away something that was there before the setup",
};
/// What the setup made and the rollback did not restore.
const ALTERED: Code = Code {
    name: "rollback-altered",
    meaning: "something is not as it was before the setup",
};
/// The second setup ends in another state than the first.
const NOT_REPEATED: Code = Code {
    name: "setup-not-repeated",
    meaning: "the second setup ends in another state than the first",
};

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
        let expectations = prove::expectations(&suite)?;
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
    context.finish(reports)
}

async fn one(context: &Context, case: &Case, report: &mut SuiteReport) -> Result<(), Error> {
    let mut session = Session::open(context).await?;
    context.ui.note(&format!("target: {}", session.label));
    report.target.clone_from(&session.label);
    let ended = prove_all(context, case, &mut session, report).await;
    session.close().await;
    ended
}

async fn prove_all(
    context: &Context,
    case: &Case,
    session: &mut Session,
    report: &mut SuiteReport,
) -> Result<(), Error> {
    let ledger = migrate::ledger::read(&mut session.target, &case.name).await?;
    let before = prove::read(&mut session.target, Scope::Everything).await?;
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
    let mut rehearsal = Rehearsal::NotNeeded;
    if !session.is_throwaway() {
        let question = format!(
            "Set {} up on {}, take it away again and set it up again?",
            case.name, session.label
        );
        context.ui.confirm(context.config.yes, &question)?;
        rehearsal = Rehearsal::of(context, case);
    }
    let target = &mut session.target;
    if rehearsal == Rehearsal::ToDo {
        context.ui.progress("rehearsing setup and rollback");
        let scripts = rehearse::there_and_back(&case.migrations);
        match rehearse::rehearse(target, &scripts, &before).await? {
            Rehearsed::Changes(changes) if !rehearse::costs(&changes) => {
                rehearsal = Rehearsal::Done
            }
            Rehearsed::Changes(changes) => {
                refuse_losses(report, &before, changes, "nothing was changed");
                return Ok(());
            }
            // A later file may need what an earlier one commits: the setup itself will say what is wrong.
            Rehearsed::Refused(..) => {}
        }
    }

    let first = set_up(context, target, case).await?;
    context.ui.progress("checking");
    if let Some(expectations) = &case.expectations {
        prove::examine(target, expectations, report).await?;
    }

    if rehearsal == Rehearsal::ToDo {
        context.ui.progress("rehearsing the rollback");
        let scripts = rehearse::back(&case.migrations);
        match rehearse::rehearse(target, &scripts, &before).await? {
            Rehearsed::Changes(changes) if !rehearse::costs(&changes) => {}
            Rehearsed::Changes(changes) => {
                refuse_losses(report, &before, changes, "the setup stays");
                return Ok(());
            }
            Rehearsed::Refused(error, place) => return Err(rehearsal_failed(case, &error, place)),
        }
    }
    let plan = migrations::plan(target, &case.migrations, &Direction::BackAll).await?;
    migrations::apply(context, target, &plan).await?;
    if !ledger.exists {
        target
            .run(&migrate::ledger::remove_if_empty_sql(), &mut |_| {})
            .await?;
    }
    let after = prove::read(target, Scope::Everything).await?;
    let stayed = diff::changes(&before, &after);
    let clean = stayed.is_empty();
    let group = report.group("🔁 ", "Proving Setup and Rollback", None);
    group.entries.push(entry(
        "Rollback leaves nothing behind",
        count(&before),
        stayed,
        after_rollback,
    ));
    if !clean {
        group.entries.push(skipped(
            "Setup works a second time",
            "what the rollback left would be in its way",
        ));
        return Ok(());
    }

    let second = set_up(context, target, case).await?;
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

/// Whether a rollback was tried before it is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rehearsal {
    /// The target is throwaway, or a file cannot run in a transaction.
    NotNeeded,
    ToDo,
    Done,
}

impl Rehearsal {
    fn of(context: &Context, case: &Case) -> Self {
        let scripts = rehearse::there_and_back(&case.migrations);
        match scripts.iter().find(|script| !script.transactional()) {
            None => Self::ToDo,
            Some(script) => {
                context.ui.note(&format!(
                    "warning: the rollback is not rehearsed, since {} cannot run in a transaction",
                    script.file_name()
                ));
                Self::NotNeeded
            }
        }
    }
}

/// Reports what the rollback would take from its owner, instead of doing it.
fn refuse_losses(report: &mut SuiteReport, before: &Catalog, changes: Vec<Change>, so: &str) {
    let group = report.group("🔁 ", "Proving Setup and Rollback", None);
    let label = format!("Rollback takes away only what the setup made (rehearsed: {so})");
    group
        .entries
        .push(entry(&label, count(before), changes, after_rollback));
    for label in [
        "Rollback leaves nothing behind",
        "Setup works a second time",
    ] {
        group.entries.push(skipped(
            label,
            &format!("the rollback would take away what was there before; {so}"),
        ));
    }
}

fn rehearsal_failed(case: &Case, error: &ServerError, place: Option<Origin>) -> Error {
    let out = Error::new(
        ExitCode::Sql,
        format!("the rollback failed when it was rehearsed in one transaction: {error}"),
    )
    .note("nothing was rolled back; the setup stays")
    .help(format!(
        "correct it; or take the suite away without a rehearsal: supaproof rollback {} --all",
        case.name
    ));
    match place {
        Some(place) => out.at(place),
        None => out,
    }
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
    migrations::apply(context, target, &plan).await?;
    prove::read(target, Scope::Everything).await
}

/// `verify` drops what the suite's rollback names: nobody's data may be in it.
fn refuse_occupied(case: &Case, before: &Catalog, ledger: &migrate::Ledger) -> Result<(), Error> {
    let mut there: Vec<String> = ledger
        .applied
        .iter()
        .map(|row| format!("the ledger's row of {}_{}", row.version, row.name))
        .collect();
    let named: Vec<sql::Named> = case
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
    there.extend(diff::occupied(before, &named, &subjects, schema));
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
    catalog.inventory.len()
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
                subject: change.object.clone(),
                property: "",
                expected: expected.to_owned(),
                found,
                origin: None,
                help: None,
            }
        })
        .collect();
    Entry {
        subject: label.to_owned(),
        label: label.to_owned(),
        origin: None,
        quiet: false,
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
        compared: 0,
        outcome: Outcome::Skip(reason.to_owned()),
    }
}
