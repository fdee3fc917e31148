//! The command-line tool: parses, runs, ends with the documented exit code.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;
use supaproof::{cli::Cli, commands, error, redact::redact};

/// Reading a suite and a catalog is many small values: this one hands them out in half the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // What a panic says could hold a secret: only its place is shown.
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        commands::complain(&format!("supaproof has a bug{place}: please report it\n"));
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too.
            let code = if error.use_stderr() {
                error::ExitCode::Usage
            } else {
                error::ExitCode::Ok
            };
            if code == error::ExitCode::Ok {
                let _ = error.print();
            } else {
                // It repeats what it does not understand: a target behind the wrong flag would be shown with its password.
                commands::complain(&redact(&error.render().to_string()));
            }
            return ExitCode::from(code as u8);
        }
    };
    let code =
        catch_unwind(AssertUnwindSafe(|| commands::run(cli))).unwrap_or(error::ExitCode::Bug);
    ExitCode::from(code as u8)
}
