//! `supaproof check`: expectations and behaviour against a target. Changes nothing.

use std::sync::Arc;

use crate::cli;
use crate::error::{Error, ExitCode};
use crate::expect::Expectations;
use crate::filter::Filter;
use crate::migrate::Migrations;
use crate::parallel;
use crate::report::{LeftOut, SuiteReport, Warning};
use crate::suite::{Project, Suite};

use super::opening::{self, Opening};
use super::session::{Session, is_embedded};
use super::{Context, list, migrations, prove};

/// One suite, read, and what is left of it.
pub(super) struct Case {
    pub(super) suite: Suite,
    pub(super) expectations: Option<Expectations>,
    /// Where the suite is set up first.
    migrations: Option<Migrations>,
    pub(super) left_out: Vec<LeftOut>,
}

impl Case {
    /// Whether there is nothing to check.
    pub(super) fn is_empty(&self) -> bool {
        self.expectations.as_ref().is_none_or(|e| {
            let own = e.checks.iter().any(|check| !check.required);
            !own && e.smoke.is_empty()
        })
    }

    pub(super) fn title(&self) -> &str {
        title(&self.suite, &self.expectations)
    }
}

pub(super) async fn run(context: &Arc<Context>, args: &cli::Check) -> Result<ExitCode, Error> {
    let choice = &args.choice;
    let filter = Filter::new(&choice.only, &choice.skip, choice.no_smoke).map_err(|why| {
        Error::usage(why).help("`supaproof check --help` says how a pattern is written.")
    })?;
    // Everything is read before anything is run, so that a typing error costs nobody a minute. Connecting runs nothing,
    // and where there is a server already it takes about as long as reading does.
    let mut opening = Opening::default();
    let names = args.examined.suites.suites.clone();
    let read = move |context: &Context| read(context, &names);
    let mut cases = match choice.list {
        true => opening::read(context, read).await?,
        false => {
            opening
                .beside(context, Session::open(context), read)
                .await?
        }
    };
    let warnings = choose(&filter, &mut cases)?;
    if choice.list {
        return Ok(list::write(&cases, &warnings));
    }
    // Of several suites, those that have nothing of what was named are no part of the run.
    let something = filter.is_only() && cases.iter().any(|case| !case.is_empty());
    let mut reports = Vec::new();
    let mut shared = None;
    for case in &cases {
        let mut report = SuiteReport::new(&case.suite.name, case.title(), "");
        report.left_out.clone_from(&case.left_out);
        report.aside = something && case.is_empty() && !case.left_out.is_empty();
        if !report.aside
            && let Err(error) = one(context, &mut opening, &mut shared, case, &mut report).await
        {
            report.error = Some(error);
        }
        reports.push(report);
    }
    if let Some(session) = shared {
        session.close();
    }
    let ended = context.finish(reports, warnings);
    // The program ends here: to give back, value by value, what was read would take longer than ending.
    std::mem::forget(cases);
    ended
}

/// Reads the suites with these names: the SQL of each beside its expectations.
fn read(context: &Context, names: &[String]) -> Result<Vec<Case>, Error> {
    // A database that is there already has run its migrations, or not: that is none of a check's business.
    let sets_up = is_embedded(&context.config);
    let suites = match sets_up {
        true => context.suites(names)?,
        false => context.suites_by(names, Project::suite_without_sql)?,
    };
    let case = |suite: Suite| {
        let (expectations, migrations) = match sets_up {
            true => parallel::both(
                || prove::expectations(context, &suite),
                || Migrations::from_suite(&suite).map(Some),
            ),
            false => (prove::expectations(context, &suite), Ok(None)),
        };
        Ok(Case {
            expectations: expectations?,
            migrations: migrations?,
            suite,
            left_out: Vec::new(),
        })
    };
    suites.into_iter().map(case).collect()
}

/// Leaves out what is not asked for. What of the choice matches nothing is mistyped, most likely.
fn choose(filter: &Filter, cases: &mut [Case]) -> Result<Vec<Warning>, Error> {
    let all = cases.iter().filter_map(|case| case.expectations.as_ref());
    let unmatched = filter.unmatched(all);
    if let Some(option) = unmatched.only.first() {
        return Err(Error::new(
            ExitCode::NothingChecked,
            format!("nothing matches {option}"),
        )
        .help("`supaproof check --list` shows what there is."));
    }
    for case in cases {
        if let Some(expectations) = &mut case.expectations {
            case.left_out = filter.apply(expectations);
        }
    }
    let warning = |option: String| Warning {
        message: format!("nothing matches {option}: nothing is left out by it"),
        origin: None,
        help: Some("`supaproof check --list` shows what there is.".to_owned()),
    };
    Ok(unmatched.skip.into_iter().map(warning).collect())
}

pub(super) fn title<'a>(suite: &'a Suite, expectations: &'a Option<Expectations>) -> &'a str {
    expectations
        .as_ref()
        .map_or(suite.name.as_str(), |e| e.title.as_str())
}

async fn one<'a>(
    context: &'a Context,
    opening: &mut Opening<'a, Session>,
    shared: &mut Option<Session>,
    case: &Case,
    report: &mut SuiteReport,
) -> Result<(), Error> {
    let nothing = |e: &&Expectations| e.checks.is_empty() && e.smoke.is_empty();
    let Some(expectations) = case.expectations.as_ref().filter(|e| !nothing(e)) else {
        // The report says that nothing was checked.
        return Ok(());
    };
    // On the embedded target every suite has a database of its own.
    let fresh = is_embedded(&context.config);
    if fresh && let Some(old) = shared.take() {
        old.close();
    }
    let session = match shared {
        Some(session) => session,
        None => {
            let session = opening.opened(Session::open(context)).await?;
            context.ui.note(&format!("target: {}", session.label));
            shared.insert(session)
        }
    };
    report.target = session.label.to_string();
    if fresh {
        let Some(files) = &case.migrations else {
            return Err(Error::bug(
                "the files of a suite that is set up were not read",
            ));
        };
        migrations::apply_all(context, &mut *session.target, files).await?;
    }
    context.ui.progress("checking");
    let examined = prove::examine(&mut *session.target, expectations, report).await;
    // The first question may have found another door.
    report.target = session.label.to_string();
    examined
}
