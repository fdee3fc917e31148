//! What a proof found, as entries of the report.

use crate::checks::{Code, Finding, Outcome, Severity};
use crate::codes::{ALTERED, LEFT_BEHIND, NOT_REPEATED, ROWS, TOOK_AWAY};
use crate::diff::{Change, ChangeKind};
use crate::error::Error;
use crate::migrate::{Migration, Script};
use crate::report::Entry;
use crate::source::Origin;
use crate::sql::named_objects;

use super::Outlook;

/// The group of the report that all of it belongs to.
pub(super) const GROUP: (&str, &str) = ("🔁 ", "Proving Setup and Rollback");

/// What a difference counts as: its code, what was expected, what was found.
pub(super) type Words = (&'static Code, &'static str, String);

/// What a difference between the catalog before a setup and the one after its rollback means.
pub(super) fn after_rollback(change: &ChangeKind) -> Words {
    match change {
        ChangeKind::Added => (
            &LEFT_BEHIND,
            "to be gone after the rollback",
            "it is still there".to_owned(),
        ),
        ChangeKind::Removed => (
            &TOOK_AWAY,
            "to stay as it was before the setup",
            "it is gone".to_owned(),
        ),
        ChangeKind::Altered(properties) => (
            &ALTERED,
            "to be as it was before the setup",
            altered(properties),
        ),
    }
}

/// What a difference between the catalogs after the first setup and the second one means.
pub(super) fn after_second(change: &ChangeKind) -> Words {
    match change {
        ChangeKind::Added => (
            &NOT_REPEATED,
            "to be absent as after the first setup",
            "it is there".to_owned(),
        ),
        ChangeKind::Removed => (
            &NOT_REPEATED,
            "to be there as after the first setup",
            "it is not".to_owned(),
        ),
        ChangeKind::Altered(properties) => (
            &NOT_REPEATED,
            "to be as after the first setup",
            altered(properties),
        ),
    }
}

pub(super) fn altered(properties: &[(String, String, String)]) -> String {
    let all: Vec<String> = properties
        .iter()
        .map(|(name, before, after)| format!("{name} {after} instead of {before}"))
        .collect();
    all.join(", ")
}

/// The findings of what is not as it was, with the place in these migrations that it comes from.
pub(super) fn left(outlook: Outlook, migrations: &[Migration]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = outlook
        .changes
        .iter()
        .map(|change| changed(change, after_rollback, place(migrations, change)))
        .collect();
    findings.extend(outlook.rows.into_iter().map(|(subject, found)| Finding {
        expected: "to be as they were before the setup".to_owned(),
        found,
        origin: whole(migrations),
        ..bare(&ROWS, subject)
    }));
    findings
}

/// The finding of a change.
pub(super) fn changed(
    change: &Change,
    words: impl Fn(&ChangeKind) -> Words,
    origin: Option<Origin>,
) -> Finding {
    let (code, expected, found) = words(&change.kind);
    Finding {
        expected: expected.to_owned(),
        found,
        origin,
        ..bare(code, change.object.clone())
    }
}

/// The second setup was refused, where the first was not.
pub(super) fn second_failed(error: &Error) -> Finding {
    Finding {
        expected: "to work as the first did".to_owned(),
        found: error.message().to_owned(),
        origin: error.origin().cloned(),
        help: error.help_text().map(ToOwned::to_owned),
        ..bare(&NOT_REPEATED, "the second setup".to_owned())
    }
}

pub(super) fn bare(code: &'static Code, subject: String) -> Finding {
    Finding {
        code: code.name,
        severity: Severity::Error,
        kind: "",
        subject,
        property: "",
        expected: String::new(),
        found: String::new(),
        origin: None,
        note: None,
        help: None,
    }
}

pub(super) fn entry(label: &str, compared: usize, outcome: Outcome) -> Entry {
    Entry {
        subject: label.to_owned(),
        label: label.to_owned(),
        origin: None,
        quiet: false,
        ignored: Vec::new(),
        compared,
        outcome,
    }
}

pub(super) fn skipped(label: &str, reason: &str) -> Entry {
    entry(label, 0, Outcome::skip(reason))
}

/// A skip after which nothing is amiss: the suite says so itself, or there is nothing to be done about it.
pub(super) fn aside(label: &str, reason: String) -> Entry {
    let allowed = true;
    entry(label, 0, Outcome::Skip { reason, allowed })
}

/// Where a change comes from: the statement that makes what stays, or takes what is gone, as far as its text names it.
pub(super) fn place(migrations: &[Migration], change: &Change) -> Option<Origin> {
    let setups = || migrations.iter().map(|m| &*m.setup);
    let rollbacks = || migrations.iter().filter_map(|m| m.rollback.as_deref());
    let found = match change.kind {
        ChangeKind::Added => naming(setups(), &change.object),
        ChangeKind::Removed => naming(rollbacks(), &change.object),
        ChangeKind::Altered(_) => {
            naming(setups(), &change.object).or_else(|| naming(rollbacks(), &change.object))
        }
    };
    found.or_else(|| whole(migrations))
}

/// The rollback of the one migration that it can be, or its setup where it has none.
fn whole(migrations: &[Migration]) -> Option<Origin> {
    let [migration] = migrations else { return None };
    let script = migration.rollback.as_ref().unwrap_or(&migration.setup);
    Some(script.source().origin(0..0))
}

/// The statement that names most of an object, as a comparison calls it: `column public.orders.note`.
pub(super) fn naming<'a>(
    scripts: impl Iterator<Item = &'a Script>,
    object: &str,
) -> Option<Origin> {
    // The first word is the kind.
    let words: Vec<&str> = object
        .split([' ', '.', ',', '(', ')', '"'])
        .filter(|word| !word.is_empty())
        .skip(1)
        .collect();
    let mut best: Option<(usize, Origin)> = None;
    for statement in scripts.flat_map(Script::statements) {
        let at = named_objects(statement)
            .iter()
            .filter_map(|named| words.iter().rposition(|word| *word == named.name))
            .max();
        if let Some(at) = at
            && best.as_ref().is_none_or(|(known, _)| at > *known)
        {
            best = Some((at, statement.origin()));
        }
    }
    best.map(|(_, origin)| origin)
}
