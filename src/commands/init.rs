//! `supaproof init`: a first suite, from the SQL that is there or from an example. Writes over nothing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::Init;
use crate::error::{Error, ExitCode};
use crate::generate::Request;
use crate::migrate::Migrations;
use crate::report::render_error;
use crate::source::Source;
use crate::suite::{MigrationFile, Project, Suite, is_reserved, is_versioned};

use super::session::Session;
use super::{Context, files, generate};

/// The files of a new suite.
const EXAMPLE: [(&str, &str); 2] = [
    ("001_notes.sql", include_str!("example/001_notes.sql")),
    (
        "001_notes.rollback.sql",
        include_str!("example/001_notes.rollback.sql"),
    ),
];

/// What stands below the expectations of a new suite.
const SMOKE: &str = include_str!("example/smoke.yaml");

/// A suite that gets its expectations.
struct Begun {
    suite: Suite,
    /// Its SQL is our example, and has to be written.
    is_example: bool,
}

/// A file to be written.
struct File {
    path: PathBuf,
    text: String,
    /// What is told of it, behind its name.
    about: String,
}

/// Makes the embedded target the one: what is there is set up in a private Postgres.
pub(super) fn embed(target: &mut Option<String>) -> Result<(), Error> {
    match target.as_deref() {
        None | Some("embedded") => {
            *target = Some("embedded".to_owned());
            Ok(())
        }
        Some(_) => Err(Error::usage("init sets the SQL of the project up on the embedded target, and the target is another")
            .help("Leave --target and SUPAPROOF_TARGET out. For a database that is there already: supaproof generate --target …")),
    }
}

pub(super) async fn run(context: &Context, args: &Init) -> Result<ExitCode, Error> {
    let project = &context.config.project;
    let (begun, left) = begin(project, args.suite.as_deref())?;
    let mut code = ExitCode::Ok;
    let mut out = String::new();
    let mut ready = Vec::new();
    for one in begun {
        let name = one.suite.name.clone();
        let written = match files_of(context, project, &one).await {
            Ok(files) if args.dry_run => {
                files.iter().for_each(|file| show(&mut out, project, file));
                Ok(())
            }
            Ok(files) => files
                .iter()
                .try_for_each(|file| create(&mut out, project, file)),
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => ready.push(one),
            Err(error) => {
                code = code.worst(error.code());
                context.ui.clear();
                super::complain(&render_error(&error.note(format!("in the suite `{name}`"))));
            }
        }
    }
    context.ui.clear();
    for line in left {
        out.push_str(&format!("➖ {line}\n"));
    }
    if !args.dry_run {
        out.push_str(&next(project, &ready)?);
    }
    super::say(out.as_bytes());
    context.ui.end(None);
    Ok(code)
}

/// The suites that get expectations, and what is left alone with the reason.
fn begin(project: &Project, wanted: Option<&str>) -> Result<(Vec<Begun>, Vec<String>), Error> {
    let names = project.suite_names()?;
    let (mut begun, mut left) = (Vec::new(), unnumbered(project));
    let new = match wanted {
        Some(name) if names.iter().any(|known| known == name) => None,
        Some(name) => Some(checked(name)?),
        None if names.is_empty() => Some(name_of(project.root())),
        None => None,
    };
    if let Some(name) = new {
        let suite = example(project, &name);
        return Ok((
            vec![Begun {
                suite,
                is_example: true,
            }],
            left,
        ));
    }
    for name in names
        .iter()
        .filter(|name| wanted.is_none_or(|wanted| wanted == *name))
    {
        let suite = project.suite(name)?;
        let folder = suite.folder.display();
        if let Some(expectations) = &suite.expectations {
            left.push(format!(
                "{}: is there already",
                expectations.path().display()
            ));
        } else if suite.migrations.is_empty() {
            left.push(format!("{folder}: there is no SQL in it"));
        } else {
            begun.push(Begun {
                suite,
                is_example: false,
            });
        }
    }
    Ok((begun, left))
}

/// SQL that is no migration by its name, beside which an example may seem out of place.
fn unnumbered(project: &Project) -> Vec<String> {
    let mut out = Vec::new();
    for folder in ["sql", "supabase/migrations"] {
        let entries = fs::read_dir(project.root().join(folder))
            .into_iter()
            .flatten()
            .flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths.iter().filter(|path| path.is_file()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.to_lowercase().ends_with(".sql") && !is_versioned(&name) {
                let shown = project.shown(path);
                out.push(format!(
                    "{}: is no migration by its name, as 001_{name} would be",
                    shown.display()
                ));
            }
        }
    }
    out
}

/// A new suite's name as a person gave it: a folder and a file will be called so.
fn checked(name: &str) -> Result<String, Error> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(plain) && !name.starts_with('-') && !is_reserved(name) {
        return Ok(name.to_owned());
    }
    let error = Error::usage(format!("a suite cannot be called `{name}`"));
    Err(match is_reserved(name) {
        true => error.help("The name is taken for SQL of our own. Choose another."),
        false => error.help("Use letters, digits, - and _: a folder sql/<name>/ is made of it."),
    })
}

/// A name for a suite, from the folder that it is in.
fn name_of(root: &Path) -> String {
    let folder = root
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let words = folder.split(|c: char| !c.is_alphanumeric() && c != '_');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    match words.join("-") {
        name if name.is_empty() || is_reserved(&name) => "app".to_owned(),
        name => name,
    }
}

fn example(project: &Project, name: &str) -> Suite {
    let folder = project.root().join("sql").join(name);
    let file = |(file_name, text): &(&str, &str)| MigrationFile {
        file_name: (*file_name).to_owned(),
        source: Source::new(project.shown(&folder.join(file_name)), *text),
    };
    Suite {
        name: name.to_owned(),
        folder: project.shown(&folder),
        migrations: EXAMPLE.iter().map(file).collect(),
        complete: None,
        expectations: None,
        ledger: Default::default(),
    }
}

/// The files that the suite lacks. What is written was tried on the embedded target.
async fn files_of(context: &Context, project: &Project, begun: &Begun) -> Result<Vec<File>, Error> {
    let suite = &begun.suite;
    let name = &suite.name;
    let validation = project
        .root()
        .join("validations")
        .join(format!("{name}.yaml"));
    let folder = project.root().join("sql").join(name);
    if begun.is_example {
        for (file, _) in EXAMPLE {
            may_create(project, &folder.join(file))?;
        }
    }
    may_create(project, &validation)?;
    let migrations = Migrations::from_suite(suite)?;
    let mut session = Session::open(context).await?;
    let request = Request {
        suite: Some(name.clone()),
        made_by: generate::made_by(&format!("init {name}"), &session.place),
        ..Request::default()
    };
    let shown = project.shown(&validation);
    let made = generate::make(
        context,
        &mut session,
        Some(&migrations),
        &request,
        Some(&shown),
    )
    .await;
    let label = session.label.clone();
    session.close();
    let (generated, doubts) = made?;
    if let Some(doubts) = doubts {
        return Err(doubts);
    }
    let mut out = Vec::new();
    if begun.is_example {
        out.extend(EXAMPLE.iter().map(|(file, text)| File {
            path: folder.join(file),
            text: (*text).to_owned(),
            about: String::new(),
        }));
    }
    let mut text = generated.yaml;
    if begun.is_example {
        text.push_str(SMOKE);
    }
    let objects = generate::counted(generated.objects);
    let about = format!(": {objects}, as on {label}");
    out.push(File {
        path: validation,
        text,
        about,
    });
    for note in generated.notes {
        context.ui.note(&format!("warning: {note}"));
    }
    Ok(out)
}

fn may_create(project: &Project, path: &Path) -> Result<(), Error> {
    match path.symlink_metadata() {
        Ok(_) => Err(Error::usage(format!(
            "{} is there already",
            project.shown(path).display()
        ))
        .help("Name the new suite otherwise: supaproof init <name>.")),
        Err(_) => Ok(()),
    }
}

fn create(out: &mut String, project: &Project, file: &File) -> Result<(), Error> {
    let shown = project.shown(&file.path);
    if let Some(folder) = file.path.parent() {
        fs::create_dir_all(folder).map_err(|error| {
            Error::usage(format!(
                "cannot make the folder {}: {error}",
                project.shown(folder).display()
            ))
        })?;
    }
    files::write(&file.path, &file.text, false)?;
    out.push_str(&format!("✅ {}{}\n", shown.display(), file.about));
    Ok(())
}

fn show(out: &mut String, project: &Project, file: &File) {
    let shown = project.shown(&file.path);
    out.push_str(&format!(
        "── {}{}\n{}\n",
        shown.display(),
        file.about,
        file.text
    ));
}

/// What to do now.
fn next(project: &Project, ready: &[Begun]) -> Result<String, Error> {
    let Some(first) = ready.first() else {
        let known = project.suite_names()?;
        return Ok(match known.is_empty() {
            true => String::new(),
            false => format!(
                "Nothing was written. The suites are {}.\n",
                known.join(", ")
            ),
        });
    };
    let name = &first.suite.name;
    let mut out = "\nNext:\n".to_owned();
    let mut line = |command: String, what: &str| {
        out.push_str(&format!("  supaproof {command:<40} {what}\n"));
    };
    let can_go_back = first
        .suite
        .migrations
        .iter()
        .any(|file| file.file_name.ends_with(".rollback.sql"));
    if can_go_back {
        line(
            format!("verify {name}"),
            "set up, check, roll back, prove that nothing stayed",
        );
    }
    line(
        format!("check {name}"),
        "what does a change of the SQL change?",
    );
    line(
        format!("check {name} --target \"$DATABASE_URL\""),
        "is your project so too? Changes nothing",
    );
    if !can_go_back {
        out.push_str(
            "With a rollback beside each migration (001_name.rollback.sql), `supaproof verify` proves that it leaves nothing.\n",
        );
    }
    out.push_str("Read the validation, and take out what may be otherwise. Add smoke steps for what users may and may not do.\n");
    Ok(out)
}
