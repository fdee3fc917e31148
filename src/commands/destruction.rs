//! What a plan would destroy: counted on the target, shown, and permitted or refused.

use std::collections::BTreeSet;

use crate::error::{Error, ExitCode};
use crate::migrate::Plan;
use crate::migrate::destructive::{self, Allowed, Call, Checked, Counting, Loss, Unseen, Weight};
use crate::redact::redact;
use crate::report::Place;
use crate::report::dry_run::{self, Destructive, NotLookedAt, Takes};
use crate::source::Origin;
use crate::target::{Target, TargetError};
use crate::words;

use super::Context;
use super::session::Session;

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
        dry_run::destructive_lines(&self.destructive(false, false), &self.not_looked_at(false))
    }

    /// The losses, the worst first. On a protected target they may have to be named; of a rollback, those of rows alone.
    pub(super) fn destructive(&self, protected: bool, backward: bool) -> Vec<Destructive> {
        let mut losses: Vec<&Loss> = self.losses.iter().collect();
        losses.sort_by_key(|loss| (loss.cost.weight, std::cmp::Reverse(loss.cost.rows)));
        let counts = |it: &destructive::Name| !backward || it.rows;
        let told = |loss: &&Loss| Destructive {
            action: redact(&loss.words).into_owned(),
            object: redact(&loss.object).into_owned(),
            means: redact(&loss.means).into_owned(),
            takes: match loss.cost.weight {
                Weight::Rows => Takes::Rows,
                Weight::Protection => Takes::Protection,
                Weight::Definition => Takes::Definition,
            },
            rows: loss.cost.rows,
            fails: loss.cost.fails,
            names: loss.names.iter().map(|it| it.name.clone()).collect(),
            must_be_named: protected && !loss.cost.empty && loss.names.iter().any(counts),
            place: Place::from(&loss.origin),
        };
        losses.iter().map(told).collect()
    }

    /// What nobody can read before it runs.
    pub(super) fn not_looked_at(&self, protected: bool) -> Vec<NotLookedAt> {
        let told = |unseen: &Unseen| NotLookedAt {
            statement: redact(&unseen.text).into_owned(),
            name: unseen.name.clone(),
            must_be_named: protected,
            place: Place::from(&unseen.origin),
        };
        self.unseen.iter().map(told).collect()
    }

    /// How many rows go, as far as numbers are known.
    pub(super) fn rows_at_risk(&self) -> u64 {
        let losses = self.losses.iter();
        losses
            .filter(|loss| loss.cost.weight == Weight::Rows)
            .filter_map(|loss| loss.cost.rows)
            .sum()
    }

    /// The same in words; `None` where no number is known.
    pub(super) fn rows(&self) -> Option<String> {
        match self.rows_at_risk() {
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

    /// The names that a protected target wants for this.
    pub(super) fn wanted(&self, backward: bool) -> Vec<String> {
        names(self.named().filter(|it| !backward || it.rows))
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
            dry_run::flag(&names(refused.iter().copied()))
        ))
    }
}

/// Something that has to be named on a protected target.
#[derive(Clone, Copy)]
struct Named<'a> {
    name: &'a str,
    origin: &'a Origin,
    /// It was looked at.
    seen: bool,
    /// It may take rows: what else a rollback takes is what it is there for.
    rows: bool,
}

/// Their names, each once.
fn names<'a>(named: impl Iterator<Item = Named<'a>>) -> Vec<String> {
    let names: BTreeSet<&str> = named.map(|it| it.name).collect();
    names.into_iter().map(ToOwned::to_owned).collect()
}
