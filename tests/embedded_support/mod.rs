//! Processes to kill, folders to look into.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use supaproof::target::embedded::{self, Cluster, Options, Programs, Template};
use tempfile::TempDir;

pub(crate) use processes::{children_of, exists};

#[path = "../support/programs.rs"]
mod bins;
#[path = "../support/processes.rs"]
mod processes;

/// No test waits longer for anything.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// User and group of the account without rights.
pub(crate) fn nobody() -> (u32, u32) {
    let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap();
    (nobody.uid.as_raw(), nobody.gid.as_raw())
}

/// A folder for the cache and for the temporary files of children, reachable by the server's
/// account.
pub(crate) struct Scratch(TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        // In memory where that is possible: many files are made and removed here.
        let memory = Path::new("/dev/shm");
        let base = if tempfile::tempdir_in(memory).is_ok() {
            memory
        } else {
            Path::new("/tmp")
        };
        let folder = tempfile::Builder::new()
            .prefix("embedded-test-")
            .tempdir_in(base)
            .unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("t")).unwrap();
        fs::set_permissions(folder.path().join("t"), fs::Permissions::from_mode(0o1777)).unwrap();
        fs::create_dir(folder.path().join("cache")).unwrap();
        fs::set_permissions(
            folder.path().join("cache"),
            fs::Permissions::from_mode(0o755),
        )
        .unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// How many private folders of children there are.
    pub(crate) fn private_folders(&self) -> usize {
        fs::read_dir(self.path().join("t")).unwrap().count()
    }
}

pub(crate) fn options(scratch: &Path) -> Options {
    Options {
        working_dir: scratch.to_owned(),
        cache_dir: Some(scratch.join("cache")),
        ..Options::default()
    }
}

/// The Postgres of this machine.
pub(crate) fn programs() -> Programs {
    let scratch = Scratch::new();
    embedded::find(&options(scratch.path())).unwrap()
}

/// And those that `SUPAPROOF_TEST_POSTGRES_BINS` names.
pub(crate) fn all_programs() -> Vec<Programs> {
    let mut all = vec![programs()];
    let scratch = Scratch::new();
    for bin in bins::named() {
        let options = Options {
            postgres_bin: Some(bin),
            ..options(scratch.path())
        };
        all.push(embedded::find(&options).unwrap());
    }
    all
}

pub(crate) fn npm_programs() -> Option<Programs> {
    let npm = |programs: &Programs| {
        programs
            .bin
            .components()
            .any(|part| part.as_os_str() == "@embedded-postgres")
    };
    all_programs().into_iter().find(npm)
}

pub(crate) fn template(note: &'static str) -> Template<'static> {
    Template {
        revision: note.to_owned(),
        superuser: "boss",
        database: "app",
        scripts: vec![
            (
                "table.sql",
                "create table made_by_the_template (note text); create publication everything for all tables",
            ),
            (
                "row.sql",
                match note {
                    "one" => "insert into made_by_the_template values ('one')",
                    _ => "insert into made_by_the_template values ('two')",
                },
            ),
        ],
    }
}

/// The first value that a statement returns; `done` where it returns none.
pub(crate) async fn ask(cluster: &Cluster, sql: &str) -> String {
    let (client, connection) = tokio_postgres::Config::new()
        .host_path(cluster.socket_dir())
        .port(cluster.port())
        .user("boss")
        .dbname("app")
        .connect(tokio_postgres::NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let rows = client.simple_query(sql).await.unwrap();
    let answer = rows.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => {
            Some(row.get(0).unwrap_or("null").to_owned())
        }
        tokio_postgres::SimpleQueryMessage::CommandComplete(_) => Some("done".to_owned()),
        _ => None,
    });
    drop(client);
    connection.await.unwrap().unwrap();
    answer.unwrap()
}

/// What a child says when its cluster runs.
pub(crate) struct Ready {
    pub(crate) folder: PathBuf,
    pub(crate) server: i32,
    pub(crate) identifier: String,
}

/// This program again, in a process of its own, holding a cluster until it is told otherwise.
pub(crate) struct Child {
    process: std::process::Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
    _program: Option<TempDir>,
}

impl Child {
    pub(crate) fn spawn(scratch: &Scratch, environment: &[(&str, &str)]) -> Self {
        Self::spawn_as(scratch, environment, None)
    }

    pub(crate) fn spawn_as(
        scratch: &Scratch,
        environment: &[(&str, &str)],
        user: Option<(u32, u32)>,
    ) -> Self {
        let mut program = std::env::current_exe().unwrap();
        let mut elsewhere = None;
        let cache = scratch.path().join("cache");
        if let Some((uid, gid)) = user {
            // The folder of the build may be closed to that user.
            let folder = tempfile::tempdir_in("/tmp").unwrap();
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
            let copy = folder.path().join("child");
            fs::copy(&program, &copy).unwrap();
            program = copy;
            elsewhere = Some(folder);
            chown(&cache, Some(uid), Some(gid)).unwrap();
        }
        let mut command = Command::new(program);
        command
            .args([
                "--exact",
                "child_process",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .current_dir(scratch.path())
            .env("SUPAPROOF_TEST_CHILD", "1")
            // Naming the frames of a panic can take longer than a test waits.
            .env("RUST_BACKTRACE", "0")
            .env("SUPAPROOF_TEST_CACHE", &cache)
            .env("TMPDIR", scratch.path().join("t"))
            .envs(environment.iter().copied())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        let mut process = command.spawn().unwrap();
        Self {
            input: process.stdin.take(),
            output: process.stdout.take().map(BufReader::new),
            process,
            _program: elsewhere,
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.process.id().try_into().unwrap())
    }

    /// Waits until its cluster runs.
    pub(crate) fn ready(&mut self) -> Ready {
        let mut said = String::new();
        for line in self.output.take().unwrap().lines() {
            let line = line.unwrap();
            if let Some(at) = line.find("READY ") {
                let mut words = line[at..].split_whitespace().skip(1);
                let mut word = || words.next().unwrap().to_owned();
                return Ready {
                    folder: PathBuf::from(word()),
                    server: word().parse().unwrap(),
                    identifier: word(),
                };
            }
            said.push_str(&line);
            said.push('\n');
        }
        panic!("the child ended:\n{said}");
    }

    /// Tells it what to do.
    pub(crate) fn say(&self, word: &str) {
        writeln!(self.input.as_ref().unwrap(), "{word}").unwrap();
    }

    /// Lets it end tidily.
    pub(crate) fn let_go(&mut self) {
        self.say("stop");
        self.wait();
    }

    pub(crate) fn wait(&mut self) {
        until("the child ends", || {
            self.process.try_wait().unwrap().is_some()
        });
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the child does.
pub(crate) async fn child_main() {
    if std::env::var_os("SUPAPROOF_TEST_CHILD").is_none() {
        println!("skipped: it is for the other tests to run");
        return;
    }
    let cache = std::env::var_os("SUPAPROOF_TEST_CACHE").filter(|cache| !cache.is_empty());
    let options = Options {
        working_dir: std::env::current_dir().unwrap(),
        cache_dir: cache.map(PathBuf::from),
        ..Options::default()
    };
    let programs = embedded::find(&options).unwrap();
    let cluster = match embedded::start(&programs, &options, &template("one")).await {
        Ok(cluster) => cluster,
        Err(error) => panic!("{error}: {:?}", error.notes()),
    };
    let server = ask(
        &cluster,
        "select split_part(pg_read_file('postmaster.pid'), e'\\n', 1)",
    )
    .await;
    let identifier = ask(
        &cluster,
        "select system_identifier::text from pg_control_system()",
    )
    .await;
    // The harness catches neither this nor what follows a signal.
    println!(
        "\nREADY {} {server} {identifier}",
        cluster.socket_dir().display()
    );
    let word = tokio::task::spawn_blocking(|| {
        let mut word = String::new();
        std::io::stdin().read_line(&mut word).unwrap();
        word
    });
    match word.await.unwrap().trim() {
        "panic" => panic!("as told"),
        "exit" => std::process::exit(3),
        "leave" => cluster.leave(),
        _ => cluster.stop().await,
    }
}

pub(crate) fn gone(pid: i32) -> bool {
    !exists(pid)
}

pub(crate) fn parent_of(pid: i32) -> i32 {
    let found = processes::all()
        .into_iter()
        .find(|(number, ..)| *number == pid);
    found.unwrap().1
}

/// Waits for something that must come true.
pub(crate) fn until(what: &str, mut true_now: impl FnMut() -> bool) {
    let limit = Instant::now() + LIMIT;
    while !true_now() {
        assert!(
            Instant::now() < limit,
            "not within {} s: {what}",
            LIMIT.as_secs()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
