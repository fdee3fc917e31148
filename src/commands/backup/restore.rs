//! `supaproof backup restore`: brings a backup back to a target, in one transaction.

use crate::backup::{
    self, Around, BEGIN, Chosen, Contents, Manifest, Session as Programs, Store, Survey,
};
use crate::cli::Restore;
use crate::error::{Error, ExitCode};
use crate::target::postgres::Settings;
use crate::words;

use super::super::Context;
use super::super::session::Session;
use super::{clients, make, shown, verify};

pub(super) async fn run(
    context: &Context,
    store: &Store,
    args: &Restore,
) -> Result<ExitCode, Error> {
    let (kept, manifest) = store.find(Some(&args.file))?;
    let changed = |error: &dyn std::fmt::Display| {
        Error::new(
            ExitCode::Sql,
            format!("{} cannot be restored: {error}", shown(&kept.path)),
        )
    };
    let sha256 = kept.sha256().map_err(|error| changed(&error))?;
    if sha256 != manifest.sha256 {
        return Err(changed(&"it is not as it was written: its SHA-256 is another")
            .help("Take another backup; `supaproof backup verify` says how much of this one can be had."));
    }
    let clients = clients(context, verify::major(&manifest)).await?;
    let listing = backup::listing(&clients, &kept.path).await?;
    let mut session = Session::open(context).await?;
    let ended = async {
        if session.is_throwaway() {
            return Err(Error::usage("the embedded target ends with this command: nothing would stay of the backup")
                .help("Name a target with --target; `supaproof backup verify` restores into a private Postgres."));
        }
        let settings = session.wire()?;
        session.target.run(BEGIN, &mut |_| {}).await?;
        let looked = look(&mut session, &manifest, args).await;
        let _ = session.target.run("rollback", &mut |_| {}).await;
        let survey = looked?;
        session.ask(context, &question(&session, &manifest, args)).await?;
        context.ui.progress("restoring");
        back(&session, &settings, &Source { clients: &clients, manifest: &manifest, listing: &listing, file: &kept.path }, &survey, args).await
    }
    .await;
    let label = session.leave(&context.ui).label;
    ended?;
    let rows = manifest.contents.tables.iter();
    let rows: u64 = rows
        .filter(|table| args.with_users || !manifest.platform.contains(&table.schema))
        .map(|table| table.rows)
        .sum();
    super::super::say(
        format!(
            "✅ {} restored to {label}: {}, {}\n",
            shown(&kept.path),
            manifest.schemas.join(", "),
            words::count(rows, "row", "rows")
        )
        .as_bytes(),
    );
    if !manifest.platform.is_empty() && !args.with_users {
        context.ui.note(&format!(
            "the rows of {} stay as they are; --with-users brings them back, where the tables are empty",
            manifest.platform.join(", ")
        ));
    }
    context.ui.end(None);
    Ok(ExitCode::Ok)
}

struct Source<'a> {
    clients: &'a crate::target::embedded::Clients,
    manifest: &'a Manifest,
    listing: &'a str,
    file: &'a std::path::Path,
}

/// Refuses what cannot end well, before anybody is asked.
async fn look(session: &mut Session, manifest: &Manifest, args: &Restore) -> Result<Survey, Error> {
    let survey = make::survey(&mut *session.target, false).await?;
    let has = |name: &str| survey.extensions.iter().any(|x| x.name == name);
    let missing: Vec<&str> = (manifest.extensions.iter())
        .map(|extension| extension.name.as_str())
        .filter(|name| !has(name))
        .collect();
    if !missing.is_empty() {
        let create: Vec<String> = (manifest.extensions.iter())
            .filter(|x| missing.contains(&x.name.as_str()))
            .map(|x| {
                let quote = crate::sql::quote_ident;
                format!(
                    "create extension {} with schema {};",
                    quote(&x.name),
                    quote(&x.schema)
                )
            })
            .collect();
        return Err(Error::usage(format!(
            "{} does not have the extensions that the backup's database had: {}",
            session.label,
            missing.join(", ")
        ))
        .help(format!("Create them first: {}", create.join(" "))));
    }
    let occupied: Vec<&str> = (manifest.schemas.iter())
        .map(String::as_str)
        .filter(|schema| survey.occupied.iter().any(|other| other == schema))
        .collect();
    if !occupied.is_empty() && !args.clean {
        return Err(Error::usage(format!(
            "{} holds something already in the schemas {}",
            session.label,
            occupied.join(", ")
        ))
        .help("Name an empty database; or say --clean, which drops what these schemas hold and puts the backup in its place."));
    }
    if args.with_users {
        let plan = backup::plan(&survey);
        let platform = backup::Plan {
            objects: (plan.objects.iter().copied())
                .filter(|object| !object.sequence && manifest.platform.contains(&object.schema))
                .collect(),
            ..backup::Plan::default()
        };
        let contents: Contents = make::contents(&mut *session.target, &platform).await?;
        let full: Vec<String> = (contents.tables.iter())
            .filter(|table| table.rows > 0)
            .map(|table| format!("{}.{}", table.schema, table.name))
            .collect();
        if !full.is_empty() {
            return Err(Error::usage(format!(
                "--with-users fills empty tables only, and {} hold rows on {}",
                full.join(", "),
                session.label
            ))
            .help("Leave it out, and these rows stay as they are."));
        }
    }
    Ok(survey)
}

fn question(session: &Session, manifest: &Manifest, args: &Restore) -> String {
    let what = format!(
        "the backup of {} ({})",
        manifest.created_at, manifest.target
    );
    match args.clean {
        true => format!(
            "Drop all that the schemas {} hold on {} and restore {what}? What came since is lost.",
            manifest.schemas.join(", "),
            session.label
        ),
        false => format!("Restore {what} to {}?", session.label),
    }
}

async fn back(
    session: &Session,
    settings: &Settings,
    source: &Source<'_>,
    survey: &Survey,
    args: &Restore,
) -> Result<(), Error> {
    let manifest = source.manifest;
    let mut before =
        String::from("set local statement_timeout = 0;\nset local client_min_messages = error;\n");
    // The dump makes those that go.
    let kept = |name: &str| name == "public" || survey.extensions.iter().any(|x| x.schema == name);
    let mut there: Vec<String> = survey.schemas.iter().map(|s| s.name.clone()).collect();
    if args.clean {
        before.push_str(&backup::clear_sql(
            survey,
            &manifest.schemas,
            &manifest.platform,
        ));
        if manifest.contents.large_objects.is_some() {
            before.push_str(
                "select pg_catalog.lo_unlink(l.oid) from pg_catalog.pg_largeobject_metadata l;\n",
            );
        }
        there.retain(|name| kept(name) || !manifest.schemas.contains(name));
    }
    let chosen = Chosen {
        platform_rows: args.with_users,
        platform_whole: false,
        role: (!survey.superuser).then_some(survey.role.as_str()),
        there: &there,
    };
    let list = backup::choose(source.listing, manifest, &chosen);
    let mut around = Around {
        before,
        after: backup::publish_sql(&manifest.publications, &manifest.schemas),
        ..Around::default()
    };
    if args.with_users {
        // The services' tables have their constraints and triggers already.
        around.before_rows = "set local session_replication_role = replica;\n".to_owned();
        around.after_rows = "set local session_replication_role = origin;\n".to_owned();
    }
    let programs = Programs {
        clients: source.clients,
        settings,
        role: session.target.role(),
    };
    backup::replay(&programs, source.file, &list, &around)
        .await
        .map_err(|error| {
            error
                .note("it ran in one transaction: the target is as it was")
                .help("Mend what is named (a role or an extension that the target lacks, a row that another one needs), then run it again.")
        })
}
