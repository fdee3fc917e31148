//! Progress and questions: on standard error, and spinners on a terminal only.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::Error;
use crate::report::Verbosity;
use crate::words;

/// What a person sees while we work. Its copies write to the same place.
#[derive(Clone)]
pub(super) struct Ui {
    spinner: Option<ProgressBar>,
    verbosity: Verbosity,
    started: Instant,
    /// What is being done, for who has no terminal.
    running: Arc<Mutex<Running>>,
}

/// How long nothing is said where there is no terminal, before what is being done is.
const SILENCE: Duration = Duration::from_secs(5);

/// How long the same is not said again.
const LONG: Duration = Duration::from_secs(60);

/// What is being done.
struct Running {
    text: String,
    began: Instant,
    /// Whether it is said already, and when a line was written last.
    said: bool,
    wrote: Instant,
}

impl Running {
    /// The line that is due, so long after the last one.
    fn due(&mut self, now: Instant) -> Option<String> {
        let silent = now.duration_since(self.wrote);
        if self.text.is_empty() || silent < if self.said { LONG } else { SILENCE } {
            return None;
        }
        self.wrote = now;
        if !std::mem::replace(&mut self.said, true) {
            return Some(self.text.clone());
        }
        let took = words::duration(now.duration_since(self.began));
        Some(format!("{}: {took} so far", self.text))
    }
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
            running: Arc::new(Mutex::new(Running {
                text: String::new(),
                began: Instant::now(),
                said: false,
                wrote: Instant::now(),
            })),
        }
    }

    /// What is being done now.
    pub(super) fn progress(&self, text: &str) {
        match &self.spinner {
            Some(spinner) => spinner.set_message(text.to_owned()),
            None if self.verbosity == Verbosity::Verbose => self.line(text),
            None => {
                let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                running.text = text.to_owned();
                running.began = Instant::now();
                running.said = false;
            }
        }
    }

    /// What is said meanwhile, which is not what is being done.
    pub(super) fn aside(&self, text: &str) {
        match &self.spinner {
            None if self.verbosity < Verbosity::Verbose => {}
            _ => self.progress(text),
        }
    }

    /// A line of the output itself, which cannot wait for the end.
    pub(super) fn result(&self, text: &str) {
        let write = || super::say(format!("{text}\n").as_bytes());
        match &self.spinner {
            Some(spinner) => spinner.suspend(write),
            None => write(),
        }
        self.wrote();
    }

    fn wrote(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.wrote = Instant::now();
    }

    /// Waits for what is being done; where there is no terminal, says now and then what that is.
    pub(super) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        let quiet = self.spinner.is_some() || self.verbosity != Verbosity::Normal;
        let mut work = std::pin::pin!(work);
        self.wrote();
        let mut clock = tokio::time::interval(Duration::from_secs(1));
        let ended = loop {
            tokio::select! {
                ended = &mut work => break ended,
                _ = clock.tick(), if !quiet => {
                    let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                    let due = running.due(Instant::now());
                    drop(running);
                    if let Some(line) = due {
                        self.line(&line);
                    }
                }
            }
        };
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.text.clear();
        ended
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
        self.wrote();
    }

    /// Takes the spinner off the screen.
    pub(super) fn clear(&self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }

    /// The last note of a command: where it was done, and how long it took.
    pub(super) fn end(&self, label: Option<&str>) {
        let took = words::duration(self.started.elapsed());
        match label {
            Some(label) => self.note(&format!("{label}: done in {took}")),
            None => self.note(&format!("done in {took}")),
        }
    }

    /// Asks on a terminal; refuses where there is none.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_said_and_said_again() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut running = Running {
            text: "applying 1_a (1 of 2)".into(),
            began: start,
            said: false,
            wrote: start,
        };
        let said: Vec<_> = (0..=130)
            .filter_map(|second| Some((second, running.due(at(second))?)))
            .collect();
        let text = "applying 1_a (1 of 2)";
        assert_eq!(
            said,
            [
                (5, text.to_owned()),
                (65, format!("{text}: 1 min 5 s so far")),
                (125, format!("{text}: 2 min 5 s so far"))
            ]
        );
        // Rows that go on are said every few seconds, however often they are counted.
        running.text = "1_a: rows so far: 7".into();
        running.said = false;
        assert_eq!(running.due(at(129)), None);
        assert_eq!(running.due(at(130)).as_deref(), Some("1_a: rows so far: 7"));
        running.text.clear();
        running.said = false;
        assert_eq!(running.due(at(999)), None);
    }
}
