//! Where the database stands when a run ends early, in words.

use super::apply::Runner;
use crate::error::Error;
use crate::target::TargetError;
use crate::words;

/// What to do where it is not known what was done.
const LOOK: &str = "run `supaproof status` to see what was done, then run the same command again";

impl Runner<'_> {
    /// An error after which we may not know whether the running step was committed.
    pub(super) fn uncertain(&self, error: TargetError) -> Error {
        let (lost, known) = match &error {
            TargetError::Lost { .. } | TargetError::TimedOut { .. } => (true, true),
            TargetError::Unreachable { .. } => (false, true),
            _ => (false, false),
        };
        let out = Error::from(error);
        if !known {
            return out;
        }
        if !lost {
            return self.standing(0, true).into_iter().fold(out, Error::note);
        }
        let done = self.verb();
        let unknown = self
            .span(&self.left)
            .map(|which| format!("whether {which} was {done} is not known"));
        self.stays()
            .into_iter()
            .chain(unknown)
            .fold(out, Error::note)
            .help(LOOK)
    }

    /// The error of a run that our own limit ended, where we heard which steps had begun.
    pub(super) fn out_of_time(&self, error: TargetError, committed: usize) -> Error {
        let running = self.started.saturating_sub(committed);
        let done = self.verb();
        let (begun, rest) = self.left.split_at(running.min(self.left.len()));
        let begun = self
            .span(begun)
            .map(|which| format!("whether {which} was {done} is not known"));
        let rest = self
            .span(rest)
            .map(|which| format!("nothing of {which} had begun"));
        let notes = self.stays().into_iter().chain(begun).chain(rest);
        notes.fold(Error::from(error), Error::note).help(LOOK)
    }

    /// Where the database stands: what of the rest is not there, what stays, what was not tried.
    ///
    /// `step` counts in what is left. Where `whole`, nothing of any of it ran.
    pub(super) fn standing(&self, step: usize, whole: bool) -> Vec<String> {
        let left = if whole {
            self.left.as_slice()
        } else {
            self.left.get(step..=step).unwrap_or_default()
        };
        let nothing = self
            .span(left)
            .map(|which| format!("nothing of {which} was {}", self.verb()));
        let untried = if whole { None } else { self.untried(step + 1) };
        nothing
            .into_iter()
            .chain(self.stays())
            .chain(untried)
            .collect()
    }

    pub(super) fn verb(&self) -> &'static str {
        if self.jobs.first().is_some_and(|job| job.backward) {
            "rolled back"
        } else {
            "applied"
        }
    }

    /// What this run did already.
    pub(super) fn stays(&self) -> Option<String> {
        let verb = self.verb();
        match self.done.ran.as_slice() {
            [] => None,
            [one] => Some(format!("{one} stays {verb}")),
            [first, .., last] => Some(format!("{first} to {last} stay {verb}")),
        }
    }

    /// What of the rest, from `step` on, had no turn.
    pub(super) fn untried(&self, step: usize) -> Option<String> {
        let rest = self.left.get(step..)?;
        let was = words::agree(rest.len(), "was", "were");
        Some(format!("{} {was} not tried", self.span(rest)?))
    }

    /// `002`, or `002 to 005`.
    fn span(&self, steps: &[usize]) -> Option<String> {
        let version = |index: &usize| self.jobs.get(*index).map(|job| &job.step.migration.version);
        let (first, last) = (version(steps.first()?)?, version(steps.last()?)?);
        Some(if first == last {
            first.to_string()
        } else {
            format!("{first} to {last}")
        })
    }

    /// Says what to do next, where the error's own help does not end in that.
    pub(super) fn next(&self, error: Error) -> Error {
        let again = "run the same command again";
        let Some(job) = self.jobs.first().filter(|job| job.options.keep_failures) else {
            return error;
        };
        if error.help_text().is_some_and(|help| help.contains(again)) {
            return error;
        }
        error.note(match self.target.throwaway() {
            true => format!("next: mend it, then {again}"),
            false => format!(
                "next: mend it, then {again}; `supaproof status {}` shows where it stands",
                job.book.suite()
            ),
        })
    }
}
