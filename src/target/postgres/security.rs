//! How much TLS has to prove, and by whose word.
//!
//! Source: chapter "SSL Support" of the Postgres manual. Stricter than libpq in two ways: a connection to another machine is
//! never left unencrypted, and a root certificate without a mode means `verify-full`.

use std::fmt;
use std::path::{Path, PathBuf};

use super::given::Given;
use crate::error::Error;

/// How much TLS has to prove: `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsMode {
    /// No TLS. On this machine only.
    Disable,
    /// TLS where the server has it. On this machine only.
    Prefer,
    /// TLS, and nobody's certificate is asked who it belongs to.
    Require,
    /// A certificate that a trusted authority signed.
    VerifyCa,
    /// One that it signed for this host.
    VerifyFull,
}

impl fmt::Display for TlsMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        })
    }
}

/// Whose word counts for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// The authorities that this machine trusts.
    System,
    /// Those in this PEM file.
    File(PathBuf),
}

/// What TLS has to prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Security {
    pub(super) mode: TlsMode,
    /// Whether the mode was asked for, or follows from the rest.
    pub(super) given: bool,
    roots: Option<Roots>,
    /// The file that counts where nothing names another.
    default_root: Option<PathBuf>,
}

const MODES: &str = "disable, allow, prefer, require, verify-ca or verify-full";

impl Security {
    /// As for any connection about which nothing is said.
    pub(super) fn default_for(local: bool) -> Self {
        Self {
            mode: if local {
                TlsMode::Prefer
            } else {
                TlsMode::Require
            },
            given: false,
            roots: None,
            default_root: None,
        }
    }

    /// What `sslmode` and `sslrootcert` come to, for a place (`db.example.com`) that is this machine or not.
    pub(super) fn from(
        given: &Given,
        place: &str,
        local: bool,
        home: Option<&Path>,
    ) -> Result<Self, Error> {
        let asked = match given.get("sslmode") {
            None => None,
            Some((name, value)) => {
                let mode = match value {
                    "disable" => TlsMode::Disable,
                    // libpq tries without TLS first; never doing less than that is one mode fewer.
                    "allow" | "prefer" => TlsMode::Prefer,
                    "require" => TlsMode::Require,
                    "verify-ca" => TlsMode::VerifyCa,
                    "verify-full" => TlsMode::VerifyFull,
                    _ => return Err(Error::usage(format!("{name} has to be {MODES}"))),
                };
                if mode < TlsMode::Require && !local {
                    return Err(Error::usage(format!(
                        "{name}={value} may leave the connection unencrypted, and {place} is another machine"
                    ))
                    .help("Write sslmode=require, which encrypts, or sslmode=verify-full with sslrootcert=FILE or sslrootcert=system, which also proves who answers."));
                }
                Some(mode)
            }
        };
        let roots = given.get("sslrootcert").map(|(name, value)| match value {
            "system" => (name, Roots::System),
            file => (name, Roots::File(file.into())),
        });
        let given = asked.is_some();
        // Where libpq looks.
        let default_root = home.map(|home| home.join(".postgresql/root.crt"));
        let (mode, roots) = match (asked, roots) {
            (None, None) => (Self::default_for(local).mode, None),
            // Nothing is proved on this machine.
            (Some(mode @ (TlsMode::Disable | TlsMode::Prefer)), _) => (mode, None),
            (Some(mode @ (TlsMode::Require | TlsMode::VerifyCa)), Some((name, Roots::System))) => {
                return Err(Error::usage(format!(
                    "sslmode={mode} and {name}=system contradict each other: anybody gets a certificate that this machine trusts, for a host of his own"
                ))
                .help("Write sslmode=verify-full."));
            }
            (None, Some((_, roots))) => (TlsMode::VerifyFull, Some(roots)),
            // As in libpq, for the sake of those who wrote their settings before there was verify-ca.
            (Some(TlsMode::Require), Some((_, roots))) => (TlsMode::VerifyCa, Some(roots)),
            (Some(mode), Some((_, roots))) => (mode, Some(roots)),
            (Some(mode), None) => (mode, None),
        };
        Ok(Self {
            mode,
            given,
            roots,
            default_root,
        })
    }

    /// Whose word counts.
    pub(super) fn roots(&self) -> Option<Roots> {
        let default = || self.default_root.clone().map(Roots::File);
        self.roots.clone().or_else(default)
    }

    /// Checks everything, by the word of this machine's authorities where no others are named.
    pub(super) fn check_everything(&mut self) {
        self.mode = TlsMode::VerifyFull;
        self.roots.get_or_insert(Roots::System);
    }

    /// Takes the authorities from a file, and the certificate for proven only where host and authority are.
    ///
    /// Only `verify-ca`, where somebody wrote it, stays: hosts that have no name of their own need it.
    pub(super) fn with_ca(&mut self, file: PathBuf) -> Result<(), Error> {
        if self.given && self.mode < TlsMode::Require {
            return Err(Error::usage(format!(
                "sslmode={} and a root certificate contradict each other",
                self.mode
            ))
            .help("Leave sslmode out, or write sslmode=verify-full."));
        }
        if !(self.given && self.mode == TlsMode::VerifyCa) {
            self.mode = TlsMode::VerifyFull;
        }
        self.roots = Some(Roots::File(file));
        Ok(())
    }
}
