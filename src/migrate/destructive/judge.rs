//! What a deed costs, by what a database says of the objects that it names.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::anew::{Made, guards, same};
use super::fact::{Along, Fact, Rows, With, sum};
use super::narrow::keeps;
use super::{Deed, Reaction, What, tell};
use crate::source::Origin;

/// Something that is there and would be destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What is done.
    pub what: What,
    /// The object that this is done to, or whose part: `public.orders`.
    pub object: String,
    /// What is done in words, with the object as the database calls it: `drop table public.orders`.
    pub words: String,
    /// What that means in words: `3 rows are lost`.
    pub means: String,
    /// The names by which it is allowed.
    pub names: Vec<Name>,
    /// What it costs.
    pub cost: Cost,
    /// The statement.
    pub origin: Origin,
}

/// A name by which something is allowed to be destroyed: `public.orders`, `public.orders.note`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The name.
    pub name: String,
    /// What it names holds rows or values.
    pub rows: bool,
}

/// What a loss costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// How bad it is.
    pub weight: Weight,
    /// The rows that are lost or at risk, as far as they are known.
    pub rows: Option<u64>,
    /// It is known to fail on the rows that are there.
    pub fails: bool,
    /// What goes is empty, and nothing goes with it.
    pub empty: bool,
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
            let Some(loss) = Deal::new(deed, fact, &dropped).loss() else {
                continue;
            };
            if has_parts(&deed.what) && dropped.contains(&loss.object) {
                continue;
            }
            if seen.insert((loss.words.clone(), loss.means.clone(), loss.names.clone())) {
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

/// Whether a deed is about a part of its object, or what is in it.
fn has_parts(what: &What) -> bool {
    matches!(
        what,
        What::Column { .. }
            | What::Part { .. }
            | What::Retype { .. }
            | What::NotNull { .. }
            | What::RlsOff { .. }
            | What::Disable { .. }
            | What::Unpublish { .. }
            | What::Truncate { .. }
            | What::Delete { .. }
            | What::Policy { .. }
            | What::Update { .. }
    )
}

/// A deed and an object that it meets.
pub(super) struct Deal<'a> {
    pub(super) deed: &'a Deed,
    pub(super) fact: &'a Fact,
    /// What CASCADE takes along, and the plan does not make again.
    pub(super) with: Vec<&'a With>,
    /// Tables that lose rows with it.
    pub(super) along: Vec<&'a Along>,
    /// Columns that lose what they refer to.
    pub(super) cleared: Vec<&'a Along>,
}

impl<'a> Deal<'a> {
    fn new(deed: &'a Deed, fact: &'a Fact, dropped: &BTreeSet<String>) -> Self {
        let held = |along: &'a [Along]| along.iter().filter(|it| !it.rows().none()).collect();
        // What comes back, and what is told by itself.
        let known =
            |with: &With| deed.later.contains(&made_again(with)) || dropped.contains(&with.place());
        Self {
            deed,
            fact,
            with: fact.with.iter().filter(|it| !known(it)).collect(),
            along: held(&fact.along),
            cleared: held(&fact.cleared),
        }
    }

    /// Whether the plan makes the object again, as it was.
    pub(super) fn is_as_it_was(&self) -> bool {
        let Some(again) = &self.deed.again else {
            return false;
        };
        let definition = self.fact.definition.as_deref();
        !guards(&self.deed.what) || definition.is_some_and(|server| same(server, again))
    }

    fn loss(&self) -> Option<Loss> {
        let own = self.cost();
        if own.is_none() && self.with.is_empty() {
            return None;
        }
        let mut cost = own.unwrap_or(DEFINITION);
        cost.empty &= self.with.is_empty();
        for with in &self.with {
            let weight = match (with.holds_rows() && !with.rows().none(), with.guards()) {
                (true, _) => Weight::Rows,
                (false, true) => Weight::Protection,
                (false, false) => Weight::Definition,
            };
            cost.weight = cost.weight.min(weight);
        }
        let more = self.with.iter().filter(|with| with.holds_rows());
        cost.rows = sum(cost
            .rows
            .map(Rows::Exactly)
            .into_iter()
            .chain(more.map(|w| w.rows())));
        Some(Loss {
            what: self.deed.what.clone(),
            object: self.fact.qualified(),
            words: tell::words(self),
            means: tell::means(self, own.is_some()),
            names: self.names(own),
            cost,
            origin: self.deed.origin.clone(),
        })
    }

    /// What it costs to do it to this object alone; `None` where that is nothing.
    fn cost(&self) -> Option<Cost> {
        let fact = self.fact;
        let rows = fact.rows();
        if self.is_as_it_was() {
            return None;
        }
        Some(match &self.deed.what {
            // It costs time, and nothing else.
            What::Relation { kind: "index", .. } if fact.unique != Some(true) => return None,
            What::Relation { kind: "index", .. }
            | What::Part {
                kind: "policy" | "constraint" | "trigger",
                ..
            } => PROTECTION,
            What::Relation { kind: "table", .. } if rows.none() => Cost {
                empty: true,
                ..DEFINITION
            },
            What::Relation { kind: "table", .. } => lost(rows),
            What::Column { .. } if rows.none() => Cost {
                empty: true,
                ..DEFINITION
            },
            What::Column { .. } => lost(rows),
            What::Schema { cascade: false, .. } => DEFINITION,
            What::Schema { .. } | What::Extension { .. } | What::Owned { .. } => {
                match self.along.is_empty() {
                    true => DEFINITION,
                    false => Cost {
                        rows: sum(self.along.iter().map(|it| it.rows())),
                        ..lost(Rows::Unknown)
                    },
                }
            }
            What::Attribute { .. }
            | What::Global {
                kind: "database", ..
            } => lost(Rows::Unknown),
            What::Global { .. } if self.deed.again.is_some() => PROTECTION,
            What::Relation { .. }
            | What::Part { .. }
            | What::Type { .. }
            | What::Function { .. }
            | What::Global { .. }
            | What::Other { .. } => DEFINITION,
            What::Truncate { .. } | What::Delete { .. } => {
                if rows.none() && self.along.is_empty() {
                    return None;
                }
                let with = self.along.iter().map(|it| it.rows());
                Cost {
                    rows: sum([rows].into_iter().chain(with)),
                    ..lost(rows)
                }
            }
            What::Update { .. } => match rows.none() {
                true => return None,
                false => lost(rows),
            },
            What::Retype { to, using, .. } => {
                let from = fact.r#type.as_deref().unwrap_or("?");
                if rows.none() || (!using && keeps(from, to)) {
                    return None;
                }
                lost(rows)
            }
            What::NotNull {
                new, after_writes, ..
            } => {
                if rows.none() {
                    return None;
                }
                let fails = *new || fact.nulls.is_some_and(|nulls| nulls > 0);
                Cost {
                    fails: fails && !after_writes,
                    ..PROTECTION
                }
            }
            What::Policy { .. }
            | What::RlsOff { .. }
            | What::Disable { .. }
            | What::Unpublish { .. } => PROTECTION,
            What::Detach { .. } => lost(rows),
        })
    }

    /// What has to be named for it to be allowed. `own`: it costs something by itself.
    fn names(&self, own: Option<Cost>) -> Vec<Name> {
        let object = self.fact.qualified();
        let name = match &self.deed.what {
            What::Column { column, .. }
            | What::Retype { column, .. }
            | What::NotNull { column, .. } => format!("{object}.{column}"),
            What::Part { name, .. }
            | What::Policy { name, .. }
            | What::Disable {
                what: Reaction::Trigger(name) | Reaction::Rule(name),
                ..
            } => format!("{object}.{name}"),
            What::Attribute { attribute, .. } => format!("{object}.{attribute}"),
            What::Unpublish { publication, .. } => format!("{publication}.{object}"),
            What::Global { name, .. } => name.clone(),
            What::Other { name, .. } => tell::spelt(name),
            _ => object,
        };
        let own = own.map(|cost| Name {
            name,
            rows: cost.weight == Weight::Rows,
        });
        let mut names: Vec<Name> = own.into_iter().collect();
        if matches!(self.deed.what, What::Truncate { .. } | What::Delete { .. }) {
            let more = self.along.iter().chain(&self.cleared);
            names.extend(more.map(|it| Name {
                name: it.name(),
                rows: true,
            }));
        }
        names.extend(self.with.iter().map(|with| Name {
            name: with.qualified(),
            rows: with.holds_rows() && !with.rows().none(),
        }));
        names
    }
}

/// What would have to be made for this to be there again. What guards rows may come back as another.
fn made_again(with: &With) -> Made {
    let kind = match with.guards() {
        true => String::new(),
        false => with.kind.clone(),
    };
    (kind, String::new(), with.place())
}

const DEFINITION: Cost = Cost {
    weight: Weight::Definition,
    rows: None,
    fails: false,
    empty: false,
};

const PROTECTION: Cost = Cost {
    weight: Weight::Protection,
    ..DEFINITION
};

fn lost(rows: Rows) -> Cost {
    Cost {
        weight: Weight::Rows,
        rows: rows.number(),
        ..DEFINITION
    }
}
