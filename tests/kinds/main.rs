//! What `written` makes of the objects of the rich schema passes on them, and every change of one of their properties
//! is found: the object and the property are named, and nothing else is said.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod caught;
mod cluster;
mod forms;
#[path = "../catalog/mutations/mod.rs"]
mod mutations;
mod names;
mod relations_and_types;
mod suite;
#[path = "../support/mod.rs"]
mod support;
mod tables_and_functions;
