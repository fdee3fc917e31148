//! `supaproof import`: takes over what the ledger of another tool says, and runs nothing.

use crate::cli;
use crate::error::{Error, ExitCode};
use crate::migrate::import::{self, Checked, Found, Imported, Plan, Tool};
use crate::migrate::{self, Mend, Migrations};
use crate::target::Target;
use crate::words;

use super::session::Session;
use super::{Context, migrations};

pub(super) async fn run(context: &Context, args: &cli::Import) -> Result<ExitCode, Error> {
    let suite = context.the_suite(args.suite.as_deref(), "import into")?;
    let files = Migrations::from_suite(&suite)?;
    let table = match &args.table {
        Some(text) => Some(import::table_name(text).ok_or_else(|| {
            Error::usage(format!("`{text}` is no table with its schema"))
                .help("Write it as in SQL: public.schema_migrations, with double quotes around what is no plain name.")
        })?),
        None => None,
    };
    let mut session = Session::open(context).await?;
    let mut out = String::new();
    let ended = async {
        let all = import::read(&mut *session.target, table.as_ref()).await?;
        let found = choose(all, args, &files)?;
        take_over(context, &mut session, &files, &found, args, &mut out).await
    }
    .await;
    let left = session.leave(&context.ui);
    super::say(out.as_bytes());
    let whole = ended?;
    left.warn(&context.ui, "");
    context.ui.end(Some(&left.label));
    Ok(if whole {
        ExitCode::Ok
    } else {
        ExitCode::Failed
    })
}

/// The ledger that is meant.
fn choose(all: Vec<Found>, args: &cli::Import, files: &Migrations) -> Result<Found, Error> {
    let is_meant = |found: &Found| match args.from {
        Some(tool) => found.tool == tool,
        // What is kept in step needs no import.
        None => found.tool != Tool::Supabase || !files.book().is_in_step(),
    };
    let (mut meant, others): (Vec<Found>, Vec<Found>) = all.into_iter().partition(is_meant);
    // Of several, one that has no rows says nothing.
    if meant.len() > 1 && meant.iter().any(|found| found.count() > 0) {
        meant.retain(|found| found.count() > 0);
    }
    let listed = |some: &[Found], error: Error| {
        some.iter().fold(error, |error, found| {
            error.note(format!(
                "{} is the ledger of {}",
                found.table,
                found.tool.named()
            ))
        })
    };
    match (meant.pop(), meant.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(one), false) => {
            meant.push(one);
            Err(listed(
                &meant,
                Error::usage("there are several ledgers of other tools"),
            )
            .help("say which one with --from, or with --table"))
        }
        (None, _) => {
            let whose = args.from.map_or("another tool", Tool::named);
            let error = Error::usage(format!("there is no ledger of {whose} in this database"));
            Err(listed(&others, error).help(import::KNOWN))
        }
    }
}

/// Records what can be taken over, and says whether that is all of it.
async fn take_over(
    context: &Context,
    session: &mut Session,
    files: &Migrations,
    found: &Found,
    args: &cli::Import,
    out: &mut String,
) -> Result<bool, Error> {
    let suite = files.suite();
    let ledger = migrate::ledger::read(&mut *session.target, files.book()).await?;
    let plan = import::plan(found, files, &ledger, args.changed);
    let whence = format!("{}, {}", found.tool.named(), found.table);
    context.ui.note(&format!(
        "{suite}: {} has {} in the table {}",
        found.tool.named(),
        counted(found.count()),
        found.table
    ));
    for one in &plan.record {
        context.ui.note(&format!("  {}", line(one)));
    }
    for left in &plan.left {
        context
            .ui
            .note(&format!("  {} stays out: {}", left.what, left.why));
    }
    if !plan.record.is_empty() {
        if !session.is_throwaway() {
            let question = format!(
                "Record {} of {suite} as applied on {}, without running {}?",
                labels(&plan.record),
                session.label,
                words::agree(plan.record.len(), "it", "them")
            );
            session.ask(context, &question).await?;
        }
        write(context, &mut *session.target, files, &plan, &whence).await?;
    }
    *out = told(suite, &plan);
    Ok(plan.left.is_empty())
}

async fn write(
    context: &Context,
    target: &mut dyn Target,
    files: &Migrations,
    plan: &Plan,
    whence: &str,
) -> Result<(), Error> {
    let mend = Mend::Import {
        migrations: &plan.record,
        from: whence,
    };
    let options = migrations::options_to_mend(context);
    migrate::mend(target, files.book(), &mend, &options, &mut |holder| {
        context.ui.note(&format!("waiting for {holder}"));
    })
    .await
}

fn counted(count: usize) -> String {
    words::count(count, "migration", "migrations")
}

fn labels(record: &[Imported]) -> String {
    let labels: Vec<String> = record.iter().map(|one| one.migration.label()).collect();
    match labels.as_slice() {
        [first, .., last] if labels.len() > 5 => {
            format!("{} ({first} to {last})", counted(labels.len()))
        }
        _ => labels.join(", "),
    }
}

/// A migration that is to be recorded, in a line of the plan.
fn line(one: &Imported) -> String {
    let when = one
        .at
        .as_ref()
        .map_or_else(String::new, |at| format!(", applied {at}"));
    let file = match &one.checked {
        Checked::Same => "its file is unchanged".to_owned(),
        Checked::Changed(theirs, ours) => {
            format!("its file has changed: {theirs} there, {ours} here")
        }
        Checked::Unknown => "whether its file has changed is not known".to_owned(),
    };
    format!("{}{when}; {file}", one.migration.label())
}

fn told(suite: &str, plan: &Plan) -> String {
    let mut out = String::new();
    for one in &plan.record {
        out.push_str(&format!(
            "✅ {suite}: {} recorded as applied, without running it\n",
            one.migration.label()
        ));
    }
    for left in &plan.left {
        out.push_str(&format!(
            "❌ {suite}: {} is not imported: {}\n   help: {}\n",
            left.what, left.why, left.help
        ));
    }
    if plan.record.is_empty() && plan.left.is_empty() {
        out.push_str(&format!(
            "✅ {suite}: nothing is to be imported: {}\n",
            match plan.known {
                0 => "that ledger is empty".to_owned(),
                known => format!("ours has {} already", counted(known)),
            }
        ));
    }
    if plan.pending > 0 {
        out.push_str(&format!(
            "⏭️ {suite}: {} {} not applied there: `supaproof setup` applies what is pending\n",
            words::count(plan.pending, "file", "files"),
            words::agree(plan.pending, "is", "are")
        ));
    }
    out
}
