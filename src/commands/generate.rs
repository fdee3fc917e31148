//! `supaproof generate`: expectations written from a schema as it is. Changes nothing.

use std::path::Path;

use crate::catalog::Selection;
use crate::checks::{Finding, Outcome};
use crate::cli::Generate;
use crate::error::{Error, ExitCode};
use crate::expect;
use crate::generate::{self, Generated, Request};
use crate::migrate::Migrations;
use crate::report::SuiteReport;
use crate::source::Source;
use crate::suite::Suite;
use crate::target::Target;
use crate::words;

use super::session::{Session, is_embedded};
use super::{Context, files, migrations, prove};

/// No more of what does not pass is told: one mistake of ours makes many.
const MOST_TOLD: usize = 5;

pub(super) async fn run(context: &Context, args: &Generate) -> Result<ExitCode, Error> {
    if let Some(path) = &args.output {
        files::may_write(path, args.overwrite)?;
    }
    let suite = suite(context, args)?;
    let migrations = match &suite {
        Some(suite) if is_embedded(&context.config) => Some(Migrations::from_suite(suite)?),
        _ => None,
    };
    let mut session = Session::open_to_read(context).await?;
    context.ui.note(&format!("target: {}", session.label));
    let request = Request {
        made_by: made_by(&spelt(args, suite.as_ref()), &session.place),
        // What is in the file that is to be replaced may be broken.
        title: suite
            .as_ref()
            .and_then(|suite| prove::expectations(context, suite).ok()?)
            .map(|expectations| expectations.title),
        suite: suite.map(|suite| suite.name),
        schemas: args.schema.clone(),
        only: args.only.clone(),
        closed: args.closed,
    };
    let made = make(
        context,
        &mut session,
        migrations.as_ref(),
        &request,
        args.output.as_deref(),
    )
    .await;
    session.close();
    context.ui.clear();
    let (
        Generated {
            yaml,
            objects,
            notes,
        },
        doubts,
    ) = made?;
    for note in notes {
        context.ui.note(&format!("warning: {note}"));
    }
    match &args.output {
        None => super::say(yaml.as_bytes()),
        Some(path) => {
            files::write(path, &yaml, args.overwrite)?;
            super::say(format!("✅ {}: {}\n", path.display(), counted(objects)).as_bytes());
        }
    }
    context.ui.end(None);
    doubts.map_or(Ok(ExitCode::Ok), Err)
}

/// `1 object`, `2 objects`.
pub(super) fn counted(objects: usize) -> String {
    words::count(objects, "object", "objects")
}

/// What is written, as it was asked for.
fn spelt(args: &Generate, suite: Option<&Suite>) -> String {
    let suite = suite.map(|suite| format!(" {}", suite.name));
    let schemas = args.schema.iter().map(|name| format!(" --schema {name}"));
    let only = args.only.iter().map(|only| format!(" --only {only}"));
    let closed = args.closed.then(|| " --closed".to_owned());
    let options = suite.into_iter().chain(schemas).chain(only).chain(closed);
    format!("generate{}", options.collect::<String>())
}

/// The line that says where a file came from.
pub(super) fn made_by(command: &str, label: &str) -> String {
    format!("Written by `supaproof {command}` from {label}. It is yours to change.")
}

/// The suite that is meant; none where the target has its schema already and nobody said whose it is.
fn suite(context: &Context, args: &Generate) -> Result<Option<Suite>, Error> {
    let project = &context.config.project;
    let names = project.suite_names()?;
    let embedded = is_embedded(&context.config);
    match (&args.suite, embedded) {
        (Some(name), true) => project.suite(name).map(Some),
        (Some(name), false) if names.contains(name) => project.suite(name).map(Some),
        // One that is only now begun.
        (Some(name), false) => Ok(Some(empty(name))),
        (None, true) => match names.as_slice() {
            [one] => project.suite(one).map(Some),
            [] => Err(Error::usage(
                "the embedded target starts empty, and there is no suite to set up in it",
            )
            .help("Name a database with --target, or begin a suite with `supaproof init`.")),
            several => Err(
                Error::usage("which suite? On the embedded target one is set up first").help(
                    format!(
                        "Name one of {}; or another target with --target.",
                        several.join(", ")
                    ),
                ),
            ),
        },
        (None, false) => {
            let in_validations = |path: &&Path| {
                let parent = path.parent().and_then(Path::file_name);
                parent.is_some_and(|name| name == "validations")
            };
            let path = args.output.as_deref().filter(in_validations);
            let name = path.and_then(|path| path.file_stem()?.to_str());
            Ok(name.map(empty))
        }
    }
}

fn empty(name: &str) -> Suite {
    Suite {
        name: name.to_owned(),
        folder: Path::new("sql").join(name),
        migrations: Vec::new(),
        complete: None,
        expectations: None,
        ledger: Default::default(),
    }
}

/// Sets the suite up where it is not yet, reads the schema, writes what it meets, and tries what was written. What does
/// not pass there is the second answer.
pub(super) async fn make(
    context: &Context,
    session: &mut Session,
    migrations: Option<&Migrations>,
    request: &Request,
    path: Option<&Path>,
) -> Result<(Generated, Option<Error>), Error> {
    if let Some(migrations) = migrations {
        migrations::apply_all(context, &mut *session.target, migrations).await?;
    }
    context.ui.progress("reading the catalog");
    let catalog = prove::read(&mut *session.target, &Selection::all()).await?;
    let generated = generate::generate(&catalog, request)?;
    context.ui.progress("trying what was written");
    let doubts = doubts(&mut *session.target, request, &generated, path).await?;
    Ok((generated, doubts))
}

/// What was written must pass on what it was written from.
async fn doubts(
    target: &mut dyn Target,
    request: &Request,
    generated: &Generated,
    path: Option<&Path>,
) -> Result<Option<Error>, Error> {
    let name = request.suite.as_deref().unwrap_or("generated");
    let path = path.unwrap_or(Path::new("generated.yaml"));
    let source = Source::new(path, generated.yaml.clone());
    let ours = |error: Error| {
        let error = Error::bug(format!(
            "what was written cannot be read: {}",
            error.message()
        ));
        error.note(format!("written was:\n{}", generated.yaml))
    };
    let expectations = expect::parse(&source, name).map_err(ours)?;
    let mut report = SuiteReport::new(name, name, "");
    prove::examine(target, &expectations, &mut report).await?;
    let entries = report.groups.iter().flat_map(|group| &group.entries);
    let mut told: Vec<String> = Vec::new();
    for entry in entries {
        match &entry.outcome {
            Outcome::Pass(_) => {}
            Outcome::Fail(findings) => {
                told.extend(findings.iter().map(Finding::sentence));
            }
            Outcome::Skip { reason, .. } => {
                told.push(format!("{}: skipped: {reason}", entry.subject))
            }
            Outcome::Error(message) => told.push(format!("{}: {message}", entry.subject)),
        }
    }
    if told.is_empty() {
        return Ok(None);
    }
    let number = told.len();
    let error = Error::bug(format!(
        "{number} of the written expectations do not pass on the schema that they were written from"
    ));
    let error = told.into_iter().take(MOST_TOLD).fold(error, Error::note);
    Ok(Some(error.help(
        "The rest can be used. Take these out, and report them.",
    )))
}
