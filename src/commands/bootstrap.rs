//! `supaproof bootstrap`: the helper functions of the Data API.

mod suite;

use std::time::{Duration, Instant};

use crate::bootstrap::{self, HELPERS, Helper, Probe, State};
use crate::cli::Bootstrap;
use crate::error::{Error, ExitCode};
use crate::migrate::Migrations;
use crate::target::{Target, TargetError};

use super::session::Session;
use super::{Context, destruction};

/// How long PostgREST may take to learn of new functions: it reads its schema anew beside its requests.
const RELOAD: Duration = Duration::from_secs(10);

/// The pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Prints the SQL and does nothing else.
pub(super) fn print(args: &Bootstrap) -> ExitCode {
    super::say(sql(args).as_bytes());
    ExitCode::Ok
}

fn sql(args: &Bootstrap) -> String {
    match args.remove {
        true => bootstrap::remove_sql().to_owned(),
        false => bootstrap::install_sql(),
    }
}

pub(super) async fn run(context: &Context, args: &Bootstrap) -> Result<ExitCode, Error> {
    let mut suites = Vec::new();
    if !args.suites.is_empty() {
        for suite in context.suites(&args.suites)? {
            suites.push(Migrations::from_suite(&suite)?);
        }
    }
    let mut session = Session::open(context).await?;
    let ended = match args.remove {
        true => remove(context, &mut session).await,
        false => {
            let allowed = &args.destructive.allow_destructive;
            install(context, &mut session, &suites, allowed).await
        }
    };
    let left = session.leave(&context.ui);
    let lines = ended?;
    left.warn(&context.ui, " to keep what was made");
    super::say(format!("{}\n", lines.join("\n")).as_bytes());
    context.ui.end(Some(&left.label));
    Ok(ExitCode::Ok)
}

async fn install(
    context: &Context,
    session: &mut Session,
    suites: &[Migrations],
    allowed: &[String],
) -> Result<Vec<String>, Error> {
    let before = match look(&mut *session.target).await {
        Ok(before) => before,
        Err(error) => return Err(shut(error)),
    };
    let others = match refuse_others(&before) {
        Ok(()) => None,
        // They are one way to set a suite up; what somebody else made stays, and is no way.
        Err(error) if !suites.is_empty() && suite::goes_past(&*session.target, &error) => {
            let reason = suite::one_line(&error);
            let reason = reason.trim_end_matches(": nothing was changed");
            Some(reason.to_owned())
        }
        Err(error) => return Err(error),
    };
    let states = before.states();
    let wrong: Vec<&(Helper, State)> = match &others {
        None => (states.iter().filter(|(_, state)| *state != State::Right)).collect(),
        Some(_) => Vec::new(),
    };
    let mut todo: Vec<String> = wrong
        .iter()
        .map(|(helper, state)| task(helper, state))
        .collect();
    let (tasks, plans) = suite::tasks(&mut *session.target, suites).await?;
    todo.extend(tasks);
    if !todo.is_empty() && !session.is_throwaway() {
        let question = format!("On {}: {}?", session.label, todo.join("; "));
        let destruction = destruction::of(&mut *session.target, &plans).await?;
        destruction
            .ask(context, session, &question, allowed)
            .await?;
    }
    let (mut lines, unusable) = match (others, wrong.is_empty()) {
        (Some(reason), _) => (Vec::new(), Some(reason)),
        (None, true) => (there(&states), None),
        (None, false) => match create(context, session, &before).await {
            Ok(lines) => (lines, None),
            // The functions are one way to set a suite up, and there may be another.
            Err(error) if !suites.is_empty() && suite::goes_past(&*session.target, &error) => {
                (Vec::new(), Some(suite::one_line(&error)))
            }
            Err(error) => return Err(error),
        },
    };
    for of in suites {
        lines.extend(suite::set_up(context, session, of, unusable.as_deref()).await?);
    }
    if let Some(reason) = unusable.filter(|_| todo.is_empty()) {
        lines.insert(
            0,
            format!("⏭️ the helper functions are as they were: {reason}"),
        );
    }
    if todo.is_empty() {
        lines.push("nothing to do".to_owned());
    }
    Ok(lines)
}

fn there(states: &[(Helper, State)]) -> Vec<String> {
    let line = |(helper, _): &(Helper, State)| format!("✅ {} is there", helper.signature());
    states.iter().map(line).collect()
}

/// Creates and mends the functions: a line for each.
async fn create(
    context: &Context,
    session: &mut Session,
    before: &Probe,
) -> Result<Vec<String>, Error> {
    context.ui.progress("creating the helper functions");
    session
        .target
        .run(&bootstrap::install_sql(), &mut |_| {})
        .await
        .map_err(|error| {
            Error::from(error)
                .note("while creating the helper functions; none of them was changed")
                .help("Run it as the role that owns the schema public, as a rule postgres.")
        })?;
    let after = look_until_it_is_learnt(&mut *session.target).await?;
    let mut lines = Vec::new();
    for ((helper, was), (_, is)) in before.states().iter().zip(after.states()) {
        if is != State::Right {
            return Err(Error::new(
                ExitCode::Sql,
                format!(
                    "{} was created and is not as it should be: {}",
                    helper.signature(),
                    ways(&is)
                ),
            ));
        }
        let owner = after.find(helper).map_or("", |found| found.owner.as_str());
        lines.push(match was {
            State::Right => format!("✅ {} is there", helper.signature()),
            State::Absent => format!("✅ {} created, owned by {owner}", helper.signature()),
            _ => format!("✅ {} mended ({})", helper.signature(), ways(was)),
        });
    }
    Ok(lines)
}

async fn remove(context: &Context, session: &mut Session) -> Result<Vec<String>, Error> {
    let before = match look(&mut *session.target).await {
        Ok(before) => before,
        // Without any function nothing can be asked, and nothing is there.
        Err(TargetError::Unreachable {
            sqlstate: Some(code),
            ..
        }) if code == "PGRST202" => {
            return Ok(vec![
                "✅ no function that runs SQL is there: nothing to do".to_owned(),
            ]);
        }
        Err(error) => return Err(error.into()),
    };
    let ours: Vec<String> = HELPERS
        .iter()
        .filter(|helper| before.find(helper).is_some_and(|found| found.is_marked()))
        .map(Helper::signature)
        .collect();
    let stay = HELPERS
        .iter()
        .filter(|helper| before.find(helper).is_some_and(|found| !found.is_marked()));
    let mut lines: Vec<String> = stay
        .map(|helper| {
            format!(
                "⏭️ {} stays: supaproof bootstrap did not create it",
                helper.signature()
            )
        })
        .collect();
    if ours.is_empty() {
        lines.push("nothing to do".to_owned());
        return Ok(lines);
    }
    if !session.is_throwaway() {
        let question = format!("Drop {} on {}?", ours.join(", "), session.label);
        session.ask(context, &question).await?;
    }
    session
        .target
        .run(bootstrap::remove_sql(), &mut |_| {})
        .await
        .map_err(|error| Error::from(error).note("while dropping the helper functions"))?;
    lines.extend(
        ours.iter()
            .map(|signature| format!("✅ {signature} dropped")),
    );
    Ok(lines)
}

/// What is there.
async fn look(target: &mut dyn Target) -> Result<Probe, TargetError> {
    let document = target.read_json("", bootstrap::probe_select()).await?;
    Probe::parse(document).map_err(|error| TargetError::Protocol {
        target: target.describe(),
        reason: error.to_string(),
    })
}

/// The same where the functions have just been made.
async fn look_until_it_is_learnt(target: &mut dyn Target) -> Result<Probe, Error> {
    let until = Instant::now() + RELOAD;
    loop {
        match look(target).await {
            Err(TargetError::Unreachable {
                sqlstate: Some(code),
                ..
            }) if matches!(code.as_str(), "PGRST202" | "PGRST205") && Instant::now() < until => {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            other => return other.map_err(Error::from),
        }
    }
}

/// A function of somebody else's is not replaced.
fn refuse_others(probe: &Probe) -> Result<(), Error> {
    for (helper, state) in probe.states() {
        if let State::Others(ways) = state {
            let found = probe
                .find(&helper)
                .map_or_else(String::new, |found| found.signature());
            let error = Error::usage(format!(
                "public.{found} is there already, and supaproof did not create it: nothing was changed"
            ));
            return Err(ways.into_iter().fold(error, Error::note).help(
                "Where nothing needs it, drop it and run this again. supaproof also runs SQL by it, as it is.",
            ));
        }
    }
    Ok(())
}

/// The Data API cannot make the first function: what to do instead, with the SQL for it.
fn shut(error: TargetError) -> Error {
    let is_shut = matches!(&error, TargetError::Unreachable { sqlstate: Some(code), .. } if code == "PGRST202");
    let error = Error::from(error);
    if !is_shut {
        return error;
    }
    super::say(bootstrap::install_sql().as_bytes());
    error
        .note("a service key alone cannot create one: the Data API only calls functions that are there")
        .help(
            "Paste the SQL above into the dashboard's SQL editor and run it, then try again; \
             `supaproof bootstrap --print-sql` prints only that. Or name a target that takes SQL: a database URL, or the project with an access token.",
        )
}

fn task(helper: &Helper, state: &State) -> String {
    match state {
        State::Absent => format!("create {}", helper.signature()),
        other => format!("mend {} ({})", helper.signature(), ways(other)),
    }
}

fn ways(state: &State) -> String {
    match state {
        State::Altered(ways) | State::Others(ways) => ways.join(", "),
        State::Absent => "it is not there".to_owned(),
        State::Right => String::new(),
    }
}
