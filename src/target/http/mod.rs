//! HTTP as the doors need it: bounded in time and size, no redirect is followed, and what may be repeated is repeated a few
//! times where the other side asks for it.

mod failure;
mod key;
mod reply;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, Url, redirect};

use crate::error::Error;

pub use self::failure::Failure;
pub(super) use self::failure::unexpected;
pub use self::key::{Key, KeyKind};
pub use self::reply::Reply;

/// The largest answer that is taken, in bytes: the catalog of 5,000 tables has about 30 MB.
const LARGEST_ANSWER: u64 = 256 * 1024 * 1024;

/// How long one request may take where nothing else is said: the Management API ends a query after about a minute.
const REQUEST: Duration = Duration::from_secs(90);

/// What this program calls itself. Without a name some of Cloudflare's rules answer 403 (error 1010).
const USER_AGENT: &str = concat!("supaproof/", env!("CARGO_PKG_VERSION"));

/// How to reach a server by HTTP.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where its paths begin. `https`, or `http` on this machine.
    pub base: Url,
    /// A file of further certificate authorities, PEM.
    pub ca: Option<std::path::PathBuf>,
    /// How long connecting may take.
    pub connect: Duration,
    /// When everything has to be over, and the limit that this comes from.
    pub deadline: Option<(Instant, Duration)>,
    /// How a request is repeated.
    pub repetition: Repetition,
}

/// How often a request is repeated, and after which pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// How often at the most.
    pub times: usize,
    /// The first pause where the other side asks for none. Each further one is about twice as long.
    pub first: Duration,
    /// The longest pause, whatever the other side asks for.
    pub longest: Duration,
}

impl Default for Repetition {
    fn default() -> Self {
        Self {
            times: 3,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
        }
    }
}

/// A client of one server.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    options: Options,
    /// When the next request is free, where all of a time are used up.
    free_at: Arc<Mutex<Option<Instant>>>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path behind the base, with a query if there is one.
    pub path: String,
    /// Headers, keys among them.
    pub headers: HeaderMap,
    /// The JSON that is sent.
    pub body: Option<String>,
    /// Whether it changes nothing, so that it may be sent again where it is not known whether it arrived.
    pub repeatable: bool,
}

impl Http {
    /// A client. Nothing is sent yet.
    ///
    /// # Errors
    /// Exit 2: the address is not encrypted and not on this machine, or the file of authorities cannot be used.
    pub fn new(options: Options) -> Result<Self, Error> {
        let local = is_loopback(&options.base);
        if !(options.base.scheme() == "https" || (options.base.scheme() == "http" && local)) {
            return Err(Error::usage(format!(
                "{} is not encrypted, and a key would be sent to it",
                place(&options.base)
            ))
            .help("Write https://; http:// is for addresses of this machine."));
        }
        // Whoever was first has installed it: the one that Postgres connections use as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .connect_timeout(options.connect);
        if local {
            builder = builder.no_proxy();
        }
        if let Some(file) = &options.ca {
            builder = builder.tls_certs_merge(authorities(file)?);
        }
        let client = builder.build().map_err(|error| {
            let with = options.ca.as_ref().map_or_else(String::new, |file| format!(" with --ca {}", file.display()));
            Error::usage(format!("HTTPS cannot be set up{with}: {}", failure::causes(&error)))
                .help("Are certificate authorities installed on this machine (the package ca-certificates)? --ca FILE names others.")
        })?;
        Ok(Self {
            client,
            options,
            free_at: Arc::default(),
        })
    }

    /// The host that is talked to, for people.
    pub fn place(&self) -> String {
        place(&self.options.base)
    }

    /// Sends a request and reads its answer, whatever its status. A 429, and for what is repeatable a 5xx that is no
    /// error of the database, or a lost connection, is repeated as the options say, after the pause that the answer asks for.
    /// Where an answer says that no request is left, the next one waits.
    ///
    /// # Errors
    /// What prevented an answer. No text of it holds a header.
    pub async fn send(&self, request: &Request) -> Result<Reply, Failure> {
        let once = || async {
            self.wait_until_free().await;
            let reply = self.once(request).await?;
            if let Ok(mut free_at) = self.free_at.lock() {
                *free_at = reply.exhausted().map(|reset| Instant::now() + reset);
            }
            match reply.asks_to_wait(request.repeatable) {
                true => Err(Failure::Busy(Box::new(reply))),
                false => Ok(reply),
            }
        };
        let Repetition {
            times,
            first,
            longest,
        } = self.options.repetition;
        let pauses = ExponentialBuilder::default()
            .with_min_delay(first)
            .with_max_delay(longest)
            .with_max_times(times)
            .with_jitter();
        let sent = once
            .retry(pauses)
            .when(|failure| failure.may_pass(request.repeatable))
            .adjust(|failure, pause| self.pause(failure, pause?))
            .await;
        match sent {
            // It stays so: what it says is the answer.
            Err(Failure::Busy(reply)) => Ok(*reply),
            other => other,
        }
    }

    /// Waits until a request is free, no longer than the options say, and not beyond the end of the run: the other side then
    /// says what it has to say.
    async fn wait_until_free(&self) {
        let free_at = self.free_at.lock().ok().and_then(|mut at| at.take());
        let now = Instant::now();
        let Some(pause) = free_at.and_then(|at| at.checked_duration_since(now)) else {
            return;
        };
        let pause = pause.min(self.options.repetition.longest);
        if !matches!(self.options.deadline, Some((deadline, _)) if now + pause >= deadline) {
            tokio::time::sleep(pause).await;
        }
    }

    /// The pause before a repetition; `None` where the time is over before it.
    fn pause(&self, failure: &Failure, pause: Duration) -> Option<Duration> {
        let asked = match failure {
            Failure::Busy(reply) => reply.pause(),
            _ => None,
        };
        let pause = asked.unwrap_or(pause).min(self.options.repetition.longest);
        match self.options.deadline {
            Some((deadline, _)) if Instant::now() + pause >= deadline => None,
            _ => Some(pause),
        }
    }

    async fn once(&self, request: &Request) -> Result<Reply, Failure> {
        let (limit, named) = match self.options.deadline {
            None => (REQUEST, REQUEST),
            Some((deadline, whole)) => {
                let left = deadline.saturating_duration_since(Instant::now());
                (left.min(REQUEST), whole)
            }
        };
        match tokio::time::timeout(limit, self.exchange(request)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::TimedOut(named)),
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        let base = self.options.base.as_str().trim_end_matches('/');
        let mut builder = self
            .client
            .request(request.method.clone(), format!("{base}{}", request.path))
            .headers(request.headers.clone());
        if let Some(body) = &request.body {
            builder = builder
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        let mut answer = builder.send().await.map_err(|e| Failure::sending(&e))?;
        let status = answer.status();
        // PostgREST answers 300 where several functions fit.
        if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Err(Failure::redirect(answer.headers(), &self.options.base));
        }
        let headers = answer.headers().clone();
        if answer.content_length().is_some_and(|n| n > LARGEST_ANSWER) {
            return Err(Failure::TooLarge(LARGEST_ANSWER));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| Failure::reading(&e))? {
            if (body.len() + chunk.len()) as u64 > LARGEST_ANSWER {
                return Err(Failure::TooLarge(LARGEST_ANSWER));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply::new(status.as_u16(), headers, body))
    }
}

/// `host:port` of a URL, or its host where the port is the usual one.
pub(in crate::target) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// The certificates of a PEM file.
fn authorities(file: &std::path::Path) -> Result<Vec<reqwest::Certificate>, Error> {
    let wrong = |reason: String| {
        Error::usage(format!("--ca {}: {reason}", file.display())).help(
            "Name a PEM file with the certificates of authorities (-----BEGIN CERTIFICATE-----).",
        )
    };
    let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let all =
        reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| wrong(failure::causes(&e)))?;
    match all.is_empty() {
        true => Err(wrong("it holds no certificate".to_owned())),
        false => Ok(all),
    }
}
