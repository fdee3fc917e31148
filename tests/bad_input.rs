//! Bad input: for each a short message that says what to do, the documented exit code, no panic, and never a secret.
//!
//! What people read is kept in `tests/bad_input/snapshots/`, a file per subject.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;
#[path = "bad_input/transcript.rs"]
mod transcript;

#[path = "bad_input/configuration.rs"]
mod configuration;
#[path = "bad_input/cut.rs"]
mod cut;
#[path = "bad_input/elsewhere.rs"]
mod elsewhere;
#[path = "bad_input/files.rs"]
mod files;
#[path = "bad_input/killed.rs"]
mod killed;
#[path = "bad_input/language.rs"]
mod language;
#[path = "bad_input/meanwhile.rs"]
mod meanwhile;
#[path = "bad_input/smoke.rs"]
mod smoke;
#[path = "bad_input/sql.rs"]
mod sql;
#[path = "bad_input/yaml.rs"]
mod yaml;
