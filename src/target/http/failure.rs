//! Why there is no answer.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, LOCATION};

use super::Reply;
use crate::target::{Obstacle, TargetError};

/// Why there is no answer. No text of it holds a header, a key or the query of a URL.
#[derive(Debug)]
pub enum Failure {
    /// No connection came about.
    Unreachable(String),
    /// No encrypted one came about, or not with whom we meant.
    Insecure(String),
    /// The connection ended before the answer was whole.
    Lost(String),
    /// Our limit of time was reached: that of the run or that of a request.
    TimedOut(Duration),
    /// The answer is larger than this many bytes.
    TooLarge(u64),
    /// The answer sends us elsewhere, to the host that is named.
    Redirect(String),
    /// The other side asks to wait.
    Busy(Box<Reply>),
}

impl Failure {
    /// Whether another attempt may do what this one did not.
    pub(super) fn may_pass(&self, repeatable: bool) -> bool {
        match self {
            Self::Busy(_) => true,
            Self::Lost(_) => repeatable,
            Self::Unreachable(_)
            | Self::Insecure(_)
            | Self::TimedOut(_)
            | Self::TooLarge(_)
            | Self::Redirect(_) => false,
        }
    }

    pub(super) fn sending(error: &reqwest::Error) -> Self {
        if error.is_timeout() && error.is_connect() {
            return Self::Unreachable("no answer from the network".to_owned());
        }
        match error.is_connect() {
            true if is_tls(error) => Self::Insecure(causes(error)),
            true => Self::Unreachable(connecting(error)),
            false => Self::Lost(ended(error)),
        }
    }

    pub(super) fn reading(error: &reqwest::Error) -> Self {
        Self::Lost(ended(error))
    }

    pub(super) fn redirect(headers: &HeaderMap, base: &Url) -> Self {
        let to = headers.get(LOCATION).and_then(|to| to.to_str().ok());
        let to = to.and_then(|to| base.join(to).ok());
        Self::Redirect(to.map_or_else(|| "nowhere".to_owned(), |to| super::place(&to)))
    }

    /// The same as the error of a target.
    pub fn into_target(self, target: &str) -> TargetError {
        let target = target.to_owned();
        let unreachable =
            |target, reason| TargetError::unreachable(target, Obstacle::Other, reason);
        match self {
            Self::Unreachable(reason) => unreachable(target, reason),
            Self::Insecure(reason) => {
                TargetError::unreachable(target, Obstacle::Encryption, reason)
            }
            Self::Lost(reason) => TargetError::Lost {
                target,
                reason,
                completed: 0,
            },
            Self::TimedOut(limit) => TargetError::TimedOut { target, limit },
            Self::TooLarge(limit) => unreachable(
                target,
                format!("the answer has more than {} MiB", limit >> 20),
            ),
            Self::Redirect(to) => unreachable(
                target,
                format!("it sends us on to {to}, which is not followed: a key would be sent there"),
            ),
            Self::Busy(reply) => unreachable(target, reply.words()),
        }
    }
}

/// An answer that is not what was asked for. It is no error of ours: a proxy, a page of a service that is paused, another server
/// altogether. What cannot be taken back may have run all the same.
pub(in crate::target) fn unexpected(target: &str, reason: String, repeatable: bool) -> TargetError {
    match repeatable {
        true => TargetError::unreachable(target, Obstacle::Other, reason),
        false => TargetError::Lost {
            target: target.to_owned(),
            reason,
            completed: 0,
        },
    }
}

/// Whether TLS itself failed. An I/O error names what it holds, and not as its source.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(this) = cause {
        let inner = this
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if this.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        cause = this.source();
    }
    false
}

fn connecting(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(this) = cause {
        if let Some(io) = this.downcast_ref::<io::Error>() {
            match io.kind() {
                io::ErrorKind::ConnectionRefused => return "nobody listens there".to_owned(),
                io::ErrorKind::NetworkUnreachable => {
                    return "the network is unreachable".to_owned();
                }
                io::ErrorKind::HostUnreachable => {
                    return "there is no route to the host".to_owned();
                }
                _ => {}
            }
        }
        cause = this.source();
    }
    causes(error)
}

fn ended(error: &reqwest::Error) -> String {
    format!(
        "the connection ended before the answer was whole ({})",
        causes(error)
    )
}

/// The innermost cause: what lies around it says only that a request failed, and its URL.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
