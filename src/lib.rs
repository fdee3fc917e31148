//! Proves a Supabase project.

pub mod error;
pub mod migrate;
pub mod platform;
pub mod source;
pub mod sql;
pub mod suite;
pub mod target;
