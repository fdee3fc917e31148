//! What tokio-postgres and the system report, as a [`TargetError`] that a person can read.

use std::error::Error as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use nix::errno::Errno;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, ErrorPosition, Severity, SqlState};

use super::authorities;
use super::host::is_loopback;
use super::settings::Settings;
use crate::target::{Obstacle, ServerError, TargetError};

/// No connection came about.
pub(super) fn unreachable(settings: &Settings, error: &Error) -> TargetError {
    let Some(server) = error.as_db_error() else {
        let reason = connect_reason(settings, error);
        return TargetError::unreachable(settings.describe(), obstacle(error), reason);
    };
    let mut reason = server.message().to_owned();
    if *server.code() == SqlState::INVALID_PASSWORD
        && let Some(source) = settings.password_source()
        && source.contains("file")
    {
        reason = format!("{reason} (the password is from {source})");
    }
    TargetError::Unreachable {
        target: settings.describe(),
        reason,
        sqlstate: Some(server.code().code().to_owned()),
        obstacle: match is_login(server) {
            true => Obstacle::Login,
            false => Obstacle::Other,
        },
    }
}

/// What poolers say of a refused login: they have the one SQLSTATE for everything.
const LOGIN: [&str; 5] = [
    "password authentication failed",
    "wrong password",
    "sasl auth",
    "(ecircuitbreaker)",
    "too many authentication failures",
];

fn is_login(server: &DbError) -> bool {
    let message = server.message().to_ascii_lowercase();
    matches!(
        *server.code(),
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
    ) || LOGIN.iter().any(|words| message.contains(words))
}

/// What kept us out before the server said anything of it. tokio-postgres says what it was doing in the text alone.
fn obstacle(error: &Error) -> Obstacle {
    let closed = io_cause(error).is_some_and(|io| {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        let hung_up = [
            UnexpectedEof,
            ConnectionReset,
            ConnectionAborted,
            BrokenPipe,
        ];
        hung_up.contains(&io.kind())
    });
    let tls = io_cause(error)
        .and_then(io::Error::get_ref)
        .is_some_and(|inner| inner.is::<rustls::Error>());
    match error.to_string().as_str() {
        _ if tls => Obstacle::Encryption,
        "error performing TLS handshake" if !closed => Obstacle::Encryption,
        // SCRAM failed on our side: it is not who it says, or speaks another kind.
        "authentication error" => Obstacle::Login,
        _ => Obstacle::Other,
    }
}

/// No connection came about, for a reason of our own.
pub(super) fn refused(settings: &Settings, reason: String) -> TargetError {
    TargetError::unreachable(settings.describe(), Obstacle::Other, reason)
}

/// No connection came about, since none that is encrypted as it has to be can.
pub(super) fn insecure(settings: &Settings, reason: String) -> TargetError {
    TargetError::unreachable(settings.describe(), Obstacle::Encryption, reason)
}

/// We gave up waiting for the connection.
pub(super) fn no_answer(settings: &Settings, waited: Duration) -> TargetError {
    refused(settings, silence(waited))
}

fn silence(waited: Duration) -> String {
    // Shares of a time have no end of digits.
    let seconds = (waited.as_secs_f64() * 10.0).round() / 10.0;
    format!("no answer within {seconds} s")
}

/// None of the addresses was reached. `tried` are those that were, each with the reason.
pub(super) fn no_address(settings: &Settings, tried: &[(SocketAddr, Error, Duration)]) -> String {
    let reason = |error: &Error, waited: &Duration| match io_cause(error) {
        Some(io) if io.kind() == io::ErrorKind::TimedOut => silence(*waited),
        _ => connect_reason(settings, error),
    };
    let Some((_, last, waited)) = tried.last() else {
        return format!("{} has no address", settings.listening_at());
    };
    let elsewhere: Vec<_> = tried
        .iter()
        .filter(|(a, ..)| !is_loopback(a.ip()))
        .collect();
    let only_ipv6 = !elsewhere.is_empty() && tried.iter().all(|(address, ..)| address.is_ipv6());
    let unroutable = only_ipv6 && elsewhere.iter().all(|(_, error, _)| is_unroutable(error));
    if unroutable {
        let host = settings.host().unwrap_or_default();
        return match host.parse::<IpAddr>() {
            Ok(_) => format!("this machine has no route to the IPv6 address {host}"),
            Err(_) => format!(
                "{host} has IPv6 addresses only ({}), and this machine has no route to them",
                addresses(tried)
            ),
        };
    }
    let mut said = reason(last, waited);
    if only_ipv6 && io_cause(last).is_some_and(|io| io.kind() == io::ErrorKind::TimedOut) {
        said = format!("{said}; the host has IPv6 addresses only, which not every network carries");
    } else if tried.len() > 1 {
        said = format!("{said} (tried {})", addresses(tried));
    }
    said
}

fn addresses(tried: &[(SocketAddr, Error, Duration)]) -> String {
    let addresses: Vec<_> = tried.iter().map(|(a, ..)| a.ip().to_string()).collect();
    addresses.join(", ")
}

fn io_cause(error: &Error) -> Option<&io::Error> {
    error.source()?.downcast_ref()
}

fn is_unroutable(error: &Error) -> bool {
    io_cause(error).is_some_and(|io| {
        matches!(
            io.kind(),
            io::ErrorKind::NetworkUnreachable
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::AddrNotAvailable
        ) || io.raw_os_error() == Some(Errno::EAFNOSUPPORT as i32)
    })
}

/// Whether no server was reached at all, so that another address may be tried. After a refusal none may: it would be a second
/// attempt with the same password.
pub(super) fn is_unreached(error: &Error) -> bool {
    // tokio-postgres says what it was doing in the text alone.
    error.to_string() == "error connecting to server"
}

fn connect_reason(settings: &Settings, error: &Error) -> String {
    let place = settings.listening_at();
    let cause = error.source();
    if let Some(io) = io_cause(error) {
        if let Some(tls) = io.get_ref().and_then(|inner| inner.downcast_ref()) {
            return authorities::reason(settings, tls);
        }
        return match io.kind() {
            io::ErrorKind::ConnectionRefused => format!("nobody listens at {place}"),
            io::ErrorKind::NotFound => format!("there is no socket {place}"),
            io::ErrorKind::PermissionDenied => format!("no permission to use {place}"),
            io::ErrorKind::NetworkUnreachable => "the network is unreachable".to_owned(),
            io::ErrorKind::HostUnreachable => "there is no route to the host".to_owned(),
            io::ErrorKind::TimedOut => "no answer from the network".to_owned(),
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => closed_early(),
            _ => match error.to_string().as_str() {
                "error connecting to server" => io.to_string(),
                "error performing TLS handshake" => format!("TLS failed: {io}"),
                _ => not_postgres(io),
            },
        };
    }
    if error.is_closed() {
        return closed_early();
    }
    match cause.map(ToString::to_string).as_deref() {
        Some("password missing") => {
            "the server asks for a password and none was given (set PGPASSWORD or write one into the password file)".to_owned()
        }
        Some("server does not support TLS") => format!(
            "the server does not support TLS, and sslmode={} is in force",
            settings.tls_mode()
        ),
        Some(cause) => cause.to_owned(),
        None => not_postgres(error),
    }
}

fn closed_early() -> String {
    "the server closed the connection before it answered".to_owned()
}

fn not_postgres(error: &dyn std::error::Error) -> String {
    format!("what listens there does not speak the Postgres protocol ({error})")
}

/// Whether the server ends the connection with this error.
pub(super) fn is_fatal(error: &DbError) -> bool {
    match error.parsed_severity() {
        Some(severity) => matches!(severity, Severity::Fatal | Severity::Panic),
        None => matches!(error.severity(), "FATAL" | "PANIC"),
    }
}

/// Why a connection ended, without the server's having said so or with its last words.
pub(super) fn lost_reason(error: Option<&Error>) -> String {
    let Some(error) = error.filter(|error| !error.is_closed()) else {
        return "the server closed it".to_owned();
    };
    if let Some(server) = error.as_db_error() {
        return server.message().to_owned();
    }
    match error.source() {
        Some(cause) => match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe,
            ) => "the server closed it".to_owned(),
            _ => cause.to_string(),
        },
        None => error.to_string(),
    }
}

/// The fields of a server's error.
pub(super) fn server(error: &DbError, completed: usize) -> ServerError {
    let mut context = error.where_().map(str::to_owned);
    let mut position = None;
    match error.position() {
        Some(ErrorPosition::Original(at)) => position = usize::try_from(*at).ok(),
        // This one counts in a query that a function made, not in our message.
        Some(ErrorPosition::Internal { position, query }) => {
            let inner = format!("query at character {position}: {query}");
            context = Some(match context {
                Some(context) => format!("{inner}\n{context}"),
                None => inner,
            });
        }
        None => {}
    }
    ServerError {
        sqlstate: error.code().code().to_owned(),
        severity: error.severity().to_owned(),
        message: error.message().to_owned(),
        detail: error.detail().map(str::to_owned),
        hint: error.hint().map(str::to_owned),
        context,
        position,
        completed: Some(completed),
    }
}
