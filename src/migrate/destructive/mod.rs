//! Statements that destroy what is there: found in the text of a plan, and judged with what a database says of the
//! objects that they name.
//!
//! [`find`] reads statements, purely. [`question`] makes one SELECT of all that has to be known of a database, and
//! [`judge`] takes the answer: what is not there cannot be destroyed, and how many rows go is counted.

mod alter;
mod anew;
mod ask;
mod body;
mod call;
mod cursor;
mod depend;
mod fact;
mod fires;
mod judge;
mod names;
mod narrow;
mod read;
mod tell;
mod write;

use std::collections::BTreeSet;

use crate::migrate::plan::Plan;
use crate::source::Origin;
use crate::sql::QualifiedName;

pub use ask::{Counting, LIMITS, PATIENT, question};
pub use call::{Function, functions, functions_question};
pub use judge::{Cost, Loss, Name, Weight, judge};

/// A statement that would destroy something, as far as its text tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What it does.
    pub what: What,
    /// Where it stands.
    pub origin: Origin,
    /// Its file sets a search path of its own, so that a name without a schema may be any schema's.
    pub anywhere: bool,
    /// The statement that makes the same object again, later on.
    again: Option<String>,
    /// Of what takes others along: what is made after it.
    later: Vec<anew::Made>,
}

/// Which rows a statement takes or overwrites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// All.
    All,
    /// Those that batches find, until none is left.
    Batches,
    /// Those that an INSERT meets.
    Matching,
    /// Those that a MERGE meets.
    Merged,
}

/// What acts by itself where rows of a table are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// One trigger.
    Trigger(String),
    /// All triggers that people made.
    UserTriggers,
    /// These and the server's own, which check foreign keys.
    AllTriggers,
    /// One rule.
    Rule(String),
}

impl Reaction {
    /// Whether to switch this on again is to switch the other on again.
    fn covers(&self, other: &Self) -> bool {
        match self {
            Self::AllTriggers => !matches!(other, Self::Rule(_)),
            Self::UserTriggers => matches!(other, Self::UserTriggers | Self::Trigger(_)),
            one => one == other,
        }
    }
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Drops a relation: a table, a view, a sequence, an index.
    Relation {
        /// As the statement calls it: `table`, `materialized view`.
        kind: &'static str,
        /// Which.
        name: QualifiedName,
        /// What depends on it goes too.
        cascade: bool,
    },
    /// Drops a column.
    Column {
        /// Of this table.
        table: QualifiedName,
        /// Which.
        column: String,
        /// What depends on it goes too.
        cascade: bool,
    },
    /// Drops what belongs to a table: `policy`, `trigger`, `rule`, `constraint`.
    Part {
        /// One of these.
        kind: &'static str,
        /// Of this table.
        table: QualifiedName,
        /// Which.
        name: String,
        /// The same statement makes another in its place.
        replaced: bool,
        /// What depends on it goes too.
        cascade: bool,
    },
    /// Drops a type or a domain.
    Type {
        /// `type` or `domain`.
        kind: &'static str,
        /// Which.
        name: QualifiedName,
        /// With the columns that have it.
        cascade: bool,
    },
    /// Drops an attribute of a composite type.
    Attribute {
        /// The type.
        name: QualifiedName,
        /// Which.
        attribute: String,
    },
    /// Drops a function, a procedure or an aggregate.
    Function {
        /// `function`, `procedure`, `routine`, `aggregate`.
        kind: &'static str,
        /// Which, whatever its arguments.
        name: QualifiedName,
        /// What depends on it goes too.
        cascade: bool,
    },
    /// Drops a schema.
    Schema {
        /// Which.
        name: String,
        /// With all that is in it.
        cascade: bool,
    },
    /// Drops an extension.
    Extension {
        /// Which.
        name: String,
        /// What depends on it goes too.
        cascade: bool,
    },
    /// Drops another object that lies in no schema: `role`, `publication`, `event trigger`, …
    Global {
        /// The kind in the statement's own words.
        kind: &'static str,
        /// Which.
        name: String,
    },
    /// Drops an object of a kind that nothing more is known of.
    Other {
        /// The kind in the statement's own words.
        kind: String,
        /// Which.
        name: QualifiedName,
    },
    /// Drops all that a role owns.
    Owned {
        /// The role.
        role: String,
    },
    /// Empties a table.
    Truncate {
        /// Which.
        table: QualifiedName,
        /// With the tables that refer to it.
        cascade: bool,
    },
    /// Changes whom a policy lets see or change what.
    Policy {
        /// Of this table.
        table: QualifiedName,
        /// Which.
        name: String,
    },
    /// Deletes rows of a table.
    Delete {
        /// The table, or a view of it.
        table: QualifiedName,
        /// Which of them.
        how: How,
    },
    /// Overwrites columns in rows of a table.
    Update {
        /// The table, or a view of it.
        table: QualifiedName,
        /// The columns.
        columns: Vec<String>,
        /// Which of them.
        how: How,
    },
    /// Changes the type of a column.
    Retype {
        /// Of this table.
        table: QualifiedName,
        /// Which.
        column: String,
        /// The new type as written.
        to: String,
        /// An expression other than a cast of the column makes the new values.
        using: bool,
    },
    /// Sets NOT NULL.
    NotNull {
        /// Of this table.
        table: QualifiedName,
        /// Which.
        column: String,
        /// The column is new, and has no default.
        new: bool,
        /// Statements before it may have written what is missing.
        after_writes: bool,
    },
    /// Switches row level security off.
    RlsOff {
        /// Of this table.
        table: QualifiedName,
        /// Only for the owner of the table (`no force`).
        owner: bool,
    },
    /// Switches triggers or a rule off.
    Disable {
        /// Of this table.
        table: QualifiedName,
        /// Which.
        what: Reaction,
    },
    /// Takes a partition out of a table.
    Detach {
        /// The table.
        table: QualifiedName,
        /// The partition.
        partition: QualifiedName,
    },
    /// Takes a table out of a publication.
    Unpublish {
        /// The publication.
        publication: String,
        /// The table.
        table: QualifiedName,
    },
}

impl What {
    /// Whether what depends on it goes too.
    fn cascades(&self) -> bool {
        match self {
            Self::Relation { cascade, .. }
            | Self::Column { cascade, .. }
            | Self::Part { cascade, .. }
            | Self::Type { cascade, .. }
            | Self::Function { cascade, .. }
            | Self::Schema { cascade, .. }
            | Self::Extension { cascade, .. } => *cascade,
            _ => false,
        }
    }
}

/// What is allowed to do what nobody read before, where it has no name of its own.
pub const UNSEEN: &str = "unseen";

/// A place whose SQL cannot be read before it runs: it is made then, or in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Where.
    pub origin: Origin,
    /// The beginning of its text.
    pub text: String,
    /// The name by which it is allowed: [`UNSEEN`], or that of the function in the database.
    pub name: String,
}

/// A statement that checks the rows of a table: without them it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The table.
    pub table: QualifiedName,
    /// Where.
    pub origin: Origin,
    /// The beginning of the statement.
    pub text: String,
}

/// A call of a function that the plan does not create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which.
    pub name: QualifiedName,
    /// Where; of a call inside of a function, where that is called.
    pub origin: Origin,
}

/// What a plan would destroy, as far as its text tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The statements, in the order in which they run.
    pub deeds: Vec<Deed>,
    /// Where more may be.
    pub unseen: Vec<Unseen>,
    /// What it calls.
    pub calls: Vec<Call>,
    /// What checks rows.
    pub checked: Vec<Checked>,
}

/// Looks through plans that run one after the other.
///
/// What a plan makes itself and takes away again destroys nothing. Of a view or a function the same is true where it is
/// made again later; of what guards rows (policies, triggers, constraints, …) only where it is made as it was.
///
/// `functions` are those that are in the database already: they are read where the plan calls them.
pub fn find(plans: &[Plan], functions: &[Function]) -> Found {
    let mut reader = read::Reader::default();
    reader.existing = functions.to_vec();
    for plan in plans {
        reader.triggers.clone_from(&plan.triggers);
        for step in &plan.steps {
            reader.script(&step.script);
        }
    }
    reader.finish()
}

/// Names that the user allowed to be destroyed.
#[derive(Clone, Debug, Default)]
pub struct Allowed(BTreeSet<String>);

impl Allowed {
    /// From `--allow-destructive`.
    pub fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.trim().to_owned()).collect())
    }

    /// Whether a name is among them. A comma in a name separates names on the command line.
    pub fn has(&self, name: &str) -> bool {
        name.split(',').all(|part| self.0.contains(part.trim()))
    }
}

#[cfg(test)]
mod tests;
