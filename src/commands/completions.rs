//! `supaproof completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::ExitCode;

pub(super) fn run(shell: Shell) -> ExitCode {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "supaproof", &mut out);
    super::say(&out);
    ExitCode::Ok
}
