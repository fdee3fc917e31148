//! Starting the private Postgres on a warm cache, and a whole `check archon-workflow`, against starting
//! `postgres` by hand on a copied template. Alternately, in one run.
//!
//! `cargo bench --bench embedded_start [-- ROUNDS]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement may panic, and says what it found"
)]

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use supaproof::target::embedded::{self, Options, Programs, Template, start};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rounds = std::env::args()
        .filter_map(|word| word.parse().ok())
        .next()
        .unwrap_or(20);
    let cache = tempfile::tempdir().unwrap();
    let options = Options {
        cache_dir: Some(cache.path().to_owned()),
        working_dir: std::env::current_dir().unwrap(),
        ..Options::default()
    };
    let template = Template {
        revision: String::new(),
        superuser: "boss",
        database: "postgres",
        scripts: vec![("table.sql", "create table note (text text)")],
    };
    let programs = embedded::find(&options).unwrap();
    let cold = Instant::now();
    let cluster = start(&programs, &options, &template).await.unwrap();
    println!(
        "Postgres {}, first start {} ms",
        programs.version,
        cold.elapsed().as_millis()
    );
    // Where the private folders lie, so that both use the same file system.
    let base = cluster.socket_dir().parent().unwrap().to_owned();
    // The account that runs the server, which is not ours where we are root.
    let account = fs::metadata(cluster.socket_dir()).unwrap();
    cluster.stop().await;

    let (mut ours, mut by_hand, mut with_copy, mut stops, mut checks) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let own_cache = tempfile::tempdir().unwrap();
    check(own_cache.path());
    for _ in 0..rounds {
        settle(&base);
        let begin = Instant::now();
        let programs = embedded::find(&options).unwrap();
        let cluster = start(&programs, &options, &template).await.unwrap();
        first_answer(cluster.socket_dir()).await.unwrap();
        ours.push(begin.elapsed());
        let begin = Instant::now();
        cluster.stop().await;
        stops.push(begin.elapsed());

        let (copied, started) = start_by_hand(
            &programs,
            cache.path(),
            &base,
            (account.uid(), account.gid()),
        )
        .await;
        by_hand.push(started);
        with_copy.push(copied + started);

        settle(&base);
        let begin = Instant::now();
        check(own_cache.path());
        checks.push(begin.elapsed());
    }
    let [ours, by_hand, with_copy, stops, checks] =
        [ours, by_hand, with_copy, stops, checks].map(median);
    println!("medians of {rounds} rounds in {}", base.display());
    println!(
        "ours, find to first answer     {:6.1} ms   stop {:.1} ms",
        ms(ours),
        ms(stops)
    );
    println!(
        "by hand, postgres alone        {:6.1} ms   ratio {:.2}",
        ms(by_hand),
        ms(ours) / ms(by_hand)
    );
    println!(
        "by hand, cp -R and postgres    {:6.1} ms   ratio {:.2}",
        ms(with_copy),
        ms(ours) / ms(with_copy)
    );
    println!(
        "a whole check archon-workflow  {:6.1} ms   ratio to postgres alone {:.2}",
        ms(checks),
        ms(checks) / ms(by_hand)
    );
}

/// The program, from its start to its end.
fn check(cache: &Path) {
    run(Command::new(env!("CARGO_BIN_EXE_supaproof"))
        .args(["check", "archon-workflow", "--quiet"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("SUPAPROOF_CACHE_DIR", cache)
        .env_remove("SUPAPROOF_TARGET"));
}

/// Waits until the private folders of earlier rounds are gone: a program that has ended leaves its
/// own to the reaper, and nobody's round is to pay for another's.
fn settle(base: &Path) {
    let until = Instant::now() + Duration::from_secs(10);
    let busy = || {
        fs::read_dir(base).unwrap().flatten().any(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("supaproof-")
        })
    };
    while busy() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
}

async fn start_by_hand(
    programs: &Programs,
    cache: &Path,
    base: &Path,
    account: (u32, u32),
) -> (Duration, Duration) {
    let folder = base.join(format!("by-hand-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    let data = folder.join("data");
    let template: PathBuf = fs::read_dir(cache.join("templates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    let begin = Instant::now();
    run(Command::new("cp")
        .arg("-R")
        .arg(template.join("data"))
        .arg(&data));
    let copied = begin.elapsed();
    run(Command::new("chown")
        .arg("-R")
        .arg(format!("{}:{}", account.0, account.1))
        .arg(&folder));
    let begin = Instant::now();
    let mut command = Command::new(programs.bin.join("postgres"));
    command
        .arg("-D")
        .arg(&data)
        .arg("-k")
        .arg(&folder)
        .stderr(Stdio::null());
    if nix::unistd::geteuid().is_root() {
        command.uid(account.0).gid(account.1);
    }
    let mut server = command.spawn().unwrap();
    while first_answer(&folder).await.is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let started = begin.elapsed();
    let pid = nix::unistd::Pid::from_raw(server.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT).unwrap();
    server.wait().unwrap();
    fs::remove_dir_all(&folder).unwrap();
    (copied, started)
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success());
}

async fn first_answer(socket_dir: &Path) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::Config::new()
        .host_path(socket_dir)
        .user("boss")
        .dbname("postgres")
        .connect(tokio_postgres::NoTls)
        .await?;
    let connection = tokio::spawn(connection);
    client.simple_query("select 1").await?;
    drop(client);
    connection.await.unwrap()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
