//! `@supabase/lite`, fetched with npm.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Started, answers, relay};
use crate::support::{Server, free_port};

/// What is fetched, with everything that it needs, by its version and its hash.
const PACKAGE: &str = include_str!("../lite/package.json");
const LOCK: &str = include_str!("../lite/package-lock.json");

pub(super) const SECRET: &str = "sb_secret_0123456789abcdefghijkl";

/// One on a database that is there; or why it cannot be had. It learns of functions when it starts, and never again.
pub(super) fn start(server: &Server, database: &str, sql: &str) -> Result<Started, String> {
    let program = program()?;
    // At its first call it tries to make functions in the schema auth, which it may not: that call fails.
    let first = "create function public.first_call() returns int language sql as 'select 1'";
    server.sql(database, &format!("{sql};\n{first}"));
    let started = launch(&program, server, database);
    let call = |function: &str| {
        answers(started.port, "/rest/v1", &[("apikey", SECRET)], function).unwrap_or_default()
    };
    started.wait(|| {
        call("first_call").contains("HTTP/1.1") && call("nobodys_function").contains("PGRST202")
    });
    server.sql(database, "drop function public.first_call()");
    Ok(started)
}

fn launch(program: &Path, server: &Server, database: &str) -> Started {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    fs::create_dir(folder.path().join("supabase")).unwrap();
    fs::write(
        folder.path().join("supabase/config.toml"),
        format!(
            "[api]\nport = {port}\nschemas = [\"public\"]\n\n[db]\ndriver = \"postgres\"\n\
             url = \"postgres://authenticator@127.0.0.1:{}/{database}\"\n\n[auth]\nenabled = false\n\
             jwt_secret = \"a-secret-with-at-least-32-characters\"\n\
             publishable_key = \"{}\"\nsecret_key = \"{SECRET}\"\n",
            relay(server.socket()),
            super::PUBLISHABLE,
        ),
    )
    .unwrap();
    let mut command = Command::new("node");
    command
        .arg(program)
        .args(["start", "--no-admin"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path())
        .env("LITE_TELEMETRY", "0")
        .env("DO_NOT_TRACK", "1");
    Started::new(command, port, folder)
}

/// The program, fetched into our cache where it is not there yet; or why it cannot be had.
fn program() -> Result<PathBuf, String> {
    let says = |program: &str| {
        let output = Command::new(program).arg("--version").output();
        output
            .ok()
            .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let node = says("node").ok_or("there is no node")?;
    let major: u32 = node
        .trim_start_matches('v')
        .split('.')
        .next()
        .unwrap_or_default()
        .parse()
        .unwrap_or(0);
    if major < 20 {
        return Err(format!("it needs node 20, and this is {}", node.trim()));
    }
    says("npm").ok_or("there is no npm to fetch it with")?;
    let cache = match (
        std::env::var_os("SUPAPROOF_CACHE_DIR"),
        std::env::var_os("HOME"),
    ) {
        (Some(cache), _) if !cache.is_empty() => PathBuf::from(cache),
        (_, Some(home)) => PathBuf::from(home).join(".cache/supaproof"),
        _ => return Err("there is no home folder".to_owned()),
    };
    let store = cache.join("npm");
    fs::create_dir_all(&store).map_err(|error| error.to_string())?;
    let version = PACKAGE
        .split('"')
        .skip_while(|text| *text != "@supabase/lite")
        .nth(2)
        .unwrap();
    let (whole, half) = (
        store.join(format!("lite-{version}")),
        store.join(format!(".lite-{version}")),
    );
    let program = whole.join("node_modules/@supabase/lite/dist/cli/index.js");
    let lock = File::create(store.join(format!("lite-{version}.lock")))
        .map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;
    if program.is_file() {
        return Ok(program);
    }
    let _ = fs::remove_dir_all(&half);
    fs::create_dir(&half).unwrap();
    fs::write(half.join("package.json"), PACKAGE).unwrap();
    fs::write(half.join("package-lock.json"), LOCK).unwrap();
    let npm = Command::new("npm")
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .current_dir(&half)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if !npm.status.success() {
        return Err(format!(
            "npm: {}",
            String::from_utf8_lossy(&npm.stderr).trim()
        ));
    }
    fs::rename(&half, &whole).map_err(|error| error.to_string())?;
    Ok(program)
}
