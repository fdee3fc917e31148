//! Proves a Supabase project.

pub mod backup;
pub mod behaviour;
pub mod bootstrap;
pub mod catalog;
pub mod checks;
#[cfg(feature = "cli")]
pub mod cli;
pub mod codes;
#[cfg(feature = "cli")]
pub mod commands;
#[cfg(feature = "cli")]
pub mod config;
pub mod diff;
mod digest;
pub mod doctor;
pub mod error;
pub mod expect;
pub mod filter;
pub mod generate;
pub mod hints;
pub mod meaning;
pub mod migrate;
mod parallel;
pub mod platform;
pub mod redact;
pub mod report;
pub mod source;
pub mod sql;
pub mod suite;
pub mod target;
pub mod words;
