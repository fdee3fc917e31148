//! What a deed costs, by what a database says of the objects that it names.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::fact::{Fact, Rows, grouped};
use super::narrow::keeps;
use super::{Deed, What};
use crate::source::Origin;
use crate::sql::QualifiedName;

/// Something that is there and would be destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What is done, with the object as the database calls it: `drop table public.orders`.
    pub words: String,
    /// The name by which it is allowed: `public.orders`, `public.orders.note`.
    pub name: String,
    /// What that means: `3 rows are lost`.
    pub cost: String,
    /// How bad it is.
    pub weight: Weight,
    /// The rows that are lost or at risk, as far as they are known.
    pub rows: Option<u64>,
    /// It is known to fail on the rows that are there.
    pub fails: bool,
    /// What goes is empty, and nothing goes with it.
    pub empty: bool,
    /// The statement.
    pub origin: Origin,
}

/// How bad a loss is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Rows or values go, or may go.
    Rows,
    /// Something that protects rows goes: a policy, a constraint, row level security.
    Protection,
    /// A definition goes, which could be written again.
    Definition,
}

/// What of the deeds costs something, with the answer to [`question`](super::question).
///
/// # Errors
/// Where the answer does not have the expected shape.
pub fn judge(deeds: &[Deed], answer: &Value) -> Result<Vec<Loss>, serde_json::Error> {
    let facts = Vec::<Vec<Fact>>::deserialize(answer)?;
    let mut out: Vec<Loss> = Vec::new();
    let mut seen = BTreeSet::new();
    let dropped = dropped_tables(deeds, &facts);
    for (deed, facts) in deeds.iter().zip(&facts) {
        for fact in facts {
            let Some(loss) = Deal { deed, fact }.loss() else {
                continue;
            };
            let whole = parent(&deed.what, fact);
            if whole.is_some_and(|table| dropped.contains(&table)) {
                continue;
            }
            if seen.insert((loss.words.clone(), loss.name.clone())) {
                out.push(loss);
            }
        }
    }
    Ok(out)
}

/// Tables that go as a whole: what belongs to them need not be told.
fn dropped_tables(deeds: &[Deed], facts: &[Vec<Fact>]) -> BTreeSet<String> {
    let tables = deeds.iter().zip(facts).filter(|(deed, _)| {
        matches!(&deed.what, What::Relation { kind, .. } if kind.ends_with("table") || kind.ends_with("view"))
    });
    tables
        .flat_map(|(_, facts)| facts.iter().map(Fact::qualified))
        .collect()
}

/// The table that a deed is about a part of.
fn parent(what: &What, fact: &Fact) -> Option<String> {
    match what {
        What::Column { .. }
        | What::Part { .. }
        | What::Retype { .. }
        | What::NotNull { .. }
        | What::RlsOff { .. }
        | What::Unpublish { .. }
        | What::Truncate { .. }
        | What::Delete { .. }
        | What::Merge { .. }
        | What::Policy { .. }
        | What::Update { .. } => Some(fact.qualified()),
        _ => None,
    }
}

struct Deal<'a> {
    deed: &'a Deed,
    fact: &'a Fact,
}

impl Deal<'_> {
    fn loss(&self) -> Option<Loss> {
        let fact = self.fact;
        let table = fact.qualified();
        let rows = fact.rows();
        let along = fact.along();
        // What is lost where it holds rows, and a definition where it does not.
        let lost = |rows: Rows| {
            (
                format!("{} {} lost", rows.words(), rows.is()),
                Weight::Rows,
                rows.number(),
            )
        };
        let plain = |cost: &str| (cost.to_owned(), Weight::Definition, None);
        let guard = |cost: &str| (cost.to_owned(), Weight::Protection, None);
        let depending = |cascade: &bool| {
            if *cascade {
                "; what depends on it goes too"
            } else {
                ""
            }
        };
        let (words, name, (cost, weight, count)) = match &self.deed.what {
            What::Relation { kind: "index", .. } => match fact.unique {
                Some(true) => (
                    format!("drop unique index {table}"),
                    table,
                    guard("nothing keeps its values unique any more"),
                ),
                // It costs time, and nothing else.
                _ => return None,
            },
            What::Relation {
                kind: kind @ ("table" | "materialized view"),
                cascade,
                ..
            } => {
                let (cost, weight, count) = match (rows.none(), *kind) {
                    (true, _) => plain("it is empty"),
                    (false, "table") => lost(rows),
                    _ => plain("what it holds can be made again"),
                };
                let cost = format!("{cost}{}", depending(cascade));
                (format!("drop {kind} {table}"), table, (cost, weight, count))
            }
            What::Relation {
                kind: "sequence", ..
            } => (
                format!("drop sequence {table}"),
                table,
                plain("its value is lost"),
            ),
            What::Relation { kind, cascade, .. } => {
                let cost = format!("its definition is lost{}", depending(cascade));
                (format!("drop {kind} {table}"), table, plain(&cost))
            }
            What::Column { column, .. } => {
                let cost = match rows {
                    Rows::Exactly(0) => plain("it is empty"),
                    Rows::Exactly(count) => {
                        (format!("{} lost", values(count)), Weight::Rows, Some(count))
                    }
                    rows => (
                        format!("its values in {} are lost", rows.words()),
                        Weight::Rows,
                        rows.number(),
                    ),
                };
                (
                    format!("drop column {table}.{column}"),
                    format!("{table}.{column}"),
                    cost,
                )
            }
            What::Part { kind, name, .. } => {
                let cost = match *kind {
                    "policy" => guard("who may see or change which rows is another than before"),
                    "constraint" => guard("what it refused is allowed then"),
                    "trigger" => guard("what it did is not done any more"),
                    _ => plain("its definition is lost"),
                };
                (
                    format!("drop {kind} {name} on {table}"),
                    format!("{table}.{name}"),
                    cost,
                )
            }
            What::Type { kind, .. } => {
                let cost = match along {
                    Some((along, count)) => {
                        (format!("columns go with it: {along}"), Weight::Rows, count)
                    }
                    None => plain("its definition is lost"),
                };
                (format!("drop {kind} {table}"), table, cost)
            }
            What::Attribute { attribute, .. } => (
                format!("drop attribute {table}.{attribute}"),
                format!("{table}.{attribute}"),
                (
                    "columns of this type lose it".to_owned(),
                    Weight::Rows,
                    None,
                ),
            ),
            What::Function { kind, .. } => (
                format!("drop {kind} {table}"),
                table,
                plain("its definition is lost"),
            ),
            What::Schema { cascade, .. } => {
                let cost = match along {
                    Some((along, count)) if *cascade => {
                        (format!("{along} are lost"), Weight::Rows, count)
                    }
                    _ if *cascade => plain("with all that is in it"),
                    _ => plain("it goes only where it is empty"),
                };
                (format!("drop schema {table}"), table, cost)
            }
            What::Extension { .. } => {
                let cost = match along {
                    Some((along, count)) => (format!("{along} are lost"), Weight::Rows, count),
                    None => plain("its functions and types go with it"),
                };
                (format!("drop extension {table}"), table, cost)
            }
            What::Owned { .. } => {
                let cost = match along {
                    Some((along, count)) => (format!("{along} are lost"), Weight::Rows, count),
                    None => plain("with all that the role owns, and its privileges"),
                };
                (format!("drop owned by {table}"), table, cost)
            }
            What::Global {
                kind: "database", ..
            } => (
                format!("drop database {table}"),
                table,
                ("all that is in it is lost".to_owned(), Weight::Rows, None),
            ),
            What::Global { kind, name } => (
                format!("drop {kind} {name}"),
                name.clone(),
                plain("its definition is lost"),
            ),
            What::Other { kind, name } => {
                let name = spelt(name);
                (
                    format!("drop {kind} {name}"),
                    name,
                    plain("its definition is lost, if it is there"),
                )
            }
            What::Truncate { cascade, .. } => {
                let along = along.filter(|_| *cascade);
                if rows.none() && along.is_none() {
                    return None;
                }
                let (mut cost, weight, mut count) = lost(rows);
                if let Some((along, more)) = along {
                    cost = format!("{cost}, and with it {along}");
                    count = count.zip(more).map(|(one, two)| one + two);
                }
                (format!("truncate {table}"), table, (cost, weight, count))
            }
            What::Delete { .. } => {
                if rows.none() {
                    return None;
                }
                (format!("delete all rows of {table}"), table, lost(rows))
            }
            What::Merge { .. } => {
                if rows.none() {
                    return None;
                }
                let cost = format!("of {} those that match are lost", rows.words());
                let words = format!("merge deletes from {table}");
                (words, table, (cost, Weight::Rows, rows.number()))
            }
            What::Policy { name, .. } => (
                format!("alter policy {name} on {table}"),
                format!("{table}.{name}"),
                guard("who may see or change which rows is another than before"),
            ),
            What::Update { columns, .. } => {
                if rows.none() {
                    return None;
                }
                let cost = format!(
                    "{} of {} {} overwritten",
                    columns.join(", "),
                    rows.words(),
                    rows.is()
                );
                (
                    format!("update all rows of {table}"),
                    table,
                    (cost, Weight::Rows, rows.number()),
                )
            }
            What::Retype {
                column, to, using, ..
            } => {
                let from = fact.r#type.as_deref().unwrap_or("?");
                if rows.none() || (!using && keeps(from, to)) {
                    return None;
                }
                let how = if *using { ", by an expression" } else { "" };
                let cost = format!("{from} → {to}{how}: {} may lose something", values_of(rows));
                (
                    format!("change the type of {table}.{column}"),
                    format!("{table}.{column}"),
                    (cost, Weight::Rows, rows.number()),
                )
            }
            What::NotNull {
                column,
                new,
                after_writes,
                ..
            } => {
                if rows.none() {
                    return None;
                }
                let cost = match (new, fact.nulls) {
                    (true, _) => format!(
                        "fails: the table has {}, and the column no default",
                        rows.words()
                    ),
                    (false, Some(0)) => format!(
                        "all of {} are read under a lock; none has a null",
                        rows.words()
                    ),
                    (false, Some(nulls)) => format!(
                        "fails: {} of {} {} null",
                        grouped(nulls),
                        rows.words(),
                        if nulls == 1 { "is" } else { "are" }
                    ),
                    (false, None) => format!(
                        "all of {} are read under a lock; a null fails it",
                        rows.words()
                    ),
                };
                let cost = match cost.strip_prefix("fails: ") {
                    Some(why) if *after_writes => {
                        format!("{why}: it fails where nothing before it changes that")
                    }
                    _ => cost,
                };
                (
                    format!("set not null on {table}.{column}"),
                    format!("{table}.{column}"),
                    (cost, Weight::Protection, None),
                )
            }
            What::RlsOff { owner, .. } => {
                let (words, cost) = match owner {
                    true => (
                        "no force",
                        "its policies do not hold for its owner any more",
                    ),
                    false => ("disable", "whoever has a grant sees all of its rows"),
                };
                (
                    format!("{words} row level security on {table}"),
                    table,
                    guard(cost),
                )
            }
            What::Detach { table: from, .. } => {
                let cost = format!(
                    "{} {} no part of {} any more",
                    rows.words(),
                    rows.is(),
                    spelt(from)
                );
                (
                    format!("detach partition {table}"),
                    table,
                    (cost, Weight::Rows, rows.number()),
                )
            }
            What::Unpublish { publication, .. } => (
                format!("drop table {table} from publication {publication}"),
                format!("{publication}.{table}"),
                guard("nobody hears of its changes any more"),
            ),
        };
        let empty = rows.none()
            && matches!(
                &self.deed.what,
                What::Relation {
                    kind: "table",
                    cascade: false,
                    ..
                } | What::Column { .. }
            );
        let fails = matches!(self.deed.what, What::NotNull { .. }) && cost.starts_with("fails: ");
        Some(Loss {
            fails,
            empty,
            words,
            name,
            cost,
            weight,
            rows: count,
            origin: self.deed.origin.clone(),
        })
    }
}

fn values(count: u64) -> String {
    match count {
        1 => "1 value is".to_owned(),
        count => format!("{} values are", grouped(count)),
    }
}

fn values_of(rows: Rows) -> String {
    rows.words()
        .replace("rows", "values")
        .replace("row", "value")
}

fn spelt(name: &QualifiedName) -> String {
    match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    }
}
