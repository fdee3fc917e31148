//! What the tests of the whole program share: a private Postgres of their own, the program with a scrubbed
//! environment, and throwaway projects.
#![expect(dead_code, reason = "every test binary uses another part of it")]

pub(crate) mod programs;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::LazyLock;

use supaproof::catalog::{self, Catalog, Parts, Selection};
use supaproof::platform;
use supaproof::target::embedded::{self, Cluster};
use supaproof::target::postgres::{Limits, PostgresTarget, Settings};
use supaproof::target::{Target, TargetError};

/// A private Postgres with the platform in it, and a runtime for talking to it.
pub(crate) struct Server {
    runtime: tokio::runtime::Runtime,
    cluster: Option<Cluster>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    /// With the programs in this folder instead of those that are found.
    pub(crate) fn start_with(bin: Option<PathBuf>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let options = embedded::Options {
            postgres_bin: bin
                .or_else(|| std::env::var_os("SUPAPROOF_POSTGRES_BIN").map(PathBuf::from)),
            major: None,
            working_dir: root(),
            cache_dir: std::env::var_os("SUPAPROOF_CACHE_DIR").map(PathBuf::from),
        };
        let template = embedded::Template {
            revision: platform::revision(),
            superuser: platform::SUPERUSER,
            database: platform::DATABASE,
            scripts: platform::SCRIPTS.iter().map(|s| (s.name, s.sql)).collect(),
        };
        let cluster = runtime.block_on(async {
            let programs = embedded::find(&options).unwrap();
            embedded::start(&programs, &options, &template)
                .await
                .unwrap()
        });
        Self {
            runtime,
            cluster: Some(cluster),
        }
    }

    /// On every Postgres at hand, one after the other: see [`programs::all`].
    #[expect(clippy::print_stdout, reason = "where a test failed, on which major")]
    pub(crate) fn each() -> impl Iterator<Item = Self> {
        programs::all().map(|bin| {
            let server = Self::start_with(bin);
            println!("on Postgres {}", server.major());
            server
        })
    }

    /// The file of its socket.
    pub(crate) fn socket(&self) -> PathBuf {
        let name = format!(".s.PGSQL.{}", self.cluster().port());
        self.cluster().socket_dir().join(name)
    }

    /// Ends the server as a crash would, with nothing written down.
    pub(crate) fn crash(&self) {
        let pid = std::fs::read_to_string(self.cluster().socket_dir().join("data/postmaster.pid"))
            .unwrap();
        let pid = nix::unistd::Pid::from_raw(pid.lines().next().unwrap().trim().parse().unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT).unwrap();
    }

    fn cluster(&self) -> &Cluster {
        self.cluster.as_ref().unwrap()
    }

    pub(crate) fn major(&self) -> u32 {
        self.cluster().major()
    }

    /// A key=value connection string for the program, as the role `postgres`.
    pub(crate) fn target(&self, database: &str) -> String {
        format!(
            "host={} port={} user=postgres dbname={database}",
            self.cluster().socket_dir().display(),
            self.cluster().port()
        )
    }

    /// Runs SQL as a role; several statements are one implicit transaction.
    pub(crate) fn sql_as(&self, role: &str, database: &str, sql: &str) -> Result<(), TargetError> {
        self.runtime.block_on(async {
            let mut target = self.connect(role, database).await;
            target.run(sql, &mut |_| {}).await
        })
    }

    /// Runs SQL as the role `postgres`, which must work.
    pub(crate) fn sql(&self, database: &str, sql: &str) {
        self.sql_as("postgres", database, sql)
            .unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    /// Reads one JSON value as the role `postgres`.
    pub(crate) fn json(&self, database: &str, sql: &str) -> serde_json::Value {
        self.runtime.block_on(async {
            let mut target = self.connect("postgres", database).await;
            target.last_json(sql).await.unwrap()
        })
    }

    /// Reads one JSON value as a role.
    pub(crate) fn json_as(
        &self,
        role: &str,
        database: &str,
        sql: &str,
    ) -> Result<serde_json::Value, TargetError> {
        self.runtime.block_on(async {
            let mut target = self.connect(role, database).await;
            target.last_json(sql).await
        })
    }

    /// Reads the catalog in parts, as the program does.
    pub(crate) fn parts_as(&self, role: &str, database: &str, selection: &Selection) -> Catalog {
        self.runtime.block_on(async {
            let mut target = self.connect(role, database).await;
            let mut parts = Parts::of(selection);
            let sql = catalog::query_in_parts(selection);
            target
                .read_pairs(catalog::SETTINGS, &sql, &mut |name, json| {
                    parts.take(name, json)
                })
                .await
                .unwrap();
            parts.finish().unwrap()
        })
    }

    /// Reads one JSON value for each of these scripts and hands it on. A session is for some of them only, since its time
    /// has a limit.
    pub(crate) fn json_each(
        &self,
        role: &str,
        database: &str,
        scripts: impl Iterator<Item = String>,
        mut take: impl FnMut(Result<serde_json::Value, TargetError>),
    ) {
        self.runtime.block_on(async {
            let mut target = self.connect(role, database).await;
            for (number, script) in scripts.enumerate() {
                if number % 50 == 49 {
                    target = self.connect(role, database).await;
                }
                take(target.last_json(&script).await);
            }
        });
    }

    /// A database like another, which nobody may be connected to.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        let sql = format!("create database {to} template {from} owner postgres");
        self.sql_as("supabase_admin", "template1", &sql).unwrap();
    }

    /// A session of its own that runs one script after the other, for another thread.
    pub(crate) fn session(
        &self,
        role: &str,
        database: &str,
    ) -> impl FnMut(&str) -> Result<(), TargetError> + Send + use<> {
        let settings = self.settings(role, database);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut target = None;
        move |sql| {
            runtime.block_on(async {
                if target.is_none() {
                    target = Some(Self::open(&settings).await);
                }
                target.as_mut().unwrap().run(sql, &mut |_| {}).await
            })
        }
    }

    fn settings(&self, role: &str, database: &str) -> Settings {
        Settings::socket(
            self.cluster().socket_dir(),
            self.cluster().port(),
            role,
            database,
        )
    }

    async fn connect(&self, role: &str, database: &str) -> PostgresTarget {
        Self::open(&self.settings(role, database)).await
    }

    async fn open(settings: &Settings) -> PostgresTarget {
        let limits = Limits {
            connect: std::time::Duration::from_secs(10),
            // Of a whole session, on a machine that may be busy.
            run: Some(std::time::Duration::from_secs(600)),
        };
        PostgresTarget::connect(settings, limits, true)
            .await
            .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(cluster) = self.cluster.take() {
            self.runtime.block_on(cluster.stop());
        }
    }
}

/// A port of this machine where nobody listens yet.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// This repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What of the surroundings the program needs to find Postgres.
const KEPT: [&str; 6] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "USER",
    "SUPAPROOF_POSTGRES_BIN",
    "SUPAPROOF_CACHE_DIR",
];

/// Keeps the password file in our own home folder out of the tests.
const NO_PASSWORDS: &str = "/nowhere/pgpass";

/// The program in a folder, with nothing of the surroundings but what it needs to find Postgres.
pub(crate) fn supaproof(folder: &Path) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_supaproof"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PGPASSFILE", NO_PASSWORDS);
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.timeout(std::time::Duration::from_secs(120));
    command
}

/// The program as [`supaproof`] has it, started and left to itself.
pub(crate) fn background(folder: &Path, args: &[&str]) -> std::process::Child {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_supaproof"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PGPASSFILE", NO_PASSWORDS)
        .args(args);
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command.spawn().unwrap()
}

/// What a run of the program printed and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the program.
pub(crate) fn run<I: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = I>) -> Run {
    finished(supaproof(folder).args(args).output().unwrap())
}

pub(crate) fn finished(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A project in a folder that goes away with it.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// From paths and texts: `("sql/shop/001_first.sql", "create table …")`.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self { folder };
        std::fs::create_dir_all(project.path().join("sql")).unwrap();
        std::fs::create_dir_all(project.path().join("validations")).unwrap();
        for (path, text) in files {
            project.write(path, text.as_bytes());
        }
        project
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn run<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>) -> Run {
        run(self.path(), args)
    }
}

/// What in a JSON report is not as `docs/report.schema.json` says, or that it is no JSON.
pub(crate) fn report_faults(json: &str) -> Option<String> {
    static SCHEMA: LazyLock<jsonschema::Validator> =
        LazyLock::new(|| validator("docs/report.schema.json"));
    faults(&SCHEMA, json)
}

/// What in the JSON of a dry run is not as `docs/dry-run.schema.json` says, or that it is no JSON.
pub(crate) fn dry_run_faults(json: &str) -> Option<String> {
    static SCHEMA: LazyLock<jsonschema::Validator> =
        LazyLock::new(|| validator("docs/dry-run.schema.json"));
    faults(&SCHEMA, json)
}

fn validator(path: &str) -> jsonschema::Validator {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn faults(schema: &jsonschema::Validator, json: &str) -> Option<String> {
    let json: serde_json::Value = match serde_json::from_str(json) {
        Ok(json) => json,
        Err(error) => return Some(format!("the report is no JSON: {error}\n{json}")),
    };
    let faults: Vec<String> = schema
        .iter_errors(&json)
        .map(|error| format!("the report, {}: {error}", error.instance_path()))
        .collect();
    (!faults.is_empty()).then(|| faults.join("\n"))
}
