//! Proves a Supabase project.

pub mod error;
pub mod platform;
pub mod source;
pub mod sql;
pub mod target;
