//! A private Postgres cluster for one test: unix socket only, gone with the test.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};

use crate::door::Door;

pub(crate) struct Cluster {
    server: Option<Child>,
    bin: PathBuf,
    folder: PathBuf,
}

/// The folder of the Postgres programs: the setting, or else the newest that this system has.
fn bin() -> PathBuf {
    if let Some(set) = std::env::var_os("SUPAPROOF_POSTGRES_BIN") {
        return set.into();
    }
    let mut majors: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .map(|list| {
            list.filter_map(|entry| {
                let entry = entry.ok()?;
                let major = entry.file_name().to_str()?.parse().ok()?;
                Some((major, entry.path().join("bin")))
            })
            .collect()
        })
        .unwrap_or_default();
    majors.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    majors
        .into_iter()
        .rev()
        .map(|(_, bin)| bin)
        .chain(std::env::split_paths(&path))
        .find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .expect("these tests need the programs of Postgres")
}

/// Postgres refuses to run as root, so root's tests run it as nobody.
fn server_user() -> Option<User> {
    geteuid()
        .is_root()
        .then(|| User::from_name("nobody").unwrap().unwrap())
}

fn command(program: &Path) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .current_dir("/");
    if let Some(user) = server_user() {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command
}

pub(crate) fn give_away(folder: &Path) {
    if let Some(user) = server_user() {
        let (uid, gid) = (user.uid.as_raw(), user.gid.as_raw());
        chown(folder, Some(uid), Some(gid)).unwrap();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                give_away(&path)
            } else {
                chown(&path, Some(uid), Some(gid)).unwrap()
            }
        }
    }
}

fn new_folder() -> PathBuf {
    // Not in TMPDIR, whose name may be too long for a socket. A test that was killed leaves its folder behind.
    let folder = tempfile::Builder::new()
        .prefix("supaproof-test-")
        .tempdir_in("/tmp");
    let folder = folder.unwrap().keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    give_away(&folder);
    folder
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp")
        .arg("-R")
        .arg(from)
        .arg(to)
        .status()
        .unwrap();
    assert!(done.success());
}

/// A data directory that was initialised once; tests start on copies of it.
fn template(bin: &Path) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(home).unwrap();
    let name: String = bin
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    let data = home.join(format!("migrate-{}{name}", geteuid()));
    let lock = File::create(data.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if !data.is_dir() {
        let folder = new_folder();
        let made = command(&bin.join("initdb"))
            .args([
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "-D",
            ])
            .arg(folder.join("data"))
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let half = data.with_extension("half");
        let _ = fs::remove_dir_all(&half);
        copy(&folder.join("data"), &half);
        fs::rename(half, &data).unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
    data
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let mut cluster = Self::prepared();
        cluster.serve().await;
        cluster
    }

    /// A server that waits for another to follow, and can only be read.
    pub(crate) async fn start_standby() -> Self {
        let mut cluster = Self::prepared();
        File::create(cluster.folder.join("data/standby.signal")).unwrap();
        cluster.serve().await;
        cluster
    }

    fn prepared() -> Self {
        let bin = bin();
        let template = template(&bin);
        let folder = new_folder();
        copy(&template, &folder.join("data"));
        give_away(&folder);
        fs::set_permissions(folder.join("data"), fs::Permissions::from_mode(0o700)).unwrap();
        Self {
            server: None,
            bin,
            folder,
        }
    }

    /// Starts the server on the data that is there, and waits until it answers.
    pub(crate) async fn serve(&mut self) {
        let log = File::create(self.folder.join("log")).unwrap();
        let mut command = command(&self.bin.join("postgres"));
        command
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-k")
            .arg(&self.folder);
        for setting in [
            "listen_addresses=",
            "shared_buffers=16MB",
            "fsync=off",
            "max_connections=100",
            "jit=off",
        ] {
            command.arg("-c").arg(setting);
        }
        self.server = Some(
            command
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .spawn()
                .unwrap(),
        );
        let start = Instant::now();
        while Door::try_open(&self.folder, "").await.is_err() {
            let gone = self.server.as_mut().unwrap().try_wait().unwrap().is_some();
            if gone || start.elapsed() > Duration::from_secs(30) {
                panic!(
                    "the server does not start:\n{}",
                    fs::read_to_string(self.folder.join("log")).unwrap()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills the server at once, as a crash does: nothing is written any more.
    pub(crate) fn kill(&mut self) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        let pid = i32::try_from(server.id()).unwrap();
        // SIGQUIT is Postgres's immediate shutdown: its children end too, without a checkpoint.
        // It may be gone already.
        let _ = kill(Pid::from_raw(pid), Signal::SIGQUIT);
        server.wait().unwrap();
    }

    /// Kills the server alone, with no word to its children, and waits until they have noticed.
    pub(crate) fn kill_hard(&mut self) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        let children = crate::processes::children_of(i32::try_from(server.id()).unwrap());
        server.kill().unwrap();
        server.wait().unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        while children
            .iter()
            .any(|child| crate::processes::exists(*child))
        {
            assert!(Instant::now() < end, "the server's children live on");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The folder of its socket.
    pub(crate) fn socket(&self) -> &Path {
        &self.folder
    }

    pub(crate) async fn door(&self) -> Door {
        self.door_with("").await
    }

    /// A connection with further settings, as `key=value` words.
    pub(crate) async fn door_with(&self, settings: &str) -> Door {
        Door::try_open(&self.folder, settings).await.unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
