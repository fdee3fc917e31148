//! Private clusters for the tests, and how to ask them.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use supaproof::platform;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

/// A private cluster, reachable through a socket in a private folder only. It ends with its value, and with our process.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    supervisor: Child,
}

impl Cluster {
    pub(crate) fn start(bin: &Path) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("supaproof-")
            .tempdir()
            .unwrap();
        // Postgres refuses to run as root.
        let user = nix::unistd::geteuid().is_root().then(|| {
            let user = ["postgres", "nobody"]
                .iter()
                .find_map(|name| nix::unistd::User::from_name(name).ok()?);
            let user = user.expect("an unprivileged user");
            std::os::unix::fs::chown(
                folder.path(),
                Some(user.uid.as_raw()),
                Some(user.gid.as_raw()),
            )
            .unwrap();
            user
        });
        let command = |program: &Path| {
            let mut command = Command::new(program);
            command
                .current_dir(folder.path())
                .env_clear()
                .env("PATH", "/usr/bin:/bin")
                .env("LC_ALL", "C");
            if let Some(user) = &user {
                command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
            }
            command
        };
        let data = folder.path().join("data");
        let made = command(&bin.join("initdb"))
            .args([
                "-U",
                platform::SUPERUSER,
                "--auth=trust",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale=C",
                "-D",
            ])
            .arg(&data)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        // The shell ends the server when its standard input closes: when this value is dropped, or our process is gone.
        let script =
            r#""$@" & server=$!; read -r _; kill -QUIT $server; wait $server; rm -rf "$PWD""#;
        let supervisor = command(Path::new("/bin/sh"))
            .args(["-c", script, "sh"])
            .arg(bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
                "-c",
                "wal_level=logical",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .process_group(0)
            .spawn()
            .unwrap();
        Self { folder, supervisor }
    }

    pub(crate) async fn connect(&self, user: &str) -> Client {
        self.connect_to(user, platform::DATABASE).await
    }

    pub(crate) async fn connect_to(&self, user: &str, database: &str) -> Client {
        let mut config = Config::new();
        config
            .host_path(self.folder.path())
            .user(user)
            .dbname(database);
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            match config.connect(NoTls).await {
                Ok((client, connection)) => {
                    tokio::spawn(connection);
                    return client;
                }
                Err(error) if Instant::now() > until => {
                    let log =
                        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                    panic!("{error:?}\n{log}");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

pub(crate) async fn rows(client: &Client, sql: &str) -> Vec<Vec<String>> {
    let messages = client
        .simple_query(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len())
                    .map(|at| row.get(at).unwrap_or("null").to_owned())
                    .collect(),
            ),
            _ => None,
        })
        .collect()
}

/// The last value that the statements return.
pub(crate) async fn one(client: &Client, sql: &str) -> String {
    rows(client, sql).await.pop().expect("a row").swap_remove(0)
}

pub(crate) async fn rolled_back(client: &Client, sql: &str) -> String {
    one(client, &format!("begin; {sql}; rollback")).await
}

/// Runs what must succeed, and undoes it.
pub(crate) async fn done(client: &Client, sql: &str) {
    rows(client, &format!("begin; {sql}; rollback")).await;
}

/// Runs what must fail: the SQLSTATE and the message.
pub(crate) async fn refused(client: &Client, sql: &str) -> (String, String) {
    let error = client.batch_execute(&format!("begin; {sql}")).await;
    client.batch_execute("rollback").await.unwrap();
    let error = error.expect_err(sql);
    let error = error.as_db_error().expect("the server's error");
    (error.code().code().to_owned(), error.message().to_owned())
}
