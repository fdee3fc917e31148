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
use crate::words;

use super::super::{Context, session};
use super::{clients, make, shown};

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
    let verdict = Verdict::of(&manifest, whole, found.as_ref());
    let code = verdict.all().code();
    tell(context, &kept.path, &manifest, &verdict);
    manifest.verified = Some(Verified {
        at: make::now(),
        passed: code == ExitCode::Ok,
    });
    if let Err(error) = kept.write(&manifest) {
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

/// What a backup was found to be. How the command ends follows from it, and what is shown.
struct Verdict<'a> {
    /// The file is as it was written.
    whole: bool,
    /// What came back; none where it could not be restored.
    found: Option<&'a Found>,
    compared: Vec<Compared>,
}

/// What one look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Same,
    /// It cannot be told on this Postgres.
    Unknown,
    Wrong,
}

impl Look {
    fn sign(self) -> &'static str {
        match self {
            Self::Same => "✅",
            Self::Unknown => "⏭️ ",
            Self::Wrong => "❌",
        }
    }

    fn code(self) -> ExitCode {
        match self {
            Self::Same => ExitCode::Ok,
            Self::Unknown => ExitCode::NothingChecked,
            Self::Wrong => ExitCode::Failed,
        }
    }
}

impl<'a> Verdict<'a> {
    fn of(manifest: &Manifest, whole: bool, found: Option<&'a Found>) -> Self {
        let compared = found.map(|found| backup::compare(&manifest.contents, &found.contents));
        Self {
            whole,
            found,
            compared: compared.unwrap_or_default(),
        }
    }

    /// Whether this Postgres lacks extensions: then what is missing is not the backup's fault.
    fn lacking(&self) -> bool {
        self.found.is_some_and(|found| !found.missing.is_empty())
    }

    fn restored(&self) -> Look {
        match self.found {
            None => Look::Wrong,
            Some(found) if found.told.ok => Look::Same,
            Some(_) if self.lacking() => Look::Unknown,
            Some(_) => Look::Wrong,
        }
    }

    fn one(&self, compared: &Compared) -> Look {
        match compared.state {
            State::Same => Look::Same,
            State::Missing if self.lacking() => Look::Unknown,
            _ => Look::Wrong,
        }
    }

    fn all(&self) -> Look {
        let mut looks = self.compared.iter().map(|it| self.one(it));
        if !self.whole || self.restored() == Look::Wrong || looks.any(|look| look == Look::Wrong) {
            Look::Wrong
        } else if self.lacking() {
            Look::Unknown
        } else {
            Look::Same
        }
    }
}

/// Shows what was found.
fn tell(context: &Context, file: &Path, manifest: &Manifest, verdict: &Verdict<'_>) {
    let mut out = format!(
        "{}: {} of {}\n",
        shown(file),
        manifest.target,
        manifest.created_at
    );
    out.push_str(match verdict.whole {
        true => "✅ the file is as it was written (SHA-256)\n",
        false => "❌ the file is not as it was written: its SHA-256 is another\n",
    });
    let Some(found) = verdict.found else {
        out.push_str("❌ it cannot be restored\n");
        return super::super::say(out.as_bytes());
    };
    if verdict.lacking() {
        out.push_str(&format!(
            "⏭️  this Postgres does not have the extensions {}: what needs them did not come back\n",
            found.missing.join(", ")
        ));
    }
    if !found.told.ok {
        let lines = &found.told.lines;
        out.push_str(&format!(
            "{} pg_restore could not restore everything:\n",
            verdict.restored().sign()
        ));
        let (shown, more) = words::first(lines, SHOWN);
        for line in shown.iter().chain(&more) {
            out.push_str(&format!("   {line}\n"));
        }
    }
    let quiet = context.config.verbosity < crate::report::Verbosity::Verbose;
    for compared in &verdict.compared {
        let look = verdict.one(compared);
        if look == Look::Same && quiet {
            continue;
        }
        let Compared { subject, words, .. } = compared;
        out.push_str(&format!("{} {subject}: {words}\n", look.sign()));
    }
    let came = (verdict.compared.iter()).filter(|it| it.state == State::Same);
    let tables = &manifest.contents.tables;
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    out.push_str(&format!(
        "{} {} of {} came back as they were: {} with {}, {}\n",
        verdict.all().sign(),
        came.count(),
        verdict.compared.len(),
        words::count(tables.len(), "table", "tables"),
        words::count(rows, "row", "rows"),
        words::count(manifest.contents.sequences.len(), "sequence", "sequences")
    ));
    super::super::say(out.as_bytes());
}
