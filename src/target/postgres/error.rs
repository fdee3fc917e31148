//! What tokio-postgres and the system report, as a [`TargetError`] that a person can read.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, ErrorPosition, Severity};

use super::settings::Settings;
use crate::target::{ServerError, TargetError};

/// No connection came about.
pub(super) fn unreachable(settings: &Settings, error: &Error) -> TargetError {
    let (reason, sqlstate) = match error.as_db_error() {
        Some(server) => (
            server.message().to_owned(),
            Some(server.code().code().to_owned()),
        ),
        None => (connect_reason(settings, error), None),
    };
    TargetError::Unreachable {
        target: settings.describe(),
        reason,
        sqlstate,
    }
}

/// We gave up waiting for the connection.
pub(super) fn no_answer(settings: &Settings, waited: std::time::Duration) -> TargetError {
    TargetError::Unreachable {
        target: settings.describe(),
        reason: format!("no answer within {} s", waited.as_secs_f64()),
        sqlstate: None,
    }
}

fn connect_reason(settings: &Settings, error: &Error) -> String {
    let place = settings.place();
    let cause = error.source();
    if let Some(io) = cause.and_then(|cause| cause.downcast_ref::<io::Error>()) {
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
            // tokio-postgres says what it was doing in the text alone. Connecting: getaddrinfo's words for an unknown name.
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
            "the server asks for a password and none was given (set PGPASSWORD; password files are not read)".to_owned()
        }
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
