//! A file that cannot run in a transaction: a message for each of its statements, and what stays where one fails.

use std::time::Instant;

use super::apply::Runner;
use super::compose::{self, Job};
use super::explain::explain;
use crate::error::Error;
use crate::target::TargetError;

impl Runner<'_> {
    /// A step whose file cannot run in a transaction, one message for each of its statements.
    pub(super) async fn alone(&mut self) -> Result<(), Error> {
        let job = self.jobs[self.left[0]];
        if !job.transactions {
            let error = Error::usage(format!(
                "{} cannot run in a transaction, and {} runs everything in one",
                job.step.script.file_name(),
                self.target.describe()
            ))
            .at(job.step.script.source().origin(0..0));
            let notes = self.standing(0, true);
            return Err(notes.into_iter().fold(error, Error::note).help(
                "connect to the database itself, with a URL that begins with postgresql://",
            ));
        }
        let messages = compose::alone(&job);
        let last = messages.len() - 1;
        let began = Instant::now();
        for (number, message) in messages.iter().enumerate() {
            self.fits(message, &job)?;
            let stay = format!(
                "{} of its {} statements stay done",
                number.min(last).saturating_sub(1),
                last - 1
            );
            if number == last
                && let Some(error) = self.invalid_index(&job).await?
            {
                let _ = self.clean_up(&job).await;
                self.began = began;
                self.keep(&job, &error, Some(&stay)).await;
                let notes = self.stays().into_iter().chain(self.untried(1));
                return Err(notes.fold(error.note(unrecorded(&job, &stay)), Error::note));
            }
            let server = loop {
                let Err(error) = self.send(message).await else {
                    break None;
                };
                if number == 0 {
                    return self.failed(message, &[job], 0, error).await;
                }
                let TargetError::Server(server) = error else {
                    self.began = began;
                    return Err(self.cut(&job, number == last, &stay, error).await);
                };
                if !self.another_try_alone(&job, number - 1, &server).await {
                    break Some(server);
                }
            };
            let Some(server) = server else {
                continue;
            };
            // Best effort, as below.
            let _ = self.clean_up(&job).await;
            let failure = explain(message, &[job], &server);
            self.began = began;
            self.keep(&job, &failure.error, Some(&stay)).await;
            let error = self
                .name_holders(failure.error, &job, Some(number - 1), &server)
                .await;
            let error = error.note(unrecorded(&job, &stay));
            let notes = self.stays().into_iter().chain(self.untried(1));
            return Err(notes.fold(error, Error::note).help(by_hand(&job)));
        }
        self.note_done(1);
        Ok(())
    }

    /// The error of a file without a transaction of which we do not hear any more. Parts of it stay.
    async fn cut(&mut self, job: &Job<'_>, at_end: bool, stay: &str, error: TargetError) -> Error {
        let error = Error::from(error);
        // Best effort: the door may answer still.
        let _ = self.clean_up(job).await;
        self.keep(job, &error, Some(stay)).await;
        let label = job.step.migration.label();
        let error = error.note(match at_end {
            true => format!(
                "{label} cannot run in a transaction: {stay}; whether the ledger knows is not known"
            ),
            false => format!(
                "{}; whether the next one was done is not known",
                unrecorded(job, stay)
            ),
        });
        let notes = self.stays().into_iter().chain(self.untried(1));
        let help = by_hand(job);
        notes.fold(error, Error::note).help(format!(
            "run `supaproof status` to see what was done; {help}"
        ))
    }
}

/// What the ledger has of a file without a transaction that did not come to its end.
fn unrecorded(job: &Job<'_>, stay: &str) -> String {
    let ledger = match job.backward {
        true => "the ledger has it as applied still",
        false => "the ledger does not have it",
    };
    let label = job.step.migration.label();
    format!("{label} cannot run in a transaction: {stay}, and {ledger}")
}

/// What to do about a file without a transaction that did not come to its end.
fn by_hand(job: &Job<'_>) -> &'static str {
    match job.backward {
        true => {
            "do by hand what is left of its rollback, or mend the file so that it passes over what is gone \
             (`drop … if exists`), then run the same command again"
        }
        false => {
            "undo by hand what it did (CREATE INDEX CONCURRENTLY leaves an invalid index when it fails: drop it), \
             then run the same command again"
        }
    }
}
