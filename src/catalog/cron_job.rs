//! Jobs of pg_cron.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// A job of pg_cron.
///
/// The command may hold a token (`net.http_post` with its headers): whoever shows it has to hide that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronJob {
    /// Its name, or its number where it has none.
    pub name: String,
    /// The role that it runs as.
    pub role: String,
    /// When, in cron's five fields or as in `30 seconds`.
    pub schedule: String,
    /// The SQL that it runs.
    pub command: String,
    /// The database that it runs in.
    pub database: String,
    /// Whether it runs at all.
    pub active: bool,
}

impl Kind for CronJob {
    const SQL: &'static str = include_str!("../../sql/catalog/cron_jobs.sql");

    fn identity(&self) -> Identity {
        Identity::new("cron job", "", format!("{} of {}", self.name, self.role))
    }
}
