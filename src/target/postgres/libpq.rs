//! The same connection for Postgres's own programs: the variables that libpq reads.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use tokio_postgres::config::ChannelBinding;

use super::host::Host;
use super::security::{Roots, TlsMode};
use super::settings::Settings;
use crate::error::Error;

/// From this major on libpq knows `sslrootcert=system`.
const KNOWS_SYSTEM: u32 = 16;

/// Where systems keep the authorities that they trust, in one file.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/opt/homebrew/etc/ca-certificates/cert.pem",
];

impl Settings {
    /// The variables by which a program of this major makes the same connection: TLS proves as much or more. The password is
    /// among them, so that no list of processes shows it.
    ///
    /// # Errors
    /// Exit 2 where an old libpq cannot be told whom this machine trusts.
    pub fn libpq(&self, major: u32) -> Result<Vec<(&'static str, OsString)>, Error> {
        let mut out: Vec<(&'static str, OsString)> = vec![
            ("PGPORT", self.port().to_string().into()),
            ("PGUSER", self.user().into()),
            ("PGDATABASE", self.database().into()),
            ("PGSSLMODE", self.tls_mode().to_string().into()),
            ("PGGSSENCMODE", "disable".into()),
            // Ours has just been made.
            ("PGCONNECT_TIMEOUT", "30".into()),
            ("PGAPPNAME", "supaproof".into()),
            ("PGCLIENTENCODING", "UTF8".into()),
        ];
        match self.host_meant() {
            Host::Socket(dir) => out.push(("PGHOST", dir.into())),
            Host::Tcp { name, address } => {
                out.push(("PGHOST", name.into()));
                if let Some(address) = address {
                    out.push(("PGHOSTADDR", address.to_string().into()));
                }
            }
        }
        if let Some(password) = self.password() {
            out.push(("PGPASSWORD", password.expose_secret().into()));
        }
        if let Some(options) = self.options() {
            out.push(("PGOPTIONS", options.into()));
        }
        match self.config().get_channel_binding() {
            ChannelBinding::Require => out.push(("PGCHANNELBINDING", "require".into())),
            ChannelBinding::Disable => out.push(("PGCHANNELBINDING", "disable".into())),
            _ => {}
        }
        if self.tls_mode() >= TlsMode::VerifyCa {
            match self.roots() {
                Some(Roots::File(file)) => out.push(("PGSSLROOTCERT", file.into())),
                Some(Roots::System) if major >= KNOWS_SYSTEM => {
                    out.push(("PGSSLROOTCERT", "system".into()));
                }
                Some(Roots::System) => out.push(("PGSSLROOTCERT", bundle(major)?.into())),
                None => {}
            }
        }
        Ok(out)
    }
}

fn bundle(major: u32) -> Result<PathBuf, Error> {
    let told = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    told.into_iter()
        .chain(BUNDLES.iter().map(PathBuf::from))
        .find(|file| Path::is_file(file))
        .ok_or_else(|| {
            Error::usage(format!(
                "the programs of Postgres {major} do not know sslrootcert=system, and no file of trusted authorities was found"
            ))
            .help("Name a file of certificates with --ca, or install the programs of Postgres 16 or newer.")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(text: &str, major: u32) -> Vec<(&'static str, String)> {
        let settings = Settings::parse(text, &|_| None).unwrap();
        let all = settings.libpq(major).unwrap();
        all.into_iter()
            .map(|(name, value)| (name, value.into_string().unwrap()))
            .collect()
    }

    fn value(all: &[(&str, String)], name: &str) -> Option<String> {
        let found = all.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.clone())
    }

    #[test]
    fn the_same_connection_with_no_less_of_tls() {
        let all = variables("postgresql://u:p%40ss@db.example.com:6000/app", 15);
        for (name, expected) in [
            ("PGHOST", "db.example.com"),
            ("PGPORT", "6000"),
            ("PGUSER", "u"),
            ("PGPASSWORD", "p@ss"),
            ("PGDATABASE", "app"),
            // libpq itself would only prefer it.
            ("PGSSLMODE", "require"),
        ] {
            assert_eq!(value(&all, name).as_deref(), Some(expected), "{name}");
        }
        let all = variables(
            "postgresql://u@db.example.com/app?sslmode=verify-ca&sslrootcert=/ca.pem",
            15,
        );
        assert_eq!(value(&all, "PGSSLMODE").as_deref(), Some("verify-ca"));
        assert_eq!(value(&all, "PGSSLROOTCERT").as_deref(), Some("/ca.pem"));
        assert_eq!(value(&all, "PGPASSWORD"), None);
        let system = "postgresql://u@db.example.com/app?sslrootcert=system";
        let all = variables(system, 16);
        assert_eq!(value(&all, "PGSSLMODE").as_deref(), Some("verify-full"));
        assert_eq!(value(&all, "PGSSLROOTCERT").as_deref(), Some("system"));
        if let Ok(file) = bundle(15) {
            let old = value(&variables(system, 15), "PGSSLROOTCERT");
            assert_eq!(old.as_deref(), file.to_str());
        }
        let all = variables("host=/run/there user=u dbname='odd name'", 15);
        assert_eq!(value(&all, "PGHOST").as_deref(), Some("/run/there"));
        assert_eq!(value(&all, "PGDATABASE").as_deref(), Some("odd name"));
        assert_eq!(value(&all, "PGSSLMODE").as_deref(), Some("disable"));
    }
}
