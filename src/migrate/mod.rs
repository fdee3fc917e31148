//! Migrations: the files of a suite, what a database already has of them, what is to be done, and doing it.
//!
//! [`Migrations::from_suite`] reads the files and refuses what could not work; [`read`](ledger::read) asks the
//! database; [`plan()`] decides, purely; [`apply()`] runs a plan, many files in one message;
//! [`mend()`] changes the ledger alone.

mod alone;
mod amend;
mod apply;
mod batch;
mod book;
mod compose;
mod data;
pub mod destructive;
mod directive;
mod explain;
mod file;
mod guard;
mod halfway;
mod held;
pub mod import;
mod invalid;
pub mod ledger;
mod limits;
mod lock;
mod mend;
mod order;
mod own;
mod places;
mod plan;
mod procedure;
mod record;
mod rehearsal;
mod resume;
mod section;
mod standing;
mod supabase;
mod tables;
mod unfinished;
mod version;

pub use apply::{Done, Limit, Options, Progress, apply};
pub use book::Book;
pub use directive::{Irreversible, duration};
pub use file::{Migration, Migrations, Piece, Script, Version};
pub use halfway::Halfway;
pub use ledger::{Applied, Failed, Kept, Ledger};
pub use mend::{Mend, mend};
pub use places::{Place, Whose, places, places_sql};
pub use plan::{Direction, Plan, State, Status, Step, plan, require_rollbacks, status};
pub use rehearsal::{HELD_LOCKS, LeftOut, Rehearsal, TrialLimits};
