//! Migrations: the files of a suite, what a database already has of them, what is to be done, and doing it.
//!
//! [`Migrations::from_suite`] reads the files and refuses what could not work; [`read`](ledger::read) asks the
//! database; [`plan()`] decides, purely; [`apply()`] runs a plan, many files in one message;
//! [`mend()`] changes the ledger alone.
//!
//! The rooms look one way: `files`, [`ledger`], `plan`, [`destructive`], `run`, each at those before it. Only where a suite's
//! ledger is ([`Book`]) goes with its files.

pub mod destructive;
mod files;
pub mod ledger;
mod plan;
mod run;

pub use files::{Irreversible, Migration, Migrations, Piece, Script, Version, duration};
pub use ledger::{
    Applied, Book, Failed, Halfway, Kept, Ledger, Place, Whose, import, places, places_sql,
};
pub use plan::{Direction, Plan, State, Status, Step, plan, require_rollbacks, status};
pub use run::{
    Done, HELD_LOCKS, LeftOut, Limit, Mend, Options, Progress, Rehearsal, RehearsalLimits, apply,
    mend,
};
