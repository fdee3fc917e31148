//! `supaproof doctor`: the connection and everything else that has to be so. Changes nothing.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::cli;
use crate::config::TargetChoice;
use crate::doctor::{self, Facts, Group, Line, State, services};
use crate::error::{Error, ExitCode};
use crate::hints;
use crate::target::door::{Access, ApiOf, Credential, Door, Entered, Purpose, Shut};
use crate::target::postgres::Limits;
use crate::target::{Capabilities, Target, TargetError};

use super::Context;
use super::session::Session;

pub(super) async fn run(context: &Context, args: &cli::Doctor) -> Result<ExitCode, Error> {
    let mut groups = Vec::new();
    let mut able = Vec::new();
    let open = match &context.config.target {
        TargetChoice::Embedded => embedded(context, &mut groups, &mut able).await?,
        TargetChoice::Elsewhere(access) => {
            elsewhere(context, access, &mut groups, &mut able).await?
        }
    };
    context.ui.clear();
    if args.json {
        let text = serde_json::to_string_pretty(&groups)
            .map_err(|error| Error::bug(format!("no JSON could be made: {error}")))?;
        super::say(format!("{text}\n").as_bytes());
    } else {
        let mut text = format!("🩺 supaproof doctor\n\n{}", doctor::text(&groups));
        if !able.is_empty() {
            text.push_str(&format!(
                "What each open door can do\n{}",
                doctor::abilities(&able)
            ));
        }
        text.push_str(match (open, doctor::is_bad(&groups)) {
            (true, false) => "\n🎉 Ready.\n",
            (true, true) => {
                "\n❌ The door is open, and something behind it is not as it should be.\n"
            }
            (false, _) => "❌ No door opens: one is enough.\n",
        });
        super::say(text.as_bytes());
    }
    Ok(match (open, doctor::is_bad(&groups)) {
        (false, _) => ExitCode::Unreachable,
        (true, true) => ExitCode::Failed,
        (true, false) => ExitCode::Ok,
    })
}

async fn embedded(
    context: &Context,
    groups: &mut Vec<Group>,
    able: &mut Vec<(String, Capabilities)>,
) -> Result<bool, Error> {
    let started = Instant::now();
    let mut session = Session::open(context).await?;
    let took = started.elapsed().as_secs_f64();
    let found = format!("{}, started in {took:.2} s", session.label);
    let mut lines = vec![Line::new(State::Good, "target", found)];
    lines.extend(warnings(&context.config.warnings));
    lines.push(
        Line::new(State::Skipped, "a project", "none is known: this is a private Postgres that ends with the command").help(
            "Set SUPABASE_DB_URL, or SUPABASE_PROJECT_REF with SUPABASE_ACCESS_TOKEN or SUPABASE_DB_PASSWORD, or run `supabase link`.",
        ),
    );
    groups.push(Group {
        title: "The way in".to_owned(),
        lines,
    });
    able.push(("embedded".to_owned(), session.target.capabilities().clone()));
    groups.extend(inside(&mut *session.target, false).await?);
    session.close();
    Ok(true)
}

async fn elsewhere(
    context: &Context,
    access: &Access,
    groups: &mut Vec<Group>,
    able: &mut Vec<(String, Capabilities)>,
) -> Result<bool, Error> {
    let mut known: Vec<Line> = access
        .values
        .iter()
        .map(|(what, shown, from)| Line::new(State::Good, *what, shown.clone()).from(from.clone()))
        .collect();
    known.extend(warnings(&context.config.warnings));
    groups.push(Group {
        title: "The way in".to_owned(),
        lines: known,
    });
    let limits = Limits {
        connect: context.config.connect_timeout,
        run: context.config.run_timeout,
    };
    let mut lines = Vec::new();
    let mut first: Option<(Door, Vec<Group>)> = None;
    let mut refused: Vec<Credential> = Vec::new();
    for way in &access.ways {
        let door = way.door.to_string();
        if refused.contains(&way.credential()) {
            let words = "not tried: the same password or key was just refused";
            lines.push(Line::new(State::Skipped, door, words));
            continue;
        }
        context.ui.progress(&format!("trying the {door}"));
        let started = Instant::now();
        // A door over HTTP opens without a request: the first question is what opens it.
        // What it shows is what a command that changes something would have.
        let opened = match way.open(limits, Purpose::Change).await {
            Ok(Entered { mut target, .. }) => {
                let pooled = matches!(way.door, Door::Session | Door::Transaction);
                let inside = inside(&mut *target, pooled).await;
                let reads_only = target.read_only().map(str::to_owned);
                inside.map(|groups| (groups, target.capabilities().clone(), reads_only))
            }
            Err(Shut::Door(error)) => Err(error),
            Err(Shut::Error(error)) => return Err(error),
        };
        match opened {
            Ok((inside, capabilities, reads_only)) => {
                let took = started.elapsed().as_secs_f64();
                let found = format!("{} in {took:.2} s", way.describe());
                let line = match reads_only {
                    None => Line::new(State::Good, door.clone(), found),
                    Some(reason) => {
                        let help = match way.door {
                            Door::DataApi => {
                                "Nothing is set up or tried by it: a function that runs any SQL can, and `supaproof bootstrap` makes one by another door."
                            }
                            _ => {
                                "Nothing is set up or tried by it: a token with database_write can."
                            }
                        };
                        Line::new(State::Warning, door.clone(), format!("{found}; {reason}"))
                            .help(help)
                    }
                };
                lines.push(line.from(way.from.clone()));
                able.push((door, capabilities));
                first.get_or_insert((way.door, inside));
            }
            Err(error) => {
                if error.is_login() {
                    refused.push(way.credential());
                }
                lines.push(shut(door, &error).from(way.from.clone()));
            }
        }
    }
    for (door, reason) in &access.closed {
        lines.push(Line::new(State::Skipped, door.to_string(), reason.clone()));
    }
    let open = first.is_some();
    for line in &mut lines {
        // One is enough.
        if open && line.state == State::Bad {
            line.state = State::Warning;
        }
    }
    groups.push(Group {
        title: "Doors".to_owned(),
        lines,
    });
    if let Some((door, mut inside)) = first {
        if let Some(group) = inside.first_mut() {
            group.lines.extend(pooler_mode(door));
            group.title = format!("{} (by the {door})", group.title);
        }
        groups.extend(inside);
    }
    if let Some(api) = &access.api {
        let title = "Project at Supabase (by the Management API)".to_owned();
        let lines = match refused.contains(&Credential::Token) {
            true => vec![Line::new(
                State::Skipped,
                "all of it",
                "not asked for: the access token was just refused",
            )],
            false => {
                context.ui.progress("asking the Management API");
                at_supabase(api, &limits).await?
            }
        };
        groups.push(Group { title, lines });
    }
    Ok(open)
}

/// How a pooler shares its sessions, where one is the door.
fn pooler_mode(door: Door) -> Option<Line> {
    let found = match door {
        Door::Session => "session: a session of the server for as long as the connection lasts",
        Door::Transaction => "transaction: every transaction may meet another session",
        Door::Direct | Door::Management | Door::DataApi => return None,
    };
    Some(Line::new(State::Good, "pooler mode", found))
}

/// What the Management API says of the project: a line for each question, and one alone where it does not answer at all.
async fn at_supabase(api: &ApiOf, limits: &Limits) -> Result<Vec<Line>, Error> {
    let api = api.api(limits)?;
    fn line<T>(
        subject: &str,
        answer: Result<T, TargetError>,
        judge: impl FnOnce(&T) -> Line,
    ) -> Line {
        match answer {
            Ok(found) => judge(&found),
            Err(error) => shut(subject.to_owned(), &error).skipped(),
        }
    }
    let health = api.health().await;
    if let Err(error) = &health
        && !error.is_forbidden()
    {
        // A token is not sent again after a refusal, and nobody is waited for five times.
        return Ok(vec![shut("all of it".to_owned(), error).skipped()]);
    }
    let (keys, legacy, lints, migrations) = tokio::join!(
        api.keys(),
        api.legacy_keys(),
        api.security_lints(),
        api.migrations()
    );
    let legacy = legacy.ok();
    Ok(vec![
        line("services", health, |all| services::health(all)),
        line("API keys", keys, |all| services::keys(all, legacy)),
        line("security advisor", lints, |all| services::advisor(all)),
        line("recorded migrations", migrations, |all| {
            services::migrations(all)
        }),
    ])
}

fn shut(door: String, error: &TargetError) -> Line {
    let (code, reason) = match error {
        TargetError::Unreachable {
            reason, sqlstate, ..
        } => (sqlstate.as_deref(), reason.clone()),
        TargetError::Lost { reason, .. } => (None, reason.clone()),
        TargetError::Server(error) => (Some(error.sqlstate.as_str()), error.message.clone()),
        other => (None, other.to_string()),
    };
    let line = Line::new(State::Bad, door, crate::redact::redact(&reason));
    match hints::help(code, &reason) {
        Some(help) => line.help(help),
        None => line,
    }
}

fn warnings(all: &[String]) -> impl Iterator<Item = Line> {
    all.iter()
        .map(|warning| Line::new(State::Warning, "warning", warning.clone()))
}

/// What the server says of itself.
async fn inside(target: &mut dyn Target, pooled: bool) -> Result<Vec<Group>, TargetError> {
    let settings = "set local search_path = ''";
    let answer = target.read_json(settings, doctor::QUERY).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0.0, |since| since.as_secs_f64());
    let facts: Facts = serde_json::from_value(answer).map_err(|error| TargetError::Protocol {
        target: target.describe(),
        reason: format!("what it says of itself was not understood: {error}"),
    })?;
    Ok(doctor::examine(&facts, now, pooled))
}
