//! What a plan would destroy: counted on the target, shown, and permitted or refused.

use crate::error::{Error, ExitCode};
use crate::migrate::Plan;
use crate::migrate::destructive::{self, Allowed, Call, Checked, Counting, Loss, Unseen, Weight};
use crate::source::Origin;
use crate::target::{Target, TargetError};
use crate::words;

use super::Context;
use super::session::Session;

/// Longer lists are cut: nobody reads them.
const SHOWN: usize = 20;

/// What a plan would destroy on a target.
#[derive(Debug, Default)]
pub(super) struct Destruction {
    /// What is there, and would go.
    pub(super) losses: Vec<Loss>,
    /// What nobody can read before it runs.
    pub(super) unseen: Vec<Unseen>,
    /// The functions that are called.
    pub(super) calls: Vec<Call>,
    /// What checks rows.
    pub(super) checked: Vec<Checked>,
}

/// Finds what plans destroy, with the number of rows: one question to the target, and none where no statement destroys.
/// Another comes before it where functions are called that may be a user's.
pub(super) async fn of(target: &mut dyn Target, plans: &[Plan]) -> Result<Destruction, Error> {
    let mut found = destructive::find(plans, &[]);
    if let Some(question) = destructive::functions_question(&found) {
        let answer = target
            .read_json(destructive::LIMITS, &question)
            .await
            .map_err(|error| {
                Error::from(error).note("while looking at the functions that the migrations call")
            })?;
        let functions = destructive::functions(&answer).map_err(|error| {
            Error::new(
                ExitCode::Bug,
                format!("the functions that are called were not understood: {error}"),
            )
        })?;
        if !functions.is_empty() {
            found = destructive::find(plans, &functions);
        }
    }
    let Some(exact) = destructive::question(&found.deeds, Counting::Exact) else {
        return Ok(Destruction {
            losses: Vec::new(),
            unseen: found.unseen,
            calls: found.calls,
            checked: found.checked,
        });
    };
    let answer = match target.read_json(destructive::LIMITS, &exact).await {
        // Somebody holds a table, or it takes too long to count: then an estimate has to do.
        Err(TargetError::Server(error))
            if ["55P03", "57014"].contains(&error.sqlstate.as_str()) =>
        {
            let rough = destructive::question(&found.deeds, Counting::Estimate);
            target
                .read_json(destructive::PATIENT, &rough.unwrap_or_default())
                .await
        }
        answer => answer,
    };
    let answer = answer.map_err(|error| {
        Error::from(error).note("while looking at what the migrations would destroy")
    })?;
    let losses = destructive::judge(&found.deeds, &answer).map_err(|error| {
        Error::new(
            ExitCode::Bug,
            format!("what the migrations would destroy was not understood: {error}"),
        )
    })?;
    Ok(Destruction {
        losses,
        unseen: found.unseen,
        calls: found.calls,
        checked: found.checked,
    })
}

impl Destruction {
    /// The same with rows and values alone: what else a rollback takes is what it is there for.
    pub(super) fn rows_alone(mut self) -> Self {
        self.losses.retain(|loss| loss.cost.weight == Weight::Rows);
        for loss in &mut self.losses {
            loss.names.retain(|it| it.rows);
        }
        self
    }

    /// A line for each loss, the worst first.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut losses: Vec<&Loss> = self.losses.iter().collect();
        losses.sort_by_key(|loss| (loss.cost.weight, std::cmp::Reverse(loss.cost.rows)));
        let (shown, more) = words::first(&losses, SHOWN);
        let mut lines: Vec<String> = shown
            .iter()
            .map(|loss| format!("{}: {} ({})", loss.words, loss.means, loss.origin))
            .collect();
        lines.extend(more);
        lines.extend(self.unseen.iter().map(|unseen| {
            format!(
                "{}: what this runs nobody can read before it runs, so it was not looked at ({})",
                unseen.text, unseen.origin
            )
        }));
        lines
    }

    /// How many rows go, in words; `None` where no number is known.
    pub(super) fn rows(&self) -> Option<String> {
        let rows = |loss: &&Loss| loss.cost.weight == Weight::Rows;
        let sum: u64 = self
            .losses
            .iter()
            .filter(rows)
            .filter_map(|l| l.cost.rows)
            .sum();
        match sum {
            0 => None,
            sum => Some(words::count(sum, "row", "rows")),
        }
    }

    /// Asks before a plan runs, with what it destroys; on a protected target each loss has to have been named.
    pub(super) async fn ask(
        &self,
        context: &Context,
        session: &Session,
        question: &str,
        allowed: &[String],
    ) -> Result<(), Error> {
        let allowed = Allowed::new(allowed);
        let refused: Vec<Named<'_>> = self.named().filter(|it| !allowed.has(it.name)).collect();
        if session.is_protected() && !refused.is_empty() {
            return Err(self.refusal(session, &refused));
        }
        for line in self.lines() {
            context.ui.warn(&format!("⚠️ {line}"));
        }
        session.ask(context, question).await
    }

    /// What has to be named on a protected target. Where nothing is in it, nothing is lost.
    fn named(&self) -> impl Iterator<Item = Named<'_>> {
        let losses = self.losses.iter().filter(|loss| !loss.cost.empty);
        let losses = losses.flat_map(|loss| {
            loss.names.iter().map(|it| Named {
                name: &it.name,
                origin: &loss.origin,
                seen: true,
                rows: it.rows,
            })
        });
        losses.chain(self.unseen.iter().map(|unseen| Named {
            name: &unseen.name,
            origin: &unseen.origin,
            seen: false,
            rows: true,
        }))
    }

    /// The option that a protected target wants for this, where it wants one.
    pub(super) fn wanted(&self, backward: bool) -> Option<String> {
        let counts = |it: &Named<'_>| !backward || it.rows;
        let named: Vec<Named<'_>> = self.named().filter(counts).collect();
        (!named.is_empty()).then(|| flag(&named))
    }

    fn refusal(&self, session: &Session, refused: &[Named<'_>]) -> Error {
        let mut seen: Vec<&Origin> = Vec::new();
        for it in refused.iter().filter(|it| it.seen) {
            if !seen.contains(&it.origin) {
                seen.push(it.origin);
            }
        }
        let count = match (seen.len(), refused.len()) {
            (0, _) => "what runs cannot all be looked at before".to_owned(),
            (1, _) => "a statement destroys what is there".to_owned(),
            (count, _) => format!("{} statements destroy what is there", words::grouped(count)),
        };
        let error = Error::usage(format!("{} is protected, and {count}", session.label));
        let lines = self.lines();
        let error = lines.into_iter().fold(error, Error::note);
        let error = match seen.as_slice() {
            [only] if refused.iter().all(|it| it.seen) => error.at((*only).clone()),
            [] if refused.len() == 1 => error.at(refused[0].origin.clone()),
            _ => error,
        };
        error.help(format!(
            "Nothing was done. If that is what you want, add {}",
            flag(refused)
        ))
    }
}

/// Something that has to be named on a protected target.
struct Named<'a> {
    name: &'a str,
    origin: &'a Origin,
    /// It was looked at.
    seen: bool,
    /// It may take rows: what else a rollback takes is what it is there for.
    rows: bool,
}

/// The option that allows these.
fn flag(refused: &[Named<'_>]) -> String {
    let mut names: Vec<&str> = refused.iter().map(|it| it.name).collect();
    names.sort_unstable();
    names.dedup();
    let names = names.join(",");
    let plain = |c: char| c.is_alphanumeric() || "_.,-".contains(c);
    match names.chars().all(plain) {
        true => format!("--allow-destructive {names}"),
        false => format!("--allow-destructive '{}'", names.replace('\'', "'\\''")),
    }
}
