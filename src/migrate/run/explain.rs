//! Turns what the server says of a message back into a file, a statement and a line.

use super::compose::{Job, Message, Part, Role};
use crate::error::{Error, ExitCode};
use crate::hints;
use crate::migrate::ledger::sqlstate::{ALREADY, AT_WORK, BUSY, ELSEWHERE, GONE, STRINGS};
use crate::source::Origin;
use crate::sql::{ObjectKind, Statement, named_objects};
use crate::target::ServerError;

/// Where in the steps of a message an error stands.
pub(super) struct Failure {
    /// The step, counted in the message.
    pub(super) step: usize,
    /// Nothing of the message ran at all: the server reads all of it before it runs any.
    pub(super) unread: bool,
    /// It is the file that failed, and not what we do around it.
    pub(super) of_file: bool,
    /// Which statement of the file it was, where that is known.
    pub(super) statement: Option<usize>,
    pub(super) error: Error,
}

/// Explains an error of the server.
pub(super) fn explain(message: &Message, jobs: &[Job<'_>], server: &ServerError) -> Failure {
    let byte = server
        .position
        .and_then(|position| byte_of(&message.text, position));
    let part_at =
        byte.and_then(|byte| message.parts.iter().find(|part| part.bytes.contains(&byte)));
    let running = running(message, server, part_at);
    // The first statement of a run is our own BEGIN, at which nothing is wrong.
    let unread = server.completed == Some(0) && running.is_none_or(|part| part.role == Role::Begin);
    let part = if unread {
        part_at.and_then(|part| blamed(message, part))
    } else {
        running
    };
    let Some((part, job)) = part.and_then(|part| Some((part, jobs.get(part.step)?))) else {
        return Failure {
            step: 0,
            unread,
            of_file: false,
            statement: None,
            error: with_details(
                Error::new(
                    ExitCode::Sql,
                    format!("the server refused the migrations: {server}"),
                ),
                server,
            ),
        };
    };
    // The place counts only where it lies in what failed: elsewhere it belongs to a text of the server's own.
    let byte = byte.filter(|_| part_at == Some(part) || unread);
    Failure {
        step: part.step,
        unread,
        of_file: matches!(
            part.role,
            Role::File { .. } | Role::Deferred | Role::Commit | Role::Kept { .. }
        ) || made_read_only(part, server),
        statement: statement_of(part, job, byte, server),
        error: {
            let mut server = server.clone();
            if part.role == Role::Guard {
                // Where in our own block it was tells nobody anything.
                server.context = None;
            }
            with_details(in_part(part, job, byte, &server), &server)
        },
    }
}

/// Whether a file left its transaction read-only, so that its row could not be written.
fn made_read_only(part: &Part, server: &ServerError) -> bool {
    part.role == Role::Record && server.sqlstate == "25006"
}

/// The part that ran when the server refused. Where the door does not count statements, the message has one file, and
/// the error's place or its SQLSTATE says whether it was that.
fn running<'a>(
    message: &'a Message,
    server: &ServerError,
    part_at: Option<&'a Part>,
) -> Option<&'a Part> {
    if let Some(completed) = server.completed {
        return message.part_of(completed);
    }
    let role = |wanted: fn(Role) -> bool| message.parts.iter().find(|part| wanted(part.role));
    if [ALREADY, GONE, BUSY, STRINGS, ELSEWHERE, AT_WORK].contains(&server.sqlstate.as_str()) {
        return role(|role| role == Role::Guard);
    }
    part_at
        .and_then(|part| blamed(message, part))
        .or_else(|| role(|role| matches!(role, Role::File { .. })))
}

/// The file that a syntax error in one of our own statements comes from: the one before it, left unfinished.
fn blamed<'a>(message: &'a Message, part: &'a Part) -> Option<&'a Part> {
    let index = message.parts.iter().position(|known| known == part)?;
    let before = message.parts.get(..=index)?;
    before
        .iter()
        .rev()
        .find(|part| matches!(part.role, Role::File { .. }))
}

/// The file's statement that an error is about.
fn statement_of(
    part: &Part,
    job: &Job<'_>,
    byte: Option<usize>,
    server: &ServerError,
) -> Option<usize> {
    let Role::File { first } = part.role else {
        return None;
    };
    let statements = job.step.script.statements();
    let number = match byte.map(|byte| byte.saturating_sub(part.bytes.start) + part.from) {
        // The last one that starts before it in the file; sections may run in another order.
        Some(at) => {
            let before = statements
                .iter()
                .enumerate()
                .filter(|(_, s)| s.span().start <= at);
            before
                .max_by_key(|(_, s)| s.span().start)
                .map(|(number, _)| number)
                .or(Some(0))
        }
        None => server
            .completed
            .map(|completed| first + completed.saturating_sub(part.statements.start)),
    };
    number.or((statements.len() == 1).then_some(0))
}

fn in_part(part: &Part, job: &Job<'_>, byte: Option<usize>, server: &ServerError) -> Error {
    let script = &job.step.script;
    let name = script.file_name();
    let file = script.source().origin(0..0);
    let error = |message: String| Error::new(ExitCode::Sql, message).at(file.clone());
    match part.role {
        Role::File { .. } => {
            let at = byte.map(|byte| byte.saturating_sub(part.bytes.start) + part.from);
            let statements = script.statements();
            let number = statement_of(part, job, byte, server);
            let Some((number, statement)) = number.and_then(|at| Some((at, statements.get(at)?))) else {
                return error(format!("{name} failed: {server}"));
            };
            let failed = Error::new(ExitCode::Sql, format!("{name} failed: {server}"));
            let failed = match server.sqlstate == "42P07" && creates_ledger(statement, job) {
                true => failed.help(format!(
                    "{} is the ledger of this suite, which supaproof makes itself: take the statement out, or write `if not exists`",
                    job.book.shown()
                )),
                false => failed,
            };
            failed.at(script.source().origin(place(statement, at).span)).note(format!(
                "statement {} of {}: {}",
                number + 1,
                statements.len(),
                statement.first_line(100)
            ))
        }
        Role::Deferred | Role::Commit | Role::Kept { .. } => {
            error(format!("{name} failed at its end: {server}"))
                .note("each of its statements ran; what failed is checked when the transaction ends")
        }
        Role::Guard if server.sqlstate == STRINGS => {
            error("the server reads backslashes in strings as escapes: standard_conforming_strings is off".into())
                .help("set it on for the role or the database: alter role … set standard_conforming_strings = on")
        }
        Role::Guard => {
            let error = error(format!("{name} could not begin: {server}"))
                .note(format!("supaproof keeps what was applied in the table {}", job.book.shown()));
            match server.sqlstate.as_str() {
                // The table is to lie in a schema of the project's, where the role may make nothing.
                "42501" if server.message.ends_with(&format!("for schema {}", job.book.schema())) && !job.book.is_our_own() => error,
                "42501" => error.help("the role needs CREATE on the database, or must be the one that made that table"),
                "3F000" => error.help("create the schema first, or name another table for the ledger in supaproof.toml"),
                "25006" => error.help("the server is read-only: a replica, or a project that is out of disk space"),
                _ => error,
            }
        }
        Role::Record if made_read_only(part, server) => {
            error(format!("{name} makes its transaction read-only, and the ledger could not be written: {server}"))
                .help("take `set transaction read only` out of the file")
        }
        Role::Record => error(format!("{name} ran, but the ledger could not be written: {server}"))
            .note(format!("the ledger is the table {}", job.book.shown())),
        Role::Begin | Role::Restore | Role::Clean => {
            error(format!("the session could not be prepared for or cleaned after {name}: {server}"))
        }
    }
}

/// Whether a statement creates the table that is the ledger already.
fn creates_ledger(statement: &Statement, job: &Job<'_>) -> bool {
    let ledger = job.book.shown();
    named_objects(statement).iter().any(|object| {
        let schema = object.schema.as_deref().unwrap_or("public");
        object.kind == ObjectKind::Table && format!("{schema}.{}", object.name) == ledger
    })
}

/// The exact token where the server names a place inside the statement, else the statement.
fn place(statement: &Statement, at: Option<usize>) -> Origin {
    let whole = statement.origin();
    let Some(at) = at else { return whole };
    let token = statement.tokens().find(|token| token.span.end > at);
    match token {
        Some(token) => whole
            .source
            .origin(at.max(token.span.start)..token.span.end),
        // Behind the statement's last token: it is not finished.
        None => whole.source.origin(whole.span.end..whole.span.end),
    }
}

fn with_details(mut error: Error, server: &ServerError) -> Error {
    for (name, text) in [
        ("detail", &server.detail),
        ("server's hint", &server.hint),
        ("context", &server.context),
    ] {
        if let Some(text) = text {
            error = error.note(format!("{name}: {text}"));
        }
    }
    match hints::help(Some(&server.sqlstate), &server.message) {
        Some(help) if error.help_text().is_none() => error.help(help),
        _ => error,
    }
}

/// The byte of the character with this number, from 1.
fn byte_of(text: &str, position: usize) -> Option<usize> {
    text.char_indices()
        .nth(position.checked_sub(1)?)
        .map(|(byte, _)| byte)
}
