//! `supaproof schema`.

use crate::error::ExitCode;
use crate::expect;

pub(super) fn run() -> ExitCode {
    super::say(expect::schema_file().as_bytes());
    ExitCode::Ok
}
