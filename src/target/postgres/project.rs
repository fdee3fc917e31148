//! The endpoints of a Supabase project as settings.

use secrecy::SecretString;

use super::host::Host;
use super::settings::Settings;
use super::supabase::{self, Endpoint, Place};
use crate::error::Error;

impl Settings {
    /// A Supabase project's Postgres itself.
    ///
    /// # Errors
    /// Exit 2 where this is no project's reference.
    pub fn supabase_direct(reference: &str, password: SecretString) -> Result<Self, Error> {
        check_reference(reference)?;
        let host = Host::named(&supabase::direct_host(reference));
        let settings = Self::bare(
            host,
            supabase::SESSION_PORT,
            supabase::USER,
            supabase::DATABASE,
        );
        Ok(settings.with_password(password))
    }

    /// A Supabase project's shared pooler: [`supabase::TRANSACTION_PORT`] or [`supabase::SESSION_PORT`]. The host is the one
    /// that the API or the dashboard names; nothing else gives the password to a host of Supabase's.
    ///
    /// # Errors
    /// Exit 2 where this is no project's reference or no pooler's host.
    pub fn supabase_pooler(
        reference: &str,
        password: SecretString,
        host: &str,
        port: u16,
    ) -> Result<Self, Error> {
        check_reference(reference)?;
        let user = supabase::pooler_user(reference);
        let place = supabase::place(host, port, &user, None);
        let Some(pooler @ (Endpoint::SessionPooler | Endpoint::TransactionPooler)) =
            place.map(|place| place.endpoint)
        else {
            return Err(Error::usage("this is no host of a Supabase pooler")
                .help("Take it from the dashboard, Connect: it ends with .pooler.supabase.com."));
        };
        let settings = Self::bare(Host::named(host), port, &user, supabase::DATABASE);
        Ok(settings
            .with_password(password)
            .pooled(pooler.is_transaction_pooler()))
    }

    /// What Supabase's naming says of the host; `None` for a host of somebody else's.
    ///
    /// # Errors
    /// Exit 2 where host, user and options name different projects.
    pub fn supabase(&self) -> Result<Option<Place>, Error> {
        match self.place_at_supabase() {
            Some(Place {
                reference: Some(one),
                contradiction: Some(other),
                ..
            }) => Err(Error::usage(format!(
                "the connection names two Supabase projects: {one} and {other}"
            ))
            .help("Host, user and options=reference=… have to name the same.")),
            place => Ok(place),
        }
    }

    pub(super) fn place_at_supabase(&self) -> Option<Place> {
        supabase::place(self.host()?, self.port(), self.user(), self.options())
    }
}

fn check_reference(reference: &str) -> Result<(), Error> {
    match supabase::is_reference(reference) {
        true => Ok(()),
        // It may be a secret that took the wrong place.
        false => Err(Error::usage("this is no reference of a Supabase project")
            .help("It is twenty lower-case letters, as in https://<reference>.supabase.co.")),
    }
}
