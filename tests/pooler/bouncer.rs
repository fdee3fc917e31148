//! A PgBouncer that ends with this process, however that ends.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::unistd::geteuid;

use super::support::free_port;

/// A running PgBouncer in front of a server.
pub(crate) struct PgBouncer {
    pub(crate) port: u16,
    folder: tempfile::TempDir,
    supervisor: Child,
}

/// How it deals its sessions out.
pub(crate) struct Pool<'a> {
    /// `transaction` or `session`.
    pub(crate) mode: &'a str,
    /// How many there are.
    pub(crate) size: u32,
    /// As whom they log in, without a password.
    pub(crate) user: &'a str,
}

/// Where PgBouncer is, or a word on why a test is skipped.
pub(crate) fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(
            [
                "/usr/sbin",
                "/usr/bin",
                "/usr/local/bin",
                "/opt/homebrew/bin",
            ]
            .map(PathBuf::from),
        )
        .map(|folder| folder.join("pgbouncer"))
        .find(|file| file.exists());
    if found.is_none() {
        eprintln!("skipped: there is no pgbouncer (scripts/get-pgbouncer gets one)");
    }
    found
}

impl PgBouncer {
    /// In front of the server whose socket is in this folder; `None` where there is no PgBouncer.
    pub(crate) fn start(socket_dir: &Path, server_port: u16, pool: &Pool<'_>) -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        // It refuses to be root, and only the server's user gets to the socket.
        let owner = fs::metadata(socket_dir).unwrap();
        let become_owner = geteuid().is_root().then(|| (owner.uid(), owner.gid()));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        if let Some((uid, gid)) = become_owner {
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        // A free port may be taken before it has it.
        for _ in 0..5 {
            let port = free_port();
            let ini = folder.path().join("pgbouncer.ini");
            let Pool { mode, size, user } = pool;
            let text = format!(
                "[databases]\n* = host={} port={server_port} user={user}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
                 listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = {size}\n\
                 max_client_conn = 1000\nadmin_users = admin\nlogfile = {}\n",
                socket_dir.display(),
                folder.path().join("log").display()
            );
            fs::write(&ini, text).unwrap();
            let mut supervisor = supervise(&program, &ini, become_owner);
            if answers(port, &mut supervisor) {
                return Some(Self {
                    port,
                    folder,
                    supervisor,
                });
            }
            drop(supervisor.stdin.take());
            supervisor.wait().unwrap();
        }
        let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        panic!("PgBouncer does not start: {log}");
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

/// Ends it when our end of the pipe closes, even where we are killed.
fn supervise(program: &Path, ini: &Path, become_owner: Option<(u32, u32)>) -> Child {
    let script = r#""$0" -q "$1" </dev/null >/dev/null 2>&1 & child=$!
        (while kill -0 $child 2>/dev/null; do sleep 0.2; done; kill $$ 2>/dev/null) &
        trap 'kill -KILL $child 2>/dev/null; exit 1' TERM
        read -r _
        trap '' TERM
        kill -KILL $child 2>/dev/null; wait $child"#;
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .args([program, ini])
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some((uid, gid)) = become_owner {
        command.uid(uid).gid(gid);
    }
    command.spawn().unwrap()
}

fn answers(port: u16, supervisor: &mut Child) -> bool {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end && supervisor.try_wait().unwrap().is_none() {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}
