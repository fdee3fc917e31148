//! Makes a backup: dump, counts and checksums of one snapshot.

use std::path::PathBuf;
use std::time::Duration;

use crate::backup::{
    self, BEGIN, Contents, Manifest, Plan, Session as Programs, Store, Suite, Survey, VERSION,
};
use crate::error::{Error, ExitCode};
use crate::migrate::{self, Book};
use crate::platform::facts;
use crate::target::Target;
use crate::target::postgres::Settings;
use crate::words;

use super::super::Context;
use super::super::session::Session;
use super::{clients, shown};

/// Makes a backup and says what is in it.
pub(super) async fn make(
    context: &Context,
    session: &mut Session,
    store: &Store,
    books: &[Book],
) -> Result<PathBuf, Error> {
    let settings = session.wire()?;
    context.ui.progress("looking at what there is");
    session.target.run(BEGIN, &mut |_| {}).await?;
    let made = within(context, session, &settings, store, books).await;
    // The snapshot's transaction; where it failed, it is over.
    let ended = session.target.run("rollback", &mut |_| {}).await;
    let (path, manifest, warnings) = made?;
    ended?;
    tell(context, store, &path, &manifest, &warnings);
    Ok(path)
}

async fn within(
    context: &Context,
    session: &mut Session,
    settings: &Settings,
    store: &Store,
    books: &[Book],
) -> Result<(PathBuf, Manifest, Vec<String>), Error> {
    let at = now();
    let survey = survey(&mut *session.target, true).await?;
    let clients = clients(context, survey.major).await?;
    let plan = backup::plan(&survey);
    refuse(&plan)?;
    let mut states = Vec::new();
    for book in books {
        let ledger = migrate::ledger::read(&mut *session.target, book).await?;
        let applied = ledger.applied.iter().map(|row| row.version.to_string());
        states.push(Suite {
            suite: book.suite().to_owned(),
            applied: applied.collect(),
        });
    }
    let snapshot = survey.snapshot.clone().unwrap_or_default();
    let mut part = store.begin()?;
    let role = session.target.role().map(ToOwned::to_owned);
    let programs = Programs {
        clients: &clients,
        settings,
        role: role.as_deref(),
    };
    let mut progress = |bytes| {
        context
            .ui
            .progress(&format!("backing up: {}", words::size(bytes)));
    };
    let work = async {
        tokio::try_join!(
            backup::dump(&programs, &plan, &snapshot, &mut part, &mut progress),
            contents(&mut *session.target, &plan)
        )
    };
    let limit = context.config.run_timeout;
    let (dumped, contents) = tokio::time::timeout(limit.unwrap_or(Duration::MAX), work)
        .await
        .map_err(|_| {
            let seconds = limit.unwrap_or_default().as_secs();
            Error::new(
                ExitCode::Sql,
                format!("the backup did not finish within {seconds} s"),
            )
        })??;
    let names = survey.roles.iter().filter(|role| !facts::owns_role(role));
    let manifest = Manifest {
        version: VERSION,
        file: String::new(),
        bytes: part.bytes(),
        sha256: String::new(),
        target: session.place.to_string(),
        server: survey.server.clone(),
        major: survey.major,
        pg_dump: clients.version.clone(),
        supaproof: env!("CARGO_PKG_VERSION").to_owned(),
        suites: states,
        schemas: plan.schemas.clone(),
        platform: plan.platform.clone(),
        left_out: plan.left_out.clone(),
        roles: names.cloned().collect(),
        extensions: survey.extensions.clone(),
        publications: survey.publications.clone(),
        contents,
        verified: None,
        created_at: at.clone(),
    };
    let suites = match books {
        [] => "database".to_owned(),
        some => some.iter().map(Book::suite).collect::<Vec<_>>().join("+"),
    };
    let name = backup::name_for(&place(session, settings), &at, &suites);
    let path = store.finish(part, &name, manifest.clone())?;
    Ok((path, manifest, dumped.warnings))
}

/// What there is, in the transaction that is open.
pub(super) async fn survey(target: &mut dyn Target, snapshot: bool) -> Result<Survey, Error> {
    let answer = target
        .read_json("", &backup::survey_sql(snapshot))
        .await
        .map_err(|error| Error::from(error).note("while looking at what a backup has to hold"))?;
    serde_json::from_value(answer).map_err(|error| Error::bug(format!("survey: {error}")))
}

/// What the tables hold, in the transaction that is open.
pub(super) async fn contents(target: &mut dyn Target, plan: &Plan<'_>) -> Result<Contents, Error> {
    let mut answers = Vec::new();
    for select in backup::contents_sql(&plan.objects, plan.large_objects) {
        let answer = target.read_json("", &select).await;
        answers
            .push(answer.map_err(|error| {
                Error::from(error).note("while counting rows for the manifest")
            })?);
    }
    backup::parse_contents(&plan.objects, &answers)
        .ok_or_else(|| Error::bug("the counts of rows were not understood"))
}

/// A dump without a table would be none.
fn refuse(plan: &Plan<'_>) -> Result<(), Error> {
    if plan.refused.is_empty() {
        return Ok(());
    }
    const SHOWN: usize = 10;
    let error = Error::new(
        ExitCode::Sql,
        "a backup would not be whole: the role may not read everything",
    );
    Err(error.first_notes(&plan.refused, SHOWN).help("Connect as the owner of these tables, or as a role with BYPASSRLS that may read them (postgres at Supabase)."))
}

/// What the file's name says of the target.
fn place(session: &Session, settings: &Settings) -> String {
    if let Some(name) = &session.name {
        return name.clone();
    }
    // A pooler's user names the project.
    let host = match settings.user().split_once('.') {
        Some((_, project)) => project,
        None => settings.host().unwrap_or("local"),
    };
    format!("{host}_{}", settings.database())
}

fn tell(
    context: &Context,
    store: &Store,
    path: &std::path::Path,
    manifest: &Manifest,
    warnings: &[String],
) {
    let ui = &context.ui;
    let tables = &manifest.contents.tables;
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    // The store has written the length into its own copy.
    ui.note(&format!(
        "backup: {} ({}, {}, {})",
        shown(path),
        words::size(std::fs::metadata(path).map_or(manifest.bytes, |file| file.len())),
        words::count(tables.len(), "table", "tables"),
        words::count(rows, "row", "rows")
    ));
    let platform = match manifest.platform.as_slice() {
        [] => String::new(),
        some => format!("; the rows of {}", some.join(", ")),
    };
    ui.note(&format!(
        "  in it: {}{platform}",
        manifest.schemas.join(", ")
    ));
    ui.note(&format!("  not in it: {}", manifest.left_out.join("; ")));
    for warning in warnings {
        ui.note(&format!("warning: pg_dump: {warning}"));
    }
    ui.note("warning: it holds data: keep it where nobody else can read it");
    if store.is_open() {
        ui.note(&format!(
            "warning: others on this machine may look into {}; the files themselves are closed to them",
            shown(store.folder())
        ));
    }
}

/// In UTC, to the second.
pub(super) fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}
