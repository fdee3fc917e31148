//! Losses in words.

use super::fact::{Along, Fact, Rows, With};
use super::judge::Deal;
use super::{How, Reaction, What};
use crate::sql::QualifiedName;
use crate::words;

/// Longer lists are cut.
const SHOWN: usize = 5;

/// What is done: `drop table public.orders`.
pub(super) fn words(deal: &Deal<'_>) -> String {
    let object = deal.fact.qualified();
    let through = match &deal.fact.view {
        Some(view) => format!(" through {view}"),
        None => String::new(),
    };
    match &deal.deed.what {
        What::Relation { kind: "index", .. } if deal.fact.unique == Some(true) => {
            format!("drop unique index {object}")
        }
        What::Relation { kind, .. } | What::Type { kind, .. } | What::Function { kind, .. } => {
            format!("drop {kind} {object}")
        }
        What::Column { column, .. } => format!("drop column {object}.{column}"),
        What::Part {
            kind,
            name,
            replaced,
            ..
        } => match replaced {
            true => format!("replace {kind} {name} on {object}"),
            false => format!("drop {kind} {name} on {object}"),
        },
        What::Attribute { attribute, .. } => format!("drop attribute {object}.{attribute}"),
        What::Schema { .. } => format!("drop schema {object}"),
        What::Extension { .. } => format!("drop extension {object}"),
        What::Owned { .. } => format!("drop owned by {object}"),
        What::Global { kind, name } => format!("drop {kind} {name}"),
        What::Other { kind, name } => format!("drop {kind} {}", spelt(name)),
        What::Truncate { .. } => format!("truncate {object}"),
        What::Delete { how, .. } => match how {
            How::All => format!("delete all rows of {object}{through}"),
            How::Batches => format!("delete rows of {object}{through} in batches"),
            How::Matching | How::Merged => format!("merge deletes from {object}{through}"),
        },
        What::Update { how, .. } => match how {
            How::All => format!("update all rows of {object}{through}"),
            How::Batches => format!("update rows of {object}{through} in batches"),
            How::Matching => format!("insert overwrites rows of {object}{through}"),
            How::Merged => format!("merge overwrites rows of {object}{through}"),
        },
        What::Policy { name, .. } => format!("alter policy {name} on {object}"),
        What::Retype { column, .. } => format!("change the type of {object}.{column}"),
        What::NotNull { column, .. } => format!("set not null on {object}.{column}"),
        What::RlsOff { owner: true, .. } => format!("no force row level security on {object}"),
        What::RlsOff { .. } => format!("disable row level security on {object}"),
        What::Disable { what, .. } => match what {
            Reaction::Trigger(name) => format!("disable trigger {name} on {object}"),
            Reaction::UserTriggers => format!("disable all triggers on {object}"),
            Reaction::AllTriggers => {
                format!("disable all triggers and the checks of foreign keys on {object}")
            }
            Reaction::Rule(name) => format!("disable rule {name} on {object}"),
        },
        What::Detach { .. } => format!("detach partition {object}"),
        What::Unpublish { publication, .. } => {
            format!("drop table {object} from publication {publication}")
        }
    }
}

/// What that means: `3 rows are lost, and with it the view public.big`. `own`: it costs something by itself.
pub(super) fn means(deal: &Deal<'_>, own: bool) -> String {
    let with: Vec<String> = deal.with.iter().map(|with| one(with)).collect();
    match (own, with.is_empty()) {
        (true, true) => alone(deal),
        (true, false) => format!("{}, and with it {}", alone(deal), objects(with)),
        (false, _) => format!("it comes back, and {} does not", objects(with)),
    }
}

/// What it means for the object itself.
fn alone(deal: &Deal<'_>) -> String {
    let fact = deal.fact;
    let rows = fact.rows();
    let lost = || format!("{} {} lost", rows.words(), rows.is());
    let along = || held(&deal.along);
    if let What::Part { replaced: true, .. } = deal.deed.what {
        return "it may be another than before".to_owned();
    }
    if deal.deed.again.is_some() {
        return "it is made again, and may be another than before".to_owned();
    }
    match &deal.deed.what {
        What::Relation { kind: "index", .. } => {
            "nothing keeps its values unique any more".to_owned()
        }
        What::Relation { kind: "table", .. } | What::Column { .. } if rows.none() => {
            "it is empty".to_owned()
        }
        What::Relation { kind: "table", .. } => lost(),
        What::Relation {
            kind: "materialized view",
            ..
        } if rows.none() => "it is empty".to_owned(),
        What::Relation {
            kind: "materialized view",
            ..
        } => "what it holds can be made again".to_owned(),
        What::Relation {
            kind: "sequence", ..
        } => "its value is lost".to_owned(),
        What::Column { .. } => match rows {
            Rows::Exactly(_) => format!("{} {} lost", rows.count("value", "values"), rows.is()),
            rows => format!("its values in {} are lost", rows.words()),
        },
        What::Part { kind: "policy", .. } | What::Policy { .. } => {
            "who may see or change which rows is another than before".to_owned()
        }
        What::Part {
            kind: "constraint", ..
        } => "what it refused is allowed then".to_owned(),
        What::Part {
            kind: "trigger", ..
        }
        | What::Disable {
            what: Reaction::Trigger(_) | Reaction::Rule(_),
            ..
        } => "what it did is not done any more".to_owned(),
        What::Disable { .. } => "what they did is not done any more".to_owned(),
        What::Attribute { .. } => "columns of this type lose it".to_owned(),
        What::Schema { cascade: false, .. } => "it goes only where it is empty".to_owned(),
        What::Schema { .. } | What::Extension { .. } | What::Owned { .. }
            if !deal.along.is_empty() =>
        {
            format!("{} are lost", along())
        }
        What::Schema { .. } => "with all that is in it".to_owned(),
        What::Extension { .. } => "its functions and types go with it".to_owned(),
        What::Owned { .. } => "with all that the role owns, and its privileges".to_owned(),
        What::Global {
            kind: "database", ..
        } => "all that is in it is lost".to_owned(),
        What::Other { .. } => "its definition is lost, if it is there".to_owned(),
        What::Relation { .. }
        | What::Part { .. }
        | What::Type { .. }
        | What::Function { .. }
        | What::Global { .. } => "its definition is lost".to_owned(),
        What::Truncate { .. } | What::Delete { how: How::All, .. } => rest(deal, lost()),
        What::Delete {
            how: How::Batches, ..
        } => rest(
            deal,
            format!(
                "up to {} {} lost, until it finds none",
                rows.words(),
                rows.is()
            ),
        ),
        What::Delete {
            how: How::Matching | How::Merged,
            ..
        } => rest(
            deal,
            format!("of {} those that match are lost", rows.words()),
        ),
        What::Update { how, .. } => overwritten(fact, *how),
        What::Retype { to, using, .. } => {
            let from = fact.r#type.as_deref().unwrap_or("?");
            let how = if *using { ", by an expression" } else { "" };
            format!(
                "{from} → {to}{how}: {} may lose something",
                rows.count("value", "values")
            )
        }
        What::NotNull {
            new, after_writes, ..
        } => not_null(fact, *new, *after_writes),
        What::RlsOff { owner: true, .. } => {
            "its policies do not hold for its owner any more".to_owned()
        }
        What::RlsOff { .. } => "whoever has a grant sees all of its rows".to_owned(),
        What::Detach { table, .. } => format!(
            "{} {} no part of {} any more",
            rows.words(),
            rows.is(),
            spelt(table)
        ),
        What::Unpublish { .. } => "nobody hears of its changes any more".to_owned(),
    }
}

/// What rows that go take along.
fn rest(deal: &Deal<'_>, mut text: String) -> String {
    if !deal.along.is_empty() {
        text = format!("{text}, and with it {}", held(&deal.along));
    }
    if !deal.cleared.is_empty() {
        text = format!(
            "{text}; what refers to them is cleared: {}",
            held(&deal.cleared)
        );
    }
    text
}

fn overwritten(fact: &Fact, how: How) -> String {
    let rows = fact.rows();
    let columns = fact.columns.join(", ");
    match how {
        How::All => format!("{columns} of {} {} overwritten", rows.words(), rows.is()),
        How::Batches => format!(
            "{columns} of up to {} {} overwritten, until it finds none",
            rows.words(),
            rows.is()
        ),
        How::Matching | How::Merged => format!(
            "{columns} of those of {} that match are overwritten",
            rows.words()
        ),
    }
}

fn not_null(fact: &Fact, new: bool, after_writes: bool) -> String {
    let rows = fact.rows();
    let why = match (new, fact.nulls) {
        (true, _) => format!("the table has {}, and the column no default", rows.words()),
        (false, Some(0)) => {
            return format!(
                "all of {} are read under a lock; none has a null",
                rows.words()
            );
        }
        (false, Some(nulls)) => format!(
            "{} of {} {} null",
            words::grouped(nulls),
            rows.words(),
            words::agree(nulls, "is", "are")
        ),
        (false, None) => {
            return format!(
                "all of {} are read under a lock; a null fails it",
                rows.words()
            );
        }
    };
    match after_writes {
        true => format!("{why}: it fails where nothing before it changes that"),
        false => format!("fails: {why}"),
    }
}

/// `3 rows in public.a, 1 row in public.b`.
fn held(along: &[&Along]) -> String {
    let each = along
        .iter()
        .map(|it| format!("{} in {}", it.rows().words(), it.name()));
    words::few_of(&each.collect::<Vec<_>>(), SHOWN, "table", "tables")
}

/// An object that goes along: `policy own on public.orders`, `column public.orders.mood with 3 values`.
fn one(with: &With) -> String {
    let object = with.qualified();
    let name = match (with.guards() || with.kind == "default", &with.table) {
        (true, Some(_)) if with.kind == "default" => format!("default of {object}"),
        (true, Some(_)) => format!("{} {} on {}", with.kind, with.name, with.place()),
        _ => format!("{} {object}", with.kind),
    };
    match (with.kind.as_str(), with.rows()) {
        (_, Rows::Exactly(0)) => name,
        ("column", rows) => format!("{name} with {}", rows.count("value", "values")),
        ("table" | "foreign table", rows) => format!("{name} with {}", rows.words()),
        _ => name,
    }
}

fn objects(each: Vec<String>) -> String {
    words::few_of(&each, SHOWN, "object", "objects")
}

pub(super) fn spelt(name: &QualifiedName) -> String {
    match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    }
}
