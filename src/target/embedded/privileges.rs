//! Who runs the server: Postgres refuses to run as root.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{User, geteuid};

use crate::error::{Error, ExitCode};

/// Accounts without rights of their own, in the order in which they are taken. `_postgres` is
/// macOS's.
const ACCOUNTS: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// The unprivileged account that runs the server in root's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerUser {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Permission bits, as in the last digit of a mode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits(u32);

impl Bits {
    pub(super) const TRAVERSE: Self = Self(0o1);
    pub(super) const READ_RUN: Self = Self(0o5);
    pub(super) const WRITE_TRAVERSE: Self = Self(0o3);
}

/// The account to run the server as; `None` where we are not root and run it ourselves.
pub(super) fn server_user() -> Result<Option<ServerUser>, Error> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    ACCOUNTS
        .into_iter()
        .find_map(|name| User::from_name(name).ok().flatten())
        .filter(|user| !user.uid.is_root())
        .map(|user| {
            Some(ServerUser {
                name: user.name,
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
            })
        })
        .ok_or_else(|| {
            Error::new(
                ExitCode::Unreachable,
                "Postgres refuses to run as root, and this system has no other account to run it",
            )
            .note(format!("looked for the accounts {}", ACCOUNTS.join(", ")))
            .help("Run supaproof as an ordinary user, or create an account named postgres.")
        })
}

/// The account that owns what the server writes.
pub(super) fn server_uid(user: Option<&ServerUser>) -> u32 {
    user.map_or_else(|| geteuid().as_raw(), |user| user.uid)
}

impl ServerUser {
    /// Lets `command` run as this account. The standard library drops the supplementary groups with
    /// it.
    pub(super) fn runs(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Whether the mode of a file grants `bits` to this account.
    pub(super) fn may(&self, bits: Bits, metadata: &Metadata) -> bool {
        let shift = if metadata.uid() == self.uid {
            6
        } else if metadata.gid() == self.gid {
            3
        } else {
            0
        };
        (metadata.mode() >> shift) & bits.0 == bits.0
    }

    /// The first folder above `path` that this account cannot pass.
    pub(super) fn stopped_at(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        let path = path.canonicalize()?;
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        for folder in above {
            if !self.may(Bits::TRAVERSE, &folder.metadata()?) {
                return Ok(Some(folder.to_owned()));
            }
        }
        Ok(None)
    }
}
