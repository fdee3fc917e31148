//! What is Supabase's own in a database: pure data.
//!
//! Two things live here: the SQL that gives a plain Postgres what a fresh Supabase project has, and one table of
//! facts by which the catalog tells the platform's objects from a suite's.
