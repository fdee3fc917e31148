//! A suite of twenty migrations on a private Postgres, and what must hold however a run of it ended.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::cluster::Cluster;
use crate::door::Door;

/// How many migrations the suite has.
pub(crate) const COUNT: usize = 20;

/// Whether all of it was asked for.
pub(crate) fn whole() -> bool {
    std::env::var("SUPAPROOF_TEST_FAULTS").is_ok_and(|form| form == "whole")
}

/// How often, in the whole form and in the short one.
pub(crate) fn times(whole_form: usize, short: usize) -> usize {
    if whole() { whole_form } else { short }
}

/// How long the server may go on without us. The short form runs beside other tests.
pub(crate) fn patience() -> Duration {
    Duration::from_millis(if whole() { 1000 } else { 3000 })
}

/// Random numbers from a seed that is printed (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(what: &str) -> Self {
        let seed = match std::env::var("SUPAPROOF_TEST_SEED") {
            Ok(seed) => seed.parse().expect("SUPAPROOF_TEST_SEED is a number"),
            Err(_) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
                u64::from(now.subsec_nanos()) ^ now.as_secs()
            }
        };
        eprintln!("{what}: seed {seed}");
        Self(seed)
    }

    /// Below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    /// A moment within this time.
    pub(crate) fn moment(&mut self, within: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(within.as_micros()).unwrap().max(1)))
    }
}

/// How a run ended.
pub(crate) struct Run {
    /// None where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) struct Scene {
    pub(crate) cluster: Cluster,
    project: tempfile::TempDir,
    pub(crate) door: Door,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let file = |number: usize| {
            let text = format!(
                "create table t{number} (x int);\ninsert into probe.log values ({number});\n\
                 select pg_sleep(seconds) from probe.pace where version = {number};\ninsert into t{number} values (1);\n"
            );
            (format!("{number:03}_m.sql"), text)
        };
        let files: Vec<(String, String)> = (1..=COUNT).map(file).collect();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        Self::of(&files).await
    }

    /// The same with other migrations.
    pub(crate) async fn of(files: &[(&str, &str)]) -> Self {
        let cluster = Cluster::start().await;
        let project = tempfile::tempdir().unwrap();
        let folder = project.path().join("sql/shop");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::create_dir_all(project.path().join("validations")).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let mut door = cluster.door().await;
        door.value(&format!(
            "create schema probe; create table probe.log (version int);
             create table probe.pace as select version, 0::float8 as seconds from generate_series(1, {COUNT}) as version"
        ))
        .await;
        Self {
            cluster,
            project,
            door,
        }
    }

    /// Nothing is applied any more, and each migration will take so many seconds.
    pub(crate) async fn reset(&mut self, seconds: f64) {
        self.door
            .value(&format!(
                "drop schema if exists supaproof cascade; drop schema public cascade; create schema public;
                 truncate probe.log; update probe.pace set seconds = {seconds}"
            ))
            .await;
    }

    /// How many seconds one of them will take.
    pub(crate) async fn pace(&mut self, version: usize, seconds: f64) {
        self.door
            .value(&format!(
                "update probe.pace set seconds = {seconds} where version = {version}"
            ))
            .await;
    }

    /// The server as the program is told of it.
    pub(crate) fn target(&self) -> String {
        format!(
            "host={} user=postgres dbname=postgres",
            self.cluster.socket().display()
        )
    }

    /// Starts `supaproof setup`.
    pub(crate) fn spawn(&self, target: &str) -> Child {
        self.command(&["setup", "shop", "--yes", "--target", target])
    }

    pub(crate) fn command(&self, args: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_supaproof"))
            .current_dir(self.project.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.project.path())
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self, target: &str) -> Run {
        finished(self.spawn(target)).await
    }

    /// How many migrations are applied. Each is wholly there or wholly absent, and those before it are there.
    pub(crate) async fn applied(&mut self, after: &str) -> usize {
        let ledger = self
            .door
            .value("select to_regclass('supaproof.history') is not null")
            .await
            == "t";
        let (ledger, history) = match ledger {
            true => (
                "(select count(*) from supaproof.migrations m where m.suite = 'shop' and m.success and m.version::int = n)",
                "(select count(*) from supaproof.history h where h.action = 'applied' and h.version::int = n)",
            ),
            false => ("0", "0"),
        };
        let all = self
            .door
            .value(&format!(
                "select string_agg(concat_ws(' ', case when to_regclass('public.t' || n) is null then '0 0' else '1 ' ||
                   substring(query_to_xml('select count(*) as c from public.t' || n, false, false, '')::text from '<c>([0-9]+)</c>') end,
                   (select count(*) from probe.log where version = n), {ledger}, {history}), ',' order by n)
                 from generate_series(1, {COUNT}) as n"
            ))
            .await;
        let all: Vec<&str> = all.split(',').collect();
        let there = all.iter().take_while(|one| **one == "1 1 1 1 1").count();
        assert!(
            all[there..].iter().all(|one| *one == "0 0 0 0 0"),
            "{after}: table, its row, the log, the ledger, the history of each: {all:?}"
        );
        there
    }

    /// What must hold after a run that was cut off; says how many migrations it had applied.
    pub(crate) async fn holds(&mut self, after: &str) -> usize {
        let before = self.applied(after).await;
        self.door.value("update probe.pace set seconds = 0").await;
        let next = self.run(&self.target()).await;
        assert_eq!(
            next.code,
            Some(0),
            "{after}, the next run: {}{}",
            next.out,
            next.err
        );
        assert_eq!(self.applied(after).await, COUNT, "{after}, the next run");
        let ran = next.out.matches(" applied").count();
        assert_eq!(ran, COUNT.saturating_sub(before), "{after}: {}", next.out);
        before
    }

    /// Waits until the server has nothing of ours to do any more; says how long that took.
    pub(crate) async fn at_rest(&mut self, after: &str) -> Duration {
        let begun = Instant::now();
        let active = "select count(*) from pg_stat_activity where application_name = 'supaproof'";
        while self.door.value(active).await != "0" {
            assert!(
                begun.elapsed() < patience(),
                "{after}: the server goes on without us"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        begun.elapsed()
    }
}

/// Waits for the end of a run, which has half a minute.
pub(crate) async fn finished(child: Child) -> Run {
    let pid = child.id();
    let wait = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let Ok(output) = tokio::time::timeout(Duration::from_secs(30), wait).await else {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        panic!("a run does not end");
    };
    let output = output.unwrap();
    Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The file of a server's socket.
pub(crate) fn socket(folder: &Path) -> std::path::PathBuf {
    folder.join(".s.PGSQL.5432")
}
