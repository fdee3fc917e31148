//! A Data API on a private Postgres: `@supabase/lite`, or `postrust` where `SUPAPROOF_TEST_POSTRUST` names its program. Both are
//! compatible with PostgREST and neither is it; the real one is where `SUPAPROOF_TEST_REST_URL` says.

mod lite;
mod postrust;
mod real;

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Url;
use supaproof::target::data_api::DataApiTarget;
use supaproof::target::http::{Key, Options};
use supaproof::target::{Target as _, TargetError};

use crate::http::Http;
use crate::matrix::counting;
use crate::support::Server;
use crate::{api, block, connect};

pub(crate) const PUBLISHABLE: &str = "sb_publishable_0123456789abcdefghi";

/// How long one that learns of changes may take for it.
const RELOAD: Duration = Duration::from_secs(10);

/// Which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Lite,
    Postrust,
    Real,
}

/// A Data API and the database behind it.
pub(crate) struct Rest {
    pub(crate) kind: Kind,
    base: Url,
    key: String,
    /// The database, as `--target` names it.
    pub(crate) database: String,
    _started: Option<Started>,
    _alone: Option<File>,
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
        if let Some(named) = real::named() {
            let rest = Self {
                kind: Kind::Real,
                base: named.base,
                key: named.key,
                database: named.database,
                _started: None,
                _alone: Some(real::alone()),
            };
            rest.empty();
            rest.sql(&format!("{sql};\nnotify pgrst, 'reload schema'"));
            // It learns of changes beside its requests.
            std::thread::sleep(Duration::from_secs(3));
            return Some(rest);
        }
        match Self::stand_in(server, database, sql) {
            Ok(rest) => Some(rest),
            Err(reason) => {
                eprintln!("skipped: no Data API: {reason}");
                None
            }
        }
    }

    /// The same for a test that needs the database to be this one.
    pub(crate) fn ours(server: &Server, database: &str, sql: &str) -> Option<Self> {
        if real::named().is_some() {
            eprintln!(
                "skipped: SUPAPROOF_TEST_REST_URL names one on a database of its own, and this looks at another"
            );
            return None;
        }
        Self::on(server, database, sql)
    }

    fn stand_in(server: &Server, database: &str, sql: &str) -> Result<Self, String> {
        let set = std::env::var_os("SUPAPROOF_TEST_POSTRUST").filter(|path| !path.is_empty());
        let (kind, started, path, key) = match set {
            Some(program) => {
                let started = postrust::start(Path::new(&program), server, database, sql);
                (Kind::Postrust, started, "/", postrust::SERVICE)
            }
            None => {
                let started = lite::start(server, database, sql)?;
                (Kind::Lite, started, "/rest/v1", lite::SECRET)
            }
        };
        let port = started.port;
        Ok(Self {
            kind,
            base: Url::parse(&format!("http://127.0.0.1:{port}{path}")).unwrap(),
            key: key.to_owned(),
            database: server.target(database),
            _started: Some(started),
            _alone: None,
        })
    }

    /// Runs SQL that makes or takes away the function exec_sql, and waits until that is known.
    pub(crate) fn learn(self, server: &Server, database: &str, sql: &str) -> Option<Self> {
        if self.kind == Kind::Lite {
            drop(self);
            return Self::on(server, database, sql);
        }
        self.sql(sql);
        let there = "select to_json(to_regprocedure('public.exec_sql(text)') is not null)";
        let there = block(async {
            let mut target = connect(&self.database).await;
            target.read_json("", there).await.unwrap() == true
        });
        let until = Instant::now() + RELOAD;
        while self.finds_a_function() != there {
            assert!(Instant::now() < until, "it does not learn of a change");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(self)
    }

    fn finds_a_function(&self) -> bool {
        match block(self.target().read_json("", "select '1'::json")) {
            Ok(_) => true,
            Err(TargetError::Unreachable {
                sqlstate: Some(code),
                ..
            }) if code == "PGRST202" => false,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// A port that leads to it, below `/rest/v1` as at Supabase, and counts what is asked.
    pub(crate) fn counted(&self) -> Http {
        let hidden = match self.kind {
            Kind::Postrust => "/rest/v1",
            Kind::Lite | Kind::Real => "",
        };
        counting(self.base.port().unwrap(), hidden)
    }

    /// The secret key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A secret key of somebody else's; none where the real one need not be told wrong keys.
    pub(crate) fn wrong_key(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Lite => Some("sb_secret_of_another_project"),
            Kind::Postrust => Some(postrust::FORGED),
            Kind::Real => None,
        }
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            base: self.base.clone(),
            ..api::options(1, "")
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

/// A server that ends with this.
struct Started {
    port: u16,
    process: Child,
    folder: tempfile::TempDir,
}

impl Started {
    /// Starts one that listens at a port, in a folder of its own.
    fn new(mut command: Command, port: u16, folder: tempfile::TempDir) -> Self {
        let log = File::create(folder.path().join("log")).unwrap();
        let process = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self {
            port,
            process,
            folder,
        }
    }

    /// Waits for something that shows that it is there.
    fn wait(&self, is_there: impl Fn() -> bool) {
        let until = Instant::now() + Duration::from_secs(60);
        while !is_there() {
            let log = fs::read_to_string(self.folder.path().join("log"));
            assert!(Instant::now() < until, "no answer: {log:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a call of a function brings, as it came; none where nobody listens.
fn answers(port: u16, base: &str, headers: &[(&str, &str)], function: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let request = format!(
        "POST {base}/rpc/{function} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}\
         content-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}"
    );
    let mut said = String::new();
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_string(&mut said);
    Some(said)
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
