//! Doing it: a plan is run, many files in one message; it is tried, and taken back; or the ledger alone is mended.

mod alone;
mod apply;
mod batch;
mod compose;
mod data;
mod explain;
mod guard;
mod held;
mod invalid;
mod limits;
mod mend;
mod options;
mod progress;
mod rehearsal;
mod standing;

pub use apply::apply;
pub use limits::Limit;
pub use mend::{Mend, mend};
pub use options::Options;
pub use progress::{Done, Progress};
pub use rehearsal::{HELD_LOCKS, LeftOut, Rehearsal, RehearsalLimits};
