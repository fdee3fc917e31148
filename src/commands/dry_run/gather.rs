//! What a dry run found, made into the value that reports are written from.

use std::collections::BTreeMap;

use crate::commands::destruction::Destruction;
use crate::diff::work::{self, Strength, Work};
use crate::diff::{Change, ChangeKind};
use crate::error::Error;
use crate::migrate::destructive::{Checked, What};
use crate::migrate::{self, LeftOut, Plan};
use crate::redact::redact;
use crate::report::dry_run::{
    Changed, Command, DryRun, Held, Lock, NotKnown, NotTried, Outcome, Property, SchemaChange,
    Sequence, Step, StepOutcome, Suite, Table,
};
use crate::report::{Failure, Place};
use crate::sql::QualifiedName;

use super::shadow::Copy;
use super::{Tried, Verdict};

/// What plans would do, before they are tried. `nothing` says why one has no step.
pub(super) fn planned(plans: &[Plan], nothing: &str) -> DryRun {
    let mut out = DryRun::new(command(plans.iter().any(|plan| plan.backward)));
    let suite = |plan: &Plan| Suite {
        suite: plan.suite.clone(),
        steps: plan.steps.iter().map(step).collect(),
        nothing_to_do: plan.steps.is_empty().then(|| nothing.to_owned()),
        warnings: plan.warnings.iter().map(|it| told(it)).collect(),
    };
    out.suites = plans.iter().map(suite).collect();
    out
}

pub(super) fn command(backward: bool) -> Command {
    match backward {
        true => Command::Rollback,
        false => Command::Setup,
    }
}

fn step(step: &migrate::Step) -> Step {
    Step {
        version: step.migration.version.to_string(),
        name: step.migration.name.clone(),
        file: step.script.source().path().display().to_string(),
        author: step.migration.author.as_deref().map(told),
        statements: step.script.statements().len(),
        outcome: StepOutcome::NotReached,
        not_tried: None,
        seconds: None,
    }
}

/// Adds what the statements destroy.
pub(super) fn destroying(run: &mut DryRun, destruction: &Destruction, protected: bool) {
    let backward = run.command == Command::Rollback;
    run.protected = protected;
    run.destructive = destruction.destructive(protected, backward);
    run.rows_at_risk = destruction.rows_at_risk();
    run.not_looked_at = destruction.not_looked_at(protected);
    if protected {
        run.allow_destructive = destruction.wanted(backward);
    }
}

/// Adds what came of the trial to its end.
pub(super) fn worked(
    run: &mut DryRun,
    tried: &Tried,
    copy: Option<&Copy>,
    destruction: &Destruction,
) {
    steps(run, tried, None);
    locks(run, tried);
    for work in &tried.work {
        run.tables.extend(table(work, copy, destruction));
    }
    run.schema_changes = tried.changes.iter().map(change).collect();
    run.notices = tried.notices.iter().map(|it| told(it)).collect();
    if let Some(copy) = copy {
        run.copy = Some(told(&copy.label));
        run.not_in_copy = copy.missing.iter().map(|it| told(it)).collect();
        run.not_known = not_known(tried, destruction);
    } else {
        let sequence = |(name, before, after): &(String, Option<i64>, Option<i64>)| Sequence {
            sequence: name.clone(),
            before: *before,
            after: *after,
        };
        run.sequences_advanced = tried.advanced.iter().map(sequence).collect();
    }
    let verdict = Verdict::of(tried, copy.is_some(), destruction);
    run.exit_code = verdict.code() as u8;
    run.outcome = match verdict {
        Verdict::Works => Outcome::Works,
        Verdict::Partly => Outcome::Partly,
        Verdict::FailsOnRows => Outcome::FailsOnRows,
        Verdict::Untried => Outcome::NotTried,
    };
}

/// Adds what ended it early, with what was tried until then.
pub(super) fn failed(run: &mut DryRun, tried: &Tried, error: &Error) {
    run.notices = tried.notices.iter().map(|it| told(it)).collect();
    run.outcome = Outcome::Failed;
    run.exit_code = error.code() as u8;
    run.error = Some(Failure::from(error));
    steps(run, tried, Some(error));
}

/// What came of each step.
fn steps(run: &mut DryRun, tried: &Tried, error: Option<&Error>) {
    run.seconds = (!tried.files.is_empty()).then_some(tried.took.as_secs_f64());
    let mut durations = tried.files.iter().copied();
    let mut ran: Vec<&mut Step> = Vec::new();
    for step in run.suites.iter_mut().flat_map(|suite| &mut suite.steps) {
        let label = step.label();
        let is = |out: &&LeftOut| {
            out.label == label && out.origin.source.path().as_os_str() == step.file.as_str()
        };
        let out = tried.left_out.iter().find(is);
        step.not_tried = out.map(|out| NotTried {
            reason: told(&out.reason),
            place: Place::from(&out.origin),
        });
        step.outcome = match out.map(|out| out.partly) {
            None => StepOutcome::Works,
            Some(true) => StepOutcome::Partly,
            Some(false) => {
                step.outcome = StepOutcome::NotTried;
                continue;
            }
        };
        step.seconds = durations.next().flatten().map(|it| it.as_secs_f64());
        ran.push(step);
    }
    let Some(error) = error else {
        return;
    };
    // The one that the error is in; else the one that ran last.
    let file = error.origin().map(|it| it.source.path().as_os_str());
    let named = (file.is_some())
        .then(|| ran.iter().position(|step| file == Some(step.file.as_ref())))
        .flatten();
    let last = tried.files.iter().rposition(Option::is_some);
    let failed = named.or(last);
    for (at, step) in ran.into_iter().enumerate() {
        if Some(at) == failed {
            step.outcome = StepOutcome::Failed;
        } else if failed.is_none_or(|failed| at > failed) || step.seconds.is_none() {
            // The server reads the whole message before it runs any of it.
            step.outcome = StepOutcome::NotReached;
        }
    }
}

fn locks(run: &mut DryRun, tried: &Tried) {
    let steps = run.suites.iter().flat_map(|suite| {
        let step = move |step: &Step| Held {
            suite: suite.suite.clone(),
            version: step.version.clone(),
            name: step.name.clone(),
        };
        let ran = suite.steps.iter();
        ran.filter(|step| step.outcome != StepOutcome::NotTried)
            .map(step)
    });
    let steps: Vec<Held> = steps.collect();
    let lock = |work: &Work| {
        let strength = work.lock?;
        Some(Lock {
            relation: work.relation.qualified(),
            mode: strength.mode().to_owned(),
            blocks: strength.blocks().to_owned(),
            blocks_reads: strength == Strength::Everything,
            blocks_writes: strength >= Strength::Writes(""),
            held_by: (tried.locked_in)
                .get(&(work.relation.id, strength.mode()))
                .and_then(|at| steps.get(*at).cloned()),
        })
    };
    run.locks = tried.work.iter().filter_map(lock).collect();
}

fn table(work: &Work, copy: Option<&Copy>, destruction: &Destruction) -> Option<Table> {
    let name = work.relation.qualified();
    // TRUNCATE gives a table another storage too.
    let mut losses = destruction.losses.iter();
    let truncated =
        losses.any(|loss| matches!(loss.what, What::Truncate { .. }) && loss.object == name);
    let [inserted, updated, deleted] = work.rows;
    let nothing =
        !work.rewritten && work.scans == 0 && work.rebuilt.is_empty() && work.rows == [0; 3];
    (!nothing).then(|| Table {
        rows_estimate: match copy {
            Some(copy) => copy.rows.get(&name).copied(),
            None => work.relation.rows,
        },
        rewritten: work.rewritten && !truncated,
        emptied: work.rewritten && truncated,
        full_scans: work.scans,
        indexes_rebuilt: work.rebuilt.clone(),
        inserted,
        updated,
        deleted,
        table: name,
    })
}

fn change(change: &Change) -> SchemaChange {
    let (changed, properties) = match &change.kind {
        ChangeKind::Added => (Changed::Added, &[][..]),
        ChangeKind::Removed => (Changed::Removed, &[][..]),
        ChangeKind::Altered(properties) => (Changed::Altered, properties.as_slice()),
    };
    let property = |(name, before, after): &(String, String, String)| Property {
        property: name.clone(),
        before: told(before),
        after: told(after),
    };
    SchemaChange {
        object: told(&change.object),
        change: changed,
        properties: properties.iter().map(property).collect(),
    }
}

/// What checks rows of tables that are there: on the copy there are none.
fn not_known(tried: &Tried, destruction: &Destruction) -> Vec<NotKnown> {
    let is_there = |name: &QualifiedName| {
        let mut relations = tried.work.iter().map(|work| &work.relation);
        relations.find(|it| {
            let schema = name.schema.as_ref();
            it.name == name.name && schema.is_none_or(|schema| *schema == it.schema)
        })
    };
    let told = |checked: &Checked| {
        Some(NotKnown {
            statement: told(&checked.text),
            table: is_there(&checked.table)?.qualified(),
            place: Place::from(&checked.origin),
        })
    };
    destruction.checked.iter().filter_map(told).collect()
}

/// Text of files and of the server, without secrets.
fn told(text: &str) -> String {
    redact(text).into_owned()
}

/// In which step a mode was first held on a relation, with what was held at the end of each.
pub(super) fn locked_in(held: &[Option<Vec<work::Lock>>]) -> BTreeMap<(u32, &'static str), usize> {
    let mut out = BTreeMap::new();
    for (at, locks) in held.iter().enumerate() {
        // What is held then may be an earlier one's.
        let Some(locks) = locks else {
            return out;
        };
        for lock in locks {
            if let Some(strength) = Strength::of(&lock.mode) {
                out.entry((lock.id, strength.mode())).or_insert(at);
            }
        }
    }
    out
}
