//! Progress and questions: on standard error, and spinners on a terminal only.

use std::io::{BufRead, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::Error;
use crate::report::Verbosity;

/// What a person sees while we work.
pub(super) struct Ui {
    spinner: Option<ProgressBar>,
    verbosity: Verbosity,
    started: Instant,
}

impl Ui {
    pub(super) fn new(verbosity: Verbosity) -> Self {
        let spinner =
            (std::io::stderr().is_terminal() && verbosity > Verbosity::Quiet).then(|| {
                let bar = ProgressBar::new_spinner();
                if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                    bar.set_style(style);
                }
                bar.enable_steady_tick(Duration::from_millis(100));
                bar
            });
        Self {
            spinner,
            verbosity,
            started: Instant::now(),
        }
    }

    /// What is being done now.
    pub(super) fn progress(&self, text: &str) {
        match &self.spinner {
            Some(spinner) => spinner.set_message(text.to_owned()),
            None if self.verbosity == Verbosity::Verbose => self.line(text),
            None => {}
        }
    }

    /// A line that stays: the target, how long it took.
    pub(super) fn note(&self, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.line(text);
        }
    }

    fn line(&self, text: &str) {
        let write = || super::complain(&format!("{text}\n"));
        match &self.spinner {
            Some(spinner) => spinner.suspend(write),
            None => write(),
        }
    }

    /// Takes the spinner off the screen.
    pub(super) fn clear(&self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }

    /// Seconds since the start, for a note.
    pub(super) fn elapsed(&self) -> String {
        format!("{:.2} s", self.started.elapsed().as_secs_f64())
    }

    /// Asks on a terminal; refuses where there is none.
    pub(super) fn confirm(&self, yes: bool, question: &str) -> Result<(), Error> {
        if yes {
            return Ok(());
        }
        if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
            return Err(Error::usage(format!(
                "not done without being asked, and there is no terminal: {question}"
            ))
            .help("Say --yes to go on without a question."));
        }
        let ask = || {
            super::complain(&format!("{question} [y/N] "));
            let _ = std::io::stderr().flush();
            let mut answer = String::new();
            let _ = std::io::stdin().lock().read_line(&mut answer);
            matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
        };
        let agreed = match &self.spinner {
            Some(spinner) => spinner.suspend(ask),
            None => ask(),
        };
        if agreed {
            Ok(())
        } else {
            Err(Error::usage("nothing was done"))
        }
    }
}
