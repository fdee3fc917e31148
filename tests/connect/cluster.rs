//! A private Postgres that ends with this process, however that ends.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::unistd::{Pid, User, chown, geteuid};

use crate::programs;

/// What the postgres user's password is.
pub(crate) const PASSWORD: &str = "Sesam@Öffne-dich";

/// The same in a URL.
pub(crate) const ENCODED: &str = "Sesam%40%C3%96ffne-dich";

/// A running server on 127.0.0.1 and a Unix socket.
pub(crate) struct Cluster {
    pub(crate) dir: PathBuf,
    pub(crate) port: u16,
    supervisor: Child,
}

/// A certificate and its key, as PEM.
pub(crate) struct Certificate {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["nobody.example".to_owned()]).unwrap();
        Self {
            certificate: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
        }
    }
}

const HBA: &str = "
local     all  all       trust
hostnossl all  tls_only  127.0.0.1/32  reject
host      all  trusted   127.0.0.1/32  trust
host      all  plainword 127.0.0.1/32  password
host      all  all       127.0.0.1/32  scram-sha-256
";

const ROLES: &str = "
create role trusted superuser login;
create role tls_only login password 'x';
create role plainword login password 'x';
create role crowded login password 'x' connection limit 0;
";

impl Cluster {
    pub(crate) fn start(certificate: Option<&Certificate>) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("sp-connect-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .unwrap()
            .keep();
        own(&dir);
        let data = dir.join("data");
        let word = dir.join("password");
        write(&word, PASSWORD);
        let made = program("initdb", &dir)
            .args(["--no-sync", "--no-locale", "-E", "UTF8", "-U", "postgres"])
            .args(["--auth=scram-sha-256", "-D"])
            .arg(&data)
            .arg("--pwfile")
            .arg(&word)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {made:?}");
        write(&data.join("pg_hba.conf"), HBA);
        if let Some(Certificate { certificate, key }) = certificate {
            write(&data.join("server.crt"), certificate);
            write(&data.join("server.key"), key);
        }
        single(&dir, ROLES);

        let ssl = if certificate.is_some() { "on" } else { "off" };
        // A free port may be taken before the server has it.
        for _ in 0..5 {
            let port = free_port();
            let conf = format!(
                "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\n\
                 ssl = {ssl}\nfsync = off\nshared_buffers = 16MB\nmax_connections = 20\n",
                dir.display()
            );
            write(&data.join("postgresql.auto.conf"), &conf);
            let mut supervisor = supervise(&dir, &data);
            if ready(&data, &mut supervisor) {
                return Self {
                    dir,
                    port,
                    supervisor,
                };
            }
            supervisor.kill().unwrap();
            supervisor.wait().unwrap();
        }
        panic!(
            "Postgres does not start: {}",
            fs::read_to_string(dir.join("log")).unwrap_or_default()
        );
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap()
    }

    /// Shows another certificate from now on.
    pub(crate) fn present(&self, certificate: &Certificate) {
        let reloads = || self.log().matches("received SIGHUP").count();
        let before = reloads();
        let data = self.dir.join("data");
        write(&data.join("server.crt"), &certificate.certificate);
        write(&data.join("server.key"), &certificate.key);
        let postmaster = fs::read_to_string(data.join("postmaster.pid")).unwrap();
        let pid = postmaster.lines().next().unwrap().trim().parse().unwrap();
        nix::sys::signal::kill(Pid::from_raw(pid), nix::sys::signal::SIGHUP).unwrap();
        let end = Instant::now() + Duration::from_secs(10);
        while reloads() == before && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        // It says so before it does.
        std::thread::sleep(Duration::from_millis(200));
    }

    pub(crate) fn url(&self, user: &str, query: &str) -> String {
        format!(
            "postgresql://{user}@127.0.0.1:{}/postgres?{query}",
            self.port
        )
    }

    /// The server, killed without a word.
    pub(crate) fn kill(&self, pid: i32) {
        nix::sys::signal::kill(Pid::from_raw(pid), nix::sys::signal::SIGKILL).unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

/// Ends the server and removes its folder when our end of the pipe closes, even where we are killed.
fn supervise(dir: &Path, data: &Path) -> Child {
    let script = r#""$0" -D "$1" </dev/null >"$2/log" 2>&1 & server=$!
        (while kill -0 $server 2>/dev/null; do sleep 0.2; done; kill $$ 2>/dev/null) &
        trap 'kill -KILL $server 2>/dev/null; exit 1' TERM
        read -r _
        trap '' TERM
        kill -QUIT $server 2>/dev/null; wait $server; cd /; rm -rf "$2""#;
    let mut command = program("sh", dir);
    command
        .args(["-c", script])
        .arg(bin().join("postgres"))
        .args([data, dir])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

fn ready(data: &Path, supervisor: &mut Child) -> bool {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end && supervisor.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        if status
            .lines()
            .nth(7)
            .is_some_and(|line| line.trim() == "ready")
        {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn single(dir: &Path, sql: &str) {
    let mut child = program("postgres", dir)
        .args(["--single", "-j", "-D"])
        .arg(dir.join("data"))
        .arg("postgres")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // With -j a statement ends at a semicolon before an empty line.
    stdin
        .write_all(sql.replace(";\n", ";\n\n").as_bytes())
        .unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// A program of Postgres (or `sh`), run as a user that it accepts and without our settings.
pub(crate) fn program(name: &str, dir: &Path) -> Command {
    let path = match name {
        "initdb" | "postgres" => bin().join(name),
        other => other.into(),
    };
    let mut command = Command::new(path);
    command
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    if let Some(user) = drop_to() {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command
}

/// Whom to become: Postgres refuses to run as root.
fn drop_to() -> Option<User> {
    geteuid()
        .is_root()
        .then(|| User::from_name("nobody").unwrap().unwrap())
}

fn own(path: &Path) {
    if let Some(user) = drop_to() {
        chown(path, Some(user.uid), Some(user.gid)).unwrap();
    }
}

pub(crate) fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    own(path);
}

pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn bin() -> PathBuf {
    programs::with(&["initdb", "postgres"])
        .expect("these tests need Postgres: set SUPAPROOF_POSTGRES_BIN to the folder of initdb and postgres")
}
