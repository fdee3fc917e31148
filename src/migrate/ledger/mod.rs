//! What a database already has: one row per applied migration, in a schema of our own or where the suite says. How it is read,
//! all that is written into it, as SQL under the lock, and the ledgers of other tools.

pub(super) mod amend;
pub(super) mod begin;
mod book;
pub(super) mod halfway;
pub mod import;
pub(super) mod lock;
mod places;
mod procedure;
mod read;
pub(super) mod record;
pub(super) mod sqlstate;
mod supabase;
pub(super) mod tables;
mod triggers;
pub(super) mod unfinished;

use crate::migrate::files::{Migration, Version};

pub use book::Book;
pub use halfway::Halfway;
pub use places::{Place, Whose, places, places_sql};
pub use read::{read, read_sql};
pub use tables::{HISTORY, SCHEMA, remove_if_empty_sql};
pub use triggers::Fires;

/// A migration that the ledger has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// SHA-256 of the file that was applied, in hex. Where only the Supabase CLI's ledger has it, of the statements there
    /// without what is between them; empty where it has none.
    pub checksum: String,
    /// Whether only the Supabase CLI's ledger has it.
    pub pushed: bool,
    /// When, in UTC: `2025-01-31T12:00:00Z`. Empty where that is not kept.
    pub applied_at: String,
    /// How long it took; `None` where it was not measured: recorded by an older version, or by `baseline`.
    pub duration_ms: Option<u64>,
    /// Who wrote it, where its file said so.
    pub author: Option<String>,
    /// Its rollback, as it was when it was applied.
    pub rollback: Kept,
}

impl Applied {
    /// The checksum of a file that is to be compared with the one here.
    pub fn checksum_of(&self, migration: &Migration) -> String {
        match self.pushed {
            true => supabase::checksum(migration),
            false => migration.setup.checksum().to_owned(),
        }
    }

    /// Whether it is this file that was applied, as far as that is known.
    pub fn has_text_of(&self, migration: &Migration) -> bool {
        self.pushed && self.checksum.is_empty() || self.checksum == self.checksum_of(migration)
    }
}

/// What the ledger keeps of a migration's rollback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// Nothing: there was no rollback, or an older version recorded it.
    #[default]
    Nothing,
    /// A text, which [`Ledger::fetch_rollbacks`] reads where it is needed.
    Unread,
    /// This text.
    Text(String),
}

/// An attempt that failed, of a migration that is not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// When the last attempt failed, in UTC.
    pub at: String,
    /// How long it ran.
    pub duration_ms: Option<u64>,
    /// Why.
    pub error: String,
    /// Who wrote it, where its file said so.
    pub author: Option<String>,
}

/// What the history says of a version last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The version.
    pub version: Version,
    /// `applied`, `rolled back`, `failed`, …
    pub action: String,
    /// Whether it is an attempt to roll back, where it failed.
    pub backward: bool,
    /// When, in UTC.
    pub at: String,
    /// What more is known: of a failed attempt the error.
    pub detail: String,
}

impl Told {
    /// Whether a migration is applied after it.
    fn applies(&self) -> bool {
        ["applied", "baselined", "imported"].contains(&self.action.as_str())
    }
}

/// The ledger's rows of one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Whether the table is there. It is created with the first migration.
    pub exists: bool,
    /// What is applied, by version.
    pub applied: Vec<Applied>,
    /// What was tried and is not applied, by version.
    pub failed: Vec<Failed>,
    /// How far attempts have come at migrations that are not one transaction, where they did not come to their end.
    pub half_done: Vec<(Version, Halfway)>,
    /// Whether the history is there, which all ledgers of a database share.
    pub history: bool,
    /// What the history says of each version last, where we may read it.
    pub told: Vec<Told>,
    /// What the Supabase CLI's ledger has, where that is kept in step and there.
    pub pushed: Option<Vec<Version>>,
    /// Triggers that may destroy something: they come along, so that nobody has to ask about what a migration fires.
    pub triggers: Vec<Fires>,
}

impl Ledger {
    /// What the history says was applied and the ledger does not have: it was moved, or changed by hand.
    pub fn lost(&self) -> impl Iterator<Item = &Told> {
        let has = |version: &Version| self.applied.iter().any(|row| row.version == *version);
        self.told
            .iter()
            .filter(move |told| told.applies() && !has(&told.version))
    }

    /// How far an attempt has come at a version, in this direction.
    pub fn halfway(&self, version: &Version, backward: bool) -> Option<&Halfway> {
        let mut found = self.half_done.iter();
        let is = |(known, at): &&(Version, Halfway)| known == version && at.backward == backward;
        found.find(is).map(|(_, halfway)| halfway)
    }

    /// The last attempt to roll back an applied version, where it failed.
    pub(super) fn failed_rollback(&self, version: &Version) -> Option<&Told> {
        self.told
            .iter()
            .find(|told| told.version == *version && told.action == "failed" && told.backward)
    }
}
