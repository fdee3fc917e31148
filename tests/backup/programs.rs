//! The programs that are run: what they get, how they end.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use supaproof::target::embedded::{Options, find_clients};

use super::Shop;
use super::support::{Project, finished, supaproof};

/// A folder with stand-ins for the programs, of which one runs this script; `$REAL` is the real one.
fn stand_ins(project: &Project, program: &str, script: &str) -> PathBuf {
    let real = find_clients(&Options::default(), 15).unwrap();
    let bin = project.path().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let version = format!("pg_dump (PostgreSQL) {}", real.version);
    let real = real.bin.display();
    for name in ["pg_dump", "pg_restore", "psql"] {
        let body = match name {
            _ if name == program => script,
            _ => "exec \"$REAL\" \"$@\"",
        };
        let text = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && echo '{version}' && exit\nREAL={real}/{name}\n{body}\n"
        );
        std::fs::write(bin.join(name), text).unwrap();
        std::fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    bin
}

fn not_applied(shop: &Shop) {
    let there = "select to_json(to_regclass('public.items') is not null)";
    assert_eq!(shop.server.json("shop", there), json!(false));
    let left: Vec<_> = std::fs::read_dir(shop.folder())
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name != ".gitignore")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

const SECRET: &str = "correct horse battery";

#[test]
fn the_password_is_seen_by_nobody() {
    let shop = Shop::new("create table t ();");
    let seen = shop.project.path().join("seen");
    let bin = stand_ins(
        &shop.project,
        "pg_dump",
        &format!(
            "printf '%s\\n' \"$@\" > {0}.arguments; env > {0}.environment; exec \"$REAL\" \"$@\"",
            seen.display()
        ),
    );
    let target = format!("{} password='{SECRET}'", shop.server.target("shop"));
    let mut command = supaproof(shop.project.path());
    command
        .env("SUPAPROOF_POSTGRES_BIN", &bin)
        .env(
            "SUPABASE_ACCESS_TOKEN",
            "sbp_0123456789abcdef0123456789abcdef01234567",
        )
        .args(["setup", "--yes", "--backup", "-v", "--target", &target]);
    let run = finished(command.output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
    let read = |what: &str| {
        std::fs::read_to_string(Path::new(&format!("{}.{what}", seen.display()))).unwrap()
    };
    let (arguments, environment) = (read("arguments"), read("environment"));
    assert!(arguments.contains("--snapshot="), "{arguments}");
    assert!(!arguments.contains(SECRET), "{arguments}");
    assert!(
        environment.contains(&format!("PGPASSWORD={SECRET}")),
        "{environment}"
    );
    assert!(
        !environment.contains("SUPABASE_ACCESS_TOKEN"),
        "{environment}"
    );
    let manifest = shop.manifest().to_string();
    for text in [&run.out, &run.err, &manifest] {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn a_backup_that_fails_stops_everything() {
    let shop = Shop::new("create table t ();");
    // Half of a dump, then an error.
    let bin = stand_ins(
        &shop.project,
        "pg_dump",
        "\"$REAL\" \"$@\" | head -c 500; echo 'pg_dump: error: the disk is on fire' >&2; exit 1",
    );
    let mut command = supaproof(shop.project.path());
    let target = shop.server.target("shop");
    command
        .env("SUPAPROOF_POSTGRES_BIN", &bin)
        .args(["setup", "--yes", "--backup", "--target", &target]);
    let run = finished(command.output().unwrap());
    assert_eq!(run.code, 5, "{}", run.err);
    for words in ["error: the disk is on fire", "nothing was changed"] {
        assert!(run.err.contains(words), "{words}\n{}", run.err);
    }
    not_applied(&shop);
}

#[test]
fn an_interruption_ends_the_program_and_leaves_no_half_of_a_file() {
    let shop = Shop::new("create table t ();");
    let pid = shop.project.path().join("pid");
    let script = format!(
        "echo half; echo $$ > {0}.new; mv {0}.new {0}; exec sleep 100",
        pid.display()
    );
    let bin = stand_ins(&shop.project, "pg_dump", &script);
    let target = shop.server.target("shop");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_supaproof"))
        .current_dir(shop.project.path())
        .env("SUPAPROOF_POSTGRES_BIN", &bin)
        .env("PGPASSFILE", "/nowhere")
        .args(["setup", "--yes", "--backup", "--target", &target])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while !pid.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    let dumping: i32 = std::fs::read_to_string(&pid)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    kill(
        Pid::from_raw(child.id().try_into().unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    not_applied(&shop);
    let until = Instant::now() + Duration::from_secs(5);
    while Path::new(&format!("/proc/{dumping}/cmdline")).exists()
        && std::fs::read(format!("/proc/{dumping}/cmdline")).is_ok_and(|c| !c.is_empty())
    {
        assert!(Instant::now() < until, "the program goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_restore_that_is_killed_changes_nothing() {
    let shop = Shop::new("create table t (id int); insert into t values (1);");
    shop.on("shop", 0, &["backup", "create"]);
    let path = shop.files("dump").pop().unwrap();
    let half = shop.project.path().join("half");
    // The schema is emptied by then, and a part of it is there again.
    let script = format!(
        "case \"$*\" in *--list*) exec \"$REAL\" \"$@\";; esac\n\
         \"$REAL\" \"$@\" | head -c 20000; echo 'select pg_sleep(0);'; touch {}; exec sleep 5",
        half.display()
    );
    let bin = stand_ins(&shop.project, "pg_restore", &script);
    let target = shop.server.target("shop");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_supaproof"))
        .current_dir(shop.project.path())
        .env("SUPAPROOF_POSTGRES_BIN", &bin)
        .env("PGPASSFILE", "/nowhere")
        .args(["backup", "restore", "--clean", "--yes", "--target", &target])
        .arg(path)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    let wait = |done: &dyn Fn() -> bool, what: &str| {
        while !done() {
            assert!(Instant::now() < until, "{what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    // Its lock says that the table is dropped.
    let dropped = "select to_json(exists (select from pg_locks where mode = 'AccessExclusiveLock' and granted \
                   and database = (select oid from pg_database where datname = 'shop')))";
    wait(
        &|| half.exists() && shop.server.json("postgres", dropped) == json!(true),
        "the restore does not begin",
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let alone = "select to_json(not exists (select from pg_stat_activity where application_name = 'supaproof' \
                 and datname = 'shop' and pid <> pg_backend_pid()))";
    wait(
        &|| shop.server.json("postgres", alone) == json!(true),
        "psql goes on",
    );
    let rows = "select to_json(count(*)) from t";
    assert_eq!(shop.server.json("shop", rows), json!(1));
}
