//! What real migration files hold that a runner trips over. Each comes from a file on disk, as a person has it.

mod state;
mod text;

use supaproof::error::Error;
use supaproof::migrate::{Book, Direction, Migrations, Options, apply, ledger, plan};
use supaproof::suite::Project;

use crate::cluster::Cluster;
use crate::door::Door;

/// What must come of a trap.
enum Wanted {
    /// It is applied; the query gives this, and the first file counts so many statements.
    Applied(usize, &'static str, &'static str),
    /// It is refused, at this place and with these words, before anything of it is there; the help has these.
    Refused(&'static str, &'static str, &'static str),
    /// It fails on the server, likewise, and what came before it stays.
    Failed(&'static str, &'static str, &'static str),
}

use Wanted::{Applied, Failed, Refused};

struct Trap {
    name: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    wanted: Wanted,
}

fn trap(name: &'static str, files: &[(&'static str, &str)], wanted: Wanted) -> Trap {
    let files = files
        .iter()
        .map(|(name, text)| (*name, text.as_bytes().to_vec()));
    Trap {
        name,
        files: files.collect(),
        wanted,
    }
}

/// A trap of one file.
fn one(name: &'static str, text: &str, wanted: Wanted) -> Trap {
    trap(name, &[("1_a.sql", text)], wanted)
}

fn place(error: &Error) -> String {
    let origin = error
        .origin()
        .map(|origin| origin.to_string())
        .unwrap_or_default();
    origin.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Reads the files and applies them as `setup` does.
async fn set_up(door: &mut Door, trap: &Trap) -> Result<Migrations, Error> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("sql/shop")).unwrap();
    for (name, bytes) in &trap.files {
        std::fs::write(folder.path().join("sql/shop").join(name), bytes).unwrap();
    }
    let project = Project::find(folder.path(), Some(folder.path()))?;
    let migrations = Migrations::from_suite(&project.suite("shop")?)?;
    let before = ledger::read(door, &Book::new("shop")).await?;
    let plan = plan(&before.applied, &migrations, &Direction::Forward)?;
    apply(door, &plan, &Options::default(), &mut |_| {}).await?;
    Ok(migrations)
}

async fn try_all(traps: Vec<Trap>) {
    let cluster = Cluster::start().await;
    let mut first = cluster.door().await;
    for (number, trap) in traps.iter().enumerate() {
        first.value(&format!("create database d{number}")).await;
        let mut door = cluster.door_with(&format!("dbname=d{number}")).await;
        let name = trap.name;
        let ended = set_up(&mut door, trap).await;
        let ledger = ledger::read(&mut door, &Book::new("shop")).await.unwrap();
        let (at, says, help) = match (&trap.wanted, &ended) {
            (Applied(statements, look, sees), Ok(migrations)) => {
                assert_eq!(
                    migrations.list()[0].setup.statements().len(),
                    *statements,
                    "{name}"
                );
                assert_eq!(ledger.applied.len(), migrations.list().len(), "{name}");
                assert_eq!(door.value(look).await, *sees, "{name}");
                continue;
            }
            (Refused(at, says, help), Err(_)) => {
                assert!(!ledger.exists, "{name}: something was done");
                (at, says, help)
            }
            (Failed(at, says, help), Err(_)) => {
                assert_eq!(
                    ledger.applied.len(),
                    trap.files.len() - 1,
                    "{name}: {ended:?}"
                );
                let there = "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relname = 'a'";
                let wanted = usize::from(
                    trap.files.len() > 1
                        && ledger.applied.len() == 1
                        && !name.contains("check_function"),
                );
                assert_eq!(
                    door.value(there).await,
                    wanted.to_string(),
                    "{name}: half of it is there"
                );
                (at, says, help)
            }
            (_, ended) => panic!("{name}: {:?}", ended.as_ref().map(|_| "it is applied")),
        };
        let error = ended.unwrap_err();
        let told = format!(
            "{name}: {}: {error} {:?} {:?}",
            place(&error),
            error.notes(),
            error.help_text()
        );
        assert!(place(&error).starts_with(at), "{at}: {told}");
        assert!(error.message().contains(says), "{says}: {told}");
        assert!(
            help.is_empty() || error.help_text().is_some_and(|text| text.contains(help)),
            "{help}: {told}"
        );
    }
}

#[tokio::test]
async fn of_quoting() {
    try_all(text::quoting()).await;
}

#[tokio::test]
async fn of_files_and_bytes() {
    try_all(text::files()).await;
}

#[tokio::test]
async fn of_rollbacks_that_look_like_one() {
    try_all(text::rollbacks()).await;
}

#[tokio::test]
async fn of_what_leaks() {
    try_all(state::leaks()).await;
}

#[tokio::test]
async fn of_transactions() {
    try_all(state::transactions()).await;
}

#[tokio::test]
async fn of_what_is_no_sql() {
    try_all(state::no_sql()).await;
}
