//! A Data API: `@supabase/lite` on a private Postgres, or the real one that the environment names.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Url;
use supaproof::target::Target as _;
use supaproof::target::data_api::DataApiTarget;
use supaproof::target::http::{Key, Options};

use crate::http::Http;
use crate::matrix::counting;
use crate::support::{Server, free_port};
use crate::{block, connect};

/// What is fetched, with everything that it needs, by its version and its hash.
const PACKAGE: &str = include_str!("lite/package.json");
const LOCK: &str = include_str!("lite/package-lock.json");

const SECRET: &str = "sb_secret_0123456789abcdefghijkl";
pub(crate) const PUBLISHABLE: &str = "sb_publishable_0123456789abcdefghi";

/// A Data API and the database behind it.
pub(crate) struct Rest {
    base: Url,
    key: String,
    /// The database, as `--target` names it.
    pub(crate) database: String,
    process: Option<Child>,
    _folder: Option<tempfile::TempDir>,
}

impl Rest {
    /// On a database of this server, made for it, that `sql` prepares; none where the parts cannot be had, which is said.
    pub(crate) fn start(server: &Server, database: &str, sql: &str) -> Option<Self> {
        if database != "postgres" {
            server.copy("postgres", database);
        }
        Self::on(server, database, sql)
    }

    /// The same on a database that is there.
    pub(crate) fn on(server: &Server, database: &str, sql: &str) -> Option<Self> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let real = (
            set("SUPAPROOF_TEST_REST_URL"),
            set("SUPAPROOF_TEST_REST_KEY"),
            set("SUPAPROOF_TEST_REST_DATABASE"),
        );
        if let (Some(base), Some(key), Some(database)) = real {
            let rest = Self {
                base: Url::parse(&base).unwrap(),
                key,
                database,
                process: None,
                _folder: None,
            };
            rest.sql(&format!("{sql};\nnotify pgrst, 'reload schema'"));
            // It learns of changes beside its requests.
            std::thread::sleep(Duration::from_secs(3));
            return Some(rest);
        }
        let program = match lite() {
            Ok(program) => program,
            Err(reason) => {
                eprintln!("skipped: no Data API: {reason}");
                return None;
            }
        };
        // At its first call it tries to make functions in the schema auth, which it may not: that call fails.
        let first = "create function public.first_call() returns int language sql as 'select 1'";
        server.sql(database, &format!("{sql};\n{first}"));
        let rest = Self::launch(&program, server, database);
        server.sql(database, "drop function public.first_call()");
        Some(rest)
    }

    fn launch(program: &Path, server: &Server, database: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        fs::create_dir(folder.path().join("supabase")).unwrap();
        fs::write(
            folder.path().join("supabase/config.toml"),
            format!(
                "[api]\nport = {port}\nschemas = [\"public\"]\n\n[db]\ndriver = \"postgres\"\n\
                 url = \"postgres://authenticator@127.0.0.1:{}/{database}\"\n\n[auth]\nenabled = false\n\
                 jwt_secret = \"a-secret-with-at-least-32-characters\"\n\
                 publishable_key = \"{PUBLISHABLE}\"\nsecret_key = \"{SECRET}\"\n",
                relay(server.socket())
            ),
        )
        .unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let process = Command::new("node")
            .arg(program)
            .args(["start", "--no-admin"])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder.path())
            .env("LITE_TELEMETRY", "0")
            .env("DO_NOT_TRACK", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let rest = Self {
            base: Url::parse(&format!("http://127.0.0.1:{port}/rest/v1")).unwrap(),
            key: SECRET.to_owned(),
            database: server.target(database),
            process: Some(process),
            _folder: Some(folder),
        };
        let until = Instant::now() + Duration::from_secs(60);
        while !(answers(port, "first_call", "HTTP/1.1")
            && answers(port, "nobodys_function", "PGRST202"))
        {
            let log = rest
                ._folder
                .as_ref()
                .map(|f| fs::read_to_string(f.path().join("log")));
            assert!(Instant::now() < until, "no answer: {log:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        rest
    }

    /// A port that leads to it and counts what is asked.
    pub(crate) fn counted(&self) -> Http {
        counting(self.base.port().unwrap())
    }

    /// The secret key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Whether it is the real one.
    pub(crate) fn is_real(&self) -> bool {
        self.process.is_none()
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            base: self.base.clone(),
            ca: None,
            connect: Duration::from_secs(10),
            deadline: None,
            repetition: supaproof::target::http::Repetition::default(),
        }
    }

    pub(crate) fn target(&self) -> DataApiTarget {
        let key = Key::new("SUPABASE_SECRET_KEY", &self.key).unwrap();
        DataApiTarget::new(self.options(), &key).unwrap()
    }

    /// Runs SQL beside it, on the database itself.
    pub(crate) fn sql(&self, sql: &str) {
        block(async {
            let mut target = connect(&self.database).await;
            target.run(sql, &mut |_| {}).await.unwrap();
        });
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Whether a call of a function brings an answer with this in it.
fn answers(port: u16, function: &str, with: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let request = format!(
        "POST /rest/v1/rpc/{function} HTTP/1.1\r\nhost: 127.0.0.1\r\napikey: {SECRET}\r\n\
         content-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}"
    );
    let mut said = String::new();
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_string(&mut said);
    said.contains(with)
}

/// A port of this machine that leads to the socket, since not every driver takes one.
fn relay(socket: PathBuf) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, Ok(server)) = (client.unwrap(), UnixStream::connect(&socket)) else {
                continue;
            };
            let (mut from_client, mut to_server) =
                (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from_client, &mut to_server);
                let _ = to_server.shutdown(Shutdown::Write);
            });
            let (mut from_server, mut to_client) = (server, client);
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from_server, &mut to_client);
                let _ = to_client.shutdown(Shutdown::Write);
            });
        }
    });
    port
}

/// The program, fetched into our cache where it is not there yet; or why it cannot be had.
fn lite() -> Result<PathBuf, String> {
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
