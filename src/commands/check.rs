//! `supaproof check`: expectations and behaviour against a target. Changes nothing.

use crate::error::{Error, ExitCode};
use crate::expect::Expectations;
use crate::migrate::{self, Direction, Migrations};
use crate::report::SuiteReport;
use crate::suite::Suite;

use super::session::{Session, is_embedded};
use super::{Context, migrations, prove};

pub(super) async fn run(context: &Context, names: &[String]) -> Result<ExitCode, Error> {
    // Everything is read before anything is run, so that a typing error costs nobody a minute.
    let mut suites = Vec::new();
    for suite in context.suites(names)? {
        let expectations = prove::expectations(context, &suite)?;
        let migrations = Migrations::from_suite(&suite)?;
        suites.push((suite, expectations, migrations));
    }
    let mut reports = Vec::new();
    let mut shared = None;
    for (suite, expectations, migrations) in &suites {
        let mut report = SuiteReport::new(&suite.name, title(suite, expectations), "");
        if let Err(error) = one(
            context,
            &mut shared,
            expectations.as_ref(),
            migrations,
            &mut report,
        )
        .await
        {
            report.error = Some(error);
        }
        reports.push(report);
    }
    if let Some(session) = shared {
        session.close();
    }
    context.finish(reports)
}

pub(super) fn title<'a>(suite: &'a Suite, expectations: &'a Option<Expectations>) -> &'a str {
    expectations
        .as_ref()
        .map_or(suite.name.as_str(), |e| e.title.as_str())
}

async fn one(
    context: &Context,
    shared: &mut Option<Session>,
    expectations: Option<&Expectations>,
    migrations: &Migrations,
    report: &mut SuiteReport,
) -> Result<(), Error> {
    let Some(expectations) = expectations.filter(|e| !(e.checks.is_empty() && e.smoke.is_empty()))
    else {
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
            let session = Session::open(context).await?;
            context.ui.note(&format!("target: {}", session.label));
            shared.insert(session)
        }
    };
    report.target.clone_from(&session.label);
    if fresh {
        // It starts empty, without a ledger: everything is pending.
        let plan = migrate::plan(&[], migrations, &Direction::Forward)?;
        migrations::apply(context, &mut session.target, &plan).await?;
    }
    context.ui.progress("checking");
    prove::examine(&mut session.target, expectations, report).await
}
