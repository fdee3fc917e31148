//! What a suite's files are, before any database is asked: names, numbers and order, what a file says of itself, which part of
//! it sets up and which rolls back, and its statements as they are sent.

mod batches;
pub(super) mod directive;
#[cfg(test)]
pub(super) mod fixture;
mod migration;
mod order;
mod own;
mod script;
mod section;
mod version;

pub use directive::{Irreversible, duration};
pub use migration::{Migration, Migrations};
pub use script::{Piece, Script};
pub use version::Version;
