//! `supaproof doctor`: the connection and everything else that has to be so. Changes nothing.

mod supabase;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::cli;
use crate::config::TargetChoice;
use crate::doctor::{self, Facts, Group, Line, Link, Proof, State};
use crate::error::{Error, ExitCode};
use crate::hints;
use crate::target::door::{Access, Credential, Door, Entered, How, Purpose, Shut, Unusable};
use crate::target::postgres::{Limits, Settings, TlsMode};
use crate::target::{Capabilities, Target, TargetError};
use crate::words;

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
            (true, true) => "\n❌ A door is open, and something is not as it should be.\n",
            (false, _) => "❌ No door was opened: one is enough.\n",
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
    let took = words::duration(started.elapsed());
    let found = format!("{}, started in {took}", session.label);
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
    groups.extend(inside(context, &mut *session.target, Link::Socket).await?);
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
    known.extend(access.unusable.iter().map(unusable));
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
        if let How::Login(_) = way.how {
            // That gives a role of the project a new password.
            let words =
                "not opened: a login would have to be made for it, and doctor changes nothing";
            let line = Line::new(State::Skipped, door, words).from(way.from.clone());
            lines.push(line.help(format!(
                "`supaproof status --door {}` has one made that may only read.",
                way.door.word()
            )));
            continue;
        }
        context.ui.progress(&format!("trying the {door}"));
        let started = Instant::now();
        // A door over HTTP opens without a request: the first question is what opens it.
        let opened = match way.open(limits, Purpose::Read).await {
            Ok(Entered { mut target, wire }) => {
                let link = link(&way.how, way.door, wire.as_ref());
                let inside = inside(context, &mut *target, link).await;
                let reads_only = target.read_only().map(str::to_owned);
                inside.map(|groups| (groups, target.capabilities().clone(), reads_only))
            }
            Err(Shut::Door(error)) => Err(error),
            Err(Shut::Error(error)) => {
                lines.push(not_tried(door, &error).from(way.from.clone()));
                continue;
            }
        };
        match opened {
            Ok((inside, capabilities, reads_only)) => {
                let took = words::duration(started.elapsed());
                let found = format!("{} in {took}", way.describe());
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
                match supabase::lines(api, &limits).await {
                    Ok(lines) => lines,
                    Err(error) => vec![not_tried("all of it".to_owned(), &error)],
                }
            }
        };
        let group = Group { title, lines };
        prefer(groups, &group);
        groups.push(group);
    }
    Ok(open)
}

/// Takes lines away whose question has an answer in this group, and had none before.
fn prefer(groups: &mut [Group], answered: &Group) {
    let known = |line: &Line| {
        let same = |other: &Line| other.subject == line.subject && other.state != State::Skipped;
        line.state == State::Skipped && answered.lines.iter().any(same)
    };
    for group in groups {
        group.lines.retain(|line| !known(line));
    }
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

/// A door that cannot be tried as it is set up.
fn not_tried(door: String, error: &Error) -> Line {
    let line = Line::new(State::Bad, door, error.message());
    match error.help_text() {
        Some(help) => line.help(help),
        None => line,
    }
}

/// A value that cannot be used, without its source before it, which stands behind it.
fn unusable(value: &Unusable) -> Line {
    let message = value.message.strip_prefix(&value.from);
    let message = message.map_or(value.message.as_str(), str::trim_start);
    let line = Line::new(State::Bad, value.what, message).from(value.from.clone());
    match &value.help {
        Some(help) => line.help(help),
        None => line,
    }
}

/// What our end of the way proves.
fn link(how: &How, door: Door, settings: Option<&Settings>) -> Link {
    let Some(settings) = settings else {
        let base = match how {
            How::Management(api) => Some(&api.at.base),
            How::DataApi { at, .. } => Some(&at.base),
            How::Postgres(_) | How::Pooler(_) | How::Login(_) => None,
        };
        return Link::Http {
            encrypted: base.is_some_and(|base| base.scheme() == "https"),
        };
    };
    if settings.host().is_none() {
        return Link::Socket;
    }
    Link::Wire {
        local: settings.is_local(),
        pooled: settings.is_pooled() || matches!(door, Door::Session | Door::Transaction),
        proof: match settings.tls_mode() {
            TlsMode::Disable | TlsMode::Prefer => Proof::Nothing,
            TlsMode::Require => Proof::Encryption,
            TlsMode::VerifyCa => Proof::Authority,
            TlsMode::VerifyFull => Proof::Host,
        },
    }
}

fn warnings(all: &[String]) -> impl Iterator<Item = Line> {
    all.iter()
        .map(|warning| Line::new(State::Warning, "warning", warning.clone()))
}

/// What the server says of itself.
async fn inside(
    context: &Context,
    target: &mut dyn Target,
    link: Link,
) -> Result<Vec<Group>, TargetError> {
    let named = context.config.project.ledgers();
    let settings = "set local search_path = ''";
    let answer = target.read_json(settings, &doctor::query(named)).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0.0, |since| since.as_secs_f64());
    let facts: Facts = serde_json::from_value(answer).map_err(|error| TargetError::Protocol {
        target: target.describe(),
        reason: format!("what it says of itself was not understood: {error}"),
    })?;
    Ok(doctor::examine(&facts, now, link, named))
}
