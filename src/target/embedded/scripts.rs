//! Runs the scripts of a template.

use std::path::Path;
use std::time::Duration;

use tokio_postgres::error::ErrorPosition;
use tokio_postgres::{Config, NoTls};

use super::Template;
use super::paths::PORT;
use crate::error::{Error, ExitCode};

/// All of them together; seconds in practice.
const LIMIT: Duration = Duration::from_secs(180);

/// Makes the database and runs the scripts, on the server in the folder.
pub(super) async fn run(socket_dir: &Path, template: &Template<'_>) -> Result<(), Error> {
    let limited = tokio::time::timeout(LIMIT, all(socket_dir, template)).await;
    limited.unwrap_or_else(|_| {
        Err(Error::new(
            ExitCode::Sql,
            format!(
                "the scripts of the template did not finish within {} s",
                LIMIT.as_secs()
            ),
        ))
    })
}

async fn all(socket_dir: &Path, template: &Template<'_>) -> Result<(), Error> {
    if template.database != "postgres" {
        let create = format!(
            "create database \"{}\"",
            template.database.replace('"', "\"\"")
        );
        run_sql(
            socket_dir,
            template.superuser,
            "postgres",
            &[("create database", &create)],
        )
        .await?;
    }
    run_sql(
        socket_dir,
        template.superuser,
        template.database,
        &template.scripts,
    )
    .await
}

async fn run_sql(
    socket_dir: &Path,
    user: &str,
    database: &str,
    scripts: &[(&str, &str)],
) -> Result<(), Error> {
    let mut config = Config::new();
    config
        .host_path(socket_dir)
        .port(PORT)
        .user(user)
        .dbname(database)
        .application_name("supaproof");
    let (client, connection) = config.connect(NoTls).await.map_err(|error| {
        Error::new(
            ExitCode::Unreachable,
            format!("cannot connect to the private Postgres: {}", cause(&error)),
        )
    })?;
    let connection = tokio::spawn(connection);
    let mut result = Ok(());
    for (name, sql) in scripts {
        if let Err(error) = client.batch_execute(sql).await {
            result = Err(script_failed(name, sql, &error));
            break;
        }
    }
    drop(client);
    // Its error is the script's.
    let _ = connection.await;
    result
}

fn script_failed(name: &str, sql: &str, error: &tokio_postgres::Error) -> Error {
    let Some(server) = error.as_db_error() else {
        return Error::new(ExitCode::Unreachable, format!("{name}: {}", cause(error)));
    };
    let message = format!("{} (SQLSTATE {})", server.message(), server.code().code());
    let mut failed = Error::new(ExitCode::Sql, format!("{name}: {message}"));
    if let Some(&ErrorPosition::Original(position)) = server.position() {
        let before = sql.chars().take((position as usize).saturating_sub(1));
        let line = before.filter(|&c| c == '\n').count() + 1;
        failed = failed.note(format!("at {name}:{line}"));
    }
    let fields = [
        ("detail", server.detail()),
        ("server's hint", server.hint()),
        ("context", server.where_()),
    ];
    for (field, text) in fields {
        if let Some(text) = text {
            failed = failed.note(format!("{field}: {text}"));
        }
    }
    // feature_not_supported, undefined_file: how CREATE EXTENSION says that the extension is not
    // installed.
    if matches!(server.code().code(), "0A000" | "58P01") && server.message().contains("extension") {
        failed = failed.help(
            "This Postgres lacks extensions of its own distribution: install its contrib package.",
        );
    }
    failed
}

/// The driver's own words name the kind of error only.
fn cause(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
