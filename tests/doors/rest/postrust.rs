//! `postrust`, a server in Rust that is compatible with PostgREST and is not it. `make test-rest` builds it.

use std::path::Path;
use std::process::Command;

use super::{Started, answers, relay};
use crate::support::{Server, free_port};

/// What its keys are signed with.
const SIGNS: &str = "a-secret-with-at-least-32-characters";

/// A key of the service role: `{"alg":"HS256"}`, `{"role":"service_role"}`, signed with [`SIGNS`].
pub(super) const SERVICE: &str = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.MUZ1iDsZmJBgMAxKRqvrQrOosRfsqwoxkmKf5aAyP3U";

/// The same, signed with something else.
pub(super) const FORGED: &str = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2ln";

/// One on a database that is there.
pub(super) fn start(program: &Path, server: &Server, database: &str, sql: &str) -> Started {
    server.sql(database, sql);
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PGRST_COMPAT_MODE", "true")
        .env("PGRST_DB_CHANNEL_ENABLED", "true")
        .env("PGRST_DB_SCHEMAS", "public")
        .env("PGRST_DB_ANON_ROLE", "anon")
        .env("PGRST_DB_EXTRA_SEARCH_PATH", "public,extensions")
        .env("PGRST_JWT_SECRET", SIGNS)
        .env("PGRST_SERVER_HOST", "127.0.0.1")
        .env("PGRST_SERVER_PORT", port.to_string())
        .env(
            "PGRST_DB_URI",
            format!(
                "postgres://authenticator@127.0.0.1:{}/{database}?sslmode=disable",
                relay(server.socket())
            ),
        );
    let started = Started::new(command, port, folder);
    let bearer = format!("Bearer {SERVICE}");
    started.wait(|| {
        let said = answers(port, "", &[("authorization", &bearer)], "nobodys_function");
        said.is_some_and(|said| said.contains("PGRST202"))
    });
    started
}
