//! Hosts of Supabase.

use std::path::Path;

use secrecy::SecretString;

use super::settings::Settings;
use crate::error::Error;

/// What a host of Supabase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosted {
    /// `db.REF.supabase.co:5432`.
    Direct,
    /// `….pooler.supabase.com:5432`.
    Session,
    /// `….pooler.supabase.com:6543`, or the dedicated pooler on port 6543 of the direct host.
    Transaction,
}

impl Settings {
    /// What its host is, where it is one of Supabase's, and the reference of the project, where host or user has it.
    pub fn hosted(&self) -> Option<(Hosted, Option<String>)> {
        let host = self.host()?.trim_end_matches('.').to_ascii_lowercase();
        if let Some(rest) = host.strip_prefix("db.") {
            let reference = rest
                .strip_suffix(".supabase.co")
                .or_else(|| rest.strip_suffix(".supabase.red"))?;
            let kind = if self.port() == 6543 {
                Hosted::Transaction
            } else {
                Hosted::Direct
            };
            return Some((kind, Some(reference.to_owned())));
        }
        if host.ends_with(".pooler.supabase.com") {
            let kind = if self.port() == 6543 {
                Hosted::Transaction
            } else {
                Hosted::Session
            };
            let reference = self
                .user()
                .split_once('.')
                .map(|(_, reference)| reference.to_owned());
            return Some((kind, reference));
        }
        None
    }

    /// The pooler of a project in session mode.
    pub fn pooler(host: &str, reference: &str, password: &SecretString) -> Self {
        Self::of_supabase(host, 5432, &format!("postgres.{reference}"), password)
    }

    /// The database of a project itself.
    pub fn direct(reference: &str, password: &SecretString) -> Self {
        Self::of_supabase(
            &format!("db.{reference}.supabase.co"),
            5432,
            "postgres",
            password,
        )
    }

    /// The same with a file of certificate authorities.
    ///
    /// # Errors
    /// Exit 2 where it cannot be used.
    pub fn with_ca(self, _ca: &Path) -> Result<Self, Error> {
        Ok(self)
    }
}
