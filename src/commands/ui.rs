//! Progress and questions: on standard error, and spinners on a terminal only.

use std::io::{BufRead, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::Error;
use crate::report::Verbosity;

/// What a person sees while we work. Its copies write to the same place.
#[derive(Clone)]
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

    /// A line that stays and that nobody may miss.
    pub(super) fn warn(&self, text: &str) {
        self.line(text);
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
    pub(super) async fn confirm(&self, yes: bool, question: &str) -> Result<(), Error> {
        done(self.agrees(yes, question).await?)
    }

    /// The same, where a no is an answer as well.
    pub(super) async fn agrees(&self, yes: bool, question: &str) -> Result<bool, Error> {
        if yes {
            return Ok(true);
        }
        let without = || "Say --yes to go on without a question.".to_owned();
        let agrees = |answer: &str| matches!(answer.to_lowercase().as_str(), "y" | "yes");
        self.ask(question, &format!("{question} [y/N] "), agrees, without)
            .await
    }

    /// Asks for the name of a protected target, which no --yes stands for.
    pub(super) async fn agrees_by_name(&self, name: &str, question: &str) -> Result<bool, Error> {
        let without = || format!("The target is protected: say --confirm {name} to go on.");
        let asked = format!("{question}\n{name} is protected. Its name, to go on: ");
        self.ask(question, &asked, |answer| answer == name, without)
            .await
    }

    /// The answer is read on another thread, so that a signal is heard meanwhile.
    async fn ask(
        &self,
        question: &str,
        asked: &str,
        agrees: impl Fn(&str) -> bool,
        without: impl Fn() -> String,
    ) -> Result<bool, Error> {
        if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
            return Err(Error::usage(format!(
                "not done without being asked, and there is no terminal: {question}"
            ))
            .help(without()));
        }
        let (asked, spinner) = (asked.to_owned(), self.spinner.clone());
        let ask = move || {
            super::complain(&asked);
            let _ = std::io::stderr().flush();
            let mut answer = String::new();
            let _ = std::io::stdin().lock().read_line(&mut answer);
            answer
        };
        let unanswered = Unanswered;
        let answer = tokio::task::spawn_blocking(move || match spinner {
            Some(spinner) => spinner.suspend(ask),
            None => ask(),
        })
        .await
        .map_err(|error| Error::bug(format!("the answer was not read: {error}")))?;
        std::mem::forget(unanswered);
        Ok(agrees(answer.trim()))
    }
}

/// Ends the line of a question that gets no answer.
struct Unanswered;

impl Drop for Unanswered {
    fn drop(&mut self) {
        super::complain("\n");
    }
}

/// What follows from an answer where nothing else can be done.
pub(super) fn done(agreed: bool) -> Result<(), Error> {
    match agreed {
        true => Ok(()),
        false => Err(Error::usage("nothing was done")),
    }
}
