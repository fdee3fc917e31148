//! Runs `pg_dump`, `pg_restore` and `psql`. They end with us: their pipes do.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tempfile::NamedTempFile;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};

use super::store::Part;
use super::survey::{Object, Plan};
use crate::error::{Error, ExitCode};
use crate::target::embedded::Clients;
use crate::target::postgres::Settings;

/// What of our environment the programs get.
const ENVIRONMENT: [&str; 5] = [
    "PATH",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
];

/// As much of what a program says as is kept.
const SAID: u64 = 256 * 1024;

/// Lines of it that an error shows.
const LINES: usize = 20;

/// What ends the transaction of a script, and how much at its end holds it.
const COMMIT: &[u8] = b"\nCOMMIT;\n";
const END: usize = 4096;

/// How long `pg_dump` may wait for the lock of a table.
const LOCK_WAIT: &str = "--lock-wait-timeout=60s";

/// The programs, and where they connect.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// The programs.
    pub clients: &'a Clients,
    /// Where.
    pub settings: &'a Settings,
    /// The role to take after the login.
    pub role: Option<&'a str>,
}

/// A dump that was made.
#[derive(Clone, Debug, Default)]
pub struct Dumped {
    /// What `pg_dump` warned of.
    pub warnings: Vec<String>,
}

/// What a restoring program said.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Its errors and warnings, a line each.
    pub lines: Vec<String>,
    /// Whether it ended well.
    pub ok: bool,
}

impl Session<'_> {
    fn command(&self, program: &str) -> Result<Command, Error> {
        let mut command = bare(self.clients, program);
        command.envs(self.settings.libpq(self.clients.major)?);
        Ok(command)
    }
}

/// A program without a connection. It is killed when it is dropped.
fn bare(clients: &Clients, program: &str) -> Command {
    let mut command = Command::new(clients.bin.join(program));
    command
        .env_clear()
        .envs(
            ENVIRONMENT
                .iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        )
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Dumps what the plan says into the file, as of the snapshot. Password and secrets go by the environment.
///
/// # Errors
/// Exit 4 where the server was not reached or the file cannot be written, exit 5 where `pg_dump` fails.
pub async fn dump(
    session: &Session<'_>,
    plan: &Plan<'_>,
    snapshot: &str,
    part: &mut Part,
    on_bytes: &mut (dyn FnMut(u64) + Send),
) -> Result<Dumped, Error> {
    let mut command = session.command("pg_dump")?;
    command
        .args([
            "--format=custom",
            "--no-password",
            "--quote-all-identifiers",
        ])
        .args([LOCK_WAIT, "--encoding=UTF8"])
        .arg(format!("--snapshot={snapshot}"));
    for schema in plan.schemas.iter().chain(&plan.platform) {
        command.arg(format!("--schema={}", pattern(schema)));
    }
    for Object { schema, name, .. } in plan.excluded.iter().copied() {
        let table = format!("--exclude-table={}.{}", pattern(schema), pattern(name));
        command.arg(table);
    }
    // With schemas they go in only where they are asked for.
    command.arg(if plan.large_objects {
        "--blobs"
    } else {
        "--no-blobs"
    });
    if let Some(role) = session.role {
        command.arg(format!("--role={role}"));
    }
    let mut child = spawn(&mut command, "pg_dump")?;
    let (Some(mut out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(Error::bug("pg_dump has no output"));
    };
    let copy = async {
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match out.read(&mut buffer).await {
                Ok(0) => return Ok(()),
                Ok(length) => {
                    part.write(&buffer[..length])?;
                    on_bytes(part.bytes());
                }
                Err(error) => return Err(broken("pg_dump", &error)),
            }
        }
    };
    let said = async { Ok(said(err).await) };
    let ((), said) = tokio::try_join!(copy, said)?;
    let status = ended(child, "pg_dump").await?;
    let lines = lines(&said, "pg_dump: ");
    if status.success() {
        return Ok(Dumped { warnings: lines });
    }
    Err(failed("pg_dump", status, lines))
}

/// The schema as SQL, without some of its schemas and without any row. Nobody waits long for a lock.
///
/// # Errors
/// Exit 4 where the server was not reached, exit 5 where `pg_dump` fails or takes too long.
pub async fn schema(
    session: &Session<'_>,
    without: impl Iterator<Item = &str> + Send,
    limit: Duration,
) -> Result<String, Error> {
    let mut command = session.command("pg_dump")?;
    command
        .args(["--schema-only", "--no-password", "--lock-wait-timeout=5s"])
        .args(without.map(|name| format!("--exclude-schema={}", pattern(name))));
    if let Some(role) = session.role {
        command.arg(format!("--role={role}"));
    }
    let output = tokio::time::timeout(limit, command.output()).await;
    let output = output
        .map_err(|_| {
            let seconds = limit.as_secs();
            Error::new(
                ExitCode::Sql,
                format!("pg_dump did not end within {seconds} s"),
            )
        })?
        .map_err(|error| broken("pg_dump", &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed("pg_dump", output.status, lines(&said, "pg_dump: ")));
    }
    String::from_utf8(output.stdout)
        .map_err(|error| Error::new(ExitCode::Sql, format!("pg_dump: {error}")))
}

/// The table of contents of a dump.
///
/// # Errors
/// Exit 5 where the file is none.
pub async fn listing(clients: &Clients, file: &Path) -> Result<String, Error> {
    let mut command = bare(clients, "pg_restore");
    let output = command.arg("--list").arg(file).output().await;
    let output = output.map_err(|error| broken("pg_restore", &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed(
        "pg_restore",
        output.status,
        lines(&said, "pg_restore: "),
    ))
}

/// Restores what the list names as far as it can be: an error ends nothing.
///
/// # Errors
/// The program does not start.
pub async fn restore_all(session: &Session<'_>, file: &Path, list: &str) -> Result<Told, Error> {
    let list = listed(list)?;
    let mut command = session.command("pg_restore")?;
    command
        .args([OsString::from("--no-password"), "--dbname=".into()])
        .arg(use_list(&list))
        .arg(file);
    let output = command.output().await;
    let output = output.map_err(|error| broken("pg_restore", &error))?;
    Ok(Told {
        lines: lines(&String::from_utf8_lossy(&output.stderr), "pg_restore: "),
        ok: output.status.success(),
    })
}

/// SQL of our own around what a dump holds.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// Before everything.
    pub before: String,
    /// Before the rows.
    pub before_rows: String,
    /// After them.
    pub after_rows: String,
    /// After everything.
    pub after: String,
}

/// Restores what the list names in one transaction, and commits only after all of it. Where any of it fails, or we die, nothing
/// has changed.
///
/// # Errors
/// Exit 5 where a statement is refused or the dump is broken; exit 4 where the server was not reached.
pub async fn replay(
    session: &Session<'_>,
    file: &Path,
    list: &str,
    around: &Around,
) -> Result<(), Error> {
    let list = listed(list)?;
    let mut psql = session.command("psql")?;
    psql.args(["--no-psqlrc", "--quiet", "--no-password"])
        // Whatever it prints has no reader.
        .args(["--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut psql = spawn(&mut psql, "psql")?;
    let (Some(into), Some(err)) = (psql.stdin.take(), psql.stderr.take()) else {
        return Err(Error::bug("psql has no input"));
    };
    let role = session.role.map_or_else(String::new, |role| {
        format!("set role {};\n", crate::sql::quote_ident(role))
    });
    let begin = format!("begin;\n{role}{}", around.before);
    let stages = [
        (begin.as_str(), "pre-data"),
        (around.before_rows.as_str(), "data"),
        (around.after_rows.as_str(), "post-data"),
    ];
    let fed = feed(session.clients, file, &list, stages, &around.after, into);
    let (fed, psql_said) = tokio::join!(fed, said(err));
    let ended = ended(psql, "psql").await?;
    if !ended.success() {
        return Err(failed("psql", ended, lines(&psql_said, "psql:")));
    }
    fed
}

/// Writes the whole script for psql. Where it breaks off, there is no COMMIT, and the end of the input takes everything back.
async fn feed(
    clients: &Clients,
    file: &Path,
    list: &NamedTempFile,
    stages: [(&str, &str); 3],
    after: &str,
    mut into: ChildStdin,
) -> Result<(), Error> {
    // psql has stopped, and says why.
    let stopped = || Error::new(ExitCode::Sql, "psql ended before the dump did");
    for (words, section) in stages {
        let written = into.write_all(words.as_bytes()).await;
        written.map_err(|_| stopped())?;
        let mut restore = bare(clients, "pg_restore");
        restore
            // In one transaction, or else large objects would be committed by themselves.
            .args(["--file=-", "--single-transaction"])
            .arg(format!("--section={section}"))
            .arg(use_list(list))
            .arg(file);
        let mut restore = spawn(&mut restore, "pg_restore")?;
        let (Some(script), Some(err)) = (restore.stdout.take(), restore.stderr.take()) else {
            return Err(Error::bug("pg_restore has no output"));
        };
        let (last, said) = tokio::join!(without_commit(script, &mut into), said(err));
        let status = ended(restore, "pg_restore").await?;
        if !status.success() {
            return Err(failed("pg_restore", status, lines(&said, "pg_restore: ")));
        }
        let last = last.ok_or_else(stopped)?;
        into.write_all(&last).await.map_err(|_| stopped())?;
    }
    let end = format!("\n{after}commit;\n");
    into.write_all(end.as_bytes())
        .await
        .map_err(|_| stopped())?;
    into.shutdown().await.map_err(|_| stopped())
}

/// Hands a script on, but for its end from the final COMMIT on, which is given back without it: ours comes later. `None` where
/// there is none, or the pipe breaks.
async fn without_commit(
    mut script: impl AsyncRead + Unpin,
    into: &mut (impl AsyncWrite + Unpin),
) -> Option<Vec<u8>> {
    let mut held = Vec::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match script.read(&mut buffer).await.ok()? {
            0 => break,
            length => held.extend_from_slice(&buffer[..length]),
        }
        if let Some(ready) = held.len().checked_sub(END) {
            into.write_all(&held[..ready]).await.ok()?;
            held.drain(..ready);
        }
    }
    let at = held
        .windows(COMMIT.len())
        .rposition(|part| part == COMMIT)?;
    held.drain(at..at + COMMIT.len());
    Some(held)
}

/// A pattern that only this name matches: quotes leave no character its meaning.
fn pattern(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn listed(list: &str) -> Result<NamedTempFile, Error> {
    let write = || {
        let mut file = NamedTempFile::new()?;
        file.write_all(list.as_bytes())?;
        Ok(file)
    };
    write().map_err(|error: std::io::Error| {
        Error::new(
            ExitCode::Unreachable,
            format!("cannot write a temporary file: {error}"),
        )
    })
}

fn use_list(list: &NamedTempFile) -> OsString {
    let mut argument = OsString::from("--use-list=");
    argument.push(list.path());
    argument
}

fn spawn(command: &mut Command, program: &str) -> Result<Child, Error> {
    command.spawn().map_err(|error| broken(program, &error))
}

async fn ended(mut child: Child, program: &str) -> Result<ExitStatus, Error> {
    child.wait().await.map_err(|error| broken(program, &error))
}

/// What a program says, to its end; no more than enough is kept.
async fn said(mut pipe: impl AsyncRead + Unpin) -> String {
    let mut kept = Vec::new();
    let _ = (&mut pipe).take(SAID).read_to_end(&mut kept).await;
    let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&kept).into_owned()
}

fn lines(said: &str, prefix: &str) -> Vec<String> {
    let lines = said
        .lines()
        .map(|line| line.strip_prefix(prefix).unwrap_or(line));
    lines
        .filter(|line| !line.trim().is_empty())
        .map(|line| crate::redact::redact(line).into_owned())
        .collect()
}

fn broken(program: &str, error: &std::io::Error) -> Error {
    Error::new(
        ExitCode::Unreachable,
        format!("{program} cannot be run: {error}"),
    )
}

/// The error of a program that failed.
fn failed(program: &str, status: ExitStatus, lines: Vec<String>) -> Error {
    let unreachable = lines
        .iter()
        .any(|line| line.contains("connection to server"));
    let code = match unreachable {
        true => ExitCode::Unreachable,
        false => ExitCode::Sql,
    };
    Error::new(code, format!("{program} failed ({status})")).first_notes(&lines, LINES)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn split(script: &str) -> Option<(String, String)> {
        let mut into = Vec::new();
        let last = without_commit(script.as_bytes(), &mut into).await?;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Some((text(into), text(last)))
    }

    #[tokio::test]
    async fn the_last_commit_of_a_script_is_left_to_us() {
        let rows = "COPY t FROM stdin;\nCOMMIT;\n\\.\n".repeat(1000);
        let script = format!("BEGIN;\n{rows}\nCOMMIT;\n\n-- complete\n");
        let (handed, last) = split(&script).await.unwrap();
        assert_eq!(
            format!("{handed}{last}"),
            format!("BEGIN;\n{rows}\n-- complete\n")
        );
        assert!(split("BEGIN;\ncut off").await.is_none());
    }
}
