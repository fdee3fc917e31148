//! `supaproof backup verify`: restores into a private Postgres and compares.

use std::path::Path;

use crate::backup::{
    self, BEGIN, Chosen, Compared, Contents, Manifest, Session as Programs, State, Store, Told,
    Verified,
};
use crate::error::{Error, ExitCode};
use crate::platform;
use crate::sql::{quote_ident, quote_literal};
use crate::target::embedded::Clients;
use crate::target::postgres::{Limits, PostgresTarget, Settings};
use crate::target::{Target, TargetError};

use super::super::{Context, session};
use super::{clients, counted, make, shown};

/// Errors of pg_restore that are shown.
const SHOWN: usize = 20;

/// What a restore came to.
struct Found {
    told: Told,
    contents: Contents,
    /// Extensions that this Postgres does not have.
    missing: Vec<String>,
}

pub(super) async fn run(
    context: &Context,
    store: &Store,
    file: Option<&Path>,
) -> Result<ExitCode, Error> {
    let (kept, mut manifest) = store.find(file)?;
    let sha256 = kept
        .sha256()
        .map_err(|error| Error::usage(format!("cannot read {}: {error}", kept.path.display())))?;
    let clients = clients(context, major(&manifest)).await?;
    let whole = sha256 == manifest.sha256;
    let found = match restored(context, &clients, &kept.path, &manifest).await {
        // A file that was changed may be anything.
        Err(error) if !whole && error.code() == ExitCode::Sql => {
            context
                .ui
                .note(&format!("{}: {}", error, error.notes().join("; ")));
            None
        }
        other => Some(other?),
    };
    context.ui.clear();
    let code = tell(context, &kept.path, &manifest, whole, found.as_ref());
    manifest.verified = Some(Verified {
        at: make::now(),
        passed: code == ExitCode::Ok,
    });
    let folder = kept.path.parent().unwrap_or(Path::new("."));
    if let Err(error) = Store::new(folder.to_owned()).write(&manifest) {
        context.ui.note(&format!(
            "warning: the manifest could not be brought up to date: {error}"
        ));
    }
    Ok(code)
}

/// The major of the programs that read the dump.
pub(super) fn major(manifest: &Manifest) -> u32 {
    let digits = manifest.pg_dump.split(|c: char| !c.is_ascii_digit()).next();
    let major = digits.and_then(|digits| digits.parse().ok());
    major.unwrap_or(manifest.major)
}

async fn restored(
    context: &Context,
    clients: &Clients,
    file: &Path,
    manifest: &Manifest,
) -> Result<Found, Error> {
    let listing = backup::listing(clients, file).await?;
    let cluster = session::private(context, manifest.major).await?;
    let settings = Settings::socket(
        cluster.socket_dir(),
        cluster.port(),
        platform::SUPERUSER,
        platform::DATABASE,
    );
    let limits = Limits {
        connect: context.config.connect_timeout,
        run: context.config.run_timeout,
    };
    let ended = async {
        let mut target = PostgresTarget::connect(&settings, limits, true).await?;
        let missing = prepare(&mut target, manifest).await?;
        let there: Vec<String> = look(&mut target).await?.0;
        let chosen = Chosen {
            platform_rows: true,
            platform_whole: true,
            role: None,
            there: &there,
        };
        let list = backup::choose(&listing, manifest, &chosen);
        context.ui.progress("restoring into a private Postgres");
        let programs = Programs {
            clients,
            settings: &settings,
            role: None,
        };
        let told = backup::restore_all(&programs, file, &list).await?;
        context.ui.progress("comparing");
        Ok(Found {
            told,
            contents: look(&mut target).await?.1,
            missing,
        })
    }
    .await;
    cluster.leave();
    ended
}

/// The schemas, and what all tables hold.
async fn look(target: &mut PostgresTarget) -> Result<(Vec<String>, Contents), Error> {
    target.run(BEGIN, &mut |_| {}).await?;
    let survey = make::survey(target, false).await?;
    let plan = backup::plan(&survey);
    let contents = make::contents(target, &plan).await?;
    target.run("rollback", &mut |_| {}).await?;
    let schemas = survey.schemas.iter().map(|schema| schema.name.clone());
    Ok((schemas.collect(), contents))
}

/// Makes what a dump needs and does not bring: roles, extensions. The platform's own schemas come from the dump. Says which
/// extensions there are not.
async fn prepare(target: &mut PostgresTarget, manifest: &Manifest) -> Result<Vec<String>, Error> {
    let mut script = String::from(
        "do $$ declare what record; begin \
         for what in select evtname from pg_event_trigger loop \
         execute format('drop event trigger %I cascade', what.evtname); end loop; end $$;\n",
    );
    for schema in &manifest.platform {
        script.push_str(&format!(
            "drop schema if exists {} cascade;\n",
            quote_ident(schema)
        ));
    }
    for role in &manifest.roles {
        let create = format!("create role {}", quote_ident(role));
        script.push_str(&format!(
            "do $do$ begin if not exists (select from pg_roles where rolname = {}) then execute {}; end if; end $do$;\n",
            quote_literal(role),
            quote_literal(&create)
        ));
    }
    target.run(&script, &mut |_| {}).await?;
    let mut missing = Vec::new();
    for extension in &manifest.extensions {
        let (name, schema) = (quote_ident(&extension.name), quote_ident(&extension.schema));
        let create = format!(
            "create schema if not exists {schema}; create extension if not exists {name} with schema {schema} cascade"
        );
        match target.run(&create, &mut |_| {}).await {
            Ok(()) => {
                // Where the platform put it elsewhere; some cannot be moved, and then they need not be.
                let moved = format!("alter extension {name} set schema {schema}");
                let _ = target.run(&moved, &mut |_| {}).await;
            }
            Err(TargetError::Server(_)) => missing.push(extension.name.clone()),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(missing)
}

/// Shows what was found and says how the command ends.
fn tell(
    context: &Context,
    file: &Path,
    manifest: &Manifest,
    whole: bool,
    found: Option<&Found>,
) -> ExitCode {
    let mut out = format!(
        "{}: {} of {}\n",
        shown(file),
        manifest.target,
        manifest.created_at
    );
    let mut failed = !whole;
    let mut incomplete = false;
    out.push_str(match whole {
        true => "✅ the file is as it was written (SHA-256)\n",
        false => "❌ the file is not as it was written: its SHA-256 is another\n",
    });
    let Some(found) = found else {
        out.push_str("❌ it cannot be restored\n");
        super::super::say(out.as_bytes());
        return ExitCode::Failed;
    };
    let lacking = !found.missing.is_empty();
    if lacking {
        out.push_str(&format!(
            "⏭️  this Postgres does not have the extensions {}: what needs them did not come back\n",
            found.missing.join(", ")
        ));
        incomplete = true;
    }
    if !found.told.ok {
        let sign = if lacking { "⏭️ " } else { "❌" };
        let lines = &found.told.lines;
        out.push_str(&format!(
            "{sign} pg_restore could not restore everything:\n"
        ));
        for line in lines.iter().take(SHOWN) {
            out.push_str(&format!("   {line}\n"));
        }
        if lines.len() > SHOWN {
            out.push_str(&format!("   … and {} lines more\n", lines.len() - SHOWN));
        }
        failed |= !lacking;
    }
    let compared = backup::compare(&manifest.contents, &found.contents);
    for Compared {
        subject,
        state,
        words,
    } in &compared
    {
        let sign = match state {
            State::Same if context.config.verbosity < crate::report::Verbosity::Verbose => continue,
            State::Same => "✅",
            State::Missing if lacking => "⏭️ ",
            _ => "❌",
        };
        failed |= sign == "❌";
        out.push_str(&format!("{sign} {subject}: {words}\n"));
    }
    let came = compared.iter().filter(|c| c.state == State::Same).count();
    let tables = &manifest.contents.tables;
    let rows = tables.iter().map(|table| table.rows).sum();
    let sign = match (failed, incomplete) {
        (true, _) => "❌",
        (false, true) => "⏭️ ",
        (false, false) => "✅",
    };
    out.push_str(&format!(
        "{sign} {came} of {} came back as they were: {} with {}, {}\n",
        compared.len(),
        counted(tables.len() as u64, "table"),
        counted(rows, "row"),
        counted(manifest.contents.sequences.len() as u64, "sequence")
    ));
    super::super::say(out.as_bytes());
    match (failed, incomplete) {
        (true, _) => ExitCode::Failed,
        (false, true) => ExitCode::NothingChecked,
        (false, false) => ExitCode::Ok,
    }
}
