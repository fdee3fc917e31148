//! What is told of a run: while it runs, and at its end.

use crate::migrate::files::{Migration, Version};

/// What happens while a plan runs.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A migration begins.
    Started {
        /// Its place in the plan, from 0.
        index: usize,
        /// Steps of the plan.
        total: usize,
        /// Which.
        migration: &'a Migration,
    },
    /// It is committed, with its row in the ledger. Known late where the server does not answer in between.
    Finished {
        /// Its place in the plan, from 0.
        index: usize,
        /// Steps of the plan.
        total: usize,
        /// Which.
        migration: &'a Migration,
    },
    /// So many statements of a migration that is not one transaction are done.
    Statements {
        /// Which.
        migration: &'a Migration,
        /// How many are done.
        done: usize,
        /// How many it has.
        of: usize,
    },
    /// A data migration has come so far.
    Batch {
        /// Which.
        migration: &'a Migration,
        /// Rows that it has dealt with.
        rows: u64,
    },
    /// Another runner was there first.
    Skipped {
        /// Which.
        migration: &'a Migration,
    },
    /// Another runner is at work, or a session holds a lock that a migration needs.
    Waiting {
        /// Who, in a few words: application, process, role.
        holder: &'a str,
    },
    /// The server said something.
    Notice {
        /// `NOTICE`, `WARNING`, …
        severity: &'a str,
        /// What.
        message: &'a str,
    },
}

/// What became of a plan that ran to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// The migrations that ran, in order.
    pub ran: Vec<Version>,
    /// Those that another runner had done meanwhile.
    pub skipped: Vec<Version>,
}
